"""Slopes: right ones pass in any form, usual mistakes are named."""

import numpy as np
import pytest
import sympy as sp

from lstm_core import symbolic
from lstm_core.activations import get
from lstm_core.exercises import squashers
from lstm_core.exercises.mechanism import Registry

z = symbolic.z
s1 = symbolic.plain(symbolic.sigma(z))
s2 = symbolic.plain(symbolic.sigma(2 * z))


def slopes(**changed):
    return {name: symbolic.get(name).d1 for name in squashers.CLAIMS} | changed


def sigma(a):
    return 1 / (1 + np.exp(-a))


def in_place(z):
    z *= 2
    return 1 / np.cosh(z) ** 2


MISTAKES = {
    "2.1": [
        (slopes(sigmoid=-s1 * (1 - s1)), "minus of the quotient rule"),
        (slopes(sigmoid=z * (1 - z)), "y = σ(z), and you have put z there"),
        (slopes(sigmoid=sp.exp(-z) / (1 + sp.exp(-z) ** 2)), "whole bracket"),
        (slopes(sigmoid=2 * s1 * (1 - s1)), "factor 2 too many"),
        (slopes(sigmoid=s1), "the function, not its slope"),
        (slopes(sigmoid=symbolic.get("sigmoid").d2), "second derivative"),
        (slopes(tanh=1 - z**2), "y = tanh(z), and you have put z there"),
        (slopes(tanh=1 - sp.tanh(z)), "square is missing"),
        (slopes(tanh=s1 * (1 - s1)), "slope of σ(z)"),
        (slopes(tanh=sp.tanh(z) ** 2 - 1), "only the sign"),
        (slopes(softsign=1 / (1 + z) ** 2), "absolute value"),
        (slopes(softplus=1 - s1), "mind exp(-z)"),
        (slopes(sigmoid_rescaled=s2 * (1 - s2)), "both factors 2"),
        (slopes(sigmoid_rescaled=4 * s1 * (1 - s1)), "taken at 2z"),
        (slopes(leaky_relu=sp.Piecewise((1, z > 0), (0, True))), "slope of ReLU"),
        (slopes(sigmoid=sp.Symbol("y") * (1 - sp.Symbol("y"))), "also has `y`"),
        (slopes(sigmoid=sp.exp(-z) / 1 + sp.exp(-z) ** 2), "bracket round"),
        *(
            (slopes(**{name: squashers.CLAIMS[name].slope}), "the claim as it stood")
            for name in squashers.CLAIMS
            if name != "leaky_relu"
        ),
    ],
    "2.2": [
        (lambda z: 1 - np.tanh(z) ** 2, "nearly equal"),
        (lambda z: sigma(2 * z) * (1 - sigma(2 * z)), "0.25 times"),
        (lambda z: sigma(z) * (1 - sigma(z)), "slope of σ(z)"),
        (lambda z: 4 * np.exp(-2 * z) / (1 + np.exp(-2 * z)) ** 2, "overflows"),
        (lambda z: -get("tanh").d1(z), "-1 times"),
        (lambda z: 0.5, "one slope for each z"),
        (lambda z: "steep", "array of slopes"),
        (in_place, "in place"),
    ],
}


@pytest.fixture
def check():
    return Registry(squashers.EXERCISES).check


@pytest.mark.parametrize("form", [sp.expand, sp.factor, sp.simplify, sp.together])
def test_any_form_of_the_right_slope_passes(check, form):
    answer = {n: form(symbolic.plain(e)) for n, e in slopes().items()}
    assert check("2.1", answer), check("2.1", answer)


def test_a_z_without_assumptions_and_floats_pass(check):
    plain_z = sp.Symbol("z")
    answer = {n: e.xreplace({z: plain_z}) for n, e in slopes().items()}
    answer["leaky_relu"] = sp.Piecewise((1.0, plain_z > 0), (0.01, True))
    assert check("2.1", answer)


def test_an_answer_may_be_a_function(check):
    assert check("2.1", lambda z: slopes())


@pytest.mark.parametrize("name", squashers.CLAIMS)
def test_every_claim_but_one_is_wrong(check, name):
    said = check("2.1", slopes(**{name: squashers.CLAIMS[name].slope}))
    assert bool(said) == (name == "leaky_relu")


def test_no_named_mistake_is_right():
    """A planted right slope among the wrong ones would answer the exercise."""
    for name, usual in squashers._USUAL.items():
        slope = symbolic.plain(symbolic.get(name).d1)
        for wrong, words in usual:
            assert not squashers.expressions.same(wrong, slope), (name, words)


def test_cosh_is_as_good(check):
    assert check("2.2", lambda z: 1 / np.cosh(z) ** 2)


def test_a_judge_that_is_too_kind_would_show(check):
    """The planted bug: a judge that accepts everything accepts a claim."""
    kind = squashers.EXERCISES[0]._replace(judge=lambda answer: "Right.")
    wrong = slopes(sigmoid=squashers.CLAIMS["sigmoid"].slope)
    assert Registry([kind]).check("2.1", wrong)
    assert not check("2.1", wrong)
