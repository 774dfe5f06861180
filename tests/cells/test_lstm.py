"""One step of the LSTM against the paper's equations, and its choices."""

import dataclasses

import numpy as np
import pytest

from lstm_core import activations
from lstm_core.cells.lstm import LSTM, Params, State, Trace
from tests.helpers import problem


def sigma(a):
    return 1 / (1 + np.exp(-a))


@pytest.fixture
def run():
    return problem(LSTM(), np.random.default_rng(2))


def test_step_is_the_equations_written_out(run):
    p, x, (h, c) = run.p, run.xs[0], run.state
    i, f, o = (sigma(x @ k.W + h @ k.U + k.b) for k in (p.i, p.f, p.o))
    g = np.tanh(x @ p.g.W + h @ p.g.U + p.g.b)
    new_c = f * c + i * g
    state, trace = LSTM().step(p, x, run.state)
    np.testing.assert_allclose(state.c, new_c, rtol=1e-14)
    np.testing.assert_allclose(state.h, o * np.tanh(new_c), rtol=1e-14)
    for name, value in (("i", i), ("f", f), ("o", o), ("g", g), ("s", np.tanh(new_c))):
        np.testing.assert_allclose(getattr(trace, name), value, rtol=1e-14)


def test_trace_holds_together(run):
    cell = LSTM(i="sine", f="softsign", o="h_1997", candidate="softplus", output="sine")
    state, k = cell.step(run.p, run.xs[0], run.state)
    for slot, a, value in (
        (cell.i, k.a_i, k.i),
        (cell.f, k.a_f, k.f),
        (cell.o, k.a_o, k.o),
        (cell.candidate, k.a_g, k.g),
        (cell.output, k.c, k.s),
    ):
        np.testing.assert_array_equal(slot(a), value)
    assert k.x is run.xs[0] or np.array_equal(k.x, run.xs[0])
    assert k.h_prev is run.state.h and k.c_prev is run.state.c
    assert k.h is state.h and k.c is state.c
    fields = "x h_prev c_prev a_i a_f a_o a_g i f o g c s h"
    assert Trace._fields == tuple(fields.split())


def test_five_slots_with_the_usual_ones_by_default():
    cell = LSTM()
    names = [getattr(cell, slot.name).name for slot in dataclasses.fields(cell)]
    assert names == ["sigmoid", "sigmoid", "sigmoid", "tanh", "tanh"]
    cell = LSTM("sine", "relu", "step", "softplus", "identity")
    slots = (cell.i, cell.f, cell.o, cell.candidate, cell.output)
    assert [s.name for s in slots] == ["sine", "relu", "step", "softplus", "identity"]


def test_gates_is_one_choice_for_three():
    assert LSTM(gates="sine") == LSTM(i="sine", f="sine", o="sine")
    assert LSTM(gates="sine").candidate.name == "tanh"
    assert LSTM(gates="relu", candidate="relu", output="relu").output.name == "relu"


def test_a_slot_takes_a_row_of_ones_own():
    slopes = (lambda z: -np.sin(z), lambda z: -np.cos(z))
    row = activations.Activation("mine", np.cos, *slopes)
    assert LSTM(candidate=row).candidate is row


def test_a_cell_is_an_immutable_value():
    assert LSTM() == LSTM() != LSTM(output="identity")
    assert LSTM(gates="leaky_relu(0.2)") == LSTM(gates="leaky_relu(0.2)")
    assert len({LSTM(), LSTM(gates="sigmoid")}) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        LSTM().i = "tanh"
    assert dataclasses.replace(LSTM(), output="relu") == LSTM(output="relu")


@pytest.mark.parametrize("slot", ["i", "f", "o", "candidate", "output", "gates"])
def test_an_unknown_name_is_refused_in_every_slot(slot):
    with pytest.raises(ValueError, match="unknown activation 'tahn': did you mean"):
        LSTM(**{slot: "tahn"})


def test_init_biases_the_forget_gate_only():
    p = LSTM().init(np.random.default_rng(0), 3, 5)
    assert isinstance(p, Params)
    assert [gate.b.tolist() for gate in p] == [[b] * 5 for b in (0.0, 1.0, 0.0, 0.0)]
    p = LSTM().init(np.random.default_rng(0), 3, 5, forget_bias=-2.5)
    assert (p.f.b == -2.5).all() and not p.i.b.any()


def test_init_draws_every_gate_anew():
    p = LSTM().init(np.random.default_rng(0), 3, 3)
    drawn = [weights.tobytes() for gate in p for weights in gate[:2]]
    assert len(set(drawn)) == 8
    again = LSTM().init(np.random.default_rng(0), 3, 3)
    assert drawn == [weights.tobytes() for gate in again for weights in gate[:2]]
    narrow = LSTM().init(np.random.default_rng(0), 3, 3, dtype=np.float32)
    assert {leaf.dtype for gate in narrow for leaf in gate} == {np.dtype(np.float32)}


def test_zero_state():
    cell = LSTM()
    p = cell.init(np.random.default_rng(0), 3, 5, dtype=np.float32)
    for leaf in cell.zero_state(p, 2):
        assert leaf.shape == (2, 5) and leaf.dtype == np.float32 and not leaf.any()
    ensemble = problem(cell, np.random.default_rng(0), H=5, E=4).p
    assert isinstance(cell.zero_state(ensemble, 2), State)
    assert [leaf.shape for leaf in cell.zero_state(ensemble, 2)] == [(4, 2, 5)] * 2
