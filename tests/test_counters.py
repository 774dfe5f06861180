import numpy as np
import pytest

from lstm_core import counters, tree
from lstm_core.cells.lstm import State
from lstm_core.tasks import Brackets, Runs, exact
from tests.helpers import mutated

MACHINES = {
    counters.anbn: lambda dtype: Runs("ab", dtype=dtype),
    counters.anbncn: lambda dtype: Runs("abc", dtype=dtype),
    counters.dyck1: lambda dtype: Brackets(1, dtype=dtype),
}
ALL = pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.__name__)
TYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def reach(machine, K, dtype, upto):
    model, p = machine(K, dtype)
    assert {leaf.dtype for _, leaf in tree.leaves(p)} == {np.dtype(dtype)}
    return exact(model, p, MACHINES[machine](dtype), upto)


@TYPES
@pytest.mark.parametrize("K", [1, 1.5, 2, 3, 4, 5, 6.5, 8])
@ALL
def test_the_law_says_to_the_symbol_how_far_it_counts(machine, K, dtype):
    law = counters.longest(K, dtype)
    assert reach(machine, K, dtype, law + 5) == law


def test_the_law_at_a_greater_gain():
    model, p = counters.dyck1(12)
    language, law = Brackets(1), counters.longest(12)
    batch = language.examples([law // 2, law - 1, law, law + 1])
    ys, _, _ = model.forward(p, batch.xs, lengths=batch.lengths)
    assert language.correct(ys, batch).tolist() == [True, True, True, False]


@ALL
def test_close_to_the_last_gain_the_law_is_right_to_5_per_cent(machine):
    law = counters.longest(15, np.float32)
    assert reach(machine, 15, np.float32, 2 * law) == pytest.approx(law, rel=0.05)


def test_the_law_is_near_e_to_the_half_gain_over_root_two():
    for K in (8, 16, 24, 32):
        assert counters.longest(K) == pytest.approx(np.exp(K / 2) / 2**0.5, rel=2e-2)


@pytest.mark.parametrize("dtype, K", [(np.float32, 18), (np.float64, 38)])
@ALL
def test_with_a_gain_that_rounds_to_one_counting_is_exact(machine, dtype, K):
    assert counters.longest(K, dtype) == 2 ** (24 if dtype == np.float32 else 53)
    assert reach(machine, K, dtype, 60) == 60
    model, p = machine(K, dtype)
    batch = MACHINES[machine](dtype).examples([60])
    _, _, trace = model.forward(p, batch.xs)
    counts = trace.body.steps.c[..., 0]
    assert (counts == np.round(counts)).all() and counts.max() == 60


@pytest.mark.parametrize(
    "dtype, K, last", [(np.float32, 18, 2**24), (np.float64, 38, 2**53)]
)
def test_the_integers_end_where_the_law_says(dtype, K, last):
    model, p = counters.dyck1(K, dtype)
    opening = np.array([[0, 1, 0]], dtype)
    h = np.ones((1, 1), dtype)
    for before, after in ((last - 1, last), (last, last)):
        state = State(h, np.full((1, 1), before, dtype))
        state, _ = model.body.cell.step(p.body, opening, state)
        assert state.c.item() == after


def test_the_gain_at_which_it_becomes_exact():
    before, after = (counters.longest(K, np.float32) for K in (16.5, 17))
    assert before < 2**24 == after
    assert counters.longest(36.5) < 2**53 == counters.longest(37)


@TYPES
def test_dyck1_is_right_on_any_string_no_deeper_than_the_law(dtype):
    K = 8
    language = Brackets(1, upto=counters.longest(K, dtype), B=200, dtype=dtype)
    batch = language.draw(np.random.default_rng(1))
    model, p = counters.dyck1(K, dtype)
    ys, _, _ = model.forward(p, batch.xs, lengths=batch.lengths)
    assert language.correct(ys, batch).all()


def test_a_weaker_write_is_found():
    wrong = mutated(counters.anbn, "[-1, 1]]  # S", "[-0.2, 1]]  # S")
    model, p = wrong(8)
    assert exact(model, p, Runs("ab"), 20) < 20 < counters.longest(8)


def test_a_gain_that_does_not_even_add_a_half():
    with pytest.raises(ValueError, match="expected a gain K >= 1, got 0.5"):
        counters.longest(0.5)


@pytest.mark.parametrize("K", [0, -3, float("inf"), float("nan")])
@ALL
def test_a_gain_that_is_none(machine, K):
    with pytest.raises(ValueError, match=f"expected a finite gain K > 0, got {K}"):
        machine(K)
