"""Is a gradient right?  An independent route to it, and a strict comparison.

The complex step takes ∂L/∂p as Im L(p + i·1e-30) / 1e-30.  Nothing is subtracted, so
it is right to the last digits even where the gradient is 1e-60, the subject of this
book; a difference of two losses returns 0 there (Squire and Trapp, 1998).

Chapter: gradients.
"""

from typing import Any, NamedTuple

import numpy as np

from lstm_core import tree, unroll


def complex_step(loss, record, step=1e-30):
    """Gradient of the real number `loss(record)`, one entry at a time.

    record: an array, or a nested record of arrays.
    loss: takes such a record, of complex numbers, to a complex number.  It must be
        analytic (no abs, no .real) and, in between, keep the type that it is given.
    Returns a record like `record`; raises TypeError for a loss that is not complex.
    """
    point = tree.map(lambda leaf: np.asarray(leaf).astype(complex), record)
    value = loss(point)
    kind = getattr(value, "dtype", np.dtype(type(value))).kind
    if kind != "c" or np.ndim(value):
        got = type(value).__name__
        raise TypeError(f"expected loss as a complex number (no abs, .real), got {got}")
    return _entrywise(lambda moved: np.imag(loss(moved(1j * step))) / step, point)


def central_difference(loss, record, step=1e-6):
    """The same by (L(p + step) - L(p - step)) / 2 step: good to 1e-9 of the largest.

    Here to show what it misses: where the gradient is small beside the loss, the two
    losses are the same number and the answer is 0.
    """
    point = tree.map(lambda leaf: np.asarray(leaf, float), record)
    return _entrywise(
        lambda moved: (loss(moved(step)) - loss(moved(-step))) / (2 * step), point
    )


def _entrywise(slope, record):
    """A record of slope(moved): moved(distance) is `record` with one entry moved."""
    gradient = record
    for name, leaf in tree.leaves(record):
        slopes = np.empty(np.shape(leaf))
        for place in np.ndindex(slopes.shape):

            def moved(distance, name=name, leaf=leaf, place=place):
                leaf = np.array(leaf)
                leaf[place] += distance
                return tree.replace(record, name, leaf)

            slopes[place] = slope(moved)
        gradient = tree.replace(gradient, name, slopes)
    return gradient


class Entry(NamedTuple):
    """One number by two routes, and their difference relative to the larger of them."""

    name: str
    index: tuple
    ours: float
    reference: float
    error: float

    @property
    def ratio(self):
        """ours / reference; 2.0 or -1.0 says more than the error does."""
        if self.reference == 0:
            return np.nan if self.ours == 0 else np.inf * np.sign(self.ours)
        return self.ours / self.reference

    def __str__(self):
        place = ", ".join(str(k) for k in self.index)
        return (
            f"{self.name}[{place}]: {self.ours:.17g} against {self.reference:.17g}, "
            f"ratio {self.ratio:.6g}, relative error {self.error:.1e}"
        )


def compare(ours, reference, count=5):
    """The `count` entries that differ most, worst first, as a list of `Entry`.

    ours, reference: records (or arrays) of the same shape.  The error of an entry is
    relative to that entry alone: a zero against anything else has error 1, two equal
    numbers 0, and what is not finite on both sides alike has error infinity.
    Raises ValueError if the records have different leaves or shapes.
    """
    worst = []
    pairs = zip(*_same_leaves(ours, reference), strict=True)
    for (name, left), (_, right) in pairs:
        errors = _relative(left, right)
        for flat in np.argsort(-errors, axis=None)[:count]:
            index = tuple(int(k) for k in np.unravel_index(flat, errors.shape))
            numbers = float(left[index]), float(right[index]), float(errors[index])
            worst.append(Entry(name, index, *numbers))
    return sorted(worst, key=lambda entry: -entry.error)[:count]


def _same_leaves(*records):
    sides = [
        [(name, np.asarray(leaf, float)) for name, leaf in tree.leaves(record)]
        for record in records
    ]
    ours, reference = [[(name, a.shape) for name, a in side] for side in sides]
    if ours != reference:
        odd = sorted(set(ours) ^ set(reference))
        raise ValueError(f"expected records of the same leaves and shapes, got {odd}")
    return sides


def _relative(left, right):
    same = left == right
    with np.errstate(invalid="ignore", over="ignore"):
        error = abs(left - right) / np.maximum(
            np.maximum(abs(left), abs(right)), np.where(same, 1.0, 5e-324)
        )
    return np.where(same, 0.0, np.where(np.isfinite(error), error, np.inf))


def assert_agree(ours, reference, tolerance=1e-10):
    """Raise AssertionError, with a table of the worst entries, unless all agree."""
    wrong = [e for e in compare(ours, reference) if not e.error <= tolerance]
    if wrong:
        table = "\n".join(f"  {entry}" for entry in wrong)
        raise AssertionError(f"gradients differ by more than {tolerance}:\n{table}")


class Inputs(NamedTuple):
    """All that a run over a sequence depends on: parameters, inputs, initial state."""

    p: Any
    xs: np.ndarray
    state: Any


def both_routes(cell, p, xs, state, dhs, dstate):
    """Gradients of L = Σ dhs·hs + Σ dstate·(final state), by BPTT and complex step.

    xs (T, B, D), dhs (T, B, H), dstate a state; with random numbers for the last two
    every output counts, each by another weight.  Returns two records `Inputs`.
    """

    def loss(at):
        hs, final, _ = unroll.forward(cell, *at)
        products = tree.map(np.multiply, (hs, *final), (dhs, *dstate))
        return sum(leaf.sum() for _, leaf in tree.leaves(products))

    trace = unroll.forward(cell, p, xs, state)[2]
    by_bptt = Inputs(*unroll.backward(cell, p, trace, dhs, dstate))
    return by_bptt, complex_step(loss, Inputs(p, xs, state))
