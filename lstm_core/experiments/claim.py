"""What a claim is: a sentence people state, and how it is decided before it is run.

A claim lists independent parts, each a call of a function of a module with settings
that JSON can hold.  Parts run anywhere and in any order; `judge` sees all of them and
applies the rule.

Chapter: claims.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

KINDS = ("theorem", "measurement", "experiment", "documentary")
VERDICTS = ("holds", "fails", "depends", "undecided")


class Part(NamedTuple):
    """One independent piece of work: `run(**settings)`, a dict that JSON can hold.

    key: its name within the claim, such as "tanh, seeds 0 to 9"; unique.
    run: a function at the top of a module, so that another process can find it.
    settings: its keyword arguments, of kinds that JSON can hold; with `run` they decide
        what comes out, so seeds belong here and so does all that quick changes.
    alone: run it while nothing else runs, because it measures time.
    """

    key: str
    run: Callable
    settings: dict
    alone: bool = False


class Effect(NamedTuple):
    """One quantity with its interval.

    name: what it is, in words, with its unit.
    value, low, high: the estimate and the ends of its 95 % interval; for a theorem or
        a count that leaves no doubt, low and high equal value.
    method: how the interval was made, such as "paired t over 20 seeds".
    n: how many independent units (seeds, mostly) it rests on.
    """

    name: str
    value: float
    low: float
    high: float
    method: str
    n: int


class Outcome(NamedTuple):
    """What `judge` concludes.

    verdict: holds, fails, depends or undecided, of the claim as people state it.
    sentence: the verdict in one or two sentences, with the numbers.
    effects: a tuple of `Effect`, the one the verdict rests on first.
    numbers: name → number (or list of numbers, or text), for the pages.
    failures: what went wrong, counted: {"diverged": 0, "did not learn": 3}.
    """

    verdict: str
    sentence: str
    effects: tuple
    numbers: dict
    failures: dict


@dataclass(frozen=True)
class Claim:
    """A claim as people state it, and all that is fixed before it is run.

    id: such as "gate-range".  statement: in the words of those who make it.
    source: who says so.  kind: one of `KINDS`.  chapter: the page about it.
    prediction: what we expect, and why.  metric: what is measured.
    rule: from the metric to the verdict.  smallest: the smallest effect
        worth naming, in words.
    parts(seeds, quick): a list of `Part`.
    judge(found, seeds, quick): an `Outcome`, where found maps each key to
        what its part returned.
    seeds: those of a full run.
    """

    id: str
    statement: str
    source: str
    kind: str
    chapter: str
    prediction: str
    metric: str
    rule: str
    smallest: str
    parts: Callable[[range, bool], list]
    judge: Callable[[dict, range, bool], Any] = field(repr=False)
    seeds: range = range(20)

    def __post_init__(self):
        if self.kind not in KINDS:
            among = ", ".join(KINDS)
            raise ValueError(f"expected one of {among}, got {self.kind!r}")
