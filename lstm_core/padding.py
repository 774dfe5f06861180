"""Sequences of different lengths in one array: which steps are real, and reversal.

Sequences start together at t = 0; what comes after the end of one is padding.
"""

import numpy as np

from lstm_core import tree


def live(lengths, T, B):
    """Which steps are real: booleans (T, B), from the lengths (B,) of the sequences.

    Raises ValueError unless lengths are B integers from 0 to T.
    """
    lengths = np.asarray(lengths)
    fits = lengths.shape == (B,) and lengths.dtype.kind in "iu"
    if not fits or (lengths < 0).any() or (lengths > T).any():
        raise ValueError(
            f"expected lengths as {B} integers from 0 to {T}, got {lengths!r}"
        )
    return np.arange(T)[:, None] < lengths


def hold(live, new, old):
    """The new record where live (B, 1) is true, else the old; new if live is None."""
    if live is None:
        return new
    return tree.map(lambda a, b: np.where(live, a, b), new, old)


def reverse(xs, lengths=None):
    """xs (T, ..., B, D) backwards in time, each sequence within its own length.

    Padding stays where it is, so that reversing twice gives xs back.
    """
    if lengths is None:
        return xs[::-1]
    t, lengths = np.arange(len(xs))[:, None], np.asarray(lengths)
    t = np.where(t < lengths, lengths - 1 - t, t)  # (T, B)
    between = (1,) * (xs.ndim - 3)
    return np.take_along_axis(xs, t.reshape(len(xs), *between, -1, 1), axis=0)
