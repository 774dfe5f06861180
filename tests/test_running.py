"""The running sequence is what its docstring says, and its cell counts it."""

import numpy as np

from lstm_core import running, unroll
from lstm_core.cells.gate import Gate
from lstm_core.cells.lstm import LSTM, Params


def test_the_sequence_is_balanced_and_then_pauses():
    assert running.INPUTS == [1, 1, -1, 1, -1, -1, 0, 0]
    assert min(np.cumsum(running.INPUTS)) == 0
    assert running.encode("f([x])") == [0, 1, 1, 0, -1, -1]


def test_the_hand_set_cell_counts_it():
    p = Params(
        **{
            k: Gate(np.array([[W]]), np.array([[U]]), np.array([b]))
            for k, (W, U, b) in running.WEIGHTS.items()
        }
    )
    xs = np.array(running.INPUTS)[:, None, None]
    _, _, trace = unroll.forward(LSTM(), p, xs)
    counts = np.cumsum(running.INPUTS)
    np.testing.assert_allclose(trace.c[:, 0, 0], counts, atol=0.003)
    np.testing.assert_allclose(trace.h[:, 0, 0], np.tanh(counts), atol=0.003)
