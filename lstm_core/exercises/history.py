"""Exercises of the chapter "history": 1997 undone, one gate for two, a gate of exp."""

from functools import cache

import numpy as np

from lstm_core import activations, unroll
from lstm_core.cells.gate import Gate
from lstm_core.cells.lstm import LSTM, Params
from lstm_core.cells.original import OriginalLSTM
from lstm_core.draws import Draws
from lstm_core.exercises.mechanism import Exercise
from lstm_core.exercises.toolbox import (
    Mark,
    array,
    call,
    close,
    function_of,
    judge_function,
    recognise,
    shown,
)
from lstm_core.exercises.verdict import Wrong

sigma = activations.get("sigmoid")

# --- 11.1 ------------------------------------------------------------------------


@cache
def _networks():
    """(p, xs) of cells of 1997, some with biases that matter."""
    made = []
    for D, H in ((1, 1), (2, 3)):
        rng = Draws(D)
        p = OriginalLSTM().init(rng, D, H)
        gates = [one and one._replace(b=rng.normal(size=H)) for one in p]
        made.append((Params(*gates), rng.normal(size=(30, 4, D))))
    return made


_MODERN = {
    "g is as it was: the new tanh(a) has to give half of the old 2·tanh(a/2)":
        Mark(0.0428, 1.8239),
    "the wrong way: tanh(a/2) needs half the pre-activation":
        Mark(-0.3734, 2.1070),
    "the bias is a part of the pre-activation too: halve W, U and b":
        Mark(-0.2251, 2.1003),
    "W and b are halved; U belongs to the pre-activation too":
        Mark(0.2618, 0.3540),
    "i and o have the same σ in both cells: leave their weights alone":
        Mark(-0.1749, 2.3188),
    "half the weights of i do not make half of i; c is halved through g":
        Mark(0.1148, 1.7672),
    "a forget gate with bias 1 keeps 0.73 at each step; 1997 kept all":
        Mark(0.9463, -0.4426),
    "a forget gate of zeros is σ(0), a half; 1997 kept all":
        Mark(0.2608, -0.6793),
    "that gate is shut, and forgets all at every step; σ of what is 1?":
        Mark(-0.1935, -0.9019),
    "the forget gate must be open whatever it reads: its W and U are 0":
        Mark(0.3382, -1.1810),
}  # fmt: skip


def _read(answer, p):
    """The reader's parameters for an LSTM, of the shapes of p."""
    got = call(answer, p)
    gates = []
    for name in Params._fields:
        one, like = getattr(got, name, None), getattr(p, name) or p.g
        if not hasattr(one, "_fields") or not hasattr(one, "W"):
            look = (
                "today's cell has a forget gate: give it weights that hold it open"
                if name == "f" and one is None and hasattr(got, "i")
                else "return `p._replace(f=Gate(…), g=Gate(…))`"
            )
            raise Wrong(f"a Gate for `{name}`", shown(one), look)
        parts = (getattr(one, part, None) for part in Gate._fields)
        gates.append(
            Gate(*(
                array(part, np.shape(want), f"{name}.{letter}")
                for letter, part, want in zip("WUb", parts, like, strict=True)
            ))
        )  # fmt: skip
    return Params(*gates)


def _outputs(p, xs):
    return unroll.forward(LSTM(), p, xs)[0]


def judge_modern(answer):
    """Exercise 11.1: weights with which today's cell does what that of 1997 did."""
    function_of(answer, "p")
    networks = _networks()
    wanted = [unroll.forward(OriginalLSTM(), p, xs)[0] for p, xs in networks]
    given = [_read(answer, p) for p, _ in networks]
    got = [_outputs(p, xs) for p, (_, xs) in zip(given, networks, strict=True)]
    worst = max(np.abs(g - w).max() for g, w in zip(got, wanted, strict=True))
    if worst < 1e-6:
        return (
            f"Over 30 steps the two cells differ by {worst:.0e} at most. The squashers "
            "of 1997 and today's are one choice, written in two units."
        )
    step = int(np.argmax(np.abs(got[1] - wanted[1]).max(axis=(1, 2)) > 1e-6))
    raise Wrong(
        "the same h in both cells",
        f"a difference of {worst:.2g}, which begins at step {step + 1}",
        recognise(got, _MODERN) or _why_not_modern(given[0]),
    )


