"""The referee itself: right where the answer is known, strict in its comparison."""

from typing import NamedTuple

import numpy as np
import pytest

from lstm_core import gradcheck, tree, unroll
from lstm_core.cells.lstm import LSTM, State
from tests.helpers import frozen, problem


class Pair(NamedTuple):
    w: np.ndarray
    v: np.ndarray


RECORD = frozen(Pair(np.array([[1.5, -2.0], [1e-20, 3.0]]), np.array([0.25])))


def cubes(record):
    return (record.w**3).sum() * record.v[0]


def test_complex_step_is_exact_to_the_last_digits():
    got = gradcheck.complex_step(cubes, RECORD)
    assert isinstance(got, Pair)
    np.testing.assert_allclose(got.w, 3 * RECORD.w**2 * 0.25, rtol=1e-15)
    np.testing.assert_allclose(got.v, [(RECORD.w**3).sum()], rtol=1e-15)
    assert got.w.dtype == got.v.dtype == float


@pytest.mark.parametrize(
    "loss, got",
    [
        (lambda r: np.abs(r.w).sum(), "float64"),
        (lambda r: cubes(tree.map(np.real, r)), "float64"),
        (lambda r: None, "NoneType"),
        (lambda r: (cubes(r), r), "tuple"),
        (lambda r: r.w, "ndarray"),
    ],
    ids=["abs", "real", "nothing", "with a gradient", "an array"],
)
def test_a_loss_that_loses_its_imaginary_part_has_no_gradient(loss, got):
    """Its complex step would be 0 everywhere, without a word."""
    with pytest.raises(TypeError, match=f"expected loss as a complex .* got {got}$"):
        gradcheck.complex_step(loss, RECORD)


def test_a_loss_may_be_an_array_of_one_number():
    got = gradcheck.complex_step(lambda r: np.asarray(cubes(r)), RECORD)
    np.testing.assert_array_equal(got.w, gradcheck.complex_step(cubes, RECORD).w)


def test_an_array_is_a_record():
    w = RECORD.w
    got = gradcheck.complex_step(lambda w: np.sin(w).sum(), w)
    np.testing.assert_allclose(got, np.cos(w), rtol=1e-15)
    got = gradcheck.central_difference(lambda w: np.sin(w).sum(), w)
    np.testing.assert_allclose(got, np.cos(w), rtol=1e-9)


def test_an_entry_without_effect_has_exactly_zero_gradient():
    got = gradcheck.complex_step(lambda r: r.w[0, 0] * r.v[0], RECORD)
    np.testing.assert_array_equal(got.w, [[0.25, 0.0], [0.0, 0.0]])


def test_a_difference_misses_what_is_small_beside_the_loss():
    """x + 1e-20 y: the slope by y is 1e-20, and the losses differ by nothing."""

    def loss(r):
        return r[0] + 1e-20 * r[1]

    at = np.array([1.0, 1.0])
    np.testing.assert_array_equal(gradcheck.complex_step(loss, at), [1.0, 1e-20])
    differences = gradcheck.central_difference(loss, at)
    assert differences[0] == pytest.approx(1, rel=1e-9) and differences[1] == 0


def test_a_difference_of_integers_is_not_rounded():
    got = gradcheck.central_difference(lambda x: (x**2).sum(), np.array([1, -2]))
    np.testing.assert_allclose(got, [2, -4], rtol=1e-9)


def test_the_step_may_be_chosen():
    """A step of 0.1 leaves the third derivative: x³ has 3x² - 0.01 and 3x² + 0.01."""
    at = np.array([2.0])
    by_complex = gradcheck.complex_step(lambda x: x[0] ** 3, at, step=0.1)
    by_difference = gradcheck.central_difference(lambda x: x[0] ** 3, at, step=0.1)
    np.testing.assert_allclose(by_complex, 12 - 0.01, rtol=1e-14)
    np.testing.assert_allclose(by_difference, 12 + 0.01, rtol=1e-13)


