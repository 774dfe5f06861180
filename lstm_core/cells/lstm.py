"""One step of an LSTM, forwards and backwards, with five activations to choose.

The step multiplies by the gates i, f and o and adds the candidate g; the choice of
function for each of these slots is what the book is about.

Chapter: one-step.
"""

from dataclasses import InitVar, dataclass
from typing import NamedTuple

import numpy as np

from lstm_core.activations import Activation
from lstm_core.cells import gate
from lstm_core.cells.gate import Gate, affine, affines_back


class Params(NamedTuple):
    """Weights of the input, forget and output gates and of the candidate."""

    i: Gate
    f: Gate
    o: Gate
    g: Gate


class State(NamedTuple):
    """What a cell hands to its next step: the output h and the cell c, each (B, H)."""

    h: np.ndarray
    c: np.ndarray


class Trace(NamedTuple):
    """Everything that a step computed: x (B, D), all others (B, H).

    a_i to a_g are the pre-activations of i, f, o and g; c and h are the new state,
    and s is the squashed cell, so that h = o · s.
    """

    x: np.ndarray
    h_prev: np.ndarray
    c_prev: np.ndarray
    a_i: np.ndarray
    a_f: np.ndarray
    a_o: np.ndarray
    a_g: np.ndarray
    i: np.ndarray
    f: np.ndarray
    o: np.ndarray
    g: np.ndarray
    c: np.ndarray
    s: np.ndarray
    h: np.ndarray


@dataclass(frozen=True)
class LSTM:
    """The modern LSTM (Gers, Schmidhuber and Cummins, 2000), each squasher named.

    i, f, o: activations of the three gates; candidate: of g; output: of c on its way
    out.  Each is a name from `lstm_core.activations.NAMES` or an `Activation`.
    gates: one choice for i, f and o together.

    >>> LSTM()                                   # σ, σ, σ, tanh, tanh
    >>> LSTM(gates="hard_sigmoid", candidate="relu")
    """

    i: Activation = "sigmoid"
    f: Activation = "sigmoid"
    o: Activation = "sigmoid"
    candidate: Activation = "tanh"
    output: Activation = "tanh"
    gates: InitVar[Activation | None] = None

    __post_init__ = gate.named

    def init(self, rng, D, H, forget_bias=1.0, dtype=np.float64):
        """Draw parameters for inputs of D and states of H numbers.

        rng: a generator, such as `numpy.random.default_rng(0)`.
        forget_bias: the start of b in the forget gate; all other biases start at 0.
        dtype: float64 or float32; inputs must then be of it, and all results are.
        Raises TypeError or ValueError for another rng, size or type.
        """
        biases = Params(i=0.0, f=forget_bias, o=0.0, g=0.0)
        return Params(*(gate.init(rng, D, H, bias, dtype) for bias in biases))

    def zero_state(self, p, B):
        """The state before the first step, all zeros, for B sequences."""
        zeros = gate.zeros(p.o, B)
        return State(h=zeros, c=zeros)

    def step(self, p, x, state):
        """One step: x (B, D) and a state to the next state and its trace."""
        h_prev, c_prev = state
        a_i = affine(p.i, x, h_prev)  # (B, H)
        a_f = affine(p.f, x, h_prev)
        a_o = affine(p.o, x, h_prev)
        a_g = affine(p.g, x, h_prev)
        i = self.i(a_i)
        f = self.f(a_f)
        o = self.o(a_o)
        g = self.candidate(a_g)
        c = f * c_prev + i * g
        s = self.output(c)
        h = o * s
        parts = (a_i, a_f, a_o, a_g, i, f, o, g)
        return State(h, c), Trace(x, h_prev, c_prev, *parts, c, s, h)

    def step_back(self, p, k, d):
        """Back through one step with trace k, given d = ∂L/∂(h, c) after it.

        Returns (dp, dx, d_prev): gradients of the parameters, of x (B, D),
        and of the state before the step.
        """
        dc = d.c + d.h * k.o * self.output.d1(k.c)
        da_o = d.h * k.s * self.o.d1(k.a_o)
        da_f = dc * k.c_prev * self.f.d1(k.a_f)
        da_i = dc * k.g * self.i.d1(k.a_i)
        da_g = dc * k.i * self.candidate.d1(k.a_g)
        da = Params(da_i, da_f, da_o, da_g)
        dp, dx, dh = affines_back(p, k.x, k.h_prev, da)
        return dp, dx, State(h=dh, c=dc * k.f)
