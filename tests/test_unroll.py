"""The loop over time: what it returns, and the sentences it refuses with."""

import numpy as np
import pytest

from lstm_core import activations, tree, unroll
from lstm_core.cells.elman import Elman
from lstm_core.cells.gate import Gate
from lstm_core.cells.gru import GRU
from lstm_core.cells.lstm import LSTM, State
from tests.helpers import frozen, problem

CELL = LSTM()
T, B, D, H = 4, 2, 3, 5


@pytest.fixture
def run():
    return problem(CELL, np.random.default_rng(3), T, B, D, H)


def test_shapes(run):
    hs, state, trace = unroll.forward(CELL, run.p, run.xs, run.state)
    assert hs.shape == (T, B, H) and state.h.shape == state.c.shape == (B, H)
    assert trace.x.shape == (T, B, D)
    rest = tree.leaves(trace._replace(x=None))
    assert {leaf.shape for _, leaf in rest} == {(T, B, H)}
    dp, dxs, dstate = unroll.backward(CELL, run.p, trace, run.dhs, run.dstate)
    for gradient, origin in ((dp, run.p), (dxs, run.xs), (dstate, run.state)):
        for (name, got), (same, want) in zip(
            tree.leaves(gradient), tree.leaves(origin), strict=True
        ):
            assert name == same and got.shape == want.shape and got.dtype == want.dtype


def test_trace_is_the_history(run):
    hs, state, trace = unroll.forward(CELL, run.p, run.xs, run.state)
    np.testing.assert_array_equal(trace.x, run.xs)
    np.testing.assert_array_equal(trace.h, hs)
    np.testing.assert_array_equal(trace.h_prev, np.stack([run.state.h, *hs[:-1]]))
    np.testing.assert_array_equal(trace.c_prev, np.stack([run.state.c, *trace.c[:-1]]))
    np.testing.assert_array_equal(state.h, hs[-1])
    np.testing.assert_array_equal(state.c, trace.c[-1])


def test_without_a_state_it_starts_from_zeros(run):
    zero = State(np.zeros((B, H)), np.zeros((B, H)))
    hs, _, trace = unroll.forward(CELL, run.p, run.xs)
    np.testing.assert_array_equal(hs, unroll.forward(CELL, run.p, run.xs, zero)[0])
    ours = unroll.backward(CELL, run.p, trace, run.dhs)
    same = unroll.backward(CELL, run.p, trace, run.dhs, zero)
    for (_, left), (_, right) in zip(tree.leaves(ours), tree.leaves(same), strict=True):
        np.testing.assert_array_equal(left, right)


def test_float32_stays_float32():
    run = problem(CELL, np.random.default_rng(3), T, B, D, H, dtype=np.float32)
    hs, state, trace = unroll.forward(CELL, run.p, run.xs, run.state)
    gradients = unroll.backward(CELL, run.p, trace, run.dhs, run.dstate)
    for _, leaf in tree.leaves((hs, state, trace, gradients)):
        assert leaf.dtype == np.float32
    wide = frozen(tree.map(lambda leaf: leaf.astype(float), run))
    _, _, trace = unroll.forward(CELL, wide.p, wide.xs, wide.state)
    expected = unroll.backward(CELL, wide.p, trace, wide.dhs, wide.dstate)
    pairs = zip(tree.leaves(gradients), tree.leaves(expected), strict=True)
    for (_, narrow), (_, exact) in pairs:
        np.testing.assert_allclose(narrow, exact, rtol=1e-4, atol=1e-5)


def poisoned(array, value):
    array = np.array(array)
    array.flat[-1] = value
    return array


