"""The second statement: its proofs, its digits and what it prints.

Where it meets `activations` and the cells is in test_activations and test_agreement.
"""

import math

import numpy as np
import pytest
import sympy as sp

from lstm_core import symbolic as S
from lstm_core.symbolic import sigma, z

EVERY = (*S.NAMES, "tempered_sigmoid(8)", "leaky_relu(0.2)")


def test_tanh_is_a_rescaled_sigmoid():
    assert S.equal(sp.tanh(z), 2 * sigma(2 * z) - 1)
    assert S.equal(S.get("sigmoid_rescaled").d1, S.get("tanh").d1)
    assert S.equal(S.get("g_1997").value, 2 * sp.tanh(z / 2))


@pytest.mark.parametrize(
    "wrong",
    [
        sigma(z) * (1 + sigma(z)),
        -sigma(z) * (1 - sigma(z)),
        sigma(z) * 1 - sigma(z),
        sigma(z) ** 2,
        sp.Integer(0),
    ],
)
def test_wrong_slopes_are_not_proved(wrong):
    assert S.equal(sigma(z).diff(z), sigma(z) * (1 - sigma(z)))
    assert not S.equal(sigma(z).diff(z), wrong)


def test_sigma_is_its_definition():
    assert S.plain(sigma(z)) == 1 / (1 + sp.exp(-z))
    assert S.plain(sigma(2 * z) * sigma(-z)).has(sp.exp) and not S.plain(3).free_symbols
    assert sp.simplify(S.plain(sigma(z).diff(z)) - S.plain(sigma(z)).diff(z)) == 0


def test_sigma_of_a_number_is_a_number():
    assert float(sigma(2).evalf()) == pytest.approx(1 / (1 + math.exp(-2)), rel=1e-15)
    assert float(S.get("sigmoid").d1.subs(z, 0.0)) == 0.25
    assert sigma(sp.Integer(2)).has(sigma)  # exact numbers stay exact


@pytest.mark.parametrize("name", EVERY)
def test_tidied_derivatives_are_the_derivatives(name):
    row = S.get(name)
    assert row.name == name
    for order, tidy in enumerate(row[1:]):
        for at in (-7.25, -2.75, -0.875, 0.5, 2.625, 8.0):
            difference = S.number(tidy, {z: at}) - S.evaluate(name, order, at)
            assert abs(difference) < 1e-25


@pytest.mark.parametrize(
    ("name", "value", "d1", "d2"),
    [
        (
            "sigmoid",
            r"\sigma\left(z\right)",
            r"\left(1 - \sigma\left(z\right)\right) \sigma\left(z\right)",
            r"\left(1 - 2 \sigma\left(z\right)\right) "
            r"\left(1 - \sigma\left(z\right)\right) \sigma\left(z\right)",
        ),
        (
            "tanh",
            r"\tanh{\left(z \right)}",
            r"1 - \tanh^{2}{\left(z \right)}",
            r"- 2 \left(1 - \tanh^{2}{\left(z \right)}\right) \tanh{\left(z \right)}",
        ),
        (
            "softsign",
            r"\frac{z}{\left|{z}\right| + 1}",
            r"\frac{1}{\left(\left|{z}\right| + 1\right)^{2}}",
            r"- \frac{2 \operatorname{sign}{\left(z \right)}}"
            r"{\left(\left|{z}\right| + 1\right)^{3}}",
        ),
        (
            "softplus",
            r"\log{\left(e^{z} + 1 \right)}",
            r"\sigma\left(z\right)",
            r"\left(1 - \sigma\left(z\right)\right) \sigma\left(z\right)",
        ),
        (
            "leaky_relu(0.2)",
            r"\begin{cases} z & \text{for}\: z > 0 \\"
            r"\frac{z}{5} & \text{otherwise} \end{cases}",
            r"\begin{cases} 1 & \text{for}\: z > 0 \\"
            r"\frac{1}{5} & \text{otherwise} \end{cases}",
            "0",
        ),
    ],
)
def test_rows_print_as_a_textbook_has_them(name, value, d1, d2):
    assert [sp.latex(e) for e in S.get(name)[1:]] == [value, d1, d2]


def test_a_power_of_sigma_prints():
    assert sp.latex(sigma(z) ** 2) == r"\sigma^{2}\left(z\right)"


def test_a_parameter_may_be_a_symbol():
    k = sp.Symbol("k", positive=True)
    slope = S.tempered(k).diff(z)
    assert S.equal(slope, k * sigma(k * z) * (1 - sigma(k * z)))
    assert S.leaky(k).subs(z, -2) == -2 * k and S.leaky(k).subs(z, 2) == 2


def test_evaluate_keeps_its_digits_where_floats_cancel():
    """Asymptotics written down by hand, from the first terms of each series."""
    slope = float(S.evaluate("tanh", 1, 20))
    assert slope == pytest.approx(4 * math.exp(-40), rel=1e-15)
    tail = sp.exp(-600).evalf(40) * 4
    assert abs(S.evaluate("tanh", 1, 300) / tail - 1) < 1e-28
    assert abs(S.evaluate("tanh", 2, -300) / (2 * tail) - 1) < 1e-28
    assert abs(S.evaluate("softplus", 0, -300) / sp.exp(-300).evalf(40) - 1) < 1e-28
    assert float(S.evaluate("sigmoid_shifted", 0, 5e-324) / 5e-324) == 0.25
    curvature = float(S.evaluate("sigmoid", 2, 1e-300))
    assert curvature == pytest.approx(-1e-300 / 8, rel=1e-15)


