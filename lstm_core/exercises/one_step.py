"""Exercises of the chapter "one-step": one step by hand, and weights that count."""

import numpy as np

from lstm_core import unroll
from lstm_core.cells.lstm import LSTM, State
from lstm_core.exercises.by_hand import first_miss, scalar, triples
from lstm_core.exercises.mechanism import Exercise
from lstm_core.exercises.toolbox import call, judge_numbers, listed
from lstm_core.exercises.verdict import Wrong

# --- 1.1 -------------------------------------------------------------------------

GIVEN = {
    "x": 1.0,
    "h_prev": 0.5,
    "c_prev": 2.0,
    "i": (1.0, -1.0, 0.0),
    "f": (0.0, 1.0, 1.0),
    "o": (1.0, -2.0, 0.0),
    "g": (-2.0, 2.0, 0.0),
}
LETTERS = ("i", "f", "o", "g", "c", "h")


def given_step():
    """The trace of the step of exercise 1.1."""
    state = State(*(np.array([[GIVEN[name]]]) for name in ("h_prev", "c_prev")))
    _, trace = LSTM().step(scalar(GIVEN), np.array([[GIVEN["x"]]]), state)
    return trace


# Three decimals, carried on from one line to the next.
_ROUNDING = 1.5e-3


def _usual(letter, right, k):
    """Usual wrong turns on the way to a letter: (what to say, number)."""
    turns = _gate_mistakes(letter, k) if letter in "ifog" else ()
    found = (
        *_mistaken(k).get(letter, ()),
        *turns,
        ("that is right to two decimals; give three", round(right, 2)),
    )
    # A bias of 0, say, may be left out.
    return [(words, v) for words, v in found if abs(v - right) > _ROUNDING]


def _mistaken(k):
    i, f, o, g, c_prev, c = (
        float(v[0, 0]) for v in (k.i, k.f, k.o, k.g, k.c_prev, k.c)
    )
    sigma_g = float(LSTM().i(k.a_g)[0, 0])
    return {
        "g": (("g is a candidate: it takes tanh, and you have taken σ", sigma_g),),
        "c": (
            ("f multiplies the old cell and i the candidate", i * c_prev + f * g),
            ("the old cell is missing: f · c_prev is one of the two terms", i * g),
            ("the candidate is missing: i · g is one of the two terms", f * c_prev),
            ("the old cell passes through the forget gate first", c_prev + i * g),
            ("the candidate passes through the input gate first", f * c_prev + g),
            (
                "f multiplies the old cell c, not the old h",
                f * GIVEN["h_prev"] + i * g,
            ),
        ),
        "h": (
            ("the cell is squashed on its way out: h = o · tanh(c)", o * c),
            ("h reads the new cell c, not the old one", o * np.tanh(c_prev)),
            ("squash first, then multiply: o · tanh(c)", np.tanh(o * c)),
            ("the output squasher is tanh, not σ", o / (1 + np.exp(-c))),
        ),
    }


def _gate_mistakes(letter, k):
    a = float(getattr(k, f"a_{letter}")[0, 0])
    w, u, b = GIVEN[letter]
    sigma = LSTM().i
    squash = np.tanh if letter == "g" else sigma
    x, h, c = (GIVEN[name] for name in ("x", "h_prev", "c_prev"))
    return (
        (f"that is the pre-activation a_{letter}: it has not been squashed yet", a),
        (f"{letter} is a gate: it takes σ, and you have taken tanh", np.tanh(a)),
        (
            "check the sign of the exponent: σ(a) = 1 / (1 + exp(-a))",
            float(sigma(-a)),
        ),
        (
            "the old output h_prev goes into every gate, with weight u",
            float(squash(w * x + b)),
        ),
        ("w belongs to x, and u to h_prev", float(squash(w * h + u * x + b))),
        ("u multiplies the old output h_prev, not c", float(squash(w * x + u * c + b))),
        ("the bias b is missing", float(squash(w * x + u * h))),
    )


