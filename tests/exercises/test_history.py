"""Exercises of the chapter "history": wrong answers and what they are told."""

import numpy as np
import pytest

from lstm_core import unroll
from lstm_core.cells.gate import Gate
from lstm_core.cells.lstm import LSTM, Params
from lstm_core.cells.original import OriginalLSTM
from lstm_core.cells.variants import CoupledLSTM
from lstm_core.exercises import history
from lstm_core.exercises.mechanism import Registry


def scaled(gate, factor):
    return Gate(*(factor * part for part in gate))


def forget(p, bias=40.0):
    return Gate(0 * p.g.W, 0 * p.g.U, 0 * p.g.b + bias)


def modern(p, **changed):
    return p._replace(**({"f": forget(p), "g": scaled(p.g, 0.5)} | changed))


def da_f(dc, c_prev, g, f):
    return dc * (c_prev - g) * f * (1 - f)


def mean(a_i, a_f, g):
    """The weights of all steps at once, as a softmax."""
    means = []
    for t in range(1, len(g) + 1):
        faded = np.sum(a_f[:t]) - np.cumsum(a_f[:t])
        exponents = a_i[:t] + faded
        weights = np.exp(exponents - exponents.max())
        means.append(weights @ g[:t] / weights.sum())
    return np.array(means)


def by_step(a_i, a_f, g):
    """The same, step by step."""
    c = n = 0.0
    m = -np.inf
    means = []
    for now_i, now_f, now_g in zip(a_i, a_f, g, strict=True):
        top = max(now_f + m, now_i)
        i, f = np.exp(now_i - top), np.exp(now_f + m - top)
        c, n, m = f * c + i * now_g, f * n + i, top
        means.append(c / n)
    return np.array(means)


def careless(a_i, a_f, g, divide=True):
    c, n, out = 0.0, 0.0, []
    for i, f, new in zip(np.exp(a_i), np.exp(a_f), g, strict=True):
        c, n = f * c + i * new, f * n + i
        out.append(c / n if divide else c)
    return np.array(out)


def clipped(a_i, a_f, g):
    return careless(np.clip(a_i, -50, 50), a_f, g)


def gates_of_sigma(a_i, a_f, g):
    return careless(np.log(history.sigma(a_i)), np.log(history.sigma(a_f)), g)


def unscaled(a_i, a_f, g):
    """Takes a new m at each step, and leaves the old c and n in the unit of the old."""
    c = n = 0.0
    m, out = -np.inf, []
    for now_i, now_f, now_g in zip(a_i, a_f, g, strict=True):
        m = max(now_f + m, now_i)
        c = np.exp(now_f) * c + np.exp(now_i - m) * now_g
        n = np.exp(now_f) * n + np.exp(now_i - m)
        out.append(c / n)
    return np.array(out)


def unforgetting(a_i, a_f, g):
    c = n = 0.0
    out = []
    for i, f, new in zip(np.exp(a_i), np.exp(a_f), g, strict=True):
        c, n = f * c + i * new, n + i
        out.append(c / n)
    return np.array(out)


def f_of_sigma(a_i, a_f, g):
    return careless(a_i, np.log(history.sigma(a_f)), g)


