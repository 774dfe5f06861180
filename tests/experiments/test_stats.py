"""Intervals against tables, against mpmath, and how often they hold the truth."""

import math

import mpmath
import numpy as np
import pytest

from lstm_core.experiments import stats
from tests.helpers import mutated

P = (0.9, 0.95, 0.975, 0.995)


def off(t, p, freedom):
    """The relative error of t as the quantile of p of Student's t, by mpmath."""
    with mpmath.workdps(30):
        n, t = mpmath.mpf(freedom), mpmath.mpf(t)

        def below(t):
            return 1 - mpmath.betainc(
                n / 2, 0.5, 0, n / (n + t * t), regularized=True
            ) / 2  # fmt: skip

        return abs(float((below(t) - mpmath.mpf(p)) / mpmath.diff(below, t) / t))


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 9, 19, 20, 39, 100])
def test_students_quantiles_to_nine_digits(freedom):
    for p in P:
        found = stats.quantile_t(p, freedom)
        assert off(found, p, freedom) < 1e-9
        assert off(found * (1 + 2e-9), p, freedom) > 1e-9


@pytest.mark.parametrize(
    "freedom, table", [(1, 12.706), (2, 4.303), (9, 2.262), (19, 2.093), (30, 2.042)]
)
def test_students_quantiles_are_those_of_the_tables(freedom, table):
    assert round(stats.quantile_t(0.975, freedom), 3) == table


def test_normal_quantiles():
    for p in (0.001, 0.025, 0.3, 0.5, *P):
        truth = float(mpmath.sqrt(2) * mpmath.erfinv(2 * mpmath.mpf(p) - 1))
        assert stats.quantile_normal(p) == pytest.approx(truth, rel=1e-9, abs=1e-9)


def test_a_paired_interval_by_hand():
    # mean 3, standard deviation sqrt(2.5), t = 2.776445105 at 4 degrees of freedom
    effect = stats.paired("gain", [1, 2, 3, 4, 5])
    half = 2.7764451051977987 * math.sqrt(2.5) / math.sqrt(5)
    assert (effect.value, effect.n) == (3.0, 5)
    assert effect.low == pytest.approx(3 - half, rel=1e-12)
    assert effect.high == pytest.approx(3 + half, rel=1e-12)
    assert effect.method == "paired t over 5 seeds"


def test_equal_differences_have_no_width():
    effect = stats.paired("gain", [0.5] * 4)
    assert (effect.low, effect.value, effect.high) == (0.5, 0.5, 0.5)
    assert stats.bootstrap("gain", [0.5] * 4)[1:4] == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    "k, n, low, high",
    [
        (20, 20, 0.8316, 1.0),
        (0, 20, 0.0, 0.1684),
        (10, 20, 0.2720, 0.7280),
        (1, 10, 0.0025, 0.4450),
        (5, 10, 0.1871, 0.8129),
        (3, 5, 0.1466, 0.9473),
    ],
)
def test_clopper_and_pearson_as_in_the_tables(k, n, low, high):
    effect = stats.proportion("share", k, n)
    assert (round(effect.low, 4), round(effect.high, 4)) == (low, high)
    assert (effect.value, effect.n) == (k / n, n)


def test_twenty_of_twenty_is_no_certainty():
    assert stats.proportion("share", 20, 20).low < 0.84
    assert stats.proportion("share", 20, 20).low == pytest.approx(0.025**0.05)


@pytest.mark.parametrize("k, n", [(3, 17), (39, 40), (1, 300)])
def test_clopper_and_pearson_are_quantiles_of_beta(k, n):
    effect = stats.proportion("share", k, n)

    def below(a, b, p):
        return float(mpmath.betainc(a, b, 0, p, regularized=True))

    assert below(k, n - k + 1, effect.low) == pytest.approx(0.025, rel=1e-9)
    assert below(k + 1, n - k, effect.high) == pytest.approx(0.975, rel=1e-9)


def coverage(bootstrap, draw, truth, runs=300):
    rng = np.random.default_rng(11)
    effects = (bootstrap("x", draw(rng), np.mean, draws=1000) for _ in range(runs))
    return np.mean([effect.low <= truth <= effect.high for effect in effects])


