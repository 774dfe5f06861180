"""The gated recurrent unit, in both of its conventions for the reset gate.

There is no cell apart from the output: one gate z mixes the old h with a candidate n,
and another, r, decides how much of the old h the candidate sees.  `GRU` applies r
after the matrix U, as cuDNN, PyTorch and Keras (reset_after=True) do;
`GRUResetFirst` applies it before, as its inventors did (Cho et al., 2014).  In both, z
near 1 keeps the old h.

Chapter: history.
"""

from dataclasses import InitVar, dataclass
from typing import NamedTuple

import numpy as np

from lstm_core.activations import Activation
from lstm_core.cells import gate
from lstm_core.cells.elman import State
from lstm_core.cells.gate import Gate, affine, affine_back, affines_back


class Params(NamedTuple):
    """Weights of the reset gate, the update gate and the candidate.

    b_hn (H,): the candidate's second bias, which r multiplies; None in
        `GRUResetFirst`, where it would do nothing that n.b does not.
    """

    r: Gate
    z: Gate
    n: Gate
    b_hn: np.ndarray


class Trace(NamedTuple):
    """Everything that a step computed: x (B, D), all others (B, H).

    m is what the candidate makes of the old h: hU + b_hn in `GRU`, r · h in
    `GRUResetFirst`.
    """

    x: np.ndarray
    h_prev: np.ndarray
    a_r: np.ndarray
    a_z: np.ndarray
    a_n: np.ndarray
    r: np.ndarray
    z: np.ndarray
    m: np.ndarray
    n: np.ndarray
    h: np.ndarray


@dataclass(frozen=True)
class GRU:
    """The GRU of the libraries: r multiplies hU + b_hn.

    r, z: activations of the gates; candidate: of n; gates: one choice for r and z.
    """

    r: Activation = "sigmoid"
    z: Activation = "sigmoid"
    candidate: Activation = "tanh"
    gates: InitVar[Activation | None] = None

    __post_init__ = gate.named

    def init(self, rng, D, H, dtype=np.float64):
        """Draw parameters for inputs of D and states of H numbers; biases are 0."""
        r, z, n = (gate.init(rng, D, H, 0.0, dtype) for _ in "rzn")
        return Params(r, z, n, np.zeros(H, dtype))

    def zero_state(self, p, B):
        """The state before the first step, all zeros, for B sequences."""
        return State(gate.zeros(p.z, B))

    def step(self, p, x, state):
        """One step: x (B, D) and a state to the next state and its trace."""
        (h_prev,) = state
        a_r = affine(p.r, x, h_prev)  # (B, H)
        a_z = affine(p.z, x, h_prev)
        r = self.r(a_r)
        z = self.z(a_z)
        m = h_prev @ p.n.U + p.b_hn[..., None, :]
        a_n = x @ p.n.W + r * m + p.n.b[..., None, :]
        n = self.candidate(a_n)
        h = (1 - z) * n + z * h_prev
        return State(h), Trace(x, h_prev, a_r, a_z, a_n, r, z, m, n, h)

    def step_back(self, p, k, d):
        """Back through one step with trace k, given d = ∂L/∂(h) after it.

        Returns (dp, dx, d_prev), as `LSTM.step_back` does.
        """
        da_n = d.h * (1 - k.z) * self.candidate.d1(k.a_n)
        da_z = d.h * (k.h_prev - k.n) * self.z.d1(k.a_z)
        da_r = da_n * k.m * self.r.d1(k.a_r)
        dm = da_n * k.r
        da = Params(da_r, da_z, None, None)
        dp, dx, dh = affines_back(p, k.x, k.h_prev, da)
        dn = Gate(W=k.x.mT @ da_n, U=k.h_prev.mT @ dm, b=da_n.sum(axis=-2))
        dx = dx + da_n @ p.n.W.mT
        dh = dh + dm @ p.n.U.mT + d.h * k.z
        return dp._replace(n=dn, b_hn=dm.sum(axis=-2)), dx, State(dh)


@dataclass(frozen=True)
class GRUResetFirst(GRU):
    """The GRU of Cho et al. (2014): r multiplies h before U does; slots as in `GRU`."""

    def init(self, rng, D, H, dtype=np.float64):
        """Draw parameters for inputs of D and states of H numbers; biases are 0."""
        return GRU.init(self, rng, D, H, dtype)._replace(b_hn=None)

    def step(self, p, x, state):
        """One step: x (B, D) and a state to the next state and its trace."""
        (h_prev,) = state
        a_r = affine(p.r, x, h_prev)  # (B, H)
        a_z = affine(p.z, x, h_prev)
        r = self.r(a_r)
        z = self.z(a_z)
        m = r * h_prev
        a_n = affine(p.n, x, m)
        n = self.candidate(a_n)
        h = (1 - z) * n + z * h_prev
        return State(h), Trace(x, h_prev, a_r, a_z, a_n, r, z, m, n, h)

    def step_back(self, p, k, d):
        """Back through one step with trace k, given d = ∂L/∂(h) after it.

        Returns (dp, dx, d_prev), as `LSTM.step_back` does.
        """
        da_n = d.h * (1 - k.z) * self.candidate.d1(k.a_n)
        da_z = d.h * (k.h_prev - k.n) * self.z.d1(k.a_z)
        dn, dx_n, dm = affine_back(p.n, k.x, k.m, da_n)
        da_r = dm * k.h_prev * self.r.d1(k.a_r)
        da = Params(da_r, da_z, None, None)
        dp, dx, dh = affines_back(p, k.x, k.h_prev, da)
        dh = dh + dm * k.r + d.h * k.z
        return dp._replace(n=dn), dx + dx_n, State(dh)
