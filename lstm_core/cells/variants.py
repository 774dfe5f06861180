"""The LSTM with a part left out or tied, each a small cell of its own.

All use the records of `lstm_core.cells.lstm`; the fields of an absent part are None
(Greff et al., 2017, compare them under the names in brackets).

Chapter: history.
"""

from dataclasses import dataclass

import numpy as np

from lstm_core.cells.gate import affine, affines_back
from lstm_core.cells.lstm import LSTM, Params, State, Trace


def without_output_squash(**slots):
    """h = o · c (NOAF): the LSTM whose output is the identity; slots as in `LSTM`."""
    return LSTM(**slots, output="identity")


@dataclass(frozen=True)
class CoupledLSTM(LSTM):
    """i = 1 - f (CIFG): what is forgotten makes room; slots as in `LSTM`, i unused."""

    def init(self, rng, D, H, forget_bias=1.0, dtype=np.float64):
        """Draw parameters as `LSTM` does, none for i."""
        return LSTM.init(self, rng, D, H, forget_bias, dtype)._replace(i=None)

    def step(self, p, x, state):
        """One step: x (B, D) and a state to the next state and its trace."""
        h_prev, c_prev = state
        a_f = affine(p.f, x, h_prev)  # (B, H)
        a_o = affine(p.o, x, h_prev)
        a_g = affine(p.g, x, h_prev)
        f = self.f(a_f)
        i = 1 - f
        o = self.o(a_o)
        g = self.candidate(a_g)
        c = f * c_prev + i * g
        s = self.output(c)
        h = o * s
        parts = (None, a_f, a_o, a_g, i, f, o, g)
        return State(h, c), Trace(x, h_prev, c_prev, *parts, c, s, h)

    def step_back(self, p, k, d):
        """Back through one step, as `LSTM.step_back`."""
        dc = d.c + d.h * k.o * self.output.d1(k.c)
        da_o = d.h * k.s * self.o.d1(k.a_o)
        da_f = dc * (k.c_prev - k.g) * self.f.d1(k.a_f)
        da_g = dc * k.i * self.candidate.d1(k.a_g)
        da = Params(None, da_f, da_o, da_g)
        dp, dx, dh = affines_back(p, k.x, k.h_prev, da)
        return dp, dx, State(h=dh, c=dc * k.f)


@dataclass(frozen=True)
class NoInputGate(LSTM):
    """i = 1 (NIG): every candidate is written whole; slots as in `LSTM`, i unused."""

    init = CoupledLSTM.init

    def step(self, p, x, state):
        """One step: x (B, D) and a state to the next state and its trace."""
        h_prev, c_prev = state
        a_f = affine(p.f, x, h_prev)  # (B, H)
        a_o = affine(p.o, x, h_prev)
        a_g = affine(p.g, x, h_prev)
        f = self.f(a_f)
        o = self.o(a_o)
        g = self.candidate(a_g)
        c = f * c_prev + g
        s = self.output(c)
        h = o * s
        parts = (None, a_f, a_o, a_g, None, f, o, g)
        return State(h, c), Trace(x, h_prev, c_prev, *parts, c, s, h)

    def step_back(self, p, k, d):
        """Back through one step, as `LSTM.step_back`."""
        dc = d.c + d.h * k.o * self.output.d1(k.c)
        da_o = d.h * k.s * self.o.d1(k.a_o)
        da_f = dc * k.c_prev * self.f.d1(k.a_f)
        da_g = dc * self.candidate.d1(k.a_g)
        da = Params(None, da_f, da_o, da_g)
        dp, dx, dh = affines_back(p, k.x, k.h_prev, da)
        return dp, dx, State(h=dh, c=dc * k.f)


@dataclass(frozen=True)
class NoForgetGate(LSTM):
    """f = 1 (NFG): nothing is ever forgotten; slots as in `LSTM`, f unused."""

    def init(self, rng, D, H, dtype=np.float64):
        """Draw parameters as `LSTM` does, none for f."""
        return LSTM.init(self, rng, D, H, dtype=dtype)._replace(f=None)

    def step(self, p, x, state):
        """One step: x (B, D) and a state to the next state and its trace."""
        h_prev, c_prev = state
        a_i = affine(p.i, x, h_prev)  # (B, H)
        a_o = affine(p.o, x, h_prev)
        a_g = affine(p.g, x, h_prev)
        i = self.i(a_i)
        o = self.o(a_o)
        g = self.candidate(a_g)
        c = c_prev + i * g
        s = self.output(c)
        h = o * s
        parts = (a_i, None, a_o, a_g, i, None, o, g)
        return State(h, c), Trace(x, h_prev, c_prev, *parts, c, s, h)

    def step_back(self, p, k, d):
        """Back through one step, as `LSTM.step_back`."""
        dc = d.c + d.h * k.o * self.output.d1(k.c)
        da_o = d.h * k.s * self.o.d1(k.a_o)
        da_i = dc * k.g * self.i.d1(k.a_i)
        da_g = dc * k.i * self.candidate.d1(k.a_g)
        da = Params(da_i, None, da_o, da_g)
        dp, dx, dh = affines_back(p, k.x, k.h_prev, da)
        return dp, dx, State(h=dh, c=dc)
