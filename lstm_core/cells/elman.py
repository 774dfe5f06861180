"""The plain recurrent network: one squashed sum, and no cell to keep anything in.

Here as the control of every experiment on memory (Elman, 1990).

Chapter: gradients.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lstm_core.activations import Activation
from lstm_core.cells import gate
from lstm_core.cells.gate import affine, affine_back


class State(NamedTuple):
    """What the network hands to its next step: its output h (B, H)."""

    h: np.ndarray


class Trace(NamedTuple):
    """Everything that a step computed: x (B, D), all others (B, H)."""

    x: np.ndarray
    h_prev: np.ndarray
    a: np.ndarray
    h: np.ndarray


@dataclass(frozen=True)
class Elman:
    """h = φ(xW + hU + b).  activation: φ; the parameters are one `Gate`."""

    activation: Activation = "tanh"

    __post_init__ = gate.named

    def init(self, rng, D, H, dtype=np.float64):
        """Draw parameters for inputs of D and states of H numbers."""
        return gate.init(rng, D, H, 0.0, dtype)

    def zero_state(self, p, B):
        """The state before the first step, all zeros, for B sequences."""
        return State(gate.zeros(p, B))

    def step(self, p, x, state):
        """One step: x (B, D) and a state to the next state and its trace."""
        a = affine(p, x, state.h)  # (B, H)
        h = self.activation(a)
        return State(h), Trace(x, state.h, a, h)

    def step_back(self, p, k, d):
        """Back through one step with trace k, given d = ∂L/∂(h) after it.

        Returns (dp, dx, d_prev), as `LSTM.step_back` does.
        """
        da = d.h * self.activation.d1(k.a)
        dp, dx, dh = affine_back(p, k.x, k.h_prev, da)
        return dp, dx, State(dh)
