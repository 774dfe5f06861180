"""The claim that a gate must not be negative: what it measures, how it judges."""

import numpy as np
import pytest

from lstm_core.experiments import claims
from lstm_core.experiments.claims import gates

SIGN = claims.get("gate-sign")
SEEDS = range(20)


def variant(reach):
    """What a part returns whose networks count about so far."""
    reach = np.round(reach * np.linspace(0.9, 1.1, len(SEEDS)))
    row = [0.0] * len(SEEDS)
    shares = {gate: [[0.5] * len(SEEDS)] for gate in "ifo"}
    return {
        "rates": [0.1], "reach": [reach.tolist()], "loss": [row],
        "losses": [[row]], "diverged": [[False] * len(SEEDS)],
        "negative": shares, "beyond": shares,
    }  # fmt: skip


def judged(**reach):
    far = dict(sigmoid=40, tanh=40, hard_tanh=40, identity=10, relu=10) | reach
    found = {name: variant(n) for name, n in far.items()}
    return SIGN.judge(found, SEEDS, False)


@pytest.mark.parametrize(
    "reach, verdict",
    [
        ({}, "fails"),
        ({"hard_tanh": 200}, "fails"),
        ({"tanh": 10, "hard_tanh": 10}, "holds"),
        ({"tanh": 10}, "depends"),
        ({"sigmoid": 5, "tanh": 5, "hard_tanh": 5}, "undecided"),
    ],
)
def test_the_rule_gives_each_verdict(reach, verdict):
    outcome = judged(**reach)
    assert outcome.verdict == verdict
    assert outcome.numbers["negative"]["tanh"]["i"] == 0.5


def test_the_bound_is_an_effect_of_its_own():
    effect = next(e for e in judged().effects if e.name.startswith("identity"))
    assert effect.high < -gates.SMALLEST


def test_shares_are_of_what_the_gates_took():
    told = gates.values([0, 1], "tanh", steps=20, rates=(0.1, 0.03))
    for kind in ("negative", "beyond"):
        for gate in "ifo":
            share = np.array(told[kind][gate])
            assert share.shape == (2, 2) and np.all((share >= 0) & (share <= 1))
    assert not np.any(told["beyond"]["i"]) and np.any(told["negative"]["i"])
    within = gates.values([0, 1], "sigmoid", steps=20, rates=(0.1,))
    assert not np.any([within[kind][gate] for kind in ("negative", "beyond")
                       for gate in "ifo"])  # fmt: skip
    beyond = gates.values([0, 1], "softplus", steps=20, rates=(0.1,))["beyond"]
    assert np.any(beyond["f"])
