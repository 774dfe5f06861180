"""The long time lags of 1997: one answer at the end, about two things long before.

Chapter: gradients.
"""

from dataclasses import dataclass

import numpy as np

from lstm_core import expect, losses
from lstm_core.tasks.batch import (
    Batch,
    always,
    at_least,
    at_the_end,
    likeliest,
    one_hot,
    shared,
)


@dataclass(frozen=True)
class Adding:
    """The sum of two marked numbers among T (Hochreiter and Schmidhuber, 1997, task 4).

        number   0.31  0.85  0.12  0.77  0.46  0.09
        mark     0     1     0     0     1     0        → 1.31, at the last step

    Numbers are uniform in (0, 1), with one mark in each half.  Perfect: the error of
    the last output is below 0.04, as in the paper.  To say always 1, the mean, costs
    a squared error of 1/6.
    """

    T: int = 50
    B: int = 32
    dtype: type = np.float64

    D, K = 2, 1
    loss = staticmethod(losses.mse)

    def __post_init__(self):
        at_least(self, T=2, B=1)

    def draw(self, rng):
        """B sequences; ys is 0 but at the last step."""
        expect.generator(rng)
        T, B, half = self.T, self.B, self.T // 2
        xs = np.zeros((T, B, self.D), self.dtype)
        xs[..., 0] = rng.uniform(0.0, 1.0, (T, B))
        first, second = rng.integers(0, half, B), rng.integers(half, T, B)
        xs[[first, second], np.arange(B), 1] = 1
        ys = np.zeros((T, B, 1), self.dtype)
        ys[-1] = (xs[..., 0] * xs[..., 1]).sum(axis=0)[:, None]
        return Batch(xs, ys, at_the_end(T, B))

    def correct(self, ys, batch):
        """Which sums are right to 0.04: booleans (..., B)."""
        error = np.abs(ys - shared(batch.ys, ys))
        return always((error < 0.04).all(axis=-1), batch.mask)


@dataclass(frozen=True)
class TemporalOrder:
    """Which of X and Y came first and which later (the same paper, task 6a).

        c a X d b a c Y a d d b    → XY, at the last step

    Two of T symbols are X or Y, one from T/10 to T/5, one from T/2 to 3T/5, the others
    a to d.  Perfect: the likeliest of XX, XY, YX, YY at the last step is right.
    """

    T: int = 100
    B: int = 32
    dtype: type = np.float64

    D, K = 6, 4
    loss = staticmethod(losses.cross_entropy)
    correct = staticmethod(likeliest)

    def __post_init__(self):
        at_least(self, T=10, B=1)

    def draw(self, rng):
        """B sequences; ys is the number of the answer at the last step, else 0."""
        expect.generator(rng)
        T, B = self.T, self.B
        symbols = rng.integers(0, 4, (T, B))
        ys = np.zeros((T, B), int)
        for low, high in ((T // 10, T // 5), (T // 2, 3 * T // 5)):
            which = rng.integers(0, 2, B)
            symbols[rng.integers(low, high + 1, B), np.arange(B)] = 4 + which
            ys[-1] = 2 * ys[-1] + which
        return Batch(one_hot(symbols, self.D, self.dtype), ys, at_the_end(T, B))
