"""Exercises of the chapter "candidate": where c rests, tanh from σ, orders, drift."""

from functools import cache

import numpy as np
import sympy

from lstm_core.activations import sigmoid
from lstm_core.draws import Draws
from lstm_core.exercises.expressions import at, judge_formulas
from lstm_core.exercises.mechanism import Exercise
from lstm_core.exercises.toolbox import (
    Mark,
    array,
    call,
    close,
    each,
    function_of,
    judge_numbers,
    number,
    parts,
    recognise,
    shown,
)
from lstm_core.exercises.verdict import Wrong

# --- 4.1 -------------------------------------------------------------------------

_i, _f, _g, _T = sympy.symbols("i f g T")
_POINTS = [
    dict(zip((_i, _f, _g, _T), map(sympy.Rational, four), strict=True))
    for four in (
        ("3/5", "9/10", "-1/2", 7),
        ("1/3", "1/4", "4/5", 3),
        ("7/8", "2/3", "1/5", 12),
    )
]


def _contents_after(steps):
    """c at each point after a run that begins at 0; steps: from T to their number."""
    found = []
    for point in _POINTS:
        f, write = point[_f], point[_i] * point[_g]
        c = 0.0
        for _ in range(steps(int(point[_T]))):
            c = float(f) * c + float(write)
        found.append(c)
    return np.array(found)


_REST = _contents_after(lambda T: 1000)
_AFTER = _contents_after(lambda T: T)
_LEAK = at(_POINTS, 1 - _f)
_RIGHT = {"rest": _REST, "after": _AFTER}
_USUAL = {
    "rest": (
        ("that is one write; more come before the first has leaked out", _i * _g),
        ("that forgets f: put c in both places of c = f · c + i · g", _i * _g / _f),
        ("the sign of f · c, when it goes to the other side",
         Mark(-0.2368, 0.0299)),
        ("the sign of both: i · g and 1 - f stand on the same side", -_REST),
        ("the input gate has been lost: what is written is i · g",
         _REST / at(_POINTS, _i)),
        ("c does rest at 0, but only if nothing is written", sympy.Integer(0)),
        ("the fraction is upside down", 1 / _REST),
    ),
    "after": (
        ("that is so for f = 1 only: each write leaks while more come", _T * _i * _g),
        ("that is what is missing after T steps, not what is there", _REST - _AFTER),
        ("that is the first write after T steps; add what the later ones left",
         _i * _g * _f**_T),
        ("that is where it ends; after T steps part of the way is left", _REST),
        ("f is what a step keeps: T steps keep f**T",
         _REST * _LEAK ** at(_POINTS, _T)),
        ("one step too few: after one step it is i · g",
         _contents_after(lambda T: T - 1)),
        ("one step too many: after one step it is i · g",
         _contents_after(lambda T: T + 1)),
    ),
}  # fmt: skip


def judge_rest(answer):
    """Exercise 4.1: where c comes to rest, and where it is after T steps."""
    letters = (_i, _f, _g, _T)
    judge_formulas(
        answer,
        _RIGHT,
        _USUAL,
        letters=dict.fromkeys(_RIGHT, letters),
        points=_POINTS,
        foreign={"c": "c is what you solve for: it stands on the left only"},
        otherwise="try it: write the step five times with numbers",
    )
    return (
        "c goes to i · g / (1 - f), and the distance shrinks by f at each step. Its "
        "sign is that of g: with a σ candidate it can only rest above zero."
    )


# --- 4.2 -------------------------------------------------------------------------

_SHIFTED_ONCE = (
    "tanh = 2σ - 1 takes 1 away at every step, and each of these leaks like a write; "
    "you have taken it away once"
)


def _cases(T=60):
    """Gates and pre-activations (T,), three times: f = 1, f constant, f by step."""
    draws = Draws(0)
    for keep in (np.ones(T), np.full(T, 0.9), draws.uniform(0.3, 1.0, T)):
        yield keep, draws.uniform(0.0, 1.0, T), draws.normal(0.0, 2.0, T)


