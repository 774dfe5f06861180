"""Claims about stacked layers and what stands between them.

Chapter: stacking.
"""

import numpy as np

from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.experiments import compare, stats, sweep
from lstm_core.experiments.claim import Claim, Outcome, Part
from lstm_core.experiments.stacks import autoencoder, libraries
from lstm_core.tasks import Rows

# --- between-layers -----------------------------------------------------------------

VARIANTS = {
    "none": {},
    "tanh between": {"between": "tanh"},
    "ReLU between": {"between": "relu"},
    "activation='relu'": {"inside": "relu"},
}
SIMILAR = 10.0  # per cent


def _between_parts(seeds, quick):
    settings = {"seeds": list(seeds), "steps": 2000, "rates": list(sweep.RATES)}
    if quick:
        settings |= {"seeds": list(seeds[:3]), "steps": 150, "rates": [0.03]}
    return [
        Part(name, autoencoder.compared, settings | given)
        for name, given in VARIANTS.items()
    ]


def _at_best(part):
    """(missed (S,), negative (S,), rate, diverged) at the rate that served it best.

    A network that diverged has missed everything: 1.
    """
    missed = np.array(part["missed"], float)
    r = sweep.best_rate(missed, larger=False)
    diverged = np.array(part["diverged"][r])
    negative = np.array(part["negative"], float)[r]
    return np.where(diverged, 1.0, missed[r]), negative, part["rates"][r], diverged


def _more(name, missed, none):
    """How much more a variant misses than none, in per cent, from paired logarithms."""
    effect = stats.paired(name, np.log(missed / none))
    ends = (100 * float(np.expm1(v)) for v in (effect.value, effect.low, effect.high))
    return effect._replace(**dict(zip(("value", "low", "high"), ends, strict=True)))


def _between_judge(found, seeds, quick):
    best = {name: _at_best(part) for name, part in found.items()}
    none = best["none"][0]
    effects = tuple(
        _more(f"{name}: error against none, per cent more", best[name][0], none)
        for name in VARIANTS
        if name != "none"
    )
    sides = [compare.side(effect, SIMILAR) for effect in effects]
    verdict = "undecided"
    if -1 in sides:
        verdict = "fails"
    elif 1 in sides:
        verdict = "depends"
    elif sides == [0, 0, 0]:
        verdict = "holds"
    if np.median(none) > 0.5:
        verdict = "undecided"  # the networks have learnt next to nothing
    middle = {name: 100 * float(np.median(b[0])) for name, b in best.items()}
    told = ", ".join(f"{name} {share:.3g}" for name, share in middle.items())
    changes = "; ".join(
        f"{e.name.split(':')[0]} {e.value:+.3g} % ({e.low:+.3g} to {e.high:+.3g})"
        for e in effects
    ).replace("-", "−")
    sentence = (
        f"Of the variance of unseen digits the median autoencoder misses, in per cent: "
        f"{told}. Against none, paired by seed: {changes}."
    ) + compare.would_take(verdict, effects, -SIMILAR, SIMILAR)
    numbers = {
        "missed": {name: [float(v) for v in b[0]] for name, b in best.items()},
        "median": middle,
        "rate": {name: b[2] for name, b in best.items()},
        "negative": {name: float(np.mean(b[1])) for name, b in best.items()},
    }
    failures = {"diverged": {name: int(b[3].sum()) for name, b in best.items()}}
    return Outcome(verdict, sentence, effects, numbers, failures)


BETWEEN_LAYERS = Claim(
    id="between-layers",
    statement="Stacked LSTM layers need no activation in between; results come out "
    "similar with one and without.",
    source="Data Science Stack Exchange 66594, question and answers",
    kind="experiment",
    chapter="stacking",
    prediction="Depends: nothing in between is as good as anything, so none is needed. "
    "With tanh results are similar, since h is in (-1, 1) already; a ReLU deletes "
    "about half of h and costs more than 10 per cent. activation='relu' is no such "
    "thing: it changes the cell itself, candidate and output, and will differ, we do "
    "not say how.",
    metric="An autoencoder of 8x8 digits as sequences of rows (LSTM 32, 16, code, 16, "
    "32) is trained with nothing, tanh or ReLU wherever an LSTM layer hands to "
    "another, and with ReLU as candidate and output inside all cells. Squared error on "
    "500 unseen digits, over that of always saying the mean digit, each variant at the "
    "best of three rates; the difference of logarithms from none, paired by seed, told "
    "in per cent.",
    rule="Fails if any of the three misses less than none by clear of the smallest "
    "effect (whole 95 % interval): then an activation is worth having. Otherwise "
    "depends if any misses more by clear of it; holds if all three intervals are "
    "within it; else undecided. Undecided too if none misses more than half.",
    smallest="10 per cent of the error",
    parts=_between_parts,
    judge=_between_judge,
    seeds=range(10),
)


