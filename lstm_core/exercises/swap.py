"""Exercises of the chapter "swap": your own function, predict, mend, read Keras."""

import numpy as np

from lstm_core import activations, running, unroll
from lstm_core.cells.gate import Gate
from lstm_core.cells.lstm import LSTM, Params, State
from lstm_core.draws import Draws
from lstm_core.exercises.mechanism import Exercise
from lstm_core.exercises.toolbox import (
    Mark,
    array,
    call,
    close,
    judge_function,
    judge_numbers,
    mark,
    parts,
    ratio_words,
    recognise,
    shown,
    slope_of,
)
from lstm_core.exercises.verdict import Wrong

# --- 9.1 -------------------------------------------------------------------------

POINTS = np.linspace(-6.03, 5.97, 121)  # between the places where functions kink
GAP = 1e-5


def judge_own(answer):
    """Exercise 9.1: a function of the reader's own, and its derivative."""
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        raise Wrong(
            "a pair of functions, (value, derivative)",
            shown(answer),
            "hand over both, in brackets",
        )
    if not all(map(callable, answer)):
        raise Wrong(
            "a pair of functions, (value, derivative)",
            shown(answer),
            "hand over the functions themselves, without brackets",
        )
    value, derivative = answer
    y = array(call(value, POINTS), POINTS.shape, "value(z)")
    _own_value(value, y)
    _own_slope(derivative, y, _slopes_of(value))
    return (
        "Value and derivative agree at all points, the value is 0 at 0 and takes both "
        "signs. Now give both to the lab of this page, and see how it learns."
    )


def _slopes_of(value):
    """By the complex step, or by differences if the function is for real z only."""
    try:
        return slope_of(value, POINTS)
    except Wrong:
        ends = [array(call(value, POINTS + s), POINTS.shape) for s in (GAP, -GAP)]
        return (ends[0] - ends[1]) / (2 * GAP)


def _own_value(value, y):
    rest = array(call(value, np.zeros(3)), (3,), "value(z)")[0]
    if abs(rest) > 1e-9:
        raise Wrong(
            "0 at z = 0",
            f"{rest:.4g}",
            "such a candidate writes even when it has nothing to say; take that off",
        )
    if not (y.min() < 0 < y.max()):
        raise Wrong(
            "positive and negative values",
            f"values from {y.min():.4g} to {y.max():.4g}",
            "a candidate that has one sign only cannot take anything back",
        )
    for name in activations.NAMES:
        if close(y, activations.get(name)(POINTS), 1e-6, 1e-9):
            raise Wrong(
                "a function that is not in the table yet", f"the table's {name}"
            )


def _own_slope(derivative, y, slopes):
    got = array(call(derivative, POINTS), POINTS.shape, "derivative(z)")
    off = np.abs(got - slopes)
    if (off <= 1e-6 * np.maximum(1, np.abs(slopes))).all():
        return
    worst = off.argmax()
    usual = {
        "that is 1 - y², the slope of tanh; yours is another function": 1 - y * y,
        "that is y(1 - y), the slope of σ; yours is another function": y * (1 - y),
        "that is the value once more": y,
        "that is the slope of tanh": activations.tanh_d1(POINTS),
    }
    raise Wrong(
        f"a slope of {slopes[worst]:.4g} at z = {POINTS[worst]:.2f}",
        f"{got[worst]:.4g}",
        recognise(got, usual)
        or ratio_words(got, slopes, rtol=1e-4)
        or "differentiate with the chain rule, or let SymPy do it",
    )


# --- 9.2 -------------------------------------------------------------------------

PREDICTED = ("sigmoid", "sigmoid_shifted", "relu", "identity", "softplus")


def c_at_end(candidate):
    """c after the book's sequence, of the counter set by hand with this candidate."""
    gates = {k: [np.array(v) for v in w] for k, w in running.WEIGHTS.items()}
    p = Params(*(Gate(W[None, None], U[None, None], b[None])
                 for W, U, b in (gates[k] for k in Params._fields)))  # fmt: skip
    xs = np.array(running.INPUTS)[:, None, None]
    _, state, _ = unroll.forward(LSTM(candidate=candidate), p, xs)
    return float(state.c[0, 0])


_SIGNED = "no such function takes a bracket back: what is written at z = -8?"
_GUESSES = {
    "sigmoid": (
        ("σ has no sign: a closing bracket writes σ(-8), which is nearly 0", 0.0),
        ("blanks write too: σ(0) is a half, and there are two of them", 3.0),
        ("closing brackets take nothing away; count what all eight steps write", 1.0),
    ),
    "sigmoid_shifted": (
        ("that is σ; less a half it writes 1/2, -1/2 and 0", 4.0),
        (
            "a closing bracket writes -1/2, and takes back what an opening one wrote",
            1.5,
        ),
        (
            "a closing bracket writes -1/2, and takes back what an opening one wrote",
            3.0,
        ),
    ),
    "relu": (
        ("ReLU cannot take back: relu(-8) is 0", 0.0),
        ("ReLU has no ceiling: relu(8) is 8, and not 1", 3.0),
        ("three brackets open, and each writes 8", 16.0),
        ("three brackets open, and each writes 8", 8.0),
    ),
    "identity": (
        ("the identity writes -8 at a closing bracket: it takes back", 24.0),
        ("the identity writes -8 at a closing bracket: it takes back", 3.0),
    ),
    "softplus": (
        ("nearly: softplus(0) is ln 2, and there are two blanks", 24.0),
        ("softplus has no ceiling: softplus(8) is 8.0003", 3.0),
        (_SIGNED, 0.0),
    ),
}


