"""The same mathematics stated a second time, in SymPy: to print, to prove, to check.

Nothing here is taken from `lstm_core.activations` or from the cells, and a test is
the only place where the two statements meet.  The pages print their equations from
this module, so that none is typed twice.

Chapters: one-step, squashers.
"""

from functools import lru_cache
from typing import NamedTuple

import sympy as sp

from lstm_core import names

z = sp.Symbol("z", real=True)
HALF = sp.Rational(1, 2)


class sigma(sp.Function):
    """σ(z) = 1 / (1 + exp(-z)), kept as a letter so that results read like a page."""

    def fdiff(self, argindex=1):
        y = sigma(self.args[0])
        return y * (1 - y)

    def _eval_evalf(self, prec):
        return plain(self)._eval_evalf(prec)

    def _latex(self, printer, exp=None):
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"\sigma{power}\left({printer._print(self.args[0])}\right)"


def plain(expression):
    """The expression with every σ replaced by its definition."""
    return sp.sympify(expression).replace(sigma, lambda a: 1 / (1 + sp.exp(-a)))


def equal(left, right):
    """Whether SymPy proves the two expressions equal.

    >>> equal(sp.tanh(z), 2 * sigma(2 * z) - 1)
    True
    """
    return sp.simplify((plain(left) - plain(right)).rewrite(sp.exp)) == 0


# --- the table -----------------------------------------------------------------


def _clip(line, low, high):
    return sp.Piecewise((low, line <= low), (high, line >= high), (line, True))


def tempered(k):
    """σ(kz); k may be a symbol."""
    return sigma(k * z)


def leaky(slope):
    """z where z > 0, slope · z elsewhere; slope may be a symbol."""
    return sp.Piecewise((z, z > 0), (slope * z, True))


_TABLE = {
    "sigmoid": sigma(z),
    "tanh": sp.tanh(z),
    "hard_sigmoid": _clip(z / 6 + HALF, 0, 1),
    "hard_sigmoid_02": _clip(z / 5 + HALF, 0, 1),
    "hard_tanh": _clip(z, -1, 1),
    "relu": sp.Piecewise((z, z > 0), (0, True)),
    "leaky_relu": leaky(sp.Rational(1, 100)),
    "softsign": z / (1 + sp.Abs(z)),
    "identity": z,
    "step": sp.Piecewise((0, z < 0), (1, z > 0), (HALF, True)),
    "sine": sp.sin(z),
    "softplus": sp.log(1 + sp.exp(z)),
    "g_1997": 4 * sigma(z) - 2,
    "h_1997": 2 * sigma(z) - 1,
    "sigmoid_shifted": sigma(z) - HALF,
    "sigmoid_signed": 2 * sigma(z) - 1,
    "sigmoid_rescaled": 2 * sigma(2 * z) - 1,
    "tempered_sigmoid": tempered(4),
}
_FAMILIES = {"tempered_sigmoid": tempered, "leaky_relu": leaky}
NAMES = tuple(_TABLE)


class Row(NamedTuple):
    """A squasher and its first two derivatives, as expressions in z, tidied to read."""

    name: str
    value: sp.Expr
    d1: sp.Expr
    d2: sp.Expr


@lru_cache(maxsize=None)
def get(name):
    """The row of that name, with the names and parameters of `activations.get`."""
    value = definition(name)
    d1 = _tidy(value.diff(z))
    return Row(name, value, d1, _tidy(d1.diff(z), d1))


def definition(name):
    """The expression in z of that name: "tanh", "leaky_relu(0.2)"."""
    stem, parameter = names.split(name)
    if stem not in _TABLE:
        raise names.unknown("activation", stem, NAMES)
    if parameter is None:
        return _TABLE[stem]
    if stem not in _FAMILIES:
        raise ValueError(f'{stem} takes no parameter, got {name!r}: write "{stem}"')
    return _FAMILIES[stem](sp.Rational(str(parameter)))


def _tidy(expression, factor=1):
    """Shorter to read: σ for exponentials, |z| for z sign z, `factor` kept whole."""
    y = sigma(z)
    expression = expression.subs(sp.exp(z), y / (1 - y)).subs(z * sp.sign(z), sp.Abs(z))
    if expression.has(sp.Abs):
        return sp.factor(expression)
    if expression == 0 or factor == 0:
        return expression
    quotient = sp.factor_terms(sp.cancel(expression / factor))
    return factor * quotient if sp.denom(quotient) == 1 else _tidy(expression)


# --- numbers -------------------------------------------------------------------


@lru_cache(maxsize=None)
def derivative(name, order):
    """The derivative of that order, of the plain definition, as SymPy leaves it."""
    return plain(definition(name)).diff(z, order)


def evaluate(name, order, at, digits=30):
    """The derivative of that order at the float `at`, to so many digits: a `Float`."""
    return number(derivative(name, order), {z: at}, digits)


