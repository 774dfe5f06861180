"""Exercises that say what is wrong: `check("2.1", answer)` and `hint("2.1")`.

A check never raises for a wrong answer, whatever the answer is.  It returns a
`Verdict`, which a notebook renders: right; or what was expected, what came, where to
look, and one more hint each time.

Importing this package loads SymPy, which the answers of chapter 2 are written in.
"""

from lstm_core.exercises import one_step, squashers
from lstm_core.exercises.mechanism import Registry
from lstm_core.exercises.verdict import Verdict, Wrong

_REGISTRY = Registry(one_step.EXERCISES + squashers.EXERCISES)

check = _REGISTRY.check
hint = _REGISTRY.hint

__all__ = ["Verdict", "Wrong", "check", "hint"]
