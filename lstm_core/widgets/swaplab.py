"""The swap lab: two LSTMs that differ in their squashers alone, trained in the page.

What seeds of the default give stands in static/swaplab.json: how far ten of them
count, which the caption tells, and the band of the losses of twenty, which lies behind
the curves.  It is written by

    python -c "from lstm_core.widgets import swaplab; swaplab.write()"
"""

import functools
import json
from typing import Any, NamedTuple

import numpy as np

from lstm_core import fused, unroll
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.layers import Linear, Model, Recurrent
from lstm_core.optim import Adam
from lstm_core.tasks import Adding, Brackets, Register, Runs, exact
from lstm_core.train import fit
from lstm_core.widgets import assets, rows, still
from lstm_core.widgets.base import Explorable, activation, choice, number

SIZES = {"upto": 10, "T": 20, "B": 16}
TASKS = {
    "counting": Runs("ab", upto=10, B=16),
    "brackets": Brackets(1, upto=10, B=16),
    "register": Register(T=20, B=16),
    "adding": Adding(T=20, B=16),
}
SIDES = ("A", "B")
SLOTS = ("i", "f", "o", "candidate", "output")
DATA = 1_000_000  # the seed of the batches, above that of the weights; as in draws.js
FARTHEST = 60  # N is not looked for beyond
SEEDS = 10
BAND, EVERY = 20, 25  # seeds of the band, and updates that a point of it stands for
SHOWN = 500  # updates of the figure that stands still, at most
STORED = assets.STATIC / "swaplab.json"


class Run(NamedTuple):
    """What one side has become: losses (k,), its parameters, whether it diverged."""

    losses: Any
    p: Any
    diverged: bool


def _preset(label, **state):
    return {"label": label, "state": {"B_candidate": "tanh", **state}}


def _gates(name):
    return {f"B_{gate}": name for gate in "ifo"}


class SwapLab(Explorable):
    """Two LSTMs, A and B, learn one task from the same weights on the same batches.

    Each trait is an argument of the constructor, and a key of the link
    `swaplab?key=value&key=value`:

    A_i, A_f, A_o, A_candidate, A_output: the activations of A, names from
        `lstm_core.activations.NAMES` (sigmoid three times, tanh twice).
    B_i, B_f, B_o, B_candidate, B_output: those of B (the same, but sigmoid for
        B_candidate).
    task: counting (aⁿbⁿ with n from 1 to 10), brackets (Dyck-1, up to 10 pairs),
        register (a memory of three states, 20 steps) or adding (two marked numbers of
        20); batches of 16.
    H: how many units, 1 to 16 (4); rate: of Adam, 0.00001 to 1 (0.03); forget_bias: the
        start of b in the forget gate, -10 to 10 (1); clip: the longest gradient, to
        1000, where 0 clips none (0); steps: how many updates a run has, 20 to 5000
        (500).
    seed: 0 to 900000 (0).  Weights are drawn from `Draws(seed)`, the batches from
        `Draws(1_000_000 + seed)`.

    preset (before other keys): candidate, centred, keras-relu, gates, step, output,
        hard, runaway.
    """

    NAME = "swaplab"
    PRESETS = {
        "candidate": _preset("σ candidate", B_candidate="sigmoid"),
        "centred": _preset("σ − ½ candidate", B_candidate="sigmoid_shifted"),
        "keras-relu": _preset("ReLU twice", B_candidate="relu", B_output="relu"),
        "gates": _preset("tanh gates", **_gates("tanh")),
        "step": _preset("step gates", **_gates("step")),
        "output": _preset("bare output", B_output="identity"),
        "hard": _preset(
            "all hard",
            B_candidate="hard_tanh",
            B_output="hard_tanh",
            **_gates("hard_sigmoid"),
        ),
        "runaway": _preset(
            "runaway",
            B_candidate="identity",
            B_output="identity",
            **_gates("relu"),
        ),
    }

    task = choice(TASKS)
    H = number(4, 1, 16, 1, kind="whole")
    rate = number(0.03, 1e-5, 1, 0.01)
    forget_bias = number(1.0, -10, 10, 0.5)
    clip = number(0.0, 0, 1000, 0.5)
    steps = number(500, 20, 5000, 100, kind="whole")
    seed = number(0, 0, 900_000, 1, kind="whole")
    A_i = activation("sigmoid")
    A_f = activation("sigmoid")
    A_o = activation("sigmoid")
    A_candidate = activation("tanh")
    A_output = activation("tanh")
    B_i = activation("sigmoid")
    B_f = activation("sigmoid")
    B_o = activation("sigmoid")
    B_candidate = activation("sigmoid")
    B_output = activation("tanh")

    @classmethod
    def spec(cls):
        spec = super().spec()
        more = {"sizes": SIZES, "farthest": FARTHEST, "seeds": BAND, "every": EVERY}
        return {**spec, **more, **stored()}

    def model(self, side):
        """The model of one side, "A" or "B": an LSTM and a linear readout."""
        slots = (getattr(self, f"{side}_{slot}") for slot in SLOTS)
        return Model(Recurrent(LSTM(*slots), self.H), Linear(TASKS[self.task].K))

    def learn(self, side, grad=fused.value_and_grad):
        """Yield a `lstm_core.train.Step` after each update, as the page makes them.

        grad: as `lstm_core.train.fit` takes it.  Losses agree with the page's to 1e-9
        over 100 updates; a run that jumps about may later part from it by rounding.
        """
        model, task = self.model(side), TASKS[self.task]
        p = model.init(Draws(self.seed), task.D)
        b = np.full(self.H, self.forget_bias)
        p = p._replace(body=p.body._replace(f=p.body.f._replace(b=b)))
        data, clip = Draws(self.seed + DATA), self.clip or np.inf
        adam = Adam(self.rate)
        return fit(model, p, task.draw, task.loss, adam, data, self.steps, clip, grad)

    def still(self):
        short = {k: getattr(self, k) for k in self.fields()}
        short["steps"] = min(self.steps, SHOWN)
        return _still(json.dumps(short))


