"""Exercises of the chapter "stacking": a sign turned, `activation=`, a path spelled."""

import numpy as np

from lstm_core.cells.gate import Gate
from lstm_core.cells.lstm import LSTM, Params
from lstm_core.draws import Draws
from lstm_core.exercises.mechanism import Exercise
from lstm_core.exercises.toolbox import (
    Mark,
    array,
    call,
    close,
    function_of,
    judge_function,
    shown,
)
from lstm_core.exercises.verdict import Wrong
from lstm_core.layers import Recurrent, Stack

# --- 10.1 ------------------------------------------------------------------------

H = 3
_LAYERS = Stack((Recurrent(LSTM(), H), Recurrent(LSTM(), H)))
_XS = np.random.default_rng(1).normal(size=(5, 2, 2))


def wide_weights(D):
    """(W (D, 4H), U (H, 4H), b (4H,)) of a layer, columns i, f, o, g, at random."""
    rng = np.random.default_rng(D)
    return tuple(rng.normal(size=shape) for shape in ((D, 4 * H), (H, 4 * H), (4 * H,)))


LOW, HIGH = wide_weights(2), wide_weights(H)


def layers_of(low, high):
    """h of both layers, each (T, B, H), of the stack with these wide weights."""
    p = tuple(
        Params(*map(Gate, *(np.split(a, 4, axis=-1) for a in layer)))
        for layer in (low, high)
    )
    below, _, _ = _LAYERS.layers[0].forward(p[0], _XS)
    above, _, _ = _LAYERS.forward(p, _XS)
    return below, above


def _arrays(answer, k):
    names = [f"{a} of {layer}" for layer in ("low", "high") for a in "WUb"]
    try:
        (one, two, three), (four, five, six) = answer
    except (TypeError, ValueError):
        raise Wrong("two layers (W, U, b), (W, U, b)", shown(answer)) from None
    found = one, two, three, four, five, six
    made = [
        array(a, want.shape, name)
        for a, want, name in zip(found, (*LOW, *HIGH), names, strict=True)
    ]
    return tuple(made[:3]), tuple(made[3:])


def judge_turn(answer):
    """Exercise 10.1: turn the sign of a unit without changing what the stack says."""
    function_of(answer, "`low`, `high` and `k`")
    below, above = layers_of(LOW, HIGH)
    for k in range(H):
        low, high = _arrays(call(answer, LOW, HIGH, k), k)
        want = below * np.where(np.arange(H) == k, -1, 1)
        now, top = layers_of(low, high)
        if not close(now, want, 1e-9, 1e-12):
            raise Wrong(
                f"h of unit {k} of the lower layer turned, and of no other",
                "something else",
                _why_not_turned(low, k),
            )
        if not close(top, above, 1e-9, 1e-12):
            raise Wrong(
                "the same outputs of the upper layer as before",
                f"outputs that differ by up to {np.abs(top - above).max():.2g}",
                _why_heard(high, k),
            )
    return (
        "Every unit can be turned, and the stack says the same: the sign of h is a "
        "convention. A ReLU between the layers would take one sign and not the other."
    )


def _flipped(new, old):
    """Which entries have changed their sign only."""
    return (new == -old) & (old != 0)


def _why_not_turned(low, k):
    """The first of the usual reasons that the weights of the lower layer show."""
    W, U, b = (_flipped(a, old) for a, old in zip(low, LOW, strict=True))
    g = 3 * H + k
    columns = [j for j in range(3) if W[:, j * H + k].all()]
    if all((a == old).all() for a, old in zip(low, LOW, strict=True)):
        return "the weights of `low` are as they were"
    if columns:
        name = "ifo"[columns[0]]
        return f"gate {name} has been turned as well: it does not change its sign"
    if W[k % len(W)].all() and not W[:, g].all():
        return "those are rows of W; the numbers that make unit k are in a column"
    if not W[:, g].all() or not b[g]:
        return "all that makes a_g of unit k must turn: a column of W and of U, and b"
    if not np.delete(U[k], g).all():
        return "the layer reads its own h: the gates must not see that it was turned"
    if U[k, g]:
        return "U from unit k to its own candidate is turned twice, so it stays"
    return "a column of U makes a_g of unit k, a row of U reads h of unit k"


def _why_heard(high, k):
    W, U, b = (_flipped(a, old) for a, old in zip(high, HIGH, strict=True))
    if not W.any() and not U.any():
        return "the upper layer reads h of unit k too, and has not been told"
    if W[:, k].any() and not W[k].all():
        return "a row of its W reads unit k, not a column"
    if U.any() or b.any():
        return "only what reads the lower layer must turn: W of `high`, neither U nor b"
    return "h of unit k meets one row of W of `high`: all of that row turns"


# --- 10.2 ------------------------------------------------------------------------


