"""Exercises of the chapter "gradients": the factor, half-life, one step back, a bug."""

from functools import cache

import numpy as np
import sympy

from lstm_core import gradcheck, unroll
from lstm_core.cells.gru import GRU
from lstm_core.cells.lstm import State
from lstm_core.cells.variants import CoupledLSTM
from lstm_core.draws import Draws
from lstm_core.exercises.expressions import judge_formulas
from lstm_core.exercises.mechanism import Exercise
from lstm_core.exercises.toolbox import (
    Mark,
    array,
    call,
    close,
    function_of,
    is_right,
    judge_function,
    parts,
    recognise,
    shown,
)
from lstm_core.exercises.verdict import Wrong

# --- 8.1 -------------------------------------------------------------------------

_LETTERS = "f g c_prev o_prev s_prev U_f U_g"
_SYMBOLS = sympy.symbols(_LETTERS)
_POINTS = [
    dict(zip(_SYMBOLS, map(sympy.Rational, seven), strict=True))
    for seven in (
        ("3/4", "-1/2", "6/5", "2/3", "3/5", "5/4", "-4/3"),
        ("1/3", "4/5", "-7/4", "1/5", "-6/7", "-2/3", "9/8"),
        ("7/8", "1/5", "2/5", "8/9", "3/8", "7/3", "1/2"),
    )
]
# What the solution gives at these points.
_HELD = np.array([3 / 4, 1 / 3, 7 / 8])
_WHOLE = np.array([0.813333333333, 0.36770521542, 0.95982349537])
_USUAL = {
    "held": (
        ("that is the rest of the way round, with f left out", _WHOLE - _HELD),
        ("with h held, the detours are held too; that is the whole", _WHOLE),
        ("what is kept is f; 1 - f is what is written", 1 - _HELD),
        ("that is the gate's own slope; with h held, f does not move",
         _HELD * (1 - _HELD)),
    ),
    "whole": (
        ("f is the straight way; c_prev also moves h_prev, and that moves f and g",
         _HELD),
        ("c_prev reaches h_prev as o · tanh(c): its slope o · (1 - s²) is missing",
         Mark(-2.2425, 0.2352)),
        ("the output gate stands on the way out: h_prev = o · s",
         Mark(-1.7527, -0.1043)),
        ("the slope of the tanh on the way out is missing: 1 - s²",
         Mark(-1.7172, -0.1354)),
        ("f falls by as much as 1 - f rises: the part in g has a minus",
         Mark(-1.6190, -0.2962)),
        ("f multiplies c_prev and, as 1 - f, also g: both move with it",
         Mark(-1.6088, -0.2494)),
        ("the way through the candidate is missing", Mark(-1.5859, -0.1494)),
        ("the way through the forget gate is missing", Mark(-1.4718, -0.2369)),
        ("what g writes is multiplied by i, which is 1 - f here",
         Mark(-1.7766, -0.5199)),
        ("the slope of the sigmoid is f · (1 - f)", Mark(-1.6656, -0.1623)),
        ("the slope of the candidate's tanh is missing: 1 - g²",
         Mark(-1.6099, -0.1961)),
        ("those are the detours alone; the straight way comes on top",
         _WHOLE - _HELD),
        ("the slope of the candidate's tanh is 1 - g²", Mark(-1.5409, -0.2319)),
    ),
}  # fmt: skip


def judge_factor(answer):
    """Exercise 8.1: ∂c_t/∂c_{t-1} of a cell with i = 1 - f, with h held and whole."""
    right = {"held": _HELD, "whole": _WHOLE}
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
# What the solution gives for these.
_LEFT = np.array([
    0.26894142137, 7.75766237398e-18, 0.0,
    0.5, 9.31322574615e-10, 0.0,
    0.73105857863, 8.29020617715e-05, 0.0,
    0.952574126822, 0.23278952794, 0.0,
    0.999999997939, 0.999999938165, 0.127307021184,
])  # fmt: skip
_BIAS = np.array([
    0.0, -2.19722457734, 6.90675477865,
    2.26250404164, 0.942902981458, 8.85309375442,
    4.96821536878, 3.75960272413, 11.512420254,
    21.0897787572, 19.8892333905, 27.6305209075,
])  # fmt: skip


def _sigmoid(bias):
    return 1 / (1 + np.exp(-bias))


