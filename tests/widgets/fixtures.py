"""What lstm_core says: numbers that the explorables' JavaScript must reproduce."""

import numpy as np

from lstm_core import activations, unroll
from lstm_core.cells.lstm import LSTM, State
from lstm_core.widgets import Cell

FAMILY_ROWS = ("tempered_sigmoid(8)", "tempered_sigmoid(0.25)", "leaky_relu(0.2)")
TAILS = (1e-8, 1e-3, 10.0, 19.5, 20.0, 37.0, 38.0, 100.0, 200.0, 299.5, 300.0)
ORDERS = ("value", "d1", "d2")


def points():
    tails = np.array(TAILS)
    return np.unique(np.concatenate([np.linspace(-8, 8, 161), tails, -tails]))


def table():
    """Every row at every point, in the orders 0, 1 and 2."""
    zs = points()
    rows = {}
    for name in (*activations.NAMES, *FAMILY_ROWS):
        row = activations.get(name)
        rows[name] = {order: _list(getattr(row, order)(zs)) for order in ORDERS}
        rows[name]["kinks"] = list(row.kinks)
        rows[name]["steepest"] = _steepest(row)
        rows[name]["range"] = [v if np.isfinite(v) else None for v in row.range]
    families = {
        name: [low, None if high == np.inf else high]
        for name, (_, low, high) in activations._FAMILIES.items()
    }
    return {"zs": _list(zs), "rows": rows, "families": families}


def _steepest(row):
    return float(np.abs(row.d1(np.linspace(-40, 40, 8001))).max())


SLOTS = (
    ("sigmoid", "sigmoid", "sigmoid", "tanh", "tanh"),
    ("hard_sigmoid", "tempered_sigmoid(8)", "sigmoid", "softsign", "identity"),
    ("step", "sigmoid_rescaled", "softplus", "leaky_relu(0.2)", "sine"),
    ("sigmoid", "h_1997", "hard_tanh", "relu", "g_1997"),
)
D, H, T = 2, 3, 6


def runs():
    """LSTM runs with their gradients, one for each choice of five activations."""
    return [_run(slots, np.random.default_rng(k)) for k, slots in enumerate(SLOTS)]


def _run(slots, rng):
    cell = LSTM(*slots)
    p = cell.init(rng, D, H)
    # biases up to 30, so that some gates sit deep in their tails
    p = type(p)(*(g._replace(b=rng.normal(0, 12, H)) for g in p))
    xs = rng.normal(0, 2, (T, 1, D))
    start = State(h=rng.normal(0, 1, (1, H)), c=rng.normal(0, 1, (1, H)))
    dhs = rng.normal(0, 1, (T, 1, H))
    dend = State(h=rng.normal(0, 1, (1, H)), c=rng.normal(0, 1, (1, H)))
    state, trace = cell.step(p, xs[0], start)
    dp, dx, dprev = cell.step_back(p, trace, dend)
    hs, last, whole = unroll.forward(cell, p, xs, start)
    dps, dxs, dstart = unroll.backward(cell, p, whole, dhs, dend)
    names = ("i", "f", "o", "candidate", "output")
    return {
        "slots": dict(zip(names, slots, strict=True)),
        "p": _gates(p),
        "xs": _rows(xs),
        "start": _state(start),
        "dhs": _rows(dhs),
        "dend": _state(dend),
        "affine": _list(p.i.b + xs[0, 0] @ p.i.W + start.h[0] @ p.i.U),
        "step": {"state": _state(state), "trace": _fields(trace)},
        "back": {"dp": _gates(dp), "dx": _list(dx[0]), "dstate": _state(dprev)},
        "forward": {"hs": _rows(hs), "state": _state(last)},
        "backward": {"dp": _gates(dps), "dxs": _rows(dxs), "dstate": _state(dstart)},
    }


def _list(array):
    return np.asarray(array, dtype=float).tolist()


