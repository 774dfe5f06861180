"""Exercises of the chapter "counter": where counting ends, and weights that count."""

import functools
import math

import numpy as np

from lstm_core import counters
from lstm_core.cells.lstm import LSTM
from lstm_core.exercises.by_hand import run, triples
from lstm_core.exercises.mechanism import Exercise
from lstm_core.exercises.toolbox import (
    call,
    choice,
    function_of,
    judge_numbers,
    number,
    parts,
    shown,
)
from lstm_core.exercises.verdict import Wrong
from lstm_core.layers import Linear, Model, Recurrent
from lstm_core.tasks import Runs, exact

# --- 6.1 -------------------------------------------------------------------------

TYPES = {"float16": np.float16, "float32": np.float32, "float64": np.float64}


def stuck_at(dtype):
    """The first count at which adding 1 changes nothing, by trying powers of 2."""
    c, one = dtype(1), dtype(1)
    while c + one != c:
        c = c + c
    return int(c)


def _guesses(dtype):
    """Usual wrong turns: (sentence, number)."""
    bits, stored = np.finfo(dtype).nmant, np.finfo(dtype).bits
    return (
        (
            "that is the largest number of the type, but from a much smaller one on "
            "its neighbours are more than 1 apart",
            float(np.finfo(dtype).max),
        ),
        (
            "that counts the stored bits only; there is one more, the leading 1, that "
            "is never stored",
            2.0**bits,
        ),
        (
            "that is one bit too many: the leading 1 is one, not two",
            2.0 ** (bits + 2),
        ),
        (
            "not all bits hold digits of the number: some hold its exponent and one "
            "its sign",
            2.0**stored,
        ),
        ("all bits but the sign: some hold the exponent", 2.0 ** (stored - 1)),
    )


def judge_stuck(answer):
    """Exercise 6.1: where c + 1 is c, in three types, predicted and then run."""
    judge_numbers(
        answer,
        {name: stuck_at(dtype) for name, dtype in TYPES.items()},
        {name: _guesses(dtype) for name, dtype in TYPES.items()},
        reach=lambda want: 1,  # the last exact one, or the first that is not
        near=lambda v: 1 + 1e-3 * v,
        otherwise=lambda name: "how many binary digits does the type keep?",
    )
    return "Run and found: all three counters stop where you said."


# --- 6.2 -------------------------------------------------------------------------

LENGTHS = (1, 2, 3, 5, 20, 100, 200)


def judge_halves(answer):
    """Exercise 6.2: a cell and a threshold that tell when aⁿb²ⁿ is complete."""
    slots = parts(answer, ("i", "f", "o", "g", "theta"))
    theta, weights = number(slots.pop("theta"), "`theta`"), triples(slots)
    for n in LENGTHS:
        trace = run(weights, np.repeat([1.0, -1.0], [n, 2 * n])[:, None])
        h = trace["h"][n:, 0]  # after each b
        going = np.arange(1, 2 * n + 1) < 2 * n
        wrong = (h > theta) != going
        if wrong.any():
            m = int(wrong.argmax())
            raise Wrong(
                f"h {'above' if going[m] else 'below'} {theta:.4g} after {n} a and "
                f"{m + 1} b",
                f"h = {h[m]:.4g}, where c = {trace['c'][n + m, 0]:.4g}",
                _why_not(weights, trace, n),
            )
    return f"Right at every b, for all strings tried, up to n = {LENGTHS[-1]}."


def _why_not(weights, trace, n):
    """The first of the usual reasons that the trace shows."""
    f, o, g = trace["f"][:, 0], trace["o"][:, 0], trace["g"][:, 0]
    if any(weights[slot][1] for slot in weights):
        return "u: through it h, and so the count itself, changes what the cell does"
    written = trace["i"][:, 0] * g
    up, down = written[0], written[-1]
    if f.min() < 0.999:
        return f"the forget gate: f is {f.min():.6g}, so the count leaks at each step"
    if up < 0 < down:
        return "the sign: a should add and b take away"
    if down >= 0:
        return f"a b writes {down:.3g}; it should take away"
    if abs(up) < 1e-3:
        return f"an a writes only {up:.3g}: is the input gate open?"
    return _why_not_half(up, down, n) or _why_not_shown(trace, o, n)


