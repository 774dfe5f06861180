"""Exercises of the chapter "squashers": slopes that are wrong, and a slope's tail."""

import warnings
from typing import NamedTuple

import numpy as np
import sympy

from lstm_core import activations
from lstm_core.exercises import expressions
from lstm_core.exercises.mechanism import Exercise
from lstm_core.exercises.toolbox import call, listed, shown
from lstm_core.exercises.verdict import Wrong
from lstm_core.symbolic import definition, z

# --- 2.1 -------------------------------------------------------------------------

_e = sympy.exp(-z)
_sigma, _sigma_slope = definition("sigmoid"), definition("sigmoid").diff(z)
_sigma_2z = 1 / (1 + sympy.exp(-2 * z))


class Claim(NamedTuple):
    """A slope as somebody claims it: as written, as it reads in SymPy, where from."""

    written: str
    slope: sympy.Expr
    source: str


_MADE_UP = "made up for this exercise"

CLAIMS = {
    "sigmoid": Claim("-exp(-z) / 1 + exp(-z)^2", -_e / 1 + _e**2, "circulates"),
    "leaky_relu": Claim(
        "1 if z > 0, else 0.01",
        sympy.Piecewise((1, z > 0), (sympy.Rational(1, 100), True)),
        "circulates, with any small number, as the slope of ReLU",
    ),
    "tanh": Claim("1 - tanh(z^2)", 1 - sympy.tanh(z**2), _MADE_UP),
    "softsign": Claim("1 / (1 + |z|)", 1 / (1 + sympy.Abs(z)), _MADE_UP),
    "softplus": Claim("-1 / (1 + exp(-z))", -_sigma, _MADE_UP),
    "sigmoid_rescaled": Claim(
        "2 s (1 - s) with s = 1 / (1 + exp(-2z))",
        2 * _sigma_2z * (1 - _sigma_2z),
        _MADE_UP,
    ),
}

# Name -> usual wrong slopes and what to say to each, tried in this order.
_USUAL = {
    "sigmoid": (
        (
            -_sigma_slope,
            "the sign: the minus of exp(-z) meets the minus of the quotient rule",
        ),
        (z * (1 - z), "y(1 - y) takes the output y = σ(z), and you have put z there"),
        (_sigma**2, "one factor is σ(z), the other 1 - σ(z)"),
        (_e / (1 + _e**2), "the square belongs to the whole bracket, (1 + exp(-z))²"),
        (_e / 1 + _e**2, "the bracket round 1 + exp(-z) is still missing"),
        (-_e / (1 + _e**2), "the square belongs to the whole bracket; and the sign"),
        (_e / (1 + _e), "the denominator is squared when a quotient is differentiated"),
    ),
    "leaky_relu": (
        (
            sympy.Piecewise((1, z > 0), (0, True)),
            "that is the slope of ReLU; the leak keeps a small slope below 0",
        ),
        (
            sympy.Piecewise((1, z > 0), (z / 100, True)),
            "below 0 that is the function; its slope is a constant there",
        ),
    ),
    "tanh": (
        (1 - z**2, "1 - y² takes the output y = tanh(z), and you have put z there"),
        (1 - sympy.tanh(z), "the square is missing: 1 - tanh(z)²"),
        (1 + sympy.tanh(z) ** 2, "the sign of the square: the slope cannot exceed 1"),
        (_sigma_slope, "that is the slope of σ(z); tanh(z) is 2σ(2z) - 1"),
    ),
    "softsign": (
        (
            1 / (1 + z) ** 2,
            "z needs its absolute value, or the slope is infinite at z = -1",
        ),
        (1 / (1 + z**2), "the square belongs to the whole bracket, (1 + |z|)²"),
        (
            sympy.sign(z) / (1 + sympy.Abs(z)) ** 2,
            "the slope is positive on both sides",
        ),
    ),
    "softplus": (
        (1 - _sigma, "that falls with z, but softplus gets steeper: mind exp(-z)"),
        (sympy.log(1 + sympy.exp(z)), "that is the function, not its slope"),
    ),
    "sigmoid_rescaled": (
        (_sigma_2z * (1 - _sigma_2z), "both factors 2 are lost, inside and in front"),
        (4 * _sigma_slope, "σ is taken at 2z, in the slope as well"),
    ),
}


