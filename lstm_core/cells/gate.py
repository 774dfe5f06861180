"""One affine map of the input and of the previous output: what every gate starts from.

Each gate keeps its own named W, U and b.  The fused matrix of the frameworks is the
same numbers in another order; the chapter "one-step" shows the three spellings.
"""

from typing import NamedTuple

import numpy as np


class Gate(NamedTuple):
    """Weights of one gate: W (D, H), U (H, H), b (H,).

    An ensemble of E models has a leading axis: (E, D, H), (E, H, H), (E, H).
    """

    W: np.ndarray
    U: np.ndarray
    b: np.ndarray


def sizes(p):
    """(D, H) of the parameters of any cell, read off the W of their first gate."""
    W = p
    while isinstance(W, tuple):
        W = W[0]
    return W.shape[-2:]


def affine(p, x, h):
    """The pre-activation a = xW + hU + b, from x (B, D) and h (B, H) to (B, H)."""
    return x @ p.W + h @ p.U + p.b[..., None, :]


def affine_back(p, x, h, da):
    """Gradients of a = xW + hU + b, given da = ∂L/∂a (B, H): (dp, dx, dh)."""
    dp = Gate(
        W=np.swapaxes(x, -1, -2) @ da,
        U=np.swapaxes(h, -1, -2) @ da,
        b=da.sum(axis=-2),
    )
    dx = da @ np.swapaxes(p.W, -1, -2)
    dh = da @ np.swapaxes(p.U, -1, -2)
    return dp, dx, dh


def init(rng, D, H, bias=0.0, dtype=np.float64):
    """Draw a gate: W and U uniform in ±1/sqrt(H), as in PyTorch; b constant.

    rng: anything with `uniform(low, high, size)`, such as `numpy.random.default_rng`.
    """
    limit = 1 / np.sqrt(H)
    W, U = (rng.uniform(-limit, limit, (rows, H)).astype(dtype) for rows in (D, H))
    return Gate(W, U, np.full(H, bias, dtype))
