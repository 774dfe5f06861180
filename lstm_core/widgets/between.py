"""Between layers: what an extra function deletes of h, and of the gradient."""

import functools
import json
from typing import Any, NamedTuple

import numpy as np

from lstm_core import running, tree
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.layers import Recurrent, Stack
from lstm_core.widgets import rows, still
from lstm_core.widgets.base import Explorable, activation, number, preset

T = len(running.INPUTS)
ROW = 26  # height of a unit's bars in the figure that stands still


class Passed(NamedTuple):
    """What passes between the layers, arrays (T, H).

    before: h of layer 1; after: what arrives at layer 2; above: ∂L/∂after;
    below: what of it comes back to h through the function.
    """

    before: Any
    after: Any
    above: Any
    below: Any


class Measures(NamedTuple):
    """How many entries arrive as 0, or with the other sign; shares of lengths left."""

    total: int
    deleted: int
    turned: int
    size: float
    gradient: float


class BetweenLayers(Explorable):
    """Two stacked layers with a function between them: what it takes of h.

    Both layers are untrained LSTMs and read the book's sequence; L is the sum of the
    last outputs of layer 2.  Each trait is an argument of the constructor, and a key of
    the link `between?key=value&key=value`:

    between: what each h of layer 1 passes on its way up, any name from
        `lstm_core.activations.NAMES`; identity for nothing (relu).
    H: units of each layer, 2 to 8 (6); gain: what the weights W and U of layer 1 are
        multiplied by, 0.25 to 8 (1).
    t: the step that is told, 1 to 8 (2); unit: the unit that is told, 1 to 8, at most
        H (5).
    seed: of the weights, which `Stack.init` draws from `Draws(seed)`; 0 to 900000 (0).

    preset (before other keys): nothing, tanh, relu, leaky, sigmoid, loud.
    """

    NAME = "between"
    PRESETS = {
        "nothing": preset("nothing", between="identity"),
        "tanh": preset("tanh", between="tanh"),
        "relu": preset("ReLU"),
        "leaky": preset("leaky ReLU", between="leaky_relu"),
        "sigmoid": preset("sigmoid", between="sigmoid"),
        "loud": preset("tanh, weights × 4", between="tanh", gain=4.0),
    }

    between = activation("relu")
    H = number(6, 2, 8, 1, kind="whole")
    gain = number(1.0, 0.25, 8, 0.25)
    t = number(2, 1, T, 1, kind="whole")
    unit = number(5, 1, 8, 1, kind="whole")
    seed = number(0, 0, 900_000, 1, kind="whole")

    @classmethod
    def spec(cls):
        return {**super().spec(), "text": running.TEXT, "inputs": running.INPUTS}

    def start(self, between=None):
        """(stack, p): the two layers and their weights, from the seed."""
        layer = Recurrent(LSTM(), self.H)
        stack = Stack((layer, layer), between or self.between)
        low, high = stack.init(Draws(self.seed), 1)
        gates = (g._replace(W=self.gain * g.W, U=self.gain * g.U) for g in low)
        return stack, (type(low)(*gates), high)

    def passed(self, between=None):
        """The `Passed` of the function that is shown, or of the one named."""
        stack, p = self.start(between)
        hs, _, trace = stack.forward(p, np.reshape(running.INPUTS, (T, 1, 1)))
        before, high = trace[1]
        dhs = np.zeros_like(hs)
        dhs[-1] = 1
        _, above, _ = stack.layers[1].backward(p[1], high, dhs)
        below = above * stack.between.d1(before)
        arrays = before, stack.between(before), above, below
        return Passed(*(array[:, 0] for array in arrays))

    def still(self):
        return _still(json.dumps(self.state()))


def measure(passed):
    """The `Measures` of a `Passed`."""
    before, after, above, below = passed
    return Measures(
        total=before.size,
        deleted=int(((before != 0) & (after == 0)).sum()),
        turned=int((before * after < 0).sum()),
        size=float(tree.norm(after.ravel()) / tree.norm(before.ravel())),
        gradient=float(tree.norm(below.ravel()) / tree.norm(above.ravel())),
    )


# --- the figure that stands still ---------------------------------------------------


def _label(name):
    return "nothing" if name == "identity" else rows.label(name)


def _share(value):
    return f"{value:.1f} times" if value > 1.0005 else f"{100 * value:.3g} %"


def _caption(widget):
    told = []
    for name in dict.fromkeys([widget.between, "tanh", "relu"]):
        if name == "identity":
            continue
        m = measure(widget.passed(name))
        told.append(
            f"{_label(name)} deletes {m.deleted or 'none'} and turns the sign of "
            f"{m.turned or 'none'}, leaves {_share(m.size)} of the length of h and "
            f"{_share(m.gradient)} of the gradient's"
        )
    name = _label(widget.between)
    return (
        f"Two untrained layers of {widget.H} units read {running.TEXT}, {name} between "
        f"them. A bar is one unit at one step, each unit on its own scale; a bar "
        f"without filling is gone. With nothing between, all {widget.H * T} numbers "
        f"that layer 1 hands up arrive; {'; '.join(told)}."
    )


def _bars(axes, values, heights, **look):
    """One path: a bar for each entry (T, H) that is not 0, in heights (H,) of 1."""
    H = values.shape[1]
    d = "".join(
        f"M{axes.x(t + 0.64):.1f} {axes.y(H - k - 0.5):.1f}"
        f"H{axes.x(t + 1.36):.1f}v{-heights[k] * v:.1f}H{axes.x(t + 0.64):.1f}z"
        for (t, k), v in np.ndenumerate(values)
        if v
    )
    return still.tag("path", d=d, **look)


@functools.lru_cache(maxsize=32)
def _still(state):
    widget = BetweenLayers(**json.loads(state))
    passed, caption = widget.passed(), _caption(widget)
    headings = (
        "h of layer 1; full: what arrives",
        "∂L/∂arriving; full: ∂L/∂h",
    )
    parts, top, height = [], 26, ROW * widget.H
    for heading, pair in zip(headings, (passed[:2], passed[2:]), strict=True):
        axes = still.Axes(48, top, 340, height, (0.5, T + 0.5), (0, widget.H))
        most = np.abs(np.concatenate(pair)).max(axis=0)
        heights = 0.44 * ROW / np.maximum(most, 1e-300)
        middles = np.arange(widget.H) + 0.5
        parts.append(axes.grid(heading, (), middles, say=lambda middle: ""))
        outline = {"fill": "none", "stroke": "var(--ink)", "stroke_width": 1}
        parts.append(_bars(axes, pair[1], heights, fill="var(--h-line)"))
        parts.append(_bars(axes, pair[0], heights, **outline))
        for t, mark in enumerate(running.TEXT):
            where = {"x": round(axes.x(t + 1), 1), "y": top + height + 16}
            parts.append(
                still.tag("text", mark, class_="tick", text_anchor="middle", **where)
            )
        top += height + 60
    return still.picture(top - 34, caption, *parts), caption
