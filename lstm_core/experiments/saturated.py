"""How much of what a network computes lies near the ends of a squasher's range.

Near means within `MARGIN` of the range: a sigmoid below 0.1 or above 0.9, a tanh beyond
±0.8.

Chapter: saturation.
"""

import numpy as np

from lstm_core import fused, traces, tree, unroll
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.experiments import sweep
from lstm_core.experiments.charmodel import shipped, training
from lstm_core.tasks import Runs

MARGIN = 0.1
GATES, TANHS = ("i", "f", "o"), ("g", "s")
READ = range(1, 21)  # the n of the strings aⁿbⁿ that are read
LONG = 24_000  # characters of text that are read, in pieces of 600


def shares(trace, mask=None):
    """{slot: (share near the low end, share near the high end)} of an LSTM's run.

    Over all steps (at which the mask (T, B) is true) and units; of an ensemble, arrays.
    """
    found = traces.squashed(LSTM(), trace, mask)
    ends = {slot: traces.saturation(*found[slot], MARGIN) for slot in GATES + TANHS}
    return {slot: tuple(e.mean(axis=-1) for e in both) for slot, both in ends.items()}


def near(shares, slots):
    """The share of all values of these slots that is near either end."""
    return np.mean([np.add(*shares[slot]) for slot in slots], axis=0)


def counting(seeds, steps=1000):
    """Shares of networks that learn to count aⁿbⁿ, at birth and trained, lists (S,).

    Four units, one rate; `reach` is the largest N with every n <= N right.
    """
    task = Runs("ab", upto=10, B=16)
    trained = sweep.train(LSTM(), task, seeds, steps, 4, (0.03,), dtype=np.float64)
    born = tree.stack([trained.model.init(Draws(seed), task.D) for seed in seeds])
    return {
        "birth": _counting(born),
        "trained": _counting(trained.p),
        "reach": sweep.reach(trained, Runs("ab"))[0],
    }


def _counting(p):
    batch = Runs("ab").examples(READ)
    _, _, trace = unroll.forward(LSTM(), p.body, batch.xs)
    return shares(trace, batch.mask)


def text(seed):
    """Shares of the character model of a seed, at birth and levelled off."""
    p, curve = training.trained(seed)
    return {
        "birth": reading(shipped.birth(seed)),
        "trained": reading(p),
        "updates": curve[-1][0],
        "choose": curve[-1][1],
        "report": training.bits(p, "report"),
        "curve": curve,
    }


def as_shipped():
    """The same of the network that the book ships, without training it."""
    _, p, _ = shipped.load()
    known = shipped.stored()["known"]
    found = {"birth": reading(shipped.birth(known["seed"])), "trained": reading(p)}
    return {**found, "report": known["bits"], "updates": known["updates"]}


def reading(p):
    """Shares of parameters p that read text which they were not trained on."""
    some = shipped.excerpt("report", 0, LONG)
    each = [shares(trace) for _, _, trace in shipped.reading(p, some, B=10)]
    return {k: np.mean([one[k] for one in each], axis=0).tolist() for k in each[0]}


# --- how the readout starts ---------------------------------------------------------

H, UPDATES, RATE = 64, 1000, 8e-3


def started(seeds, factor, updates=UPDATES):
    """Shares of smaller character models whose readout starts as W times a factor.

    Same cells at the start, same batches, same updates.  Gives lists (S,).
    """
    found = {"trained": [], "bits": []}
    for seed in seeds:
        theta, rng = training.start(seed, H)
        theta[4 * H :] *= factor
        *_, step = training.updates(theta, RATE, rng, updates, H)
        p = fused.unpack(step.p, H)
        found["trained"].append(reading(p))
        found["bits"].append(training.bits(p))
    return found
