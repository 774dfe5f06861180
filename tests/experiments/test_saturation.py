"""Claims about saturation: shares of a run, and what their judges conclude."""

import numpy as np
import pytest

from lstm_core import traces
from lstm_core.cells.lstm import Trace
from lstm_core.experiments import claims, saturated
from lstm_core.experiments.saturated import GATES, TANHS

SLOTS = GATES + TANHS
BINARY, START = claims.get("mostly-binary"), claims.get("text-start")


def test_shares_are_those_of_values_near_an_end():
    flat = {name: np.full((4, 1, 2), 0.5) for name in Trace._fields}
    flat["f"] = np.array([0.05, 0.95, 0.99, 0.5]).repeat(2).reshape(4, 1, 2)
    flat["g"] = np.array([-0.9, -0.85, 0.79, 0.81]).repeat(2).reshape(4, 1, 2)
    found = saturated.shares(Trace(**flat))
    assert [float(v) for v in found["f"]] == [0.25, 0.5]
    assert [float(v) for v in found["g"]] == [0.5, 0.25]
    assert float(saturated.near(found, GATES)) == pytest.approx(0.25)
    mask = np.array([[True], [False], [False], [False]])
    assert [float(v) for v in saturated.shares(Trace(**flat), mask)["f"]] == [1, 0]


def test_an_ensemble_has_a_share_for_each_network():
    rng = np.random.default_rng(0)
    trace = Trace(*(rng.uniform(0, 1, (5, 3, 2, 4)) for _ in Trace._fields))
    found = saturated.shares(trace)
    assert all(end.shape == (3,) for ends in found.values() for end in ends)
    one = saturated.shares(Trace(*(field[:, 1] for field in trace)))
    assert found["i"][0][1] == pytest.approx(one["i"][0])


def test_counters_fill_their_gates_as_they_learn():
    found = saturated.counting([0, 1], steps=150)
    gates = {when: saturated.near(found[when], GATES) for when in ("birth", "trained")}
    assert (gates["birth"] < 0.05).all() and (gates["trained"] > 0.2).all()
    assert len(found["reach"]) == 2


# --- mostly-binary ------------------------------------------------------------------


def shares(gates, tanhs, n=None):
    """Shares as a part gives them: of one network, or lists of n."""
    made = {slot: gates / 2 for slot in GATES} | {slot: tanhs / 2 for slot in TANHS}
    wobble = np.linspace(-0.005, 0.005, n or 1)
    return {
        slot: [(v + wobble).tolist()] * 2 if n else [v, v] for slot, v in made.items()
    }


def found(counting, text):
    """What the parts give, with these (gates, tanh) shares."""
    birth = shares(0.0, 0.0)
    parts = {
        f"text, seed {k}": {
            "birth": birth,
            "trained": shares(text[0] + 0.002 * k, text[1] - 0.002 * k),
            "report": 1.7,
            "updates": 9000,
        }
        for k in range(5)
    }
    count = {"birth": shares(0.0, 0.0, 20), "trained": shares(*counting, 20)}
    return {"counting": {**count, "reach": [30] * 20}, **parts}


@pytest.mark.parametrize(
    ("counting", "text", "verdict"),
    [
        ((0.8, 0.8), (0.7, 0.7), "holds"),
        ((0.3, 0.2), (0.2, 0.3), "fails"),
        ((0.8, 0.8), (0.3, 0.7), "depends"),
        ((0.52, 0.5), (0.5, 0.48), "undecided"),
    ],
)
def test_mostly_is_more_than_half_of_all_four(counting, text, verdict):
    outcome = BINARY.judge(found(counting, text), range(20), False)
    assert outcome.verdict == verdict
    assert outcome.effects[0].value == pytest.approx(counting[0], abs=0.01)
    assert [e.n for e in outcome.effects] == [20, 20, 5, 5]
    assert sum(outcome.failures.values()) == 0


def test_networks_that_did_not_learn_are_counted():
    parts = found((0.8, 0.8), (0.7, 0.7))
    parts["counting"]["reach"][:3] = [4, 0, 9]
    parts["text, seed 2"]["report"] = 4.4
    outcome = BINARY.judge(parts, range(20), False)
    assert list(outcome.failures.values()) == [3, 1]


# --- text-start ---------------------------------------------------------------------


def started(zero, large, bits=2.5):
    """What the parts give, shares (gates, tanh) for the two other starts."""
    each = {"zero": zero, "default": (0.6, 0.7), "large": large}
    return {
        name: {
            "trained": [shares(pair[0] + 0.001 * k, pair[1]) for k in range(5)],
            "bits": [bits] * 5,
        }
        for name, pair in each.items()
    }


@pytest.mark.parametrize(
    ("zero", "large", "verdict"),
    [
        ((0.61, 0.69), (0.58, 0.72), "holds"),
        ((0.4, 0.7), (0.6, 0.9), "fails"),
        ((0.6, 0.7), (0.2, 0.1), "depends"),
    ],
)
def test_a_start_matters_if_shares_move_by_more_than_the_smallest(zero, large, verdict):
    outcome = START.judge(started(zero, large), range(5), False)
    assert outcome.verdict == verdict
    assert len(outcome.effects) == 4


def test_nothing_is_decided_where_a_network_has_not_learnt():
    outcome = START.judge(started((0.6, 0.7), (0.2, 0.1), bits=4.2), range(5), False)
    assert outcome.verdict == "undecided"
    assert outcome.failures == {"zero": 5, "default": 5, "large": 5}


def test_a_judge_that_took_one_end_alone_would_be_seen(monkeypatch):
    monkeypatch.setattr(
        saturated,
        "near",
        lambda shares, slots: np.mean([shares[s][0] for s in slots], axis=0),
    )
    outcome = BINARY.judge(found((0.8, 0.8), (0.7, 0.7)), range(20), False)
    assert outcome.verdict != "holds"


def test_margins_are_those_of_the_page():
    assert saturated.MARGIN == traces.saturation.__defaults__[0]
