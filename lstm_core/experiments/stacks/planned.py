"""Layers of LSTMs for training, on the plans of `lstm_core.fused`.

They compute what `Recurrent` and `Bidirectional` do, from one matrix of parameters.
State is neither taken nor given.  What the layer computed stays in its plan, so go back
through a layer before going forwards again; layers of one model differ in their place.

Chapter: stacking.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from lstm_core import fused, padding
from lstm_core.fused import Readout, Sizes
from lstm_core.layers import Both, Recurrent


@dataclass(frozen=True)
class Planned:
    """`Recurrent(cell, H)`; p is theta (4H, 1 + D + H), as `fused.pack` lays it out.

    lengths are ignored: outputs before the end of a sequence do not depend on what
    comes after it, and those after it must not enter the loss.
    """

    cell: Any
    H: int
    place: int = 0

    @property
    def size(self):
        return self.H

    @property
    def plain(self):
        return Recurrent(self.cell, self.H)

    def init(self, rng, D, dtype=np.float64):
        return self.packed(self.plain.init(rng, D, dtype))

    def packed(self, p):
        *E, _, H = p.i.W.shape
        nothing = Readout(np.empty((*E, H, 0)), np.empty((*E, 0)))
        return fused.pack(p, nothing)

    def unpacked(self, theta):
        """The parameters as `Recurrent` takes them."""
        return fused.unpack(theta, self.H)[0]

    def forward(self, theta, xs, state=None, lengths=None):
        *_, B, D = xs.shape
        sizes = Sizes(theta.shape[:-2], len(xs), B, D, self.H, 0, theta.dtype)
        plan = _plan(self, sizes)
        plan.load(theta, xs)
        fused.run(plan.forwards(len(xs)))
        return np.moveaxis(plan.h[1:], 1, -1), None, plan

    def backward(self, theta, plan, dys, dstate=None):
        plan.dhs[...] = np.moveaxis(dys, -1, 1)
        plan.dc.fill(0)
        fused.run(plan.backwards(len(dys)))
        return plan.dtheta.copy(), np.moveaxis(plan.dx, 1, -1), None


@cache
def _plan(layer, sizes):
    return fused.kept(fused.Plan(layer.cell, sizes))


@dataclass(frozen=True)
class BothWays:
    """`Bidirectional` of a `Planned`: p is theta (2, 4H, 1 + D + H), ahead and back."""

    layer: Planned

    @property
    def size(self):
        return 2 * self.layer.size

    def init(self, rng, D, dtype=np.float64):
        return np.stack([self.layer.init(rng, D, dtype) for _ in Both._fields])

    def unpacked(self, theta):
        """The parameters as `Bidirectional(Recurrent(...))` takes them."""
        return Both(*map(self.layer.unpacked, theta))

    def forward(self, theta, xs, state=None, lengths=None):
        ways = np.stack([xs, padding.reverse(xs, lengths)], axis=1)
        hs, _, plan = self.layer.forward(theta, ways)
        ys = np.concatenate([hs[:, 0], padding.reverse(hs[:, 1], lengths)], axis=-1)
        return ys, None, (plan, lengths)

    def backward(self, theta, trace, dys, dstate=None):
        plan, lengths = trace
        dahead, dback = np.split(dys, 2, axis=-1)
        ways = np.stack([dahead, padding.reverse(dback, lengths)], axis=1)
        dtheta, dways, _ = self.layer.backward(theta, plan, ways)
        return dtheta, dways[:, 0] + padding.reverse(dways[:, 1], lengths), None
