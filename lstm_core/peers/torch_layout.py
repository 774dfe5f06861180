"""The arrays of `torch.nn.LSTM`, `GRU` and `RNN`, by the names of their state_dict."""

import re
from collections.abc import Mapping

import numpy as np

from lstm_core import expect, names
from lstm_core.cells import projected
from lstm_core.cells.elman import Elman
from lstm_core.cells.gru import GRU
from lstm_core.cells.lstm import LSTM
from lstm_core.cells.projected import ProjectedLSTM
from lstm_core.layers import Bidirectional, Both, Recurrent, Stack
from lstm_core.peers import columns
from lstm_core.peers.columns import Columns

# `mode` of the module → our cell, and the order of its gates.
KINDS = {
    "LSTM": (LSTM(), "ifgo"),
    "GRU": (GRU(), "rzn"),
    "RNN_TANH": (Elman(), "h"),
    "RNN_RELU": (Elman("relu"), "h"),
}
_STEMS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
_NAME = re.compile(rf"({'|'.join(_STEMS)})_l(\d+)(_reverse)?")


def from_torch(arrays, kind="LSTM"):
    """(layer, p) that compute what the PyTorch module with these arrays does.

    arrays: name → array, as `net.state_dict()` gives them (on the CPU; copied here).
        How many layers, whether both ways, with biases, projected: the names say.
    kind: `net.mode`, one of "LSTM", "GRU", "RNN_TANH", "RNN_RELU".

    layer is a `Recurrent`, or `Bidirectional`, and for several layers a `Stack` of
    them.  Its xs are (T, B, D) whatever batch_first was, and dropout, which acts in
    training alone, is left out.

    PyTorch adds two biases for every gate, bias_ih and bias_hh; they act as one, their
    sum, which is our b.  Only in the candidate of a GRU are they two, n.b and b_hn.  To
    read gradients in this way give zeros for the second: ∂L/∂b is each, not their sum.

    Raises ValueError for a name that is unknown or missing, and for a wrong shape.
    """
    if not isinstance(arrays, Mapping):
        raise TypeError(f"expected net.state_dict(), got {type(arrays).__name__}")
    if kind not in KINDS:
        raise names.unknown("kind", kind, KINDS)
    cell, order = KINDS[kind]
    arrays = {name: np.asarray(array) for name, array in arrays.items()}
    endings = _endings(arrays)
    P, H = _fitting(arrays, kind, endings)
    cell = ProjectedLSTM(P=P) if "weight_hr_l0" in arrays else cell
    layer, ps = Recurrent(cell, H), []
    for ways in endings:
        p = [_read(cell, order, arrays, ending) for ending in ways]
        ps.append(Both(*p) if len(p) == 2 else p[0])
    layer = Bidirectional(layer) if isinstance(ps[0], Both) else layer
    return (Stack((layer,) * len(ps)), tuple(ps)) if len(ps) > 1 else (layer, ps[0])


def to_torch(layer, p):
    """name → array, for the PyTorch module that computes what the layer does.

    layer, p: as `from_torch` returns them.  The module must have biases; the second of
    each two, bias_hh, is 0, except for the b_hn of a GRU.

    >>> arrays = to_torch(layer, p)
    >>> net.load_state_dict({k: torch.from_numpy(a) for k, a in arrays.items()})

    Raises ValueError for what no PyTorch module computes, and for p of another kind.
    """
    stack, ps = (layer, p) if isinstance(layer, Stack) else (Stack((layer,)), (p,))
    order = _order(stack)
    arrays = {}
    expect.many("p", ps, len(stack.layers))
    for k, p_one in enumerate(ps):
        ways = columns.ways(stack.layers[k], p_one)
        for way, each in zip(("", "_reverse"), ways, strict=False):
            arrays |= _write(order, each, f"_l{k}{way}")
    return arrays