def run(lab, side):
    """One side's `Run`, all of its updates made."""
    losses = []
    for step in lab.learn(side):
        losses.append(float(step.loss))
    return Run(losses, step.p, bool(step.diverged))


def longest(lab, side, p):
    """The largest N up to `FARTHEST` whose strings are all right, None elsewhere."""
    task = TASKS[lab.task]
    if not hasattr(task, "examples"):
        return None
    return int(exact(lab.model(side), p, task, FARTHEST))


# --- the figure that stands still ---------------------------------------------------

LOOKS = {"A": {"stroke": "var(--indigo)"}, "B": {"stroke": "var(--rose)"}}
LOOKS["B"]["stroke_dasharray"] = "8 3"
TAUGHT = {
    "counting": "aⁿbⁿ with n up to 10",
    "brackets": "balanced brackets of up to 10 pairs",
    "register": "a memory of three states over 20 steps",
    "adding": "the sum of two marked numbers of 20",
}


def differences(lab, side):
    """The slots of a side that the other fills otherwise, in words."""
    a, b = ({s: getattr(lab, f"{one}_{s}") for s in SLOTS} for one in SIDES)
    mine = {"A": a, "B": b}[side]
    slots = [slot for slot in SLOTS if a[slot] != b[slot]]
    together = slots[:3] == ["i", "f", "o"] and len({mine[s] for s in "ifo"}) == 1
    parts = [f"gates {rows.label(mine['i'])}"] if together else []
    parts += [f"{s} {rows.label(mine[s])}" for s in slots[3 * together :]]
    return ", ".join(parts)


def over_seeds(counts):
    """What several seeds give, {side: [N]}, in words."""
    told = [
        f"{side} counts up to {min(ns)} at worst, {np.median(ns):g} in the middle and "
        f"{max(ns)} at best"
        for side, ns in counts.items()
    ]
    return f"Over {len(counts['A'])} seeds {'; '.join(told)}."


def _caption(lab, runs, counts):
    a, b = (differences(lab, side) for side in SIDES)
    apart = f"A: {a}. B: {b}." if a else "A and B are the same."
    units = f"{lab.H} unit{'s' * (lab.H > 1)}"
    told = [
        f"Two LSTMs of {units} learn {TAUGHT[lab.task]}, from the same weights on the "
        f"same batches (seed {lab.seed}). {apart}",
        f"After {lab.steps} updates {_loss('A', runs)} and {_loss('B', runs)}.",
    ]
    right = [
        f"{side} is right for every string up to n = {counts[side]}"
        for side in SIDES
        if counts[side] is not None and not runs[side].diverged
    ]
    if right:
        longest_seen = f"training had none beyond n = {SIZES['upto']}"
        told.append(f"{', '.join(right)}; {longest_seen}.")
    if _usual(lab):
        told.append("This is one seed. " + over_seeds(stored()["ten"]))
        told.append(f"The bands are the middle half of {BAND} seeds.")
    return " ".join(told)


def _usual(lab):
    """Whether the stored seeds are seeds of this lab."""
    return set(lab.state()) <= {"seed"}


def _loss(side, runs):
    run = runs[side]
    if run.diverged:
        return f"{side} has diverged at update {len(run.losses)}"
    return f"the loss of {side} is {run.losses[-1]:.4f}"


def _memories(lab, side, p):
    """c of every unit (T, H) while one sequence is read, the longest of training."""
    task = TASKS[lab.task]
    n = [SIZES["upto"]]
    batch = task.examples(n) if hasattr(task, "examples") else task.draw(Draws(0))
    cell = lab.model(side).body.cell
    _, _, trace = unroll.forward(cell, p.body, batch.xs[:, :1])
    return trace.c[:, 0]


