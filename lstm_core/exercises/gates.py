"""Exercises of the chapter "gates": log-odds, half-lives, a hard gate, what is left."""

import numpy as np
import sympy

from lstm_core import activations
from lstm_core.exercises.expressions import judge_formulas
from lstm_core.exercises.mechanism import Exercise
from lstm_core.exercises.toolbox import Mark, judge_function, judge_numbers

# --- 3.1 -------------------------------------------------------------------------

_p, _q = sympy.symbols("p q")
_POINTS = [
    dict(zip((_p, _q), map(sympy.Rational, pair), strict=True))
    for pair in (("9/10", "4/5"), ("1/3", "3/4"), ("1/5", "1/7"), ("2/3", "1/4"))
]
# What the solution gives at these points.
_Z = np.array([2.19722457734, -0.69314718056, -1.38629436112, 0.69314718056])
_BOTH = np.array([36 / 37, 3 / 5, 1 / 25, 2 / 5])
_RIGHT = {"z": _Z, "both": _BOTH}
_USUAL = {
    "z": (
        ("upside down: those are the log-odds against", -_Z),
        ("those are the odds; take the logarithm", np.exp(_Z)),
        ("that is log p; the odds are p to 1 - p", sympy.log(_p)),
        ("the logarithm to the base e, not 10", _Z / np.log(10)),
        ("that is σ(p): the question goes the other way", 1 / (1 + sympy.exp(-_p))),
        ("1/σ is a reciprocal; what is asked for is the inverse function",
         1 + sympy.exp(-_p)),
        ("that is the slope of σ by its output", _p * (1 - _p)),
        ("that is the inverse of tanh; σ(z) = (1 + tanh(z/2))/2",
         sympy.atanh(_p)),
    ),
    "both": (
        ("that is the chance that both say yes; the case that both say no is missing "
         "below the line", _p * _q),
        ("the mean never exceeds the surer witness; evidence adds up", (_p + _q) / 2),
        ("that is the chance that at least one says yes", _p + _q - _p * _q),
        ("below the line stand all cases in which they agree: both yes, and both no",
         _p * _q / (_p + _q)),
        ("that is the sum of the log-odds; σ takes it back to a probability",
         np.log(_BOTH / (1 - _BOTH))),
        ("those are the odds of both; divide them by 1 + odds",
         _BOTH / (1 - _BOTH)),
        ("upside down: that is the probability of no", 1 - _BOTH),
    ),
}  # fmt: skip


def judge_odds(answer):
    """Exercise 3.1: the inverse of σ, and two witnesses together."""
    judge_formulas(
        answer,
        _RIGHT,
        _USUAL,
        letters={"z": (_p,), "both": (_p, _q)},
        points=_POINTS,
        foreign={"z": "solve for z: it stands on the left only"},
        otherwise="put numbers in, and work them out by hand",
    )
    return (
        "z = log(p / (1 - p)), and two independent witnesses add theirs: σ(z1 + z2) is "
        "your formula for both. A weighted sum under σ is such a sum of evidence."
    )


# --- 3.2 -------------------------------------------------------------------------

_TIMES = np.array([2.0, 3.0, 7.0, 40.0, 1000.0])
# What the solution gives for them.
_BIASES = [0.88137358702, 1.34737734833, 2.26250404164, 4.04671552317, 7.27392160595]

_WRONG_BIASES = {
    "only the sign is wrong: a gate that keeps long has a large positive z": (
        [-np.array(_BIASES)]
    ),
    "that is f itself, 2**(-1/T); which z has this f?": lambda T: 2 ** (-1 / T),
    "that is log f; the gate is σ(z) and not exp(z)": lambda T: -np.log(2) / T,
    "that leaves 1/e after about T steps, not a half": lambda T: np.log(T - 1),
    "that f is 1/2 once, after one step; it must be 1/2 after T": lambda T: 0 * T,
    "that is the z of f = 1/2**T: the root has become a power": Mark(
        189.9590, -102.2664
    ),
    "f loses ln 2 / T at each step to first order only; take f = 2**(-1/T)": (
        lambda T: np.log(T / np.log(2) - 1)
    ),
    "nearly, for large T: that is the first term of a series": (
        lambda T: np.log(T / np.log(2))
    ),
}