BAD = {
    "W of another H": (
        "p.o.W",
        lambda a: a[:, :-1],
        "expected p.o.W of shape (3, 5), got (3, 4)",
    ),
    "U turned over": (
        "p.g.U",
        lambda a: a[:1],
        "expected p.g.U of shape (5, 5), got (1, 5)",
    ),
    "b of one number": (
        "p.f.b",
        lambda a: a[:1],
        "expected p.f.b of shape (5,), got (1,)",
    ),
    "W flat": ("p.i.W", np.ravel, "expected p as cell.init draws it, got Params"),
    "p no record": (
        "p",
        lambda p: p.i.W,
        "expected p as cell.init draws it, got ndarray",
    ),
    "p missing": (
        "p",
        lambda p: None,
        "expected p as cell.init draws it, got NoneType",
    ),
    "an ensemble's b": (
        "p.g.b",
        lambda a: np.stack([a, a]),
        "expected p.g.b of shape (5,), got (2, 5)",
    ),
    "p of lists": (
        "p",
        lambda p: tree.map(np.ndarray.tolist, p),
        "expected p.i.W as an array of floats, got list: convert it with",
    ),
    "p of integers": (
        "p.i.b",
        lambda a: a.astype(int),
        "expected p.i.b as an array of floats, got int64: convert it with np.asarray",
    ),
    "p of two types": (
        "p.f.U",
        np.float32,
        "expected p.f.U of type float64, like the parameters, got float32: convert one",
    ),
    "p with NaN": (
        "p.g.W",
        lambda a: poisoned(a, np.nan),
        "expected finite numbers in p.g.W, got NaN or infinity",
    ),
    "xs without batch": (
        "xs",
        lambda a: a[:, 0],
        "expected xs of shape (T, B, 3), got (4, 3)",
    ),
    "xs of another D": (
        "xs",
        lambda a: a[..., :2],
        "expected xs of shape (T, B, 3), got (4, 2, 2)",
    ),
    "xs of an ensemble": (
        "xs",
        lambda a: a[:, None],
        "expected xs of shape (T, B, 3), got (4, 1, 2, 3)",
    ),
    "xs empty": (
        "xs",
        lambda a: a[:0],
        "expected at least one time step, got xs with T = 0",
    ),
    "xs a list": (
        "xs",
        np.ndarray.tolist,
        "expected xs as an array of floats, got list: convert it with np.asarray",
    ),
    "xs of integers": (
        "xs",
        lambda a: a.astype(int),
        "expected xs as an array of floats, got int64: convert it with np.asarray",
    ),
    "xs of booleans": (
        "xs",
        lambda a: a > 0,
        "expected xs as an array of floats, got bool: convert it with np.asarray",
    ),
    "xs of float32": (
        "xs",
        np.float32,
        "expected xs of type float64, like the parameters, got float32: convert one",
    ),
    "xs with infinity": (
        "xs",
        lambda a: poisoned(a, np.inf),
        "expected finite numbers in xs, got NaN or infinity",
    ),
    "state of another B": (
        "state",
        lambda s: tree.map(lambda a: a[:1], s),
        "expected state as a State of shapes {'h': (2, 5), 'c': (2, 5)}, got "
        "{'h': (1, 5), 'c': (1, 5)}",
    ),
    "state without c": (
        "state.c",
        lambda a: None,
        "expected state as a State of shapes {'h': (2, 5), 'c': (2, 5)}, got "
        "{'h': (2, 5)}",
    ),
    "state by position": (
        "state",
        tuple,
        "expected state as a State of shapes {'h': (2, 5), 'c': (2, 5)}, got "
        "{'0': (2, 5), '1': (2, 5)}",
    ),
    "state is h alone": (
        "state",
        lambda s: s.h,
        "expected state as a State of shapes {'h': (2, 5), 'c': (2, 5)}, got "
        "{'': (2, 5)}",
    ),
    "state of float32": (
        "state.c",
        np.float32,
        "expected state.c of type float64, like the parameters, got float32: convert",
    ),
    "state with NaN": (
        "state.h",
        lambda a: poisoned(a, np.nan),
        "expected finite numbers in state.h, got NaN or infinity",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_forward_says_what_is_wrong(run, case):
    name, change, sentence = BAD[case]
    part = run
    for field in name.split("."):
        part = getattr(part, field)
    bad = tree.replace(run, name, change(part))
    with pytest.raises((ValueError, TypeError)) as error:
        unroll.forward(CELL, bad.p, bad.xs, bad.state)
    assert str(error.value).startswith(sentence)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        (
            "dhs",
            lambda a: a[1:],
            "expected dhs of shape (4, 2, 5), got (3, 2, 5)",
        ),
        ("dhs", lambda a: 1.0, "expected dhs of shape (4, 2, 5), got ()"),
        (
            "dhs",
            lambda a: a.astype(int),
            "expected dhs as an array of floats, got int64: convert it with",
        ),
        (
            "dhs",
            np.float32,
            "expected dhs of type float64, like the parameters, got float32: convert",
        ),
        (
            "dstate.c",
            lambda a: a[0],
            "expected dstate as a State of shapes {'h': (2, 5), 'c': (2, 5)}, got "
            "{'h': (2, 5), 'c': (5,)}",
        ),
        (
            "dstate.h",
            np.float32,
            "expected dstate.h of type float64, like the parameters, got float32",
        ),
    ],
)
def test_backward_says_what_is_wrong(run, name, change, sentence):
    _, _, trace = unroll.forward(CELL, run.p, run.xs, run.state)
    part = run
    for field in name.split("."):
        part = getattr(part, field)
    bad = tree.replace(run, name, change(part))
    with pytest.raises((ValueError, TypeError)) as error:
        unroll.backward(CELL, run.p, trace, bad.dhs, bad.dstate)
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize("cell", [GRU(), Elman()], ids=["GRU", "Elman"])
def test_parameters_of_another_cell_are_refused(run, cell):
    kind = type(cell).__name__
    missing = "p.b_hn" if kind == "GRU" else "p.U"
    sentence = f"expected p as {kind}.init draws it, with {missing}, got i, f, o, g$"
    with pytest.raises(ValueError, match=sentence):
        unroll.forward(cell, run.p, run.xs)