def judge_step(answer):
    """Exercise 1.1: six numbers of one step, each to three decimals."""
    k = given_step()
    right = {letter: float(getattr(k, letter)[0, 0]) for letter in LETTERS}
    judge_numbers(
        answer,
        right,
        {letter: _usual(letter, right[letter], k) for letter in LETTERS},
        reach=lambda want: _ROUNDING,
        near=lambda v: _ROUNDING,
        otherwise=lambda letter: f"the line of the step that computes {letter}",
    )
    return f"All six numbers of the step are right: {listed(LETTERS)}."


# --- 1.2 -------------------------------------------------------------------------

UP = 100  # how far the count must go


def _walks():
    """Three sequences (T,): to 100 and back, to -100 and back, and a random walk."""
    there = np.repeat([1.0, -1.0], UP)
    walk = np.random.default_rng(0).choice([-1.0, 0.0, 1.0], 2 * UP)
    return np.stack([there, -there, walk], axis=1)


def judge_counter(answer):
    """Exercise 1.2: weights with which c, rounded, is the number of ups less downs."""
    answer = call(answer) if callable(answer) else answer
    weights = triples(answer)
    xs = _walks()
    depth = xs.cumsum(axis=0)
    _, _, k = unroll.forward(LSTM(), scalar(weights), xs[:, :, None])
    c = k.c[:, :, 0]
    miss = first_miss(c, depth, 0.5)
    if miss is None:
        return (
            f"c counts to {UP} and back, in both directions: it is never further than "
            f"{np.abs(c - depth).max():.2g} from the true count."
        )
    t, b = miss
    raise Wrong(
        f"c within ½ of the count, which is {depth[t, b]:.0f} after step {t + 1}",
        f"`c = {c[t, b]:.4g}`",
        _why_not(k, xs, weights),
    )


def _why_not(k, xs, weights):
    """The first of the usual reasons that the trace shows."""
    g, i, f = (v[:, :, 0] for v in (k.g, k.i, k.f))
    up, down, blank = (g[xs == x].mean() for x in (1, -1, 0))
    if up < -0.1 and down > 0.1:
        return "the sign: g is negative at an opening bracket, so c counts downwards"
    if down > -0.1 or up < 0.1:
        return (
            f"the candidate: g is {up:.3g} at an opening bracket and {down:.3g} at a "
            "closing one, and should be near +1 and -1"
        )
    if abs(blank) > 0.01 and weights["g"][1]:
        return (
            "u of g: through it the output h, and so the count, changes what is written"
        )
    if abs(blank) > 0.01:
        return f"the bias of g: g is {blank:.3g} where x is 0, so a blank is counted"
    if i.min() < 0.999:
        return f"the input gate: i falls to {i.min():.3g}, so part of a bracket is lost"
    if f.min() < 0.9999:
        return (
            f"the forget gate: f falls to {f.min():.6g}, so a step can lose "
            f"{100 * (1 - f.min()):.3g} per cent of the count"
        )
    least = np.abs(g[xs != 0]).min()
    return f"the candidate: |g| falls to {least:.5g} at a bracket, and should be 1"


EXERCISES = (
    Exercise(
        "1.1",
        "Replace each `...` by a number with three decimals, then run the cell again.",
        judge_step,
        (
            "first the four pre-activations: a = w · x + u · h_prev + b, one a line.",
            "i, f and o are σ of theirs; g is tanh of its own.",
            "c = f · c_prev + i · g takes the old cell, h = o · tanh(c) the new one.",
        ),
    ),
    Exercise(
        "1.2",
        "Replace each `...` by three numbers (w, u, b), then run the cell again.",
        judge_counter,
        (
            "what should f and i be, at every step, for c to add up what g says?",
            "a gate that ignores x and h has w = u = 0; its bias alone opens it.",
            "g must be +1 for x = +1, -1 for x = -1 and 0 for x = 0: tanh of a large "
            "multiple of x. With a bias of 5 the forget gate still loses "
            f"{100 * LSTM().f(-5.0):.1g} per cent of the count a step: go further.",
        ),
    ),
)