def _why_not_half(up, down, n):
    """What is wrong with the ratio of the two writes, if it is."""
    ratio = -down / up
    if abs(ratio - 1) < 0.05:
        return "a b takes away all that an a adds: that counts aⁿbⁿ"
    if abs(ratio - 2) < 0.05:
        return "a b takes away twice what an a adds; it should be half"
    if abs(ratio - math.tanh(0.5)) < 5e-3:
        return "tanh(0.5) is 0.46, not a half"
    if abs(ratio - 0.5) * 2 * n > 0.2:
        return (
            f"a b takes away {ratio:.5g} of what an a adds. A half is needed exactly, "
            f"for over {2 * n} letters the difference adds up"
        )
    return ""


def _why_not_shown(trace, o, n):
    if o.min() < 0.5:
        return f"the output gate: o falls to {o.min():.3g}, so h is small and c is not"
    c, f = trace["c"][:, 0], trace["f"][:, 0].min()
    if abs(c[-1] - (trace["i"] * trace["g"]).sum()) > 0.05 * abs(c[0]):
        return f"the forget gate: f is {f:.8g}, and {3 * n} steps multiply it"
    last, end = trace["h"][-2:, 0]
    return (
        f"the threshold: with one b to come h is {last:.3g}, and at the end {end:.3g}; "
        "theta goes between"
    )


# --- 6.3 -------------------------------------------------------------------------

# How far to count, and the gain that the solution gives for it.
GAINS = {
    20: 6.6846117277,
    50: 8.5171931914,
    200: 11.2897819137,
    1000: 14.5086577385,
    30_000: 21.3110525018,
    1_000_000: 28.3241682965,
}
_TURNS = (
    ("the root of 2: n = exp(K/2) / √2 gives √2 n = exp(K/2)",
     lambda n, K: K - math.log(2)),
    ("the exponent is K/2, not K", lambda n, K: math.log(n)),
    ("the exponent is K/2, not K", lambda n, K: K / 2),
    ("√2 on the wrong side: it divides exp(K/2), so it multiplies n",
     lambda n, K: K - 2 * math.log(2)),
    ("the logarithm to the base e: np.log", lambda n, K: K / math.log(10)),
    ("the logarithm to the base e: np.log", lambda n, K: K / math.log(2)),
    ("that is the law as it stands; K is wanted for a given n",
     lambda n, K: math.exp(n / 2) / math.sqrt(2) if n < 1000 else math.inf),
)  # fmt: skip


def judge_gain(answer):
    """Exercise 6.3: the gain for a length, judged on counters set with it."""
    function_of(answer, "n")
    for n, right in GAINS.items():
        K = number(call(answer, n), f"the gain for n = {n}")
        reach = counters.longest(K) if 1 <= K <= 500 else None
        if reach is not None and abs(reach - n) <= max(0.1 * n, 1):
            continue
        looks = [w for w, turn in _TURNS if abs(K - turn(n, right)) <= 1e-6 * abs(K)]
        came = f"right up to {reach}" if reach is not None else "which is no such gain"
        raise Wrong(
            f"a gain with which the counter is right up to {n}, to within a tenth",
            f"K = {K:.5g}, {came}",
            looks[0] if looks else "solve n = exp(K/2) / √2 for K",
        )
    return f"Counters with your gains are right up to {max(GAINS)}, as asked."


# --- 6.4 -------------------------------------------------------------------------

