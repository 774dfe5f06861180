import numpy as np
import pytest

from lstm_core import gradcheck, tree, unroll
from lstm_core.cells.original import OriginalLSTM
from lstm_core.cells.variants import NoForgetGate
from tests.cells import checks

SWAPPED = OriginalLSTM(i="softsign", candidate="sine", output="softplus")


@pytest.mark.parametrize("law", checks.ALL)
@pytest.mark.parametrize("cell", [OriginalLSTM(), SWAPPED], ids=["usual", "swapped"])
def test_law(cell, law):
    law(cell)


def test_a_missing_term_is_found():
    checks.finds_every_missing_term(OriginalLSTM())


def test_the_squashers_of_1997():
    p, xs, state, _, _ = checks.case(OriginalLSTM())
    _, k = OriginalLSTM().step(p, xs[0], state)
    np.testing.assert_allclose(k.g, 4 / (1 + np.exp(-k.a_g)) - 2, rtol=1e-13)
    np.testing.assert_allclose(k.s, 2 / (1 + np.exp(-k.c)) - 1, rtol=1e-13)
    np.testing.assert_array_equal(k.c, state.c + k.i * k.g)


def test_with_the_modern_squashers_it_is_the_lstm_without_forget_gate():
    cell = OriginalLSTM(candidate="tanh", output="tanh")
    p, xs, state, _, _ = checks.case(cell)
    checks.exactly(cell.step(p, xs[0], state), NoForgetGate().step(p, xs[0], state))


def test_truncated_is_exact_for_one_step_and_for_no_recurrent_weights():
    p, xs, state, dhs, dstate = checks.case(OriginalLSTM())
    blind = tree.map(lambda leaf: leaf, p)
    for name in ("i.U", "o.U", "g.U"):
        blind = tree.replace(blind, name, np.zeros_like(p.i.U))
    for weights, n in ((p, 1), (blind, len(xs))):
        _, _, trace = unroll.forward(OriginalLSTM(), weights, xs[:n], state)
        exact, truncated = (
            unroll.backward(cell, weights, trace, dhs[:n], dstate)
            for cell in (OriginalLSTM(), OriginalLSTM(truncated=True))
        )
        checks.exactly(truncated[:2], exact[:2])
        assert not truncated[2].h.any()


def test_truncated_carries_errors_along_the_cell_alone():
    """The rule of the paper: what reaches the cell at t is a sum over later outputs."""
    cell = OriginalLSTM(truncated=True)
    p, xs, state, dhs, dstate = checks.case(cell)
    _, _, k = unroll.forward(cell, p, xs, state)
    dp, _, dstart = unroll.backward(cell, p, k, dhs, tree.zeros(dstate))
    arriving = dhs * k.o * cell.output.d1(k.c)
    dc = arriving[::-1].cumsum(axis=0)[::-1]
    np.testing.assert_allclose(dstart.c, dc[0], rtol=1e-13)
    db = (dc * k.i * cell.candidate.d1(k.a_g)).sum(axis=(0, 1))
    np.testing.assert_allclose(dp.g.b, db, rtol=1e-13)
    exact = unroll.backward(OriginalLSTM(), p, k, dhs, tree.zeros(dstate))[0]
    assert gradcheck.compare(dp, exact)[0].error > 1e-2
