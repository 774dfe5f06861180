"""The laws that every cell obeys, each a function of the cell."""

import numpy as np

from lstm_core import gradcheck, tree, unroll
from tests.helpers import frozen

T, B, D, H, E = 4, 2, 2, 3, 3


def randomised(rng, record, models=()):
    """A record of that shape, times an ensemble, with no entry zero, and read-only."""

    def draw(leaf):
        return rng.normal(0, 0.7, (*models, *leaf.shape)).astype(leaf.dtype)

    return frozen(tree.map(draw, record))


def case(cell, models=(), dtype=np.float64):
    """Random arguments of `both_routes`: p, xs, state, dhs, dstate."""
    rng = np.random.default_rng(5)
    p = randomised(rng, cell.init(rng, D, H, dtype=dtype), models)
    zero = cell.zero_state(p, B)
    state, dstate = (randomised(rng, zero) for _ in range(2))
    xs, dhs = (
        frozen(rng.normal(0, 1, shape).astype(dtype))
        for shape in [(T, *models, B, D), (T, *zero.h.shape)]
    )
    return p, xs, state, dhs, dstate


def exactly(left, right):
    for (name, a), (_, b) in zip(tree.leaves(left), tree.leaves(right), strict=True):
        assert a.dtype == b.dtype and np.array_equal(a, b), name


def complex_step(cell):
    gradcheck.assert_agree(*gradcheck.both_routes(cell, *case(cell)))


def single_steps(cell):
    p, xs, state, _, _ = case(cell)
    hs, final, _ = unroll.forward(cell, p, xs, state)
    for t, x in enumerate(xs):
        before, (state, trace) = state, cell.step(p, x, state)
        exactly(hs[t], state.h)
        exactly(trace.x, x)
        for name, leaf in tree.leaves(state):
            exactly(getattr(trace, name), leaf)
            exactly(getattr(trace, f"{name}_prev"), getattr(before, name))
    exactly(final, state)


def split_anywhere(cell):
    p, xs, state, dhs, dstate = case(cell)
    hs, final, trace = unroll.forward(cell, p, xs, state)
    whole = unroll.backward(cell, p, trace, dhs, dstate)
    for t in range(1, T):
        hs_1, middle, trace_1 = unroll.forward(cell, p, xs[:t], state)
        hs_2, final_2, trace_2 = unroll.forward(cell, p, xs[t:], middle)
        exactly((hs, final), (np.concatenate([hs_1, hs_2]), final_2))
        dp_2, dxs_2, dmiddle = unroll.backward(cell, p, trace_2, dhs[t:], dstate)
        dp_1, dxs_1, dstart = unroll.backward(cell, p, trace_1, dhs[:t], dmiddle)
        parts = tree.add(dp_1, dp_2), np.concatenate([dxs_1, dxs_2]), dstart
        gradcheck.assert_agree(parts, whole, 1e-13)


def ensemble(cell):
    p, xs, state, dhs, dstate = case(cell, models=(E,))
    hs, final, trace = unroll.forward(cell, p, xs, state)
    dp, dxs, dstart = unroll.backward(cell, p, trace, dhs, dstate)
    for e in range(E):
        p_e, state_e, dstate_e = (tree.at(record, e) for record in (p, state, dstate))
        hs_e, final_e, trace_e = unroll.forward(cell, p_e, xs[:, e], state_e)
        alone = unroll.backward(cell, p_e, trace_e, dhs[:, e], dstate_e)
        exactly((hs[:, e], tree.at(final, e)), (hs_e, final_e))
        exactly((tree.at(dp, e), dxs[:, e], tree.at(dstart, e)), alone)


def shared_inputs(cell):
    """An ensemble that sees one and the same xs (T, B, D)."""
    p, xs, state, dhs, dstate = case(cell, models=(E,))
    shared, copies = xs[:, 0], np.repeat(xs[:, :1], E, axis=1)
    runs = [unroll.forward(cell, p, each, state) for each in (shared, copies)]
    exactly(runs[0][:2], runs[1][:2])
    backs = [unroll.backward(cell, p, run[2], dhs, dstate) for run in runs]
    gradcheck.assert_agree(*backs, 1e-13)


def float32(cell):
    p, xs, state, dhs, dstate = case(cell, dtype=np.float32)
    run = unroll.forward(cell, p, xs, state)
    record = (run, unroll.backward(cell, p, run[2], dhs, dstate))
    assert {leaf.dtype for _, leaf in tree.leaves(record)} == {np.dtype(np.float32)}


def padded(cell):
    """A padded batch = each sequence alone; its state is held from its own end on."""
    p, xs, state, dhs, dstate = case(cell)
    lengths = np.array([T, T - 2])
    hs, final, trace = unroll.forward(cell, p, xs, state, lengths)
    dp, dxs, dstart = unroll.backward(cell, p, trace, dhs, dstate, lengths)
    assert not hs[T - 2 :, 1].any() and not dxs[T - 2 :, 1].any()
    total = tree.zeros(p)
    for b, n in enumerate(lengths):
        alone, dalone = (tree.map(lambda a: a[b : b + 1], s) for s in (state, dstate))
        hs_b, final_b, trace_b = unroll.forward(cell, p, xs[:n, b : b + 1], alone)
        gradcheck.assert_agree(hs[:n, b : b + 1], hs_b, 1e-13)
        gradcheck.assert_agree(tree.map(lambda a: a[b : b + 1], final), final_b, 1e-13)
        back = unroll.backward(cell, p, trace_b, dhs[:n, b : b + 1], dalone)
        gradcheck.assert_agree(dxs[:n, b : b + 1], back[1], 1e-13)
        gradcheck.assert_agree(tree.map(lambda a: a[b : b + 1], dstart), back[2], 1e-13)
        total = tree.add(total, back[0])
    gradcheck.assert_agree(dp, total, 1e-12)


ALL = (
    complex_step,
    single_steps,
    split_anywhere,
    ensemble,
    shared_inputs,
    float32,
    padded,
)


class Broken:
    """The cell, with one leaf of what its `step_back` returns made zero."""

    def __init__(self, cell, name):
        self.cell, self.name = cell, name

    def __getattr__(self, name):
        return getattr(self.cell, name)

    def step_back(self, p, k, d):
        answer = self.cell.step_back(p, k, d)
        leaf = dict(tree.leaves(answer))[self.name]
        return tree.replace(answer, self.name, np.zeros_like(leaf))


def finds_every_missing_term(cell):
    """The complex step fails, whichever leaf of `step_back` is missing."""
    arguments = case(cell)
    p, xs, state, _, _ = arguments
    answer = cell.step_back(p, cell.step(p, xs[0], state)[1], state)
    for name, _ in tree.leaves(answer):
        ours, reference = gradcheck.both_routes(Broken(cell, name), *arguments)
        assert gradcheck.compare(ours, reference)[0].error > 1e-3, name
