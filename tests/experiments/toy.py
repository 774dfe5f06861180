"""Claims that are cheap, or misbehave in one way each.

Their parts leave a mark in a folder each time they run, so that a test can count.
"""

import os
import signal
import time
from pathlib import Path

import numpy as np

from lstm_core.cells.lstm import LSTM
from lstm_core.experiments import stats, sweep
from lstm_core.experiments.claim import Claim, Outcome, Part
from lstm_core.tasks import Runs

MARKS = os.environ.get("TOY_MARKS", "")
NAP = float(os.environ.get("TOY_NAP", "0"))


def mark(name):
    """Say that a part has run; returns how often it has before."""
    if not MARKS:
        return 0
    path = Path(MARKS) / name
    with open(path, "a") as file:
        file.write(f"{os.getpid()}\n")
    return len(path.read_text().splitlines()) - 1


def draw(seed, shift):
    """A number that only the seed and the shift decide; two of them are not finite."""
    mark(f"draw-{seed}")
    time.sleep(NAP)
    value = np.random.default_rng(seed).standard_normal() + shift
    return {"value": value, "gone": np.nan, "far": np.float32(np.inf)}


def train(slots, seeds):
    """Real networks, so that BLAS has something to say."""
    task = Runs("ab", 5, 8, np.float32)
    trained = sweep.train(LSTM(**slots), task, seeds, 30, rates=(0.01, 0.03))
    return {"loss": trained.loss}


def threads():
    """How many threads BLAS was told to use in this process."""
    return {name: os.environ.get(name) for name in ("OPENBLAS_NUM_THREADS",)}


def die_once():
    if mark("die-once") == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"alive": True}


def die():
    mark("die")
    os.kill(os.getpid(), signal.SIGKILL)


def fail():
    raise ZeroDivisionError("planted, and the rest goes on")


def strange():
    return {"kept": {1: "a key that is no text"}}


def overlap():
    """How many parts of this kind ran at the same time, where a folder counts them."""
    if not MARKS:
        return {"seen": 1}
    path = Path(MARKS) / f"running-{os.getpid()}"
    path.touch()
    time.sleep(0.2)
    found = [name for name in os.listdir(MARKS) if name.startswith("running-")]
    path.unlink()
    return {"seen": len(found)}


def claim(name, parts, judge=None, seeds=range(4)):
    words = ("It is so.", "A test.", "experiment", "none", "Yes.", "A number.")
    return Claim(name, *words, "By its sign.", "0.1", parts, judge or so, seeds)


def so(found, seeds, quick):
    return Outcome("holds", "It is.", (stats.exactly("parts", len(found)),), {}, {})


def drawn(shift):
    def parts(seeds, quick):
        return [Part(f"seed {s}", draw, {"seed": s, "shift": shift}) for s in seeds]

    return parts


def gained(found, seeds, quick):
    effect = stats.paired("gain", [part["value"] for part in found.values()])
    verdict = "holds" if effect.low > 0.1 else "fails" if effect.high < 0.1 else None
    sentence = f"The gain is {effect.value:.3f}."
    return Outcome(verdict or "undecided", sentence, (effect,), {"quick": quick}, {})


def trained(seeds, quick):
    slots = {"tanh": {}, "sigmoid": {"candidate": "sigmoid"}}
    return [
        Part(f"{name}, seed {seed}", train, {"slots": slot, "seeds": [seed]})
        for name, slot in slots.items()
        for seed in seeds
    ]


def lower(found, seeds, quick):
    losses = [
        [np.mean(found[f"{name}, seed {s}"]["loss"]) for s in seeds]
        for name in ("tanh", "sigmoid")
    ]
    effect = stats.paired("loss, tanh minus sigmoid", np.subtract(*losses))
    return Outcome("undecided", "Too short to tell.", (effect,), {}, {})


def just(function, *more, alone=False):
    def parts(seeds, quick):
        odd = [Part(f.__name__, f, {}, alone) for f in (function, *more)]
        return [*odd, *drawn(0)(seeds, quick)]

    return parts


def badly(found, seeds, quick):
    raise KeyError("planted")


def timed(seeds, quick):
    alone = [Part(f"alone {s}", overlap, {}, True) for s in seeds]
    return [alone[0], *drawn(0)(seeds, quick), *alone[1:]]


TOYS = (
    claim("gains", drawn(2.0), gained, range(12)),
    claim("trained", trained, lower),
    claim("single-thread", just(threads)),
    claim("dies-once", just(die_once)),
    claim("dies", just(die)),
    claim("fails-to-run", just(fail)),
    claim("returns-strange-things", just(strange)),
    claim("cannot-be-judged", drawn(0), badly),
    claim("timed", timed),
)
ALL = {toy.id: toy for toy in TOYS}