def test_an_activation_that_widens_is_refused():
    tanh = activations.get("tanh")
    wide = tanh._replace(value=lambda z: np.float64(1.5) * np.tanh(z))
    cell = LSTM(candidate=wide)
    run = problem(cell, np.random.default_rng(3), T, B, D, H, dtype=np.float32)
    with pytest.raises(TypeError, match="expected hs of type float32, like the param"):
        unroll.forward(cell, run.p, run.xs)


def test_a_slope_that_widens_is_refused():
    tanh = activations.get("tanh")
    wide = tanh._replace(d1=lambda z: np.ones(z.shape))
    run = problem(CELL, np.random.default_rng(3), T, B, D, H, dtype=np.float32)
    for cell, sentence in (
        (LSTM(candidate=wide), "expected dp.i.W of type float32, .* must return the"),
        (LSTM(candidate=wide._replace(d1=tanh.d1)), None),
    ):
        _, _, trace = unroll.forward(cell, run.p, run.xs)
        if sentence is None:
            unroll.backward(cell, run.p, trace, run.dhs)
            continue
        with pytest.raises(TypeError, match=sentence):
            unroll.backward(cell, run.p, trace, run.dhs)


def test_parameters_of_another_type_than_the_trace_are_refused(run):
    _, _, trace = unroll.forward(CELL, run.p, run.xs, run.state)
    narrow = tree.map(np.float32, run.p)
    with pytest.raises(TypeError, match="expected trace.h of type float32, like the"):
        unroll.backward(CELL, narrow, trace, run.dhs, run.dstate)


def test_an_ensemble_takes_inputs_for_all_or_for_each():
    run = problem(CELL, np.random.default_rng(3), T, B, D, H, E=2)
    shared, _, _ = unroll.forward(CELL, run.p, run.xs)
    each = np.repeat(run.xs[:, None], 2, axis=1)
    np.testing.assert_array_equal(unroll.forward(CELL, run.p, each)[0], shared)
    with pytest.raises(ValueError) as error:
        unroll.forward(CELL, run.p, np.repeat(each, 2, axis=1))
    assert str(error.value) == "expected xs of shape (T, B, 3), got (4, 4, 2, 3)"
    with pytest.raises(ValueError, match="expected state as a State of shapes"):
        unroll.forward(CELL, run.p, run.xs, tree.at(run.state, 0))
    smaller = tree.replace(run.p, "o.b", run.p.o.b[:1])
    with pytest.raises(ValueError) as error:
        unroll.forward(CELL, smaller, run.xs)
    assert str(error.value) == "expected p.o.b of shape (2, 5), got (1, 5)"


def test_one_gate_alone_is_no_parameters_of_a_cell(run):
    with pytest.raises(ValueError, match="expected p as cell.init draws it, got Gate"):
        unroll.forward(CELL, Gate(1.0, 2.0, 3.0), run.xs)


def test_nan_passes_only_where_numpy_is_told_to_ignore_it(run):
    """So that training can go on to say which model of an ensemble has diverged."""
    p = tree.replace(run.p, "g.b", poisoned(run.p.g.b, np.nan))
    with np.errstate(invalid="ignore"):
        hs, _, _ = unroll.forward(CELL, p, run.xs, run.state)
    assert np.isnan(hs[..., -1]).all() and np.isfinite(hs[0, :, :-1]).all()
    with np.errstate(over="ignore"), pytest.raises(ValueError, match="finite numbers"):
        unroll.forward(CELL, p, run.xs, run.state)
