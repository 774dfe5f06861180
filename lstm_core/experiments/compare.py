"""Compare variants of a cell on equal terms: the frame of most trained experiments.

A part trains one variant with every rate of a grid and every seed, and says what each
network can do; a judge takes for each variant the rate that served it best, and pairs
the seeds.

    Part("tanh", counting, {"slots": {"candidate": "tanh"}, "seeds": [0, 1], ...})

Chapter: swap.
"""

from typing import Any, NamedTuple

import numpy as np

from lstm_core.cells.elman import Elman
from lstm_core.cells.gru import GRU
from lstm_core.cells.lstm import LSTM
from lstm_core.cells.original import OriginalLSTM
from lstm_core.cells.variants import NoForgetGate
from lstm_core.draws import Draws
from lstm_core.experiments import stats, sweep
from lstm_core.experiments.claim import Part
from lstm_core.tasks import Adding, Runs

CELLS = {
    "LSTM": LSTM,
    "GRU": GRU,
    "RNN": Elman,
    "1997": OriginalLSTM,
    "no forget gate": NoForgetGate,
}
COUNTING = Runs("ab", upto=10, B=16, dtype=np.float32)
COUNTING_RATES = (0.01, 0.03, 0.1)
UPDATES = 1000
FAR = 200  # strings are tried up to this n
QUICK = {"steps": 500, "rates": (0.1,)}  # what a quick run of counting takes instead
HELD_OUT = 2_000_000  # the seed of the sequences that judge, apart from all others


def counting(
    seeds,
    slots=None,
    cell="LSTM",
    steps=UPDATES,
    rates=COUNTING_RATES,
    forget_bias=None,
):
    """How far networks of four units count that were trained on n from 1 to 10.

    Gives {"rates": (R,), "reach": (R, S), "loss": (R, S), "diverged": (R, S),
    "updates": (K,), "losses": (K, R, S)} in lists: `reach` is the largest N <= `FAR`
    with every n <= N right, 0 where the training diverged.
    """
    made, change = CELLS[cell](**slots or {}), _starting(forget_bias)
    trained = sweep.train(made, COUNTING, seeds, steps, 4, rates, change=change)
    reach = sweep.reach(trained, COUNTING, FAR).tolist()
    return {"reach": reach, **told(trained, rates)}


def adding(
    seeds,
    T,
    slots=None,
    steps=UPDATES,
    rates=sweep.RATES,
    clip=1.0,
    forget_bias=None,
):
    """How well LSTMs of eight units add over T steps: the share of 500 new sums right.

    Gives as `counting` does, with "right" (R, S) in place of "reach".
    """
    task, change = Adding(T, 16, np.float32), _starting(forget_bias)
    cell = LSTM(**slots or {})
    trained = sweep.train(cell, task, seeds, steps, 8, rates, clip, change=change)
    batch = Adding(T, 500, np.float32).draw(Draws(HELD_OUT))
    return {"right": sweep.right(trained, batch, task).tolist(), **told(trained, rates)}


def _starting(bias):
    """What changes a start to one with that forget bias; None leaves it."""

    def change(p):
        f = p.body.f
        return p._replace(body=p.body._replace(f=f._replace(b=0 * f.b + bias)))

    return None if bias is None else change


def told(trained, rates):
    """What every part tells of a `sweep.Trained`, beside what its networks can do."""
    return {
        "rates": list(rates),
        "loss": listed(trained.loss),
        "diverged": trained.diverged.tolist(),
        "updates": trained.updates.tolist(),
        "losses": listed(trained.losses),
    }


def listed(array):
    """Nested lists of four digits, None where a number is not finite."""
    if np.ndim(array):
        return [listed(part) for part in array]
    return float(f"{array:.4g}") if np.isfinite(array) else None


def variants(task, seeds, quick, named, prefix="", **settings):
    """One `Part` a variant: named is {name: keyword arguments}, task `counting` mostly.

    settings: keyword arguments of all; what a quick run takes goes before them.
    """
    settings |= {"seeds": list(seeds[:10] if quick else seeds)}
    settings |= QUICK if quick else {}
    return [Part(prefix + n, task, settings | given) for n, given in named.items()]


class Best(NamedTuple):
    """A variant at the rate that served it best, S seeds.

    scores (S,): reach, or the share right.  rate: that rate.  loss (S,): the last loss,
    NaN where it diverged.  losses (K, S): on the way.  diverged: how many of S.
    """

    scores: np.ndarray
    rate: float
    loss: np.ndarray
    losses: np.ndarray
    diverged: int


def best(found, score="reach"):
    """The `Best` of what `counting` or `adding` gave."""
    scores = np.array(found[score], float)
    if score == "right":  # where nobody gets anything right, the loss decides
        loss = np.array(found["loss"], float)
        scores = scores - 1e-6 * np.where(np.isnan(loss), 1e6, loss)
    r = sweep.best_rate(scores)
    return Best(
        np.array(found[score][r], float),
        found["rates"][r],
        np.array(found["loss"][r], float),
        np.array(found["losses"], float)[:, r],
        int(np.sum(found["diverged"][r])),
    )


def doublings(name, reach, other):
    """How many times further, in powers of two: the paired mean of log2(1 + N).

    1 means twice as far as `other`, -1 half as far.
    """
    reach, other = (np.log2(1 + np.asarray(v, float)) for v in (reach, other))
    return stats.paired(name, reach - other)


def side(effect, smallest):
    """+1 or -1 if the whole interval is beyond ±smallest, 0 if within, None if open."""
    if effect.low > smallest:
        return 1
    if effect.high < -smallest:
        return -1
    return 0 if -smallest <= effect.low and effect.high <= smallest else None


def can_count(best, upto=10):
    """Whether most networks learnt what they were trained on: else nothing is decided.

    A judge asks it of the variant that all others are compared with.
    """
    return float(np.median(best.scores)) >= upto


def failures(bests, learned=None):
    """Counts of what went wrong over {variant: Best}, for an `Outcome`.

    learned: the least score of a network that has learned at all.
    """
    found: dict[str, Any] = {"diverged": {k: b.diverged for k, b in bests.items()}}
    if learned is not None:
        found["did not learn"] = {
            name: int(np.sum(one.scores < learned)) for name, one in bests.items()
        }
    return found