def _order(stack):
    """Order of the gates, after a check that PyTorch has such a stack of layers."""
    first = stack.layers[0]
    cell = getattr(getattr(first, "layer", first), "cell", None)
    known = {**dict(KINDS.values()), ProjectedLSTM(P=getattr(cell, "P", 1)): "ifgo"}
    if cell not in known:
        raise ValueError(
            f"expected a layer of PyTorch (an LSTM or GRU of σ and tanh, an Elman of "
            f"tanh or relu), got {first}"
        )
    if len(set(stack.layers)) > 1 or stack.between.name != "identity":
        raise ValueError(
            f"expected layers all alike and nothing between them, as PyTorch has "
            f"them, got {', '.join(map(str, stack.layers))}, with "
            f"{stack.between.name} between"
        )
    return known[cell]


def _read(cell, order, arrays, ending):
    W, U = (arrays[stem + ending].T for stem in _STEMS[:2])
    none = np.zeros(W.shape[-1], W.dtype)
    biases = (arrays.get(stem + ending, none) for stem in _STEMS[2:4])
    p = columns.read(cell, order, Columns(W, U, *biases))
    if isinstance(cell, ProjectedLSTM):
        p = projected.Params(*p, np.array(arrays["weight_hr" + ending].T, order="C"))
    return p


def _write(order, p, ending):
    parts = [*columns.write(order, p), *([p.R] if hasattr(p, "R") else [])]
    return {
        stem + ending: np.array(part.T, order="C")
        for stem, part in zip(_STEMS, parts, strict=False)
    }


# --- what from_torch accepts ------------------------------------------------------


def _endings(arrays):
    """For each layer the endings of its names, after a check that none is missing."""
    found = {name: _NAME.fullmatch(name) for name in arrays}
    unknown = [name for name, match in found.items() if not match]
    if unknown or not found:
        raise ValueError(
            f"expected names such as weight_ih_l0 or bias_hh_l1_reverse, got "
            f"{', '.join(unknown) or 'none'}: take the state_dict of the nn.LSTM, "
            f"nn.GRU or nn.RNN itself"
        )
    stems = {"weight_ih", "weight_hh"} | {match[1] for match in found.values()}
    if stems & {"bias_ih", "bias_hh"}:
        stems |= {"bias_ih", "bias_hh"}
    ways = ("", "_reverse") if any(match[3] for match in found.values()) else ("",)
    depth = 1 + max(int(match[2]) for match in found.values())
    endings = [[f"_l{k}{way}" for way in ways] for k in range(depth)]
    wanted = {stem + each for stem in stems for layer in endings for each in layer}
    if missing := sorted(wanted - set(arrays)):
        raise ValueError(f"expected {', '.join(missing)} beside {', '.join(arrays)}")
    return endings


def _fitting(arrays, kind, endings):
    """(P, H), after a check that each array has the shape that belongs to its name."""
    _, D = _matrix(arrays, "weight_ih_l0")
    _, H = _matrix(arrays, "weight_hh_l0")
    P = H
    if "weight_hr_l0" in arrays:
        P, H = _matrix(arrays, "weight_hr_l0")
        if kind != "LSTM":
            raise ValueError(f'expected weight_hr in kind "LSTM" only, got "{kind}"')
    rows = len(KINDS[kind][1]) * H
    for ways in endings:
        shapes = ((rows, D), (rows, P), (rows,), (rows,), (P, H))
        for stem, want in zip(_STEMS, shapes, strict=True):
            for name in (stem + ending for ending in ways):
                got = arrays[name].shape if name in arrays else want
                if got != want:
                    raise ValueError(
                        f'expected {name} of shape {want} in kind "{kind}", got {got}'
                    )
        D = len(ways) * P
    return P, H


def _matrix(arrays, name):
    if arrays[name].ndim != 2:
        raise ValueError(f"expected {name} as a matrix, got shape {arrays[name].shape}")
    return arrays[name].shape
