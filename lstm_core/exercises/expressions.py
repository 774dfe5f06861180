"""Judging a formula: is it the slope it should be, and if not, which mistake is it?

Two formulas count as equal if they agree to twelve digits at ten points, evaluated
with thirty.  That is decided at once for any form the answer may have, while symbolic
simplification may not end.
"""

import numbers

import sympy

from lstm_core.exercises.toolbox import listed, shown
from lstm_core.exercises.verdict import Wrong
from lstm_core.symbolic import plain, z

_POINTS = [sympy.Rational(n, 7) for n in (-32, -17, -9, -5, -2, 2, 5, 9, 17, 32)]
_DIGITS = 30
_CLOSE = sympy.Float("1e-12")


def read(answer, name):
    """The answer as an expression in the real symbol z; `Wrong` says why it is none."""
    if isinstance(answer, str):
        raise Wrong(
            f"a SymPy expression for {name}",
            f"text, {shown(answer)}",
            "leave out the quotation marks",
        )
    if isinstance(answer, bool) or answer is None or answer is ...:
        raise Wrong(f"a SymPy expression for {name}", shown(answer))
    if not isinstance(answer, (sympy.Expr, numbers.Number)):
        raise Wrong(
            f"a SymPy expression in z for {name}",
            shown(answer),
            "use sympy.exp, sympy.tanh and so on, not NumPy's functions",
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