MISTAKES = {
    "11.1": [
        (lambda p: modern(p, g=p.g), "g is as it was"),
        (lambda p: modern(p, g=scaled(p.g, 2)), "the wrong way"),
        (lambda p: modern(p, g=scaled(p.g, 0.5)._replace(b=p.g.b)), "W, U and b"),
        (lambda p: modern(p, g=scaled(p.g, 0.5)._replace(U=p.g.U)), "U belongs to"),
        (lambda p: modern(p, i=scaled(p.i, 0.5), g=p.g), "halved through g"),
        (lambda p: modern(p, i=scaled(p.i, 0.5), o=scaled(p.o, 0.5)), "i and o have"),
        (lambda p: modern(p, f=forget(p, 1.0)), "keeps 0.73"),
        (lambda p: modern(p, f=forget(p, 0.0)), "a half"),
        (lambda p: modern(p, f=forget(p, -40.0)), "is shut"),
        (lambda p: modern(p, f=p.i), "whatever it reads"),
        (lambda p: modern(p, f=None), "hold it open"),
        (lambda p: modern(p, f=forget(p, np.inf)), "finite numbers in f.b"),
        (lambda p: modern(p, f=forget(p, 2.0)), "the forget gate: σ(b) is 0.88"),
        (lambda p: modern(p, f=Gate(*(one.T for one in forget(p)))), "shape"),
        (lambda p: scaled(p.g, 0.5), "return `p._replace"),
    ],
    "11.2": [
        (lambda dc, c_prev, g, f: dc * c_prev * f * (1 - f), "the usual LSTM's"),
        (lambda dc, c_prev, g, f: dc * (c_prev + g) * f * (1 - f), "1 - f falls"),
        (lambda dc, c_prev, g, f: dc * (c_prev - g), "∂L/∂f"),
        (lambda dc, c_prev, g, f: (c_prev - g) * f * (1 - f), "dc, multiplies it"),
        (lambda dc, c_prev, g, f: dc * (g - c_prev) * f * (1 - f), "only the sign"),
        (lambda dc, c_prev, g, f: dc * f, "the step before"),
        (lambda dc, c_prev, g, f: dc * (1 - f), "what the candidate gets"),
        (lambda dc, c_prev, g, f: dc * (c_prev - g) * (1 - f * f), "slope of tanh"),
        (lambda dc, c_prev, g, f: dc * (c_prev * f - g * (1 - f)), "two slopes"),
        (
            lambda dc, c_prev, g, f: dc * (c_prev - g) * history.sigma.d1(f),
            "its slope is f(1 - f)",
        ),
        (lambda dc, c_prev, g, f: np.sum(dc), "a single number"),
    ],
    "11.3": [
        (careless, "exp overflows"),
        (lambda a_i, a_f, g: mean(a_i, a_f, g) / 2, "start from c"),
        (lambda a_i, a_f, g: careless(a_i - a_i.max(), a_f, g), "largest exponent so"),
        (lambda a_i, a_f, g: careless(a_i, a_f, g, divide=False), "divide it by n"),
        (clipped, "a bound on them"),
        (gates_of_sigma, "gates of σ"),
        (f_of_sigma, "f too: exp(a_f)"),
        (unforgetting, "n forgets as c does"),
        (unscaled, "need the new unit"),
        (lambda a_i, a_f, g: mean(a_i, a_f, g)[-1], "a single number"),
    ],
}


@pytest.fixture
def check():
    return Registry(history.EXERCISES).check


PASSING = [
    ("11.1", modern),
    ("11.1", lambda p: modern(p, f=forget(p, 100.0))),
    ("11.1", lambda p: Params(p.i, forget(p, 25.0), p.o, scaled(p.g, 0.5))),
    ("11.2", da_f),
    ("11.2", lambda dc, c_prev, g, f: (dc * c_prev - dc * g) * (f - f**2)),
    ("11.3", mean),
    ("11.3", lambda *course: list(by_step(*course))),
]


def test_the_cell_of_1997_is_todays_with_half_the_candidate_weights():
    """What the page derives, to the last bits, and not without the half."""
    rng = np.random.default_rng(3)
    p = OriginalLSTM().init(rng, 2, 3)
    xs = rng.normal(size=(50, 4, 2))
    want = unroll.forward(OriginalLSTM(), p, xs)[0]
    got = unroll.forward(LSTM(), modern(p), xs)[0]
    np.testing.assert_allclose(got, want, atol=1e-14)
    planted = unroll.forward(LSTM(), modern(p, g=p.g), xs)[0]
    assert np.abs(planted - want).max() > 1e-3


def test_the_gradient_is_that_of_the_coupled_cell():
    rng = np.random.default_rng(0)
    cell = CoupledLSTM()
    p = cell.init(rng, 2, 3)
    x, h, c, dc = (rng.normal(size=(4, n)) for n in (2, 3, 3, 3))
    state = cell.zero_state(p, 4)._replace(h=h, c=c)
    _, k = cell.step(p, x, state)
    dp, _, _ = cell.step_back(p, k, state._replace(h=0 * dc, c=dc))
    np.testing.assert_allclose(dp.f.b, da_f(dc, c, k.g, k.f).sum(axis=0))


def test_the_stored_means_are_those_of_both_ways():
    for course, stored in zip(history._courses(), history._MEANS, strict=True):
        np.testing.assert_allclose(stored, mean(*course), rtol=1e-10)
        np.testing.assert_allclose(stored, by_step(*course), rtol=1e-10)


@pytest.mark.parametrize("number", MISTAKES)
def test_a_judge_that_is_too_kind_would_show(check, number):
    (one,) = (e for e in history.EXERCISES if e.number == number)
    wrong = MISTAKES[number][0][0]
    assert Registry([one._replace(judge=lambda answer: "Right.")]).check(number, wrong)
    assert not check(number, wrong)
