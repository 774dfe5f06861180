"""Every cell with one unit as SymPy differentiates its statement, to 30 digits."""

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from lstm_core import gradcheck, symbolic, tree
from tests.cells import stated
from tests.helpers import problem, with_bug

INF = float("inf")


class Scalar(sp.Symbol):
    """A symbol that multiplies as the matrix (1, 1) that it stands for."""

    def __matmul__(self, other):
        return self * other

    def __rmatmul__(self, other):
        return other * self


def squash(name, z):
    return symbolic.definition(name).subs(symbolic.z, z)


def clip(z, limit):
    if limit == INF:
        return z
    limit = sp.Rational(limit)
    return sp.Piecewise((limit, z > limit), (-limit, z < -limit), (z, True))


def symbols(record):
    """The record with a symbol for each leaf, called by its dotted name."""
    for name, _ in tree.leaves(record):
        record = tree.replace(record, name, Scalar(name, real=True))
    return record


def both(cell, statement):
    """(new state, its Jacobian) of one step by `step` and `step_back`, and by SymPy."""
    cell = replace(cell, P=1) if hasattr(cell, "P") else cell
    run = problem(cell, np.random.default_rng(7), T=1, B=1, D=1, H=1)
    at = run.p, run.xs[0], run.state
    state, trace = cell.step(*at)
    ones = [
        state._make(np.full((1, 1), k == each) * 1.0 for k in state._fields)
        for each in state._fields
    ]
    ours = state, tuple(cell.step_back(run.p, trace, one) for one in ones)
    letters = symbols(at)
    held = Scalar("held", real=True)
    s = stated.squashers(cell, squash, clip=clip, held=lambda h: held)
    new = statement(s, *letters[:2], *letters[2])
    values = {held: run.state.h.item()}
    for (_, letter), (_, leaf) in zip(
        tree.leaves(letters), tree.leaves(at), strict=True
    ):
        values[letter] = leaf.item()

    def number(expression, like):
        return np.full(like.shape, float(symbolic.number(expression, values)))

    slopes = tuple(
        tree.map(lambda letter, like, e=e: number(e.diff(letter), like), letters, at)
        for e in map(symbolic.plain, new)
    )
    return ours, (tree.map(number, state._make(new), state), slopes)


@pytest.mark.parametrize("cell, statement", stated.CELLS, ids=stated.label)
def test_one_unit_is_what_sympy_says(cell, statement):
    gradcheck.assert_agree(*both(cell, statement), 1e-13)


@pytest.mark.parametrize(
    "cell, statement, method, old, new", stated.BUGS, ids=range(len(stated.BUGS))
)
def test_a_bug_in_a_cell_is_found(cell, statement, method, old, new):
    ours, theirs = both(with_bug(cell, method, old, new), statement)
    assert gradcheck.compare(ours, theirs)[0].error > 1e-3
