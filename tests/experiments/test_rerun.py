"""Every claim once more, quickly and on seeds that nobody has seen.

A verdict that turns round, from holds to fails or back, fails this test if the
interval of its effect has left the stored one.  So does, whatever the verdict, an
effect that is clear of 0 and is now clear of 0 on its other side, with intervals half
as wide again.  A verdict that noise made undecided does not, for quick runs are
allowed to be unsure; nor does one that rests on times, which another machine may turn.
"""

import os
import re

import pytest

from lstm_core.experiments import claims, results, stats, workers
from lstm_core.experiments.progress import duration
from lstm_core.experiments.run import run, run_all
from tests.experiments import toy

FIRST = 1000  # of the seeds of this test, above those of every stored result
BUDGET = 180  # seconds for all claims on two processors
SHOWN = 8  # of the slowest claims


def unseen(claim):
    return range(FIRST, FIRST + len(claim.seeds))


def reversal(stored, fresh):
    """Why a fresh result turns a stored one round; else nothing."""
    one, other = stored.effect, fresh.effect
    meet = one.name == other.name and one.low <= other.high and other.low <= one.high
    if {stored.verdict, fresh.verdict} == {"holds", "fails"} and not meet:
        return (
            f"{stored.claim}: {stored.verdict} is stored ({shown(one)}), but it "
            f"{fresh.verdict} on new seeds ({shown(other)})"
        )
    now = {effect.name: effect for effect in fresh.effects}
    turned = [one for one in stored.effects if sign(one) * sign(now.get(one.name)) < 0]
    return "; ".join(
        f"{stored.claim}: {one.name} is stored as {shown(one)}, but is "
        f"{shown(now[one.name])} on new seeds"
        for one in turned
    )


def shown(effect):
    return f"{effect.value:.4g} in [{effect.low:.4g}, {effect.high:.4g}]"


def sign(effect):
    """On which side of 0 an interval half as wide again lies: 1 or -1; else 0."""
    if effect is None:
        return 0
    low, high = (1.5 * end - 0.5 * effect.value for end in (effect.low, effect.high))
    return (low > 0) - (high < 0)


def timed(claim):
    """Whether the verdict rests on times, which belong to the machine."""
    return any(part.alone for part in claim.parts(claim.seeds, True))


def table(ends):
    """The slowest claims, for whoever looks for time."""
    made = [end.result for end in ends.values() if end.result]
    slowest = sorted(made, key=lambda result: -result.seconds)[:SHOWN]
    lines = [f"{result.claim:20}{duration(result.seconds):>8}" for result in slowest]
    return "\n".join(["", "The slowest claims, in quick:", *lines])


@pytest.fixture(scope="module")
def again():
    """Claim → its `End` of a quick run on unseen seeds."""
    count = os.cpu_count() or 1
    chosen = list(claims.ALL.values())
    ends = run_all(chosen, unseen, True, lambda: workers.processes(count), count)
    return {end.claim.id: end for end in ends}


@pytest.mark.parametrize("name", claims.NAMES)
def test_no_verdict_turns_round(again, name):
    end = again[name]
    if any("ModuleNotFoundError" in failure for failure in end.failures):
        pytest.skip("needs PyTorch and Keras: run python tools/book.py env --peers")
    assert end.failures == ()
    assert end.result.sentence and end.result.effects
    if (results.STORED / f"{name}.json").exists() and not timed(claims.get(name)):
        assert reversal(results.load(name), end.result) == ""


def test_all_claims_in_quick_keep_to_their_budget(again, capsys):
    seconds = sum(end.result.seconds for end in again.values() if end.result)
    with capsys.disabled():
        print(table(again), f"all together: {duration(seconds)}", sep="\n")
    # On two processors, and half as much again for slow ones
    assert 0 < seconds < 2 * BUDGET * 1.5


# --- the check itself ---------------------------------------------------------------

SWAPPED = (
    ("centred", "tanh", "tanh + 1"),
    ("centred", "σ − ½", "σ"),
    ("same-vector", "apart", "i alone"),
    ("mask", "σ, tanh", "f = 1"),
    ("faster", "tanh", "σ"),
    ("good-unit", "tanh", "sign"),
    ("gate-range", "sigmoid", "relu"),
    ("gate-switch", "sigmoid", "step"),
    ("gate-sign", "hard_tanh", "identity"),
    ("counter", "LSTM", "RNN"),
    ("carousel", "whole", "no carousel"),
    ("carousel", "whole", "gates blind"),
    ("fashion", "1997", "1997, ReLU for g and h"),
    ("relu", "tanh", "ReLU in the candidate"),
    ("relu-nan", "as it is", "candidate only"),
    ("text-start", "default", "large"),
)


def swapped(parts, one, other):
    """The planted bug: what two variants gave, each under the other's name."""

    def renamed(key):
        for old, new in ((one, other), (other, one)):
            found = re.fullmatch(f"(|.*[,:] ){re.escape(old)}(|, .*)", key)
            if found and (partner := f"{found[1]}{new}{found[2]}") in parts:
                return partner
        return key

    return {key: parts[renamed(key)] for key in parts}


def judged(name, parts, quick):
    """The result of a claim that has these parts."""
    claim = claims.get(name)
    outcome = claim.judge(parts, claim.seeds, quick)
    return results.load(name)._replace(**outcome._asdict())


@pytest.mark.parametrize("name, one, other", SWAPPED)
def test_swapped_variants_are_found(again, name, one, other):
    parts = again[name].result.parts
    planted = swapped(parts, one, other)
    assert sum(planted[key] is not parts[key] for key in parts) >= 2
    assert reversal(results.load(name), judged(name, parts, True)) == ""
    assert reversal(results.load(name), judged(name, planted, True)) != ""


def test_swapped_times_are_found():
    stored = results.load("cheaper")
    cost = stored.parts["costs"]
    tanh, hard = cost["step"]["tanh"], cost["step"]["hard_tanh"]
    turned = {**cost, "step": {"tanh": hard, "hard_tanh": tanh}}
    assert reversal(stored, judged("cheaper", {"costs": turned}, False)) != ""


def gains(shift, seeds=range(12)):
    """The result of a claim whose gain is the shift, decided at 0.1."""
    return run(toy.claim("gains", toy.drawn(shift), toy.gained), seeds)


def test_a_planted_reversal_is_found():
    stored, turned = gains(2.0), gains(-2.0, unseen(toy.ALL["gains"]))
    assert (stored.verdict, turned.verdict) == ("holds", "fails")
    assert "holds is stored" in reversal(stored, turned)
    assert "but it holds" in reversal(turned, stored)


@pytest.mark.parametrize("first", range(1000, 1120, 12))
def test_other_seeds_are_no_reversal(first):
    assert reversal(gains(2.0), gains(2.0, range(first, first + 12))) == ""


def test_what_is_unsure_is_no_reversal():
    unsure = gains(0.1)
    assert unsure.verdict == "undecided"
    assert reversal(gains(2.0), unsure) == reversal(unsure, gains(-2.0)) == ""


def test_intervals_that_meet_are_no_reversal():
    stored = gains(2.0)
    near = stored.effect._replace(low=stored.effect.low - 9)
    assert reversal(stored, stored._replace(verdict="fails", effects=(near,))) == ""


def test_what_rests_on_times_is_known():
    assert [name for name in claims.NAMES if timed(claims.get(name))] == ["cheaper"]


def test_another_effect_is_a_reversal():
    stored = gains(2.0)
    other = stored._replace(verdict="fails", effects=(stats.exactly("steps", 3),))
    assert "but it fails" in reversal(stored, other)
