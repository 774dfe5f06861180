"""LSTMs that count, set by hand: no training, one number K.

Every pre-activation of a gate is K or -K, and every candidate tanh(±K) or 0, so that a
cell keeps (1 - e^-K) of what it holds and adds almost 1.  The larger the gain K, the
longer it counts right; where σ(K) rounds to 1 it counts without any error until the
integers end.  The languages are those of `lstm_core.tasks.languages`.

Chapter: counter.
"""

import numpy as np

from lstm_core.activations import sigmoid
from lstm_core.cells.gate import Gate
from lstm_core.cells.lstm import LSTM, Params
from lstm_core.layers import Affine, Linear, Model, Parts, Recurrent


def anbn(K, dtype=np.float64):
    """(model, p) for `Runs("ab")`: one counts, one knows if b was last."""
    one, half, flag = _levels(K)
    writes = [[0, -1], [1, -1], [-1, 1]]  # S, a, b
    readout = [[0, 1, -1], [-1, 0, 1]]  # to a, b, T
    return _set(K, dtype, writes, [1, -1], readout, [0, -half, half - flag])


def anbncn(K, dtype=np.float64):
    """(model, p) for `Runs("abc")`: a against b, b against c, and two flags."""
    one, half, flag = _levels(K)
    writes = [[0, 0, -1, -1], [1, 0, -1, -1], [-1, 1, 1, -1], [0, -1, -1, 1]]
    readout = [[0, 1, -1, 0], [0, 0, 1, -1], [-1, 0, 0, 0], [-1, 0, 0, 1]]
    bias = [-flag, -half, half - one, half - flag]
    return _set(K, dtype, writes, [1, 1, -1, -1], readout, bias)


def dyck1(K, dtype=np.float64):
    """(model, p) for `Brackets(1)`: one cell, which holds the depth."""
    one, half, flag = _levels(K)
    return _set(K, dtype, [[0], [1], [-1]], [1], [[0, 1, -1]], [1, -half, half])


def longest(K, dtype=np.float64):
    """Up to which n all three are right, on aⁿbⁿ, aⁿbⁿcⁿ and (ⁿ)ⁿ.

    They fail at the n at which the last but one symbol finds less than ½ in
    the cell, where it should find 1: about e^(K/2) / √2.  This is the exact
    solution, with σ(K) and tanh(K) as they are in the type.  It leaves out
    that sums are rounded too, which shifts n only close to the gain at which
    σ(K) rounds to 1 (K > 16.6 in float32, 36.7 in float64): by under 5 % at
    K = 15 in float32.  From there on sums are exact, up to 2²⁴ in float32 and
    2⁵³ in float64.
    Raises ValueError for K < 1, where the cell does not add ½ at once.
    """
    if not K >= 1:
        raise ValueError(f"expected a gain K >= 1, got {K}")
    gain = np.asarray(K, dtype)
    keep, write = float(sigmoid(gain)), float(sigmoid(gain) * np.tanh(gain))
    if keep == write == 1:
        return 2 ** (np.finfo(dtype).nmant + 1)
    lost = 1 - keep
    # of keep^(n - 1)
    least = (1 - np.sqrt(lost * (1 - keep / (2 * write)))) / keep
    return 1 + int(np.log(least) / np.log(keep))


def _levels(K):
    """What h is for a full cell, for a cell that holds ½, and for a set flag."""
    if not 0 < K < np.inf:
        raise ValueError(f"expected a finite gain K > 0, got {K}")
    return sigmoid(K) * np.tanh([np.inf, 0.5, np.tanh(K)])


def _set(K, dtype, writes, keeps, readout, bias):
    """The network of writes (D, H), keeps (H,), readout (H, outputs) and its bias."""
    D, H = np.shape(writes)

    def gate(W, b):
        parts = (K * np.asarray(W, float), np.zeros((H, H)), K * np.asarray(b, float))
        return Gate(*(part.astype(dtype) for part in parts))

    blind, always = np.zeros((D, H)), np.ones(H)
    cell = Params(
        i=gate(blind, always),
        f=gate(blind, keeps),
        o=gate(blind, always),
        g=gate(writes, 0 * always),
    )
    model = Model(Recurrent(LSTM(), H), Linear(len(bias)))
    return model, Parts(cell, Affine(np.array(readout, dtype), np.array(bias, dtype)))
