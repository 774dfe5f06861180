"""Exercises of the chapter "saturation": how flat is flat, and reading a network."""

from functools import cache

import numpy as np

from lstm_core import activations, traces
from lstm_core.exercises.mechanism import Exercise
from lstm_core.exercises.toolbox import judge_function, judge_numbers
from lstm_core.experiments import charmodel

# --- 7.1 -------------------------------------------------------------------------

_Z = np.linspace(0.0, 4.0, 4001)


def _where(squasher, value):
    """The z at which a squasher has a value, read off a fine table of it."""
    return float(np.interp(value, activations.get(squasher)(_Z), _Z))


def _edges():
    tanh, edge = activations.get("tanh"), _where("tanh", 0.8)
    slope = float(tanh.d1(edge) / tanh.d1(0.0))
    return {"sigmoid": _where("sigmoid", 0.9), "tanh": edge, "slope left": slope}


def _usual(right):
    sigmoid, tanh = right["sigmoid"], right["tanh"]
    return {
        "sigmoid": (
            ("that is the value; asked for is the z at which σ has it", 0.9),
            (
                "that is where tanh gets there, which runs twice as fast",
                tanh,
            ),
            (
                "that is where σ is 0.1; the high end is as far on the other side",
                -sigmoid,
            ),
            (
                "that is the natural logarithm of 0.9; solve σ(z) = 0.9 for z",
                float(np.log(0.9)),
            ),
            ("that is a logarithm to base 10; e is the base of σ", float(np.log10(9))),
            (
                "within 0.05 of the end; a tenth of a range of 1 is 0.1",
                float(np.log(19)),
            ),
        ),
        "tanh": (
            ("that is the value; asked for is the z at which tanh has it", 0.8),
            ("that is for σ; tanh runs through its curve twice as fast", sigmoid),
            (
                "the range of tanh is 2 wide, so a tenth of it is 0.2: tanh z = 0.8",
                float(np.arctanh(0.9)),
            ),
        ),
        "slope left": (
            (
                "that is the slope of σ itself, y(1 - y); what share of the steepest?",
                0.09,
            ),
            ("that is y², the part that is lost", 0.64),
            (
                "the value is within a tenth of its end; the slope is something else",
                0.1,
            ),
            (
                "tanh at 0.9, where the slope is 1 - y²; a tenth of its range is 0.2",
                0.19,
            ),
            ("that is in per cent; a share is between 0 and 1", 36.0),
        ),
    }


def judge_edges(answer):
    """Exercise 7.1: where saturation begins, and what slope is left there."""
    right = _edges()
    judge_numbers(
        answer,
        right,
        _usual(right),
        reach=lambda want: 0.01 * want,
        near=lambda v: 0.006 * abs(v),
        otherwise=lambda name: "put it back into the function: what comes out?",
    )
    return (
        "At the edge of what is called saturated, more than a third of the steepest "
        "slope is left. Near an end is not at the end."
    )


# --- 7.2 and 7.3: the network that the book ships, reading ---------------------------

READ = 1500


@cache
def _trace():
    """What the trained network does over the first characters of the excerpt."""
    _, p, _ = charmodel.load()
    text = charmodel.excerpt(length=READ)
    _, trace = charmodel.read(p, text)
    return text, trace


def _reading():
    text, trace = _trace()
    brackets = charmodel.depth(text)
    rng = np.random.default_rng(0)
    return [
        (trace.h[:, 0], brackets),
        (trace.c[:, 0], brackets),
        (rng.normal(3.0, 0.1, (40, 7)), rng.normal(size=40)),
    ]


_r = charmodel.correlations  # what 7.2 asks for, as the book's own code has it

_FOLLOWS = {
    "the means have to be taken away first, of the cells and of the brackets":
        lambda v, w: _r(np.concatenate([v, -v]), np.concatenate([w, -w])),
    "the mean over time is that of each cell by itself: axis=0":
        lambda v, w: _r(v, w) * v.std(axis=0)
        / np.sqrt(((v - v.mean()) ** 2).mean(axis=0)),
    "that is the covariance; divide by both standard deviations":
        lambda v, w: _r(v, w) * v.std(axis=0) * w.std(),
    "that is the sum of products; divide by the sizes of both":
        lambda v, w: _r(v, w) * v.std(axis=0) * w.std() * len(w),
    "the size of r without its sign; a cell may fall as brackets open":
        lambda v, w: np.abs(_r(v, w)),
    "that is r²; take r itself, with its sign":
        lambda v, w: _r(v, w) ** 2,
    "std divides by T and the sum does not: take the mean of the products":
        lambda v, w: _r(v, w) * len(w),
    "that is a slope, how much the cell moves per bracket; divide by both spreads":
        lambda v, w: _r(v, w) * v.std(axis=0) / w.std(),
}  # fmt: skip


