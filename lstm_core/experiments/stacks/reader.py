"""A deep bidirectional LSTM with CTC that reads strings of handwritten digits.

Two layers that read from both ends, as Graves, Mohamed and Hinton (2013) stacked them
for speech, with nothing in between.  A column of 8 points is one step.

Chapter: stacking.
"""

import numpy as np

from lstm_core.cells.lstm import LSTM
from lstm_core.ctc import best_path
from lstm_core.draws import Draws
from lstm_core.experiments.stacks import shipped, training
from lstm_core.experiments.stacks.planned import BothWays, Planned
from lstm_core.layers import Bidirectional, Linear, Model, Parts, Recurrent, Stack
from lstm_core.tasks import DigitStrings

H, UPTO, SEED = 20, 5, 0
PHASES = ((1e-2, 2000), (3e-3, 1000), (1e-3, 500))


def model():
    """8 points in, two layers of 2 H units, 11 logits out: the blank and ten digits."""
    layer = Bidirectional(Recurrent(LSTM(), H))
    return Model(Stack((layer, layer)), Linear(DigitStrings.K))


def train():
    """Train it, and write the weights to `weights/reader.npz`."""
    layers = tuple(BothWays(Planned(LSTM(), H, place)) for place in range(2))
    fast = Model(Stack(layers), Linear(DigitStrings.K))
    rng, task = Draws(SEED), DigitStrings(UPTO, dtype=np.float32)
    start = fast.init(rng, task.D, np.float32)
    p = training.trained("reader", fast, start, task, PHASES, rng)
    body = tuple(
        layer.unpacked(theta) for layer, theta in zip(layers, p.body, strict=True)
    )
    return shipped.save("reader", Parts(body, p.readout))


def load():
    """(model, p) with the shipped weights."""
    net = model()
    return net, shipped.load("reader", net.init(Draws(SEED), DigitStrings.D))


# --- how well it reads ----------------------------------------------------------------


def strings(n, seed=1, upto=UPTO, part="test"):
    """A batch of n strings of digits that the network has not seen."""
    return DigitStrings(upto, part, n).draw(Draws(seed))


def edits(said, want):
    """Fewest insertions, deletions and exchanges that make one sequence the other."""
    row = list(range(len(want) + 1))
    for i, a in enumerate(said, 1):
        before, row = row, [i]
        for j, b in enumerate(want, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (a != b)))
    return row[-1]


def mistakes(ys, batch):
    """For each string (edits, labels): what must be mended, of how many labels."""
    said = best_path(ys, batch.mask)
    return np.array(
        [
            (edits(s[s > 0], w[w > 0]), (w > 0).sum())
            for s, w in zip(said, batch.ys, strict=True)
        ]
    )


def chances(ys):
    """Logits (..., 11) as probabilities of the blank and of the digits 0 to 9."""
    e = np.exp(ys - ys.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
