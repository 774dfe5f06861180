"""Memories that are written and read: a copy after a delay, a register of three states.

Chapter: candidate.
"""

from dataclasses import dataclass

import numpy as np

from lstm_core import expect, losses
from lstm_core.tasks.batch import Batch, at_least, likeliest, one_hot


@dataclass(frozen=True)
class Copy:
    """Say again, after a delay, what was said (Hochreiter and Schmidhuber's problem).

        input    3 1 4 . . . . > . . .      with length 3 and delay 5
        target   - - - - - - - - 3 1 4      - does not count

    . is a blank, > the sign to begin.  Perfect: every symbol of the copy is the
    likeliest output at its step.
    """

    length: int = 5
    delay: int = 20
    symbols: int = 8
    B: int = 32
    dtype: type = np.float64

    loss = staticmethod(losses.cross_entropy)
    correct = staticmethod(likeliest)
    D = property(lambda task: task.symbols + 2)
    K = property(lambda task: task.symbols)

    def __post_init__(self):
        at_least(self, length=1, delay=1, symbols=1, B=1)

    def draw(self, rng):
        """B sequences of 2 · length + delay steps."""
        expect.generator(rng)
        told = rng.integers(0, self.symbols, (self.length, self.B))
        wait = np.full((self.delay + self.length, self.B), self.symbols)
        wait[self.delay - 1] = self.symbols + 1
        symbols = np.concatenate([told, wait])
        ys = np.zeros_like(symbols)
        ys[-self.length :] = told
        mask = np.zeros(ys.shape, bool)
        mask[-self.length :] = True
        return Batch(one_hot(symbols, self.D, self.dtype), ys, mask)


@dataclass(frozen=True)
class Register:
    """A memory of three states, -1, 0 and +1, and four orders, one at each step.

        order     +1   0    -1   -1   forget   0    +1
        content   +1   +1   0    -1   0        0    +1

    Writing adds: -1 takes one away, 0 changes nothing, and forget makes the content 0
    whatever it was, which none of the three writes does.  An order that would lead
    beyond ±1 is not drawn (0 comes instead).  Inputs are the orders -1, 0, +1, forget;
    perfect: the likeliest of the contents -1, 0, +1 is right at every step.
    """

    T: int = 20
    B: int = 32
    dtype: type = np.float64

    D, K = 4, 3
    loss = staticmethod(losses.cross_entropy)
    correct = staticmethod(likeliest)

    def __post_init__(self):
        at_least(self, T=1, B=1)

    def draw(self, rng):
        """B sequences of T orders, and the number of the content after each."""
        expect.generator(rng)
        orders = rng.integers(0, 4, (self.T, self.B))
        content = np.zeros(self.B, int)
        ys = np.zeros_like(orders)
        for t in range(self.T):
            beyond = (orders[t] < 3) & (np.abs(content + orders[t] - 1) > 1)
            orders[t] = np.where(beyond, 1, orders[t])
            content = np.where(orders[t] == 3, 0, content + orders[t] - 1)
            ys[t] = content + 1
        mask = np.ones(ys.shape, bool)
        return Batch(one_hot(orders, self.D, self.dtype), ys, mask)
