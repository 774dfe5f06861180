"""The only loop over time: any cell, forwards over a sequence and back again.

Backpropagation through time is `step_back`, called from the last step to the first,
with the gradients of the parameters added up.

Chapter: gradients.
"""

import numpy as np

from lstm_core import padding, tree


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
    typed("hs", hs, typed("p", p))  # an activation of one's own may have widened it
    return hs, state, tree.stack(traces)


def backward(cell, p, trace, dhs, dstate=None, lengths=None):
    """Back through the whole sequence, given dhs = ∂L/∂hs (T, B, H).

    dstate: ∂L/∂(state after the last step), zeros if None; lengths: as in `forward`.
    Returns (dp, dxs, dstate): gradients of the parameters, of xs (T, B, D) and of the
    initial state.
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
    return dp, np.stack(dxs[::-1]), dstate


# --- what forward and backward accept -------------------------------------------


def _live(lengths, xs):
    """For each step of xs, which sequences still run, (..., B, 1); None for all."""
    T, *models, B, _ = xs.shape
    if lengths is None:
        return [None] * T
    return padding.live(lengths, T, B, models)[..., None]


def checked(cell, p, xs, state):
    """The initial state, after checking every argument of `forward` once."""
    *ensemble, D, H = _fitting(p)
    dtype = typed("p", p)
    shape = np.shape(xs)
    if len(shape) < 3 or shape[-1] != D or list(shape[1:-2]) not in ([], ensemble):
        raise ValueError(f"expected xs of shape (T, B, {D}), got {shape}")
    if shape[0] == 0:
        raise ValueError("expected at least one time step, got xs with T = 0")
    typed("xs", xs, dtype)
    zero = _zero(cell, p, shape[-2])
    state = zero if state is None else state
    _like("state", state, zero)
    typed("state", state, dtype)
    for what, record in (("p", p), ("xs", xs), ("state", state)):
        _finite(what, record)
    return state


def arriving(cell, p, trace, dhs, dstate):
    """(a state of zeros, dstate), after checking the arguments of `backward` once."""
    if np.shape(dhs) != trace.h.shape:
        shape = np.shape(dhs)
        raise ValueError(f"expected dhs of shape {trace.h.shape}, got {shape}")
    zero = _zero(cell, p, dhs.shape[-2])
    dstate = zero if dstate is None else dstate
    _like("dstate", dstate, zero)
    dtype = typed("p", p)
    for what, record in (("trace.h", trace.h), ("dhs", dhs), ("dstate", dstate)):
        typed(what, record, dtype)
    return zero, dstate


def _zero(cell, p, B):
    try:
        return cell.zero_state(p, B)
    except AttributeError:
        kind, fields = type(cell).__name__, getattr(p, "_fields", "none")
        sentence = f"expected p as {kind}.init draws it, got fields {fields}"
        raise ValueError(sentence) from None


def _fitting(p):
    """(D, H), or (E, D, H), of parameters of which every leaf fits the first."""
    shapes = [(name, np.shape(leaf)) for name, leaf in tree.leaves(p, "p")]
    if not tree.is_record(p) or not shapes or len(shapes[0][1]) < 2:
        raise ValueError(f"expected p as cell.init draws it, got {type(p).__name__}")
    *ensemble, D, H = shapes[0][1]
    P = next((shape[-2] for name, shape in shapes if name[-1] == "U"), H)
    matrices = {"W": (D, H), "U": (P, H), "R": (H, P)}  # P = H, unless projected
    for name, shape in shapes:
        want = (*ensemble, *matrices.get(name[-1], (H,)))
        if shape != want:
            raise ValueError(f"expected {name} of shape {want}, got {shape}")
    return *ensemble, D, H


def _like(what, record, model):
    """Raise unless the record has the fields and shapes of the model."""
    want, got = ({n: np.shape(a) for n, a in tree.leaves(r)} for r in (model, record))
    if want != got:
        raise ValueError(
            f"expected {what} as a {type(model).__name__} of shapes {want}, got {got}"
        )


def typed(what, record, dtype=None):
    """The one precision of all leaves, real or complex (to take a complex step)."""
    for name, array in tree.leaves(record, what):
        kind = getattr(array, "dtype", None)
        if kind is None or kind.kind not in "fc":
            got = kind or type(array).__name__
            raise TypeError(
                f"expected {name} as an array of floats, got {got}: "
                f"convert it with np.asarray(..., float)"
            )
        precision = np.finfo(kind).dtype
        dtype = dtype or precision
        if precision != dtype:
            raise TypeError(
                f"expected {name} of type {dtype}, like the parameters, got {kind}: "
                f"convert one of them with .astype"
            )
    return dtype


def _finite(what, record):
    if np.geterr()["invalid"] == "ignore":  # as `train` has it, to report divergence
        return
    for name, array in tree.leaves(record, what):
        if not np.isfinite(array).all():
            raise ValueError(f"expected finite numbers in {name}, got NaN or infinity")