def judge_half_life(answer):
    """Exercise 3.2: the pre-activation at which half is left after T steps."""
    judge_function(
        answer,
        right=[_BIASES],
        cases=[(_TIMES,)],
        usual=_WRONG_BIASES,
        name="z",
        axes="T",
        rtol=1e-7,
        atol=1e-9,
        otherwise="try your z for one T: what is σ(z) to the power of T?",
    )
    return (
        "σ(z) to the power of T is a half at each of your z. "
        "After a thousand steps that needs "
        f"z = {_BIASES[-1]:.3g}: σ reaches far without ever being 1."
    )


# --- 3.3 -------------------------------------------------------------------------

_GRID = np.array([-9.0, -2.5, -1.9, -1.0, -0.1, 0.0, 0.3, 1.0, 1.9, 2.5, 9.0])


# What the solution gives on this grid.
_VALUES = [0.0, 0.0, 0.025, 0.25, 0.475, 0.5, 0.575, 0.75, 0.975, 1.0, 1.0]
_SLOPES = [0.0, 0.0, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.0, 0.0]


def _both(gate):
    """Value and slope of a gate of the table, on the grid."""
    gate = activations.get(gate)
    return [np.stack([gate(_GRID), gate.d1(_GRID)])]


_HARD_TURNS = {
    "that is the hard sigmoid of PyTorch; at 0 it is less steep than σ": (
        _both("hard_sigmoid")
    ),
    "that is the hard sigmoid of older Keras; at 0 it is less steep than σ": (
        _both("hard_sigmoid_02")
    ),
    "that is the slope of tanh at 0; the slope of σ is σ(0)(1 - σ(0))": Mark(
        3.0263, -1.7193
    ),
    "σ(0) is the value at 0; its slope there is σ(0)(1 - σ(0))": Mark(3.4913, -1.5793),
    "the line is right, but a gate ends at 0 and 1: clip it": Mark(5.4900, -3.5584),
    "where the value is flat its slope is 0": Mark(2.8741, -1.7280),
    "the slope and the value have changed places": [np.stack([_SLOPES, _VALUES])],
    "the middle: σ(0) is a half": Mark(1.4625, -2.3730),
    "that is σ itself; what is asked for is made of straight lines": _both("sigmoid"),
    "the value is right; the slope is that of the line, not of σ": (
        [np.stack([_VALUES, activations.sigmoid_d1(_GRID)])]
    ),
}


def judge_hard(answer):
    """Exercise 3.3: the hard sigmoid that touches σ in the middle, and its slope."""
    judge_function(
        answer,
        right=[np.stack([_VALUES, _SLOPES])],
        cases=[(_GRID,)],
        usual=_HARD_TURNS,
        name="value and slope",
        rtol=1e-12,
        atol=1e-12,
        otherwise="compare both with σ at z = 0, and look where the line ends",
    )
    return (
        "It agrees with σ in value and slope at 0, is exactly shut from -2 down and "
        "exactly open from 2 up. There it leaks nothing, and learns nothing."
    )


# --- 3.4 -------------------------------------------------------------------------

STEPS = 50
GATES = {
    "sigmoid at 4": ("sigmoid", 4.0),
    "tanh at 4": ("tanh", 4.0),
    "hard_sigmoid at 4": ("hard_sigmoid", 4.0),
    "relu at 1.02": ("relu", 1.02),
    "step at 0.1": ("step", 0.1),
    "tanh at -4": ("tanh", -4.0),
}


def left():
    """What is left of c = 1 after `STEPS` steps through each gate, by name."""
    told = {}
    for name, (gate, z) in GATES.items():
        c = 1.0
        for _ in range(STEPS):
            c = float(activations.get(gate)(np.float64(z))) * c
        told[name] = c
    return told


