"""Digits that the autoencoders of `between-layers` give back, to look at.

`weights/autoencoder.npz` holds the weights of seed 0 with nothing between the layers,
at the rate that served it best, and for each variant of the claim what it makes of ten
unseen digits, 0 to 9: "gives VARIANT" (10, 8, 8), 0 for paper to 255 for ink.

Chapter: stacking.
"""

import numpy as np

from lstm_core import tree
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.experiments import sweep
from lstm_core.experiments.stacks import autoencoder, shipped
from lstm_core.tasks import Rows

VARIANTS = {
    "none": {},
    "tanh between": {"between": "tanh"},
    "ReLU between": {"between": "relu"},
    "activation='relu'": {"cell": LSTM(candidate="relu", output="relu")},
}
SEED, UPDATES = 0, 2000


def shown():
    """The first unseen digit of each kind as rows (8, 10, 8)."""
    batch = Rows("test").everything()
    first = [int(np.flatnonzero(batch.ys[-1] == digit)[0]) for digit in range(10)]
    return batch.xs[:, first]


def images(rows):
    """Rows (8, N, 8) as images (N, 8, 8) of whole numbers from 0 to 255."""
    ink = np.clip(np.moveaxis(rows, 0, 1), 0, 1)
    return np.round(255 * ink).astype(np.uint8)


def train():
    """Train them all, and write `weights/autoencoder.npz`."""
    gives, weights = {}, None
    for name, choice in VARIANTS.items():
        trained = autoencoder.train_all([SEED], sweep.RATES, UPDATES, **choice)
        best = sweep.best_rate(trained.missed, larger=False)
        p = tree.at(trained.p, best)
        if weights is None:
            weights = p
        ys, _, _ = trained.net.forward(p, shown().astype(np.float32))
        gives[f"gives {name}"] = images(ys)
        print(f"{name}: misses {trained.missed[best, 0]:.3f}", flush=True)
    return shipped.save("autoencoder", weights, **gives)


def load():
    """(model, p, {variant: images}) of the shipped file."""
    net, found = autoencoder.model(), shipped.arrays("autoencoder")
    gives = {name: found[f"gives {name}"] for name in VARIANTS}
    return net, shipped.load("autoencoder", net.init(Draws(SEED), Rows.D)), gives
