"""Results on disk, and what a page makes of them."""

import json

import numpy as np
import pytest

from lstm_core.experiments import claims, results, stats
from lstm_core.experiments.claim import KINDS, VERDICTS, Claim, Outcome
from lstm_core.experiments.run import run, run_all
from tests.experiments import toy


def result(**changed):
    return run(toy.ALL["gains"])._replace(**changed)


def test_a_result_comes_back_as_it_was(tmp_path):
    numbers = {"far": np.inf, "down": -np.inf, "list": [1, 2.5], "text": "NaN?"}
    first = result(numbers=numbers, parts={})
    path = results.save(first, tmp_path)
    assert results.load("gains", tmp_path) == first
    json.loads(path.read_text("utf-8"), parse_constant=pytest.fail)
    results.save(first._replace(numbers={"gone": np.nan}), tmp_path)
    assert np.isnan(results.load("gains", tmp_path).numbers["gone"])


def test_numpy_becomes_plain():
    value = {"a": np.float32(0.5), "b": np.arange(3), "c": (1, np.True_), "d": None}
    assert results.plain(value) == {"a": 0.5, "b": [0, 1, 2], "c": [1, True], "d": None}


@pytest.mark.parametrize("value", [{1: 2}, {"a": {3.5: 1}}, [object()], {"a": {1}}, 1j])
def test_what_json_cannot_hold_is_refused(value):
    with pytest.raises(TypeError, match="only what JSON can hold"):
        results.plain(value)


def test_no_result_says_how_to_make_one(tmp_path):
    with pytest.raises(ValueError, match="experiments run gains"):
        results.load("gains", tmp_path)


def test_a_result_without_settings_is_of_the_first_runs_and_read(tmp_path):
    path = results.save(result(), tmp_path)
    record = json.loads(path.read_text("utf-8"))
    del record["settings"]
    path.write_text(json.dumps(record), "utf-8")
    assert results.load("gains", tmp_path).settings == {}


def test_keys_of_parts_are_their_own():
    twice = toy.claim("twice", lambda seeds, quick: toy.drawn(0)([1, 1], quick))
    with pytest.raises(ValueError, match="keys of their own"):
        list(run_all([twice]))


def test_a_part_that_fails_is_said_in_python_too():
    with pytest.raises(RuntimeError, match="fails-to-run: 'fail' failed: ZeroDivision"):
        run(toy.ALL["fails-to-run"])


def test_a_kind_is_one_of_four():
    with pytest.raises(ValueError, match="theorem, measurement"):
        Claim(*["x"] * 9, list, list)


def test_an_outcome_that_json_cannot_hold_is_no_result():
    def judge(found, seeds, quick):
        return Outcome("holds", "Yes.", (stats.exactly("x", 1),), {"a": {1: 2}}, {})

    (end,) = run_all([toy.claim("odd", toy.drawn(0), judge)])
    assert "only what JSON can hold" in end.failures[0]


# --- the claims of the book and their stored results --------------------------------

TESTED = """gate-range gate-switch same-vector only-increase rescaled faster
second-derivative cheaper relu good-unit hard-tanh mostly-binary counter unlearned mask
binarizer second-tanh carousel forget-bias between-layers frameworks fashion centred
no-forgetting gain-law more-gradient unbounded which-input relu-twice text-start"""
CHARACTERS = ("mostly-binary", "text-start")  # models of text cost minutes a seed: five


@pytest.mark.parametrize("name", TESTED.split())
def test_what_the_book_sets_out_to_test_has_a_result(name):
    assert claims.get(name).chapter and results.load(name).sentence


@pytest.mark.parametrize("claim", claims.ALL.values(), ids=lambda claim: claim.id)
def test_a_claim_says_what_decides_it(claim):
    words = (claim.statement, claim.source, claim.prediction, claim.metric)
    assert all(one.strip() for one in (*words, claim.rule, claim.smallest))
    assert claim.kind in KINDS
    if claim.kind == "experiment" and claim.id not in CHARACTERS:
        assert len(claim.seeds) >= 10


def stored():
    return sorted(path.stem for path in results.STORED.glob("*.json"))


@pytest.mark.parametrize("name", stored())
def test_a_stored_result_is_of_a_full_run_of_a_claim(name):
    found = results.load(name)
    claim = claims.get(name)
    assert found.verdict in VERDICTS and found.kind == claim.kind
    assert found.quick is False and found.seeds == list(claim.seeds)
    least = 10 if claim.kind == "experiment" and name not in CHARACTERS else 1
    for effect in found.effects:
        assert effect.low <= effect.value <= effect.high and effect.n >= least
