"""Exercises of the chapter "output": where tanh is 1, counts read back, a scale."""

import numpy as np

from lstm_core.exercises.by_hand import run, triples
from lstm_core.exercises.mechanism import Exercise
from lstm_core.exercises.toolbox import Mark, is_right, judge_function
from lstm_core.exercises.verdict import Wrong

# --- 5.1 -------------------------------------------------------------------------

DIGITS = (4, 8, 11, 16, 24, 53, 64, 100, 200)
# The n, not yet an integer, at which what is missing is half the gap; by the solution.
_N = np.array(
    [
        2.071567,
        3.465247,
        4.505396,
        6.238323,
        9.010913,
        19.061547,
        22.873857,
        35.350506,
        70.007865,
    ]
)
_FEWER = _N - np.log(2) / 2  # with a digit less


def judge_first_one(answer):
    """Exercise 5.1: from which integer on tanh is 1, for any number of digits."""
    judge_function(
        answer,
        np.ceil(_N),
        [(p,) for p in DIGITS],
        usual={
            "that is the last n that is still told from 1: round up, not down": (
                np.floor(_N)
            ),
            "n is an integer: round up": _N,
            "a factor 2: what is missing, 2 / (e²ⁿ + 1), may be half the gap 2⁻ᵖ, "
            "and no more": np.ceil(_FEWER),
            "that is for σ, or forgets that tanh runs twice as fast: e²ⁿ": (
                np.ceil(2 * _N)
            ),
            "that is for σ: 1 - σ(n) = 1 / (eⁿ + 1)": np.ceil(2 * _FEWER),
            "the logarithm to the base e": np.ceil(_N / np.log(10)),
            "the logarithm to the base e, not 2": (
                np.ceil(np.round(_N / np.log(2), 4))
            ),
        },
        name="n",
        otherwise="the answer depends on p: how large may 1 - tanh(n) be at most?",
    )
    return (
        f"Right from 4 digits to 200: {np.ceil(_N[DIGITS.index(24)]):.0f} in float32, "
        f"{np.ceil(_N[DIGITS.index(53)]):.0f} in float64."
    )


# --- 5.2 -------------------------------------------------------------------------

COUNTS = np.arange(-15.0, 16.0)
GATES = (1.0, 0.9, 0.5, 0.1)


_C = np.tile(0.99 * COUNTS, (len(GATES), 1))  # cells that have leaked 1 per cent
_O = np.repeat(np.array(GATES)[:, None], len(COUNTS), axis=1)


def judge_count(answer):
    """Exercise 5.2: the count read back from the output and its gate."""
    right, cases = [np.tile(COUNTS, (len(GATES), 1))], [(_O * np.tanh(_C), _O)]
    if is_right(lambda h, o: np.round(answer(h, o)), right, cases) and not is_right(
        answer, right, cases
    ):
        raise Wrong(
            "whole numbers",
            "c, which is near them only",
            "that is c itself; the count is the nearest whole number",
        )
    judge_function(
        answer,
        right,
        cases,
        usual={
            "that rounds towards zero, but 2.97 means 3: use np.round": [np.trunc(_C)],
            "that always rounds down, but 2.97 means 3: use np.round": [np.floor(_C)],
            "h is o · tanh(c): divide by o before you undo tanh": (
                Mark(-53.9712, -3.1674)
            ),
            "the gate multiplies after tanh: undo it first, h / o": (
                Mark(-89.8191, -14.9845)
            ),
            "that is near tanh(c), and says little more than the sign: undo tanh": (
                [np.sign(_C)]
            ),
            "the sign of the count is lost": [np.abs(np.round(_C))],
        },
        name="the counts",
        otherwise="h = o · tanh(c): undo the two in the opposite order",
    )
    return "Every count is read back, from -15 to 15, through every gate."


# --- 5.3 -------------------------------------------------------------------------

UP = 40
APART, SAME = 0.005, 0.001


def _walks():
    """Inputs (T, B): to 40 and back, and at random between 0 and 40, 400 steps."""
    there = np.resize(np.repeat([1.0, -1.0], UP), 400)
    rng, depth, walk = np.random.default_rng(0), 0, []
    for up in rng.random(400) < 0.55:
        x = 1.0 if depth == 0 or (up and depth < UP) else -1.0
        depth += int(x)
        walk.append(x)
    return np.stack([there, walk], axis=1)


