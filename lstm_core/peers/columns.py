"""What PyTorch and Keras share: the gates of a cell side by side in one matrix.

Each has an order of its own.  Here a gate is a block of columns, as in Keras; PyTorch
has blocks of rows, the same matrix transposed.
"""

from typing import NamedTuple

import numpy as np

from lstm_core import expect, unroll
from lstm_core.cells import gru, lstm
from lstm_core.cells.elman import Elman
from lstm_core.cells.gate import Gate
from lstm_core.cells.gru import GRU, GRUResetFirst
from lstm_core.layers import Bidirectional, Both


class Columns(NamedTuple):
    """Weights of n gates: W (D, nH), U (P, nH), and two biases b_x and b_h (nH,).

    P is H, unless the output is projected.  The libraries add b_x to xW and b_h to hU,
    so only their sum counts; but the candidate of a GRU has r · (hU + b_h).
    """

    W: np.ndarray
    U: np.ndarray
    b_x: np.ndarray
    b_h: np.ndarray


def read(cell, order, columns):
    """The parameters of `cell`, copied from columns whose gates have that order."""
    apart = (
        [np.array(block, order="C") for block in np.split(part, len(order), axis=-1)]
        for part in columns
    )
    blocks = {k: Columns(*parts) for k, *parts in zip(order, *apart, strict=True)}
    gates = {k: Gate(each.W, each.U, each.b_x + each.b_h) for k, each in blocks.items()}
    if isinstance(cell, Elman):
        return gates["h"]
    if isinstance(cell, GRUResetFirst):
        return gru.Params(**gates, b_hn=None)
    if isinstance(cell, GRU):
        n = blocks["n"]
        gates["n"] = Gate(n.W, n.U, n.b_x)
        return gru.Params(**gates, b_hn=n.b_h)
    return lstm.Params(**gates)


def ways(layer, p):
    """The parameters of each direction, after a check that they are the layer's."""
    parts = (p,)
    if isinstance(layer, Bidirectional):
        expect.fields("p", p, Both)
        layer, parts = layer.layer, p
    for part in parts:
        unroll.fitting(layer.cell, part)
    return parts


def write(order, p):
    """The columns, in that order, of parameters p; b_h is 0 where b_x can hold it."""
    gates = {k: p if isinstance(p, Gate) else getattr(p, k) for k in order}
    apart = getattr(p, "b_hn", None)
    blocks = [
        Columns(*gate, np.zeros_like(gate.b) if k != "n" or apart is None else apart)
        for k, gate in gates.items()
    ]
    if blocks[0].W.ndim != 2:
        raise ValueError(
            f"expected parameters of one model, got W of shape {blocks[0].W.shape}: "
            f"take model e of an ensemble by tree.at(p, e)"
        )
    return Columns(*(np.concatenate(part, -1) for part in zip(*blocks, strict=True)))