def test_compare_puts_the_worst_first_and_names_it():
    wrong = RECORD._replace(w=RECORD.w * [[1, 1 + 1e-9], [2, 1]])
    worst, second, third = gradcheck.compare(wrong, RECORD, count=3)
    assert (worst.name, worst.index) == ("w", (1, 0))
    assert worst.error == 0.5 and worst.ratio == 2.0
    assert (second.name, second.index) == ("w", (0, 1))
    assert second.error == pytest.approx(1e-9, rel=1e-6)
    assert third.error == 0
    assert str(worst) == (
        f"w[1, 0]: {2e-20:.17g} against {1e-20:.17g}, ratio 2, relative error 5.0e-01"
    )


def test_compare_counts_over_all_leaves():
    assert len(gradcheck.compare(RECORD, RECORD, count=99)) == 5
    assert len(gradcheck.compare(np.ones(9), np.ones(9))) == 5
    worst = gradcheck.compare(RECORD._replace(v=-RECORD.v), RECORD, count=1)[0]
    assert (worst.name, worst.index, worst.ratio, worst.error) == ("v", (0,), -1.0, 2.0)


@pytest.mark.parametrize(
    ("ours", "reference", "error", "ratio"),
    [
        (0.0, 0.0, 0.0, "nan"),
        (-0.0, 0.0, 0.0, "nan"),
        (0.0, 1e-300, 1.0, "0"),
        (5e-324, 0.0, 1.0, "inf"),
        (-5e-324, 0.0, 1.0, "-inf"),
        (1e308, -1e308, np.inf, "-1"),
        (np.nan, 1.0, np.inf, "nan"),
        (1.0, np.nan, np.inf, "nan"),
        (np.nan, np.nan, np.inf, "nan"),
        (np.inf, 1.0, np.inf, "inf"),
        (np.inf, np.inf, 0.0, "nan"),
    ],
)
def test_compare_is_relative_however_small_and_never_silent(
    ours, reference, error, ratio
):
    (entry,) = gradcheck.compare(np.array(ours), np.array(reference))
    assert entry.error == error
    assert f"ratio {ratio}," in str(entry)
    if error:
        with pytest.raises(AssertionError):
            gradcheck.assert_agree(np.array(ours), np.array(reference), 0.4)


def test_disagreement_is_a_table_of_the_wrong_entries_only():
    wrong = RECORD._replace(v=2 * RECORD.v)
    with pytest.raises(AssertionError) as error:
        gradcheck.assert_agree(wrong, RECORD)
    assert str(error.value).splitlines() == [
        "gradients differ by more than 1e-10:",
        "  v[0]: 0.5 against 0.25, ratio 2, relative error 5.0e-01",
    ]
    gradcheck.assert_agree(wrong, RECORD, tolerance=0.5)


def test_records_of_other_shapes_are_not_compared():
    sentence = "expected records of the same leaves and shapes, got"
    for other in (
        RECORD._replace(v=np.zeros(2)),
        RECORD._replace(v=None),
        tuple(RECORD),
        RECORD.w,
    ):
        with pytest.raises(ValueError, match=sentence):
            gradcheck.compare(other, RECORD)


def test_both_routes_cover_everything_a_run_depends_on():
    cell = LSTM()
    p, xs, state, dhs, dstate = problem(cell, np.random.default_rng(1))
    ours, reference = gradcheck.both_routes(cell, p, xs, state, dhs, dstate)
    names = [name for name, _ in tree.leaves(ours)]
    assert names[:3] == ["p.i.W", "p.i.U", "p.i.b"] and len(names) == 12 + 1 + 2
    assert names[12:] == ["xs", "state.h", "state.c"]

    def loss(xs):
        hs, final, _ = unroll.forward(cell, p, xs, state)
        return (hs * dhs).sum() + sum(
            (a * b).sum() for a, b in zip(final, dstate, strict=True)
        )

    by_difference = gradcheck.central_difference(loss, xs)
    np.testing.assert_allclose(ours.xs, by_difference, rtol=1e-6)
    assert isinstance(ours.state, State)
    assert all(np.all(leaf != 0) for _, leaf in tree.leaves(reference))
