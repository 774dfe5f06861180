"""Exercises of the chapter "gradients": the factor, half-life, one step back, a bug."""

from functools import cache

import numpy as np
import sympy

from lstm_core import gradcheck, unroll
from lstm_core.cells.gru import GRU
from lstm_core.cells.lstm import State
from lstm_core.cells.variants import CoupledLSTM
from lstm_core.exercises.expressions import judge_formulas
from lstm_core.exercises.mechanism import Exercise
from lstm_core.exercises.toolbox import (
    array,
    call,
    close,
    function_of,
    judge_function,
    parts,
    recognise,
    shown,
)
from lstm_core.exercises.verdict import Wrong

# --- 8.1 -------------------------------------------------------------------------

_LETTERS = "f g c_prev o_prev s_prev U_f U_g"
_f, _g, _c, _o, _s, _Uf, _Ug = _SYMBOLS = sympy.symbols(_LETTERS)
_READS = _o * (1 - _s**2)  # ∂h_{t-1}/∂c_{t-1}
_BY_GATE = (_c - _g) * _f * (1 - _f) * _Uf
_BY_CANDIDATE = (1 - _f) * (1 - _g**2) * _Ug
_TOTAL = _f + _READS * (_BY_GATE + _BY_CANDIDATE)
_POINTS = [
    dict(zip(_SYMBOLS, map(sympy.Rational, seven), strict=True))
    for seven in (
        ("3/4", "-1/2", "6/5", "2/3", "3/5", "5/4", "-4/3"),
        ("1/3", "4/5", "-7/4", "1/5", "-6/7", "-2/3", "9/8"),
        ("7/8", "1/5", "2/5", "8/9", "3/8", "7/3", "1/2"),
    )
]
_USUAL = {
    "held": (
        ("that is the rest of the way round, with f left out", _TOTAL - _f),
        ("with h held, the detours are held too; that is the whole", _TOTAL),
        ("what is kept is f; 1 - f is what is written", 1 - _f),
        ("that is the gate's own slope; with h held, f does not move", _f * (1 - _f)),
    ),
    "whole": (
        ("f is the straight way; c_prev also moves h_prev, and that moves f and g",
         _f),
        ("c_prev reaches h_prev as o · tanh(c): its slope o · (1 - s²) is missing",
         _f + _BY_GATE + _BY_CANDIDATE),
        ("the output gate stands on the way out: h_prev = o · s",
         _f + (1 - _s**2) * (_BY_GATE + _BY_CANDIDATE)),
        ("the slope of the tanh on the way out is missing: 1 - s²",
         _f + _o * (_BY_GATE + _BY_CANDIDATE)),
        ("f falls by as much as 1 - f rises: the part in g has a minus",
         _f + _READS * ((_c + _g) * _f * (1 - _f) * _Uf + _BY_CANDIDATE)),
        ("f multiplies c_prev and, as 1 - f, also g: both move with it",
         _f + _READS * (_c * _f * (1 - _f) * _Uf + _BY_CANDIDATE)),
        ("the way through the candidate is missing",
         _f + _READS * _BY_GATE),
        ("the way through the forget gate is missing",
         _f + _READS * _BY_CANDIDATE),
        ("what g writes is multiplied by i, which is 1 - f here",
         _f + _READS * (_BY_GATE + (1 - _g**2) * _Ug)),
        ("the slope of the sigmoid is f · (1 - f)",
         _f + _READS * ((_c - _g) * (1 - _f) * _Uf + _BY_CANDIDATE)),
        ("the slope of the candidate's tanh is missing: 1 - g²",
         _f + _READS * (_BY_GATE + (1 - _f) * _Ug)),
        ("those are the detours alone; the straight way comes on top",
         _TOTAL - _f),
        ("the slope of the candidate's tanh is 1 - g²",
         _f + _READS * (_BY_GATE + (1 - _f) * (1 - _g) * _Ug)),
    ),
}  # fmt: skip


def judge_factor(answer):
    """Exercise 8.1: ∂c_t/∂c_{t-1} of a cell with i = 1 - f, with h held and whole."""
    right = {"held": _f, "whole": _TOTAL}
    judge_formulas(
        answer,
        right,
        _USUAL,
        letters=dict.fromkeys(right, _SYMBOLS),
        points=_POINTS,
        foreign=dict.fromkeys(("i", "U_i"), "i is 1 - f in this cell"),
        otherwise="write the step as a function of c_prev, and diff",
    )
    return (
        "One straight way, f, and two detours through h, each with a weight U in it. "
        "Tying i to 1 - f has merged the detours of i and f into one."
    )


# --- 8.2 -------------------------------------------------------------------------

