"""Gradient flow: what of a loss at the end reaches back through time, and which way."""

import functools
import json
from typing import Any, NamedTuple

import numpy as np

from lstm_core import prose, tree, unroll
from lstm_core.cells.elman import Elman
from lstm_core.cells.gru import GRU
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.widgets import still
from lstm_core.widgets.base import Explorable, choice, number, preset

CELLS = {"lstm": LSTM(), "gru": GRU(), "rnn": Elman()}
LABELS = {"lstm": "LSTM", "gru": "GRU", "rnn": "plain RNN"}
SHOWN = {"whole": "the whole gradient", "alone": "each way alone"}
DATA = 1_000_000  # the seed of the inputs, above that of the weights; as in draws.js
D = 2
DECADES = (-8, 1)  # powers of ten that the maps and the axis tell apart
LEVELS = DECADES[1] - DECADES[0] + 1


class Reach(NamedTuple):
    """∂L/∂c and ∂L/∂h after each step, (T + 1, H) each; c is None without a cell."""

    c: Any
    h: Any


class Flow(Explorable):
    """How much of ∂L/∂(the end) is left at each step before, and which way it came.

    A small network reads T random inputs; L is the sum of its last outputs, or one of
    them.  Each trait is an argument of the constructor, and a key of the link
    `flow?key=value&key=value`:

    cell: lstm, gru or rnn (lstm).
    forget_bias: b of the forget gate, or of the GRU's z, which keeps as f does; -1 to 5
        (1).  The plain network has no such gate.
    T: how many steps, 2 to 60 (40); gain: what the recurrent weights U are multiplied
        by, 0 to 4 (1); H: how many units, 4 to 8 (6).
    seed: 0 to 900000 (0).  Weights are those that the cell's `init` draws from
        `Draws(seed)`, inputs come from `Draws(1_000_000 + seed)`.
    loss: 0 for the sum of h at the end, 1 to 8 for one unit of it, at most H (0).
    ways: whole for the gradient as it is, alone for each way with the others cut: along
        the cell only (the product of f), along h only (whole).
    back: how many steps before the end are told, 1 to 60, at most T (30); unit: the
        unit that is told, 1 to 8, at most H (1).

    preset (before other keys): lstm, open, forgetful, ways, gru, rnn, wild.
    """

    NAME = "flow"
    PRESETS = {
        "lstm": preset("LSTM"),
        "open": preset("LSTM, forget bias 3", forget_bias=3.0),
        "forgetful": preset("LSTM, forget bias −1", forget_bias=-1.0),
        "ways": preset("each way alone", ways="alone", forget_bias=3.0),
        "gru": preset("GRU", cell="gru"),
        "rnn": preset("plain RNN", cell="rnn", seed=1),
        "wild": preset("plain RNN, gain 2", cell="rnn", seed=1, gain=2.0),
    }

    cell = choice(CELLS)
    forget_bias = number(1.0, -1, 5, 0.1)
    T = number(40, 2, 60, 1, kind="whole")
    gain = number(1.0, 0, 4, 0.1)
    H = number(6, 4, 8, 1, kind="whole")
    seed = number(0, 0, 900_000, 1, kind="whole")
    loss = number(0, 0, 8, 1, kind="whole")
    ways = choice(SHOWN)
    back = number(30, 1, 60, 1, kind="whole")
    unit = number(1, 1, 8, 1, kind="whole")

    @classmethod
    def spec(cls):
        spec = super().spec()
        shades = {of: [shade(of, k) for k in range(LEVELS + 1)] for of in "ch"}
        more = {"labels": LABELS, "shown": SHOWN, "decades": DECADES, "shades": shades}
        return {**spec, **more}

    def start(self):
        """(cell, p, xs): the network and its inputs (T, 1, 2), from the seed."""
        cell = CELLS[self.cell]
        p = cell.init(Draws(self.seed), D, self.H)
        for name, leaf in tree.leaves(p):
            if name.split(".")[-1] == "U":
                p = tree.replace(p, name, self.gain * leaf)
        keeper = {"lstm": "f.b", "gru": "z.b"}.get(self.cell)
        if keeper:
            p = tree.replace(p, keeper, np.full(self.H, self.forget_bias))
        return cell, p, Draws(DATA + self.seed).uniform(-1, 1, (self.T, 1, D))

    def dhs(self):
        """∂L/∂(outputs), (T, 1, H): nothing but at the end."""
        dhs = np.zeros((self.T, 1, self.H))
        unit = min(self.loss, self.H)
        dhs[-1, 0, slice(None) if unit == 0 else unit - 1] = 1
        return dhs

    def reach(self, along=None):
        """The `Reach` of the whole gradient, or along "c", "h" or the GRU's "z" alone.

        Of each its length is what `lstm_core.traces.gradient_norms` gives.
        """
        cell, p, xs = self.start()
        _, _, trace = unroll.forward(cell, p, xs)
        zero = cell.zero_state(p, 1)
        d = zero._replace(h=self.dhs()[-1])
        found = [d]
        for t in reversed(range(self.T)):
            k = tree.at(trace, t)
            if along == "z":
                d = d._replace(h=d.h * k.z)
            else:
                _, _, d = cell.step_back(p, k, d)
            if along in ("c", "h"):
                d = zero._replace(**{along: getattr(d, along)})
            found.append(d)
        rows = tree.stack(found[::-1])
        return Reach(*(_alone(rows, field) for field in ("c", "h")))

    def still(self):
        return _still(json.dumps(self.state()))


