"""Handwritten digits of 8x8 points as sequences (`lstm_core.data` says whose).

Points are from 0, paper, to 1, ink.  The first 1,297 digits are for training, the last
500 for testing.

Chapter: stacking.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from lstm_core import data, expect, losses
from lstm_core.ctc import best_path
from lstm_core.tasks.batch import Batch, at_least, at_the_end, likeliest

FOR_TRAINING = 1297
PARTS = {"train": slice(None, FOR_TRAINING), "test": slice(FOR_TRAINING, None)}


@cache
def _part(part):
    """(images (N, 8, 8) from 0 to 1, labels (N,)) of that part, read-only."""
    if part not in PARTS:
        raise ValueError(f'expected part="train" or "test", got {part!r}')
    images, labels = (array[PARTS[part]] for array in data.digits())
    images, labels = images / 16, labels.astype(int)
    images.flags.writeable = labels.flags.writeable = False
    return images, labels


@dataclass(frozen=True)
class Rows:
    """A digit read from top to bottom, a row of 8 points at a time; T = 8.

    Perfect: after the last row, the digit is the likeliest of ten.
    """

    part: str = "train"
    B: int = 32
    dtype: type = np.float64

    D, K = 8, 10
    loss = staticmethod(losses.cross_entropy)
    correct = staticmethod(likeliest)

    def __post_init__(self):
        at_least(self, B=1)
        _part(self.part)

    def draw(self, rng):
        """B digits of the part, any of them more than once."""
        expect.generator(rng)
        return self._batch(rng.integers(0, len(_part(self.part)[1]), self.B))

    def everything(self):
        """All digits of the part, in their order."""
        return self._batch(np.arange(len(_part(self.part)[1])))

    def _batch(self, which):
        images, labels = _part(self.part)
        xs = np.moveaxis(self._lines(images[which]), 1, 0).astype(self.dtype)
        ys = np.tile(labels[which], (len(xs), 1))
        return Batch(xs, ys, at_the_end(*ys.shape))

    def _lines(self, images):
        return images


@dataclass(frozen=True)
class Columns(Rows):
    """The same from left to right, a column of 8 points, top first, at a time."""

    def _lines(self, images):
        return images.swapaxes(1, 2)


@dataclass(frozen=True)
class DigitStrings:
    """Strings of 1 to `upto` digits side by side, read from left to right; T = 8 upto.

    Shorter strings are padded.  The targets say which digits in which order, not where:
    labels (B, upto) for CTC, the digit + 1, padded with 0.  Perfect: the best path
    spells exactly the string.
    """

    upto: int = 5
    part: str = "train"
    B: int = 32
    dtype: type = np.float64

    D, K = 8, 11
    loss = staticmethod(losses.ctc)

    def __post_init__(self):
        at_least(self, upto=1, B=1)
        _part(self.part)

    def draw(self, rng):
        """B strings, each of their lengths and digits as likely."""
        expect.generator(rng)
        images, labels = _part(self.part)
        counts = rng.integers(1, self.upto + 1, self.B)
        which = rng.integers(0, len(labels), (self.B, self.upto))
        there = np.arange(self.upto) < counts[:, None]
        columns = (images[which] * there[..., None, None]).swapaxes(2, 3)
        xs = np.moveaxis(columns.reshape(self.B, -1, 8), 1, 0).astype(self.dtype)
        lengths = 8 * counts
        mask = np.arange(len(xs))[:, None] < lengths
        return Batch(xs, np.where(there, labels[which] + 1, 0), mask, lengths)

    def correct(self, ys, batch):
        """Which strings the best path spells exactly: booleans (..., B)."""
        said = best_path(ys, batch.mask)
        want = np.zeros(said.shape[-2:], int)
        want[:, : self.upto] = batch.ys
        return (said == want).all(axis=-1)