_STEPS = [(b, n) for b in (-1.0, 0.0, 1.0, 3.0, 20.0) for n in (1.0, 30.0, 1e9)]
_SHARES = [(n, s) for n in (1.0, 7.0, 100.0, 1e9) for s in (0.5, 0.1, 0.999)]


def _left(bias, steps):
    return np.exp(-steps * np.log1p(np.exp(-bias)))


def _bias(steps, left):
    return -np.log(np.expm1(-np.log(left) / steps))


def _sigmoid(bias):
    return 1 / (1 + np.exp(-bias))


_LEFT_WRONG = {
    "that is one step; every step multiplies once more": lambda b, n: _sigmoid(b),
    "the gate is σ(bias), not the bias": np.power,
    "the bias comes first, and the steps second": lambda b, n: _sigmoid(n) ** b,
    "the fractions multiply; they do not add up": lambda b, n: n * _sigmoid(b),
    "that is what is lost; asked for is what is left": lambda b, n: 1 - _left(b, n),
    "the sign inside σ: a larger bias keeps more": lambda b, n: _left(-b, n),
    "halved at every step; the factor of a step is σ(bias)": lambda b, n: 0.5**n,
}
_BIAS_WRONG = {
    "the share is that of all steps; one step keeps its root, left ** (1 / steps)":
        lambda n, s: np.log(s / (1 - s)),
    "that is f itself; the bias is where σ has that value":
        lambda n, s: s ** (1 / n),
    "the odds are upside down: log(f / (1 - f))":
        lambda n, s: -_bias(n, s),
    "that is for a half; another share has another logarithm":
        lambda n, s: _bias(n, 0.5),
    "that is what holds for many steps only; solve σ(bias) ** steps = left":
        lambda n, s: np.log(n / -np.log(s)),
    "that is the logarithm of the number of steps; the share matters too":
        lambda n, s: np.log(n),
    "steps and share in the other order":
        lambda n, s: _bias(s, n) if n < 1 else np.full(np.shape(n), np.nan),
}  # fmt: skip
_ROUNDED = (
    "over very many steps 1 - f has no digits left: `np.expm1(x)` is e to the x, "
    "minus 1, and keeps them"
)


def judge_half_life(answer):
    """Exercise 8.2: from a forget bias to what is left, and back."""
    given = parts(answer, ("left", "bias"))
    for name, function in given.items():
        function_of(function, "two numbers")
    _judge_numbers(given["left"], "left", _left, _STEPS, _LEFT_WRONG)
    _judge_numbers(given["bias"], "bias", _bias, _SHARES, _BIAS_WRONG)
    return (
        f"To keep a half for 100 steps takes a bias of {_bias(100, 0.5):.2f}, for 1000 "
        f"{_bias(1000, 0.5):.2f}: ten times the steps cost ln 10 = 2.3 more."
    )


def _judge_numbers(function, name, right, cases, usual):
    try:
        judge_function(function, right, cases, usual, f"`{name}`", rtol=1e-6)
    except Wrong as wrong:
        short = [case for case in cases if 1e9 not in case]
        if right_at(function, right, short):
            expected = f"{wrong.expected}, in `{name}`"
            raise Wrong(expected, wrong.got, _ROUNDED) from None
        raise Wrong(f"{wrong.expected}, in `{name}`", wrong.got, wrong.look) from None


def right_at(function, right, cases):
    """Whether the function agrees at these cases, whatever else it does."""
    try:
        judge_function(function, right, cases, rtol=1e-6)
    except Wrong:
        return False
    return True


# --- 8.3 -------------------------------------------------------------------------

_CELL = CoupledLSTM()


@cache
def _steps():
    """Three single steps (p, k, dh, dc), and what the complex step gives for them."""
    cases, wanted = [], []
    for seed, B, H in ((0, 1, 1), (1, 3, 4), (2, 2, 5)):
        rng = np.random.default_rng(seed)
        p = _CELL.init(rng, 2, H)
        x = rng.normal(size=(B, 2))
        state = State(*(rng.normal(size=(B, H)) for _ in "hc"))
        d = State(*(rng.normal(size=(B, H)) for _ in "hc"))
        _, k = _CELL.step(p, x, state)
        cases.append((p, k, d.h, d.c))
        wanted.append(_by_complex_step(p, x, state, d))
    return cases, wanted


def _by_complex_step(p, x, state, d):
    def loss(before):
        after, _ = _CELL.step(p, x, before)
        return (after.h * d.h + after.c * d.c).sum()

    return gradcheck.complex_step(loss, state)


