"""The judges of the chapter "swap"."""

import numpy as np
import pytest

from lstm_core import gradcheck
from lstm_core.activations import get
from lstm_core.cells.lstm import LSTM, State
from lstm_core.exercises import swap


def arc(z):
    return np.arctan(z)


def arc_slope(z):
    return 1 / (1 + z**2)


PREDICTED = {
    "sigmoid": 4,
    "sigmoid_shifted": 0,
    "relu": 24,
    "identity": 0,
    "softplus": 25.4,
}


def back(a_i, a_f, a_o, a_g, c_prev, dh, dc, slips=()):
    """The five gradients of one step of the swapped cell, with some slips left in."""
    gate, soft = get("hard_sigmoid"), get("softsign")
    i, f, o, g = gate(a_i), gate(a_f), gate(a_o), soft(a_g)
    c = f * c_prev + i * g
    s = soft(c)
    out = 1 - s * s if "output" in slips else soft.d1(s if "late" in slips else c)
    dc = dc + dh * o * out
    slope_g = soft.d1(g if "candidate" in slips else a_g)
    slope_g = 1 - g * g if "usual" in slips else slope_g

    def slope(a, y):
        if "gates" in slips:
            return y * (1 - y)
        if "older" in slips:
            return np.where(gate.d1(a) > 0, 0.2, 0.0)
        return np.full_like(a, 1 / 6) if "flat" in slips else gate.d1(a)

    return np.stack([
        dc * g * slope(a_i, i),
        dc * c_prev * slope(a_f, f),
        dh * s * slope(a_o, o),
        dc * i * slope_g,
        dc * f,
    ])  # fmt: skip


def slipped(*slips):
    return lambda *case: back(*case, slips=slips)


MEANT = {
    "relu": LSTM(candidate="relu", output="relu"),
    "recurrent": LSTM(gates="hard_sigmoid"),
    "none": LSTM(candidate="identity", output="identity"),
    "after": LSTM(),
}
MISREAD = [
    (
        "relu",
        LSTM(candidate="relu"),
        "the candidate is one of two: `activation` also squashes c on its way out",
    ),
    (
        "relu",
        LSTM(output="relu"),
        "the output is one of two: `activation` also makes the candidate",
    ),
    ("relu", LSTM(gates="relu"), "the gates have an argument of their own"),
    (
        "relu",
        LSTM(gates="relu", candidate="relu", output="relu"),
        "the gates have an argument of their own, and stay σ",
    ),
    ("relu", LSTM(), "it puts nothing after the layer; it changes the cell inside"),
    (
        "recurrent",
        LSTM(candidate="hard_sigmoid"),
        "`recurrent_activation` is the function of the gates",
    ),
    (
        "recurrent",
        LSTM(candidate="hard_sigmoid", output="hard_sigmoid"),
        "`recurrent_activation` is the function of the gates",
    ),
    (
        "recurrent",
        LSTM(gates="hard_sigmoid_02"),
        "that is the hard sigmoid of Keras 2; Keras 3 has z/6 + 1/2",
    ),
    (
        "recurrent",
        LSTM(f="hard_sigmoid"),
        "one function for all three gates, not for the forget gate alone",
    ),
    (
        "none",
        LSTM(),
        "None is no default: it means no function, and that is the identity",
    ),
    (
        "none",
        LSTM(candidate="identity"),
        "both places of `activation` are without a function",
    ),
    (
        "none",
        LSTM(output="identity"),
        "both places of `activation` are without a function",
    ),
    (
        "after",
        LSTM(output="relu"),
        "a layer after the cell is outside: h goes round in the cell without it",
    ),
    (
        "after",
        LSTM(candidate="relu", output="relu"),
        "a layer after the cell changes nothing inside",
    ),
]


