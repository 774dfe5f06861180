"""Judges apply their rules: found results made up, one for each verdict."""

import numpy as np
import pytest

from lstm_core.experiments import claims, compare, results
from lstm_core.experiments.claim import Effect
from lstm_core.experiments.claims import counter, gates, gradients

SEEDS = range(20)
STORED = sorted(path.stem for path in results.STORED.glob("*.json"))


def counted(reach, spread=1):
    """What `compare.counting` gives for one rate, N about reach for 20 seeds."""
    reach = [[reach + spread * (s % 3) for s in SEEDS]]
    flat = [[0.01] * len(SEEDS)]
    return {
        "rates": [0.1],
        "reach": reach,
        "loss": flat,
        "diverged": [[False] * len(SEEDS)],
        "updates": [1],
        "losses": [flat],
    }


def verdict(name, found):
    return claims.get(name).judge(found, SEEDS, False).verdict


@pytest.mark.parametrize(
    ("reach", "expected"),
    [
        ((40, 10, 2), "holds"),
        ((40, 35, 2), "depends"),
        ((40, 40, 40), "fails"),
        ((3, 1, 1), "undecided"),
    ],
)
def test_counter(reach, expected):
    found = dict(zip(counter.KINDS, map(counted, reach), strict=True))
    assert verdict("counter", found) == expected


@pytest.mark.parametrize(
    ("reach", "expected"),
    [((40, 5), "fails"), ((40, 38), "holds"), ((3, 1), "undecided")],
)
def test_fashion(reach, expected):
    own, relu = reach
    names = ("1997", "1997, ReLU for g and h", "modern", "modern, ReLU in both")
    found = {n: counted(relu if "ReLU" in n else own) for n in names}
    assert verdict("fashion", found) == expected


@pytest.mark.parametrize(
    ("learnt", "after", "expected"),
    [(200, 200, "holds"), (200, 50, "depends"), (40, 50, "fails")],
)
def test_unlearned(learnt, after, expected):
    part = {"before": [100] * 20, "after": [after] * 20, "loss": 0.0}
    found = {"learnt": counted(learnt)}
    found |= {f"kept, K = {K:g}": part for K in counter.GAINS}
    assert verdict("unlearned", found) == expected


def cut(counting, parity):
    found = {}
    for which, reach, right in zip(gradients.CUT, counting, parity, strict=True):
        found[f"counting, {which}"] = counted(reach)
        part = counted(reach)
        part["right"] = [[right] * 20]
        found[f"parity, {which}"] = part
    return found


@pytest.mark.parametrize(
    ("counting", "parity", "expected"),
    [
        ((40, 40, 3), (1.0, 0.0, 1.0), "holds"),
        ((40, 40, 40), (1.0, 1.0, 1.0), "fails"),
        ((40, 3, 3), (1.0, 0.0, 1.0), "depends"),
        ((3, 3, 3), (1.0, 0.0, 1.0), "undecided"),
    ],
)
def test_carousel(counting, parity, expected):
    assert verdict("carousel", cut(counting, parity)) == expected


@pytest.mark.parametrize(
    ("step", "expected"), [((3, 1), "holds"), ((40, 60), "fails"), ((20, 60), "fails")]
)
def test_gate_switch_asks_only_whether_the_step_is_worse(step, expected):
    """An interval that allows more than the smallest gain is no loss either."""
    found = {name: counted(40) for name in ("sigmoid", *gates.STEEPER, "step")}
    found["step"] = counted(step[0], spread=step[1])
    found["gradient at the start"] = {"norms": {"sigmoid": [1.0], "step": [0.0]}}
    found["hardened"] = {"before": [40, 40], "after": [20, 20]}
    assert verdict("gate-switch", found) == expected


def test_an_undecided_claim_says_what_it_would_take():
    wide = Effect("gain", 0.4, 0.2, 0.6, "paired t over 20 seeds", 20)
    assert "about 80 seeds" in compare.would_take("undecided", [wide], 0.3)
    assert "another setting" in compare.would_take("undecided", [wide], 0.1)
    assert compare.would_take("holds", [wide], 0.3) == ""
    undecided = [n for n in STORED if results.load(n).verdict == "undecided"]
    assert undecided and all(
        "would take" in results.load(name).sentence for name in undecided
    )


@pytest.mark.parametrize(
    ("lows", "expected"),
    [
        ((1, 2), "holds"),
        ((-3, -4), "fails"),
        ((-1, -1), "undecided"),
        ((1, -3), "depends"),
        ((1, -1), "depends"),
    ],
)
def test_the_verdict_of_all(lows, expected):
    effects = [Effect("gain", low + 1, low, low + 2, "by hand", 20) for low in lows]
    assert compare.of_all(effects, 0.5) == expected


def test_rank_correlation_is_spearmans():
    up, down = np.arange(5.0), np.arange(5.0)[::-1]
    level = np.ones(5)
    tied = np.array([1.0, 1.0, 2.0, 2.0, 3.0])
    found = gradients.rank_correlation(np.stack([up, down, level, tied], axis=1))
    assert found == pytest.approx([1, -1, 0, 0.9486832980505138])


def test_the_best_rate_is_that_of_the_median():
    found = counted(10)
    found |= {
        "rates": [0.1, 0.2],
        "reach": [[10] * 20, [9] * 15 + [200] * 5],
        "loss": [[0.1] * 20] * 2,
        "diverged": [[False] * 20, [True] * 20],
        "losses": [[[0.1] * 20] * 2],
    }
    one = compare.best(found)
    assert (one.rate, one.diverged, one.scores.max()) == (0.1, 0, 10)


@pytest.mark.parametrize("name", STORED)
def test_stored_parts_give_what_is_stored(name):
    found = results.load(name)
    claim = claims.get(name)
    again = claim.judge(found.parts, claim.seeds, False)
    assert (again.verdict, again.sentence) == (found.verdict, found.sentence)
    assert results.plain(again.failures) == found.failures
    assert [one.name for one in again.effects] == [one.name for one in found.effects]
    for one, other in zip(again.effects, found.effects, strict=True):
        ends = (other.value, other.low, other.high)
        assert (one.value, one.low, one.high) == pytest.approx(ends, rel=1e-9)
