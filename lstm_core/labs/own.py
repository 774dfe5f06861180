"""Bring your own activation: see it checked, and train with it against another.

What the lab has found for its own example, softsign, stands in own.json beside this
module, written by

    python -c "from lstm_core.labs import own; own.write()"
"""

import html
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lstm_core import activations, fused, gradcheck, palette, plotting, prose, tree
from lstm_core.activations import Activation
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.experiments import stats, sweep
from lstm_core.labs.lab import Lab, choice, slider
from lstm_core.labs.training import Training
from lstm_core.layers import Linear, Model, Parts, Recurrent
from lstm_core.optim import Adam
from lstm_core.tasks import Adding, Register, Runs, exact, side_by_side
from lstm_core.train import fit

STORED = Path(__file__).with_name("own.json")
# Between the places where the functions of the table have kinks
POINTS = np.linspace(-6.03, 5.97, 121)
TOLERANCE = 1e-5
SLOTS = {
    "candidate": ("candidate",),
    "output": ("output",),
    "candidate and output": ("candidate", "output"),
    "gates": ("i", "f", "o"),
}
TASKS = {
    "counting aⁿbⁿ": Runs("ab", upto=10, B=16),
    "adding": Adding(T=20, B=16),
    "register": Register(T=20, B=16),
}
SETTINGS = {"slot": "candidate", "task": "counting aⁿbⁿ", "rate": 0.03, "seeds": 10}
UPDATES, H, CLIP, KEPT, LAST = 500, 4, 1.0, 40, 50


def softsign(z):
    return z / (1 + np.abs(z))


def softsign_derivative(z):
    return 1 / (1 + np.abs(z)) ** 2


# --- the check ------------------------------------------------------------------------


def problem(value, derivative):
    """What is wrong with a function and its derivative, in a sentence; "" if nothing.

    The derivative is compared with differences of the value at `POINTS`.
    """
    for name, function in (("value", value), ("derivative", derivative)):
        if said := _shape_problem(name, function):
            return said
    slopes = [_difference(value, z) for z in POINTS]
    return _slope_problem(np.asarray(derivative(POINTS.copy()), float), slopes)


def _shape_problem(name, function):
    z = POINTS.copy()
    z.flags.writeable = False  # training would lose what a function overwrites
    try:
        with np.errstate(all="ignore"):
            found = np.asarray(function(z))
    except Exception as error:
        return (
            f"{name}(z) stops with {type(error).__name__}: {error}. It is given an "
            "array of numbers, not to be changed: write it with NumPy, without if."
        )
    if found.shape != POINTS.shape or found.dtype.kind not in "fiu":
        return (
            f"expected {name}(z) as an array of {POINTS.size} real numbers for as many "
            f"z, got {found.dtype} of the shape {found.shape}."
        )
    if not np.isfinite(found).all():
        at = prose.number(POINTS[~np.isfinite(found)][0])
        return f"{name}(z) is not finite at z = {at}: expected a number there."
    return ""


def _difference(value, z):
    def at(point):
        return float(np.asarray(value(point))[0])

    return float(gradcheck.central_difference(at, np.array([z]))[0])


def _slope_problem(given, slopes):
    slopes = np.asarray(slopes)
    room = TOLERANCE * np.maximum(1, np.abs(slopes))
    wrong = np.abs(given - slopes) > room
    if not wrong.any():
        return ""
    worst = gradcheck.compare(given[wrong], slopes[wrong], count=1)[0]
    z = POINTS[wrong][worst.index[0]]
    ratios = given[wrong] / np.where(slopes[wrong] == 0, np.nan, slopes[wrong])
    same = np.isfinite(ratios).all() and np.ptp(ratios) < 1e-3 * abs(ratios.mean())
    often = f" There it is always {prose.number(ratios.mean())} times the slope."
    z, said, slope = (prose.number(v, 6) for v in (z, worst.ours, worst.reference))
    low, high = (prose.number(POINTS[wrong][k]) for k in (0, -1))
    return (
        f"The derivative is wrong at {wrong.sum()} of {wrong.size} points, from z = "
        f"{low} to {high}. Most at z = {z}: it says {said} where the slope of the "
        f"value is {slope}."
        f"{often if same else ''}"
    )


# --- the training ---------------------------------------------------------------------


class Found(NamedTuple):
    """What training has given, yours first and the other second.

    updates: which (K,) losses (2, K, S) are kept of S seeds; NaN where one diverged.
    last: the means of the last losses, (2, S).
    longest: the n up to which all strings are right (2, S), of a language; else None.
    """

    updates: np.ndarray
    losses: np.ndarray
    last: np.ndarray
    longest: Any


