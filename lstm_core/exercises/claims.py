"""Exercises of the chapter "claims": an interval of pairs, and verdicts to give."""

import numpy as np

from lstm_core.draws import Draws
from lstm_core.exercises.mechanism import Exercise
from lstm_core.exercises.toolbox import choice, judge_function, parts, shown
from lstm_core.exercises.verdict import Wrong
from lstm_core.experiments import stats

# --- 12.1 ------------------------------------------------------------------------


def _runs():
    """(a, b) of 5, 10 and 20 seeds, where a seed moves both variants alike."""
    draws = Draws(0)
    for n in (5, 10, 20):
        luck = draws.normal(0.0, 3.0, n)
        yield luck + draws.normal(2.0, 1.0, n), luck + draws.normal(0.0, 1.0, n)


def _ends(effect, factor=1.0):
    """[mean, low, high], or those of an interval that is wider by a factor."""
    half = factor * (effect.high - effect.value)
    return [effect.value, effect.value - half, effect.value + half]


def _wider(factor):
    """What comes out with such a factor, which depends on n and on the right t."""

    def turn(a, b):
        n = len(a)
        return _ends(stats.paired("", a - b), factor(n, _t(n)))

    return turn


def _t(n, p=0.975):
    return stats.quantile_t(p, n - 1)


def _apart(freedom):
    """What comes out if the two variants are treated as different networks."""

    def turn(a, b):
        n, mean = len(a), (a - b).mean()
        error = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / n)
        half = stats.quantile_t(0.975, freedom(n)) * error
        return [mean, mean - half, mean + half]

    return turn


_PAIRED = (
    "those are the spreads of both variants; take a - b first, so that what a seed "
    "does to both drops out"
)
_USUAL = (
    ("the mean varies less than one seed does: divide by the root of n",
     _wider(lambda n, t: np.sqrt(n))),
    ("divided by n; the spread of a mean falls with the root of n",
     _wider(lambda n, t: 1 / np.sqrt(n))),
    ("the mean has been taken from the same numbers: divide by n - 1, `ddof=1`",
     _wider(lambda n, t: np.sqrt((n - 1) / n))),
    ("1.96 is for very many seeds; with n of them it is Student's t",
     _wider(lambda n, t: 1.959964 / t)),
    ("1.96 is for very many seeds; with n of them it is Student's t",
     _wider(lambda n, t: 1.96 / t)),
    ("95 per cent in the middle leave 2.5 at each end: the quantile of 0.975",
     _wider(lambda n, t: _t(n, 0.95) / t)),
    ("that is one standard error to each side; 95 per cent take t of them",
     _wider(lambda n, t: 1 / t)),
    ("n differences leave n - 1 degrees of freedom",
     _wider(lambda n, t: _t(n + 1) / t)),
    (_PAIRED, _apart(lambda n: 2 * n - 2)),
    (_PAIRED, _apart(lambda n: n - 1)),
    ("the other way round: a - b, and the low end first",
     lambda a, b: _ends(stats.paired("", b - a))),
)  # fmt: skip


def judge_interval(answer):
    """Exercise 12.1: a mean of paired differences, with its interval."""
    cases = list(_runs())
    judge_function(
        answer,
        [_ends(stats.paired("", a - b)) for a, b in cases],
        cases,
        _USUAL,
        "(mean, low, high)",
        rtol=1e-6,
        otherwise="d = a - b; the mean of d, less and plus t standard errors of it",
    )
    a, b = cases[1]
    _, low, high = _apart(lambda n: 2 * n - 2)(a, b)
    effect = stats.paired("", a - b)
    return (
        f"With ten seeds the pairs give {effect.low:.1f} to {effect.high:.1f}; taken "
        f"apart, the same numbers would give {low:.1f} to {high:.1f}."
    )


# --- 12.2 ------------------------------------------------------------------------

SMALLEST, SHARE = 2.0, 0.9
CARDS = {
    "A": (2.6, 4.9),
    "B": (0.4, 1.7),
    "C": (0.9, 6.3),
    "D": (-7.5, 8.2),
    "E": (-3.8, -2.3),
    "F": (20, 20),
    "G": (40, 40),
}
VERDICTS = ("holds", "fails", "undecided")
_COUNTS = ("F", "G")


def _interval(card):
    """(low, high) on a card, and what both are compared with."""
    if card not in _COUNTS:
        return *CARDS[card], SMALLEST
    share = stats.proportion("share", *CARDS[card])
    return share.low, share.high, SHARE


def _why(card, said):
    """What to say to a wrong verdict on a card."""
    low, high, line = _interval(card)
    if card in _COUNTS:
        return (
            f"{CARDS[card][0]} of {CARDS[card][1]} is a count: its exact interval "
            f"begins at {low:.3f}, as `stats.proportion` says, and the line is {line}"
        )
    if low > line:
        return f"the whole interval lies on one side of {line:g}: of which?"
    if low > 0 and high < line and said == "holds":
        return "clear of 0 is not enough: the claim says by more than 2 per cent"
    if high < line and said == "holds":
        return "less is not more: mind the sign"
    if high < line:
        return f"no end reaches {line:g}, so the rule can decide"
    if low < 0 < high and said == "fails":
        return (
            f"0 is inside, but {high:g} is too: that says little, and not that there "
            "is no difference"
        )
    return f"{line:g} is inside: differences on both sides of it remain possible"


def judge_verdicts(answer):
    """Exercise 12.2: the verdict on each of seven cards, by the rule on the page."""
    given = parts(answer, tuple(CARDS), "a verdict")
    said = {card: choice(given[card], VERDICTS, f"`{card}`") for card in CARDS}
    for card in CARDS:
        low, high, line = _interval(card)
        if (low > line, high < line) != (said[card] == "holds", said[card] == "fails"):
            raise Wrong(
                f"another verdict on card `{card}`",
                shown(said[card]),
                _why(card, said[card]),
            )
    return (
        "All seven. A difference that is there can be too small to name, and an "
        "interval with 0 in it can be too wide to say so."
    )


EXERCISES = (
    Exercise(
        "12.1",
        "Fill the function `interval`: it takes a and b, each (n,), and returns (mean, "
        "low, high). Then run the cell again.",
        judge_interval,
        (
            "seed s gave a[s] and b[s]: begin with the n differences.",
            "the standard error is the standard deviation of the differences, with "
            "`ddof=1`, divided by the root of n.",
            "the interval is the mean, less and plus `stats.quantile_t(0.975, n - 1)` "
            "standard errors.",
        ),
    ),
    Exercise(
        "12.2",
        "Put one of the three words in place of each `...`, then run the cell again.",
        judge_verdicts,
        (
            "look at both ends of the interval, not at its middle.",
            "a rule compares with the smallest effect worth naming, not with 0.",
            "for the two counts, `stats.proportion(\"share\", 20, 20)` has `low` and "
            "`high`.",
        ),
    ),
)  # fmt: skip