def judge_predicted(answer):
    """Exercise 9.2: c at the end under five candidates, predicted, then run."""
    judge_numbers(
        answer,
        {name: c_at_end(name) for name in PREDICTED},
        _GUESSES,
        reach=lambda want: 0.1 + 0.02 * abs(want),
        near=lambda v: 0.05,
        otherwise=lambda name: "what does it write at z = 8, at -8 and at 0?",
    )
    told = ", ".join(f"{name} {c_at_end(name):.3g}" for name in PREDICTED)
    return (
        f"All five are as the run gives them ({told}). Back at 0, as with tanh, are "
        "the two that are 0 at 0 and take both signs."
    )


# --- 9.3 -------------------------------------------------------------------------

SWAPPED = LSTM(gates="hard_sigmoid", candidate="softsign", output="softsign")


_ONE_EACH = np.eye(4)[:, :, None]  # the four sums are the four inputs


def _truth(case, step=1e-30):
    """The five gradients of one step of `SWAPPED`, by the complex step through it."""
    *moving, dh, dc = case
    p = Params(*(Gate(W, np.zeros((1, 1)), np.zeros(1)) for W in _ONE_EACH))
    inputs, rows = np.stack(moving, axis=-1), []
    for k in range(5):
        moved = inputs + 1j * step * (np.arange(5) == k)
        old = State(np.zeros((len(moved), 1)), moved[:, 4:])
        now, _ = SWAPPED.step(p, moved[:, :4], old)
        rows.append(np.imag(now.h[:, 0] * dh + now.c[:, 0] * dc) / step)
    return np.stack(rows)


_GATES = "`i * (1 - i)` and its like are the slopes of σ; the gates are no σ now"
_OUTPUT = "`1 - s * s` is the slope of tanh, and the output is softsign now"
_CANDIDATE = "the slope of softsign is taken at g; it belongs at a_g"
_LEFT = (
    ("one is left: " + _GATES, Mark(-2.7601, 0.6419)),
    ("one is left: " + _OUTPUT, Mark(-2.5442, 0.6569)),
    ("one is left: " + _CANDIDATE, Mark(-2.2576, 0.5092)),
    ("two are left, first: " + _GATES, Mark(-2.7730, 0.7698)),
    ("two are left, first: " + _GATES, Mark(-2.4913, 0.6086)),
    ("two are left, first: " + _OUTPUT, Mark(-2.1008, 0.6536)),
    (_GATES, Mark(-2.3296, 0.7665)),
    (
        "a hard sigmoid is flat beyond ±3, and its slope there is 0",
        Mark(-2.6047, 0.5716),
    ),
    ("the slope of softsign is taken at s; it belongs at c", Mark(-2.5328, 0.5432)),
    (
        "1 - g² is the slope of tanh, and the candidate is softsign now",
        Mark(-2.1565, 0.3994),
    ),
    (
        "0.2 is the slope of the older hard sigmoid; this one is z/6 + 1/2",
        Mark(-2.6687, 0.4808),
    ),
)


def _cases():
    """Seven arrays each; the gates reach into the flat parts of a hard sigmoid."""
    sizes = [[2], [2], [2], [1.5], [1], [1], [1]]
    return [tuple(Draws(9).normal(size=(7, 12)) * sizes)]


def judge_mended(answer):
    """Exercise 9.3: one step back through a swapped cell, with all bugs mended."""
    judge_function(
        answer,
        right=[_truth(case) for case in _cases()],
        cases=_cases(),
        usual=_LEFT,
        name="the stack of five gradients",
        rtol=1e-9,
        atol=1e-12,
    )
    return (
        "All five gradients are those of the swapped cell. Whoever swaps a function "
        "must swap its slope in the same breath, or let a library differentiate."
    )


# --- 9.4 -------------------------------------------------------------------------

SLOTS = ("i", "f", "o", "candidate", "output")
CALLS = {
    "relu": 'LSTM(8, activation="relu")',
    "recurrent": 'LSTM(8, recurrent_activation="hard_sigmoid")',
    "none": "LSTM(8, activation=None)",
    "after": "LSTM(8), and then the layer ReLU()",
}


def sounds(cell):
    """The `Mark` of all that five functions make of the same sums, in a short run."""
    rng = Draws(4)
    p, xs = LSTM().init(rng, 3, 4), rng.normal(size=(6, 5, 3)) * 3
    _, _, k = unroll.forward(cell, p, xs)
    return mark([k.i, k.f, k.o, k.g, k.s])