def trainings(rows, slot, task, rate, seeds, updates):
    """For each of two activations the generator of `Step`s, all seeds at once.

    Seed s has the same weights at birth and the same batches on both sides.
    """
    for row in rows:
        model = _model(row, slot, task)
        p = tree.stack([model.init(Draws(s), TASKS[task].D) for s in range(seeds)])
        yield fit(
            model,
            fused.pack(*p),
            lambda rngs: side_by_side([TASKS[task].draw(rng) for rng in rngs]),
            TASKS[task].loss,
            Adam(rate),
            [Draws(sweep.DATA + s) for s in range(seeds)],
            updates,
            CLIP,
            fused.value_and_grad,
        )


def _model(row, slot, task):
    cell = LSTM(**dict.fromkeys(SLOTS[slot], row))
    return Model(Recurrent(cell, H), Linear(TASKS[task].K))


def learn(rows, settings, updates, found):
    """Yield how many updates both sides have made; what they give goes into found.

    found: {"losses": ([], []), "p": [None, None]}.  A side of which all seeds have
    diverged stays as it is.
    """
    sides = list(trainings(rows, updates=updates, **settings))
    for k in range(1, updates + 1):
        for n, side in enumerate(sides):
            if (step := next(side, None)) is None:
                found["losses"][n].append(np.full(settings["seeds"], np.nan))
                continue
            loss = np.where(step.diverged, np.nan, step.loss)
            found["losses"][n].append(loss)
            found["p"][n] = step.p
        yield k


def judged(rows, settings, found):
    """The `Found` of what `learn` has put into found."""
    count = min(map(len, found["losses"]))
    losses = np.array([side[:count] for side in found["losses"]], float)
    kept = np.unique(np.linspace(0, count - 1, KEPT).astype(int))
    longest = None
    if hasattr(TASKS[settings["task"]], "examples"):
        longest = np.array(
            [_longest(*side, settings) for side in zip(rows, found["p"], strict=True)]
        )
        longest = np.where(np.isfinite(losses[:, -1]), longest, 0)
    return Found(kept + 1, losses[:, kept], losses[:, -LAST:].mean(axis=1), longest)


def _longest(row, theta, settings):
    model = _model(row, settings["slot"], settings["task"])
    with np.errstate(all="ignore"):  # of seeds that have diverged
        p = Parts(*fused.unpack(theta, H))
        return exact(model, p, TASKS[settings["task"]], 60)


# --- what is said, what is drawn ------------------------------------------------------


def verdict(names, found):
    """Who learns better over the seeds, with the interval, in sentences."""
    ours, theirs = found.last
    both = np.isfinite(ours) & np.isfinite(theirs)
    if both.sum() > 1:
        ratio = np.log10(ours[both] / theirs[both])
        effect = stats.paired("log10 of the losses' ratio", ratio)
        told = [_loss_told(names, effect, found.updates[-1])]
    else:
        told = ["Too few seeds are left to compare losses."]
    for name, side in zip(names, found.last, strict=True):
        if lost := int((~np.isfinite(side)).sum()):
            told.append(f"{name} diverged in {lost} of {side.size} seeds.")
    if found.longest is not None:
        pairs = zip(names, found.longest, strict=True)
        middle = (f"{name} n = {np.median(ns):g}" for name, ns in pairs)
        further = found.longest[0] - found.longest[1]
        apart = prose.effect_text(stats.paired("strings", further))
        told.append(f"Right up to, in the middle seed: {', '.join(middle)};")
        told.append(f"the mean difference is {apart}.")
    return " ".join(told)


def _loss_told(names, effect, updates):
    value, low, high = (10**v for v in (effect.value, effect.low, effect.high))
    if max(abs(effect.low), abs(effect.high)) < 1e-4:
        return f"After {updates} updates the losses are the same with every seed."
    if effect.low == effect.high:
        times = f"{prose.number(value)} times {names[1]}'s with every seed"
        return f"After {updates} updates the loss of {names[0]} is {times}."
    value, low, high = prose.together(value, low, high)
    if effect.low <= 0 <= effect.high:
        decided = "these seeds cannot tell them apart"
    else:
        decided = f"{names[0]} learns {'worse' if effect.value > 0 else 'better'} here"
    return (
        f"After {updates} updates the loss of {names[0]} is {value} times that of "
        f"{names[1]} (95 % interval {low} to {high}, paired t over {effect.n} seeds): "
        f"{decided}."
    )


