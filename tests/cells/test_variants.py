import numpy as np
import pytest

from lstm_core.cells.gate import Gate
from lstm_core.cells.lstm import LSTM
from lstm_core.cells.variants import (
    CoupledLSTM,
    NoForgetGate,
    NoInputGate,
    without_output_squash,
)
from tests.cells import checks

OTHER = dict(f="tempered_sigmoid", o="softplus", candidate="sine", output="g_1997")
KINDS = (CoupledLSTM, NoInputGate, NoForgetGate)
CELLS = [kind() for kind in KINDS] + [kind(i="softsign", **OTHER) for kind in KINDS]
CELLS.append(without_output_squash(candidate="softsign"))


def label(cell):
    return f"{type(cell).__name__}-{cell.candidate.name}"


@pytest.mark.parametrize("law", checks.ALL)
@pytest.mark.parametrize("cell", CELLS, ids=label)
def test_law(cell, law):
    law(cell)


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_term_is_found(kind):
    checks.finds_every_missing_term(kind())


def constant(p, pre_activation):
    """The gate with no weights, whose pre-activation is that number."""
    W, U, b = p
    return Gate(np.zeros_like(W), np.zeros_like(U), np.full_like(b, pre_activation))


def test_an_absent_gate_is_one_that_is_always_open():
    p, xs, state, _, _ = checks.case(LSTM())
    for cell, gate in ((NoInputGate(), "i"), (NoForgetGate(), "f")):
        opened = p._replace(**{gate: constant(p.i, 1e3)})
        want, _ = LSTM().step(opened, xs[0], state)
        got, trace = cell.step(p._replace(**{gate: None}), xs[0], state)
        checks.exactly(got, want)
        assert getattr(trace, gate) is None and getattr(trace, f"a_{gate}") is None


def test_the_coupled_gates_add_up_to_one():
    p, xs, state, _, _ = checks.case(CoupledLSTM())
    assert p.i is None
    _, trace = CoupledLSTM().step(p, xs[0], state)
    np.testing.assert_array_equal(trace.i, 1 - trace.f)
    mixed = trace.f * state.c + (1 - trace.f) * trace.g
    np.testing.assert_array_equal(trace.c, mixed)


def test_without_output_squash_h_is_o_times_c():
    cell = without_output_squash(gates="hard_sigmoid")
    p, xs, state, _, _ = checks.case(cell)
    new, trace = cell.step(p, xs[0], state)
    np.testing.assert_array_equal(new.h, trace.o * trace.c)
    assert cell == LSTM(gates="hard_sigmoid", output="identity")
