"""Candidates that the table does not have, and LSTMs that learn with them.

A slot may be held at 1, so that an LSTM without that gate is an ordinary `LSTM` with
the same start; and g may be a product, so that tying the weights of i and g is too.

Chapter: candidate.
"""

from functools import cache

import numpy as np

from lstm_core import activations, fused
from lstm_core.activations import Activation, sigmoid, sigmoid_d1, tanh_d1, tanh_d2
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.experiments import compare, sweep
from lstm_core.tasks import Adding, Register

TASKS = {
    "counting": compare.COUNTING,
    "register": Register(T=20, B=16, dtype=np.float32),
    "adding": Adding(T=20, B=16, dtype=np.float32),
}
TASKS["orders"] = TASKS["register"]  # scored by its loss, which has no ceiling
STEPS, QUICK = 600, 40  # updates of a full and of a short run
LONG = Register(T=100, B=64, dtype=np.float32)  # what the register is tested on
WINDOW = 20  # updates over which a loss is averaged before it counts as reached
THRESHOLDS = {"counting": 0.1, "register": 0.1, "orders": 0.1, "adding": 0.02}
LEARNT = {"counting": np.log2(10.5), "register": 0.5} | {
    task: -np.log2(THRESHOLDS[task]) for task in ("orders", "adding")
}
IGNORANT = {"orders": np.log(3), "adding": 1 / 6}  # losses of a constant answer


# --- rows -----------------------------------------------------------------------------


def raised(by):
    """tanh(z) + by: the slopes of tanh, and another value at zero."""
    return Activation(
        f"tanh + {by:g}",
        lambda z: np.tanh(z) + by,
        tanh_d1,
        tanh_d2,
        range=(by - 1.0, by + 1.0),
    )


def _sign(z):
    return np.sign(np.real(z)).astype(np.asarray(z).dtype)


def _tied(z):
    return sigmoid(z) * np.tanh(z)


def _tied_d1(z):
    return sigmoid_d1(z) * np.tanh(z) + sigmoid(z) * tanh_d1(z)


def _tied_d2(z):
    bend = activations.sigmoid_d2(z) * np.tanh(z) + sigmoid(z) * tanh_d2(z)
    return bend + 2 * sigmoid_d1(z) * tanh_d1(z)


ROWS = {
    row.name: row
    for row in (
        Activation("one", np.ones_like, np.zeros_like, np.zeros_like, range=(1.0, 1.0)),
        Activation("sign", _sign, np.zeros_like, np.zeros_like, (0.0,), (-1.0, 1.0)),
        Activation("tied", _tied, _tied_d1, _tied_d2, range=(-0.2072, 1.0)),
        raised(0.5),
        raised(1.0),
    )
}


def row(name):
    """The row of that name: one of `ROWS`, or of the table of activations."""
    return ROWS[name] if name in ROWS else activations.get(name)


# --- learning -------------------------------------------------------------------------


def train(slots, task, seeds, quick=False, rates=sweep.RATES):
    """All rates and seeds of one LSTM on one task: a `sweep.Trained`, all losses kept.

    slots: {"candidate": "tied", "i": "one"}, names of rows.  task: a key of `TASKS`.
    """
    slots = {slot: row(name) for slot, name in slots.items()}
    steps = QUICK if quick else STEPS
    return _trained(LSTM(**slots), TASKS[task], tuple(seeds), steps, tuple(rates))


@cache
def _trained(cell, task, seeds, steps, rates):
    """Kept, because several claims look at the same networks."""
    return sweep.train(cell, task, seeds, steps, rates=rates, kept=steps)


def learn(slots, task, seeds, quick=False):
    """What became of `train`, a dict of lists with one row for each rate.

    score: by seed, larger is better: log2(1 + N) in counting, where N is the largest N
        with every n <= N right; the share of sequences of 100 steps that are right in
        the register; -log2 of the last loss in adding and in the orders (the register
        again), a loss being no worse than that of a constant answer.
    updates: by seed, until the loss is below the threshold, all of them if never.
    curve: the median of the loss over seeds, after the updates `at`.
    diverged: the number of seeds.
    """
    run = train(slots, task, seeds, quick)
    kept = np.unique(np.linspace(0, len(run.losses) - 1, 20).astype(int))
    with np.errstate(all="ignore"):
        curve = np.nanmedian(np.nan_to_num(run.losses[kept], nan=np.inf), axis=2).T
    return {
        "score": _listed(SCORES[task](run)),
        "updates": updates(run.losses, THRESHOLDS[task]).tolist(),
        "curve": _listed(np.minimum(curve, 100)),
        "at": (kept + 1).tolist(),
        "diverged": run.diverged.sum(axis=1).tolist(),
    }


def _listed(array):
    return np.round(array.astype(float), 4).tolist()


def updates(losses, threshold, window=WINDOW):
    """After how many updates the mean of the last losses is low enough: (R, S).

    losses (K, R, S); K where it never is, so that a difference is told too small
    rather than too large.
    """
    sums = np.cumsum(np.nan_to_num(losses, nan=np.inf), axis=0)
    means = sums.copy()
    means[window:] = sums[window:] - sums[:-window]
    low = means[window - 1 :] < threshold * window
    first = np.where(low.any(axis=0), low.argmax(axis=0), len(low) - 1)
    return first + window


def _counted(run):
    return np.log2(1 + sweep.reach(run, TASKS["counting"]))


def _remembered(run):
    return sweep.right(run, LONG.draw(Draws(compare.HELD_OUT)), LONG)


def _halvings(task):
    def score(run):
        worst = IGNORANT[task]
        return -np.log2(np.fmin(np.nan_to_num(run.loss, nan=worst), worst))

    return score


SCORES = {
    "counting": _counted,
    "register": _remembered,
    "orders": _halvings("orders"),
    "adding": _halvings("adding"),
}


# --- drift ----------------------------------------------------------------------------

TIMES = (100, 1600)


def drift(name, seeds, quick=False):
    """How large c becomes under writes of random inputs, by seed.

    alone: f(z₁) + … + f(z_T) for standard normal z, the root mean square over 256 sums
        at the two `TIMES`.
    at_birth: c of an untrained LSTM of 16 units, f held at 1, which reads 4 random
        numbers a step; the root mean square over units and 8 sequences.
    """
    alone, at_birth = [], []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        writes = row(name)(rng.normal(size=(TIMES[1], 256)))
        alone.append(_sizes(writes.cumsum(axis=0)))
        at_birth.append(_sizes(_cells(name, rng, 200 if quick else TIMES[1])))
    return {"alone": alone, "at_birth": at_birth}


def _sizes(c):
    """Root mean square of c (T, ...) at the two times."""
    return [float(np.sqrt(np.mean(c[min(T, len(c)) - 1] ** 2))) for T in TIMES]


def _cells(name, rng, T, D=4, H=16, B=8):
    cell = LSTM(f=row("one"), candidate=row(name))
    p = cell.init(rng, D, H)
    _, _, trace = fused.forward(cell, p, rng.normal(size=(T, B, D)))
    return trace.c
