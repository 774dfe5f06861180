"""Judging formulas: is one what it should be, and if not, which mistake is it?

Two formulas count as equal if they agree at a few points, evaluated with thirty
digits.  That is decided at once for any form the answer may have, while symbolic
simplification may not end.
"""

import numbers

import numpy as np
import sympy

from lstm_core.exercises.toolbox import (
    Mark,
    close,
    listed,
    parts,
    recognise,
    refuse_text,
    shown,
    told_apart,
)
from lstm_core.exercises.verdict import Wrong
from lstm_core.symbolic import plain, z

_POINTS = [sympy.Rational(n, 7) for n in (-32, -17, -9, -5, -2, 2, 5, 9, 17, 32)]
_DIGITS = 30
_CLOSE = sympy.Float("1e-12")


def read(answer, name):
    """The answer as an expression in the real symbol z; `Wrong` says why it is none."""
    refuse_text(answer, f"a SymPy expression for {name}")
    if isinstance(answer, bool) or answer is None or answer is ...:
        raise Wrong(f"a SymPy expression for {name}", shown(answer))
    if not isinstance(answer, (sympy.Expr, numbers.Number)):
        raise Wrong(
            f"a SymPy expression in z for {name}",
            shown(answer),
            _taken_out(answer)
            or "use sympy.exp, sympy.tanh and so on, not NumPy's functions",
        )
    formula = plain(sympy.sympify(answer)).doit()
    formula = formula.xreplace({s: z for s in formula.free_symbols if s.name == "z"})
    strangers = sorted(s.name for s in formula.free_symbols - {z})
    if strangers:
        look = "write the output as a function of z" if "y" in strangers else ""
        raise Wrong(
            f"a formula for {name} in z alone", f"it also has {listed(strangers)}", look
        )
    return formula


def _taken_out(answer):
    """What to say to a formula that is still wrapped in something, or ""."""
    if isinstance(answer, sympy.Equality):
        return "that is an equation; take its right side, `.rhs`"
    if isinstance(answer, (list, tuple)) and len(answer) == 1:
        return "that is a list of one, as `sp.solve` gives it: take its first, `[0]`"
    return ""


def values(formula):
    """The formula at the points, as SymPy numbers."""
    return [sympy.N(formula.xreplace({z: p}), _DIGITS) for p in _POINTS]


def _close(one, other):
    if not (one.is_number and one.is_finite and other.is_finite):
        return False
    return bool(abs(one - other) <= _CLOSE * (1 + abs(other)))


def same(left, right):
    """Whether two expressions in z agree."""
    return all(map(_close, values(left), values(right)))


def judge(name, got, value, usual, claim):
    """Raise `Wrong`, naming the usual mistakes, unless `got` is the slope of `value`.

    usual: pairs (wrong slope, what to say); claim: the wrong slope to be mended.
    """
    value = plain(value)
    slope = value.diff(z)
    found, truth = values(got), values(slope)
    wrong = [k for k in range(len(truth)) if not _close(found[k], truth[k])]
    if not wrong:
        return
    k = max(wrong, key=lambda k: (found[k].is_finite is True, -abs(_POINTS[k] - 1)))
    at = _short(_POINTS[k])
    raise Wrong(
        f"the slope of `{name}`, which is {_short(truth[k])} at z = {at}",
        f"`{got}`, which is {_short(found[k])} there",
        _why(got, value, slope, usual, claim),
    )


def _short(number):
    return f"{float(number):.4g}" if number.is_real else str(number)


def _why(got, value, slope, usual, claim):
    """What to say to a formula that is not the slope."""
    if not all(v.is_finite for v in values(got)):
        return "the formula has no finite value there"
    if same(got, claim):
        return "that is the claim as it stood; mend it, or let SymPy differentiate"
    for wrong, words in usual:
        if same(got, wrong):
            return words
    for factor, words in _FACTORS:
        if same(got, factor * slope):
            return words
    if same(got, value):
        return "that is the function, not its slope"
    if same(got, slope.diff(z)):
        return "that is the second derivative: you have differentiated twice"
    return "differentiate with `.diff(z)` and compare the two at a point"


_FACTORS = (
    (-1, "only the sign is wrong"),
    (2, "there is a factor 2 too many"),
    (sympy.Rational(1, 2), "a factor 2 is lost: the chain rule, for what is inside"),
    (4, "there is a factor 4 too many"),
    (sympy.Rational(1, 4), "a factor 4 is lost"),
)


# --- several formulas, by name -----------------------------------------------------


def judge_formulas(answer, right, usual, letters, points, foreign=None, otherwise=""):
    """Raise `Wrong` unless every formula of the answer is the right one of its name.

    right: {name: its values at the points}.
    usual: {name: ((what to say, wrong expression, its values or their `Mark`), …)}.
    letters: {name: the symbols that may be in it}; points: [{symbol: value}, …].
    foreign: {the beginning of another symbol's name: what to say to it}.
    """
    given = parts(answer, tuple(right))
    for name, want in right.items():
        got = at(points, _in_letters(given[name], name, letters[name], foreign or {}))
        wanted = at(points, want)
        if close(got, wanted, 1e-9):
            continue
        turns = {words: at(points, wrong) for words, wrong in usual[name]}
        where = ", ".join(f"{s} = {float(points[0][s]):.3g}" for s in letters[name])
        expected, came = told_apart(wanted[0], got[0])
        raise Wrong(
            f"`{name}` = {expected} for {where}",
            came,
            recognise(got, turns) or otherwise,
        )


def at(points, formula):
    """A formula at points, as floats; NaN where it has no finite real value.

    Values that are known already, and marks of such, are left as they are.
    """
    if isinstance(formula, Mark):
        return formula
    if isinstance(formula, (list, tuple, np.ndarray)):
        return np.asarray(formula, float)
    found = [
        sympy.N(sympy.sympify(formula).xreplace(point), _DIGITS) for point in points
    ]
    return np.array([float(v) if v.is_real and v.is_finite else np.nan for v in found])


def _in_letters(answer, name, letters, foreign):
    """The answer as an expression in these symbols, whatever their assumptions."""
    known, expected = listed(letters), f"a SymPy expression under `{name}`"
    refuse_text(answer, expected)
    if not isinstance(answer, (sympy.Expr, int, float)) or isinstance(answer, bool):
        look = _taken_out(answer) or f"use the symbols {known} of the cell above"
        raise Wrong(expected, shown(answer), look)
    own = {symbol.name: symbol for symbol in letters}
    formula = plain(sympy.sympify(answer)).doit()
    found = {s: own[s.name] for s in formula.free_symbols if s.name in own}
    strangers = sorted(s.name for s in formula.free_symbols - set(found))
    if strangers:
        looks = [w for start, w in foreign.items() if strangers[0].startswith(start)]
        raise Wrong(
            f"a formula in {known} under `{name}`",
            f"it also has {listed(strangers)}",
            looks[0] if looks else "",
        )
    return formula.xreplace(found)
