"""The registry of exercises: it runs a judge and turns what happens into a verdict."""

import difflib
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lstm_core.exercises.limits import TooSlow, apart, within
from lstm_core.exercises.toolbox import listed, message, sentence, shown, untouched
from lstm_core.exercises.verdict import Untouched, Verdict, Wrong

SECONDS = 5


class Exercise(NamedTuple):
    """One exercise: its number, what to do first, the judge, its hints.

    judge: called with the answer; returns a sentence for a right answer, raises
        `Wrong` for a wrong one.
    seconds: how long the judge and the answer may take together.
    """

    number: str
    task: str
    judge: Callable
    hints: tuple
    seconds: float = SECONDS


class Registry:
    """All exercises by number: which hints are open, what was tried and solved.

    seconds: a limit for every exercise in place of its own, for tests of answers that
        never end.
    """

    def __init__(self, exercises, seconds=None):
        self.exercises = {exercise.number: exercise for exercise in exercises}
        self.tried, self.solved = set(), set()
        self._seconds = seconds
        self._opened = dict.fromkeys(self.exercises, 0)

    def check(self, number, answer=None):
        """Judge `answer` to the exercise of that number, such as "2.1".

        Returns a Verdict; it raises nothing but the reader's own interrupt.  Each wrong
        answer opens one more hint.  An answer that takes longer than five seconds is
        given up (`limits` says what is left of it).
        """
        exercise = self._find(number)
        if isinstance(exercise, Verdict):
            return exercise
        seconds = self._seconds or exercise.seconds
        try:
            with apart():
                verdict = within(seconds, lambda: outcome(exercise, answer))
        except TooSlow:
            verdict = _too_slow(seconds)
        if isinstance(verdict, Wrong):
            verdict = self._wrong(exercise, verdict)
        if verdict.outcome != "open":
            self.tried.add(exercise.number)
        if verdict:
            self.solved.add(exercise.number)
        return verdict

    def hint(self, number):
        """Open the next hint of the exercise of that number, such as "2.1"."""
        exercise = self._find(number)
        if isinstance(exercise, Verdict):
            return exercise
        return Verdict(exercise.number, "hint", (self._next_hint(exercise),))

    def _find(self, number):
        wanted = number if isinstance(number, str) else shown(number)
        exercise = self.exercises.get(wanted)
        if exercise is not None:
            return exercise
        known = list(self.exercises)
        near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.5)
        advice = (
            f"did you mean `{near[0]}`?" if near else f"there are {', '.join(known)}."
        )
        return Verdict(shown(number), "open", (f"There is no such exercise: {advice}",))

    def _wrong(self, exercise, wrong):
        lines = [f"Expected: {wrong.expected}.", f"Got: {wrong.got}."]
        if wrong.look:
            lines.append(f"Look: {wrong.look}{_stop(wrong.look)}")
        lines.append(self._next_hint(exercise))
        return Verdict(exercise.number, "wrong", tuple(lines))

    def _next_hint(self, exercise):
        total = len(exercise.hints)
        now = min(self._opened[exercise.number] + 1, total)
        self._opened[exercise.number] = now
        more = "" if now < total else " (the last)"
        return f"Hint {now} of {total}{more}: {exercise.hints[now - 1]}"


def outcome(exercise, answer):
    """A verdict, or an instance of `Wrong`, whatever the answer is and does."""
    changed = put_back()
    verdict = None if changed else _judged(exercise, answer)
    if changed := changed or put_back():
        names = listed(f"np.{name}" for name in changed)
        return Wrong(
            "NumPy as it is",
            f"another {names}: it has been put back",
            "use other names",
        )
    return verdict


# Judges count on NumPy as much as answers do.
_NUMPY = {name: thing for name, thing in vars(np).items() if name[0] != "_"}


def put_back():
    """Names in NumPy that someone has given another meaning, and now no longer have."""
    changed = [n for n, thing in _NUMPY.items() if vars(np).get(n) is not thing]
    for name in changed:
        setattr(np, name, _NUMPY[name])
    return changed


def _judged(exercise, answer):
    try:
        if untouched(answer):
            raise Untouched
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            praise = exercise.judge(answer)
    except (Untouched, NotImplementedError) as stub:
        words = (message(stub),) if message(stub) else ()
        return Verdict(exercise.number, "open", (exercise.task, *words))
    except Wrong as wrong:
        return wrong
    except BaseException as error:  # an answer of a kind that no judge foresaw
        got = f"{shown(answer)}, on which the check failed with {sentence(error)}"
        return Wrong("an answer of the form asked for", got)
    return Verdict(exercise.number, "right", (praise,))


def _stop(words):
    """What ends a sentence, if its words do not."""
    return "" if words.endswith((".", "?", "!")) else "."


def _too_slow(seconds):
    return Wrong(
        f"an answer within {seconds:g} seconds",
        "none: it was still running, and was given up",
        "a loop that never ends, or one over numbers where NumPy takes a whole array",
    )
