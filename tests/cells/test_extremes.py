"""Cells of bounded squashers at the ends of the floats: finite, and no warning."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_core import activations, tree, unroll
from lstm_core.activations import Activation
from tests.cells import checks, stated
from tests.helpers import frozen

T, B = 3, 2
ENDS = [0.0, 5e-324, 1e-310, 1e-160, 1e-17, 1.0, 19.0, 37.0, 710.0, 1e160, 1e300]


def bounded(cell):
    rows = [row for row in vars(cell).values() if isinstance(row, Activation)]
    return np.isfinite([row.range for row in rows]).all()


CELLS = [(cell, statement) for cell, statement in stated.CELLS if bounded(cell)]


SIGNS = st.sampled_from([-1.0, 1.0])


def numbers(*shape):
    size = int(np.prod(shape))
    each = st.builds(lambda size, sign: size * sign, st.sampled_from(ENDS), SIGNS)
    return st.lists(each, min_size=size, max_size=size).map(
        lambda drawn: frozen(np.reshape(drawn, shape))
    )


def stays_finite(cell, xs, b, lengths):
    """Forwards and back, with xs as inputs and b, repeated, in all biases."""
    rng = np.random.default_rng(1)
    p = checks.randomised(rng, cell.init(rng, checks.D, checks.H))
    for name, leaf in tree.leaves(p):
        if leaf.ndim == 1:
            p = tree.replace(p, name, frozen(np.resize(b, leaf.shape)))
    with np.errstate(all="raise", under="ignore"):
        run = unroll.forward(cell, p, xs, lengths=lengths)
        dhs = frozen(np.ones_like(run[0]))
        back = unroll.backward(cell, p, run[2], dhs, lengths=lengths)
    for name, leaf in tree.leaves((run, back)):
        assert np.isfinite(leaf).all(), name


@settings(max_examples=60)
@pytest.mark.parametrize("cell, statement", CELLS, ids=stated.label)
@given(data=st.data())
def test_from_the_smallest_to_the_largest(cell, statement, data):
    lengths = data.draw(st.none() | st.lists(st.integers(0, T), min_size=B, max_size=B))
    xs = data.draw(numbers(T, B, checks.D))
    stays_finite(cell, xs, data.draw(numbers(4)), lengths)


def test_a_sigmoid_that_overflows_is_found():
    row = activations.get("sigmoid")
    naive = row._replace(value=lambda z: 1 / (1 + np.exp(-z)))
    xs, b = np.full((T, B, checks.D), 0.0), np.full(4, -1e300)
    for cell, statement in CELLS:
        if statement in (stated.lstm, stated.gru):
            slot = "f" if statement is stated.lstm else "z"
            stays_finite(cell, xs, b, None)
            with pytest.raises(FloatingPointError, match="overflow"):
                stays_finite(replace(cell, **{slot: naive}), xs, b, None)
