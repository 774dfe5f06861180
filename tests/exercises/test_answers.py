"""No check holds the answer that it asks for: nothing in its module passes it."""

import importlib
import types

import numpy as np
import pytest
import sympy as sp

import lstm_core.exercises
from lstm_core import activations, symbolic
from lstm_core.exercises.mechanism import Exercise, Registry
from lstm_core.exercises.toolbox import judge_numbers
from tests.exercises.test_all import (
    ALL,
    NUMBERS,
    cells,
    chapter,
    declared,
    run,
    solution,
)

OWN = "lstm_core.exercises."  # a public function of the rest may be an answer


def things(thing, seen=None):
    """All that a thing leads to: its parts, and the functions inside of functions."""
    seen = {} if seen is None else seen
    if id(thing) in seen or isinstance(thing, (str, bytes, Exercise, types.ModuleType)):
        return
    seen[id(thing)] = thing
    yield thing
    if isinstance(thing, dict):
        inner = list(thing.values())
    elif isinstance(thing, (list, tuple)):
        inner = list(thing)
    elif isinstance(thing, types.FunctionType):
        inner = nested(thing) if is_own(thing) else []
    else:
        inner = []
    for one in inner:
        yield from things(one, seen)


def nested(function):
    """The functions that are written inside a function, its defaults, its closure."""
    closed = [c.cell_contents for c in function.__closure__ or () if filled(c)]
    inside = [
        types.FunctionType(code, function.__globals__)
        for code in function.__code__.co_consts
        if isinstance(code, types.CodeType)
        and not code.co_freevars
        # A comprehension, called with no iterator, ends the interpreter.
        and (code.co_name == "<lambda>" or code.co_name[0] != "<")
    ]
    return [*inside, *closed, *(function.__defaults__ or ())]


def filled(cell):
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def is_own(thing):
    """Not what lstm_core shows to everybody, nor NumPy."""
    if isinstance(thing, (type, np.ufunc, types.BuiltinFunctionType)):
        return False
    if isinstance(thing, types.FunctionType):
        return str(thing.__globals__.get("__name__")).startswith(OWN)
    return not callable(thing) or str(thing.__module__).startswith(OWN)


def held(number, monkeypatch):
    """All that the module of an exercise has, and what its judge hands on."""
    module = importlib.import_module(OWN + chapter(number))
    own = {name: one for name, one in vars(module).items() if name[:2] != "__"}
    handed = [
        vars(given)
        for judge, given in declared(number, monkeypatch)
        if judge is not judge_numbers  # what a run gives, to be predicted
    ]
    monkeypatch.undo()
    return [one for one in things([own, handed]) if is_own(one)]


TABLE = [symbolic.definition(name) for name in activations.NAMES]
TABLE += [one.diff(symbolic.z) for one in TABLE]


def is_whole(part):
    """A function or a formula: what an answer has parts of.

    A letter is neither, and what `lstm_core.symbolic` gives is no secret.
    """
    formula = isinstance(part, sp.Expr) and not part.is_Atom
    return callable(part) or (formula and part not in TABLE)


def answers(number, found, solved):
    """What is found, as the answer, and as each part of an answer that has parts."""
    yield from found
    parts = solved.items() if isinstance(solved, dict) else ()
    for key in [key for key, part in parts if is_whole(part)]:
        yield from (solved | {key: one} for one in found if is_whole(one))
    if isinstance(solved, tuple):
        for one in filter(callable, found):
            yield from ((one, solved[1]), (solved[0], one))


@pytest.fixture(scope="module")
def solved():
    """The answers on the pages of solutions, by number."""
    seen, check = {}, lstm_core.exercises.check
    lstm_core.exercises.check = seen.__setitem__
    try:
        for path in {solution(number) for number in NUMBERS}:
            names = {}
            for code in cells(path):
                run(code, names)
    finally:
        lstm_core.exercises.check = check
    return seen


def accepted(number, found, solved):
    check = Registry(ALL).check
    return [one for one in answers(number, found, solved) if check(number, one)]


@pytest.mark.parametrize("number", NUMBERS)
def test_nothing_in_a_check_is_the_answer_to_it(number, solved, monkeypatch):
    assert accepted(number, held(number, monkeypatch), solved[number]) == []


@pytest.mark.parametrize("number", NUMBERS)
def test_an_answer_in_a_check_would_show(number, solved, monkeypatch):
    """Left in the module under some name, or inside of a function of it."""
    module = importlib.import_module(OWN + chapter(number))
    monkeypatch.setattr(module, "planted", [{"deep": solved[number]}], raising=False)
    found = things({"planted": module.planted})
    assert accepted(number, found, solved[number])


def test_functions_inside_of_functions_are_found():
    source = "def judge(answer):\n    usual = {'a': lambda c, o: o * c}\n"
    names = {"__name__": OWN + "planted"}
    exec(source, names)
    found = list(things(names["judge"]))
    assert any(callable(one) and one is not names["judge"] for one in found)
    assert found[1](2, 3) == 6
