"""The table of squashing functions, each with its first and second derivative.

Every entry is a function of the pre-activation z.  The usual shortcuts y(1 - y) and
1 - y², which start from the output, are exactly zero from z = 37 (σ) or z = 20 (tanh)
upwards, where the true slopes are still 8.5e-17 and 1.7e-17; here the tails are exact
until they underflow.  The forms take complex z too (they branch on the real part), so
that gradients can be checked by the complex step.

Chapter: squashers.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from lstm_core import names

INF = float("inf")


class Activation(NamedTuple):
    """One row of the table.

    value, d1, d2: the function and its first two derivatives, each taking an array z
        of floats (any shape) to an array of the same shape and type.  Nothing that
        trains asks for d2, so one of your own may leave it out.
    kinks: where d1 or d2 does not exist.  What d1 and d2 return there is the slope of
        the flat side, as in PyTorch.
    range: infimum and supremum of the value.

    A row is itself callable: `get("tanh")(z)` is its value.  One of your own goes into
    any slot of a cell, as a row of the table does:

    >>> swish = Activation("swish", lambda z: z * sigmoid(z),
    ...                    lambda z: sigmoid(z) + z * sigmoid_d1(z))
    >>> LSTM(candidate=swish)
    """

    name: str
    value: Callable
    d1: Callable
    d2: Callable | None = None
    kinks: tuple = ()
    range: tuple = (-INF, INF)

    def __call__(self, z):
        return self.value(z)

    def __repr__(self):
        return self.name  # so that a cell prints as its choices

    def __hash__(self):
        return hash(self[:4])  # kinks and range may be given as lists


# --- smooth -------------------------------------------------------------------


def _magnitude(z):
    return np.where(np.real(z) < 0, -z, z)  # np.abs is not analytic


def sigmoid(z):
    """The logistic function σ."""
    e = np.exp(-_magnitude(z))  # never overflows
    return np.where(np.real(z) < 0, e, 1.0) / (1 + e)


def sigmoid_d1(z):
    """σ′, exact in both tails."""
    e = np.exp(-_magnitude(z))
    return e / (1 + e) ** 2


def sigmoid_d2(z):
    """σ″."""
    return -sigmoid_d1(z) * np.tanh(z / 2)


def tanh_d1(z):
    """tanh′, exact in both tails."""
    return 4 * sigmoid_d1(2 * z)


def tanh_d2(z):
    """tanh″."""
    return -2 * np.tanh(z) * tanh_d1(z)


def softplus(z):
    """log(1 + e^z), of which σ is the slope."""
    return np.where(np.real(z) < 0, 0.0, z) + np.log1p(np.exp(-_magnitude(z)))


def softsign(z):
    """z / (1 + |z|), which nears ±1 more slowly than tanh."""
    return z / (1 + _magnitude(z))


def softsign_d1(z):
    """Its slope."""
    r = 1 / (1 + _magnitude(z))
    return r * r  # a square of 1 + |z| would overflow first


def softsign_d2(z):
    """Its second derivative, 0 at its kink."""
    r = 1 / (1 + _magnitude(z))
    return -2 * np.sign(np.real(z)) * r * r * r


def _neg_sin(z):
    return -np.sin(z)


def _scaled_tanh(name, height, width):
    """height · tanh(z / width): what every σ becomes that is shifted to be odd.

    Written so, and not as a σ less a constant, it keeps its digits near zero.
    """
    return Activation(
        name,
        lambda z: height * np.tanh(z / width),
        lambda z: height / width * tanh_d1(z / width),
        lambda z: height / width**2 * tanh_d2(z / width),
        range=(-height, height),
    )


@cache
def tempered(k):
    """σ(kz), k > 0: from a soft gate (small k) towards a switch (k → ∞)."""
    k = float(k)  # a number of NumPy's would widen float32
    return Activation(
        names.join("tempered_sigmoid", k),
        lambda z: sigmoid(k * z),
        lambda z: k * sigmoid_d1(k * z),
        lambda z: k**2 * sigmoid_d2(k * z),
        range=(0.0, 1.0),
    )


# --- made of straight pieces ---------------------------------------------------


def _flat(z):
    return np.zeros_like(z)


def _step(z):
    return ((np.sign(np.real(z)) + 1) / 2).astype(np.asarray(z).dtype)


def _clipped(name, slope, offset, low, high):
    """slope · z + offset, clipped to [low, high]."""
    left, right = (low - offset) / slope, (high - offset) / slope

    def value(z):
        line = slope * z + offset
        line = np.where(np.real(z) <= left, low, line)
        return np.where(np.real(z) >= right, high, line)

    def d1(z):
        inside = (np.real(z) > left) & (np.real(z) < right)
        return np.where(inside, slope, _flat(z))

    return Activation(name, value, d1, _flat, (left, right), (low, high))


def _rectifier(name, slope):
    """z where z > 0, slope · z below, for 0 <= slope < 1."""

    def value(z):
        return np.where(np.real(z) > 0, z, slope * z if slope else _flat(z))

    def d1(z):
        return np.where(np.real(z) > 0, np.ones_like(z), slope)

    return Activation(name, value, d1, _flat, (0.0,), (-INF if slope else 0.0, INF))


@cache
def leaky(slope):
    """z where z > 0, slope · z below, for 0 < slope < 1 (PyTorch's default: 0.01)."""
    return _rectifier(names.join("leaky_relu", slope), float(slope))


# --- the table -----------------------------------------------------------------

_ROWS = (
    Activation("sigmoid", sigmoid, sigmoid_d1, sigmoid_d2, range=(0.0, 1.0)),
    Activation("tanh", np.tanh, tanh_d1, tanh_d2, range=(-1.0, 1.0)),
    _clipped("hard_sigmoid", 1 / 6, 0.5, 0.0, 1.0),  # PyTorch, Keras 3
    _clipped("hard_sigmoid_02", 0.2, 0.5, 0.0, 1.0),  # Keras 2, Theano
    _clipped("hard_tanh", 1.0, 0.0, -1.0, 1.0),
    _rectifier("relu", 0.0),
    leaky(0.01)._replace(name="leaky_relu"),
    Activation("softsign", softsign, softsign_d1, softsign_d2, (0.0,), (-1.0, 1.0)),
    Activation("identity", np.positive, np.ones_like, _flat),
    Activation("step", _step, _flat, _flat, (0.0,), (0.0, 1.0)),
    Activation("sine", np.sin, np.cos, _neg_sin, range=(-1.0, 1.0)),
    Activation("softplus", softplus, sigmoid, sigmoid_d1, range=(0.0, INF)),
    _scaled_tanh("g_1997", 2.0, 2.0),  # 4σ(z) - 2, Hochreiter and Schmidhuber
    _scaled_tanh("h_1997", 1.0, 2.0),  # 2σ(z) - 1, the same paper
    _scaled_tanh("sigmoid_shifted", 0.5, 2.0),  # σ(z) - ½
    _scaled_tanh("sigmoid_signed", 1.0, 2.0),  # 2σ(z) - 1
    _scaled_tanh("sigmoid_rescaled", 1.0, 1.0),  # 2σ(2z) - 1, which is tanh
    tempered(4.0)._replace(name="tempered_sigmoid"),
)
_TABLE = {row.name: row for row in _ROWS}
_FAMILIES = {"tempered_sigmoid": (tempered, 0, INF), "leaky_relu": (leaky, 0, 1)}
NAMES = tuple(_TABLE)


def _tried(row, *functions):
    """Raise TypeError unless these take an array, and leave it, to as many numbers.

    The slope may be one number.
    """
    z = np.array([-1.0, 0.0, 1.0])
    z.flags.writeable = False
    for name in functions:
        failure = None
        try:
            with np.errstate(all="ignore"):
                got = np.asarray(getattr(row, name)(z))
            fits = got.shape == z.shape or (name, got.shape) == ("d1", ())
            if fits and got.dtype.kind in "biufc":
                continue
        except Exception as error:
            got = failure = error
        raise TypeError(
            f"expected {name} of {row.name} to take z (3,) to an array (3,), "
            f"got {got!r}"
        ) from failure


def get(name):
    """The row of that name; an `Activation` is returned as it is.

    Two rows take a parameter in brackets: "tempered_sigmoid(8)" with k > 0 (k = 4
    without), "leaky_relu(0.2)" with a slope between 0 and 1 (0.01 without).
    Raises ValueError for a name that is not in `NAMES`, or a parameter out of range,
    and TypeError for an `Activation` whose functions fail, write into z, or return
    something else.
    """
    if isinstance(name, Activation):
        _tried(name, "value", "d1")
        return name
    if callable(name):
        raise ValueError(
            f'expected a name such as "tanh" or "leaky_relu(0.2)", got {name!r}: '
            f"make it an Activation(name, value, d1)"
        )
    stem, parameter = names.split(name)
    if stem not in _TABLE:
        raise names.unknown("activation", stem, NAMES)
    if parameter is None:
        return _TABLE[stem]
    if stem not in _FAMILIES:
        raise ValueError(f'{stem} takes no parameter, got {name!r}: write "{stem}"')
    family, low, high = _FAMILIES[stem]
    if not low < parameter < high:
        raise ValueError(f"expected {stem}(p) with {low} < p < {high}, got {name!r}")
    return family(parameter)
