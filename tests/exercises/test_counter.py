"""Where counting ends, two b for each a, gains, swaps: mistakes named, answers pass."""

import numpy as np

from lstm_core import counters
from lstm_core.exercises import counter

STUCK = {"float16": 2**11, "float32": 2**24, "float64": 2**53}
OPEN = (0, 0, 30)
HALVES = {"i": (30, 0, 30), "f": OPEN, "o": OPEN, "g": (30, 0, 0), "theta": 0.2}
SWAPS = {
    "hard sigmoid gates": "further",
    "sigmoid candidate": "nowhere",
    "hard tanh candidate": "as far",
    "softsign output": "less",
    "step gates": "further",
}
by_candidate = ((30 + np.arctanh(0.5)) / 2, 0, (30 - np.arctanh(0.5)) / 2)

MISTAKES = {
    "6.1": [
        (STUCK | {"float16": 65504}, "the largest number of the type"),
        (STUCK | {"float32": 2**23}, "never stored"),
        (STUCK | {"float64": 2**54}, "one bit too many"),
        (STUCK | {"float32": 2**32}, "some hold its exponent"),
        (STUCK | {"float64": 2**63}, "all bits but the sign"),
        (STUCK | {"float16": 1000}, "how many binary digits"),
    ],
    "6.2": [
        (HALVES | {"i": OPEN}, "that counts aⁿbⁿ"),
        (HALVES | {"f": (0, 0, 5)}, "f is 0.993307"),
        (HALVES | {"f": (0, 0, 8)}, "300 steps multiply it"),
        (HALVES | {"g": (-30, 0, 0)}, "the sign"),
        (HALVES | {"g": (0, 0, 30)}, "it should take away"),
        (HALVES | {"g": (30, 40, 0)}, "u: through it h"),
        (HALVES | {"i": (-30, 0, 30)}, "twice what an a adds"),
        (HALVES | {"i": OPEN, "g": (15.25, 0, 14.75)}, "0.46, not a half"),
        (HALVES | {"i": OPEN, "g": (15.27, 0, 14.73)}, "A half is needed exactly"),
        (HALVES | {"theta": 0.8}, "the threshold"),
        (HALVES | {"o": (0, 0, -4)}, "the output gate"),
        (HALVES | {"i": (0, 0, -20)}, "is the input gate open"),
    ],
    "6.3": [
        (lambda n: 2 * np.log(n), "the root of 2"),
        (lambda n: np.log(np.sqrt(2) * n), "not K"),
        (lambda n: 2 * np.log(n / np.sqrt(2)), "the wrong side"),
        (lambda n: 2 * np.log10(np.sqrt(2) * n), "base e"),
        (lambda n: np.log(n), "not K"),
        (lambda n: 2 * np.log2(np.sqrt(2) * n), "base e"),
        (lambda n: np.exp(n / 2) / np.sqrt(2), "for a given n"),
        (lambda n: 10.0, "solve n ="),
    ],
    "6.4": [
        (SWAPS | {"hard sigmoid gates": "as far"}, "what leaks then"),
        (SWAPS | {"sigmoid candidate": "less"}, "what does σ write"),
        (SWAPS | {"hard tanh candidate": "further"}, "how far apart"),
        (SWAPS | {"softsign output": "as far"}, "softsign(½) is 1/3"),
        (SWAPS | {"step gates": "nowhere"}, "the step function at"),
    ],
}


PASSING = [
    ("6.1", STUCK),
    ("6.1", {name: count - 1 for name, count in STUCK.items()}),
    ("6.2", HALVES),
    ("6.2", HALVES | {"i": OPEN, "g": by_candidate}),
    ("6.3", lambda n: np.log(2 * n**2)),
    ("6.3", lambda n: 2 * np.log(np.sqrt(2 * (n**2 - 1)))),
    ("6.4", SWAPS),
]


def test_counts_end_where_the_package_says():
    for name in ("float32", "float64"):
        dtype = counter.TYPES[name]
        assert counter.stuck_at(dtype) == counters.longest(40.0, dtype)


def test_every_word_is_the_answer_to_some_swap():
    assert {counter._word(reach) for reach in counter.reaches().values()} == set(
        counter.WORDS
    )


def test_the_stored_gains_are_those_of_the_law():
    for n, K in counter.GAINS.items():
        assert abs(K - np.log(2 * n**2)) < 1e-9
