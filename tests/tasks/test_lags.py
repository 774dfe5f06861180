import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core.draws import Draws
from lstm_core.tasks import Adding, TemporalOrder

seeds = st.integers(0, 2**32 - 1)


@given(seeds)
def test_adding(seed):
    task = Adding(T=7, B=3)
    batch = task.draw(Draws(seed))
    marks = batch.xs[..., 1]
    assert (marks[:3].sum(axis=0) == 1).all() and (marks[3:].sum(axis=0) == 1).all()
    for b in range(3):
        marked = batch.xs[marks[:, b] == 1, b, 0]
        assert batch.ys[-1, b, 0] == pytest.approx(marked.sum(), rel=1e-15)
    assert batch.mask[-1].all() and not batch.mask[:-1].any()


def test_adding_is_judged_by_the_paper():
    task = Adding(B=4)
    batch = task.draw(Draws(1))
    ys = batch.ys + np.array([0, 0.039, 0.041, -1])[:, None]
    assert task.correct(ys, batch).tolist() == [True, True, False, False]


def test_adding_costs_a_sixth_to_say_always_one():
    task = Adding(B=100_000, T=2)
    batch = task.draw(Draws(1))
    loss, _ = task.loss(np.ones_like(batch.ys), batch.ys, batch.mask)
    assert loss == pytest.approx(1 / 6, rel=2e-2)


@given(seeds)
def test_temporal_order(seed):
    batch = TemporalOrder(T=20, B=3).draw(Draws(seed))
    symbols = batch.xs.argmax(axis=-1)
    for b in range(3):
        at = np.flatnonzero(symbols[:, b] >= 4)
        assert len(at) == 2 and 2 <= at[0] <= 4 and 10 <= at[1] <= 12
        first, second = symbols[at, b] - 4
        assert batch.ys[-1, b] == 2 * first + second
