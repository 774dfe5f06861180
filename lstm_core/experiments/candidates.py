"""Candidates that the table does not have, and how far a cell drifts with them.

A slot may be held at 1, so that an LSTM without that gate is an ordinary `LSTM` with
the same start; and g may be a product, so that tying the weights of i and g is too.

Chapter: candidate.
"""

import numpy as np

from lstm_core import activations, fused
from lstm_core.activations import Activation, sigmoid, sigmoid_d1, tanh_d1, tanh_d2
from lstm_core.cells.lstm import LSTM

# --- rows -----------------------------------------------------------------------------


def raised(by):
    """tanh(z) + by: the slopes of tanh, and another value at zero."""
    return Activation(
        f"tanh + {by:g}",
        lambda z: np.tanh(z) + by,
        tanh_d1,
        tanh_d2,
        range=(by - 1.0, by + 1.0),
    )


def _sign(z):
    return np.sign(np.real(z)).astype(np.asarray(z).dtype)


def _tied(z):
    return sigmoid(z) * np.tanh(z)


def _tied_d1(z):
    return sigmoid_d1(z) * np.tanh(z) + sigmoid(z) * tanh_d1(z)


def _tied_d2(z):
    bend = activations.sigmoid_d2(z) * np.tanh(z) + sigmoid(z) * tanh_d2(z)
    return bend + 2 * sigmoid_d1(z) * tanh_d1(z)


ROWS = {
    row.name: row
    for row in (
        Activation("one", np.ones_like, np.zeros_like, np.zeros_like, range=(1.0, 1.0)),
        Activation("sign", _sign, np.zeros_like, np.zeros_like, (0.0,), (-1.0, 1.0)),
        Activation("tied", _tied, _tied_d1, _tied_d2, range=(-0.2072, 1.0)),
        raised(0.5),
        raised(1.0),
    )
}


def row(name):
    """The row of that name: one of `ROWS`, or of the table of activations."""
    return ROWS[name] if name in ROWS else activations.get(name)


# --- drift ----------------------------------------------------------------------------

TIMES = (100, 1600)


def drift(name, seeds):
    """How large c becomes under writes of random inputs, by seed.

    alone: f(z₁) + … + f(z_T) for standard normal z, the root mean square over 256 sums
        at the two `TIMES`.
    at_birth: c of an untrained LSTM of 16 units, f held at 1, which reads 4 random
        numbers a step; the root mean square over units and 8 sequences.
    """
    alone, at_birth = [], []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        writes = row(name)(rng.normal(size=(TIMES[1], 256)))
        alone.append(_sizes(writes.cumsum(axis=0)))
        at_birth.append(_sizes(_cells(name, rng, TIMES[1])))
    return {"alone": alone, "at_birth": at_birth}


def _sizes(c):
    """Root mean square of c (T, ...) at the two times."""
    return [float(np.sqrt(np.mean(c[T - 1] ** 2))) for T in TIMES]


def _cells(name, rng, T, D=4, H=16, B=8):
    cell = LSTM(f=row("one"), candidate=row(name))
    p = cell.init(rng, D, H)
    _, _, trace = fused.forward(cell, p, rng.normal(size=(T, B, D)))
    return trace.c
