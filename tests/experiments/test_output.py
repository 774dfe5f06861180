"""The claims about the output: the proof of the bound, and what a bound would miss."""

import numpy as np
import pytest

from lstm_core.experiments import candidates, claims
from lstm_core.experiments.claims import output


def test_no_corner_breaks_the_bound():
    assert output.step_bound() == {"corners": 8, "inside": 8}


def test_integers_from_which_tanh_is_one():
    found = output.first_one()
    assert (found["float32"], found["float64"]) == (10, 20)


@pytest.mark.parametrize(
    "planted",
    [
        {"proof": {"corners": 8, "inside": 7}},
        {"growth": {"within": 0.999, "share": 0.999}},
        {"growth": {"within": 1.0, "share": 0.5}},
    ],
)
def test_a_broken_bound_is_judged_so(planted):
    claim = claims.get("unbounded")
    found = {"proof": output.step_bound(), "growth": output.grown(T=30, draws=3)}
    assert claim.judge(found, claim.seeds, True).verdict == "holds"
    assert claim.judge(found | planted, claim.seeds, True).verdict == "fails"


def test_the_sign_has_no_slope():
    sign, z = candidates.row("sign"), np.array([-2.0, 0.0, 3.0])
    assert sign(z).tolist() == [-1, 0, 1] and not sign.d1(z).any()
