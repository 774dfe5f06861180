"""Digits through a narrow code: an autoencoder of four LSTM layers.

    rows (8, B, 8) → LSTM 32 → LSTM 16 → its last output is the code, 16 numbers
    the code, at each of 8 steps → LSTM 16 → LSTM 32 → rows again

The same activation, or none, stands wherever one LSTM layer hands to another: twice
within the halves, and once at the code.

Chapter: stacking.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from lstm_core import activations, losses, tree
from lstm_core import train as training
from lstm_core.activations import Activation
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.experiments.compare import listed
from lstm_core.experiments.stacks.planned import Planned
from lstm_core.experiments.sweep import DATA
from lstm_core.layers import Linear, Model, Parts, Recurrent, Stack
from lstm_core.optim import Adam
from lstm_core.tasks import Batch, Rows, side_by_side

WIDE, CODE = 32, 16


class Halves(NamedTuple):
    """One thing for each half: parameters or traces."""

    encoder: Any
    decoder: Any


@dataclass(frozen=True)
class Autoencoder:
    """Sequences to codes and back, by two stacks; wants a readout.

    between: what stands wherever one recurrent layer hands to the next one.
    """

    encoder: Stack
    decoder: Stack
    between: Activation = "identity"

    def __post_init__(self):
        object.__setattr__(self, "between", activations.get(self.between))

    @property
    def size(self):
        return self.decoder.size

    def init(self, rng, D, dtype=np.float64):
        encoder = self.encoder.init(rng, D, dtype)
        return Halves(encoder, self.decoder.init(rng, self.encoder.size, dtype))

    def forward(self, p, xs, state=None, lengths=None):
        hs, _, at_encoder = self.encoder.forward(p.encoder, xs)
        code = self.between(hs[-1])
        repeated = np.broadcast_to(code, hs.shape)
        ys, _, at_decoder = self.decoder.forward(p.decoder, repeated)
        return ys, None, (Halves(at_encoder, at_decoder), hs)

    def backward(self, p, trace, dys, dstate=None):
        at, hs = trace
        decoder, dcodes, _ = self.decoder.backward(p.decoder, at.decoder, dys)
        dhs = np.zeros_like(hs)
        dhs[-1] = dcodes.sum(axis=0) * self.between.d1(hs[-1])
        encoder, dxs, _ = self.encoder.backward(p.encoder, at.encoder, dhs)
        return Halves(encoder, decoder), dxs, None


def model(between="identity", cell=None, layer=None):
    """Rows of 8 points in, rows of 8 points out.

    layer(cell, H, place): makes a recurrent layer; `Recurrent` if not given.
    """
    cell = cell or LSTM()
    layer = layer or (lambda cell, H, place: Recurrent(cell, H))
    sizes = WIDE, CODE, CODE, WIDE
    a, b, c, d = (layer(cell, H, place) for place, H in enumerate(sizes))
    halves = Stack((a, b), between), Stack((c, d), between)
    return Model(Autoencoder(*halves, between), Linear(Rows.D))


def unpacked(net, p):
    """Parameters of `model(layer=Planned)` as those of `model()`."""
    stacks = net.body.encoder, net.body.decoder
    halves = (
        tuple(
            layer.unpacked(one) for layer, one in zip(stack.layers, half, strict=True)
        )
        for stack, half in zip(stacks, p.body, strict=True)
    )
    return Parts(Halves(*halves), p.readout)


# --- the task -------------------------------------------------------------------------


def batch(xs):
    """Rows that are their own targets."""
    return Batch(xs, xs, np.ones(xs.shape[:-1], bool))


def draw(rng, B=32, dtype=np.float32):
    return batch(Rows("train", B, dtype).draw(rng).xs)


def held_out(dtype=np.float32):
    """The 500 digits that were not trained on, (8, 500, 8)."""
    return Rows("test", dtype=dtype).everything().xs


def missed(ys, xs):
    """Squared error as a share of that of always saying the mean training digit."""
    mean = Rows("train").everything().xs.mean(axis=1, keepdims=True)
    xs = xs.astype(float)
    error = ys.astype(float) - (xs[:, None] if ys.ndim > xs.ndim else xs)
    return (error**2).mean(axis=(0, -2, -1)) / ((xs - mean) ** 2).mean()


def handed(net, p, xs):
    """What each layer hands to the next, before any activation: three arrays of h.

    Of the first layer (T, ..., B, 32), the code (..., B, 16), and of the third.
    """
    encoder, decoder = net.body.encoder, net.body.decoder
    first, _, _ = encoder.layers[0].forward(p.body.encoder[0], xs)
    hs, _, _ = encoder.forward(p.body.encoder, xs)
    repeated = np.broadcast_to(net.body.between(hs[-1]), hs.shape)
    third, _, _ = decoder.layers[0].forward(p.body.decoder[0], repeated)
    return first, hs[-1], third


class Trained(NamedTuple):
    """R rates times S seeds of one variant.

    net, p: the model of `Recurrent` layers, and its parameters with an axis R · S.
    missed: the share that is missed on held-out digits (R, S), NaN where it diverged.
    diverged: (R, S).
    """

    net: Any
    p: Any
    missed: np.ndarray
    diverged: np.ndarray


def train_all(seeds, rates, steps, between="identity", cell=None, B=16, clip=1.0):
    """Train every rate with every seed at once; seeds as in `sweep.train`."""
    fast = model(between, cell, Planned)
    start = [fast.init(Draws(seed), Rows.D, np.float32) for seed in seeds]
    rng = [Draws(DATA + seed) for seed in seeds]
    adam = Adam(np.repeat(np.asarray(rates, np.float32), len(seeds)))

    def draws(rng):
        return side_by_side([draw(one, B) for one in rng] * len(rates))

    begin = tree.stack(start * len(rates))
    for step in training.fit(fast, begin, draws, losses.mse, adam, rng, steps, clip):
        pass
    net, p = model(between, cell), unpacked(fast, step.p)
    xs, shape = held_out(), (len(rates), len(seeds))
    with np.errstate(all="ignore"):
        share = missed(net.forward(p, xs)[0], xs).reshape(shape)
    diverged = np.broadcast_to(step.diverged, len(adam.rate)).reshape(shape)
    return Trained(net, p, np.where(diverged, np.nan, share), diverged)


def compared(seeds, steps, rates, between="identity", inside=None):
    """What a variant misses, for the claim `between-layers`; in lists.

    inside: the squasher of candidate and output, as Keras' `activation` sets it.
    "missed", "diverged" (R, S); "negative" (R, S): the share of all h handed on that
    is below 0, before any activation takes it.
    """
    cell = LSTM(candidate=inside, output=inside) if inside else LSTM()
    trained = train_all(seeds, rates, steps, between, cell)
    with np.errstate(all="ignore"):
        hs = handed(trained.net, trained.p, held_out()[:, :100])
        below = [(np.moveaxis(h, -3, 0) < 0).reshape(len(rates) * len(seeds), -1)
                 for h in hs]  # fmt: skip
    share = np.concatenate(below, axis=1).mean(axis=1)
    return {
        "rates": list(rates),
        "missed": listed(trained.missed),
        "diverged": trained.diverged.tolist(),
        "negative": listed(share.reshape(trained.missed.shape)),
    }
