"""The registry of exercises: it runs a judge and turns what happens into a verdict."""

import difflib
import re
import traceback
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lstm_core.exercises.verdict import Verdict, Wrong


class Untouched(Exception):
    """Raised by a judge: the stub is still as it was."""


class Exercise(NamedTuple):
    """One exercise: its number, what to do first, the judge, its hints.

    judge: called with the answer; returns a sentence for a right answer, raises
        `Wrong` for a wrong one.
    """

    number: str
    task: str
    judge: Callable
    hints: tuple


class Registry:
    """All exercises by number, and how many hints of each are open."""

    def __init__(self, exercises):
        self._exercises = {exercise.number: exercise for exercise in exercises}
        self._opened = dict.fromkeys(self._exercises, 0)

    def check(self, number, answer=None):
        """Judge `answer` to the exercise of that number, such as "2.1".

        Returns a Verdict; it never raises.  Each wrong answer opens one more hint.
        """
        exercise = self._find(number)
        if isinstance(exercise, Verdict):
            return exercise
        try:
            if untouched(answer):
                raise Untouched
            with np.errstate(all="ignore"):
                praise = exercise.judge(answer)
        except Untouched:
            return Verdict(exercise.number, "open", (exercise.task,))
        except Wrong as wrong:
            return self._wrong(exercise, wrong)
        except Exception as error:  # an answer of a kind that no judge foresaw
            got = f"{shown(answer)}, on which the check failed with {sentence(error)}"
            return self._wrong(exercise, Wrong("an answer of the form asked for", got))
        return Verdict(exercise.number, "right", (praise,))

    def hint(self, number):
        """Open the next hint of the exercise of that number, such as "2.1"."""
        exercise = self._find(number)
        if isinstance(exercise, Verdict):
            return exercise
        return Verdict(exercise.number, "hint", (self._next_hint(exercise),))

    def _find(self, number):
        exercise = self._exercises.get(str(number))
        if exercise is not None:
            return exercise
        known = list(self._exercises)
        near = difflib.get_close_matches(str(number), known, n=1, cutoff=0.5)
        advice = (
            f"did you mean `{near[0]}`?" if near else f"there are {', '.join(known)}."
        )
        return Verdict(shown(number), "open", (f"There is no such exercise: {advice}",))

    def _wrong(self, exercise, wrong):
        lines = [f"Expected: {wrong.expected}.", f"Got: {wrong.got}."]
        if wrong.look:
            lines.append(f"Look: {wrong.look}.")
        lines.append(self._next_hint(exercise))
        return Verdict(exercise.number, "wrong", tuple(lines))

    def _next_hint(self, exercise):
        total = len(exercise.hints)
        now = min(self._opened[exercise.number] + 1, total)
        self._opened[exercise.number] = now
        more = "" if now < total else " (the last; the solution is linked on the page)"
        return f"Hint {now} of {total}{more}: {exercise.hints[now - 1]}"


# --- what judges use -------------------------------------------------------------


def untouched(answer):
    """Whether the answer is still the stub: nothing, or `...` wherever one looks."""
    if answer is None or answer is ...:
        return True
    if isinstance(answer, dict) and answer:
        return all(untouched(part) for part in answer.values())
    if isinstance(answer, (tuple, list)) and answer:
        return all(untouched(part) for part in answer)
    return False


def call(function, *arguments):
    """The student's function at these arguments; what it raises becomes a sentence."""
    try:
        result = function(*arguments)
    except NotImplementedError:
        raise Untouched from None
    except (Exception, SystemExit) as error:
        line = traceback.extract_tb(error.__traceback__)[-1].lineno
        where = (
            f"line {line} of the cell, or what it calls" if line else "your function"
        )
        got = f"your function stopped with {sentence(error)}"
        raise Wrong("a result", got, where) from None
    if result is None:
        raise Wrong("a result", "nothing", "does your function end with `return`?")
    return result


def numbers(answer, keys):
    """The answer as a dictionary of finite floats under exactly these keys."""
    if not isinstance(answer, dict):
        raise Wrong(f"a dictionary with the keys {listed(keys)}", shown(answer))
    missing = [key for key in keys if key not in answer or answer[key] is ...]
    if missing:
        raise Wrong(
            f"a number under each of {listed(keys)}", f"none for {listed(missing)}"
        )
    return {key: number(answer[key], f"`{key}`") for key in keys}


def number(value, name):
    """`value` as a finite float, or a sentence about what it is instead."""
    if isinstance(value, str):
        raise Wrong(
            f"a number for {name}",
            f"text, {shown(value)}",
            "leave out the quotation marks",
        )
    if isinstance(value, (bool, np.bool_, complex)):
        raise Wrong(f"a real number for {name}", shown(value))
    try:
        value = float(value)
    except (TypeError, ValueError, OverflowError):
        raise Wrong(f"a number for {name}", shown(value)) from None
    if not np.isfinite(value):
        raise Wrong(f"a finite number for {name}", f"{value}")
    return value


def shown(value, limit=60):
    """A short description of any object, whatever its repr does."""
    try:
        text = " ".join(repr(value).split())
    except Exception:
        text = "something that cannot be printed"
    if re.search(r" at 0x[0-9a-f]+", text):
        text = f"a {type(value).__name__}"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def sentence(error):
    """An exception as `Kind: message`, on one line."""
    text = " ".join(str(error).split())
    kind = type(error).__name__
    return f"`{kind}: {text[:120]}`" if text else f"`{kind}`"


def listed(keys):
    """`a`, `b` and `c`."""
    *first, last = (f"`{key}`" for key in keys)
    return f"{', '.join(first)} and {last}" if first else last