def _band_drawn(axes, side):
    """The band of one side, the middle half of the stored seeds."""
    rows = np.log10(stored()["band"][side])
    xs = [EVERY * (k + 1) for k in range(len(rows))]
    edge = [*zip(xs, rows[:, 0], strict=True)]
    edge += [*zip(xs, rows[:, 2], strict=True)][::-1]
    points = " ".join(f"{axes.x(a):.1f},{axes.y(b):.1f}" for a, b in edge)
    fill = LOOKS[side]["stroke"]
    return still.tag("polygon", points=points, fill=fill, fill_opacity=0.2)


def _losses_drawn(lab, runs):
    """Losses by update, on a scale of powers of ten."""
    most = max(len(run.losses) for run in runs.values())
    logs = {side: np.log10(run.losses) for side, run in runs.items()}
    finite = [log[np.isfinite(log)] for log in logs.values()]
    ends = np.concatenate([[-2.0, 0.0], *finite])
    low, high = np.floor(ends.min()), np.ceil(min(ends.max(), 2))
    axes = still.Axes(48, 66, 340, 120, (0, most), (low, high))
    marks = np.arange(low, high + 1)
    powers = {"say": lambda mark: f"{10.0**mark:g}"}
    parts = [axes.grid("loss by updates", (0, most), marks, **powers)]
    if _usual(lab):
        parts += [_band_drawn(axes, side) for side in SIDES]
    for side, log in logs.items():
        kept = np.flatnonzero(np.isfinite(log))[:: max(1, most // 125)]
        look = {"stroke_width": 2, **LOOKS[side]}
        parts.append(axes.line(kept + 1, log[kept], **look))
    return parts


def _memories_drawn(lab, runs):
    """c of A and of B beside each other, on the same scale."""
    cs = {side: _memories(lab, side, run.p) for side, run in runs.items()}
    finite = [c[np.isfinite(c)] for c in cs.values()]
    ends = np.clip(np.concatenate([[-1.0, 1.0], *finite]), -30, 30)
    low, high = np.floor(ends.min()), np.ceil(ends.max())
    parts = []
    for k, (side, c) in enumerate(cs.items()):
        box = (48 + 182 * k, 240, 158, 110)
        axes = still.Axes(*box, (0, len(c)), (low, high))
        marks = (0, high) if k == 0 else ()
        parts.append(axes.grid(f"cell c of {side}", (0, len(c)), marks))
        for unit in c.T:
            steps = np.arange(len(c) + 1)
            line = axes.line(steps, np.append(0, unit), stroke_width=2, **LOOKS[side])
            parts.append(line)
    return parts


@functools.lru_cache(maxsize=32)
@np.errstate(all="ignore")  # of a side that has diverged
def _still(state):
    lab = SwapLab(**json.loads(state))
    runs = {side: run(lab, side) for side in SIDES}
    counts = {side: longest(lab, side, one.p) for side, one in runs.items()}
    caption = _caption(lab, runs, counts)
    keys = []
    for k, side in enumerate(SIDES):
        text = f"{side}: {differences(lab, side) or 'as B'}"
        keys.append(still.key(text, 8 + 20 * k, stroke_width=2.5, **LOOKS[side]))
    parts = _losses_drawn(lab, runs) + _memories_drawn(lab, runs)
    return still.picture(376, caption, *keys, *parts), caption


@functools.lru_cache(maxsize=2 * BAND)
def _seeded(side, **state):
    """A lab and one `Run` of it: the ten seeds are the first of those of the band."""
    lab = SwapLab(**state)
    return lab, run(lab, side)


def ten_seeds(**state):
    """N of each side after all updates, for the first ten seeds: {side: [N]}."""
    counts = {side: [] for side in SIDES}
    for seed in range(SEEDS):
        for side in SIDES:
            lab, made = _seeded(side, seed=seed, **state)
            counts[side].append(longest(lab, side, made.p))
    return counts


def quartiles(runs):
    """Lower quartile, middle and upper quartile of losses: [[low, mid, high], …].

    runs: some `Run`s; a row is made of the means of `EVERY` losses, to two digits.
    """
    losses = np.array([one.losses for one in runs])
    means = losses.reshape(len(runs), -1, EVERY).mean(axis=2)
    rows = np.quantile(means, (0.25, 0.5, 0.75), axis=0).T
    return [[float(f"{v:.2g}") for v in row] for row in rows]


def band():
    """The `quartiles` of both sides of the default, over the first `BAND` seeds."""
    return {
        side: quartiles([_seeded(side, seed=seed)[1] for seed in range(BAND)])
        for side in SIDES
    }


@functools.cache
def stored():
    """What `write` has written: {"ten": as `ten_seeds`, "band": as `band`}."""
    return json.loads(STORED.read_text(encoding="utf-8"))


def write():
    """Write what `ten_seeds` and `band` give to where the figure reads it."""
    found = {"ten": ten_seeds(), "band": band()}
    text = json.dumps(found, separators=(",", ":"))
    STORED.write_text(text + "\n", encoding="utf-8")