_LEFT_WRONG = {
    "that is one step; every step multiplies once more": lambda b, n: _sigmoid(b),
    "the bias comes first, and the steps second": Mark(1.59532, 1.35136),
    "the fractions multiply; they do not add up": lambda b, n: n * _sigmoid(b),
    "that is what is lost; asked for is what is left": 1 - _LEFT,
    "the sign inside σ: a larger bias keeps more": Mark(-0.436556, -0.0472085),
    "halved at every step; the factor of a step is σ(bias)": lambda b, n: 0.5**n,
}
_BIAS_WRONG = {
    "the share is that of all steps; one step keeps its root, left ** (1 / steps)":
        lambda n, s: np.log(s / (1 - s)),
    "that is f itself; the bias is where σ has that value":
        lambda n, s: s ** (1 / n),
    "the odds are upside down: log(f / (1 - f))": -_BIAS,
    "that is for a half; another share has another logarithm":
        np.repeat(_BIAS[::3], 3),
    "that is what holds for many steps only; solve σ(bias) ** steps = left":
        lambda n, s: np.log(n / -np.log(s)),
    "that is the logarithm of the number of steps; the share matters too":
        lambda n, s: np.log(n),
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
    _judge_numbers(given["left"], "left", _LEFT, _STEPS, _LEFT_WRONG)
    _judge_numbers(given["bias"], "bias", _BIAS, _SHARES, _BIAS_WRONG)
    return (
        f"To keep a half for 100 steps takes a bias of {_BIAS[6]:.2f}, for a "
        f"thousand million {_BIAS[9]:.2f}: ten times the steps cost ln 10 = 2.3 more."
    )


def _judge_numbers(function, name, right, cases, usual):
    try:
        judge_function(function, right, cases, usual, f"`{name}`", rtol=1e-6)
    except Wrong as wrong:
        short = [k for k, case in enumerate(cases) if 1e9 not in case]
        good = is_right(function, right[short], [cases[k] for k in short], rtol=1e-6)
        look = _ROUNDED if good else wrong.look
        raise Wrong(f"{wrong.expected}, in `{name}`", wrong.got, look) from None


# --- 8.3 -------------------------------------------------------------------------

_CELL = CoupledLSTM()


@cache
def _steps():
    """Three single steps (p, k, dh, dc), and what the complex step gives for them."""
    cases, wanted = [], []
    for seed, B, H in ((0, 1, 1), (1, 3, 4), (2, 2, 5)):
        rng = Draws(seed)
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


_STEP_WRONG = {
    "dc must first take in what comes from h: dh · o · (1 - s²)": Mark(2.3890, 0.7877),
    "what came along the cell, dc itself, is lost": Mark(0.3363, -1.5081),
    "h is o · tanh(c): the slope 1 - s² of that tanh is missing":
        Mark(2.5919, -1.4458),
    "f also sets i = 1 - f: it moves c by c_prev - g, not by c_prev":
        Mark(2.8559, -0.4936),
    "f moves c by c_prev - g: the sign of g": Mark(3.0325, -0.2677),
    "the way through the forget gate is missing": Mark(2.6612, -0.2423),
    "the way through the candidate is missing": Mark(2.4712, -0.6990),
    "the way through the output gate is missing: h = o · s": Mark(2.6331, -0.7186),
    "with rows, a = h @ U goes back as da @ U.T": Mark(1.9411, 0.8711),
    "dc_prev is dc times the forget gate": Mark(3.6859, -1.4318),
}  # fmt: skip


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
    swapped = [list(reversed(pair)) for pair in _steps()[1]]
    turns = _STEP_WRONG | {"the two in the other order: first dh": swapped}
    look = recognise(got, turns)
    index = ", ".join(str(int(n)) for n in place)
    return Wrong(
        f"`{name}[{index}]` = {want[place]:.4g}, which the complex step gives",
        f"{one[place]:.4g}",
        look or "go through the ways one by one: which does f open, which g, which o?",
    )


# --- 8.4 -------------------------------------------------------------------------


def broken(p, k, dhs):
    """∂L/∂xs (T, B, D) of a GRU, given its trace k and ∂L/∂hs."""
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


def run(T, seed=0, B=2, D=2, H=3):
    """A GRU over T random steps: (p, trace, dhs) as `broken` takes them, and xs."""
    rng = Draws(seed)
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
    "added to dh": Mark(-2.0932, 0.3946),
    "what is added up is right; in one step, ask which way h moves if z grows":
        Mark(-1.5265, -0.0014),
    "the straight way was right: dh · z is what z keeps": Mark(-1.9856, 0.2536),
    "the candidate sees r · m, so its way back has r in it; that line was right":
        Mark(-2.4161, 0.9200),
    "that leaves z without any effect on h: h moves by h_prev - n if z grows":
        Mark(-1.9783, 0.4538),
}  # fmt: skip


def judge_mended(answer):
    """Exercise 8.4: the two planted bugs of `broken`, against the complex step."""
    cases, wanted = _runs()
    judge_function(
        answer,
        wanted,
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
