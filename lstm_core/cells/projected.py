"""An LSTM whose output is projected to fewer numbers, with clips for cell and output.

The projection is PyTorch's `proj_size` (Sak, Senior and Beaufays, 2014).  ELMo adds
the clips: it holds the cell and the projected output within ±3 (Peters et al., 2018).

Chapter: stacking.
"""

from collections import namedtuple
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from lstm_core import draws, expect
from lstm_core.cells import gate, lstm
from lstm_core.cells.gate import Gate, affine, affines_back
from lstm_core.cells.lstm import LSTM, State

INF = float("inf")


class Params(NamedTuple):
    """Weights of gates and candidate, each U (P, H); the projection R (H, P)."""

    i: Gate
    f: Gate
    o: Gate
    g: Gate
    R: np.ndarray


class Trace(namedtuple("Trace", [*lstm.Trace._fields, "a_c", "m", "a_h"])):
    """As of `LSTM`, and what it clips: x (B, D), h, h_prev and a_h (B, P), else (B, H).

    a_c and a_h are the cell and the projection before their clips; m = o · s is what
    is projected.
    """

    __slots__ = ()


def clip(z, limit):
    """z held within ±limit, by its real part."""
    limit = float(limit)  # a number of NumPy's would widen float32
    capped = np.where(np.real(z) > limit, limit, z)
    return np.where(np.real(z) < -limit, -limit, capped)


def clip_d1(z, limit):
    """Its slope: 1 within and at ±limit, as in PyTorch and TensorFlow, 0 beyond."""
    return (np.abs(np.real(z)) <= limit).astype(z.dtype)


@dataclass(frozen=True)
class ProjectedLSTM(LSTM):
    """h = clip((o · s) R): slots as in `LSTM`.

    P: size of the output; cell_clip, output_clip: their limits, infinity for none.
    Raises ValueError for sizes and limits that are not positive.
    """

    P: int = field(kw_only=True)
    cell_clip: float = INF
    output_clip: float = INF

    def __post_init__(self, gates):
        gate.named(self, gates)
        expect.whole("P", self.P)
        for name in ("cell_clip", "output_clip"):
            value = getattr(self, name)
            if value is None or not value > 0:
                raise ValueError(f"expected {name} > 0, got {value!r}")

    def init(self, rng, D, H, forget_bias=1.0, dtype=np.float64):
        """Draw parameters as `LSTM` does, and R uniform in ±1/sqrt(H)."""
        biases = lstm.Params(i=0.0, f=forget_bias, o=0.0, g=0.0)
        gates = (gate.init(rng, D, H, bias, dtype, rows=self.P) for bias in biases)
        return Params(*gates, draws.weights(rng, (H, self.P), H, dtype))

    def zero_state(self, p, B):
        """The state before the first step, all zeros: h (B, P), c (B, H)."""
        c = gate.zeros(p.o, B)
        return State(h=np.zeros((*c.shape[:-1], p.R.shape[-1]), c.dtype), c=c)

    def step(self, p, x, state):
        """One step: x (B, D) and a state to the next state and its trace."""
        h_prev, c_prev = state
        a_i, a_f, a_o, a_g = (affine(each, x, h_prev) for each in p[:4])  # (B, H)
        i = self.i(a_i)
        f = self.f(a_f)
        o = self.o(a_o)
        g = self.candidate(a_g)
        a_c = f * c_prev + i * g
        c = clip(a_c, self.cell_clip)
        s = self.output(c)
        m = o * s
        a_h = m @ p.R  # (B, P)
        h = clip(a_h, self.output_clip)
        parts = (a_i, a_f, a_o, a_g, i, f, o, g)
        return State(h, c), Trace(x, h_prev, c_prev, *parts, c, s, h, a_c, m, a_h)

    def step_back(self, p, k, d):
        """Back through one step, as `LSTM.step_back`."""
        da_h = d.h * clip_d1(k.a_h, self.output_clip)  # (B, P)
        dm = da_h @ p.R.mT  # (B, H)
        dc = (d.c + dm * k.o * self.output.d1(k.c)) * clip_d1(k.a_c, self.cell_clip)
        da_o = dm * k.s * self.o.d1(k.a_o)
        da_f = dc * k.c_prev * self.f.d1(k.a_f)
        da_i = dc * k.g * self.i.d1(k.a_i)
        da_g = dc * k.i * self.candidate.d1(k.a_g)
        da = lstm.Params(da_i, da_f, da_o, da_g)
        dp, dx, dh = affines_back(p[:4], k.x, k.h_prev, da)
        return Params(*dp, k.m.mT @ da_h), dx, State(h=dh, c=dc * k.f)
