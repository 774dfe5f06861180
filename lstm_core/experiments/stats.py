"""Intervals that are honest at small n, in NumPy alone.

Chapter: claims.
"""

import math

import numpy as np

from lstm_core.experiments.claim import Effect


def paired(name, differences, level=0.95):
    """The mean of paired differences (n,) with Student's t interval.

    Differences that are all equal have an interval of no width; say so in
    words.  Raises ValueError for fewer than two, and for any that is not
    finite: decide before what a run that diverged counts for.
    """
    d = _finite(differences)
    n, mean = len(d), float(d.mean())
    error = float(d.std(ddof=1)) / math.sqrt(n)
    half = quantile_t((1 + level) / 2, n - 1) * error
    method = f"paired t over {n} seeds"
    return Effect(name, mean, mean - half, mean + half, method, n)


def bootstrap(name, values, statistic=np.median, level=0.95, draws=4000):
    """A statistic of values (n,), with its BCa bootstrap interval, as an `Effect`.

    Efron (1987).  The resampling is seeded, so the same values give the same interval.
    statistic: takes an array (n,) to a number.  Raises ValueError as `paired` does.
    """
    values = _finite(values)
    n, rng = len(values), np.random.default_rng(0)
    point = float(statistic(values))
    resampled = values[rng.integers(0, n, (draws, n))]
    if statistic in (np.median, np.mean):  # forty times as fast
        copies = np.sort(statistic(resampled, axis=1))
    else:
        copies = np.sort(np.apply_along_axis(statistic, 1, resampled))
    below = (np.mean(copies < point) + np.mean(copies <= point)) / 2
    left_out = [statistic(np.delete(values, k)) for k in range(n)]
    low, high = point, point
    if copies[0] != copies[-1]:
        bend = _acceleration(np.asarray(left_out, float))
        z0 = quantile_normal(min(max(below, 0.5 / draws), 1 - 0.5 / draws))
        low, high = (
            float(np.quantile(copies, _corrected(z0, bend, tail)))
            for tail in ((1 - level) / 2, (1 + level) / 2)
        )
    return Effect(name, point, low, high, f"BCa bootstrap over {n} seeds", n)


def _acceleration(left_out):
    gaps = left_out.mean() - left_out
    spread = (gaps**2).sum()
    return float((gaps**3).sum() / (6 * spread**1.5)) if spread > 0 else 0.0


def _corrected(z0, bend, tail):
    z = z0 + quantile_normal(tail)
    return _normal(z0 + z / (1 - bend * z))


def proportion(name, successes, n, level=0.95):
    """A share of n trials, with its exact (Clopper and Pearson) interval."""
    if not 0 <= successes <= n or n < 1:
        raise ValueError(f"expected 0 to n successes, got {successes} of {n} trials")
    k, tail = int(successes), (1 - level) / 2
    low = 0.0 if k == 0 else _bisect(lambda p: _at_least(k, n, p) - tail)
    high = 1.0 if k == n else _bisect(lambda p: tail - (1 - _at_least(k + 1, n, p)))
    return Effect(name, k / n, low, high, f"exact interval for {k} of {n}", n)


def exactly(name, value, n=1, method="exact"):
    """A quantity that leaves no doubt, as an `Effect` of no width."""
    return Effect(name, float(value), float(value), float(value), method, n)


def seeds_to_clear(effect, *levels):
    """How many seeds would put the effect's interval on one side of each level.

    If the value stays and the interval shrinks with the root of n: infinite where the
    value is a level, 0 where the interval is clear of all of them.
    """
    needed = 0.0
    for level in levels:
        if effect.low <= level <= effect.high:
            end = effect.low if level < effect.value else effect.high
            away = abs(effect.value - level)
            times = ((effect.value - end) / away) ** 2 if away else math.inf
            needed = max(needed, effect.n * times)
    return needed


def _finite(values):
    values = np.asarray(values, float)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise ValueError(
            f"expected two or more finite numbers, one for each seed, got {values}"
        )
    return values


# --- distributions --------------------------------------------------------------------


def _bisect(rising, low=0.0, high=1.0):
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return (low + high) / 2


def _at_least(k, n, p):
    """The probability of k or more successes in n."""
    return math.fsum(
        math.comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(k, n + 1)
    )


def _normal(z):
    return 0.5 * math.erfc(-z / math.sqrt(2))


def quantile_normal(p):
    """z with P(Z <= z) = p."""
    return _bisect(lambda z: _normal(z) - p, -40.0, 40.0)


def quantile_t(p, freedom):
    """t with P(T <= t) = p > 1/2, for Student's t of that many degrees of freedom."""
    return _bisect(lambda t: _student(t, freedom) - p, 0.0, 1e4)


def _student(t, freedom):
    """P(T <= t) for t >= 0, by the finite sums for integer degrees of freedom."""
    theta = math.atan(t / math.sqrt(freedom))
    cos2, term = math.cos(theta) ** 2, 1.0
    if freedom % 2 == 0:
        total = 1.0
        for k in range(2, freedom, 2):
            term *= (k - 1) / k * cos2
            total += term
        return 0.5 + math.sin(theta) * total / 2
    total = 1.0 if freedom > 1 else 0.0
    for k in range(3, freedom, 2):
        term *= (k - 1) / k * cos2
        total += term
    inner = theta + math.sin(theta) * math.cos(theta) * total
    return 0.5 + inner / math.pi
