"""Train one variant with every rate and every seed at once, and see what it can do.

What is paired is the same for all variants: seed s draws the starting weights from
`Draws(s)`, the batches from `Draws(DATA + s)`.

Chapter: swap.
"""

from typing import Any, NamedTuple

import numpy as np

from lstm_core import fused, tree
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.layers import Linear, Model, Recurrent
from lstm_core.optim import Adam
from lstm_core.tasks import exact, side_by_side
from lstm_core.train import fit, value_and_grad

DATA = 1_000_000  # the seed of the batches, above that of the weights
RATES = (0.003, 0.01, 0.03)  # the grid of every trained comparison
AVERAGED = 50  # updates over which the last loss is averaged


class Trained(NamedTuple):
    """R rates times S seeds of one variant, in arrays (R, S).

    model: the `Model`; p: its parameters, every leaf with an axis E = R · S in front.
    loss: the mean of the last `AVERAGED` losses, NaN where it diverged.
    losses: some of the losses on the way (K, R, S), and updates (K,) says which.
    diverged: whether a model diverged.
    """

    model: Any
    p: Any
    loss: np.ndarray
    losses: np.ndarray
    updates: np.ndarray
    diverged: np.ndarray


def train(
    cell,
    task,
    seeds,
    steps,
    H=4,
    rates=RATES,
    clip=1.0,
    dtype=np.float32,
    change=None,
    kept=40,
):
    """Train `Model(Recurrent(cell, H), Linear(task.K))` with Adam: a `Trained`.

    task: with the same dtype.  seeds: integers.  clip: largest norm of a gradient.
    change: takes one model's start to another one, such as another forget bias;
        `cell.init` has a forget bias of 1.
    kept: how many points of the losses to keep.
    """
    model = Model(Recurrent(cell, H), Linear(task.K))
    start = [model.init(Draws(seed), task.D, dtype) for seed in seeds]
    start = tree.stack([change(p) if change else p for p in start] * len(rates))
    rng = [Draws(DATA + seed) for seed in seeds]
    adam = Adam(np.repeat(np.asarray(rates, dtype), len(seeds)))
    fast = type(cell) is LSTM
    grad = fused.value_and_grad if fast else value_and_grad

    def draw(rng):
        return side_by_side([task.draw(one) for one in rng] * len(rates))

    def record(p):
        return model_p(fused.unpack(p, H)) if fast else p

    def model_p(pair):
        return type(start)(*pair)

    begin = fused.pack(*start) if fast else start
    losses = []
    for step in fit(model, begin, draw, task.loss, adam, rng, steps, clip, grad):
        losses.append(step.loss)
    shape = (len(rates), len(seeds))
    losses = np.array(losses, float).reshape(-1, *shape)
    with np.errstate(all="ignore"):
        last = losses[-AVERAGED:].mean(axis=0)
    diverged = np.broadcast_to(step.diverged, len(rates) * len(seeds)).reshape(shape)
    updates = np.unique(np.linspace(1, len(losses), kept).astype(int))
    return Trained(
        model,
        record(step.p),
        np.where(diverged, np.nan, last),
        losses[updates - 1],
        updates,
        diverged,
    )


def reach(trained, language, upto=200):
    """The largest N with every string n <= N right, (R, S); 0 where it diverged."""
    with np.errstate(all="ignore"):
        ns = exact(trained.model, trained.p, language, upto)
    return np.where(trained.diverged, 0, ns.reshape(trained.loss.shape))


def right(trained, batch, task):
    """The share of the batch's sequences that are right, (R, S); 0 where diverged."""
    with np.errstate(all="ignore"):
        ys, _, _ = trained.model.forward(trained.p, batch.xs, lengths=batch.lengths)
        share = task.correct(ys, batch).mean(axis=-1)
    return np.where(trained.diverged, 0, share.reshape(trained.loss.shape))


def best_rate(scores, larger=True, middle=np.median):
    """The index of the rate with the best median over seeds, of scores (R, S).

    NaN counts as worst.  Ties go to the smaller rate.  middle: np.mean for the mean.
    """
    scores = np.asarray(scores, float)
    scores = np.where(np.isnan(scores), -np.inf, scores if larger else -scores)
    return int(middle(scores, axis=-1).argmax())