def sigma_cell_of(f, i):
    """A function from a (T,) to the c (T,) of a cell with these gates, written σ(a)."""

    def sigma_cell(a):
        a = array(np.broadcast_to(a, f.shape), f.shape, "what `sigma_cell` is given")
        return _run(f, i, sigmoid(a))

    return sigma_cell


def _run(f, i, g):
    c, cs = 0.0, []
    for keep, write in zip(f, i * g, strict=True):
        c = keep * c + write
        cs.append(c)
    return np.array(cs)


_TURNS = {
    "the 2 inside: σ(a) - σ(-a) is tanh(a / 2)": Mark(25.3362, 21.7853),
    _SHIFTED_ONCE: Mark(53.8605, 107.3064),
    "2σ(a) - 1 is tanh(a / 2); and " + _SHIFTED_ONCE: Mark(47.6933, 103.1358),
    "that takes 1 away at every step, but the gates i and f do not act on it": (
        Mark(-716.6036, 504.4473)
    ),
    "that is the σ cell itself, which holds no negative number": lambda s, a: s(a),
    "the half goes the other way: tanh(a) is steeper than σ(a)": Mark(16.5462, 15.6512),
    "tanh of a finished cell is another thing: the candidate is squashed before it is "
    "added": lambda s, a: np.tanh(s(a)),
    "that adds up for gates that stand open; the gates are inside `sigma_cell`": (
        lambda s, a: np.cumsum(np.tanh(a))
    ),
}


def judge_two_cells(answer):
    """Exercise 4.2: the cell of a tanh candidate, made of cells written σ."""
    function_of(answer, "`sigma_cell` and `a`")
    cases = list(_cases())
    cells = [(sigma_cell_of(f, i), a) for f, i, a in cases]
    got = [array(call(answer, s, a), a.shape, "c", "T") for s, a in cells]
    want = [_run(f, i, np.tanh(a)) for f, i, a in cases]
    wrong = [k for k, w in enumerate(want) if not close(got[k], w, 1e-6, 1e-9)]
    if not wrong:
        return (
            "Two cells written σ, subtracted, are one cell written tanh, whatever the "
            "gates do. An LSTM squashes each cell before it is read, so it cannot do "
            "this subtraction itself."
        )
    k = wrong[0]
    t = int(np.argmax(np.abs(got[k] - want[k]) > 1e-6 + 1e-9))
    usual = {words: each(turn, cells) for words, turn in _TURNS.items()}
    usual["the order: the cell that is written more comes first"] = [-w for w in want]
    raise Wrong(
        f"c = {want[k][t]:.4g} after step {t + 1} of run {k + 1}",
        f"{got[k][t]:.4g}",
        recognise(got, usual) or "which two values of σ have the difference tanh(a)?",
    )


# --- 4.3 -------------------------------------------------------------------------

ORDERS = ("add -1", "add 0", "add +1", "forget", "set to -1")
_KEEP = np.array([1, 1, 1, 0, 0])
_WRITE = np.array([-1, 0, 1, 0, -1])
_LONG = 400


def _orders():
    """Orders (T, B) that lead far up, far down, and about at random."""
    rng = np.random.default_rng(0)
    up = np.where(rng.random((_LONG, 4)) < 0.7, 2, rng.integers(0, 2, (_LONG, 4)))
    walk = rng.integers(0, len(ORDERS), (_LONG, 8))
    calm = np.full((_LONG, 1), 1)
    calm[:40] = 2
    return np.concatenate([up, 2 - up, walk, calm], axis=1)


def _contents(keep, write, orders):
    c, cs = np.zeros(orders.shape[1]), []
    for now in orders:
        c = keep[now] * c + write[now]
        cs.append(c)
    return np.array(cs)


