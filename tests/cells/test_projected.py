import numpy as np
import pytest

from lstm_core import gradcheck, unroll
from lstm_core.cells.lstm import LSTM
from lstm_core.cells.lstm import Params as LSTMParams
from lstm_core.cells.projected import ProjectedLSTM, clip, clip_d1
from tests.cells import checks
from tests.helpers import with_bug

PLAIN = ProjectedLSTM(P=2)
CLIPPED = ProjectedLSTM(P=2, cell_clip=0.6, output_clip=0.25)
SWAPPED = ProjectedLSTM(P=2, i="softsign", candidate="sine", output="g_1997")


@pytest.mark.parametrize("law", checks.ALL)
@pytest.mark.parametrize(
    "cell", [PLAIN, CLIPPED, SWAPPED], ids=["plain", "clipped", "swapped"]
)
def test_law(cell, law):
    law(cell)


def test_the_clips_bite_in_the_case_that_is_tested():
    p, xs, state, _, _ = checks.case(CLIPPED)
    hs, _, k = unroll.forward(CLIPPED, p, xs, state)
    for before, after, limit in ((k.a_c, k.c, 0.6), (k.a_h, k.h, 0.25)):
        assert 0 < np.mean(before != after) < 1
        np.testing.assert_array_equal(after, np.clip(before, -limit, limit))
    assert hs.shape == (4, 2, 2) and k.c.shape == (4, 2, 3)


def test_a_missing_term_is_found():
    checks.finds_every_missing_term(PLAIN)


def test_a_forgotten_clip_in_the_backward_pass_is_found():
    cell = with_bug(CLIPPED, "step_back", " * clip_d1(k.a_c, self.cell_clip)", "")
    ours, reference = gradcheck.both_routes(cell, *checks.case(cell))
    assert gradcheck.compare(ours, reference)[0].error > 1e-3


def test_projected_on_itself_it_is_the_lstm():
    cell = ProjectedLSTM(P=3)
    p, xs, state, _, _ = checks.case(cell)
    got, _ = cell.step(p._replace(R=np.eye(3)), xs[0], state)
    want, _ = LSTM().step(LSTMParams(*p[:4]), xs[0], state)
    checks.exactly(got, want)


def test_clip_passes_the_gradient_at_the_limit_and_takes_infinity():
    z = np.array([-4.0, -3.0, 0.0, 3.0, 5.0])
    np.testing.assert_array_equal(clip(z, 3.0), [-3, -3, 0, 3, 3])
    np.testing.assert_array_equal(clip_d1(z, 3.0), [0, 1, 1, 1, 0])
    np.testing.assert_array_equal(clip(z, float("inf")), z)


@pytest.mark.parametrize(
    "choice", [{"P": 0}, {"cell_clip": -1.0}, {"output_clip": float("nan")}], ids=str
)
def test_sizes_and_limits_that_make_no_sense(choice):
    (name,) = choice
    with pytest.raises(ValueError, match=f"expected {name} >=? [01], got"):
        ProjectedLSTM(**{"P": 2} | choice)


def test_there_is_no_size_that_one_would_expect():
    with pytest.raises(TypeError, match="required keyword-only argument: 'P'"):
        ProjectedLSTM()


def test_limits_of_numpy_do_not_widen():
    limit = np.float64(0.25)
    checks.float32(ProjectedLSTM(P=2, cell_clip=limit, output_clip=limit))