GAIN = 10.0
SWAPS = {
    "hard sigmoid gates": {"gates": "hard_sigmoid"},
    "sigmoid candidate": {"candidate": "sigmoid"},
    "hard tanh candidate": {"candidate": "hard_tanh"},
    "softsign output": {"output": "softsign"},
    "step gates": {"gates": "step"},
}
WORDS = ("nowhere", "less", "as far", "further")
_WHY = {
    "hard sigmoid gates": "what is the hard sigmoid, z/6 + ½ between 0 and 1, at "
    "z = 10? And what leaks then?",
    "sigmoid candidate": "what does σ write for z = 0, and for z = -10?",
    "hard tanh candidate": "how far apart are tanh and hard tanh at z = ±10 and at 0?",
    "softsign output": "softsign(½) is 1/3, and the readout still compares with "
    "tanh(½) = 0.46: a count of one half no longer decides, but a larger one",
    "step gates": "what is the step function at z = 10 and at z = -10?",
}


@functools.cache
def reaches():
    """How far the counter of gain 10 gets with each swap: {name: N}, at most 200."""
    given, p = counters.anbn(GAIN)
    found = {}
    for name, slots in SWAPS.items():
        body = Recurrent(LSTM(**slots), given.body.H)
        model = Model(body, Linear(given.readout.size))
        found[name] = int(exact(model, p, Runs("ab"), 200))
    return found


def _word(reach):
    usual = counters.longest(GAIN)
    if reach == 0:
        return "nowhere"
    if abs(reach - usual) <= 0.1 * usual:
        return "as far"
    return "further" if reach >= 200 else "less"


def judge_swaps(answer):
    """Exercise 6.4: one function swapped in a hand-set counter, predicted, then run."""
    given = parts(answer, tuple(SWAPS))
    said = {name: choice(given[name], WORDS, f"`{name}`") for name in SWAPS}
    for name, reach in reaches().items():
        if said[name] != _word(reach):
            raise Wrong(
                f"another word for `{name}`, which was run",
                shown(said[name]),
                _WHY[name],
            )
    told = ", ".join(f"{name}: {reach}" for name, reach in reaches().items())
    return f"All five as you predicted. Right for every n up to: {told} (200: or more)."


EXERCISES = (
    Exercise(
        "6.1",
        "Put a whole number in place of each `...`, then run the cell again.",
        judge_stuck,
        (
            "a type with p binary digits holds every whole number that needs no more "
            "than p of them.",
            "float16, float32 and float64 store 10, 23 and 52 binary digits after a "
            "leading 1 that is not stored.",
            "with p digits the whole numbers end at 2**p: 2**p + 1 needs one more.",
        ),
    ),
    Exercise(
        "6.2",
        "Put three numbers (w, u, b) in place of each `...`, and a number for theta, "
        "then run the cell again.",
        judge_halves,
        (
            "f and o stay open, as in the counter of brackets. What must i · g be for "
            "x = 1, and what for x = -1?",
            "g says the sign. To write a half exactly, let the gate do it: where is σ "
            "equal to ½?",
            "i = σ(20x + 20) is 1 for x = 1 and ½ for x = -1. With one b to come c is "
            "½, and at the end 0: theta goes between 0 and tanh(½).",
        ),
    ),
    Exercise(
        "6.3",
        "Fill the function `gain`: it takes a number n and returns a number. Then run "
        "the cell again.",
        judge_gain,
        (
            "the law is n = exp(K/2) / √2. First bring √2 to the other side.",
            "then take the natural logarithm of both sides: K/2 = ln(√2 n).",
        ),
    ),
    Exercise(
        "6.4",
        "Put one of the four words in place of each `...`, then run the cell again.",
        judge_swaps,
        (
            "all pre-activations are 10, -10 or 0. What does the new function give at "
            "these three, or, on the way out, at a count of one half?",
            "a counter with f = 1 exactly has no leak at all.",
            "one that writes a ½ where it should write 0 or -1 is lost at the first "
            "letter.",
        ),
    ),
)