def test_evaluate_takes_the_float_exactly():
    """0.1 is not a tenth, and the 30 digits show it."""
    assert S.evaluate("identity", 0, 0.1) != sp.Rational(1, 10).evalf(30)
    assert S.evaluate("identity", 0, 0.1) == sp.Float(sp.Rational(0.1), 30)
    sine = "0.84147098480789650665250232163029899962256306079837"
    assert str(S.evaluate("sine", 0, 1.0, digits=50)) == sine


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("tahn", "unknown activation 'tahn': did you mean tanh"),
        ("tanh(2)", "tanh takes no parameter, got 'tanh(2)': write \"tanh\""),
        ("(", 'expected a name such as "tanh" or "leaky_relu(0.2)", got'),
    ],
)
def test_bad_names(name, sentence):
    for function in (S.get, S.definition):
        with pytest.raises(ValueError) as error:
            function(name)
        assert str(error.value).startswith(sentence)


# --- the cell ------------------------------------------------------------------


def test_the_step_in_the_letters_of_the_book():
    assert list(S.cell().latex().values()) == [
        "a_{i} = x_{t} W_{i} + h_{t-1} U_{i} + b_{i}",
        "a_{f} = x_{t} W_{f} + h_{t-1} U_{f} + b_{f}",
        "a_{o} = x_{t} W_{o} + h_{t-1} U_{o} + b_{o}",
        "a_{g} = x_{t} W_{g} + h_{t-1} U_{g} + b_{g}",
        r"i = \sigma\left(a_{i}\right)",
        r"f = \sigma\left(a_{f}\right)",
        r"o = \sigma\left(a_{o}\right)",
        r"g = \tanh{\left(a_{g} \right)}",
        r"c_{t} = f \odot c_{t-1} + i \odot g",
        r"s = \tanh{\left(c_{t} \right)}",
        r"h_{t} = o \odot s",
    ]


def test_the_derivatives_that_the_book_quotes():
    cell = S.cell()
    i, f, o, g = S.GATES
    assert cell.derivative(S.c, S.c_prev) == f
    assert cell.derivative(S.h, S.c_prev) == f * o * (1 - S.s**2)
    assert (
        sp.expand(
            cell.derivative(S.c, S.h_prev)
            - S.c_prev * f * (1 - f) * S.U[f]
            - g * i * (1 - i) * S.U[i]
            - i * (1 - g**2) * S.U[g]
        )
        == 0
    )
    assert cell.derivative(S.c, S.W[o]) == 0
    assert cell.derivative(S.h, S.U[o]) == S.h * S.h_prev * (1 - o)
    assert cell.jacobian().shape == (2, 2)
    assert cell.jacobian()[1, 1] == f
    assert S.cell(output="identity").derivative(S.h, S.c_prev) == f * o
    assert S.cell(gates="softplus").derivative(S.c, S.b[i]) == g * sigma(S.a[i])


VALUES = {
    symbol: -0.9 + 0.13 * place
    for place, symbol in enumerate((S.x, S.h_prev, S.c_prev, *S.PARAMETERS))
}


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"gates": "softplus", "candidate": "h_1997", "output": "softsign"},
        {"i": "hard_sigmoid", "f": "tempered_sigmoid(8)", "o": "sine"},
        {"candidate": "leaky_relu(0.2)", "output": "identity"},
        {"gates": "identity", "candidate": "identity", "output": "hard_tanh"},
    ],
    ids=str,
)
def test_derivatives_in_letters_are_those_of_the_written_out_step(choices):
    """The chain rule through the letters, against one diff of the whole expression."""
    cell = S.cell(**choices)
    for out in (S.c, S.h):
        whole = cell.written_out(out)
        assert whole.free_symbols <= set(VALUES)
        for by in VALUES:
            in_letters = cell.derivative(out, by)
            assert not in_letters.has(sp.Subs)
            for left, right in reversed(cell.equations.items()):
                in_letters = in_letters.subs(left, right)
            expected = S.number(whole.diff(by), VALUES)
            assert abs(S.number(in_letters, VALUES) - expected) <= 1e-25 * abs(expected)


def test_one_choice_for_all_gates_or_one_for_each():
    i, f, o, g = S.GATES
    equations = S.cell(gates="sine").equations
    assert [equations[k] for k in (i, f, o)] == [sp.sin(S.a[k]) for k in (i, f, o)]
    equations = S.cell(i="sine", f="identity", o="tanh", candidate="relu").equations
    assert equations[i] == sp.sin(S.a[i]) and equations[f] == S.a[f]
    assert equations[o] == sp.tanh(S.a[o]) and equations[g].has(sp.Piecewise)


def test_number_by_hand():
    """One step in plain floats, written out once more."""
    at = {symbol.name: value for symbol, value in VALUES.items()}

    def affine(k):
        return at["x_t"] * at[f"W_{k}"] + at["h_{t-1}"] * at[f"U_{k}"] + at[f"b_{k}"]

    i, f, o = (1 / (1 + math.exp(-affine(k))) for k in "ifo")
    c = f * at["c_{t-1}"] + i * math.tanh(affine("g"))
    cell = S.cell()
    got = [float(S.number(cell.written_out(k), VALUES)) for k in (S.c, S.h)]
    np.testing.assert_allclose(got, [c, o * math.tanh(c)], rtol=1e-14)
