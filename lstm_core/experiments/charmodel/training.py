"""Training until it has levelled off, and bits per character.

Adam starts at the first of `RATES`.  Every `CHECK` updates the text of the part "choose"
is read.  *Levelled off* means: the best of the last `PATIENCE` updates is less than
`LEAST` bits per character better than the best before them.  Then Adam goes on at the
next rate; after the last one training ends.
"""

import json
from pathlib import Path

import numpy as np

from lstm_core import fused, losses, train
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.experiments.charmodel import corpus
from lstm_core.layers import Linear, Model, Recurrent
from lstm_core.optim import Adam
from lstm_core.tasks import Text

H, T, B = 100, 128, 32
RATES = (4e-3, 1e-3, 2.5e-4)
CHECK, PATIENCE, LEAST = 250, 750, 0.01
CLIP, AT_MOST = 1.0, 10_000


def model(H=H):
    """96 characters in, an LSTM of H cells, 96 logits out."""
    return Model(Recurrent(LSTM(), H), Linear(len(corpus.ALPHABET)))


def start(seed, H=H):
    """(theta, rng): the weights at birth, and the generator that draws the batches."""
    rng = Draws(seed)
    drawn = model(H).init(rng, len(corpus.ALPHABET), np.float32)
    return fused.pack(*drawn), rng


def task(T=T, B=B):
    return Text(corpus.text("train"), T, B, corpus.ALPHABET, np.float32)


def run(p, xs, state=None):
    """(logits, state, trace) of parameters p, a `Parts`, over xs (T, B, 96)."""
    hs, state, trace = fused.forward(LSTM(), p[0], xs, state)
    return hs @ p[1].W + p[1].b, state, trace


def bits(p, part="choose", B=64, T=T):
    """Bits per character of a part that is read as B long strips side by side."""
    codes = corpus.encode(corpus.text(part))
    strips = codes[: len(codes) // B * B].reshape(B, -1).T
    state, nats, count = None, 0.0, 0
    for k in range(0, len(strips) - 1, T):
        now, then = strips[k : k + T], strips[k + 1 : k + T + 1]
        xs = corpus.one_hot(now[: len(then)], p[1].W.dtype)
        logits, state, _ = run(p, xs, state)
        nats += losses.cross_entropy(logits, then)[0] * then.size
        count += then.size
    return float(nats / count / np.log(2))


# --- until it has levelled off --------------------------------------------------------


def phase(curve):
    """Which of `RATES` is due, given the curve [(updates, bits), ...]; None at the end."""
    first, waits = 0, PATIENCE // CHECK
    for rate in range(len(RATES)):
        for end in range(first + waits + 1, len(curve) + 1):
            seen = [b for _, b in curve[first:end]]
            if min(seen[:-waits]) - min(seen[-waits:]) < LEAST:
                first = end
                break
        else:
            return rate if not curve or curve[-1][0] < AT_MOST else None
    return None


def levelling(seed, folder):
    """Train one seed and yield (step, curve) after every check; goes on if cut off.

    folder: where its checkpoint lies.
    """
    path = Path(folder) / f"seed-{seed}.npz"
    theta, rng = start(seed)
    step, curve = theta, []
    if path.exists():
        step = train.load(path, theta, Adam(RATES[0]), rng)
        curve = json.loads(path.with_suffix(".json").read_text())
        curve = [(k, b) for k, b in curve if k <= step.k]
    net, batches = model(), task()
    while (now := phase(curve)) is not None:
        updates = train.fit(
            net,
            step,
            batches.draw,
            batches.loss,
            Adam(RATES[now]),
            rng,
            CHECK,
            CLIP,
            fused.value_and_grad,
        )
        for step in updates:
            pass
        curve.append((step.k, bits(fused.unpack(step.p, H))))
        path.with_suffix(".json").write_text(json.dumps(curve))
        train.save(path, step, rng)
        yield step, curve
