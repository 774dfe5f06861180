import numpy as np
import pytest

from lstm_core import gradcheck, tree
from lstm_core.cells.lstm import LSTM
from lstm_core.cells.lstm import Params as LSTMParams
from lstm_core.cells.peephole import PeepholeLSTM
from tests.cells import checks
from tests.helpers import with_bug

OTHER = PeepholeLSTM(
    i="softsign", f="tempered_sigmoid", o="softplus", candidate="sine", output="g_1997"
)


@pytest.mark.parametrize("law", checks.ALL)
@pytest.mark.parametrize("cell", [PeepholeLSTM(), OTHER], ids=["usual", "swapped"])
def test_law(cell, law):
    law(cell)


def test_a_missing_term_is_found():
    checks.finds_every_missing_term(PeepholeLSTM())


def test_an_output_peephole_at_the_old_cell_is_found():
    cell = with_bug(PeepholeLSTM(), "step_back", "da_o * k.c)", "da_o * k.c_prev)")
    ours, reference = gradcheck.both_routes(cell, *checks.case(cell))
    assert gradcheck.compare(ours, reference)[0].name.startswith("p.v.o")


def test_with_blind_peepholes_it_is_the_lstm():
    p, xs, state, _, _ = checks.case(PeepholeLSTM())
    blind = p._replace(v=tree.zeros(p.v))
    ours = PeepholeLSTM().step(blind, xs[0], state)
    checks.exactly(ours, LSTM().step(LSTMParams(*p[:4]), xs[0], state))


def test_which_cell_each_gate_sees():
    p, xs, state, _, _ = checks.case(PeepholeLSTM())
    _, plain = LSTM().step(LSTMParams(*p[:4]), xs[0], state)
    _, trace = PeepholeLSTM().step(p, xs[0], state)
    np.testing.assert_allclose(trace.a_i - plain.a_i, state.c * p.v.i, rtol=1e-12)
    np.testing.assert_allclose(trace.a_f - plain.a_f, state.c * p.v.f, rtol=1e-12)
    np.testing.assert_allclose(trace.a_o - plain.a_o, trace.c * p.v.o, rtol=1e-12)