_GUESSES = {
    "sigmoid at 4": (
        ("that is so after one step; there are 50", 0.982),
        ("1.8 per cent are lost at each step, of what is left: σ(4)**50", 0.1),
        ("near 1 is not 1: σ(4) is 0.982, and there are 50 steps", 1.0),
        ("0.982 fifty times is not yet nothing", 0.0),
    ),
    "tanh at 4": (
        ("that is what σ leaves; tanh(4) is σ(8) moved to (-1, 1), nearer to 1", 0.4),
        ("the loss is small, but not that small: 0.07 per cent, fifty times", 0.0),
    ),
    "hard_sigmoid at 4": (
        ("hard sigmoid is exactly 1 from z = 3 on, so nothing leaks", 0.4),
        ("4/6 + 1/2 is above 1, and is clipped to 1", (4 / 6 + 0.5) ** 50),
        ("a factor of exactly 1 loses nothing", 0.0),
    ),
    "relu at 1.02": (
        ("two per cent more at each step, of what is there by then: 1.02**50", 2.0),
        ("that is after one step; there are 50", 1.02),
        ("ReLU has no end at 1: what is above it comes out as it is", 1.0),
    ),
    "step at 0.1": (
        ("a switch has no half measures: above 0 it is 1", 0.1**50),
        ("a switch has no half measures: above 0 it is 1", 0.1),
        ("a switch is open above 0, and shut below", 0.0),
    ),
    "tanh at -4": (
        ("the sign flips at every step, 50 times: that is an even number", -0.967),
        ("the sign flips, but the size stays: (-0.9993)**50", 0.0),
    ),
}


def _reach(want):
    return 1e-9 if want == 1 else 0.1 * abs(want)


def judge_left(answer):
    """Exercise 3.4: what is left of a value, predicted to within a tenth, then run."""
    want = left()
    judge_numbers(
        answer,
        want,
        _GUESSES,
        reach=_reach,
        near=lambda v: 0.01 * abs(v),
        otherwise=lambda name: "what is f, and what is its 50th power?",
    )
    told = ", ".join(f"{name}: {c:.3g}" for name, c in want.items())
    return f"All six are as a run of {STEPS} steps gives them ({told})."


EXERCISES = (
    Exercise(
        "3.1",
        "Put a SymPy expression in place of each `...`: `z` in p, `both` in p and q. "
        "Then run the cell again.",
        judge_odds,
        (
            "write p = 1 / (1 + exp(-z)), turn it upside down, and solve for exp(-z).",
            "two independent witnesses who agree were both right or both wrong. How "
            "likely is each of the two cases?",
            "both right has the weight p · q, both wrong (1 - p)(1 - q); the answer is "
            "the share of the first in their sum.",
        ),
    ),
    Exercise(
        "3.2",
        "Fill the function `bias`: it takes an array T of half-lives and returns the "
        "pre-activation z for each. Then run the cell again.",
        judge_half_life,
        (
            "first find f: what number, multiplied T times by itself, gives a half?",
            "then find z from f = σ(z): that is the inverse of exercise 3.1.",
            "f = 2**(-1/T), and log(f / (1 - f)) = -log(2**(1/T) - 1).",
        ),
    ),
    Exercise(
        "3.3",
        "Fill the function `hard`: it takes an array z and returns two arrays like it, "
        "the values and the slopes. Then run the cell again.",
        judge_hard,
        (
            "a line has the form m · z + n. Which n and m does σ have at z = 0?",
            "σ(0) is a half and its slope there is σ(0)(1 - σ(0)); `np.clip` ends the "
            "line at 0 and 1.",
            "the slope is m where the line is between 0 and 1, and 0 elsewhere: "
            "`np.where(np.abs(z) < 2, m, 0.0)`.",
        ),
    ),
    Exercise(
        "3.4",
        "Put your prediction, a number, in place of each `...`, then run the cell "
        "again.",
        judge_left,
        (
            "find f first, then its 50th power; a sign too.",
            "σ(4) = 0.982 and tanh(4) = 0.9993; which of the six gates are exactly 1?",
            "for f near 1, f**50 is about exp(-50 (1 - f)).",
        ),
    ),
)
