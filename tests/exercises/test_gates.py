"""Log-odds, half-lives, a hard gate: mistakes are named, right answers pass."""

import numpy as np
import sympy as sp

from lstm_core.activations import get
from lstm_core.exercises import gates
from lstm_core.symbolic import sigma, z

p, q = sp.symbols("p q", positive=True)
LOG_ODDS = sp.log(p / (1 - p))
BOTH = p * q / (p * q + (1 - p) * (1 - q))
LEFT = {
    "sigmoid at 4": 0.4,
    "tanh at 4": 0.97,
    "hard_sigmoid at 4": 1,
    "relu at 1.02": 2.7,
    "step at 0.1": 1,
    "tanh at -4": 0.97,
}


def odds(z=LOG_ODDS, both=BOTH):
    return {"z": z, "both": both}


def half_life(T):
    return -np.log(2 ** (1 / T) - 1)


def hard(z):
    slope = np.where(np.abs(z) < 2, 0.25, 0.0)
    return np.clip(z / 4 + 0.5, 0, 1), slope


def straight(m, n=0.5):
    line = lambda z: m * z + n  # noqa: E731
    inside = lambda z: (line(z) > 0) & (line(z) < 1)  # noqa: E731
    return lambda z: (np.clip(line(z), 0, 1), np.where(inside(z), m, 0.0))


MISTAKES = {
    "3.1": [
        (odds(z=-LOG_ODDS), "upside down"),
        (odds(z=p / (1 - p)), "take the logarithm"),
        (odds(z=sp.log(p / (1 - p), 10)), "to the base e"),
        (odds(z=[LOG_ODDS]), "take its first, `[0]`"),
        (odds(both=sp.Eq(q, BOTH)), "take its right side"),
        (odds(z=sp.log(p)), "p to 1 - p"),
        (odds(z=1 + sp.exp(-p)), "the inverse function"),
        (odds(z=1 / (1 + sp.exp(-p))), "the other way"),
        (odds(z=sp.log((1 + p) / (1 - p)) / 2), "inverse of tanh"),
        (odds(z=z + p), "solve for z"),
        (odds(z=LOG_ODDS + q), "also has `q`"),
        (odds(both=p * q), "both say no is missing"),
        (odds(both=(p + q) / 2), "evidence adds up"),
        (odds(both=p + q - p * q), "at least one"),
        (odds(both=p * q / (p + q)), "cases in which they agree"),
        (odds(both=LOG_ODDS + sp.log(q / (1 - q))), "back to a probability"),
        (odds(both="p*q"), "leave out the quotation marks"),
    ],
    "3.2": [
        (lambda T: np.log(2 ** (1 / T) - 1), "the sign is wrong"),
        (lambda T: 2 ** (-1 / T), "that is f itself"),
        (lambda T: -np.log(2) / T, "that is log f"),
        (lambda T: np.log(T / np.log(2)), "for large T"),
        (lambda T: 0 * T, "1/2 once"),
        (lambda T: 5.0, "single number"),
        (lambda T: np.log(T - 1), "leaves 1/e"),
        (lambda T: np.log(2.0**T - 1) * -1, "has become a power"),
        (lambda T: np.log(T / np.log(2) - 1), "to first order only"),
        (lambda T: np.log(T - 2), "finite numbers"),
    ],
    "3.3": [
        (straight(1 / 6), "of PyTorch"),
        (straight(0.2), "of older Keras"),
        (straight(1.0), "slope of tanh"),
        (straight(0.5), "value at 0"),
        (straight(0.25, 0.0), "the middle"),
        (lambda z: (z / 4 + 0.5, 0 * z + 0.25), "clip it"),
        (lambda z: (hard(z)[0], 0 * z + 0.25), "its slope is 0"),
        (lambda z: hard(z)[::-1], "changed places"),
        (lambda z: (get("sigmoid")(z), get("sigmoid").d1(z)), "straight lines"),
        (lambda z: (hard(z)[0], get("sigmoid").d1(z)), "not of σ"),
        (lambda z: hard(z)[0], "an axis is lost"),
    ],
    "3.4": [
        (LEFT | {"sigmoid at 4": 1}, "near 1 is not 1"),
        (LEFT | {"sigmoid at 4": 0.982}, "after one step"),
        (LEFT | {"tanh at 4": 0.4}, "what σ leaves"),
        (LEFT | {"hard_sigmoid at 4": 0.4}, "from z = 3 on"),
        (LEFT | {"relu at 1.02": 2}, "what is there by then"),
        (LEFT | {"relu at 1.02": 1}, "no end at 1"),
        (LEFT | {"step at 0.1": 0}, "open above 0"),
        (LEFT | {"tanh at -4": -0.967}, "an even number"),
    ],
}


PASSING = [
    ("3.1", odds()),
    ("3.1", odds(sp.solve(sp.Eq(p, 1 / (1 + sp.exp(-z))), z)[0],
                 sigma(LOG_ODDS + sp.log(q / (1 - q))))),
    ("3.1", odds(sp.log(p) - sp.log(1 - p), sp.factor(BOTH))),
    ("3.2", half_life),
    ("3.2", lambda T: np.log(2 ** (-1 / T)) - np.log(1 - 2 ** (-1 / T))),
    ("3.3", hard),
    ("3.3", lambda z: np.array(hard(z))),
    ("3.4", LEFT),
]  # fmt: skip


def test_half_lives_are_half_lives():
    T = gates._TIMES
    np.testing.assert_allclose(half_life(T), gates._BIASES, rtol=1e-11)
    np.testing.assert_allclose(get("sigmoid")(half_life(T)) ** T, 0.5, rtol=1e-9)


def test_a_hard_gate_touches_the_soft_one():
    sigmoid, middle = get("sigmoid"), list(gates._GRID).index(0.0)
    touching = gates._VALUES[middle], gates._SLOPES[middle]
    assert touching == (sigmoid(np.zeros(1))[0], sigmoid.d1(np.zeros(1))[0])