# Of the cells of the solution, and of those that a misreading makes.
_MEANT = {
    "relu": Mark(-49.1082, -9.7984),
    "recurrent": Mark(-11.1478, -0.1982),
    "none": Mark(-30.1404, -8.2400),
    "after": Mark(-11.2194, 0.5156),
}
_MISREAD = {
    "relu": (
        ("the candidate is one of two: `activation` also squashes c on its way out",
         Mark(-33.2978, -9.7248)),
        ("the output is one of two: `activation` also makes the candidate",
         Mark(-14.2699, -1.3989)),
        ("the gates have an argument of their own",
         Mark(-22.4841, -0.9717)),
        ("the gates have an argument of their own, and stay σ",
         Mark(-76.6895, -28.8898)),
        ("it puts nothing after the layer; it changes the cell inside",
         Mark(-11.2194, 0.5156)),
    ),
    "recurrent": (
        ("`recurrent_activation` is the function of the gates",
         Mark(-24.6321, -1.1839)),
        ("`recurrent_activation` is the function of the gates",
         Mark(-19.1072, -2.8821)),
        ("that is the hard sigmoid of Keras 2; Keras 3 has z/6 + 1/2",
         Mark(-11.3258, -0.0654)),
        ("one function for all three gates, not for the forget gate alone",
         Mark(-10.6961, -0.3238)),
    ),
    "none": (
        ("None is no default: it means no function, and that is the identity",
         Mark(-11.2194, 0.5156)),
        ("both places of `activation` are without a function",
         Mark(-21.1626, -5.8036)),
        ("both places of `activation` are without a function",
         Mark(-12.6079, 0.1225)),
    ),
    "after": (
        ("a layer after the cell is outside: h goes round in the cell without it",
         Mark(-14.2699, -1.3989)),
        ("a layer after the cell changes nothing inside",
         Mark(-49.1082, -9.7984)),
    ),
}  # fmt: skip


def _slots(cell):
    return tuple(getattr(cell, slot).name for slot in SLOTS)


def judge_keras(answer):
    """Exercise 9.4: the five functions inside each of four Keras layers."""
    got = parts(answer, tuple(CALLS))
    for key, meant in _MEANT.items():
        cell = got[key]
        if not isinstance(cell, LSTM):
            raise Wrong(
                f"an `LSTM(...)` of lstm_core under `{key}`",
                shown(cell),
                "call the class, without quotation marks: `LSTM()` is the usual cell",
            )
        heard = sounds(cell)
        if close(heard, meant, 1e-5, 6e-5):
            continue
        looks = [w for w, wrong in _MISREAD[key] if close(heard, wrong, 1e-5, 6e-5)]
        told = ", ".join(f"{s} {n}" for s, n in zip(SLOTS, _slots(cell), strict=True))
        raise Wrong(
            f"the functions inside {CALLS[key]}",
            told,
            looks[0] if looks else "go through the five slots one by one",
        )
    return (
        "Right in all five slots of all four. What Keras cannot say in one call is "
        "ReLU in the candidate alone: `LSTM(candidate='relu')` here."
    )


EXERCISES = (
    Exercise(
        "9.1",
        "Fill both functions: each takes an array z and returns an array like it. Then "
        "run the cell again.",
        judge_own,
        (
            "take any curve that you know with value(0) = 0, such as the arc tangent, "
            "or z times a curve that dies away.",
            "the arc tangent has the derivative 1 / (1 + z²); mind the inner "
            "derivative if you stretch z.",
            "let SymPy differentiate: `sp.diff(...)`, as chapter 2 does.",
        ),
    ),
    Exercise(
        "9.2",
        "Put your prediction, a number, in place of each `...`, then run the cell "
        "again.",
        judge_predicted,
        (
            "the gates are open, so c adds up what is written at the eight steps.",
            "with a candidate k, three steps write k(8), three write k(-8) and two "
            "write k(0).",
            "σ(0) = 1/2, softplus(0) = ln 2, and σ(-8) is next to nothing.",
        ),
    ),
    Exercise(
        "9.3",
        "Mend three lines of the function, delete the line with `raise`, then run the "
        "cell again.",
        judge_mended,
        (
            "go through the slopes one by one: of which function is each, and where is "
            "it taken?",
            "y (1 - y) is the slope of σ, and 1 - y² that of tanh. Which functions are "
            "in the cell now?",
            "z/6 + 1/2 has the slope 1/6 where `np.abs(a) < 3`, and 0 elsewhere; "
            "softsign has 1 / (1 + |z|)² at its pre-activation.",
        ),
    ),
    Exercise(
        "9.4",
        "Put an `LSTM(...)` in place of each `...`, then run the cell again.",
        judge_keras,
        (
            "Keras has two arguments for five slots.",
            "`recurrent_activation` fills i, f and o; `activation` fills the candidate "
            "and the output.",
            "what is not named keeps its default, σ or tanh, and a layer that follows "
            "is not in the cell.",
        ),
    ),
)
