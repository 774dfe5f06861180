"""Optimisers: from a gradient to the next parameters, by the formulas of PyTorch.

Each is a frozen record with `init(p) -> memory` and `update(p, dp, memory) -> (p,
memory)`; nothing is changed in place, and types stay as they are.  A rate may be an
array (E,): one for each model of an ensemble.

Chapter: swap.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from lstm_core import expect, tree


class _Rated:
    """What has a rate."""

    def __post_init__(self):
        kind = getattr(self.rate, "dtype", np.dtype(type(self.rate)))
        if getattr(kind, "kind", "O") not in "iuf" or not np.all(self.rate >= 0):
            raise ValueError(f"expected a rate >= 0, or an array, got {self.rate!r}")


def _per_model(numbers, leaf):
    """A number, or an array (E,), in the type of the leaf (E, ...) and ready for it."""
    numbers = np.asarray(numbers, leaf.dtype)
    expect.shape("one rate, or for E models rates", numbers, leaf.shape[: numbers.ndim])
    return numbers.reshape(*numbers.shape, *(1,) * (leaf.ndim - numbers.ndim))


def _descend(p, rate, direction):
    return tree.map(lambda w, d: w - _per_model(rate, w) * d, p, direction)


@dataclass(frozen=True)
class SGD(_Rated):
    """Plain gradient descent."""

    rate: Any

    def init(self, p):
        """The memory before the first update of parameters like p."""
        return ()

    def update(self, p, dp, memory):
        """The next p and memory, given dp = ∂L/∂p."""
        return _descend(p, self.rate, dp), memory


@dataclass(frozen=True)
class Momentum(_Rated):
    """Gradient descent along v = momentum · v + dp."""

    rate: Any
    momentum: float = 0.9

    def init(self, p):
        """The memory before the first update of parameters like p."""
        return tree.zeros(p)

    def update(self, p, dp, v):
        """The next p and memory, given dp = ∂L/∂p."""
        v = tree.map(lambda v, d: self.momentum * v + d, v, dp)
        return _descend(p, self.rate, v), v


@dataclass(frozen=True)
class RMSprop(_Rated):
    """Each gradient over the root of the running mean v of its square, plus eps."""

    rate: Any = 1e-2
    alpha: float = 0.99
    eps: float = 1e-8

    init = Momentum.init

    def update(self, p, dp, v):
        """The next p and memory, given dp = ∂L/∂p."""
        v = tree.map(lambda v, d: self.alpha * v + (1 - self.alpha) * d * d, v, dp)
        steps = tree.map(lambda d, v: d / (np.sqrt(v) + self.eps), dp, v)
        return _descend(p, self.rate, steps), v


class Moments(NamedTuple):
    """Memory of Adam: the number of updates so far, and the two running means."""

    k: np.ndarray
    m: Any
    v: Any


@dataclass(frozen=True)
class Adam(_Rated):
    """Kingma and Ba (2015), with eps outside the root."""

    rate: Any = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8

    def init(self, p):
        """The memory before the first update of parameters like p."""
        return Moments(np.array(0), tree.zeros(p), tree.zeros(p))

    def update(self, p, dp, memory):
        """The next p and memory, given dp = ∂L/∂p."""
        k, b1, b2 = int(memory.k) + 1, self.beta1, self.beta2
        rate, root = self.rate / (1 - b1**k), (1 - b2**k) ** 0.5
        m = tree.map(lambda m, d: m + (1 - b1) * (d - m), memory.m, dp)
        v = tree.map(lambda v, d: b2 * v + (1 - b2) * d * d, memory.v, dp)
        steps = tree.map(lambda m, v: m / (np.sqrt(v) / root + self.eps), m, v)
        return _descend(p, rate, steps), Moments(np.array(k), m, v)


def global_norm(dp, models=()):
    """The length of the whole gradient as one vector: a number, or (E,).

    models: () for one model; (E,) for an ensemble, whose axis is then the first of
        every leaf, and every model has its own norm.
    """
    flat = [leaf.reshape(*models, -1) for _, leaf in tree.leaves(dp)]
    return tree.norm(np.concatenate(flat, axis=-1))


def clip(dp, limit, models=()):
    """(dp, norm): dp shortened to the limit where its norm is longer, and that norm.

    Models of an ensemble are clipped each by its own norm; models as in `global_norm`.
    """
    norm = global_norm(dp, models)
    factor = np.minimum(1, limit / (norm + 1e-6))  # as PyTorch has it
    return tree.map(lambda d: d * _per_model(factor, d), dp), norm
