"""Parity: a task that no counter solves, because each 1 must turn the state around.

Chapter: gradients.
"""

from dataclasses import dataclass

import numpy as np

from lstm_core import losses
from lstm_core.tasks.batch import Batch, always, shared


@dataclass(frozen=True)
class Parity:
    """Whether the number of ones so far is odd, at each of T steps.

        bit       1   1   0   1   0
        answer    1   0   0   1   1

    Inputs are -1 and +1 for the bits 0 and 1.  Perfect: the output is > 0 exactly where
    the number of ones is odd, at every step.
    """

    T: int = 10
    B: int = 16
    dtype: type = np.float64

    D, K = 1, 1
    loss = staticmethod(losses.logistic)

    def draw(self, rng):
        bits = rng.integers(0, 2, (self.T, self.B))
        xs = (2 * bits - 1)[..., None].astype(self.dtype)
        odd = (bits.cumsum(axis=0) % 2 == 1)[..., None]
        return Batch(xs, odd, np.ones(bits.shape, bool))

    def correct(self, ys, batch):
        right = (ys > 0) == shared(batch.ys, ys)
        return always(right.all(axis=-1), batch.mask)