def number(expression, values, digits=30):
    """The expression with floats for its symbols (taken exactly), as a `Float`.

    values: symbol → float.  The working precision grows until `digits` digits are
    right: 1 - tanh²(300), for one, loses the first 260.
    """
    exact = {symbol: sp.Rational(float(at)) for symbol, at in values.items()}
    # 400 digits from the start: where 1 + e rounds to 1, SymPy's log(1 + e) is 0.
    wide = plain(expression).xreplace(exact).evalf(400, maxn=4000)
    return wide.evalf(digits)


# --- the cell ------------------------------------------------------------------

x, h_prev, c_prev = sp.symbols("x_t h_{t-1} c_{t-1}", real=True)
h, c, s = sp.symbols("h_t c_t s", real=True)
i, f, o, g = sp.symbols("i f o g", real=True)
GATES = (i, f, o, g)
W, U, b, a = (
    {gate: sp.Symbol(f"{letter}_{gate}", real=True) for gate in GATES}
    for letter in "WUba"
)
PARAMETERS = tuple(part[gate] for gate in GATES for part in (W, U, b))


class Cell(NamedTuple):
    """An LSTM of one unit with one input, in the letters of the book.

    What travels from step to step has an index (x_t, h_{t-1}, c_t), what lives within
    a step has none: the pre-activations a_i to a_g, the gates i, f, o, the candidate
    g, and s, the squashed cell.

    equations: letter → right-hand side in the letters above it, in order of the step.
    squashers: letter → (row, argument), for the letters that are a squashed argument.
    """

    equations: dict
    squashers: dict

    def written_out(self, letter):
        """A letter of the step (`c`, `h`) by x_t, h_{t-1}, c_{t-1} and the weights."""
        result = letter
        for left, right in reversed(self.equations.items()):
            result = result.subs(left, right)
        return result

    def derivative(self, of, by):
        """∂(of)/∂(by) in letters: `derivative(c, c_prev)` is f.

        of: a letter of the step; by: x, h_prev, c_prev or a weight.  The others are
        held fixed: h_prev too, although it was made from c_prev one step earlier.
        """
        total = {by: sp.Integer(1)}  # ∂(letter)/∂(by), for one letter after another
        for left, right in self.equations.items():
            total[left] = sum(
                self._partial(left, letter) * total.get(letter, 0)
                for letter in right.free_symbols
            )
        return self._in_letters(sp.factor_terms(total[of]))

    def _partial(self, left, letter):
        if left in self.squashers:
            row, argument = self.squashers[left]
            return row.d1.subs(z, argument)
        return self.equations[left].diff(letter)

    def _in_letters(self, expression):
        for left, (row, argument) in self.squashers.items():
            expression = expression.subs(row.value.subs(z, argument), left)
        return expression.subs(o * s, h)

    def jacobian(self, of=(h, c), by=(h_prev, c_prev)):
        """The matrix of `derivative`s, one row for each letter in `of`."""
        return sp.Matrix([[self.derivative(up, down) for down in by] for up in of])

    def latex(self):
        """letter → its equation for whole layers: row vectors, ⊙ entry by entry."""
        return {
            left: f"{sp.latex(left)} = "
            + (sp.latex(right) if left in self.squashers else _products(right))
            for left, right in self.equations.items()
        }


_READING_ORDER = (
    x, h_prev, *W.values(), *U.values(), *b.values(), f, i, o, c_prev, g, s,
)  # fmt: skip


def _products(expression):
    """LaTeX of a sum of products, in the order in which the code writes them."""
    terms = [
        sorted(sp.Mul.make_args(term), key=_READING_ORDER.index)
        for term in sp.Add.make_args(expression)
    ]
    terms.sort(key=lambda term: _READING_ORDER.index(term[0]))
    return " + ".join(
        (" " if term[0] in (x, h_prev) else r" \odot ").join(map(sp.latex, term))
        for term in terms
    )


def cell(
    i="sigmoid",
    f="sigmoid",
    o="sigmoid",
    candidate="tanh",
    output="tanh",
    gates=None,
):
    """The `Cell` with these squashers, named as for `cells.lstm.LSTM`."""
    return _cell(gates or i, gates or f, gates or o, candidate, output)


@lru_cache(maxsize=None)
def _cell(*choices):
    arguments = [*a.values(), c]
    squashers = {
        letter: (get(choice), arg)
        for letter, choice, arg in zip((*GATES, s), choices, arguments, strict=True)
    }
    squashed = {
        letter: row.value.subs(z, argument)
        for letter, (row, argument) in squashers.items()
    }
    affine = {a[gate]: x * W[gate] + h_prev * U[gate] + b[gate] for gate in GATES}
    last = {s: squashed.pop(s), h: o * s}
    return Cell(affine | squashed | {c: f * c_prev + i * g} | last, squashers)
