"""The counter lab: the LSTM set by hand, with any function in any slot."""

import numpy as np

from lstm_core import activations, counters, palette, plotting, prose
from lstm_core.cells.lstm import LSTM
from lstm_core.labs.lab import Lab, choice, slider
from lstm_core.layers import Linear, Model, Recurrent
from lstm_core.tasks import Runs, exact

FARTHEST = 200
TYPES = {"float64": np.float64, "float32": np.float32}


def counted(K, n, gates, candidate, output, dtype):
    """(c (steps,), first wrong step or None, N) of the counter on aⁿbⁿ.

    N: the largest n, up to `FARTHEST`, up to which all strings are right.
    """
    given, p = counters.anbn(K, TYPES[dtype])
    cell = LSTM(candidate=candidate, output=output, gates=gates)
    model = Model(Recurrent(cell, given.body.H), Linear(given.readout.size))
    task = Runs("ab", dtype=TYPES[dtype])
    batch = task.examples([n])
    with np.errstate(all="ignore"):  # of functions that run away
        ys, _, trace = model.forward(p, batch.xs)
        farthest = exact(model, p, task, FARTHEST)
    wrong = ((ys > 0) != batch.ys)[:, 0].any(axis=-1)
    c = trace.body.steps.c[:, 0, 0]
    return c, int(wrong.argmax()) if wrong.any() else None, int(farthest)


def draw(K, n, gates, candidate, output, dtype):
    """The picture: c beside the count, and the law n(K) with where this gain is."""
    c, wrong, farthest = counted(K, n, gates, candidate, output, dtype)
    fig, (above, below) = plotting.figure(2, 1, width=4.6, height=5.2)
    steps = np.arange(len(c))
    count = np.minimum(steps, 2 * n - steps)
    above.plot(steps, count, color="black", linewidth=1, linestyle=":", label="count")
    seen = np.clip(c, -3 * n, 3 * n)  # of a count that runs away
    above.plot(steps, seen, color=palette.LINES["light"]["c"], linewidth=2, label="c")
    if wrong is not None:
        above.axvline(wrong, color="black", linewidth=1)
    above.set(xlabel="step", title=f"c over {_string(n, n)}")
    above.legend(frameon=False)
    gains = np.arange(1, 40.5, 0.5)
    for name, look in (("float64", "-"), ("float32", "--")):
        far = [float(counters.longest(gain, TYPES[name])) for gain in gains]
        colour = palette.CURVES["light"]["indigo" if name == "float64" else "rose"]
        below.semilogy(gains, far, look, color=colour, label=name)
    below.axvline(K, color="black", linewidth=1, linestyle=":")
    below.set(xlabel="gain K", title="σ and tanh count up to n")
    plotting.powers(below.yaxis)
    below.legend(frameon=False)
    words = _words(c, wrong, farthest, K, n, dtype)
    return plotting.show(fig, "counter-lab", words, words)


def _string(n, m):
    raised = [str(k).translate(prose.RAISED) for k in (n, m)]
    return f"a{raised[0]}" + (f"b{raised[1]}" if m else "")


def _told(value):
    return prose.number(value) if np.isfinite(value) else "beyond all numbers"


def _words(c, wrong, farthest, K, n, dtype):
    reach = f"{FARTHEST} or more" if farthest == FARTHEST else str(farthest)
    held = f"With K = {K:g} in {dtype}, c is {_told(c[n])} after {_string(n, 0)}"
    if wrong is None:
        verdict = f"and {_told(c[-1])} at the end: every answer is right."
    else:
        read = _string(min(wrong, n), max(0, wrong - n))
        count = min(wrong, 2 * n - wrong)
        verdict = (
            f"and {_told(c[wrong])} after {read}, where the count is {count}: "
            "the first wrong answer."
        )
    return f"{held} {verdict} Right for every n up to {reach}."


def counter(*functions):
    """The lab, with functions of your own to choose beside those of the table."""
    own = [(each.name, each) for each in functions]
    table = own + [(name, name) for name in activations.NAMES]
    controls = {
        "K": slider("gain K", 8.0, 1.0, 40.0, 0.5),
        "n": slider("n", 50, 1, 1000, 1),
        "gates": choice("gates", table, "sigmoid"),
        "candidate": choice("candidate", table, "tanh"),
        "output": choice("output", table, "tanh"),
        "dtype": choice("numbers", list(TYPES)),
    }
    return Lab(draw, controls)