def _turned(
    p,
    k,
    dh,
    dc,
    late=1.0,
    out=1.0,
    slope=True,
    tied=True,
    gate=True,
    candidate=True,
    output=True,
    back=True,
    straight=True,
):
    """The way back with one thing wrong at a time: (dh_prev, dc_prev)."""  # fmt: skip
    dc = dc * late + out * dh * k.o * ((1 - k.s**2) if slope else 1)
    da_f = gate * dc * (k.c_prev - tied * k.g) * k.f * (1 - k.f)
    da_g = candidate * dc * (1 - k.f) * (1 - k.g**2)
    da_o = output * dh * k.s * k.o * (1 - k.o)
    ways = ((p.f, da_f), (p.g, da_g), (p.o, da_o))
    dh_prev = sum(da @ (q.U.T if back else q.U) for q, da in ways)
    return dh_prev, dc * k.f if straight else dc


_STEP_WRONG = {
    "dc must first take in what comes from h: dh · o · (1 - s²)": {"out": 0.0},
    "what came along the cell, dc itself, is lost": {"late": 0.0},
    "h is o · tanh(c): the slope 1 - s² of that tanh is missing": {"slope": False},
    "f also sets i = 1 - f: it moves c by c_prev - g, not by c_prev": {"tied": False},
    "f moves c by c_prev - g: the sign of g": {"tied": -1.0},
    "the way through the forget gate is missing": {"gate": 0.0},
    "the way through the candidate is missing": {"candidate": 0.0},
    "the way through the output gate is missing: h = o · s": {"output": 0.0},
    "with rows, a = h @ U goes back as da @ U.T": {"back": False},
    "dc_prev is dc times the forget gate": {"straight": False},
}


def judge_step_back(answer):
    """Exercise 8.3: one step back through the coupled LSTM, by the complex step."""
    function_of(answer, "p, k, dh and dc")
    cases, wanted = _steps()
    got = [_pair(call(answer, *case), case[2].shape) for case in cases]
    for found, right in zip(got, wanted, strict=True):
        for name, one, want in zip(("dh_prev", "dc_prev"), found, right, strict=True):
            if not close(one, want, 1e-8, 1e-12):
                raise _off(name, one, want, got)
    return (
        "Your way back agrees with the complex step, entry by entry. It is what "
        "training runs at every step, from the last to the first."
    )


def _pair(result, shape):
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise Wrong("two arrays, (dh_prev, dc_prev)", shown(result))
    names = ("dh_prev", "dc_prev")
    return [array(r, shape, n, "BH") for r, n in zip(result, names, strict=True)]


def _off(name, one, want, got):
    place = np.unravel_index(np.argmax(np.abs(one - want)), want.shape)
    turns = {
        words: [list(_turned(*case, **change)) for case in _steps()[0]]
        for words, change in _STEP_WRONG.items()
    }
    swapped = [list(reversed(pair)) for pair in _steps()[1]]
    look = recognise(got, turns | {"the two in the other order: first dh": swapped})
    index = ", ".join(str(int(n)) for n in place)
    return Wrong(
        f"`{name}[{index}]` = {want[place]:.4g}, which the complex step gives",
        f"{one[place]:.4g}",
        look or "go through the ways one by one: which does f open, which g, which o?",
    )


# --- 8.4 -------------------------------------------------------------------------


def broken(p, k, dhs):
    """∂L/∂xs (T, B, D) of a GRU with trace k, given dhs = ∂L/∂hs (T, B, H)."""
    dh = np.zeros(dhs.shape[1:])
    dxs = []
    for t in reversed(range(len(dhs))):
        dh = dhs[t]
        n, z, r, m, h_prev = k.n[t], k.z[t], k.r[t], k.m[t], k.h_prev[t]
        da_n = dh * (1 - z) * (1 - n**2)
        da_z = dh * (n - h_prev) * z * (1 - z)
        da_r = da_n * m * r * (1 - r)
        dxs.append(da_n @ p.n.W.T + da_z @ p.z.W.T + da_r @ p.r.W.T)
        dh = dh * z + (da_n * r) @ p.n.U.T + da_z @ p.z.U.T + da_r @ p.r.U.T
    return np.stack(dxs[::-1])


def _mended(p, k, dhs, lost=False, sign=1.0, kept=True, late=False, r=True):
    """`broken` with its two lines right, or with other ones wrong."""
    dh, dxs = np.zeros(dhs.shape[1:]), []
    for t in reversed(range(len(dhs))):
        dh = dhs[t] + (0 if lost else dh)
        da_n = dh * (1 - k.z[t]) * (1 - k.n[t] ** 2)
        old = k.n[t] if late else k.h_prev[t]
        da_z = sign * dh * (old - k.n[t]) * k.z[t] * (1 - k.z[t])
        da_r = da_n * k.m[t] * k.r[t] * (1 - k.r[t])
        dxs.append(da_n @ p.n.W.T + da_z @ p.z.W.T + da_r @ p.r.W.T)
        dm = da_n * (k.r[t] if r else 1)
        dh = kept * dh * k.z[t] + dm @ p.n.U.T + da_z @ p.z.U.T + da_r @ p.r.U.T
    return np.stack(dxs[::-1])


