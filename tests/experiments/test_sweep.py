"""Training variants at once: the same starts and data for all, each as if alone."""

import numpy as np
import pytest

from lstm_core import tree
from lstm_core.cells.gru import GRU
from lstm_core.cells.lstm import LSTM
from lstm_core.experiments import sweep
from lstm_core.tasks import Runs
from tests.helpers import mutated

RATES = (0.01, 0.03)
TASK = Runs("ab", 5, 8, np.float64)
STILL = (0.0,)  # a rate at which the starting weights stay


class Watched:
    """A task that remembers the batches that were drawn from it."""

    def __init__(self, task):
        self.task, self.drawn = task, []

    def __getattr__(self, name):
        return getattr(self.task, name)

    def draw(self, rng):
        self.drawn.append(self.task.draw(rng))
        return self.drawn[-1]


def trained(
    cell=None, seeds=(0, 1, 2), steps=20, rates=RATES, train=sweep.train, **more
):
    task = Watched(TASK)
    made = train(cell or LSTM(), task, list(seeds), steps, rates=rates,
                 dtype=np.float64, **more)  # fmt: skip
    return made, task.drawn


def leaves(trained, models):
    return {name: leaf[models] for name, leaf in tree.leaves(trained.p)}


def same(one, other, **tolerance):
    return one.keys() == other.keys() and all(
        np.allclose(one[name], other[name], **tolerance) for name in one
    )


def paired(train):
    """Whether two variants start from the same weights and see the same batches."""
    usual, drawn = trained(steps=3, rates=STILL, train=train)
    other, drawn_other = trained(LSTM(candidate="sigmoid"), steps=3, rates=STILL,
                                 train=train)  # fmt: skip
    batches = all(
        np.array_equal(a.xs, b.xs) for a, b in zip(drawn, drawn_other, strict=True)
    )
    every = slice(None)
    return batches and same(leaves(usual, every), leaves(other, every), rtol=0, atol=0)


def apart(train):
    """Whether seeds differ in their weights and in their batches."""
    made, drawn = trained(steps=1, rates=STILL, train=train)
    one, other = (dict(leaves(made, k)) for k in (0, 1))
    return not same(one, other) and not np.array_equal(drawn[0].xs, drawn[1].xs)


def together_as_alone(train, cell=None):
    """Whether a model in the ensemble becomes what it becomes by itself."""
    every, _ = trained(cell, train=train)
    for r, rate in enumerate(RATES):
        for s in range(3):
            alone, _ = trained(cell, seeds=(s,), rates=(rate,), train=train)
            k = 3 * r + s
            if not same(leaves(every, k), leaves(alone, 0), rtol=1e-9, atol=1e-12):
                return False
            if not np.allclose(every.loss[r, s], alone.loss[0, 0], rtol=1e-9):
                return False
    return True


def test_variants_are_paired():
    assert paired(sweep.train)


def test_seeds_differ():
    assert apart(sweep.train)


@pytest.mark.parametrize("cell", [LSTM(), LSTM(candidate="relu"), GRU()])
def test_an_ensemble_is_its_members_one_at_a_time(cell):
    assert together_as_alone(sweep.train, cell)


@pytest.mark.parametrize(
    "check, old, new",
    [
        (paired, "Draws(seed)", "Draws(seed + len(cell.candidate.name))"),
        (paired, "Draws(DATA + seed)", "Draws(DATA + seed + len(cell.candidate.name))"),
        (apart, "Draws(seed)", "Draws(7)"),
        (apart, "Draws(DATA + seed)", "Draws(DATA)"),
        (together_as_alone, "Draws(DATA + seed)", "Draws(DATA + seeds[-1])"),
        (together_as_alone, "np.repeat(np.asarray(rates, dtype), len(seeds))",
         "np.tile(np.asarray(rates, dtype), len(seeds))"),
        (together_as_alone, "[task.draw(one) for one in rng] * len(rates)",
         "[task.draw(one) for _ in rates for one in rng]"),
    ],
)  # fmt: skip
def test_planted_bugs_are_found(check, old, new):
    assert not check(mutated(sweep.train, old, new))


def test_what_diverges_is_counted_and_has_no_loss():
    made, _ = trained(LSTM(candidate="identity", output="identity"), steps=60,
                      rates=(0.01, 1e30), clip=np.inf)  # fmt: skip
    assert made.diverged.shape == (2, 3) and made.diverged[1].all()
    assert np.isnan(made.loss[1]).all() and np.isfinite(made.loss[0]).all()
    assert (sweep.reach(made, TASK, 10)[1] == 0).all()


def test_losses_on_the_way_are_where_updates_say():
    made, _ = trained(steps=90, kept=10)
    assert made.losses.shape == (10, 2, 3) and made.updates[[0, -1]].tolist() == [1, 90]
    short, _ = trained(steps=int(made.updates[4]))
    assert np.array_equal(made.losses[4], short.losses[-1])


@pytest.mark.parametrize(
    "scores, larger, best",
    [
        ([[1, 1, 1], [2, 2, 0]], True, 1),
        ([[1, 1, 1], [2, 2, 0]], False, 0),
        ([[1, 1, 1], [9, np.nan, np.nan]], True, 0),
        ([[1, 1, 1], [0, np.nan, np.nan]], False, 0),
        ([[1, 1], [1, 1]], True, 0),
    ],
)
def test_the_rate_of_the_best_median_is_chosen(scores, larger, best):
    assert sweep.best_rate(scores, larger) == best
