"""Where tanh is 1, counts read back, a scale: mistakes are named, answers pass."""

import numpy as np

from lstm_core.exercises import output
from lstm_core.experiments import results

OPEN = (0, 0, 20)
SCALE = {"i": (0, 0, -4), "f": OPEN, "o": OPEN, "g": (20, 0, 0)}


def half_gap(p):
    return np.log(2.0 ** (p + 2) - 1) / 2


def by_trying(p):
    n = 1
    while 2 / (np.exp(2.0 * n) + 1) > 2.0 ** -(p + 1):
        n += 1
    return n


MISTAKES = {
    "5.1": [
        (lambda p: np.floor(half_gap(p)), "round up, not down"),
        (half_gap, "n is an integer"),
        (lambda p: np.ceil(half_gap(p - 1)), "half the gap"),
        (lambda p: np.ceil(2 * half_gap(p)), "twice as fast"),
        (lambda p: np.ceil(2 * half_gap(p - 1)), "1 - σ(n)"),
        (lambda p: np.ceil(np.log10(2.0 ** (p + 2) - 1) / 2), "to the base e"),
        (lambda p: np.ceil(np.log2(2.0 ** (p + 2) - 1) / 2), "not 2"),
    ],
    "5.2": [
        (lambda h, o: np.trunc(np.arctanh(h / o)), "towards zero"),
        (lambda h, o: np.floor(np.arctanh(h / o)), "rounds down"),
        (lambda h, o: np.arctanh(h / o), "nearest whole number"),
        (lambda h, o: np.round(np.arctanh(h)), "divide by o"),
        (lambda h, o: np.round(np.arctanh(h) / o), "undo it first"),
        (lambda h, o: np.round(h / o), "little more than the sign"),
        (lambda h, o: np.abs(np.round(np.arctanh(h / o))), "the sign of the count"),
    ],
    "5.3": [
        (SCALE | {"i": OPEN}, "write less"),
        (SCALE | {"i": (0, 0, -9)}, "write more"),
        (SCALE | {"f": (0, 0, 8)}, "loses a part"),
        (SCALE | {"f": (0, 0, 2)}, "comes to rest"),
        (SCALE | {"g": (20, -40, 0)}, "u: through it"),
        (SCALE | {"i": (0.1, 0, -4)}, "they must cancel"),
        (SCALE | {"o": (0, 0, -2)}, "the output gate"),
        (SCALE | {"g": (0, 0, 0)}, "writes only 0"),
    ],
}


PASSING = [
    ("5.1", by_trying),
    ("5.1", lambda p: int(np.ceil(np.arctanh(1 - 2.0 ** -(p + 1))))
     if p < 50 else int(np.ceil((p + 2) * np.log(2) / 2))),
    ("5.2", lambda h, o: np.round(np.arctanh(h / o))),
    ("5.2", lambda h, o: np.rint(0.5 * np.log((o + h) / (o - h)))),
    ("5.3", SCALE),
    ("5.3", {"i": OPEN, "f": OPEN, "o": OPEN, "g": (0.02, 0, 0)}),
    ("5.3", SCALE | {"g": (-20, 0, 0)}),
]  # fmt: skip


def test_the_first_one_is_the_one_that_the_claim_found():
    found = results.load("binarizer").numbers["first"]
    first = dict(zip(output.DIGITS, np.ceil(output._N), strict=True))
    assert (first[24], first[53]) == (found["float32"], found["float64"])


def test_the_stored_n_are_those_of_the_formula():
    for p, n in zip(output.DIGITS, output._N, strict=True):
        assert abs(n - half_gap(p)) < 1e-6
