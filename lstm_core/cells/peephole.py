"""An LSTM whose gates see the cell, each unit its own (Gers and Schmidhuber, 2000).

The input and the forget gate see the cell before the step, the output gate after it.

Chapter: history.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lstm_core import draws
from lstm_core.cells import lstm
from lstm_core.cells.gate import Gate, affine, affines_back
from lstm_core.cells.lstm import LSTM, State, Trace


class Peepholes(NamedTuple):
    """What each gate's pre-activation adds for each unit of its own cell: all (H,)."""

    i: np.ndarray
    f: np.ndarray
    o: np.ndarray


class Params(NamedTuple):
    """Weights of the gates and the candidate, and the peepholes v."""

    i: Gate
    f: Gate
    o: Gate
    g: Gate
    v: Peepholes


@dataclass(frozen=True)
class PeepholeLSTM(LSTM):
    """The LSTM with peepholes; slots as in `LSTM`."""

    def init(self, rng, D, H, forget_bias=1.0, dtype=np.float64):
        """Draw parameters as `LSTM` does, and peepholes uniform in ±1/sqrt(H)."""
        gates = LSTM.init(self, rng, D, H, forget_bias, dtype)
        v = (draws.weights(rng, (H,), H, dtype) for _ in "ifo")
        return Params(*gates, Peepholes(*v))

    def step(self, p, x, state):
        """One step: x (B, D) and a state to the next state and its trace."""
        h_prev, c_prev = state
        a_i = affine(p.i, x, h_prev) + c_prev * p.v.i[..., None, :]  # (B, H)
        a_f = affine(p.f, x, h_prev) + c_prev * p.v.f[..., None, :]
        a_g = affine(p.g, x, h_prev)
        i = self.i(a_i)
        f = self.f(a_f)
        g = self.candidate(a_g)
        c = f * c_prev + i * g
        a_o = affine(p.o, x, h_prev) + c * p.v.o[..., None, :]
        o = self.o(a_o)
        s = self.output(c)
        h = o * s
        parts = (a_i, a_f, a_o, a_g, i, f, o, g)
        return State(h, c), Trace(x, h_prev, c_prev, *parts, c, s, h)

    def step_back(self, p, k, d):
        """Back through one step with trace k, given d = ∂L/∂(h, c) after it.

        Returns (dp, dx, d_prev), as `LSTM.step_back` does.
        """
        da_o = d.h * k.s * self.o.d1(k.a_o)
        dc = d.c + d.h * k.o * self.output.d1(k.c) + da_o * p.v.o[..., None, :]
        da_f = dc * k.c_prev * self.f.d1(k.a_f)
        da_i = dc * k.g * self.i.d1(k.a_i)
        da_g = dc * k.i * self.candidate.d1(k.a_g)
        dc_prev = dc * k.f
        dc_prev = dc_prev + da_i * p.v.i[..., None, :] + da_f * p.v.f[..., None, :]
        da = lstm.Params(da_i, da_f, da_o, da_g)
        dp, dx, dh = affines_back(p[:4], k.x, k.h_prev, da)
        seen = (da_i * k.c_prev, da_f * k.c_prev, da_o * k.c)
        dv = Peepholes(*(each.sum(axis=-2) for each in seen))
        return Params(*dp, dv), dx, State(h=dh, c=dc_prev)
