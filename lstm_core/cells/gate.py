"""One affine map of the input and of the previous output: what every gate starts from.

Each gate keeps its own named W, U and b.  The fused matrix of the frameworks is the
same numbers in another order; the chapter "one-step" shows the three spellings.
"""

from dataclasses import fields
from typing import NamedTuple

import numpy as np

from lstm_core import activations, draws, expect
from lstm_core.activations import Activation


class Gate(NamedTuple):
    """Weights of one gate: W (D, H), U (H, H), b (H,).

    An ensemble of E models has a leading axis: (E, D, H), (E, H, H), (E, H).
    """

    W: np.ndarray
    U: np.ndarray
    b: np.ndarray


def named(cell, gates=None):
    """What every cell does after `__init__`: names in its slots become activations.

    gates: one choice for all of its gates together, or None for each its own.
    """
    for slot in fields(cell):
        if slot.type is Activation:
            together = gates is not None and len(slot.name) == 1
            choice = gates if together else getattr(cell, slot.name)
            object.__setattr__(cell, slot.name, activations.get(choice))


def zeros(p, B):
    """Zeros (B, H), or (E, B, H), of the type of the gate p."""
    return np.zeros((*p.b.shape[:-1], B, p.b.shape[-1]), p.b.dtype)


def affine(p, x, h):
    """The pre-activation a = xW + hU + b, from x (B, D) and h (B, H) to (B, H)."""
    return x @ p.W + h @ p.U + p.b[..., None, :]


def affine_back(p, x, h, da):
    """Gradients of a = xW + hU + b, given da = ∂L/∂a (B, H): (dp, dx, dh)."""
    dp = Gate(W=x.mT @ da, U=h.mT @ da, b=da.sum(axis=-2))
    return dp, da @ p.W.mT, da @ p.U.mT


def affines_back(p, x, h, da):
    """`affine_back` of several gates that see the same x and h, summed over them.

    p: the gates; da: a record of their ∂L/∂a, None where there is no such gate.
    Returns (dp, dx, dh), dp a record like da.
    """
    backs = [
        (None, 0, 0) if da_one is None else affine_back(p_one, x, h, da_one)
        for p_one, da_one in zip(p, da, strict=True)
    ]
    dp, dx, dh = zip(*backs, strict=True)
    return da._make(dp), sum(dx), sum(dh)


def init(rng, D, H, bias=0.0, dtype=np.float64, rows=None):
    """Draw a gate: W and U uniform in ±1/sqrt(H), as in PyTorch; b constant.

    rows: how many numbers h has, if not H.
    Raises as `draws.weights`, and ValueError for a cell without units.
    """
    expect.whole("H", H)
    W, U = (draws.weights(rng, (size, H), H, dtype) for size in (D, rows or H))
    return Gate(W, U, np.full(H, bias, dtype))
