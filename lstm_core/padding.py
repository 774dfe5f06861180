"""Sequences of different lengths in one array: which steps are real, and reversal.

Sequences start together at t = 0; what comes after the end of one is padding.
"""

import reprlib

import numpy as np

from lstm_core import tree


def live(lengths, T, B, models=()):
    """Which steps are real: booleans (T, B), from the lengths (B,) of the sequences.

    models: (E,) of an ensemble, whose lengths may also be (E, B), to give (T, E, B).
    Raises ValueError unless lengths are integers from 0 to T, of one of these shapes.
    """
    lengths = _checked(lengths, T, B, models)
    return np.arange(T).reshape(T, *(1,) * lengths.ndim) < lengths


def _checked(lengths, T, B, models):
    lengths = np.asarray(lengths)
    fits = lengths.shape in ((B,), (*models, B)) and lengths.dtype.kind in "iu"
    if not fits or (lengths < 0).any() or (lengths > T).any():
        raise ValueError(
            f"expected lengths as {B} integers from 0 to {T}, "
            f"got {reprlib.repr(lengths.tolist())}"
        )
    return lengths


def hold(live, new, old):
    """The new record where live (..., B, 1) is true or None, the old elsewhere."""
    if live is None:
        return new
    return tree.map(lambda a, b: np.where(live, a, b), new, old)


def reverse(xs, lengths=None):
    """xs (T, ..., B, D) backwards in time, each sequence within its own length.

    Padding stays where it is, so that reversing twice gives xs back.
    """
    if lengths is None:
        return xs[::-1]
    T, *models, B, _ = xs.shape
    lengths = _checked(lengths, T, B, models)
    t = np.arange(T).reshape(-1, *(1,) * lengths.ndim)
    t = np.where(t < lengths, lengths - 1 - t, t)  # (T, B) or (T, E, B)
    between = (1,) * (xs.ndim - 1 - t.ndim)
    t = t.reshape(len(t), *between, *t.shape[1:], 1)
    return np.take_along_axis(xs, t, axis=0)
