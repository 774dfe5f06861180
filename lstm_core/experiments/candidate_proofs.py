"""What can be proved about the candidate, in SymPy; each proof is a boolean.

The page prints the same expressions.  Gates are numbers in (0, 1), the forget gate may
be held at 1; c and the pre-activation a are real.

Chapter: candidate.
"""

import sympy as sp

from lstm_core.symbolic import a, c_prev, equal, f, g, h_prev, i, plain, s, sigma, x, z
from lstm_core.symbolic import cell as symbolic_cell

_gate = sp.Symbol("gate", positive=True)
_kept = sp.Symbol("kept", nonnegative=True)  # a cell that is not below zero
T = sp.Symbol("T", integer=True, positive=True)
mu, sd = sp.symbols("mu s", positive=True)

NEW = f * c_prev + i * g  # the line of the step that the whole chapter is about
REST = i * g / (1 - f)  # where it comes to rest, if i, f and g stay as they are
AFTER = REST * (1 - f**T)  # what T such steps make of an empty cell


# --- only-increase --------------------------------------------------------------------


def stays_above_zero(candidate):
    """Whether f c + i g >= 0 is certain for c >= 0, where g is that function of a."""
    new = NEW.subs({f: sp.Symbol("f", positive=True), c_prev: _kept})
    new = new.subs({i: _gate, g: plain(candidate.subs(z, a[g]))})
    return new.is_nonnegative is True


def rises(candidate, keep):
    """Whether c_t > c_{t-1} is certain for c_{t-1} >= 0, with f = keep."""
    change = (NEW - c_prev).subs({f: keep, c_prev: _kept})
    change = change.subs({i: _gate, g: plain(candidate.subs(z, a[g]))})
    return sp.expand(change).is_positive is True


def falls_above_rest():
    """Whether the change of c is -(1 - f) times its distance from `REST`."""
    return sp.simplify((NEW - c_prev) + (1 - f) * (c_prev - REST)) == 0


def after_is_the_sum():
    """Whether `AFTER` is what the step makes: 0 at first, i g T in the limit f = 1."""
    next_one = f * AFTER + i * g
    return (
        AFTER.subs(T, 0) == 0
        and sp.simplify(AFTER.subs(T, T + 1) - next_one) == 0
        and sp.simplify(sp.limit(AFTER, f, 1) - i * g * T) == 0
    )


# --- rescaled -------------------------------------------------------------------------


def two_sigmoids():
    """Whether tanh z = σ(2z) - σ(-2z)."""
    return equal(sp.tanh(z), sigma(2 * z) - sigma(-2 * z))


def slopes_differ_by():
    """tanh' z over σ'(z) at 0, and over σ'(2z) everywhere: (4, 4)."""
    tanh, inner = sp.tanh(z).diff(z), plain(sigma(z)).diff(z)
    everywhere = sp.simplify((tanh / inner.subs(z, 2 * z)).rewrite(sp.exp))
    return (tanh / inner).subs(z, 0), everywhere


def difference_is_a_cell():
    """Whether the difference of two cells is a cell that is written the difference."""
    c1, c2, g1, g2 = sp.symbols("c_1 c_2 g_1 g_2", real=True)
    apart = NEW.subs({c_prev: c1, g: g1}) - NEW.subs({c_prev: c2, g: g2})
    return sp.expand(apart - NEW.subs({c_prev: c1 - c2, g: g1 - g2})) == 0


# --- drift ----------------------------------------------------------------------------


def sums(keep):
    """(mean, variance) of c after T steps of independent writes, i = 1 and f = keep.

    The writes have mean mu and standard deviation s; keep is a number, 1 included.
    """
    k = sp.Symbol("k", integer=True, nonnegative=True)
    mean = mu * sp.summation(keep**k, (k, 0, T - 1))
    variance = sd**2 * sp.summation(keep ** (2 * k), (k, 0, T - 1))
    return sp.simplify(mean), sp.simplify(variance)


# --- same-vector ----------------------------------------------------------------------


def deepest_tied():
    """(where, how low) σ(a) tanh(a) is lowest: what a tied i and g can take away."""
    tied = plain(sigma(z)) * sp.tanh(z)
    where = sp.nsolve(tied.diff(z), z, -1)
    return float(where), float(tied.subs(z, where))


# --- mask -----------------------------------------------------------------------------


def write_is_a_shift():
    """Whether a write keeps every difference between contents, with f = 1."""
    shifted = NEW.subs(f, 1).subs(i, 1)
    other = sp.Symbol("other", real=True)
    apart = shifted - shifted.subs(c_prev, other)
    return sp.expand(apart - (c_prev - other)) == 0


def forgetting_is_constant():
    """Whether f = 0 leaves nothing of the content, whatever is written."""
    return sp.diff(NEW.subs(f, 0), c_prev) == 0


def one_write_for_all(contents=(-1, 0, 1)):
    """The writes w for which c + w = 0 for all of these contents: none, for two."""
    w = sp.Symbol("w", real=True)
    solutions = sp.linsolve([content + w for content in contents], [w])
    return list(solutions)


# --- which-input ----------------------------------------------------------------------


def both_act_on_both():
    """letter → (∂/∂x, ∂/∂h) of i, f, o and g, none of which is zero."""
    cell = symbolic_cell()
    letters = [left for left in cell.squashers if left != s]
    return {
        str(left): (cell.derivative(left, x), cell.derivative(left, h_prev))
        for left in letters
    }