# --- relu-twice ---------------------------------------------------------------------


def deleted(seeds, steps, H=16, B=32):
    """What a ReLU would delete of h, at birth and after training, on unseen digits.

    An LSTM reads the rows of a digit and says which it is.  {"birth": (S,), "trained":
    (S,)}: the share of all h below 0.  {"right", "with ReLU": (S,)}: the share of
    digits that are right at the end, without and with a ReLU put after h by then.
    """
    task, batch = Rows("train", B, np.float32), Rows("test", dtype=np.float32)
    batch = batch.everything()
    trained = sweep.train(LSTM(), task, seeds, steps, H, rates=(0.01,))
    found = {"right": sweep.right(trained, batch, task)[0].tolist()}
    relu = _Rectified(trained.model)
    relu = sweep.right(trained._replace(model=relu), batch, task)
    found["with ReLU"] = relu[0].tolist()
    hs, _, _ = trained.model.body.forward(trained.p.body, batch.xs)
    found["trained"] = _negative(hs)
    births = []
    for seed in seeds:
        p = trained.model.init(Draws(seed), Rows.D, np.float32)
        births += _negative(trained.model.body.forward(p.body, batch.xs)[0][:, None])
    return found | {"birth": births}


def _negative(hs):
    """The share of h (T, E, B, H) below 0 for each of the E models."""
    return [float(f"{v:.4g}") for v in (hs < 0).mean(axis=(0, 2, 3))]


class _Rectified:
    """A trained model with a ReLU between its body and its readout."""

    def __init__(self, model):
        self.model = model

    def forward(self, p, xs, lengths=None):
        hs, state, _ = self.model.body.forward(p.body, xs, lengths=lengths)
        ys, _, _ = self.model.readout.forward(p.readout, np.maximum(hs, 0))
        return ys, state, None


def _relu_parts(seeds, quick):
    settings = {"seeds": list(seeds), "steps": 1000}
    if quick:
        settings = {"seeds": list(seeds[:10]), "steps": 100}
    return [Part("digits", deleted, settings)]


def _relu_judge(found, seeds, quick):
    part = found["digits"]
    named = {
        "trained": "share of h below 0 after training",
        "birth": "share of h below 0 at birth",
    }
    effects = [stats.paired(words, part[key]) for key, words in named.items()]
    drop = np.array(part["right"]) - np.array(part["with ReLU"])
    effects.append(stats.paired("share of digits lost by a ReLU put after h", drop))
    verdict = "undecided"
    if effects[0].low > 0.1:
        verdict = "fails"
    elif effects[0].high < 0.01:
        verdict = "holds"
    right, rectified = (float(np.mean(part[key])) for key in ("right", "with ReLU"))
    sentence = (
        f"relu(relu(x)) = relu(x), but h = o · tanh(c) has both signs: on unseen "
        f"digits {100 * effects[0].value:.3g} % of h is below 0 in trained networks "
        f"({100 * effects[0].low:.3g} to {100 * effects[0].high:.3g}), "
        f"{100 * effects[1].value:.3g} % at birth. A ReLU deletes all of it: put after "
        f"h of trained networks, it takes the digits they get right from "
        f"{100 * right:.3g} % to {100 * rectified:.3g} %."
    )
    return Outcome(
        verdict, sentence, tuple(effects), {"right": right, "relu": rectified}, {}
    )