def judge_orders(answer):
    """Exercise 4.3: pre-activations with which one cell obeys five orders."""
    given = parts(answer, ("i", "f", "g"))
    a = {}
    for slot in "ifg":
        if isinstance(given[slot], (int, float)) or np.shape(given[slot]) != (5,):
            raise Wrong(
                f"five numbers under `{slot}`, one for each order", shown(given[slot])
            )
        a[slot] = np.array([number(v, f"`{slot}`") for v in given[slot]])
    keep, i, g = sigmoid(a["f"]), sigmoid(a["i"]), np.tanh(a["g"])
    if max(np.abs(row).max() for row in a.values()) <= 1:
        raise Wrong(
            "pre-activations under `i`, `f` and `g`",
            "numbers from -1 to 1, of which σ makes no gate that is open or shut",
            "say what σ and tanh are to be given, not what comes out of them",
        )
    orders = _orders()
    want = _contents(_KEEP, _WRITE, orders)
    off = np.abs(_contents(keep, i * g, orders) - want)
    if off.max() < 0.25:
        return (
            f"The cell obeys all five orders, up to {want.max():.0f} and down to "
            f"{want.min():.0f}, and is never off by more than {off.max():.2g}."
        )
    t, b = np.argwhere(off >= 0.25)[0]
    raise Wrong(
        f"c within a quarter of {want[t, b]:.0f} after step {t + 1} of a test",
        f"c is off by {off[t, b]:.3g}",
        _why_disobeyed(keep, i, g),
    )


def _why_disobeyed(keep, i, g):
    """The first order that the cell misunderstands, and how."""
    write = i * g
    for k, order in enumerate(ORDERS):
        if _KEEP[k] and keep[k] < 0.9:
            return f"at `{order}` f is {keep[k]:.3g}: a write must keep what is there"
        if not _KEEP[k] and keep[k] > 0.1:
            if write[k] < -0.1 and order == "forget":
                return "at `forget` you take 1 away, which empties only a cell of 1"
            return f"at `{order}` f is {keep[k]:.3g}: the old content must go"
        if abs(write[k] - _WRITE[k]) > 0.1:
            return (
                f"at `{order}` the cell is written i · g = {i[k]:.3g} · {g[k]:.3g}, "
                f"and should be written {_WRITE[k]}"
            )
    if abs(write[1]) > 1e-4:
        return f"`add 0` still writes {write[1]:.2g} each time, and that adds up"
    low = keep[:3].min()
    return (
        f"the gates are right in kind but not far enough: at a write f is {low:.5g}, "
        f"so each step loses {100 * (1 - low):.2g} per cent; take larger numbers"
    )


# --- 4.4 -------------------------------------------------------------------------

STEPS = 1000
RUNS = {
    "sigmoid": (0.0, 1.0, 1.0),  # the write for x = -1 and for x = +1, and f
    "sigmoid - 1/2": (-0.5, 0.5, 1.0),
    "tanh": (-1.0, 1.0, 1.0),
    "sigmoid, f = 0.99": (0.0, 1.0, 0.99),
    "tanh, f = 0.99": (-1.0, 1.0, 0.99),
}


@cache
def sizes(B=2000):
    """The root mean square of c over B runs of `STEPS` random inputs, by name."""
    up = np.random.default_rng(0).random((STEPS, B)) < 0.5
    told = {}
    for name, (low, high, keep) in RUNS.items():
        c = np.zeros(B)
        for now in up:
            c = keep * c + np.where(now, high, low)
        told[name] = float(np.sqrt(np.mean(c**2)))
    return told


