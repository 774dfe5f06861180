"""The arrays of `keras.layers.LSTM`, `GRU`, `SimpleRNN`, as get_weights lists them."""

import numpy as np

from lstm_core import activations, names
from lstm_core.cells.elman import Elman
from lstm_core.cells.gru import GRU, GRUResetFirst
from lstm_core.cells.lstm import LSTM
from lstm_core.layers import Bidirectional, Both, Recurrent
from lstm_core.peers import columns
from lstm_core.peers.columns import Columns

ORDERS = {"LSTM": "ifgo", "GRU": "zrn", "SimpleRNN": "h"}
# What Keras calls otherwise than our table does, or has with another slope.
ACTIVATIONS = {None: "identity", "linear": "identity", "leaky_relu": "leaky_relu(0.2)"}


def from_keras(
    arrays,
    kind="LSTM",
    activation="tanh",
    recurrent_activation="sigmoid",
    reset_after=True,
):
    """(layer, p) that compute what the Keras layer with these arrays does.

    arrays: as `net.get_weights()` lists them (copied here): kernel, recurrent_kernel
        and, with use_bias, bias; all of them once more for the backward layer of a
        `Bidirectional`, which puts both outputs side by side (merge_mode="concat").
    kind: "LSTM", "GRU" or "SimpleRNN".
    activation, recurrent_activation: as `net.get_config()` names them in Keras 3 (the
        "hard_sigmoid" of Keras 2 is our hard_sigmoid_02).  For a function of one's own
        give a row of our table, by its name or as an `Activation`.  In an LSTM
        `activation` is the candidate's and the output's; a SimpleRNN has no other.
    reset_after: as of the GRU.

    layer is a `Recurrent`, or `Bidirectional`.  Its xs are (T, B, D) where Keras has
    (B, T, D); unit_forget_bias is part of the bias by now, and dropout, which acts in
    training alone, is left out.

    A GRU with reset_after has two biases for every gate; they act as one, their sum,
    which is our b.  Only in the candidate they are two, n.b and b_hn.  To read
    gradients in this way give zeros for the second: ∂L/∂b is each, not their sum.

    Raises ValueError for an unknown name, and for arrays that do not fit.
    """
    if kind not in ORDERS:
        raise names.unknown("kind", kind, ORDERS)
    outer, gate = (_activation(name) for name in (activation, recurrent_activation))
    cell = _cell(kind, outer, gate, reset_after)
    arrays = [np.asarray(array) for array in arrays]
    if len(arrays) not in (2, 3, 4, 6):
        raise ValueError(
            f"expected kernel, recurrent_kernel and bias of one layer, or of both its "
            f"directions, got {len(arrays)} arrays"
        )
    layer = Recurrent(cell, len(np.atleast_1d(arrays[1])))
    if len(arrays) < 4:
        return layer, _read(layer, kind, arrays)
    half = len(arrays) // 2
    p = Both(*(_read(layer, kind, way) for way in (arrays[:half], arrays[half:])))
    return Bidirectional(layer), p


def to_keras(layer, p):
    """List of arrays, for `set_weights` of the Keras layer that computes the same.

    layer, p: as `from_keras` returns them.  The Keras layer must have a bias, and the
    activations of our cell: beware that "leaky_relu" is of slope 0.2 there.

    Raises ValueError for what no Keras layer computes, and for p of another kind.
    """
    kind = _kind(layer.layer if isinstance(layer, Bidirectional) else layer)
    ways = columns.ways(layer, p)
    return [array for each in ways for array in _write(ORDERS[kind], each)]


def _activation(name):
    known = name is None or isinstance(name, str)
    return activations.get(ACTIVATIONS.get(name, name) if known else name)


def _cell(kind, outer, gate, reset_after):
    """The cell of that kind, with the two activations that Keras lets one choose."""
    if kind == "LSTM":
        return LSTM(gates=gate, candidate=outer, output=outer)
    if kind == "GRU":
        return (GRU if reset_after else GRUResetFirst)(gates=gate, candidate=outer)
    return Elman(outer)


def _kind(layer):
    """The kind of a layer that runs over time, after a check that Keras has it."""
    cell = getattr(layer, "cell", None)
    if isinstance(cell, Elman):
        return "SimpleRNN"
    if type(cell) is LSTM and cell == _cell("LSTM", cell.output, cell.o, True):
        return "LSTM"
    if isinstance(cell, GRU) and cell.r == cell.z:
        return "GRU"
    raise ValueError(
        f"expected one layer of Keras (an LSTM with one activation for all gates and "
        f"one for candidate and output, a GRU with one for both gates, or an Elman), "
        f"got {layer}"
    )


def _read(layer, kind, arrays):
    W, U, *bias = arrays
    n, H = len(ORDERS[kind]), layer.H
    two = isinstance(layer.cell, GRU) and not isinstance(layer.cell, GRUResetFirst)
    shapes = ((*W.shape[:1], n * H), (H, n * H), (2, n * H) if two else (n * H,))
    what = ("kernel", "recurrent_kernel", "bias")
    convention = f" with reset_after={two}" if kind == "GRU" else ""
    for name, array, want in zip(what, arrays, shapes, strict=False):
        if array.shape != want:
            raise ValueError(
                f"expected {name} of shape {want} in {kind}{convention}, got "
                f"{array.shape}"
            )
    none = np.zeros(n * H, W.dtype)
    b_x, b_h = bias[0] if bias and two else (*bias, none, none)[:2]
    return columns.read(layer.cell, ORDERS[kind], Columns(W, U, b_x, b_h))


def _write(order, p):
    W, U, b_x, b_h = columns.write(order, p)
    two = getattr(p, "b_hn", None) is not None
    return [W, U, np.stack([b_x, b_h]) if two else b_x]