RELU_TWICE = Claim(
    id="relu-twice",
    statement="An extra ReLU on an LSTM's output is like two ReLUs in a row, which "
    "change nothing.",
    source="Data Science Stack Exchange 66594, an answer",
    kind="theorem",
    chapter="stacking",
    prediction="Fails. relu(relu(x)) = relu(x) is true, but the last thing an LSTM "
    "does is o · tanh(c), in (-1, 1). Its starting weights are as likely as the same "
    "with the sign of any unit turned, so half of h is expected below 0 at birth, and "
    "about half later.",
    metric="The share of all h below 0, in LSTMs of 16 units that read the rows of "
    "unseen digits, trained to tell them (1,000 updates, Adam at 0.01): what a ReLU "
    "deletes. Also the share of digits that is lost when a ReLU is put after h.",
    rule="Fails if the mean share after training is clear above 0.1 (whole 95 % t "
    "interval), holds if it is clear below 0.01, else undecided.",
    smallest="a tenth of the numbers of h",
    parts=_relu_parts,
    judge=_relu_judge,
)


# --- frameworks ---------------------------------------------------------------------

# Documentary: what stands between two layers, in the papers' own equations, and in the
# options file that was published with ELMo's weights.
STACKS = {
    "Graves, Mohamed and Hinton (2013)": "nothing: the h of a layer at step t is the "
    "input of the next layer at step t",
    "Peters et al. (2018), ELMo": "no activation: h is projected (512 of 4,096 "
    "numbers, a matrix), cell and projection are clipped to -3 and 3 (cell_clip, "
    "proj_clip), and the input of the second layer is added to its output "
    "(use_skip_connections)",
}


def _library_parts(seeds, quick):
    return [
        Part("Keras", libraries.keras_says, {"installed": not quick}),
        Part("PyTorch", libraries.torch_says, {"installed": not quick}),
    ]


def _library_judge(found, seeds, quick):
    keras, torch = found["Keras"], found["PyTorch"]
    named = {"activation": "tanh", "recurrent_activation": "sigmoid"}
    two = keras["arguments"] == named
    none = not torch["arguments"] and torch["refused"]
    bare = all(
        f["nothing between"] < 1e-9 < 1e-3 < f["relu between"] for f in (keras, torch)
    )
    inside = keras["inside the cell"] < 1e-9 < 1e-3 < keras["after the cell"]
    how = " and ".join(
        f"{name} {f['version']} ({'checked here' if f['checked'] else 'as recorded'})"
        for name, f in found.items()
    )
    sentence = (
        f"{how}: Keras' LSTM takes activation and recurrent_activation, PyTorch's "
        "takes neither, and the layers of both stacks are joined by nothing. "
        "activation is the squasher of candidate and output inside the cell. The "
        "stacks of Graves have nothing between; ELMo's have a matrix, a clip and a sum."
    )
    effects = (
        stats.exactly("activation arguments of keras.layers.LSTM", 2 if two else 0),
        stats.exactly("activation arguments of torch.nn.LSTM", 0 if none else 1),
    )
    verdict = "holds" if two and none and bare and inside else "fails"
    return Outcome(verdict, sentence, effects, {"stacks": STACKS}, {})


FRAMEWORKS = Claim(
    id="frameworks",
    statement="Keras has two activation arguments, PyTorch has none, and neither ELMo "
    "nor Graves' stacks add any activation between layers.",
    source="Data Science Stack Exchange 66594, an answer; PyTorch issue 1173",
    kind="documentary",
    chapter="stacking",
    prediction="Holds to the letter. ELMo clips its projections to ±3, which is a hard "
    "tanh three times as wide, but nobody calls that an activation.",
    metric="The arguments of the installed libraries' LSTMs, and whether two stacked "
    "layers compute what ours do with nothing between (largest difference below 1e-9), "
    "and not with a ReLU between (above 1e-3); the papers' equations. Where a library "
    "is not installed, what it gave in the version recorded with the shipped arrays.",
    rule="Holds if all of that is so, fails if any of it is not.",
    smallest="none: arguments are counted",
    parts=_library_parts,
    judge=_library_judge,
    seeds=range(2),
)

CLAIMS = (BETWEEN_LAYERS, RELU_TWICE, FRAMEWORKS)
