"""Saturation: where trained gates work, over the curve and over its derivative.

The figure draws histograms of pre-activations, at birth and after training.  They stand
in static/saturation.json, as parts in ten thousand in bins of 0.2, written by

    python -c "from lstm_core.widgets import saturation; saturation.write()"

which trains the counting networks again (half a minute), and lets the character model
that `lstm_core.experiments.charmodel` has stored read.
"""

import functools
import json
import math
from typing import NamedTuple

import numpy as np

from lstm_core import activations, prose, tree, unroll
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.experiments import sweep
from lstm_core.tasks import Runs
from lstm_core.widgets import assets, rows, still
from lstm_core.widgets.base import Explorable, choice, number, preset

STORED = assets.STATIC / "saturation.json"
FAR, WIDTH = 16.0, 0.2  # bins of WIDTH from -FAR to FAR; the outer two are open
BINS = round(2 * FAR / WIDTH)
EDGES = np.linspace(-FAR, FAR, BINS + 1)
WHOLE = 10_000

VIEW, BAR = 8.0, 0.4  # what is drawn: bars of BAR, the outer two open
SEEDS, H, UPDATES, RATE = range(10), 4, 1000, 0.03
READ = range(1, 21)  # the n of the strings aⁿbⁿ that are read

# slot → what is squashed there, and by what
SLOTS = {
    "i": {"label": "input gate i", "field": "a_i", "function": "sigmoid"},
    "f": {"label": "forget gate f", "field": "a_f", "function": "sigmoid"},
    "o": {"label": "output gate o", "field": "a_o", "function": "sigmoid"},
    "g": {"label": "candidate g", "field": "a_g", "function": "tanh"},
    "c": {"label": "cell c", "field": "c", "function": "tanh"},
}
NETWORKS = {
    "counting": {
        "label": "counting aⁿbⁿ",
        "told": "10 networks of 4 units (seeds 0 to 9) that learnt to count aⁿbⁿ up to "
        "n = 10, reading n = 1 to 20",
    },
    "text": {
        "label": "Python source",
        "told": "a character model of 100 units that learnt Python source code, "
        "reading code that it had not seen",
    },
}
WHEN = ("birth", "trained")


# --- histograms of networks ---------------------------------------------------------


def histograms(trace, mask):
    """The stored form of a run: {slot: [first bin, [parts in `WHOLE`, ...]]}.

    trace: of a whole run, fields (T, B, H) or (T, E, B, H); mask (T, B): which steps.
    """
    return {
        slot: _packed(_at(getattr(trace, SLOTS[slot]["field"]), mask)) for slot in SLOTS
    }


def _at(values, mask):
    """The values (N,) at the steps at which the mask is true, over models and units."""
    steps = np.moveaxis(values, -2, 1)  # (T, B, ..., H)
    return steps[np.asarray(mask, bool)].ravel()


def _packed(values):
    inside = np.clip(values, EDGES[0], EDGES[-1])
    counts, _ = np.histogram(inside, EDGES)
    parts = np.round(WHOLE * counts / counts.sum()).astype(int)
    first, last = np.flatnonzero(parts)[[0, -1]]
    return [int(first), parts[first : last + 1].tolist()]


def counting():
    """The counting networks: {"birth": ..., "trained": ...}, as `histograms` gives."""
    task = Runs("ab", upto=10, B=16)
    trained = sweep.train(LSTM(), task, SEEDS, UPDATES, H, (RATE,), dtype=np.float64)
    born = [trained.model.init(Draws(seed), task.D) for seed in SEEDS]
    return {
        "birth": _counting(tree.stack(born)),
        "trained": _counting(trained.p),
    }


def _counting(p):
    """What networks p, leaves (E, ...), compute while they read the strings."""
    batch = Runs("ab").examples(READ)
    _, _, trace = unroll.forward(LSTM(), p.body, batch.xs)
    return histograms(trace, batch.mask)


def text():
    """The character model that the book ships, as `counting` gives its networks."""
    from lstm_core.experiments import charmodel  # only the writer needs it
    from lstm_core.experiments.charmodel import shipped

    born = charmodel.birth(shipped.stored()["known"]["seed"])
    found = {}
    for when, p in zip(WHEN, (born, charmodel.load()[1]), strict=True):
        _, trace = charmodel.read(p, charmodel.excerpt())
        found[when] = histograms(trace, np.ones(trace.x.shape[:2], bool))
    return found


