"""Problems to solve by several routes, and bugs to plant in the real code."""

import inspect
import textwrap
from typing import Any, NamedTuple

import numpy as np

from lstm_core import gradcheck, symbolic, tree
from lstm_core.cells.gate import Gate
from lstm_core.cells.lstm import Params, State


class Problem(NamedTuple):
    """A run over a sequence, and weights that turn its outputs into one number."""

    p: Any
    xs: np.ndarray
    state: Any
    dhs: np.ndarray
    dstate: Any


def frozen(record):
    """The record with leaves that raise when written to."""

    def freeze(leaf):
        leaf = np.array(leaf)
        leaf.flags.writeable = False
        return leaf

    return tree.map(freeze, record)


def problem(cell, rng, T=4, B=2, D=2, H=3, E=None, scale=0.8, dtype=float):
    """Random numbers for everything, biases and initial state included, read-only."""
    lead = () if E is None else (E,)

    def draw(*shape):
        return (scale * rng.standard_normal(shape)).astype(dtype)

    p = tree.map(lambda leaf: draw(*lead, *leaf.shape), cell.init(rng, D, H))
    zero = cell.zero_state(p, B)
    state, dstate = (tree.map(lambda leaf: draw(*leaf.shape), zero) for _ in range(2))
    return frozen(Problem(p, draw(T, B, D), state, draw(T, *zero.h.shape), dstate))


def wrong_leaves(ours, reference, tolerance=1e-10):
    """Names of the leaves in which any entry differs by more than the tolerance."""
    entries = gradcheck.compare(ours, reference, count=100_000)
    return {entry.name for entry in entries if not entry.error <= tolerance}


def mutated(function, old, new):
    """`function` with `old` replaced in its source, as a slip of the pen would."""
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(old) == 1, f"{old!r} is not once in {function.__qualname__}"
    namespace = dict(function.__globals__)
    exec(source.replace(old, new), namespace)
    return namespace[function.__name__]


def with_bug(cell, method, old, new):
    """A copy of `cell` whose `method` has `old` replaced in its source."""
    kind = type(cell)
    bug = {method: mutated(getattr(kind, method), old, new)}
    copy = object.__new__(type(kind.__name__, (kind,), bug))
    vars(copy).update(vars(cell))
    return copy


def by_hand(cell, at):
    """(new State, Jacobian) of a cell of one unit, by `step` and `step_back`.

    at: symbol → number, for each of `symbolic.PARAMETERS`, x, h_prev and c_prev.
    The Jacobian is a dict (out, by) → number.
    """
    S = symbolic
    letters = dict(zip("ifog", S.GATES, strict=True))
    p = Params(
        *(
            Gate(
                np.array([[at[S.W[letters[k]]]]]),
                np.array([[at[S.U[letters[k]]]]]),
                np.array([at[S.b[letters[k]]]]),
            )
            for k in Params._fields
        )
    )
    x, h, c = (np.array([[at[symbol]]]) for symbol in (S.x, S.h_prev, S.c_prev))
    state, trace = cell.step(p, x, State(h, c))
    jacobian = {}
    for out, dh, dc in ((S.h, 1.0, 0.0), (S.c, 0.0, 1.0)):
        d = State(np.array([[dh]]), np.array([[dc]]))
        dp, dx, before = cell.step_back(p, trace, d)
        jacobian |= {(out, S.x): dx}
        jacobian |= {(out, S.h_prev): before.h, (out, S.c_prev): before.c}
        for k in Params._fields:
            for part, slope in zip((S.W, S.U, S.b), getattr(dp, k), strict=True):
                jacobian[out, part[letters[k]]] = slope
    return state, {key: value.item() for key, value in jacobian.items()}