MISTAKES = {
    "9.1": [
        ((arc, lambda z: 1 - np.arctan(z) ** 2), "the slope of tanh; yours"),
        ((arc, lambda z: 2 * arc_slope(z)), "a factor 2 too many"),
        ((arc, lambda z: -arc_slope(z)), "only the sign is wrong"),
        ((arc, arc), "the value once more"),
        ((arc, np.square), "chain rule"),
        ((np.tanh, get("tanh").d1), "the table's tanh"),
        ((lambda z: arc(z) + 1, arc_slope), "nothing to say"),
        ((lambda z: z**2, lambda z: 2 * z), "one sign only"),
        (arc, "a pair of functions"),
        ((1.0, arc), "without brackets"),
        ((lambda z: 0.0, arc_slope), "NumPy's functions work on a whole array"),
    ],
    "9.2": [
        (PREDICTED | {"sigmoid": 0}, "σ has no sign"),
        (PREDICTED | {"sigmoid": 3}, "blanks write too"),
        (PREDICTED | {"relu": 0}, "cannot take back: relu(-8)"),
        (PREDICTED | {"relu": 3}, "no ceiling: relu(8)"),
        (PREDICTED | {"sigmoid_shifted": 3}, "takes back"),
        (PREDICTED | {"identity": 24}, "it takes back"),
        (PREDICTED | {"identity": 7}, "at z = 8, at -8 and at 0"),
        (PREDICTED | {"softplus": 24}, "softplus(0) is ln 2"),
    ],
    "9.3": [
        (slipped("late"), "taken at s; it belongs at c"),
        (slipped("usual"), "1 - g² is the slope of tanh"),
        (slipped("gates"), "one is left: `i * (1 - i)`"),
        (slipped("output"), "one is left: `1 - s * s`"),
        (slipped("candidate"), "one is left: the slope of softsign is taken at g"),
        (slipped("output", "candidate"), "two are left, first: `1 - s * s`"),
        (slipped("gates", "output", "candidate"), "Look: `i * (1 - i)`"),
        (slipped("gates", "candidate"), "two are left, first: `i * (1 - i)`"),
        (slipped("gates", "output"), "two are left, first: `i * (1 - i)`"),
        (slipped("flat"), "flat beyond ±3"),
        (slipped("older"), "the older hard sigmoid"),
    ],
    "9.4": [(MEANT | {key: cell}, words) for key, cell, words in MISREAD]
    + [
        (MEANT | {"relu": LSTM(i="relu")}, "one by one"),
        (MEANT | {"none": "identity"}, "an `LSTM(...)` of lstm_core"),
    ],
}


PASSING = [
    ("9.1", (arc, arc_slope)),
    ("9.1", (lambda z: z * abs(z), lambda z: 2 * abs(z))),  # for real z only
    ("9.1", (lambda z: z * np.exp(-(z**2)),
             lambda z: (1 - 2 * z**2) * np.exp(-(z**2)))),
    ("9.1", [lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
             lambda z: np.where(z > 0, 1, np.exp(np.minimum(z, 0)))]),
    ("9.2", PREDICTED),
    ("9.2", {name: swap.c_at_end(name) for name in PREDICTED}),
    ("9.3", back),
    ("9.3", lambda *case: list(back(*case))),
    ("9.4", MEANT),
]  # fmt: skip


def test_slopes_are_those_of_the_readers_own_function():
    exact = swap._slopes_of(arc)
    np.testing.assert_allclose(exact, arc_slope(swap.POINTS), rtol=1e-14)
    rough = swap._slopes_of(lambda z: arc(z.real))
    np.testing.assert_allclose(rough, arc_slope(swap.POINTS), rtol=1e-7)
    assert not np.array_equal(exact, rough)


def test_the_counter_is_that_of_the_book():
    assert abs(swap.c_at_end("tanh")) < 0.01
    assert swap.c_at_end("sigmoid") == pytest.approx(4, abs=0.01)


def test_the_complex_step_is_the_mended_way_back():
    case = swap._cases()[0]
    np.testing.assert_allclose(swap._truth(case), back(*case), rtol=1e-12)


def test_the_mended_step_is_that_of_the_swapped_cell():
    """Against central differences of the cell's own step, entry by entry."""
    a_i, a_f, a_o, a_g, c_prev, dh, dc = swap._cases()[0]
    cell = swap.SWAPPED

    def loss(inputs):
        a_i, a_f, a_o, a_g, c_prev = inputs.reshape(5, -1)
        c = cell.f(a_f) * c_prev + cell.i(a_i) * cell.candidate(a_g)
        state = State(h=cell.o(a_o) * cell.output(c), c=c)
        return float(np.sum(state.h * dh + state.c * dc))

    at = np.concatenate([a_i, a_f, a_o, a_g, c_prev])
    want = gradcheck.central_difference(loss, at).reshape(5, -1)
    np.testing.assert_allclose(back(*swap._cases()[0]), want, atol=1e-7)
    for slips in (("gates",), ("output",), ("candidate",), ("flat",), ("older",)):
        wrong = back(*swap._cases()[0], slips=slips)
        assert np.abs(wrong - want).max() > 1e-2, slips