def write(networks=None):
    """Write what the figure reads, for these of `NETWORKS` (all of them)."""
    made = {"counting": counting, "text": text}
    stored = json.loads(STORED.read_text("utf-8")) if STORED.exists() else {}
    stored |= {name: made[name]() for name in networks or made}
    STORED.write_text(json.dumps(stored, separators=(",", ":")) + "\n", "utf-8")


@functools.cache
def stored():
    """{network: {"birth" or "trained": {slot: parts in `WHOLE` (BINS,)}}}."""
    networks = json.loads(STORED.read_text("utf-8"))
    return {
        network: {
            when: {slot: unpacked(*packed) for slot, packed in slots.items()}
            for when, slots in whens.items()
        }
        for network, whens in networks.items()
    }


def unpacked(first, parts):
    """The histogram that a stored one stands for: parts in `WHOLE` (BINS,)."""
    bins = np.zeros(BINS, int)
    bins[first : first + len(parts)] = parts
    bins.flags.writeable = False
    return bins


# --- what a histogram says ----------------------------------------------------------


class Measures(NamedTuple):
    """Shares of a histogram's values near the low and the high end; the mean slope.

    slope: as a share of the steepest slope, ¼ of σ and 1 of tanh.
    """

    low: float
    high: float
    slope: float

    @property
    def saturated(self):
        return self.low + self.high


def limit(function, margin):
    """The z > 0 from which a value is within margin of its range from its high end."""
    far = math.log((1 - margin) / margin)
    return far if function == "sigmoid" else far / 2


def below(parts, z):
    """The share of pre-activations below z (a number or an array), each bin even."""
    return np.interp(z, EDGES, np.append(0, np.cumsum(parts)) / parts.sum())


def mean_slope(parts, function, scale):
    """The mean of φ'(scale · a), each bin even: the rise of φ over every bin."""
    row = activations.get(function)
    rises = np.diff(row(scale * EDGES)) / (scale * WIDTH)
    return float(parts @ rises / parts.sum())


def measure(parts, function, scale, margin):
    """The `Measures` of pre-activations that are multiplied by scale."""
    far = limit(function, margin) / scale
    steepest = float(activations.get(function).d1(np.float64(0)))
    return Measures(
        low=float(below(parts, -far)),
        high=1 - float(below(parts, far)),
        slope=mean_slope(parts, function, scale) / steepest,
    )


def bars(parts, scale):
    """The share of scaled pre-activations in each bar of the picture, (2·VIEW/BAR,)."""
    inner = np.arange(-VIEW + BAR, VIEW - BAR / 2, BAR)
    return np.diff(below(parts, inner / scale), prepend=0, append=1)


# --- the figure ---------------------------------------------------------------------


class Saturation(Explorable):
    """Pre-activations of real networks over the function that squashes them.

    Each trait is an argument of the constructor, and a key of the link
    `saturation?key=value&key=value`:

    network: counting (aⁿbⁿ) or text, a model of Python source (counting).
    slot: i, f, o, g, or c, which the output tanh squashes (f).
    scale: what all pre-activations are multiplied by, 0.1 to 10 (1).
    margin: within which share of its range of an end a value counts as saturated, 0.01
        to 0.3 (0.1: a gate below 0.1 or above 0.9).

    preset (before other keys): forget, input, output, candidate, cell, text, soft,
        switch.
    """

    NAME = "saturation"
    DATA = ("saturation",)
    PRESETS = {
        "forget": preset("forget gate"),
        "input": preset("input gate", slot="i"),
        "output": preset("output gate", slot="o"),
        "candidate": preset("candidate", slot="g"),
        "cell": preset("cell", slot="c"),
        "text": preset("Python source", network="text"),
        "soft": preset("× ¼: soft", scale=0.25),
        "switch": preset("× 8: a switch", scale=8.0),
    }

    network = choice(NETWORKS)
    slot = choice(SLOTS, "f")
    scale = number(1.0, 0.1, 10, 0.05)
    margin = number(0.1, 0.01, 0.3, 0.01)

    @classmethod
    def spec(cls):
        spec = super().spec()
        return {
            **spec,
            "slots": SLOTS,
            "networks": NETWORKS,
            "bins": [FAR, WIDTH, VIEW, BAR],
        }

    def parts(self, when, slot=None):
        """The histogram of a slot at "birth" or "trained": parts in `WHOLE` (BINS,)."""
        return stored()[self.network][when][slot or self.slot]

    def measures(self, when, slot=None):
        """The `Measures` of a slot at "birth" or "trained", as the figure is set."""
        function = SLOTS[slot or self.slot]["function"]
        parts = self.parts(when, slot)
        return measure(parts, function, self.scale, self.margin)

    def still(self):
        return _still(json.dumps(self.state()))


