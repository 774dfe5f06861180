"""Exercises of the chapter "gradients": wrong answers and what they are told."""

import numpy as np
import pytest
import sympy as sp

from lstm_core import unroll
from lstm_core.cells.gru import GRU
from lstm_core.cells.lstm import State
from lstm_core.cells.variants import CoupledLSTM
from lstm_core.exercises import gradients

f, g, c_prev, o_prev, s_prev, U_f, U_g = sp.symbols("f g c_prev o_prev s_prev U_f U_g")
READS = o_prev * (1 - s_prev**2)
GATE = (c_prev - g) * f * (1 - f) * U_f
CANDIDATE = (1 - f) * (1 - g**2) * U_g
FACTOR = {"held": f, "whole": f + READS * (GATE + CANDIDATE)}


def left(bias, steps):
    return np.exp(-steps * np.log1p(np.exp(-bias)))


def bias(steps, left):
    return -np.log(np.expm1(-np.log(left) / steps))


def rounded(steps, left):
    keeps = left ** (1 / steps)
    return np.log(keeps / (1 - keeps))


BOTH = {"left": left, "bias": bias}


def step_back(p, k, dh, dc):
    _, _, d = CoupledLSTM().step_back(p, k, State(dh, dc))
    return d.h, d.c


def turned(**change):
    return lambda p, k, dh, dc: gradients._turned(p, k, dh, dc, **change)


def mended(p, k, dhs):
    _, dxs, _ = unroll.backward(GRU(), p, k, dhs)
    return dxs


def bugs(**change):
    return lambda p, k, dhs: gradients._mended(p, k, dhs, **change)


MISTAKES = {
    "8.1": [
        (FACTOR | {"held": 1 - f}, "what is kept is f"),
        (FACTOR | {"held": FACTOR["whole"]}, "the detours are held too"),
        (FACTOR | {"whole": f + READS * (GATE + (1 - f) * (1 - g) * U_g)}, "1 - g²"),
        (FACTOR | {"whole": f}, "c_prev also moves h_prev"),
        (FACTOR | {"whole": f + GATE + CANDIDATE}, "o · (1 - s²) is missing"),
        (FACTOR | {"whole": f + READS * GATE}, "through the candidate is missing"),
        (FACTOR | {"whole": FACTOR["whole"].subs(c_prev - g, c_prev)}, "as 1 - f"),
        (FACTOR | {"whole": sp.Symbol("i") + f}, "i is 1 - f in this cell"),
        (FACTOR | {"whole": READS * (GATE + CANDIDATE)}, "the detours alone"),
    ],
    "8.2": [
        (BOTH | {"left": lambda b, n: 1 / (1 + np.exp(-b))}, "that is one step"),
        (BOTH | {"left": lambda b, n: 1 - left(b, n)}, "that is what is lost"),
        (BOTH | {"left": lambda b, n: left(-b, n)}, "a larger bias keeps more"),
        (BOTH | {"bias": lambda n, s: np.log(s / (1 - s))}, "one step keeps its root"),
        (BOTH | {"bias": lambda n, s: s ** (1 / n)}, "that is f itself"),
        (BOTH | {"bias": lambda n, s: np.log(n / -np.log(s))}, "many steps only"),
        (BOTH | {"bias": rounded}, "has no digits left"),
        (BOTH | {"bias": 1.0}, "a function of two numbers"),
    ],
    "8.3": [
        (turned(out=0.0), "take in what comes from h"),
        (turned(slope=False), "1 - s² of that tanh"),
        (turned(tied=False), "not by c_prev"),
        (turned(output=0.0), "through the output gate"),
        (turned(back=False), "da @ U.T"),
        (turned(straight=False), "times the forget gate"),
        (lambda *a: step_back(*a)[::-1], "the other order"),
        (lambda *a: step_back(*a)[0], "two arrays"),
    ],
    "8.4": [
        (gradients.broken, "as it stood"),
        (bugs(lost=True), "right for one step"),
        (bugs(sign=-1.0), "if z grows"),
        (bugs(kept=0.0), "the straight way was right"),
        (bugs(late=True), "without any effect"),
        (lambda p, k, dhs: mended(p, k, dhs)[::-1], "runs backwards"),
        (lambda p, k, dhs: -mended(p, k, dhs), "only the sign"),
    ],
}


PASSING = [
    ("8.1", FACTOR),
    ("8.1", {name: sp.expand(one) for name, one in FACTOR.items()}),
    ("8.2", BOTH),
    ("8.2", BOTH | {"left": lambda b, n: (1 / (1 + np.exp(-b))) ** n}),
    ("8.3", step_back),
    ("8.3", turned()),
    ("8.4", mended),
    ("8.4", bugs()),
]


def test_the_total_is_what_sympy_derives():
    """The formula that the judge holds is the derivative of the step itself."""
    c, a, b = sp.symbols("c a b", real=True)
    h = o_prev * sp.tanh(c)
    gate = 1 / (1 + sp.exp(-(a + U_f * h)))
    candidate = sp.tanh(b + U_g * h)
    derived = (gate * c + (1 - gate) * candidate).diff(c)
    at = {c: 0.7, a: 0.4, b: -0.3, o_prev: 0.6, U_f: 1.2, U_g: -0.8}
    letters = {
        f: gate.subs(at),
        g: candidate.subs(at),
        c_prev: 0.7,
        s_prev: sp.tanh(0.7),
    }
    told = gradients._TOTAL.subs(letters).subs(at)
    assert float(told) == pytest.approx(float(derived.subs(at)), rel=1e-12)


def test_with_one_step_one_of_the_two_bugs_shows():
    (one, two, _), (right, also, _) = gradients._runs()
    assert np.allclose(bugs(lost=True)(*one), right)
    assert not np.allclose(bugs(lost=True)(*two), also)
    assert not np.allclose(bugs(sign=-1.0)(*one), right)
