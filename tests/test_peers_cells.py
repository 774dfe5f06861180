"""Every cell against PyTorch, those that it lacks by a statement of a few lines.

The statement is run over time, with our parameters as tensors, and differentiated by
autograd.
"""

import numpy as np
import pytest

from lstm_core import activations, gradcheck, unroll
from lstm_core.cells.lstm import LSTM
from lstm_core.cells.original import OriginalLSTM
from tests import peers
from tests.cells import stated
from tests.helpers import problem, with_bug
from tests.peers import Answer

SQUASHERS = {
    "sigmoid": lambda torch, z: torch.sigmoid(z),
    "tanh": lambda torch, z: torch.tanh(z),
    "hard_sigmoid": lambda torch, z: torch.clamp(z / 6 + 0.5, 0, 1),
    "hard_sigmoid_02": lambda torch, z: torch.clamp(0.2 * z + 0.5, 0, 1),
    "hard_tanh": lambda torch, z: torch.nn.functional.hardtanh(z),
    "relu": lambda torch, z: torch.relu(z),
    "leaky_relu": lambda torch, z: torch.nn.functional.leaky_relu(z, 0.01),
    "softsign": lambda torch, z: torch.nn.functional.softsign(z),
    "identity": lambda torch, z: z,
    "step": lambda torch, z: (z > 0).to(z),
    "sine": lambda torch, z: torch.sin(z),
    "softplus": lambda torch, z: torch.nn.functional.softplus(z),
    "g_1997": lambda torch, z: 4 * torch.sigmoid(z) - 2,
    "h_1997": lambda torch, z: 2 * torch.sigmoid(z) - 1,
    "sigmoid_shifted": lambda torch, z: torch.sigmoid(z) - 0.5,
    "sigmoid_signed": lambda torch, z: 2 * torch.sigmoid(z) - 1,
    "sigmoid_rescaled": lambda torch, z: 2 * torch.sigmoid(2 * z) - 1,
    "tempered_sigmoid": lambda torch, z: torch.sigmoid(4 * z),
}


# --- the runs -----------------------------------------------------------------------


def both(torch, cell, statement):
    """The whole answer by `unroll` with our cell and by autograd of the statement."""
    run = problem(cell, np.random.default_rng(9), T=5, scale=0.6)
    hs, final, trace = unroll.forward(cell, run.p, run.xs, run.state)
    back = unroll.backward(cell, run.p, trace, run.dhs, run.dstate)
    s = stated.squashers(
        cell,
        lambda name, z: SQUASHERS[name](torch, z),
        clip=lambda z, limit: z.clamp(-limit, limit),
        held=torch.Tensor.detach,
    )
    p, xs, state = inputs = peers.as_tensors(torch, run[:3])
    outputs = []
    for x in xs:
        state = type(state)(*statement(s, p, x, *state))
        outputs.append(state.h)
    out = torch.stack(outputs), state
    slopes = peers.gradients(torch, out, (run.dhs, run.dstate), inputs)
    return Answer(hs, final, *back), Answer(*peers.as_arrays(out), *slopes)


@pytest.mark.parametrize("cell, statement", stated.CELLS, ids=stated.label)
def test_each_cell_is_what_autograd_makes_of_its_statement(torch, cell, statement):
    gradcheck.assert_agree(*both(torch, cell, statement), 1e-9)


@pytest.mark.parametrize("slot", ["i", "f", "o", "candidate", "output", "gates"])
@pytest.mark.parametrize("row", SQUASHERS)
def test_each_row_in_each_slot_of_the_lstm(torch, row, slot):
    gradcheck.assert_agree(*both(torch, LSTM(**{slot: row}), stated.lstm), 1e-9)


def test_each_row_is_stated():
    assert SQUASHERS.keys() == set(activations.NAMES)


# --- bugs -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell, statement, method, old, new", stated.BUGS, ids=range(len(stated.BUGS))
)
def test_a_bug_in_a_cell_is_found(torch, cell, statement, method, old, new):
    ours, theirs = both(torch, with_bug(cell, method, old, new), statement)
    assert gradcheck.compare(ours, theirs)[0].error > 1e-3


def test_truncation_is_seen(torch):
    ours, theirs = both(torch, OriginalLSTM(truncated=True), stated.no_forget_gate)
    assert gradcheck.compare(ours, theirs)[0].error > 1e-3
