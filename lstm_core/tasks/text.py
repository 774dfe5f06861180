"""Characters of a text: say the next one.

Chapter: saturation.
"""

from dataclasses import dataclass, field

import numpy as np

from lstm_core import expect, losses
from lstm_core.tasks.batch import Batch, at_least, one_hot, shared


@dataclass(frozen=True)
class Text:
    """Windows of T characters from a text; the target is the next character.

        text "counting":   input  c o u n t i n
                           target o u n t i n g

    alphabet: the characters in the order of their numbers; those of the text, sorted,
        if empty.  Give that of the training text to the task of another text.
    No answer is perfect: `correct` gives, for each window, the share of characters that
    were the likeliest; loss / log 2 is in bits per character, for which a text has an
    unknown best.
    Raises ValueError for a text of T characters or fewer, or not of the alphabet, and
    for an alphabet with a character twice.
    """

    text: str = field(repr=False)
    T: int = 64
    B: int = 32
    alphabet: str = ""
    dtype: type = np.float64

    loss = staticmethod(losses.cross_entropy)
    D = K = property(lambda task: len(task.alphabet))

    def __post_init__(self):
        at_least(self, T=1, B=1)
        alphabet = self.alphabet or "".join(sorted(set(self.text)))
        strange = set(self.text) - set(alphabet)
        if strange:
            raise ValueError(
                f"expected only characters of the alphabet, got {sorted(strange)}"
            )
        if len(set(alphabet)) < len(alphabet):
            raise ValueError(f"expected each character once, got {alphabet!r}")
        if len(self.text) <= self.T:
            raise ValueError(
                f"expected a text of more than T = {self.T} characters, "
                f"got {len(self.text)}"
            )
        number = {character: k for k, character in enumerate(alphabet)}
        object.__setattr__(self, "alphabet", alphabet)
        object.__setattr__(self, "_codes", np.array([number[c] for c in self.text]))

    def draw(self, rng):
        """B windows that start anywhere, each place as likely."""
        expect.generator(rng)
        return self._windows(rng.integers(0, len(self.text) - self.T, self.B))

    def everything(self):
        """The whole text in windows one after another, but for a rest at its end."""
        return self._windows(np.arange(0, len(self.text) - self.T, self.T))

    def correct(self, ys, batch):
        """The share of characters that were the likeliest: (..., B)."""
        said = ys.argmax(axis=-1)
        return (said == shared(batch.ys, said)).mean(axis=0)

    def _windows(self, starts):
        codes = self._codes[np.arange(self.T + 1)[:, None] + starts]
        xs = one_hot(codes[:-1], self.D, self.dtype)
        return Batch(xs, codes[1:], np.ones(codes[1:].shape, bool))
