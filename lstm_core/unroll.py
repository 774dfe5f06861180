"""The loop over time: any cell, forwards over a sequence and back again.

Backpropagation through time is `step_back`, called from the last step to the first,
with the gradients of the parameters added up.

Chapter: gradients.
"""

from functools import lru_cache

import numpy as np

from lstm_core import expect, padding, tree

WIDENED = "an activation of your own must return the type that it is given"


def forward(cell, p, xs, state=None, lengths=None):
    """Run `cell` with parameters p over xs (T, B, D), from `state` (zeros if None).

    lengths: of the B sequences, integers (B,), if they are padded at their ends.  From
        its own end on, a sequence keeps its state, and its outputs are 0.
    Returns (hs, state, trace): the outputs (T, B, H), the state after the last step
    (pass it on to continue the sequence), and the trace with a leading axis T.
    Raises ValueError or TypeError if shapes, types or values of the arguments do not
    fit; NaN and infinity pass only under np.errstate(invalid="ignore").
    """
    state = checked(cell, p, xs, state)
    live = _live(lengths, xs)
    hs, traces = [], []
    for x, real in zip(xs, live, strict=True):
        new, trace = cell.step(p, x, state)
        state = padding.hold(real, new, state)
        hs.append(padding.hold(real, new.h, np.zeros_like(new.h)))
        traces.append(trace)
    hs = np.stack(hs)
    expect.typed("hs", hs, expect.typed("p", p), WIDENED)
    return hs, state, tree.stack(traces)


def backward(cell, p, trace, dhs, dstate=None, lengths=None):
    """Back through the whole sequence, given dhs = ∂L/∂hs (T, B, H).

    dstate: ∂L/∂(state after the last step), zeros if None; lengths: as in `forward`.
    Returns (dp, dxs, dstate): gradients of the parameters, of xs (T, B, D) and of the
    initial state.
    Raises ValueError or TypeError if the arguments do not fit.
    """
    zero, dstate = arriving(cell, p, trace, dhs, dstate)
    dp = tree.zeros(p)
    dxs = []
    live = _live(lengths, dhs)
    for t in reversed(range(len(dhs))):
        d = padding.hold(live[t], dstate._replace(h=dstate.h + dhs[t]), zero)
        dp_t, dx, d = cell.step_back(p, tree.at(trace, t), d)
        dstate = padding.hold(live[t], d, dstate)
        dp = tree.add(dp, dp_t)
        dxs.append(dx)
    expect.typed("dp", dp, expect.typed("p", p), WIDENED)
    return dp, np.stack(dxs[::-1]), dstate


# --- what forward and backward accept -------------------------------------------


def _live(lengths, xs):
    """For each step of xs, which sequences still run, (..., B, 1); None for all."""
    if lengths is None:
        return [None] * len(xs)
    T, *models, B, _ = xs.shape
    return padding.live(lengths, T, B, models)[..., None]


def checked(cell, p, xs, state):
    """The initial state, after checking every argument of `forward` once."""
    *ensemble, D = fitting(cell, p)
    dtype = expect.typed("p", p)
    expect.typed("xs", xs, dtype)
    shape = xs.shape
    if len(shape) < 3 or shape[-1] != D or list(shape[1:-2]) not in ([], ensemble):
        raise ValueError(f"expected xs of shape (T, B, {D}), got {shape}")
    if shape[0] == 0:
        raise ValueError("expected at least one time step, got xs with T = 0")
    zero = cell.zero_state(p, shape[-2])
    state = zero if state is None else state
    expect.shapes("state", state, zero)
    expect.typed("state", state, dtype)
    for what, record in (("p", p), ("xs", xs), ("state", state)):
        expect.finite(what, record)
    return state


def arriving(cell, p, trace, dhs, dstate):
    """(a state of zeros, dstate), after checking the arguments of `backward` once."""
    *_, D = fitting(cell, p)
    expect.fields("trace", trace, left(cell))
    expect.shape("dhs", dhs, trace.h.shape)
    zero = cell.zero_state(p, trace.h.shape[-2])
    expect.shape("trace.h", trace.h, (len(trace.h), *zero.h.shape))
    expect.shape("trace.x", trace.x, (*trace.x.shape[:-1], D))
    dstate = zero if dstate is None else dstate
    expect.shapes("dstate", dstate, zero)
    dtype = expect.typed("p", p)
    for what, record in (("trace.h", trace.h), ("dhs", dhs), ("dstate", dstate)):
        expect.typed(what, record, dtype)
    return zero, dstate


def fitting(cell, p):
    """(D,), or (E, D), of parameters that have the leaves which the cell draws."""
    expect.part("cell", cell, ("init", "zero_state", "step", "step_back"), "LSTM()")
    leaves = tree.leaves(p, "p") if tree.is_record(p) else []
    got = {name: np.shape(leaf) for name, leaf in leaves}
    first = next(iter(got.values()), ())
    if len(first) < 2:
        raise ValueError(f"expected p as cell.init draws it, got {type(p).__name__}")
    *ensemble, D, H = first
    want = _drawn(cell, D, H)
    if got.keys() != want.keys():
        odd = min(got.keys() ^ want.keys())
        part = f"{'with' if odd in want else 'without'} {odd}"
        came = ", ".join(dict.fromkeys(name.split(".")[1] for name in got))
        kind = type(cell).__name__
        raise ValueError(f"expected p as {kind}.init draws it, {part}, got {came}")
    for name, leaf in leaves:
        expect.shape(name, leaf, (*ensemble, *want[name]))
    return *ensemble, D


@lru_cache(maxsize=64)
def _drawn(cell, D, H):
    """Dotted name → shape of the parameters that the cell draws."""
    p = cell.init(np.random.default_rng(0), D, H)
    return {name: leaf.shape for name, leaf in tree.leaves(p, "p")}


@lru_cache(maxsize=64)
def left(cell):
    """The kind of trace that a step of the cell leaves."""
    p = cell.init(np.random.default_rng(0), 1, 1)
    with np.errstate(all="ignore"):
        return type(cell.step(p, np.zeros((1, 1)), cell.zero_state(p, 1))[1])
