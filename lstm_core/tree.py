"""Arithmetic on nested named records of arrays.

Parameters, states and traces are named tuples whose leaves are arrays (or None, for
a part that a variant does without).  These few functions treat such a record as one
vector, so that an optimiser or a gradient check need not know which cell it serves.
"""

import numpy as np


def is_record(node):
    """Whether `node` is a record (a named tuple, or a plain tuple of records)."""
    return isinstance(node, tuple)


def _like(record, parts):
    return record._make(parts) if hasattr(record, "_make") else tuple(parts)


def map(function, *records):  # noqa: A001 - the field's word, used as tree.map
    """The record whose leaves are `function` of the corresponding leaves.

    All records must have the shape of the first; None stays None.
    """
    first = records[0]
    if first is None:
        return None
    if is_record(first):
        parts = [map(function, *children) for children in zip(*records, strict=True)]
        return _like(first, parts)
    return function(*records)


def leaves(record, name=""):
    """Pairs (dotted name, array) in the order of the fields."""
    if record is None:
        return []
    if not is_record(record):
        return [(name, record)]
    fields = getattr(record, "_fields", range(len(record)))
    prefix = f"{name}." if name else ""
    return [
        leaf
        for field, child in zip(fields, record, strict=True)
        for leaf in leaves(child, f"{prefix}{field}")
    ]


def add(left, right):
    """The leafwise sum of two records of the same shape."""
    return map(np.add, left, right)


def zeros(record):
    """A record of zeros with the shapes and types of `record`."""
    return map(np.zeros_like, record)


def replace(record, name, array):
    """A copy of `record` with the leaf of that dotted name exchanged."""
    if not name:  # the record is itself a leaf
        return array
    field, _, rest = name.partition(".")
    fields = getattr(record, "_fields", tuple(str(k) for k in range(len(record))))
    parts = list(record)
    place = fields.index(field)
    parts[place] = replace(parts[place], rest, array)
    return _like(record, parts)


def stack(records):
    """One record: the leaves of `records`, stacked on a new first axis."""
    return map(lambda *arrays: np.stack(arrays), *records)


def at(record, t):
    """The record of the leaves at index `t` of their first axis."""
    return map(lambda array: array[t], record)


def norm(vectors):
    """The lengths of vectors (..., H), even where squares overflow or vanish."""
    top = np.abs(vectors).max(axis=-1)
    scale = np.where(top > 0, top, 1)[..., None]
    return top * np.sqrt(((vectors / scale) ** 2).sum(axis=-1))