def normal(rng):
    return rng.standard_normal(20)


def test_a_bca_interval_holds_the_truth_as_often_as_it_says():
    # 300 runs leave a standard error of 0.013; at n = 20 the method itself loses 0.02
    assert 0.90 <= coverage(stats.bootstrap, normal, 0.0) <= 0.98


@pytest.mark.parametrize(
    "old, new",
    [
        ("((1 - level) / 2, (1 + level) / 2)", "(1 - level, level)"),
        ("rng.integers(0, n, (draws, n))", "rng.integers(0, n // 2, (draws, n))"),
        (
            "values[rng.integers(0, n, (draws, n))]",
            "np.array([rng.permutation(values) for _ in range(draws)])",
        ),
    ],
)
def test_a_wrong_bootstrap_is_found(old, new):
    wrong = mutated(stats.bootstrap, old, new)
    assert not 0.90 <= coverage(wrong, normal, 0.0, runs=150) <= 0.98


def test_bca_leans_to_the_long_tail():
    values = np.random.default_rng(0).exponential(size=30)
    rng = np.random.default_rng(0)
    copies = values[rng.integers(0, 30, (4000, 30))].mean(axis=1)
    effect = stats.bootstrap("mean", values, np.mean)
    low, high = np.quantile(copies, (0.025, 0.975))
    assert effect.low > low and effect.high > high


def test_any_statistic_can_be_resampled():
    values = np.random.default_rng(1).standard_normal(15)
    own = stats.bootstrap("x", values, lambda v: float(np.median(v)), draws=500)
    assert own == stats.bootstrap("x", values, np.median, draws=500)


def test_the_same_values_give_the_same_interval():
    values = np.random.default_rng(1).standard_normal(15)
    assert stats.bootstrap("x", values) == stats.bootstrap("x", values)


@pytest.mark.parametrize("values", [[1.0], [], [1.0, np.nan, 2.0], [1.0, np.inf]])
@pytest.mark.parametrize("interval", [stats.paired, stats.bootstrap])
def test_too_few_or_not_finite_is_refused(interval, values):
    with pytest.raises(ValueError, match="two or more finite numbers"):
        interval("x", values)


@pytest.mark.parametrize("k, n", [(3, 2), (-1, 2), (0, 0)])
def test_more_successes_than_trials_are_refused(k, n):
    with pytest.raises(ValueError, match="successes"):
        stats.proportion("x", k, n)


@pytest.mark.parametrize(
    "function, old, new, check",
    [
        ("_student", "range(3, freedom, 2)", "range(1, freedom, 2)",
         lambda f: f(2.0930240544083096, 19) == pytest.approx(0.975, rel=1e-9)),
        ("_student", "math.sin(theta) * total / 2", "math.sin(theta) * total",
         lambda f: f(2.7764451051977987, 4) == pytest.approx(0.975, rel=1e-9)),
        ("_at_least", "range(k, n + 1)", "range(k + 1, n + 1)",
         lambda f: f(20, 20, 0.5) == pytest.approx(0.5**20)),
    ],
)  # fmt: skip
def test_planted_slips_are_found(function, old, new, check):
    right = getattr(stats, function)
    assert check(right)
    assert not check(mutated(right, old, new))


def test_seeds_that_clear_a_level_are_those_at_which_the_interval_ends_there():
    wide = stats.paired("x", np.random.default_rng(3).normal(0.4, 1.0, 20))
    for level in (wide.value - 0.1, wide.value + 0.2):
        needed = stats.seeds_to_clear(wide, level)
        half = (wide.high - wide.value) * math.sqrt(20 / needed)
        assert half == pytest.approx(abs(wide.value - level))
        both = stats.seeds_to_clear(wide, level, wide.value - 0.05)
        assert both > needed
    assert stats.seeds_to_clear(wide, wide.high + 1, wide.low - 1) == 0
    assert stats.seeds_to_clear(wide, wide.value) == math.inf