def _alone(rows, field):
    values = getattr(rows, field, None)
    return None if values is None else values[:, 0]


# --- the figure that stands still ---------------------------------------------------


def _lines(widget):
    """What is drawn: (heading, letter, dash, values (T + 1, H)) of each line."""
    whole = widget.reach()
    if widget.cell == "rnn":
        return [("∂L/∂h", "h", "", whole.h)]
    if widget.cell == "gru":
        z = widget.reach("z").h
        return [("∂L/∂h", "h", "", whole.h), ("∂L/∂h through z alone", "h", "6 3", z)]
    c, h = widget.reach("c").c, widget.reach("h").h
    return [
        ("∂L/∂c", "c", "", whole.c),
        ("∂L/∂h", "h", "", whole.h),
        ("∂L/∂c along the cell alone", "c", "6 3", c),
        ("∂L/∂h along h alone", "h", "6 3", h),
    ]


def _caption(widget, lines):
    back = min(widget.back, widget.T)
    bias = f", forget bias {widget.forget_bias:g}" if widget.cell != "rnn" else ""
    end = tree.norm(lines[-1][3][-1])
    left = [tree.norm(values[-1 - back]) / end for *_, values in lines]
    told = [prose.number(share, 2) for share in left]
    where = " at the cell" if widget.cell == "lstm" else ""
    alone = {
        "lstm": "; along the cell alone {2}, along h alone {3}",
        "gru": "; through z alone {1}",
        "rnn": "",
    }[widget.cell].format(*told)
    factor = left[0] ** (1 / back)
    return (
        f"Gradient of {LABELS[widget.cell]} with {widget.H} units{bias}, back from the "
        f"last of {widget.T} steps (seed {widget.seed}). {back} steps back {told[0]} "
        f"of it is left{where}, a factor of {factor:.2f} a step{alone}."
    ).replace("-", "−")


def shade(letter, k):
    """The colour of level k: from paper through the letter's colour towards ink."""
    line, share = f"var(--{letter}-line)", k / LEVELS
    if share <= 0.7:
        return f"color-mix(in oklab, {line} {share / 0.7:.0%}, var(--paper))"
    return f"color-mix(in oklab, var(--ink) {(share - 0.7) / 0.4:.0%}, {line})"


def level(values):
    """0 below the first power of ten, then one more for each that a value reaches."""
    with np.errstate(divide="ignore"):
        power = np.floor(np.log10(np.abs(values)))
    return np.clip(power - DECADES[0] + 1, 0, LEVELS).astype(int)


def _map(axes, letter, values):
    """One path for each level, of all the cells that have it."""
    levels = level(values)
    width, height = axes.x(1) - axes.x(0), axes.y(0) - axes.y(1)
    left, y, across, down = axes.box
    ground = {"x": left, "y": y, "width": across, "height": down}
    parts = [still.tag("rect", fill="var(--paper)", **ground)]
    for k in np.unique(levels[levels > 0]):
        d = "".join(
            f"M{axes.x(t - 0.5):.1f} {axes.y(values.shape[1] - unit):.1f}"
            f"h{width - 0.6:.1f}v{height - 0.6:.1f}h{0.6 - width:.1f}z"
            for t, unit in zip(*np.nonzero(levels == k), strict=True)
        )
        parts.append(still.tag("path", d=d, fill=shade(letter, k)))
    return parts


@functools.lru_cache(maxsize=32)
def _still(state):
    widget = Flow(**json.loads(state))
    lines = _lines(widget)
    alone = widget.ways == "alone" and widget.cell != "rnn"
    maps = [line for line in lines if bool(line[2]) == alone]
    ends = (-0.5, widget.T + 0.5)
    marks = (0, widget.T - min(widget.back, widget.T), widget.T)
    caption, parts, top = _caption(widget, lines), [], 26
    for heading, letter, _, values in maps:
        axes = still.Axes(48, top, 340, 13 * widget.H, ends, (0, widget.H))
        parts.append(axes.grid(f"{heading}, unit by unit", (), ()))
        parts += _map(axes, letter, values)
        top += 13 * widget.H + 34
    axes = still.Axes(48, top, 340, 140, ends, DECADES)
    powers = range(DECADES[0], DECADES[1] + 1, 2)
    parts.append(axes.grid("← back in time: lengths, as powers of ten", marks, powers))
    for heading, letter, dash, values in lines:
        steps = np.arange(widget.T + 1)
        with np.errstate(divide="ignore"):
            logs = np.log10(tree.norm(values))
        look = {"stroke_dasharray": dash} if dash else {}
        stroke = f"var(--{letter}-line)"
        parts.append(axes.line(steps, logs, stroke=stroke, stroke_width=2.5, **look))
    return still.picture(top + 164, caption, *parts), caption
