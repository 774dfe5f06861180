"""The cell: one step of a scalar LSTM in equation, diagram, plot and numbers."""

import re

import numpy as np
import traitlets

from lstm_core import running, unroll
from lstm_core.cells.gate import Gate
from lstm_core.cells.lstm import LSTM, Params
from lstm_core.widgets import still
from lstm_core.widgets.base import Explorable, activation, flag, number, preset

LONGEST = 40
_BRACKETS = set("()[]")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.ASCII | re.IGNORECASE)


def sequence(text):
    """The inputs that a text stands for: a list of floats, at most `LONGEST`.

    Numbers with commas or spaces between, or text with brackets, as
    `lstm_core.running.encode` reads it.  Raises ValueError with a sentence.
    """
    if _BRACKETS & set(text):
        xs = running.encode(text.strip())
    else:
        xs = [_entry(mark) for mark in text.replace(",", " ").replace(";", " ").split()]
    if not 1 <= len(xs) <= LONGEST:
        raise ValueError(f"expected x with 1 to {LONGEST} steps, got {len(xs)}")
    return xs


def _entry(mark):
    mark = mark.replace("−", "-")
    value = float(mark) if _NUMBER.fullmatch(mark) else np.inf
    if abs(value) > 100:
        raise ValueError(
            f"expected x as numbers from -100 to 100 with commas between, or text with "
            f"brackets, got {mark!r}"
        )
    return value


class Sequence(traitlets.Unicode):
    """Text that `sequence` reads; an iterable of numbers is written out as text."""

    def validate(self, obj, value):
        if not isinstance(value, str):
            value = ", ".join(f"{x:g}" for x in value)
        try:
            sequence(value)
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None
        return value


def _weight(default):
    return number(default, -100, 100, 0.1)


class Cell(Explorable):
    """One step of an LSTM with one input and one unit, so that each weight is a number.

    Each trait is an argument of the constructor, and a key of the link
    `cell?key=value&key=value`:

    x: the input sequence: numbers with commas between, such as 1,0,-1, or text in which
        an opening bracket is 1, a closing one -1 and any other character 0; at most 40
        steps. Default: the book's running sequence, (()())··
    t: the step that is shown, 0 (before the first) to the length of x (3).
    W_i, U_i, b_i, W_f, U_f, b_f, W_o, U_o, b_o, W_g, U_g, b_g: the weights of the three
        gates and of the candidate, -100 to 100 (`lstm_core.running.WEIGHTS`).
    tied: whether g uses the weights of i, so that both squash one and the same sum and
        only their activations differ; true or false in a link (false).
    i, f, o, candidate, output: the activation of each slot, a name from
        `lstm_core.activations.NAMES` (sigmoid three times, tanh twice).

    In Python `x` may also be an iterable of numbers, and `gates=` sets i, f and o.

    preset (before other keys): running, remember, overwrite, forget, count,
        write-or-forget (x = −1 writes −1, x = −3 closes f and i).
    """

    NAME = "cell"
    PRESETS = {
        "running": preset("brackets"),
        "remember": preset(
            "remember", x="1, 0, 0, 0, 0, 0, 0, 0", t=5, W_i=16.0, b_i=-8.0
        ),
        "overwrite": preset(
            "overwrite",
            x="1, 0, 0, 2, 0, 0, 1, 0",
            t=4,
            W_i=16.0,
            b_i=-8.0,
            W_f=-16.0,
            b_f=8.0,
            W_g=3.0,
            b_g=-4.5,
        ),
        "forget": preset(
            "forget", x="1, 0, 0, -1, 0, 0, 1, 0", t=4, W_i=16.0, b_i=-8.0, W_f=16.0
        ),
        "count": preset("up and down", x="1, 1, 1, 1, 1, -1, -1, -1, -1, -1", t=5),
        "write-or-forget": preset(
            "write −1 against forget",
            x="1, -1, 1, -3, 1, 1, -1, 1, -3",
            t=2,
            W_i=8.0,
            b_i=16.0,
            W_f=8.0,
            b_f=16.0,
        ),
    }

    x = Sequence(running.TEXT).tag(sync=True, kind="sequence")
    t = number(3, 0, LONGEST, 1, kind="whole")
    W_i, U_i, b_i = map(_weight, running.WEIGHTS["i"])
    W_f, U_f, b_f = map(_weight, running.WEIGHTS["f"])
    W_o, U_o, b_o = map(_weight, running.WEIGHTS["o"])
    W_g, U_g, b_g = map(_weight, running.WEIGHTS["g"])
    tied = flag(False)
    i = activation("sigmoid")
    f = activation("sigmoid")
    o = activation("sigmoid")
    candidate = activation("tanh")
    output = activation("tanh")

    def __init__(self, preset=None, anchor=None, gates=None, **state):
        if gates is not None:
            state = {"i": gates, "f": gates, "o": gates, **state}
        super().__init__(preset, anchor, **state)

    def trace(self):
        """The run of the cell over x: a `Trace` whose fields have the shape (T,)."""
        cell = LSTM(self.i, self.f, self.o, self.candidate, self.output)
        p = Params(*(self._gate(k) for k in Params._fields))
        xs = np.array(sequence(self.x))[:, None, None]
        _, _, trace = unroll.forward(cell, p, xs)
        return type(trace)(*(field[:, 0, 0] for field in trace))

    def _gate(self, k):
        k = "i" if self.tied and k == "g" else k
        W, U, b = (getattr(self, f"{name}_{k}") for name in "WUb")
        return Gate(np.array([[W]]), np.array([[U]]), np.array([b]))

    def still(self):
        trace = self.trace()
        caption = self._caption(trace)
        return still.cell_and_output(trace, caption), caption

    def _caption(self, trace):
        """The step that is shown, in numbers."""
        t = min(self.t, len(trace.c)) - 1
        start = f"A cell that reads {self.x}."
        if t < 0:
            return start
        v = {k: f"{getattr(trace, k)[t]:.3f}" for k in trace._fields}
        return (
            f"{start} Step {t + 1}: c = f · c + i · g = {v['f']} · {v['c_prev']} + "
            f"{v['i']} · {v['g']} = {v['c']}, and h = o · s = {v['o']} · {v['s']} = "
            f"{v['h']}."
        ).replace("-", "−")
