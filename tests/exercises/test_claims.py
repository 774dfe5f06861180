"""Intervals of pairs and verdicts: mistakes are named, right answers pass."""

import numpy as np
import pytest

from lstm_core.exercises import claims
from lstm_core.experiments import stats

VERDICTS = {
    "A": "holds",
    "B": "fails",
    "C": "undecided",
    "D": "undecided",
    "E": "fails",
    "F": "undecided",
    "G": "holds",
}


def interval(a, b, p=0.975, ddof=1, root=np.sqrt, freedom=-1):
    d = a - b
    n = len(d)
    t = stats.quantile_t(p, n + freedom)
    half = t * d.std(ddof=ddof) / root(n)
    return d.mean(), d.mean() - half, d.mean() + half


def times(z):
    """With a number in place of t."""

    def turn(a, b):
        d = a - b
        half = z * d.std(ddof=1) / np.sqrt(len(d))
        return d.mean(), d.mean() - half, d.mean() + half

    return turn


def apart(a, b):
    n, mean = len(a), a.mean() - b.mean()
    half = stats.quantile_t(0.975, 2 * n - 2) * np.sqrt(
        (a.var(ddof=1) + b.var(ddof=1)) / n
    )
    return mean, mean - half, mean + half


def but(**options):
    return lambda a, b: interval(a, b, **options)


MISTAKES = {
    "12.1": [
        (but(root=lambda n: 1), "less than one seed"),
        (but(root=lambda n: n), "divided by n"),
        (but(ddof=0), "`ddof=1`"),
        (but(p=0.95), "2.5 at each end"),
        (but(freedom=0), "n - 1 degrees"),
        (times(1.96), "very many seeds"),
        (times(1.0), "one standard error"),
        (apart, "what a seed does to both"),
        (lambda a, b: interval(b, a), "the other way round"),
        (lambda a, b: interval(a, b)[1:], "the number of entries differs"),
        (lambda a, b: (a - b).mean(), "a single number"),
        (interval(np.arange(3.0), np.zeros(3)), "a function of the arguments"),
    ],
    "12.2": [
        (VERDICTS | {"A": "undecided"}, "on one side of 2"),
        (VERDICTS | {"B": "holds"}, "clear of 0 is not enough"),
        (VERDICTS | {"B": "undecided"}, "no end reaches 2"),
        (VERDICTS | {"C": "holds"}, "2 is inside"),
        (VERDICTS | {"D": "fails"}, "0 is inside, but 8.2 is too"),
        (VERDICTS | {"E": "holds"}, "mind the sign"),
        (VERDICTS | {"F": "holds"}, "begins at 0.832"),
        (VERDICTS | {"G": "undecided"}, "begins at 0.912"),
        (VERDICTS | {"A": "hold"}, "the nearest is `holds`"),
        (VERDICTS | {"A": True}, "in quotation marks"),
    ],
}


PASSING = [
    ("12.1", interval),
    ("12.1", lambda a, b: np.array(interval(a, b))),
    ("12.2", VERDICTS),
    ("12.2", {card: word.upper() for card, word in VERDICTS.items()}),
]


def test_the_interval_is_the_one_of_the_book():
    for a, b in claims._runs():
        effect = stats.paired("", a - b)
        assert interval(a, b) == pytest.approx(
            (effect.value, effect.low, effect.high), rel=1e-6
        )


def test_pairs_tell_what_the_two_apart_do_not():
    a, b = list(claims._runs())[1]
    assert interval(a, b)[1] > 0 > apart(a, b)[1]


def test_every_verdict_is_the_answer_to_some_card():
    assert set(VERDICTS.values()) == set(claims.VERDICTS)
    for card in claims.CARDS:
        low, high, line = claims._interval(card)
        word = "holds" if low > line else "fails" if high < line else "undecided"
        assert VERDICTS[card] == word