def _why_not_modern(p):
    kept = float(sigma(p.f.b).min())
    if kept < 1 - 1e-9:
        return f"the forget gate: σ(b) is {kept:.6g}, and 30 steps multiply it"
    return "compare c first: yours should be half the old one"


# --- 11.2 ------------------------------------------------------------------------


def _moments():
    """(dc, c_prev, a_f, g), the forget gate before its σ."""
    dc, c_prev, a_f, g = Draws(0).normal(size=(4, 5, 4))
    return dc, c_prev, a_f, g / 2


def _gradient(moment, step=1e-30):
    """∂L/∂a_f by the complex step through c = f · c_prev + (1 - f) · g."""
    dc, c_prev, a_f, g = moment
    f = sigma(a_f + 1j * step)
    return np.imag(dc * (f * c_prev + (1 - f) * g)) / step


def _given(moment):
    """What the reader's function is given: (dc, c_prev, g, f)."""
    dc, c_prev, a_f, g = moment
    return dc, c_prev, g, sigma(a_f)


_COUPLED = {
    "that is the usual LSTM's; here f sets what is written as well, by i = 1 - f":
        lambda dc, c_prev, g, f: dc * c_prev * f * (1 - f),
    "when f rises, 1 - f falls: mind the sign of the second part":
        Mark(0.4032, 0.1071),
    "that is ∂c/∂a_f; the gradient that arrives, dc, multiplies it":
        Mark(0.1576, 0.4444),
    "that is ∂L/∂f; the slope of σ takes it on to a_f":
        Mark(-2.7602, -2.4346),
    "f is the output of σ already: its slope is f(1 - f)":
        Mark(-0.6330, -0.5965),
    "that is the slope of tanh; the gate is a σ":
        Mark(-1.7020, -2.1732),
    "that is ∂L/∂c at the step before":
        lambda dc, c_prev, g, f: dc * f,
    "that is what the candidate gets":
        lambda dc, c_prev, g, f: dc * (1 - f),
    "the product rule gives a sum of two slopes, and each is f(1 - f)":
        lambda dc, c_prev, g, f: dc * (c_prev * f - g * (1 - f)),
}  # fmt: skip


def judge_coupled(answer):
    """Exercise 11.2: the gradient that reaches the gate that is two gates."""
    judge_function(
        answer,
        [_gradient(_moments())],
        [_given(_moments())],
        _COUPLED,
        "da_f",
        "BH",
        otherwise="what does c gain if f grows a little, and f if a_f does?",
    )
    return (
        "The gate learns from c_prev - g alone: where the old and the new "
        "agree, it makes no difference which one is kept."
    )


# --- 11.3 ------------------------------------------------------------------------


def _courses():
    """(a_i, a_f, g): a tame one, and two that leave the range of exp."""
    draws = Draws(0)
    tame = draws.normal(size=(2, 6)) - [[0], [1]]
    wild = np.linspace(-900, 900, 6) + 2 * tame[0]
    g = np.tanh(draws.normal(size=6))
    return [
        (*tame, g),
        (wild, -0.1 * np.arange(6.0), g),
        (0.01 * wild + 800, tame[1], g),
    ]


# c / n of the three, as the solution gives it.
_MEANS = np.array(
    [
        [
            -0.851970408666,
            -0.233096171328,
            -0.390268148814,
            0.712825047689,
            0.439123074255,
            0.49524206801,
        ],
        [
            -0.851970408666,
            -0.142857578809,
            -0.612905988874,
            0.788552029616,
            -0.0620204253024,
            0.646056669009,
        ],
        [
            -0.851970408666,
            -0.159448768141,
            -0.607376557821,
            0.780974617515,
            -0.0488878444624,
            0.636552014376,
        ],
    ]
)

