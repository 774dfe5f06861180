"""Layers made of layers: a stack of them, and a model with its readout.

Chapter: stacking.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from lstm_core import activations, expect
from lstm_core.activations import Activation


@dataclass(frozen=True)
class Stack:
    """Layers on top of each other; p, state and trace are tuples, the lowest first.

    between: an activation for what each layer hands to the next one.  The usual stack
        has none, which is the identity.
    """

    layers: tuple
    between: Activation = "identity"

    def __post_init__(self):
        expect.part("layers", self.layers, ("__iter__",), "(Recurrent(LSTM(), 4),)")
        object.__setattr__(self, "layers", tuple(self.layers))
        object.__setattr__(self, "between", activations.get(self.between))
        for k, layer in enumerate(self.layers):
            expect.layer(f"layers[{k}]", layer)
        if not self.layers:
            raise ValueError("expected at least one layer, got none")

    @property
    def size(self):
        """The size of the outputs: that of the highest layer."""
        return self.layers[-1].size

    def init(self, rng, D, dtype=np.float64):
        """Parameters for inputs of D numbers, those of the lowest layer first."""
        sizes = [D, *(layer.size for layer in self.layers)]
        pairs = zip(self.layers, sizes, strict=False)
        return tuple(layer.init(rng, size, dtype) for layer, size in pairs)

    def forward(self, p, xs, state=None, lengths=None):
        """xs (T, B, D) to ys (T, B, size), the states and the traces."""
        before, traces, states = None, [], []
        for layer, p_one, state_one in self._each(p=p, state=state):
            if traces:
                before, xs = xs, self.between(xs)
            xs, state_one, trace = layer.forward(p_one, xs, state_one, lengths)
            traces.append((before, trace))
            states.append(state_one)
        return xs, tuple(states), tuple(traces)

    def backward(self, p, trace, dys, dstate=None):
        """The gradients of p, of xs and of the states, given ∂L/∂ys."""
        dps, dstates = [], []
        parts = self._each(p=p, trace=trace, dstate=dstate)
        for layer, p_one, (before, trace_one), d in reversed(tuple(parts)):
            dp, dys, d = layer.backward(p_one, trace_one, dys, d)
            if before is not None:
                dys = dys * self.between.d1(before)
            dps.append(dp)
            dstates.append(d)
        return tuple(dps[::-1]), dys, tuple(dstates[::-1])

    def _each(self, **given):
        """Each layer with its part of all that is given; of None it has None."""
        none = (None,) * len(self.layers)
        tuples = [none if parts is None else parts for parts in given.values()]
        for what, parts in zip(given, tuples, strict=True):
            expect.many(what, parts, len(none))
        return zip(self.layers, *tuples, strict=True)


class Parts(NamedTuple):
    """Parameters or traces of a model."""

    body: Any
    readout: Any


@dataclass(frozen=True)
class Model:
    """What is trained: a layer that carries the state, and a readout of it.

    >>> Model(Recurrent(LSTM(), 4), Linear(3))
    """

    body: Any
    readout: Any

    def __post_init__(self):
        expect.layer("body", self.body)
        methods = ("init", "forward", "backward")  # its size is nobody's to ask
        expect.part("readout", self.readout, methods, "Linear(1)")

    def init(self, rng, D, dtype=np.float64):
        """Parameters for inputs of D numbers."""
        body = self.body.init(rng, D, dtype)
        return Parts(body, self.readout.init(rng, self.body.size, dtype))

    def forward(self, p, xs, state=None, lengths=None):
        """xs (T, B, D) to ys (T, B, size of the readout), the state and the trace."""
        expect.fields("p", p, Parts)
        hs, state, body = self.body.forward(p.body, xs, state, lengths)
        ys, _, readout = self.readout.forward(p.readout, hs)
        return ys, state, Parts(body, readout)

    def backward(self, p, trace, dys, dstate=None):
        """The gradients of p, of xs and of the state, given ∂L/∂ys."""
        expect.fields("p", p, Parts)
        expect.fields("trace", trace, Parts)
        readout, dhs, _ = self.readout.backward(p.readout, trace.readout, dys)
        body, dxs, dstate = self.body.backward(p.body, trace.body, dhs, dstate)
        return Parts(body, readout), dxs, dstate
