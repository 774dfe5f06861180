import numpy as np
import pytest

from lstm_core import traces, tree, unroll
from lstm_core.cells.elman import Elman
from lstm_core.cells.gru import GRU
from lstm_core.cells.lstm import LSTM, State
from lstm_core.cells.variants import CoupledLSTM, NoForgetGate
from tests.cells import checks
from tests.helpers import mutated

INF = float("inf")


def a_run(cell, models=()):
    p, xs, state, dhs, dstate = checks.case(cell, models)
    return p, unroll.forward(cell, p, xs, state)[2], dhs, dstate


# --- values -------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell, fields",
    [
        (LSTM(), "ifogs"),
        (NoForgetGate(), "iogs"),
        (CoupledLSTM(), "ifogs"),
        (GRU(), "rzn"),
        (Elman(), "h"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_squashed_finds_every_slot(cell, fields):
    _, trace, *_ = a_run(cell)
    found = traces.squashed(cell, trace)
    assert set(found) == set(fields)
    for name, (values, range) in found.items():
        assert values.shape == (checks.T * checks.B, checks.H)
        assert (
            np.sort(values, axis=None).tolist()
            == np.sort(getattr(trace, name), axis=None).tolist()
        )
        assert range[0] < values.min() and values.max() < range[1]


def test_squashed_leaves_out_what_is_masked():
    cell = LSTM()
    _, trace, *_ = a_run(cell, models=(3,))
    mask = np.array([[1, 1], [1, 0], [0, 0], [1, 0]], bool)
    values = traces.squashed(cell, trace, mask)["f"].values
    assert values.shape == (3, 4, checks.H)
    for e in range(3):
        np.testing.assert_array_equal(values[e], trace.f[:, e][mask])


def test_a_mask_for_each_model_is_refused():
    """With as many models as sequences it would fit, and mean something else."""
    _, trace, *_ = a_run(LSTM(), models=(checks.B,))
    mask = np.ones((checks.T, checks.B, checks.B), bool)
    with pytest.raises(ValueError, match=r"mask of shape \(4, 2\), got \(4, 2, 2\)"):
        traces.squashed(LSTM(), trace, mask)


def test_saturation_of_known_values():
    values = np.array([[0.05, 0.5], [0.1, 0.95], [0.9, 0.99], [0.2, 0.4]])
    low, high = traces.saturation(values, (0.0, 1.0))
    assert low.tolist() == [0.5, 0.0] and high.tolist() == [0.25, 0.5]
    low, high = traces.saturation(2 * values - 1, (-1.0, 1.0))
    assert low.tolist() == [0.5, 0.0] and high.tolist() == [0.25, 0.5]
    assert traces.saturation(values, (0.0, 1.0), 0.01).high.tolist() == [0.0, 0.25]


def test_saturation_of_an_unbounded_slot():
    values = np.array([[0.0], [0.05], [3.0], [1e9]])
    low, high = traces.saturation(values, (0.0, INF))
    assert low.tolist() == [0.5] and high.tolist() == [0.0]
    low, high = traces.saturation(values, (-INF, INF))
    assert low.tolist() == high.tolist() == [0.0]


def test_histogram():
    counts, edges = traces.histogram(np.array([[0.1, 0.1], [0.9, 1.0]]), (0, 1), 2)
    assert counts.tolist() == [2, 2] and edges.tolist() == [0.0, 0.5, 1.0]
    counts, edges = traces.histogram(np.array([[-3.0, 5.0]]), (-INF, INF), 4)
    assert counts.tolist() == [1, 0, 0, 1] and edges[[0, -1]].tolist() == [-3.0, 5.0]


# --- memory -------------------------------------------------------------------


def test_half_life_is_how_long_half_is_kept():
    f = np.array([0.5, 0.5**0.1, 0.5**0.001])
    got = traces.half_life(np.tile(f, (4, 1)))
    np.testing.assert_allclose(got, [1, 10, 1000], rtol=1e-12)


def test_half_life_takes_the_geometric_mean():
    f = np.array([[0.9], [0.4], [0.7]])
    steps = traces.half_life(f).item()
    assert np.prod(f) ** (steps / 3) == pytest.approx(0.5, rel=1e-12)


def test_half_life_at_the_ends():
    f = np.array([[1.0, 0.0, 1.2, -0.5], [1.0, 0.9, 1.0, -0.5]])
    assert traces.half_life(f).tolist() == [INF, 0.0, INF, 1.0]


def test_half_life_keeps_its_type_and_what_is_no_number():
    f = np.float32([[0.5, 1.0, 0.0, np.nan]])
    got = traces.half_life(f)
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, [1, INF, 0, np.nan])


# --- gradients ----------------------------------------------------------------


@pytest.mark.parametrize("models", [(), (2,)], ids=["one", "ensemble"])
@pytest.mark.parametrize("cell", [LSTM(), GRU()], ids=["LSTM", "GRU"])
def test_norms_are_of_what_backward_returns(cell, models):
    p, trace, dhs, dstate = a_run(cell, models)
    norms = traces.gradient_norms(cell, p, trace, dhs, dstate)
    assert norms.h.shape == (checks.T + 1, *models, checks.B)
    for t in range(checks.T):
        later = tree.map(lambda a, t=t: a[t:], trace)
        d = unroll.backward(cell, p, later, dhs[t:], dstate)[2]
        d = d._replace(h=d.h + dhs[t - 1]) if t else d
        for name, leaf in tree.leaves(d):
            want = np.linalg.norm(leaf, axis=-1)
            np.testing.assert_allclose(getattr(norms, name)[t], want, rtol=1e-13)
    np.testing.assert_allclose(
        norms.h[-1], np.linalg.norm(dstate.h + dhs[-1], axis=-1), rtol=1e-13
    )


def test_along_the_cell_the_factor_is_the_product_of_the_forget_gates():
    cell = LSTM()
    p, trace, dhs, dstate = a_run(cell)
    only_c = State(h=np.zeros_like(dstate.h), c=dstate.c)
    norms = traces.gradient_norms(cell, p, trace, 0 * dhs, only_c, along="c")
    kept = trace.f[::-1].cumprod(axis=0)[::-1]
    want = np.linalg.norm(kept * dstate.c, axis=-1)
    np.testing.assert_allclose(norms.c[:-1], want, rtol=1e-13)
    assert not norms.h.any()


def test_along_h_no_step_hands_c_back():
    cell = LSTM()
    p, trace, dhs, dstate = a_run(cell)
    norms = traces.gradient_norms(cell, p, trace, 0 * dhs, dstate, along="h")
    d = dstate
    for t in reversed(range(checks.T)):
        d = cell.step_back(p, tree.at(trace, t), d)[2]
        d = State(h=d.h, c=np.zeros_like(d.c))
        want = np.linalg.norm(d.h, axis=-1)
        np.testing.assert_allclose(norms.h[t], want, rtol=1e-13)
        assert not norms.c[t].any()


def test_a_path_that_is_not_cut_is_found():
    cell = LSTM()
    p, trace, dhs, dstate = a_run(cell)
    wrong = mutated(traces.gradient_norms, "along is not None:", "along == 'x':")
    ours = wrong(cell, p, trace, dhs, dstate, "c")
    right = traces.gradient_norms(cell, p, trace, dhs, dstate, "c")
    assert np.abs(ours.c[0] / right.c[0] - 1).min() > 1e-3


def test_a_gradient_of_1e_250_is_not_zero():
    cell = Elman()
    p, trace, dhs, dstate = a_run(cell)
    tiny = dstate._replace(h=dstate.h * 1e-250)
    norms = traces.gradient_norms(cell, p, trace, 0 * dhs, tiny)
    whole = traces.gradient_norms(cell, p, trace, 0 * dhs, dstate)
    np.testing.assert_allclose(norms.h * 1e250, whole.h, rtol=1e-10)
    assert (norms.h > 0).all()


def test_gradients_of_another_run_are_refused():
    p, trace, dhs, dstate = a_run(LSTM())
    with pytest.raises(ValueError, match=r"expected dhs of shape \(4, 2, 3\), got"):
        traces.gradient_norms(LSTM(), p, trace, dhs[1:], dstate)
    with pytest.raises(ValueError, match="expected dstate as a State of shapes"):
        traces.gradient_norms(LSTM(), p, trace, dhs, dstate[:1])


def test_a_path_that_the_cell_does_not_have():
    p, trace, dhs, _ = a_run(GRU())
    with pytest.raises(ValueError, match=r"expected along as one of \('h',\), got 'c'"):
        traces.gradient_norms(GRU(), p, trace, dhs, along="c")