def judge_follows(answer):
    """Exercise 7.2: Pearson's r of every cell with a course of numbers."""
    judge_function(
        answer,
        _r,
        _reading(),
        _FOLLOWS,
        "r",
        "H",
        rtol=1e-6,
        atol=1e-9,
        otherwise="try a case that you know: with a column of its own, r is 1",
    )
    h, brackets = _reading()[0]
    best = int(np.abs(_r(h, brackets)).argmax())
    return (
        f"On this text h of cell {best} follows the brackets best of "
        f"{h.shape[1]}. It was chosen on this text, so try it on another."
    )


def _forgets():
    rng = np.random.default_rng(0)
    _, trace = _trace()
    return [
        (trace.f[:, 0],),
        (rng.uniform(0.2, 0.99, (30, 5)),),
        (np.full((6, 2), [0.5, 0.9]),),
    ]


_half_life = traces.half_life  # what 7.3 asks for, as the book's own code has it

_HALVES = {
    "the fractions multiply, so take the mean of their logarithms, not of f":
        lambda f: _half_life(f.mean(axis=0, keepdims=True)),
    "that is when 1/e is left; for a half there is a factor ln 2":
        lambda f: _half_life(f) / np.log(2),
    "the logarithm of a half is negative too: the signs cancel":
        lambda f: -_half_life(f),
    "how much is left after one step, not after how many steps a half is":
        lambda f: 0.5 ** (1 / _half_life(f)),
    "that adds the logarithms of all steps up; take their mean":
        lambda f: _half_life(f) / len(f),
    "the mean of the half-lives of single steps lets one open step count for all":
        lambda f: np.mean([_half_life(step[None]) for step in f], axis=0),
    "1 / (1 - f) is when a steady write has filled the cell":
        lambda f: 1 / (1 - f.mean(axis=0)),
    "upside down":
        lambda f: 1 / _half_life(f),
}  # fmt: skip


def judge_half_life(answer):
    """Exercise 7.3: after how many steps half of a cell is forgotten."""
    judge_function(
        answer,
        _half_life,
        _forgets(),
        _HALVES,
        "half-lives",
        "H",
        rtol=1e-6,
        otherwise="try a case that you know: with f = ½ throughout it is 1",
    )
    found = _half_life(_forgets()[0][0])
    return (
        f"Half of the cells forget half of what they hold within "
        f"{np.median(found):.2g} steps; the longest keeps it for {found.max():.2g}."
    )


EXERCISES = (
    Exercise(
        "7.1",
        "Put a number in place of each `...`, then run the cell again.",
        judge_edges,
        (
            "σ(z) = 0.9 means e to the minus z is 1/9; and tanh z = 2σ(2z) - 1.",
            "the slope of σ is y(1 - y), and its steepest is a quarter; the slope of "
            "tanh is 1 - y², and its steepest is 1.",
            "from y = 0.9 you get 0.9 · 0.1 / 0.25, and from y = 0.8 you get 1 - 0.64.",
        ),
    ),
    Exercise(
        "7.2",
        "Fill the function `follows`: it takes values (T, H) and wanted (T,), and "
        "returns r (H,). Then run the cell again.",
        judge_follows,
        (
            "take its mean over time away from each cell, and from `wanted`.",
            "then r is the sum of products, divided by the root of the two sums of "
            "squares.",
            "`wanted @ values` adds up the products of all cells at once.",
        ),
    ),
    Exercise(
        "7.3",
        "Fill the function `half_life`: it takes f (T, H), and returns steps (H,). "
        "Then run the cell again.",
        judge_half_life,
        (
            "after T steps f₁ · f₂ · … · f_T is left: a product, so its logarithm is a "
            "sum.",
            "with the mean of log f called -d, what is left after n steps is e to the "
            "minus d · n. When is that a half?",
            "n = ln 2 / d.",
        ),
    ),
)