def _rows(array):
    return _list(array[:, 0])


def _state(state):
    return {k: _list(v[0]) for k, v in state._asdict().items()}


def _fields(trace):
    return {k: _list(v[0]) for k, v in trace._asdict().items()}


def _gates(p):
    return {
        k: {w: _list(v) for w, v in gate._asdict().items()}
        for k, gate in p._asdict().items()
    }


def composed():
    """f(gain z + shift) and its derivatives by z, as the squasher draws it."""
    cases = []
    for number, name in enumerate((*activations.NAMES, *FAMILY_ROWS)):
        gain, shift = 0.5 + 0.25 * number, 0.4 - 0.1 * number
        row = _row(name, k=6.0, slope=0.3)
        zs = np.linspace(-5, 5, 41)
        u = gain * zs + shift
        given = {"gain": gain, "shift": shift, "k": 6.0, "slope": 0.3}
        expected = [row.value(u), gain * row.d1(u), gain**2 * row.d2(u)]
        cases.append(
            {
                "name": name,
                "state": given,
                "zs": _list(zs),
                "expected": dict(zip(ORDERS, map(_list, expected), strict=True)),
                "edges": _edges(row, 0.05, gain, shift),
            }
        )
    return cases


def _row(name, k, slope):
    parameter = {"tempered_sigmoid": k, "leaky_relu": slope}.get(name)
    return activations.get(name if parameter is None else f"{name}({parameter:g})")


def _edges(row, share, gain, shift):
    """Where |slope| passes `share` of its maximum, found by halving on its own grid."""
    grid = np.linspace(-32, 32, 8199)
    least = share * _steepest(row)

    def alive(u):
        return least > 0 and abs(float(row.d1(np.array(u)))) >= least

    found = []
    for a, b in zip(grid[:-1], grid[1:], strict=True):
        if alive(a) != alive(b):
            first = alive(a)
            for _ in range(60):
                middle = (a + b) / 2
                a, b = (middle, b) if alive(middle) == first else (a, middle)
            found.append((float((a + b) / 2) - shift) / gain)
    return found


def cells():
    """Runs of the scalar cell, as the figure shows them."""
    given = [Cell(preset=name) for name in Cell.PRESETS]
    given.append(Cell(x="f(a[0], g(b))", U_i=0.5, U_g=-1.5, W_f=-2, b_o=-3, t=4))
    given.append(Cell(tied=True, W_i=1.5, U_i=-0.5, b_i=0.25))
    given.append(Cell(gates="hard_sigmoid", candidate="relu", output="identity"))
    return [
        {
            "state": {k: getattr(cell, k) for k in cell.fields()},
            "trace": {k: _list(v) for k, v in cell.trace()._asdict().items()},
        }
        for cell in given
    ]


def writes():
    """Least and most of i · g, both squashing one sum, or each a sum of its own."""
    pairs = [("sigmoid", "tanh"), ("tanh", "sine"), ("sigmoid", "relu"),
             ("hard_sigmoid", "sigmoid"), ("softplus", "identity")]  # fmt: skip
    a = np.concatenate([np.linspace(-30, 30, 600_001), [-1e9, 1e9]])
    cases = []
    for names in pairs:
        i, g = map(activations.get, names)
        corners = [u * v if u and v else 0.0 for u in i.range for v in g.range]
        both = i(a) * g(a)
        ends = {"tied": (both.min(), both.max()),
                "untied": (min(corners), max(corners))}  # fmt: skip
        cases.append(
            {
                "state": {"i": names[0], "candidate": names[1]},
                "ends": {k: [_open(v) for v in pair] for k, pair in ends.items()},
            }
        )
    return cases


def _open(v):
    return None if abs(v) > 1e6 else float(v)


def everything():
    return {
        "table": table(),
        "runs": runs(),
        "composed": composed(),
        "cells": cells(),
        "writes": writes(),
    }