_STABLE = {
    "c is a sum of everything weighted; divide it by n, the sum of the weights":
        Mark(-1.1449, -1.0396),
    "n forgets as c does: n = f·n + i":
        Mark(0.4461, -0.4663),
    "those are gates of σ; here i and f are exponentials":
        Mark(0.6408, -0.1465),
    "i is an exponential here, f too: exp(a_f)":
        Mark(0.4495, -0.1733),
    "once m has changed, the old c and n need the new unit: exp(a_f + m_old - m)":
        Mark(1.0589, -0.1168),
}  # fmt: skip


def judge_stable(answer):
    """Exercise 11.3: c / n of exponential gates, for any size of the exponents."""
    function_of(answer, "a_i, a_f and g")
    tame, *wild = zip(_courses(), _MEANS, strict=True)
    _same_means(
        answer, *tame, _STABLE, "start from c = f·c + i·g, n = f·n + i, and c / n"
    )
    for course, want in wild:
        _same_means(
            answer, course, want, {},
            "right while the exponents are small: a bound on them changes the weights, "
            "and taking the largest one out does not",
        )  # fmt: skip
    return (
        "Right with exponents of 900, where exp overflows. Only differences of "
        "exponents count, because c / n is a mean."
    )


def _same_means(answer, course, want, turns, otherwise):
    """Raise `Wrong` unless the reader's means over this course are right."""
    with np.errstate(all="ignore"):
        got = call(answer, *course)
    _overflows(got, want, course[0])
    got = array(got, want.shape, "the means", "T")
    if not close(got, want, 1e-9, 1e-12):
        t = int(np.argmax(np.abs(got - want)))
        raise Wrong(
            f"{want[t]:.4g} at step {t + 1}",
            f"{got[t]:.4g}",
            recognise(got, turns) or otherwise,
        )


def _overflows(means, want, exponents):
    """Raise `Wrong` if what came has the right shape, and is not finite somewhere."""
    if not isinstance(means, (np.ndarray, list, tuple)):
        return
    if np.shape(means) != want.shape or np.asarray(means).dtype.kind != "f":
        return
    bad = ~np.isfinite(means)
    if bad.any():
        t = int(np.argmax(bad))
        raise Wrong(
            "a finite mean at every step",
            f"{means[t]} at step {t + 1}, where a_i is {exponents[t]:.0f}",
            "exp overflows above 709 and is 0 below -745: take the largest exponent so "
            "far, m, out of c and of n alike. It cancels in c / n",
        )


EXERCISES = (
    Exercise(
        "11.1",
        "Fill the function `modern`: it takes the Params of a cell of 1997 and returns "
        "those of an LSTM() with the same outputs. Then run the cell again.",
        judge_modern,
        (
            "let the new cell hold half of what the old one held: then tanh(c) is the "
            "old h_1997, which is tanh of half its c.",
            "half of 2·tanh(a/2) is tanh(a/2). So what must become of W, U and b of g?",
            "a gate with W = U = 0 is σ(b) at every step; σ(40) rounds to 1.",
        ),
    ),
    Exercise(
        "11.2",
        "Fill the function `da_f`: it takes dc, c_prev, g and f, all (B, H), and "
        "returns ∂L/∂a_f (B, H). Then run the cell again.",
        judge_coupled,
        (
            "put i = 1 - f into c = f·c_prev + i·g, and differentiate by f.",
            "then go on from f to a_f, by the slope of σ.",
            "∂c/∂f is c_prev - g.",
        ),
    ),
    Exercise(
        "11.3",
        "Fill the function `mean`: it takes a_i, a_f and g, each (T,), and returns c/n "
        "(T,). Then run the cell again.",
        judge_stable,
        (
            "write the plain loop first and let the check tell you where it breaks.",
            "keep c and n divided by exp(m), where m is the largest exponent so far; "
            "m = max(a_f + m, a_i).",
            "with the new m the weights are exp(a_i - m) for what comes, and "
            "exp(a_f + m_old - m) for what is there.",
        ),
    ),
)
