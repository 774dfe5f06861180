"""A small bidirectional language model with projections, after ELMo (Peters et al.).

Two stacks that share nothing but the table of characters and the readout.  One reads
ahead and says the next character, the other reads backwards and says the one before.
As in ELMo each has two layers, the output of a layer is a projection of its cells, cell
and projection are clipped to ±3, and the second layer's input is added to its output.
Nothing else stands between the layers.  (ELMo reads words, with 4,096 cells a layer.)

Chapter: stacking.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from lstm_core import losses, tree
from lstm_core.cells.projected import ProjectedLSTM
from lstm_core.draws import Draws
from lstm_core.experiments.charmodel import corpus
from lstm_core.experiments.stacks import shipped, training
from lstm_core.layers import Embedding, Linear, Recurrent, Stack
from lstm_core.tasks import Text

H, P, CLIP, SEED = 48, 16, 3.0, 0
T, B = 64, 32
PHASES = ((1e-2, 800), (3e-3, 500), (1e-3, 200))


@dataclass(frozen=True)
class Skip:
    """A layer whose input is added to its output."""

    layer: Any

    @property
    def size(self):
        return self.layer.size

    def init(self, rng, D, dtype=np.float64):
        return self.layer.init(rng, D, dtype)

    def forward(self, p, xs, state=None, lengths=None):
        ys, state, trace = self.layer.forward(p, xs, state, lengths)
        return xs + ys, state, trace

    def backward(self, p, trace, dys, dstate=None):
        dp, dxs, dstate = self.layer.backward(p, trace, dys, dstate)
        return dp, dxs + dys, dstate


class Weights(NamedTuple):
    """Table and readout, shared; the two stacks have an axis of 2: ahead and back."""

    table: Any
    stacks: Any
    readout: Any


@dataclass(frozen=True)
class BothDirections:
    """Codes (T, 2, B), each way in the order in which it is read, to logits."""

    stack: Any
    K: int

    def init(self, rng, dtype=np.float64):
        table = Embedding(P).init(rng, self.K, dtype)
        stacks = tree.stack([self.stack.init(rng, P, dtype) for _ in range(2)])
        return Weights(table, stacks, Linear(self.K).init(rng, P, dtype))

    def forward(self, p, codes, state=None, lengths=None):
        T, two, B = codes.shape
        rows, _, at_table = Embedding(P).forward(p.table, codes.reshape(T, -1))
        hs, state, at_stacks = self.stack.forward(
            p.stacks, rows.reshape(T, two, B, P), state
        )
        ys, _, at_readout = Linear(self.K).forward(p.readout, hs.reshape(T, -1, P))
        return ys.reshape(T, two, B, -1), state, (at_table, at_stacks, at_readout)

    def backward(self, p, trace, dys, dstate=None):
        T, two, B, K = dys.shape
        at_table, at_stacks, at_readout = trace
        readout, dhs, _ = Linear(K).backward(
            p.readout, at_readout, dys.reshape(T, -1, K)
        )
        stacks, drows, dstate = self.stack.backward(
            p.stacks, at_stacks, dhs.reshape(T, two, B, P), dstate
        )
        table, _, _ = Embedding(P).backward(p.table, at_table, drows.reshape(T, -1, P))
        return Weights(table, stacks, readout), None, dstate


def model():
    """96 characters in, two stacks of two layers, 96 logits out, for each direction."""
    layer = Recurrent(ProjectedLSTM(P=P, cell_clip=CLIP, output_clip=CLIP), H)
    return BothDirections(Stack((layer, Skip(layer))), len(corpus.ALPHABET))


# --- training -------------------------------------------------------------------------


def windows(codes):
    """(inputs, targets) (T - 1, 2, B) of codes (T, B): from the left, the right."""
    ways = np.stack([codes, codes[::-1]], axis=1)
    return ways[:-1], ways[1:]


class Pieces(NamedTuple):
    """Batches of pieces of the text for both directions."""

    text: Text

    def draw(self, rng):
        starts = rng.integers(0, len(self.text.text) - T, B)
        return windows(self.text._codes[np.arange(T + 1)[:, None] + starts])

    @staticmethod
    def loss(ys, targets):
        """The mean over both directions."""
        value, dys = losses.cross_entropy(ys, targets)
        return value.mean(), dys / 2


def value_and_grad(model, p, batch, loss):
    """`train.value_and_grad`, with symbols as inputs."""
    codes, targets = batch
    ys, _, trace = model.forward(p, codes)
    value, dys = loss(ys, targets)
    return value, model.backward(p, trace, dys)[0]


def train():
    """Train it, and write the weights to `weights/language.npz`."""
    net, rng = model(), Draws(SEED)
    pieces = Pieces(Text(corpus.text("train"), T, B, corpus.ALPHABET))
    start = net.init(rng, np.float32)
    p = training.trained(
        "language", net, start, pieces, PHASES, rng, grad=value_and_grad
    )
    return shipped.save("language", p)


def load():
    """(model, p) with the shipped weights."""
    net = model()
    return net, shipped.load("language", net.init(Draws(SEED)))


# --- what it knows --------------------------------------------------------------------


def surprises(net, p, text):
    """Bits (2, len(text)) that each character costs, ahead and back.

    The first read in each direction is NaN: nothing was read before it.
    """
    inputs, targets = windows(corpus.encode(text)[:, None])
    ys, _, _ = net.forward(p, inputs)
    logs = ys - ys.max(axis=-1, keepdims=True)
    logs -= np.log(np.exp(logs).sum(axis=-1, keepdims=True))
    nats = -np.take_along_axis(logs, targets[..., None], -1)[..., 0, 0]  # (T - 1, 2)
    ahead, back = np.full((2, len(text)), np.nan)
    ahead[1:], back[:-1] = nats[:, 0], nats[::-1, 1]
    return np.stack([ahead, back]) / np.log(2)


class Reading(NamedTuple):
    """What a text costs, and how often the clips act.

    bits: per character (2,), ahead and back; of count characters.  cells, outputs: for
    each layer the share of numbers that a clip has changed.
    """

    bits: np.ndarray
    count: int
    cells: tuple
    outputs: tuple


def read(net, p, text, T=256, windows_at_most=120):
    """A `Reading` of windows of T characters, evenly from the whole text."""
    codes = corpus.encode(text)
    codes = codes[: len(codes) // T * T].reshape(-1, T)
    codes = codes[:: max(1, len(codes) // windows_at_most)]
    inputs, targets = windows(codes.T)
    ys, _, (_, layers, _) = net.forward(p, inputs)
    bits = losses.cross_entropy(ys, targets)[0] / np.log(2)
    steps = [run.steps for _, run in layers]
    cells, outputs = (
        tuple(float((np.abs(getattr(one, a)) > CLIP).mean()) for one in steps)
        for a in ("a_c", "a_h")
    )
    return Reading(bits, targets[:, 0].size, cells, outputs)
