"""Weights that a reader sets by hand, judged by running them far past what was given.

A cell of one unit and one input: each slot has three numbers (w, u, b).
"""

import numpy as np

from lstm_core import unroll
from lstm_core.cells.gate import Gate
from lstm_core.cells.lstm import LSTM, Params
from lstm_core.exercises.toolbox import listed, number, shown
from lstm_core.exercises.verdict import Wrong


def triples(answer, slots=Params._fields):
    """The answer as {slot: [w, u, b]} of finite floats, or a sentence."""
    if not isinstance(answer, dict):
        raise Wrong(f"a dictionary with the keys {listed(slots)}", shown(answer))
    weights = {}
    for slot in slots:
        triple = answer.get(slot)
        if not isinstance(triple, (tuple, list, np.ndarray)) or len(triple) != 3:
            raise Wrong(f"three numbers (w, u, b) under `{slot}`", shown(triple))
        weights[slot] = [
            number(v, f"`{letter}` of `{slot}`")
            for v, letter in zip(triple, "wub", strict=True)
        ]
    return weights


def scalar(weights):
    """Parameters of a cell with D = H = 1 from {"i": (w, u, b), "f": …, …}."""
    return Params(*(_gate(weights[slot]) for slot in Params._fields))


def _gate(triple):
    w, u, b = triple
    return Gate(np.array([[float(w)]]), np.array([[float(u)]]), np.array([float(b)]))


def run(weights, xs, cell=None):
    """The trace of the cell over sequences xs (T, B): {letter: array (T, B)}."""
    cell = cell or LSTM()
    _, _, trace = unroll.forward(cell, scalar(weights), np.asarray(xs)[:, :, None])
    letters = ("i", "f", "o", "g", "c", "s", "h")
    return {letter: getattr(trace, letter)[:, :, 0] for letter in letters}


def first_miss(got, want, tolerance):
    """(t, b) of the first step at which got is further than that from want, or None."""
    misses = np.argwhere(~(np.abs(got - want) < tolerance))
    return tuple(int(k) for k in misses[0]) if len(misses) else None