_ROOT = STEPS**0.5
_GUESSES = {
    "sigmoid": (
        ("half of the writes are 0, so the mean of a write is a half", STEPS),
        ("that is the part that varies; the mean of the writes adds up too", _ROOT / 2),
        ("the writes are 0 or 1, never negative: their mean adds up", _ROOT),
        ("the writes are 0 or 1, never negative, so they cannot cancel", 0.0),
    ),
    "sigmoid - 1/2": (
        ("the writes are half as large as those of tanh", _ROOT),
        ("0 is the mean over many runs; one run is somewhere to either side", 0.0),
        ("the writes are -1/2 or +1/2 and mostly cancel", STEPS / 2),
        ("that is the variance, T/4; its root is the typical size", STEPS / 4),
    ),
    "tanh": (
        ("0 is the mean over many runs; one run is somewhere to either side", 0.0),
        ("the writes are -1 or +1 and mostly cancel", STEPS),
        ("that is the variance, T; its root is the typical size", STEPS),
        ("the mean of the writes is 0 here, not a half", STEPS / 2),
    ),
    "sigmoid, f = 0.99": (
        ("where c rests is i · g / (1 - f), and the mean of g is a half", 100.0),
        ("that is so for f = 1; here a hundredth of c leaks at each step", STEPS / 2),
        ("that is the part that varies; the mean adds up as well", 3.54),
    ),
    "tanh, f = 0.99": (
        ("that is where c rests if all writes are +1; here they change sign", 100.0),
        ("variances leak with f²: they add up to 1 / (1 - f²), not 1 / (1 - f)", 10.0),
        ("that is so for f = 1; here a hundredth of c leaks at each step", _ROOT),
        ("0 is the mean over many runs; one run is somewhere to either side", 0.0),
        ("that is the variance, 1 / (1 - f²); its root is the typical size", 50.25),
    ),
}


def judge_sizes(answer):
    """Exercise 4.4: how large c becomes, predicted to within a tenth, then run."""
    want = sizes()
    judge_numbers(
        answer,
        want,
        _GUESSES,
        reach=lambda want: 0.1 * want,
        near=lambda v: 0.02 * v + 0.5,
        otherwise=lambda name: "the mean of a write and its spread, apart",
    )
    told = ", ".join(f"{name}: {size:.3g}" for name, size in want.items())
    return f"All five are within a tenth of what 2000 runs give ({told})."


EXERCISES = (
    Exercise(
        "4.1",
        "Put a SymPy expression in i, f, g and T in place of each `...`, then run the "
        "cell again.",
        judge_rest,
        (
            "at rest nothing changes: the new c is the old one. Solve that for c.",
            "the distance to the rest is multiplied by f at each step. How large is "
            "it at the start, when c = 0, and after T steps?",
            "`sp.solve(sp.Eq(c, f * c + i * g), c)` gives the rest; after T steps the "
            "part 1 - f**T of the way is done.",
        ),
    ),
    Exercise(
        "4.2",
        "Fill the function `tanh_cell`: it takes the function `sigma_cell` and the "
        "array a (T,), and returns c (T,). Then run the cell again.",
        judge_two_cells,
        (
            "you may call `sigma_cell` more than once, on other arrays than a.",
            "two cells with the same gates can be subtracted: the difference is a cell "
            "that is written the difference.",
            "σ(2a) - σ(-2a): put numbers in, and compare with tanh(a).",
        ),
    ),
    Exercise(
        "4.3",
        "Put five pre-activations in place of each `...`, one for each order, then run "
        "the cell again.",
        judge_orders,
        (
            "for each order, ask two things: what stays of the old content (f), and "
            "what is added (i · g)?",
            "`forget` and `set to -1` close f; the other three keep it open. Which of "
            "the five have nothing to add?",
            "a gate is open at +15 and closed at -15, and g is ±1 at ±15; with ±5 the "
            "small leaks add up over hundreds of steps.",
        ),
    ),
    Exercise(
        "4.4",
        "Put your prediction, a number, in place of each `...`, then run the cell "
        "again.",
        judge_sizes,
        (
            "a write has a mean and a spread. Means add up like T, spreads like the "
            "root of T.",
            "with f = 1: the mean is T times that of one write, the variance T times "
            "that of one write. The typical size is the root of variance plus mean².",
            "with f < 1 the mean goes to (mean of a write) / (1 - f), the variance to "
            "(variance of a write) / (1 - f²).",
        ),
    ),
)