def _percent(share):
    value = 100 * share
    return f"{prose.number(value, 1 if value < 1 else 2)} %"


def _caption(widget):
    born, now = (widget.measures(when) for when in WHEN)
    scaled = "" if widget.scale == 1 else f", times {prose.number(widget.scale)}"
    others = ", ".join(
        f"{slot} {_percent(widget.measures('trained', slot).saturated)}"
        for slot in SLOTS
        if slot != widget.slot
    )
    low, high = _ends(widget)
    label = SLOTS[widget.slot]["label"]
    told = NETWORKS[widget.network]["told"]
    return (
        f"The pre-activations of the {label}{scaled}: bars are {told}; the outline is "
        "the same at birth, each to its own height. Saturated (below "
        f"{low}, above {high}) are {_percent(now.saturated)} of them, at birth "
        f"{_percent(born.saturated)}; the "
        f"others: {others}. The mean slope is {_percent(now.slope)} of the steepest, "
        f"at birth {_percent(born.slope)}; full in the lower panel is what passes."
    )


def _ends(widget):
    """The values beyond which a value counts as saturated, as text."""
    low, high = activations.get(SLOTS[widget.slot]["function"]).range
    reach = widget.margin * (high - low)
    return tuple(prose.number(round(v, 3)) for v in (low + reach, high - reach))


def _outline(axes, heights):
    """One path around bars of these heights, each from 0 to 1."""
    edges = np.arange(len(heights) + 1) * BAR - VIEW
    foot = axes.ys[0]
    tops = (foot + h * (axes.ys[1] - foot) for h in heights)
    steps = "".join(
        f"V{axes.y(top):.1f}H{axes.x(right):.1f}"
        for top, right in zip(tops, edges[1:], strict=True)
    )
    return f"M{axes.x(-VIEW):.1f} {axes.y(foot):.1f}{steps}V{axes.y(foot):.1f}z"


@functools.lru_cache(maxsize=32)
def _still(state):
    widget = Saturation(**json.loads(state))
    caption, letter = _caption(widget), widget.slot
    function = SLOTS[letter]["function"]
    row = activations.get(function)
    born, now = (bars(widget.parts(when), widget.scale) for when in WHEN)
    born, now = (heights / (1.08 * heights.max()) for heights in (born, now))
    middles = np.arange(len(now)) * BAR - VIEW + BAR / 2
    steepest = row.d1(np.float64(0))
    passing = now * row.d1(middles) / steepest
    line = {"fill": "none", "stroke": "var(--ink)", "stroke_width": 1.25}
    full = {"fill": f"var(--{letter})", "fill_opacity": 0.6}
    curve = {"stroke": f"var(--{letter}-line)", "stroke_width": 2.5}
    panels = (
        (rows.label(function), row, row.range, (now, full), (born, line)),
        ("its slope", row.d1, (0, float(steepest)), (passing, full), (now, line)),
    )
    zs, parts = np.linspace(-VIEW, VIEW, 161), []
    for k, (heading, order, ends, *drawn) in enumerate(panels):
        axes = still.Axes(48, 26 + 180 * k, 340, 136, (-VIEW, VIEW), ends)
        parts.append(axes.grid(heading, (-VIEW, 0, VIEW), ends, k == 1))
        for heights, look in drawn:
            parts.append(still.tag("path", d=_outline(axes, heights), **look))
        parts.append(axes.line(zs, order(zs), **curve))
    return still.picture(370, caption, *parts), caption