def run(T, seed=0, B=2, D=2, H=3):
    """A GRU over T random steps: (p, trace, dhs) as `broken` takes them, and xs."""
    rng = np.random.default_rng(seed)
    p = GRU().init(rng, D, H)
    xs = rng.normal(size=(T, B, D))
    _, _, trace = unroll.forward(GRU(), p, xs)
    return p, trace, rng.normal(size=(T, B, H)), xs


def truth(p, xs, dhs):
    """∂L/∂xs by the complex step, which knows nothing of any way back."""

    def loss(moved):
        hs, _, _ = unroll.forward(GRU(), p, moved)
        return (hs * dhs).sum()

    return gradcheck.complex_step(loss, xs)


@cache
def _runs():
    made = [run(T, seed) for seed, T in enumerate((1, 2, 6))]
    return [(p, trace, dhs) for p, trace, dhs, _ in made], [
        truth(p, xs, dhs) for p, _, dhs, xs in made
    ]


_BUGS = {
    "that is the function as it stood": broken,
    "right for one step; with more, what comes back along h is lost: dhs[t] is "
    "added to dh":
        lambda *run: _mended(*run, lost=True),
    "what is added up is right; in one step, ask which way h moves if z grows":
        lambda *run: _mended(*run, sign=-1.0),
    "the straight way was right: dh · z is what z keeps":
        lambda *run: _mended(*run, kept=0.0),
    "the candidate sees r · m, so its way back has r in it; that line was right":
        lambda *run: _mended(*run, r=False),
    "that leaves z without any effect on h: h moves by h_prev - n if z grows":
        lambda *run: _mended(*run, late=True),
}  # fmt: skip


def judge_mended(answer):
    """Exercise 8.4: the two planted bugs of `broken`, against the complex step."""
    cases, wanted = _runs()
    right = {id(case[2]): want for case, want in zip(cases, wanted, strict=True)}
    judge_function(
        answer,
        lambda p, k, dhs: right[id(dhs)],
        cases,
        _BUGS,
        "∂L/∂xs",
        "TBD",
        rtol=1e-8,
        atol=1e-12,
    )
    return (
        "Both mended: with one step only the sign of z's way could show, and only "
        "with two what was lost along h. Begin a search with the shortest case."
    )


EXERCISES = (
    Exercise(
        "8.1",
        "Put an expression in place of each `...`, then run the cell again.",
        judge_factor,
        (
            "with h_prev held, f and g do not move: only c_prev itself does.",
            "c_prev moves h_prev by o_prev * (1 - s_prev**2); h_prev moves a_f by U_f "
            "and a_g by U_g.",
            "c = f * c_prev + (1 - f) * g: what does it gain if f grows, and what if g "
            "grows? Multiply each by the slope of its squasher.",
        ),
    ),
    Exercise(
        "8.2",
        "Fill the functions `left` and `bias`, then run the cell again.",
        judge_half_life,
        (
            "one step keeps f = σ(bias), and n steps keep f to the power n.",
            "back: f is the root, left ** (1 / steps), and the bias is its log-odds, "
            "log(f / (1 - f)).",
            "f / (1 - f) is 1 / (1/f - 1), and 1/f - 1 is "
            "`np.expm1(-np.log(left) / steps)`, to all digits.",
        ),
    ),
    Exercise(
        "8.3",
        "Fill the function `step_back`: it takes p, k, dh and dc, and returns "
        "(dh_prev, dc_prev), each (B, H). Then run the cell again.",
        judge_step_back,
        (
            "begin with all that reaches c: dc + dh * k.o * (1 - k.s**2).",
            "from there to a_f, a_g and, from dh, to a_o; each times the slope of its "
            "squasher.",
            "f moves c by c_prev - g. Then dh_prev is da_f @ p.f.U.T + da_g @ p.g.U.T "
            "+ da_o @ p.o.U.T, and dc_prev is what reached c, times f.",
        ),
    ),
    Exercise(
        "8.4",
        "Copy `broken`, mend its two lines and hand it over as `mended`. Then run the "
        "cell again.",
        judge_mended,
        (
            "the error is there with a single step already, so one of the bugs is in "
            "the step itself; the other needs two.",
            "h = (1 - z) n + z h_prev: what does h gain if z grows a little?",
            "h is read twice: by the loss at step t, and by step t + 1. Both gradients "
            "have to be added.",
        ),
    ),
)