def draw(rows, found, words):
    """The picture: both functions with their slopes, and the losses of all seeds."""
    fig, (curves, course) = plotting.figure(2, 1, width=4.8, height=5.2)
    looks = [
        {"color": palette.CURVES["light"]["indigo"]},
        {"color": palette.CURVES["light"]["rose"], "linestyle": "--"},
    ]
    for row, look in zip(rows, looks, strict=True):
        curves.plot(POINTS, row(POINTS), linewidth=2, label=row.name, **look)
        curves.plot(POINTS, row.d1(POINTS), linewidth=1, **look)
    curves.set(xlabel="z", title="value, and slope (thin)", ylim=(-1.6, 1.6))
    curves.legend(frameon=False)
    if found is None:
        course.set_axis_off()
        where = {"ha": "center", "transform": course.transAxes}
        course.text(0.5, 0.5, "not trained yet", **where)
    else:
        _losses(course, found, looks)
    return plotting.show(fig, "activation-lab", words, words)


def _losses(ax, found, looks):
    for side, look in zip(found.losses, looks, strict=True):
        ax.semilogy(found.updates, side, linewidth=0.6, alpha=0.5, **look)
        middle = np.median(np.where(np.isfinite(side), side, np.inf), axis=1)
        middle = np.where(np.isfinite(middle), middle, np.nan)
        ax.semilogy(found.updates, middle, linewidth=2, **look)
    ax.set(xlabel="updates", title="loss of each seed; thick: the middle")
    plotting.powers(ax.yaxis)


# --- the lab --------------------------------------------------------------------------


class Own(Lab):
    """The check, the settings, a button that trains both sides, and what came of it."""

    def __init__(self, row, against, said):
        self.rows, self.problem, self.found = (row, against), said, None
        pick = {
            "slot": choice("slot", list(SLOTS)),
            "task": choice("task", list(TASKS)),
            "rate": choice("rate", [0.003, 0.01, 0.03, 0.1], 0.03),
            "seeds": slider("seeds", SETTINGS["seeds"], 2, 20, 1),
        }
        self.updates = slider("train for", UPDATES, 50, 3000, 50)
        if row.value is softsign and against.name == "tanh" and STORED.exists():
            self.found = shipped()
        super().__init__(self._picture, pick)
        locked = [*pick.values(), self.updates]
        self.training = Training(self._begin, self._show, locked)
        self.training.button.disabled = bool(said)
        *controls, picture = self.widget.children
        self.widget.children = [*controls, self.updates, self.training.widget, picture]

    def _begin(self):
        self.settled, total = self.values, self.updates.value
        self.raw = {"losses": ([], []), "p": [None, None]}
        return total, learn(self.rows, self.settled, total, self.raw)

    def _show(self):
        if self.raw["losses"][1]:
            self.found = judged(self.rows, self.settled, self.raw)
            self._redraw()

    def _redraw(self, change=None):
        if change is not None:
            self.found = None  # what was trained was trained with other settings
        super()._redraw()

    def _picture(self, **settings):
        names = [row.name for row in self.rows]
        words = f"{names[0]} against {names[1]}, as the {settings['slot']}."
        if self.problem:
            return Refused(self.problem)
        checked = "Its derivative is that of its value at all points."
        result = verdict(names, self.found) if self.found else "Not trained yet."
        return draw(self.rows, self.found, f"{words} {checked} {result}")


class Refused(NamedTuple):
    """In place of a picture: what is to be mended before anything can be trained."""

    sentence: str

    def _repr_html_(self):
        return f"<p><strong>Not yet.</strong> {html.escape(self.sentence)}</p>"


def activation(value=None, derivative=None, name=None, against="tanh"):
    """The lab: your activation is checked, then trained against another over seeds.

    value, derivative: functions of an array z of floats, which return an array of the
        same shape; softsign if neither is given.  name: what pictures call it.
    against: a name from `lstm_core.activations.NAMES`, or an `Activation`.

    `activation(...).training.run()` trains without the button.
    """
    if value is None and derivative is None:
        value, derivative, name = softsign, softsign_derivative, name or "softsign"
    if not (callable(value) and callable(derivative)):
        raise TypeError(
            "expected two functions, value(z) and derivative(z), "
            f"got {value!r} and {derivative!r}"
        )
    said = problem(value, derivative)
    row = Activation(name or "yours", value, derivative, None)
    return Own(row, activations.get(against), said)


# --- what is shipped ------------------------------------------------------------------


def write():
    """Train the lab's own example as it is set, and write what the page shows."""
    lab = activation()
    lab.training.run()
    stored = {name: _rounded(one) for name, one in lab.found._asdict().items()}
    STORED.write_text(json.dumps(stored, separators=(",", ":")) + "\n", "utf-8")


def _rounded(array):
    kept = [float(f"{v:.4g}") for v in array.ravel()]
    return np.array(kept, array.dtype).reshape(array.shape).tolist()


def shipped():
    """The `Found` that `write` has stored."""
    stored = json.loads(STORED.read_text("utf-8"))
    return Found(**{name: np.array(one) for name, one in stored.items()})