_STEP = tuple(Draws(0).normal(0, 2, (5, 8)))
# What the solution gives for this step.
_H = [
    0.135047382189,
    0.670290216192,
    0.875969006124,
    0.00269151277688,
    0.184102234317,
    0.186266889893,
    1.9507839196,
    0,
]
_LINES = "write the six lines of the step under each other: which functions change?"
_MISREAD = {
    "f multiplies the old cell and i the candidate; you have swapped them":
        Mark(-2.1356, 2.0777),
    "the four arrive as pre-activations: each is squashed before it is used":
        Mark(5.9003, 7.5777),
    "that is a ReLU after the cell; `activation` acts inside it":
        Mark(-0.5083, 0.2413),
    "the candidate is right; the cell is squashed on its way out by the same function":
        Mark(-0.9675, 0.5886),
    "the output is right; the candidate is squashed by the same function":
        Mark(-0.5449, 0.3189),
    "that is the cell as it was, with tanh in both places":
        Mark(-0.7333, 0.2475),
    "the gates keep σ: their function is `recurrent_activation`":
        Mark(-0.7889, -0.4387),
    "the cell must be squashed on its way out, by ReLU too":
        Mark(-0.5419, 1.6260),
    "that is c; h is the squashed c times the output gate":
        Mark(-0.2987, 3.0014),
    "the gate o is left out: h = o · relu(c)":
        Mark(-0.0875, 3.0001),
}  # fmt: skip


def judge_misread(answer):
    """Exercise 10.2: one step of the cell that Keras makes of activation="relu"."""
    judge_function(answer, [_H], [_STEP], _MISREAD, "h", "B", otherwise=_LINES)
    return (
        "That is the cell of `LSTM(activation='relu')`: both tanh have become ReLU, "
        "nothing stands after it, and its h is never negative and has no upper bound."
    )


# --- 10.3 ------------------------------------------------------------------------


# One label is one digit, and nothing is a dash: paths, what they spell, and what they
# seem to spell.
_PATHS = "0330070 33030 112210 000 5 404404 7022"
_SPELLED = "37 33 121 - 5 444 72"
_SLIPS = {
    "blanks must go after the merging, for they keep two equal labels apart":
        "37 3 121 - 5 4 72",
    "a label that is said for several steps is one label":
        "337 333 11221 - 5 4444 722",
    "the blank is no label, so it is left out":
        "03070 3030 1210 0 5 40404 702",
    "a label may come back later: only neighbours are merged":
        "37 3 12 - 5 4 72",
    "the labels must stay in the order in which they are said":
        "37 3 12 - 5 4 27",
}  # fmt: skip


def _lists(words):
    return [[int(digit) for digit in word if digit != "-"] for word in words.split()]


def judge_spelling(answer):
    """Exercise 10.3: from what is said at each step to the string that it spells."""
    function_of(answer, "`said`")
    paths, want = _lists(_PATHS), _lists(_SPELLED)
    got = [_labels(call(answer, path)) for path in paths]
    for path, mine, right in zip(paths, got, want, strict=True):
        if mine != right:
            slips = (words for words, slip in _SLIPS.items() if _lists(slip) == got)
            raise Wrong(
                f"{right} for {path}",
                f"{mine}",
                next(slips, "go through it by hand: when does a new label begin?"),
            )
    return "Every path is spelled as CTC reads it: repeats merged, then blanks dropped."


def _labels(found):
    try:
        labels = [int(label) for label in found]
        if any(label != one for label, one in zip(labels, found, strict=True)):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise Wrong("a list of labels, integers", shown(found)) from None
    return labels


EXERCISES = (
    Exercise(
        "10.1",
        "Fill the function `turn`: it returns (W, U, b) of both layers. Then run the "
        "cell again.",
        judge_turn,
        (
            "h = o · tanh(c) changes its sign when c does, and c when every g does. So "
            "which of the four sums must change its sign?",
            "three places hold numbers that meet unit k: what makes its g, what reads "
            "its h in the same layer, and what reads its h in the layer above.",
            "a column of W, of U and of b at 3 * H + k; row k of U; row k of the W "
            "above. The number in both a column and a row of U is turned twice.",
        ),
    ),
    Exercise(
        "10.2",
        "Fill the function `keras_step`: it returns h, an array like each argument. "
        "Then run the cell again.",
        judge_misread,
        (
            "Keras names two functions. One is for the three gates. Where does the "
            "other act, in the six lines of the step?",
            "tanh stands twice in the six lines: in g and in h. `activation` is the "
            "name of both.",
            "c = σ(a_f) · c_prev + σ(a_i) · relu(a_g), and h is σ(a_o) times what?",
        ),
    ),
    Exercise(
        "10.3",
        "Fill the function `spell`: it returns a list of labels. Then run the cell "
        "again.",
        judge_spelling,
        (
            "a label begins where something other than a blank is said that was not "
            "said at the step before.",
            "first merge equal neighbours, then drop the zeros. The other way round, "
            "what becomes of [4, 0, 4]?",
            "go through the list with the one before it: keep x if x and x != before.",
        ),
    ),
)
