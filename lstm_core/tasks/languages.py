"""Formal languages: strings to count in, and what may come next.

The input starts with S; after each symbol the network says, for each symbol and for
T, the end, whether it may come next (Gers and Schmidhuber, 2001).  It says yes with
an output > 0.  A string is right if all answers at all of its steps are.

aⁿbⁿ with n = 2, as `Runs("ab")` has it:

    input        S    a    a    b    b
    may follow   a    a b  a b  b    T

Chapter: counter.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from lstm_core import expect, losses
from lstm_core.tasks.batch import Batch, always, at_least, one_hot, shared


class _Language:
    """What the languages have in common; each says its `example` and `string`."""

    loss = staticmethod(losses.logistic)

    def __post_init__(self):
        at_least(self, upto=1, B=1, D=2)  # S, and a symbol at least

    def draw(self, rng):
        """B strings of n from 1 to upto, each n as likely."""
        expect.generator(rng)
        ns = rng.integers(1, self.upto + 1, self.B)
        return self._batch([self.string(int(n), rng) for n in ns])

    def examples(self, ns):
        """The batch of the strings `example(n)`, in this order."""
        return self._batch([self.example(n) for n in ns])

    def correct(self, ys, batch):
        """Which strings have every answer right at every step: booleans (..., B)."""
        right = (ys > 0) == shared(batch.ys, ys)
        return always(right.all(axis=-1), batch.mask)

    def _batch(self, strings):
        lengths = np.array([len(symbols) for symbols, _ in strings])
        symbols = np.zeros((lengths.max(), len(strings)), int)
        ys = np.zeros((*symbols.shape, self.K), bool)
        for b, (string, allowed) in enumerate(strings):
            symbols[: len(string), b] = string
            ys[: len(string), b] = allowed
        mask = np.arange(len(symbols))[:, None] < lengths
        return Batch(one_hot(symbols, self.D, self.dtype), ys, mask, lengths)


@dataclass(frozen=True)
class Runs(_Language):
    """n times each letter, in order: Runs("ab") is aⁿbⁿ, Runs("abc") aⁿbⁿcⁿ, n >= 1.

    Inputs are S and the letters, outputs the letters and T.  Perfect: a again or b as
    long as a runs, then b until there are n of it, and so on to T.
    """

    letters: str = "ab"
    upto: int = 20
    B: int = 32
    dtype: type = np.float64

    D = K = property(lambda task: 1 + len(task.letters))

    def example(self, n):
        """(symbols, allowed) of the string of n: integers (T,), booleans (T, K)."""
        return _run(len(self.letters), n)

    def string(self, n, rng):
        """The only string of n, as `example(n)` gives it."""
        return self.example(n)


@cache
def _run(kinds, n):
    expect.whole("n", n)
    symbols = np.repeat(np.arange(kinds + 1), [1] + [n] * kinds)
    follows = np.append(symbols[1:] - 1, kinds)
    allowed = follows[:, None] == np.arange(kinds + 1)
    allowed[1 : n + 1, :2] = True
    symbols.flags.writeable = allowed.flags.writeable = False
    return symbols, allowed


@dataclass(frozen=True)
class Brackets(_Language):
    """Balanced brackets: Dyck-1 for kinds=1; for 2, ( ) and [ ] balanced each alone.

    The two kinds may cross, as in ([)], so that each has a count of its own.  Inputs
    are S ( ) [ ], outputs ( ) [ ] T.  Perfect: to open is always allowed, to close
    where that kind is open, and T where nothing is.

    draw gives strings of n pairs, each with the same probability for kinds=1.
    """

    kinds: int = 1
    upto: int = 20
    B: int = 32
    dtype: type = np.float64

    D = K = property(lambda task: 1 + 2 * task.kinds)

    def example(self, n):
        """The deepest string, (ⁿ)ⁿ or (ⁿ[ⁿ)ⁿ]ⁿ; its depth is n in each kind."""
        expect.whole("n", n, 0)
        opens = 1 + 2 * np.arange(self.kinds)
        return self._marked(np.repeat([*opens, *opens + 1], n))

    def string(self, n, rng):
        """A string of n pairs from rng, in the form of `example(n)`."""
        pairs, words = n, []
        for kind in range(self.kinds):
            last = kind == self.kinds - 1
            mine = pairs if last else int(rng.integers(0, pairs + 1))
            words.append(1 + 2 * kind + (_dyck(mine, rng) < 0))
            pairs -= mine
        order = np.repeat(np.arange(self.kinds), [len(word) for word in words])
        order = order[rng.uniform(0.0, 1.0, len(order)).argsort()]
        symbols = np.zeros(len(order), int)
        for kind, word in enumerate(words):
            symbols[order == kind] = word
        return self._marked(symbols)

    def _marked(self, symbols):
        symbols = np.append(0, symbols)
        opens = symbols[:, None] == 1 + 2 * np.arange(self.kinds)
        closes = symbols[:, None] == 2 + 2 * np.arange(self.kinds)
        depth = (opens.astype(int) - closes).cumsum(axis=0)  # (T, kinds)
        allowed = np.ones((len(symbols), self.K), bool)
        allowed[:, 1:-1:2] = depth > 0
        allowed[:, -1] = (depth == 0).all(axis=1)
        return symbols, allowed


def _dyck(n, rng):
    """A balanced word of n pairs as steps +1 and -1, each word as likely.

    Of the rotations of n + 1 ups and n downs, exactly one stays above zero (the cycle
    lemma); without its first step it is the word.
    """
    steps = np.where(rng.uniform(0.0, 1.0, 2 * n + 1).argsort() <= n, 1, -1)
    heights = steps.cumsum()
    lowest = np.flatnonzero(heights == heights.min())[-1]
    return np.roll(steps, -lowest - 1)[1:]
