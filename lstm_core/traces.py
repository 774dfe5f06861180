"""What a run leaves behind: how full the gates are, and what reaches back in time.

Chapters: saturation, gradients.
"""

import math
from typing import NamedTuple

import numpy as np

from lstm_core import expect, tree, unroll

# Field of a trace → the slot of the cell that squashed it.
SLOTS = {
    "i": "i",
    "f": "f",
    "o": "o",
    "g": "candidate",
    "s": "output",
    "r": "r",
    "z": "z",
    "n": "candidate",
    "h": "activation",
}


class Squashed(NamedTuple):
    """The values (..., N, H) of a squashed field, and the ends of its range."""

    values: np.ndarray
    range: tuple


class Saturation(NamedTuple):
    """The fractions (..., H) of all values near the low and near the high end."""

    low: np.ndarray
    high: np.ndarray


def squashed(cell, trace, mask=None):
    """Everything that a slot of the cell squashed: a dict from field to `Squashed`.

    trace: of a whole run, (T, B, H) or (T, E, B, H); N are the steps at which the mask
    (T, B) is true, all if None.  Fields of the LSTM are i, f, o, g and s = output(c).
    Raises TypeError for another cell's trace, ValueError for a mask of another shape.
    """
    expect.part("cell", cell, ("init", "zero_state", "step"), "LSTM()")
    expect.fields("trace", trace, unroll.left(cell))
    shape = (len(trace.h), trace.h.shape[-2])
    keep = np.asarray(np.ones(shape) if mask is None else mask, bool)
    expect.shape("a mask", keep, shape)
    found = {}
    for name, slot in SLOTS.items():
        values, activation = getattr(trace, name, None), getattr(cell, slot, None)
        if values is not None and activation is not None:
            steps = np.moveaxis(values, -2, 1)  # (T, B, ..., H)
            values = np.moveaxis(steps[keep], 0, -2)
            found[name] = Squashed(values, activation.range)
    return found


def saturation(values, range, margin=0.1):
    """Which fractions of the values are at the ends of the range, by unit.

    values (..., N, H).  Near an end means within margin · (high - low) of
    it: of a sigmoid below 0.1 and above 0.9, of a tanh beyond ±0.8.  Where
    one end is infinite nothing is near that end, and the margin at the other
    is taken as it is.
    """
    low, high = range
    reach = margin * (high - low) if np.isfinite(high - low) else margin
    near = (values <= low + reach, values >= high - reach)
    return Saturation(*(each.mean(axis=-2) for each in near))


def histogram(values, range, bins=20):
    """(counts (bins,), edges (bins + 1,)) of all values over the range, or their own.

    Their own range is taken where the given one is not finite.
    """
    given = range if np.isfinite(range).all() else None
    return np.histogram(values, bins, given)


def half_life(f):
    """After how many steps half of a cell is forgotten: (..., H).

    f: values (..., N, H) of the forget gate, of which the geometric mean
    counts.  Infinity where f is 1 (or more) in the mean, 0 where it was
    ever 0.
    """
    with np.errstate(divide="ignore"):
        decay = -np.log(np.abs(f)).mean(axis=-2)
        return np.where(decay <= 0, np.inf, math.log(2) / decay)


def gradient_norms(cell, p, trace, dhs, dstate=None, along=None):
    """‖∂L/∂h‖ and ‖∂L/∂c‖ of every step, as a state of arrays (T + 1, B).

    Entry t is of the state before step t, so that the last is the end of the sequence,
    which is that of all B: nothing is padded.
    dhs (T, B, H), dstate: as in `unroll.backward`.
    along: None for the whole gradient; "c" or "h" for the part that goes from step to
        step through that field alone (through c: the product of the forget gates).
    Raises ValueError if the state of the cell has no such field, and as `backward`.
    """
    zero, d = unroll.arriving(cell, p, trace, dhs, dstate)
    if along not in (None, *zero._fields):
        raise ValueError(f"expected along as one of {zero._fields}, got {along!r}")
    norms = []
    for t in reversed(range(len(dhs))):
        d = d._replace(h=d.h + dhs[t])
        norms.append(tree.map(tree.norm, d))
        _, _, d = cell.step_back(p, tree.at(trace, t), d)
        if along is not None:
            d = zero._replace(**{along: getattr(d, along)})
    norms.append(tree.map(tree.norm, d))
    return tree.stack(norms[::-1])
