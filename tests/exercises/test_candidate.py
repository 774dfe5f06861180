"""Where c rests, tanh from σ, orders, drift: mistakes are named, right answers pass."""

import numpy as np
import pytest
import sympy as sp

from lstm_core.exercises import candidate

i, f, g, T, c = sp.symbols("i f g T c", real=True)
REST = i * g / (1 - f)
ORDERS = {
    "i": (15, -15, 15, -15, 15),
    "f": (15, 15, 15, -15, -15),
    "g": (-15, 0, 15, 0, -15),
}
SIZES = {
    "sigmoid": 500,
    "sigmoid - 1/2": 15.8,
    "tanh": 31.6,
    "sigmoid, f = 0.99": 50,
    "tanh, f = 0.99": 7.1,
}


def rest(rest=REST, after=REST * (1 - f**T)):
    return {"rest": rest, "after": after}


def orders(slot, place, value):
    row = list(ORDERS[slot])
    row[place] = value
    return ORDERS | {slot: row}


def two_cells(sigma_cell, a):
    return sigma_cell(2 * a) - sigma_cell(-2 * a)


MISTAKES = {
    "4.1": [
        (rest(i * g), "one write"),
        (rest(i * g / f), "forgets f"),
        (rest(i * g / (1 + f)), "the other side"),
        (rest(g / (1 - f)), "input gate has been lost"),
        (rest(-REST), "the sign of both"),
        (rest(sp.Integer(0)), "nothing is written"),
        (rest(f * c + i * g), "c is what you solve for"),
        (rest(after=i * g * T), "f = 1 only"),
        (rest(after=REST * f**T), "what is missing"),
        (rest(after=i * g * f**T), "the first write"),
        (rest(after=REST), "where it ends"),
        (rest(after=REST * (1 - f ** (T - 1))), "one step too few"),
        (rest(after=REST * (1 - f ** (T + 1))), "one step too many"),
        (rest(after=REST * (1 - f) ** T), "T steps keep f**T"),
        (rest(1 / REST), "upside down"),
        (rest("i*g/(1-f)"), "leave out the quotation marks"),
    ],
    "4.2": [
        (lambda s, a: s(a) - s(-a), "tanh(a / 2)"),
        (lambda s, a: 2 * s(2 * a) - 1, "taken it away once"),
        (lambda s, a: 2 * s(a) - 1, "2σ(a) - 1 is tanh(a / 2); and"),
        (lambda s, a: 2 * s(2 * a) - np.arange(1, len(a) + 1), "i and f do not act"),
        (lambda s, a: s(a), "no negative number"),
        (lambda s, a: s(-2 * a) - s(2 * a), "comes first"),
        (lambda s, a: s(a / 2) - s(-a / 2), "goes the other way"),
        (lambda s, a: np.tanh(s(a)), "squashed before it is added"),
        (lambda s, a: s(2 * a)[-1], "single number"),
        (lambda s, a: np.cumsum(np.tanh(a)), "gates that stand open"),
    ],
    "4.3": [
        (orders("f", 0, 0), "a write must keep"),
        ({"i": [1, 0, 1, 0, 1], "f": [1, 1, 1, 0, 0], "g": [-1, 0, 1, 0, -1]},
         "not what comes out of them"),
        (orders("f", 3, 15) | {"g": (-15, 0, 15, -15, -15), "i": [15] * 5},
         "empties only a cell of 1"),
        (orders("f", 3, 15), "the old content must go"),
        (orders("f", 4, 15), "at `set to -1` f is 1"),
        (orders("g", 0, 15), "at `add -1` the cell is written"),
        (orders("i", 4, -15), "at `set to -1` the cell is written"),
        ({**ORDERS, "f": (5, 5, 5, -15, -15)}, "take larger numbers"),
        (orders("i", 1, 15) | {"g": (-15, 0.01, 15, 0, -15)}, "that adds up"),
        ({**ORDERS, "g": 15}, "five numbers"),
    ],
    "4.4": [
        (SIZES | {"sigmoid": 1000}, "half of the writes are 0"),
        (SIZES | {"sigmoid": 31.6}, "never negative"),
        (SIZES | {"sigmoid - 1/2": 31.6}, "half as large"),
        (SIZES | {"tanh": 0}, "the mean over many runs"),
        (SIZES | {"tanh": 1000}, "mostly cancel"),
        (SIZES | {"sigmoid, f = 0.99": 100}, "mean of g is a half"),
        (SIZES | {"sigmoid, f = 0.99": 500}, "leaks at each step"),
        (SIZES | {"tanh, f = 0.99": 10}, "leak with f²"),
        (SIZES | {"tanh, f = 0.99": 100}, "they change sign"),
    ],
}  # fmt: skip


PASSING = [
    ("4.1", rest()),
    ("4.1", rest(sp.factor(REST), sp.expand(REST * (1 - f**T)))),
    ("4.1", {"rest": sp.solve(sp.Eq(c, f * c + i * g), c)[0],
             "after": sp.Sum(i * g * f ** sp.Symbol("k"),
                             (sp.Symbol("k"), 0, T - 1)).doit()}),
    ("4.2", two_cells),
    ("4.2", lambda s, a: 2 * s(2 * a) - s(1e6)),
    ("4.3", ORDERS),
    ("4.3", {slot: np.array(row, float) for slot, row in ORDERS.items()}),
    ("4.4", SIZES),
]  # fmt: skip


def test_the_runs_agree_with_what_the_page_derives():
    T, keep = candidate.STEPS, 0.99
    for name, (low, high, f) in candidate.RUNS.items():
        mean, variance = (low + high) / 2, (high - low) ** 2 / 4
        k = np.arange(T)
        size = (mean * (f**k).sum()) ** 2 + variance * (f ** (2 * k)).sum()
        assert candidate.sizes()[name] == pytest.approx(size**0.5, rel=0.04), name
    assert keep in {f for _, _, f in candidate.RUNS.values()}
