"""Exercises that say what is wrong: `check("2.1", answer)` and `hint("2.1")`.

A check never raises for a wrong answer, whatever the answer is, and gives up one that
does not end.  It returns a `Verdict`, which a notebook renders: right; or what was
expected, what came, where to look, and one more hint each time.  `progress()` shows
what is solved; `save("progress.json")` and `load("progress.json")` keep it.

A chapter's exercises are the tuple `EXERCISES` of the module with its name; `toolbox`
says how to write one.  Importing this package loads SymPy, which the answers of chapter
2 are written in.
"""

import importlib
import importlib.util

from lstm_core.exercises import record
from lstm_core.exercises.mechanism import Registry
from lstm_core.exercises.verdict import Verdict, Wrong

# The chapters in the order of the book; one that has no module has no exercises yet.
CHAPTERS = (
    "one_step",
    "squashers",
    "gates",
    "candidate",
    "output",
    "counter",
    "saturation",
    "gradients",
    "swap",
    "stacking",
    "history",
    "claims",
)


def _exercises():
    for name in CHAPTERS:
        if importlib.util.find_spec(f"{__name__}.{name}"):
            yield from importlib.import_module(f"{__name__}.{name}").EXERCISES


REGISTRY = Registry(tuple(_exercises()))

check = REGISTRY.check
hint = REGISTRY.hint


def progress():
    """What is solved, tried and open, chapter by chapter, in this session."""
    return record.table(REGISTRY, CHAPTERS)


def save(path="progress.json"):
    """Write what is solved and tried to a file, beside what it already says."""
    return record.save(REGISTRY, path)


def load(path="progress.json"):
    """Add what such a file says to this session."""
    return record.load(REGISTRY, path)


__all__ = [
    "CHAPTERS",
    "REGISTRY",
    "Verdict",
    "Wrong",
    "check",
    "hint",
    "load",
    "progress",
    "save",
]
