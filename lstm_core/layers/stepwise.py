"""Layers that do the same at every step and carry nothing: readout and embedding.

Chapter: stacking.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lstm_core import draws, expect


class Affine(NamedTuple):
    """Weights W (D, size) and b (size,) of a linear readout."""

    W: np.ndarray
    b: np.ndarray


@dataclass(frozen=True)
class Linear:
    """ys = xs W + b, the same at every step."""

    size: int

    def __post_init__(self):
        expect.whole("size", self.size)

    def init(self, rng, D, dtype=np.float64):
        """W uniform in ±1/sqrt(D), as in PyTorch; b zero."""
        W = draws.weights(rng, (D, self.size), D, dtype)
        return Affine(W, np.zeros(self.size, dtype))

    def forward(self, p, xs, state=None, lengths=None):
        """xs (T, B, D) to ys (T, B, size); xs is the trace."""
        expect.fields("p", p, Affine)
        D = p.W.shape[-2]
        if np.shape(xs)[-1:] != (D,):
            raise ValueError(f"expected xs of shape (T, B, {D}), got {np.shape(xs)}")
        expect.typed("xs", xs, expect.typed("p", p))
        if p.W.ndim == 3 and xs.ndim == 3:
            xs = xs[:, None]  # shared by the ensemble
        return xs @ p.W + p.b[..., None, :], None, xs

    def backward(self, p, trace, dys, dstate=None):
        """The gradients of W, of b and of xs (T, B, D)."""
        expect.typed("dys", dys, expect.typed("p", p))
        models = np.broadcast_shapes(trace.shape[:-2], p.W.shape[:-2])
        expect.shape("dys", dys, (*models, trace.shape[-2], self.size))
        dp = Affine((trace.mT @ dys).sum(axis=0), dys.sum(axis=(0, -2)))
        return dp, dys @ p.W.mT, None


class Table(NamedTuple):
    """One row for each symbol: W (D, size)."""

    W: np.ndarray


@dataclass(frozen=True)
class Embedding:
    """One learnt row for each of D symbols: xs are integers (T, B), or (T, E, B)."""

    size: int

    __post_init__ = Linear.__post_init__

    def init(self, rng, D, dtype=np.float64):
        """Rows from the standard normal distribution, as in PyTorch."""
        expect.drawable(rng, (D, self.size), dtype)
        return Table(rng.normal(0.0, 1.0, (D, self.size)).astype(dtype))

    def forward(self, p, xs, state=None, lengths=None):
        """xs (T, B) to ys (T, B, size), a row of W for each symbol.

        Raises ValueError for symbols that are not integers from 0 to D - 1.
        """
        expect.fields("p", p, Table)
        xs, D = np.asarray(xs), p.W.shape[-2]
        if xs.dtype.kind not in "iu" or (xs < 0).any() or (xs >= D).any():
            raise ValueError(
                f"expected xs as integers from 0 to {D - 1}, got {xs.dtype} "
                f"from {xs.min()} to {xs.max()}"
            )
        rows = (xs,)
        if p.W.ndim == 3:
            models = np.arange(len(p.W))[:, None]
            rows = (models, xs if xs.ndim == 3 else xs[:, None])
        return p.W[rows], None, rows

    def backward(self, p, trace, dys, dstate=None):
        """dxs is None: symbols have no gradient."""
        expect.shape("dys", dys, p.W[trace].shape)
        dW = np.zeros_like(p.W)
        np.add.at(dW, trace, dys)
        return Table(dW), None, None
