"""Layers that run over time: a cell from the left, or a layer from both ends.

Chapter: stacking.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from lstm_core import expect, padding, unroll


class Run(NamedTuple):
    """Trace of a recurrent layer: of its cell over T steps, or `Both`; the lengths."""

    steps: Any
    lengths: Any


@dataclass(frozen=True)
class Recurrent:
    """A cell with H units, run over time; the state is that of the cell."""

    cell: Any
    H: int

    def __post_init__(self):
        expect.part("cell", self.cell, ("init", "step", "step_back"), "LSTM()")
        expect.whole("H", self.H)

    @property
    def size(self):
        """The size of the outputs: H, or P of a cell that projects."""
        return getattr(self.cell, "P", self.H)

    def init(self, rng, D, dtype=np.float64):
        """Parameters as the cell draws them."""
        return self.cell.init(rng, D, self.H, dtype=dtype)

    def forward(self, p, xs, state=None, lengths=None):
        """As `unroll.forward`."""
        hs, state, trace = unroll.forward(self.cell, p, xs, state, lengths)
        expect.shape("outputs by p", hs, (*hs.shape[:-1], self.size))
        return hs, state, Run(trace, lengths)

    def backward(self, p, trace, dys, dstate=None):
        """As `unroll.backward`."""
        expect.fields("trace", trace, Run)
        return unroll.backward(self.cell, p, trace.steps, dys, dstate, trace.lengths)


class Both(NamedTuple):
    """One thing for each direction: parameters, states or traces."""

    ahead: Any
    back: Any


@dataclass(frozen=True)
class Bidirectional:
    """Two copies of a layer, one reading each sequence from its own end.

    ys are the outputs of both, side by side.  The state of `back` is the one after the
    first step of the sequence, the last that it reads, as in PyTorch.
    """

    layer: Any

    def __post_init__(self):
        expect.layer("layer", self.layer)

    @property
    def size(self):
        """The size of the outputs: twice that of the layer."""
        return 2 * self.layer.size

    def init(self, rng, D, dtype=np.float64):
        """Parameters for inputs of D numbers, drawn for each direction."""
        return Both(*(self.layer.init(rng, D, dtype) for _ in Both._fields))

    def forward(self, p, xs, state=None, lengths=None):
        """xs (T, B, D) to ys (T, B, size), both states and both traces."""
        expect.fields("p", p, Both)
        state = _both("state", state)
        ahead = self.layer.forward(p.ahead, xs, state.ahead, lengths)
        turned = padding.reverse(xs, lengths)
        back = self.layer.forward(p.back, turned, state.back, lengths)
        ys = np.concatenate([ahead[0], padding.reverse(back[0], lengths)], axis=-1)
        return ys, Both(ahead[1], back[1]), Run(Both(ahead[2], back[2]), lengths)

    def backward(self, p, trace, dys, dstate=None):
        """The gradients of p, of xs and of both states, given ∂L/∂ys."""
        expect.fields("p", p, Both)
        expect.fields("trace", trace, Run)
        (trace, lengths), dstate = trace, _both("dstate", dstate)
        expect.shape("dys", dys, (*np.shape(dys)[:-1], self.size))
        dahead, dback = np.split(dys, 2, axis=-1)
        dback = padding.reverse(dback, lengths)
        ahead = self.layer.backward(p.ahead, trace.ahead, dahead, dstate.ahead)
        back = self.layer.backward(p.back, trace.back, dback, dstate.back)
        dxs = ahead[1] + padding.reverse(back[1], lengths)
        return Both(ahead[0], back[0]), dxs, Both(ahead[2], back[2])


def _both(what, record):
    """The record, with nothing for either direction if it is None."""
    record = Both(None, None) if record is None else record
    expect.fields(what, record, Both)
    return record
