"""Training until it has levelled off, and bits per character.

Adam starts at the first of `RATES`.  Every `CHECK` updates the text of the part
"choose" is read.  *Levelled off* means: the best of the last `PATIENCE` updates is less
than `LEAST` bits per character better than the best before them.  Then Adam goes on at
the next rate; after the last one training ends.
"""

import hashlib
import json
import time
from pathlib import Path

import numpy as np

from lstm_core import fused, losses, train, unroll
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.experiments.charmodel import corpus
from lstm_core.layers import Linear, Model, Recurrent
from lstm_core.optim import Adam
from lstm_core.tasks import Text

H, T, B = 100, 64, 16
RATES = (8e-3, 1e-3)
CHECK, PATIENCE, LEAST = 1000, 2000, 0.02
CLIP, AT_MOST = 1.0, 20_000
FOLDER = Path(__file__).parents[3] / "_build" / "charmodel"


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
    hs, state, trace = unroll.forward(LSTM(), p[0], xs, state)
    return hs @ p[1].W + p[1].b, state, trace


def bits(p, part="choose", B=64):
    """Bits per character of a part that is read as B long strips side by side."""
    (body, readout), cell = p, LSTM()
    codes = corpus.encode(corpus.text(part))
    strips = codes[: len(codes) // B * B].reshape(B, -1).T
    state, nats = cell.zero_state(body, B), 0.0
    for now, then in zip(strips[:-1], strips[1:], strict=True):
        x = corpus.one_hot(now, readout.W.dtype)
        state, _ = cell.step(body, x, state)
        logits = state.h @ readout.W + readout.b
        nats += losses.cross_entropy(logits[None], then[None])[0]
    return float(nats / (len(strips) - 1) / np.log(2))


# --- until it has levelled off --------------------------------------------------------


def phase(curve):
    """Which of `RATES` is due, given the curve [(updates, bits), ...]; or None."""
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


def rates(curve):
    """The rate of the updates that led to each check of a curve."""
    return [RATES[phase(curve[:k])] for k in range(len(curve))]


def trained(seed, folder=FOLDER, say=None):
    """((Params, Readout), curve) of one seed, levelled off.

    folder: where its checkpoint lies; a run that was cut off goes on from there, and
        one that has ended is not run again.
    say: called as say(step, curve, seconds for each update) after every check.
    """
    path = Path(folder) / f"seed-{seed}-{_settings()}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    step, curve, rng = _begun(path, seed)
    while (rate := phase(curve)) is not None:
        begun = time.perf_counter()
        *_, step = updates(step, RATES[rate], rng)
        curve.append((step.k, bits(fused.unpack(step.p, H))))
        path.with_suffix(".json").write_text(json.dumps(curve), encoding="utf-8")
        train.save(path, step, rng)
        if say:
            say(step, curve, (time.perf_counter() - begun) / CHECK)
    return fused.unpack(step.p, H), curve


def _settings():
    """A digest of what a checkpoint depends on, so that no other is gone on from."""
    given = (H, T, B, RATES, CHECK, PATIENCE, LEAST, CLIP, AT_MOST)
    text = "".join(map(repr, given)) + corpus.text("train") + corpus.text("choose")
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _begun(path, seed):
    """(step or theta, curve, rng): where to go on."""
    theta, rng = start(seed)
    if not path.exists():
        return theta, [], rng
    step = train.load(path, theta, Adam(RATES[0]), rng)
    curve = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return step, [(k, b) for k, b in curve if k <= step.k], rng


def updates(theta, rate, rng, count=CHECK, H=H):
    """Yield a `train.Step` after each of `count` updates; theta may be a Step."""
    draw, loss, grad = task().draw, losses.cross_entropy, fused.value_and_grad
    adam = Adam(rate)
    return train.fit(model(H), theta, draw, loss, adam, rng, count, CLIP, grad)
