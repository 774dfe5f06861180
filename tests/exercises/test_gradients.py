"""Exercises of the chapter "gradients": wrong answers and what they are told."""

import numpy as np
import pytest
import sympy as sp

from lstm_core import unroll
from lstm_core.cells.gru import GRU
from lstm_core.cells.lstm import State
from lstm_core.cells.variants import CoupledLSTM
from lstm_core.exercises import gradients
from lstm_core.exercises.expressions import at

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


def back(
    p,
    k,
    dh,
    dc,
    late=1.0,
    out=1.0,
    slope=True,
    tied=True,
    gate=True,
    candidate=True,
    output=True,
    back=True,
    straight=True,
):
    """(dh_prev, dc_prev) of the coupled cell, with one thing wrong at a time."""
    dc = dc * late + out * dh * k.o * ((1 - k.s**2) if slope else 1)
    da_f = gate * dc * (k.c_prev - tied * k.g) * k.f * (1 - k.f)
    da_g = candidate * dc * (1 - k.f) * (1 - k.g**2)
    da_o = output * dh * k.s * k.o * (1 - k.o)
    ways = ((p.f, da_f), (p.g, da_g), (p.o, da_o))
    dh_prev = sum(da @ (q.U.T if back else q.U) for q, da in ways)
    return dh_prev, dc * k.f if straight else dc


def turned(**change):
    return lambda *case: back(*case, **change)


def mended(p, k, dhs):
    _, dxs, _ = unroll.backward(GRU(), p, k, dhs)
    return dxs


def gru_back(p, k, dhs, lost=False, sign=1.0, kept=True, late=False, r=True):
    """`broken` with its two lines right, or with others wrong."""
    dh, dxs = np.zeros(dhs.shape[1:]), []
    for t in reversed(range(len(dhs))):
        dh = dhs[t] + (0 if lost else dh)
        da_n = dh * (1 - k.z[t]) * (1 - k.n[t] ** 2)
        old = k.n[t] if late else k.h_prev[t]
        da_z = sign * dh * (old - k.n[t]) * k.z[t] * (1 - k.z[t])
        da_r = da_n * k.m[t] * k.r[t] * (1 - k.r[t])
        dxs.append(da_n @ p.n.W.T + da_z @ p.z.W.T + da_r @ p.r.W.T)
        dm = da_n * (k.r[t] if r else 1)
        dh = kept * dh * k.z[t] + dm @ p.n.U.T + da_z @ p.z.U.T + da_r @ p.r.U.T
    return np.stack(dxs[::-1])


def bugs(**change):
    return lambda *run: gru_back(*run, **change)


def whole(way=READS, gate=GATE, candidate=CANDIDATE):
    return FACTOR | {"whole": f + way * (gate + candidate)}


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
        (FACTOR | {"held": READS * (GATE + CANDIDATE)}, "with f left out"),
        (FACTOR | {"held": f * (1 - f)}, "the gate's own slope"),
        (whole(way=1 - s_prev**2), "the output gate stands on the way out"),
        (whole(way=o_prev), "of the tanh on the way out is missing"),
        (whole(gate=(c_prev + g) * f * (1 - f) * U_f), "has a minus"),
        (whole(gate=0), "through the forget gate is missing"),
        (whole(gate=(c_prev - g) * (1 - f) * U_f), "is f · (1 - f)"),
        (whole(candidate=(1 - g**2) * U_g), "which is 1 - f here"),
        (whole(candidate=(1 - f) * U_g), "candidate's tanh is missing"),
    ],
    "8.2": [
        (BOTH | {"left": lambda b, n: 1 / (1 + np.exp(-b))}, "that is one step"),
        (BOTH | {"left": lambda b, n: 1 - left(b, n)}, "that is what is lost"),
        (BOTH | {"left": lambda b, n: left(-b, n)}, "a larger bias keeps more"),
        (BOTH | {"bias": lambda n, s: np.log(s / (1 - s))}, "one step keeps its root"),
        (BOTH | {"bias": lambda n, s: s ** (1 / n)}, "that is f itself"),
        (BOTH | {"bias": lambda n, s: np.log(n / -np.log(s))}, "many steps only"),
        (BOTH | {"left": lambda b, n: left(n, b)}, "comes first"),
        (BOTH | {"left": lambda b, n: 0.5**n}, "halved at every step"),
        (BOTH | {"left": lambda b, n: n * left(b, 1.0)}, "do not add up"),
        (BOTH | {"bias": lambda n, s: bias(n, 0.5)}, "for a half"),
        (BOTH | {"bias": lambda n, s: -bias(n, s)}, "upside down"),
        (BOTH | {"bias": lambda n, s: np.log(n)}, "the share matters too"),
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
        (turned(late=0.0), "dc itself, is lost"),
        (turned(tied=-1.0), "the sign of g"),
        (turned(gate=0.0), "through the forget gate is missing"),
        (turned(candidate=0.0), "through the candidate is missing"),
        (lambda *a: step_back(*a)[::-1], "the other order"),
        (lambda *a: step_back(*a)[0], "two arrays"),
    ],
    "8.4": [
        (gradients.broken, "as it stood"),
        (bugs(lost=True), "right for one step"),
        (bugs(sign=-1.0), "if z grows"),
        (bugs(kept=0.0), "the straight way was right"),
        (bugs(late=True), "without any effect"),
        (bugs(r=False), "has r in it"),
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
    """The formula behind the judge's numbers is the derivative of the step itself."""
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
    told = FACTOR["whole"].subs(letters).subs(at)
    assert float(told) == pytest.approx(float(derived.subs(at)), rel=1e-12)


def test_the_stored_numbers_are_those_of_the_formulas():
    for stored, formula in ((gradients._HELD, "held"), (gradients._WHOLE, "whole")):
        np.testing.assert_allclose(
            stored, at(gradients._POINTS, FACTOR[formula]), rtol=1e-11
        )
    kept = [left(*case) for case in gradients._STEPS]
    np.testing.assert_allclose(gradients._LEFT, kept, rtol=1e-11)
    biases = [bias(*case) for case in gradients._SHARES]
    np.testing.assert_allclose(gradients._BIAS, biases, rtol=1e-11, atol=1e-11)


def test_with_one_step_one_of_the_two_bugs_shows():
    (one, two, _), (right, also, _) = gradients._runs()
    assert np.allclose(bugs(lost=True)(*one), right)
    assert not np.allclose(bugs(lost=True)(*two), also)
    assert not np.allclose(bugs(sign=-1.0)(*one), right)
