"""The table of squashers against SymPy, the complex step, and numbers at the edge."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core import activations, symbolic

EVERY = (
    *activations.NAMES,
    "tempered_sigmoid(0.25)",
    "tempered_sigmoid(8)",
    "leaky_relu(0.2)",
)
ORDERS = ("value", "d1", "d2")
SMOOTH = [name for name in EVERY if not activations.get(name).kinks]
EPS = np.finfo(float).eps


def points():
    """Numbers from the smallest to ±300, with the places where naive forms fail."""
    rng = np.random.default_rng(7)
    special = [5e-324, 1e-310, 1e-300, 1e-160, 1e-30, 1e-17, 1e-16, 1e-9, 1e-8, 1e-3]
    special += [0.1, 0.5, 1.5, 2.0, 2.75, 4.0, 10.0]
    special += [18.5, 19.5, 36.5, 37.5, 100.0, 300.0]
    random = np.concatenate([rng.uniform(0, 3, 8), rng.uniform(3, 300, 8)])
    z = np.concatenate([special, random])
    return np.concatenate([-z, z])


def worst_error(name, order, z, eps=EPS):
    """The largest error in units of what is allowed, over the points z.

    Allowed: 1e-14 relative (45 eps, for another precision) plus what four roundings
    of z itself would do, and a few of the smallest numbers where the truth underflows.
    """
    got = getattr(activations.get(name), ORDERS[order])(z)
    assert got.dtype == z.dtype
    smallest = np.finfo(z.dtype).smallest_subnormal
    worst = 0.0
    for at, ours in zip(z.tolist(), got.tolist(), strict=True):
        truth, slope = (symbolic.evaluate(name, order + k, at) for k in (0, 1))
        allowed = 45 * eps * abs(truth) + 4 * eps * abs(at * slope) + 1000 * smallest
        worst = max(worst, float(abs(ours - truth) / allowed))
    return worst


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("order", range(3), ids=ORDERS)
def test_agrees_with_sympy(name, order):
    kinks = activations.get(name).kinks
    z = np.array([at for at in points() if at not in kinks])
    assert worst_error(name, order, z) <= 1


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("order", range(3), ids=ORDERS)
def test_float32_follows_its_type(name, order):
    z = np.float32([-80, -19.5, -4.1, -0.7, -1e-5, 1e-30, 0.3, 2.2, 9.5, 19.5, 80])
    assert worst_error(name, order, z, np.finfo(np.float32).eps) <= 1


def test_the_comparison_sees_what_a_form_of_the_output_loses():
    """The usual 1 - y² is what `test_agrees_with_sympy` is there to catch."""
    tanh = activations.get("tanh")
    at = np.array([-19.5, 0.3, 19.5])
    assert worst_error("tanh", 1, at) < 1
    usual = tanh._replace(name="tanh", d1=lambda z: 1 - np.tanh(z) ** 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(activations._TABLE, "tanh", usual)
        assert worst_error("tanh", 1, at) > 1e13


@given(st.floats(-300, 300))
def test_complex_step_of_value_is_d1_and_of_d1_is_d2(z):
    for name in SMOOTH:
        row = activations.get(name)
        value, d1 = (f(np.complex128(complex(z, 1e-30))) for f in (row.value, row.d1))
        # 1e-30 times less than 1e-278 underflows.
        assert value.imag / 1e-30 == pytest.approx(row.d1(z), rel=1e-12, abs=1e-278)
        # Near 0 the terms of d1 cancel, in the complex step only.
        near = max(1e-278, 1e-14 * d1.real)
        assert d1.imag / 1e-30 == pytest.approx(row.d2(z), rel=1e-12, abs=near)


@pytest.mark.parametrize("name", [n for n in EVERY if n not in SMOOTH])
def test_complex_step_between_the_kinks(name):
    row = activations.get(name)
    z = np.array([-7.0, -2.9, -1.4, -0.3, 0.2, 0.9, 2.6, 5.0])
    assert not set(z) & set(row.kinks)
    moved = z + 1e-30j
    np.testing.assert_allclose(row.value(moved).imag / 1e-30, row.d1(z), rtol=1e-14)
    np.testing.assert_allclose(row.d1(moved).imag / 1e-30, row.d2(z), rtol=1e-14)
    for function in row[1:4]:
        np.testing.assert_allclose(np.real(function(moved)), function(z), rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", EVERY)
def test_extremes_are_finite_and_silent(name, dtype):
    limits = np.finfo(dtype)
    large = 1e300 if dtype == np.float64 else 1e36
    tiny = limits.smallest_subnormal
    z = np.array([large, 710.0, 89.0, limits.tiny, tiny, 0.0], dtype)
    z = np.concatenate([z, -z])
    z.flags.writeable = False
    with np.errstate(all="raise", under="ignore"):
        for function in activations.get(name)[1:4]:
            got = function(z)
            assert got.dtype == dtype and got.shape == z.shape
            assert np.isfinite(got).all()
            assert np.isfinite(function(z + 1e-30j)).all()


@pytest.mark.parametrize("name", EVERY)
def test_range(name):
    """No value leaves the range, and the ends that are finite are nearly reached."""
    row = activations.get(name)
    low, high = row.range
    values = row(np.concatenate([points(), np.linspace(-9, 9, 999), [-1e300, 1e300]]))
    assert low <= values.min() and values.max() <= high
    assert values.min() == pytest.approx(low, abs=1e-4) or (low == -math.inf)
    assert values.max() == pytest.approx(high, abs=1e-4) or (high == math.inf)
    assert values.min() < -1e6 or low > -math.inf
    assert values.max() > 1e6 or high < math.inf


@pytest.mark.parametrize("name", EVERY)
def test_kinks_are_where_a_slope_jumps(name):
    row = activations.get(name)
    for kink in row.kinks:
        left, right = (np.float64(kink + side * 1e-9) for side in (-1, 1))
        jumps = [abs(function(right) - function(left)) for function in row[1:4]]
        assert max(jumps) > 0.009
        if name != "softsign":  # d1 is continuous there, d2 is given its mean
            at = row.d1(np.float64(kink))
            assert at == min(row.d1(left), row.d1(right))
        moved = row.value(np.complex128(complex(kink, 1e-30)))  # on the same side
        assert moved.imag / 1e-30 == pytest.approx(row.d1(kink), rel=1e-15)
    inside = np.linspace(-4, 4, 8001)
    apart = np.all([abs(inside - kink) > 0.002 for kink in (*row.kinks, 9)], axis=0)
    for function in row[1:4]:
        assert abs(np.diff(function(inside)))[apart[1:]].max() < 0.1


@pytest.mark.parametrize("name", EVERY)
def test_any_shape_goes_in_and_a_new_array_comes_out(name):
    for function in activations.get(name)[1:4]:
        for shape in ((), (0,), (2, 3, 4)):
            z = np.full(shape, 0.3)
            z.flags.writeable = False
            got = function(z)
            assert np.shape(got) == shape and not np.shares_memory(got, z)
        assert function(0.3) == function(np.array([0.3]))[0]


def test_numbers_of_the_docstring():
    """Where the forms of the output give up, and what they miss."""

    def y_form(z):
        y = activations.sigmoid(np.float64(z))
        return y * (1 - y)

    assert y_form(36) > 0 and y_form(37) == 0
    assert 1 - np.tanh(18.0) ** 2 > 0 and 1 - np.tanh(20.0) ** 2 == 0
    assert activations.sigmoid_d1(37.0) == pytest.approx(8.5e-17, rel=0.01)
    assert activations.tanh_d1(20.0) == pytest.approx(1.7e-17, rel=0.03)


def test_the_two_tables_have_the_same_names():
    assert activations.NAMES == symbolic.NAMES
    assert activations.NAMES[:2] == ("sigmoid", "tanh") and len(activations.NAMES) == 18


@pytest.mark.parametrize("name", EVERY)
def test_a_row_is_its_value_and_knows_its_name(name):
    row = activations.get(name)
    assert row.name == name
    assert row(0.7) == row.value(0.7)
    assert activations.get(row) is row
    assert activations.get(row.name) == row


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_a_parameter_survives_its_name(k):
    row = activations.tempered(k)
    assert activations.get(row.name) == row
    assert row.d1(0.0) == k / 4


@pytest.mark.parametrize("row", [activations.tempered, activations.leaky])
def test_a_parameter_of_numpy_does_not_widen(row):
    z = np.float32([-2, 3])
    for function in row(np.float64(0.3125))[1:4]:
        assert function(z).dtype == np.float32


def test_families():
    z = np.linspace(-3, 3, 41)
    default = activations.get("tempered_sigmoid")
    np.testing.assert_array_equal(default(z), activations.get("tempered_sigmoid(4)")(z))
    np.testing.assert_array_equal(default(z), activations.sigmoid(4 * z))
    default = activations.get("leaky_relu")
    np.testing.assert_array_equal(default(z), activations.get("leaky_relu(.01)")(z))
    assert activations.get("leaky_relu(0.2)")(-1.0) == -0.2
    assert activations.get("leaky_relu(2e-1)") == activations.get("leaky_relu(0.2)")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("sigmoidal", "unknown activation 'sigmoidal': did you mean sigmoid"),
        ("Tanh", "unknown activation 'Tanh': did you mean tanh"),
        ("mish", "unknown activation 'mish': choose from sigmoid, tanh, "),
        ("tanh(2)", "tanh takes no parameter, got 'tanh(2)': write \"tanh\""),
        ("tempered_sigmoid(0)", "expected tempered_sigmoid(p) with 0 < p < inf, got"),
        ("tempered_sigmoid(1e999)", "expected tempered_sigmoid(p) with 0 < p < inf"),
        ("tempered_sigmoid(-1)", "expected tempered_sigmoid(p) with 0 < p < inf, got"),
        ("leaky_relu(0)", "expected leaky_relu(p) with 0 < p < 1, got"),
        ("leaky_relu(1)", "expected leaky_relu(p) with 0 < p < 1, got"),
        ("leaky_relu(e)", 'expected a name such as "tanh" or "leaky_relu(0.2)", got'),
        ("", 'expected a name such as "tanh" or "leaky_relu(0.2)", got \'\''),
        (None, 'expected a name such as "tanh" or "leaky_relu(0.2)", got None'),
        (np.tanh, 'expected a name such as "tanh" or "leaky_relu(0.2)", got <ufunc'),
    ],
)
def test_bad_names(name, sentence):
    with pytest.raises(ValueError) as error:
        activations.get(name)
    assert str(error.value).startswith(sentence)


def test_sigmoid_family_is_tanh_scaled():
    """The equalities behind the five rows, even near 0, where a difference cancels."""
    z = np.array([-300, -19.5, -1, -1e-20, 0, 5e-300, 0.4, 40])
    tanh = np.tanh
    for name, expected in (
        ("g_1997", 2 * tanh(z / 2)),
        ("h_1997", tanh(z / 2)),
        ("sigmoid_signed", tanh(z / 2)),
        ("sigmoid_shifted", tanh(z / 2) / 2),
        ("sigmoid_rescaled", tanh(z)),
    ):
        np.testing.assert_allclose(activations.get(name)(z), expected, rtol=4 * EPS)


def test_what_fails_in_an_activation_of_ones_own_is_shown():
    row = activations.Activation("own", lambda z: z.typo, np.cos)
    with pytest.raises(TypeError, match="value of own .* got AttributeError") as error:
        activations.get(row)
    assert "typo" in str(error.value.__cause__)