def judge_scale(answer):
    """Exercise 5.3: weights with which h tells every count up to 40."""
    weights = triples(answer)
    xs = _walks()
    depth = xs.cumsum(axis=0).astype(int)
    trace = run(weights, xs)
    table = np.append(0.0, trace["h"][:UP, 0])  # h at 0, 1, ..., 40 on the way up
    gaps = np.abs(np.diff(table))
    if gaps.min() < APART:
        n = int(gaps.argmin())
        raise Wrong(
            f"outputs at least {APART} apart for neighbouring counts",
            f"h = {table[n]:.5f} for {n} and {table[n + 1]:.5f} for {n + 1}",
            _why_together(weights, trace, n),
        )
    off = np.abs(trace["h"] - table[depth])
    if off.max() <= SAME:
        return (
            f"Neighbours up to {UP} are at least {gaps.min():.4f} apart, and the same "
            f"count is shown to within {max(off.max(), 1e-12):.1g}."
        )
    t, b = np.argwhere(off > SAME)[0]
    raise Wrong(
        f"the same h for the same count, {depth[t, b]}, to within {SAME}",
        f"{table[depth[t, b]]:.5f} on the way up and {trace['h'][t, b]:.5f} after "
        f"{t + 1} steps",
        _why_moved(weights, trace, xs),
    )


def _why_together(weights, trace, n):
    written = (trace["i"] * trace["g"])[0, 0]
    if any(weights[slot][1] for slot in weights):
        return "u: through it h, and so the count itself, changes what is written"
    if trace["o"].min() < 0.5:
        return f"the output gate is at {trace['o'].min():.3g}: every step looks small"
    if trace["f"].min() < 0.99:
        return f"the forget gate: f is {trace['f'].min():.4g}, and c comes to rest"
    if abs(trace["c"][UP - 1, 0]) > 1:
        return (
            f"each bracket writes {written:.3g}, so at {n} c is "
            f"{trace['c'][n - 1, 0]:.3g}, where tanh is flat: write less"
        )
    return f"each bracket writes only {written:.3g}: write more, or h hardly moves"


def _why_moved(weights, trace, xs):
    written = trace["i"] * trace["g"]
    up, down = written[xs > 0][0], written[xs < 0][0]
    if any(weights[slot][1] for slot in weights):
        return "u: through it h, and so the count itself, changes what is written"
    if abs(up + down) > 1e-3 * abs(up):
        return (
            f"an opening bracket writes {up:.4g} and a closing one {down:.4g}: they "
            "must cancel"
        )
    f = trace["f"].min()
    if f < 1 - 1e-8:
        return f"the forget gate: f is {f:.7g}, and each step loses a part of the count"
    low, high = trace["o"].min(), trace["o"].max()
    return f"the output gate: o goes from {low:.4g} to {high:.4g}"


EXERCISES = (
    Exercise(
        "5.1",
        "Fill the function `first_one`: it takes p and returns an integer. Then run "
        "the cell again.",
        judge_first_one,
        (
            "1 - tanh n = 2 / (e²ⁿ + 1). When is that so small that 1 is the nearest "
            "number?",
            "the neighbour of 1 is 1 - 2⁻ᵖ; what lies above the middle between the two "
            "is rounded to 1.",
            "solve 2 / (e²ⁿ + 1) = 2⁻ᵖ / 2 for n, and round up: np.ceil.",
        ),
    ),
    Exercise(
        "5.2",
        "Fill the function `count`: it takes arrays h and o, and returns an array of "
        "whole numbers. Then run the cell again.",
        judge_count,
        (
            "h = o · tanh(c): undo the two in the opposite order.",
            "np.arctanh undoes tanh; the cell leaks, so its c is near a whole number "
            "only.",
        ),
    ),
    Exercise(
        "5.3",
        "Put three numbers (w, u, b) in place of each `...`, then run the cell again.",
        judge_scale,
        (
            "where tanh is steep it tells neighbours apart: at 40 open brackets c "
            "should be about 1, not 40.",
            "write a small step each time: by an input gate that is nearly shut, or by "
            "a small weight of g.",
            "f must be so near to 1 that 400 steps lose nothing: take a bias of 20.",
        ),
    ),
)
