"""The only loop over time: any cell, forwards over a sequence and back again.

Backpropagation through time is `step_back`, called from the last step to the first,
with the gradients of the parameters added up.

Chapter: gradients.
"""

import numpy as np

from lstm_core import tree
from lstm_core.cells.gate import sizes


def forward(cell, p, xs, state=None):
    """Run `cell` with parameters p over xs (T, B, D), from `state` (zeros if None).

    Returns (hs, state, trace): the outputs (T, B, H), the state after the last step
    (pass it on to continue the sequence), and the trace with a leading axis T.
    Raises ValueError or TypeError if shapes, types or values of the arguments do not fit.
    """
    state = _validated(cell, p, xs, state)
    traces = []
    for x in xs:
        state, trace = cell.step(p, x, state)
        traces.append(trace)
    trace = tree.stack(traces)
    return trace.h, state, trace


def _validated(cell, p, xs, state):
    """The initial state, after checking every argument of `forward` once."""
    D, H = sizes(p)
    dtype = _checked("p", p)
    if not isinstance(xs, np.ndarray) or xs.ndim < 3 or xs.shape[-1] != D:
        shape = getattr(xs, "shape", type(xs).__name__)
        raise ValueError(f"expected xs as an array of shape (T, B, {D}), got {shape}")
    if len(xs) == 0:
        raise ValueError("expected at least one time step, got xs with T = 0")
    _checked("xs", xs, dtype)
    zero = cell.zero_state(p, xs.shape[-2])
    if state is None:
        return zero
    for (name, want), (_, got) in zip(tree.leaves(zero), tree.leaves(state), strict=True):
        if np.shape(got) != want.shape:
            raise ValueError(
                f"expected state.{name} of shape {want.shape}, got {np.shape(got)}"
            )
    _checked("state", state, dtype)
    return state


def _checked(what, record, dtype=None):
    """The one type of all leaves, which must be floats and finite."""
    for name, array in tree.leaves(record, what):
        kind = getattr(array, "dtype", np.dtype(object))
        if kind.kind not in "fc":
            raise TypeError(
                f"expected {name} as an array of floats, got {kind}: "
                f"convert it with .astype(float)"
            )
        dtype = dtype or kind
        if kind != dtype:
            raise TypeError(
                f"expected {name} of type {dtype}, like the parameters, got {kind}: "
                f"convert one of them with .astype"
            )
        if not np.isfinite(array).all():
            raise ValueError(f"expected finite numbers in {name}, got NaN or infinity")
    return dtype


def backward(cell, p, trace, dhs, dstate=None):
    """Back through the whole sequence, given dhs = ∂L/∂hs (T, B, H).

    dstate: ∂L/∂(state after the last step), zeros if None.
    Returns (dp, dxs, dstate): gradients of the parameters, of xs (T, B, D) and of the
    initial state.
    """
    if dhs.shape != trace.h.shape:
        raise ValueError(
            f"expected dhs of the shape of hs, {trace.h.shape}, got {dhs.shape}"
        )
    dp = tree.zeros(p)
    if dstate is None:
        dstate = tree.zeros(cell.zero_state(p, dhs.shape[-2]))
    dxs = []
    for t in reversed(range(len(dhs))):
        dstate = dstate._replace(h=dstate.h + dhs[t])
        dp_t, dx, dstate = cell.step_back(p, tree.at(trace, t), dstate)
        dp = tree.add(dp, dp_t)
        dxs.append(dx)
    return dp, np.stack(dxs[::-1]), dstate
