"""How cells start: weights uniform in ±1/sqrt(H), biases 0, the forget gate's 1."""

import numpy as np
import pytest

from lstm_core import tree
from lstm_core.cells.elman import Elman
from lstm_core.cells.gru import GRU, GRUResetFirst
from lstm_core.cells.lstm import LSTM
from lstm_core.cells.original import OriginalLSTM
from lstm_core.cells.peephole import PeepholeLSTM
from lstm_core.cells.projected import ProjectedLSTM
from lstm_core.cells.variants import CoupledLSTM, NoForgetGate, NoInputGate

D, H = 9, 49
FORGETTING = (LSTM(), PeepholeLSTM(), CoupledLSTM(), NoInputGate(), ProjectedLSTM(P=5))
PLAIN = (Elman(), GRU(), GRUResetFirst(), OriginalLSTM(), NoForgetGate())


def name(cell):
    return type(cell).__name__


def drawn(cell, **choices):
    return dict(tree.leaves(cell.init(np.random.default_rng(3), D, H, **choices)))


@pytest.mark.parametrize("cell", (*FORGETTING, *PLAIN), ids=name)
def test_weights_fill_the_range_of_pytorch(cell):
    limit = 1 / np.sqrt(H)
    weights = {k: v for k, v in drawn(cell).items() if k.split(".")[-1][0] != "b"}
    assert weights
    for leaf, numbers in weights.items():
        assert -limit <= numbers.min() < -0.8 * limit, leaf
        assert limit >= numbers.max() > 0.8 * limit, leaf


@pytest.mark.parametrize("cell", (*FORGETTING, *PLAIN), ids=name)
def test_no_two_leaves_are_drawn_alike(cell):
    """A gate that is the twin of another was given the weights of the other."""
    weights = [v for k, v in drawn(cell).items() if k.split(".")[-1][0] != "b"]
    starts = [numbers.ravel()[0] for numbers in weights]
    assert len(set(starts)) == len(starts)


@pytest.mark.parametrize("cell", (*FORGETTING, *PLAIN), ids=name)
def test_biases_start_at_zero_but_the_forget_gates(cell):
    biases = {k: v for k, v in drawn(cell).items() if k.split(".")[-1][0] == "b"}
    assert biases
    for leaf, numbers in biases.items():
        assert np.all(numbers == (cell in FORGETTING and leaf == "f.b")), leaf


@pytest.mark.parametrize("cell", FORGETTING, ids=name)
def test_the_forget_bias_is_a_choice(cell):
    assert np.all(drawn(cell, forget_bias=-2.5)["f.b"] == -2.5)


@pytest.mark.parametrize("cell", (*FORGETTING, *PLAIN), ids=name)
def test_the_type_is_a_choice(cell):
    leaves = drawn(cell, dtype=np.float32).values()
    assert {leaf.dtype for leaf in leaves} == {np.dtype(np.float32)}