def judge_slopes(answer):
    """Exercise 2.1: the slope of every function in `CLAIMS`, as SymPy expressions."""
    answer = call(answer, z) if callable(answer) else answer
    if not isinstance(answer, dict):
        raise Wrong(f"a dictionary with the keys {listed(CLAIMS)}", shown(answer))
    for name, claim in CLAIMS.items():
        if name not in answer:
            known = listed([str(key) for key in answer]) if answer else "none"
            raise Wrong(f"a formula under each of {listed(CLAIMS)}", f"keys: {known}")
        got = expressions.read(answer[name], f"`{name}`")
        expressions.judge(name, got, definition(name), _USUAL[name], claim.slope)
    return (
        "All slopes are right. Five of the six claims were wrong; the leaky ReLU's "
        "was right and only its label was not."
    )


# --- 2.2 -------------------------------------------------------------------------

_HALF = np.append(np.geomspace(0.01, 350, 60), 1000.0)
_GRID = np.concatenate([-_HALF[::-1], _HALF])


def judge_tail(answer):
    """Exercise 2.2: a NumPy function, the slope of tanh with its tails."""
    if not callable(answer):
        raise Wrong(
            "a function of z", shown(answer), "hand over `slope`, not `slope(z)`"
        )
    got = _slopes(answer, _GRID)
    want = activations.get("tanh").d1(_GRID)
    bad = ~(np.abs(got - want) <= 1e-9 * np.maximum(want, 1e-300))
    if not bad.any():
        return (
            "Your slope is right to nine digits from -350 to 350, where it is "
            f"{activations.get('tanh').d1(350.0):.0e}, and it is finite beyond."
        )
    k = _telling(np.abs(got / want - 1), bad)
    raise Wrong(
        f"{want[k]:.4g} at z = {_GRID[k]:.4g}",
        f"{got[k]:.4g}",
        _why_no_tail(got, want),
    )


def _telling(error, bad):
    """Index of the z nearest to 0, and positive if possible, with a large error."""
    error = np.where(bad, np.nan_to_num(error, nan=1.0, posinf=1.0), 0.0)
    large = np.flatnonzero(error >= min(0.5, error.max()))
    return min(large, key=lambda k: (abs(_GRID[k]), -_GRID[k]))


def _slopes(function, points):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        got = call(function, points.copy())
    try:
        got = np.asarray(got, dtype=float)
    except (TypeError, ValueError):
        raise Wrong("an array of slopes, one for each z", shown(got)) from None
    if got.shape != points.shape:
        raise Wrong(
            f"one slope for each z, so an array of shape {points.shape}",
            f"shape {got.shape}",
            "use NumPy's functions, which work on a whole array",
        )
    return got


def _why_no_tail(got, want):
    near = np.abs(_GRID) < 2
    if not np.isfinite(got).all():
        return "exp of a large number overflows: use exp(-|z|), the slope is even"
    ratio = got[near] / want[near]
    if np.allclose(ratio, 1):
        return (
            "1 - y² subtracts two numbers that are nearly equal, and loses its digits "
            "long before z = 20. Find a form without that subtraction"
        )
    if np.allclose(ratio, ratio[0]):
        return f"near 0 your slope is {ratio[0]:.4g} times the true one everywhere"
    if np.allclose(got[near], activations.get("sigmoid").d1(_GRID[near])):
        return "that is the slope of σ(z); tanh(z) is 2σ(2z) - 1"
    return "compare with 1 - tanh(z)² for small z, where that form is good"


EXERCISES = (
    Exercise(
        "2.1",
        "Fill the function `mend`: it takes the symbol z and returns a dictionary with "
        "one SymPy formula for each name. Then run the cell again.",
        judge_slopes,
        (
            "test before you mend: what is `sympy.diff(function, z) - claim` at z = 1?",
            "a slope that is negative somewhere cannot belong to a function that rises "
            "everywhere; and near 0, tanh and 2σ(2z) - 1 are as steep as z itself.",
            "let SymPy do it: `symbolic.definition(name).diff(z)` is the slope of any "
            "function of the table.",
        ),
    ),
    Exercise(
        "2.2",
        "Fill the function `slope`: it takes an array z and returns the slope of tanh "
        "at each of its numbers. Then run the cell again.",
        judge_tail,
        (
            "1 - tanh(z)² is right on paper only: print it at z = 20.",
            "write tanh as 2σ(2z) - 1 and differentiate that: which σ' do you need?",
            "with e = exp(-2|z|), the slope of tanh is 4e / (1 + e)².",
        ),
    ),
)
