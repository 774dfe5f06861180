"""Claims about gradients and the two recurrences.

Chapter: gradients.
"""

from dataclasses import dataclass

import numpy as np

from lstm_core import activations, traces, unroll
from lstm_core.cells.lstm import LSTM, State
from lstm_core.draws import Draws
from lstm_core.experiments import compare, stats, sweep
from lstm_core.experiments.claim import Claim, Outcome, Part
from lstm_core.experiments.parity import Parity
from lstm_core.prose import number, together

# --- forget-bias --------------------------------------------------------------------

BIASES = (-1.0, 0.0, 1.0, 3.0, 5.0)
BACK = 30
_LEFT = f"gradient left {BACK} steps back, powers of ten"


def surviving(seeds, candidate="tanh", T=40, H=16, B=16):
    """log10 of how much of ∂L/∂c is left `BACK` steps before the end, at birth.

    {bias: (S,)}: the gradient of a random direction of h at the last step, for inputs
    from a normal distribution; the mean over B sequences of the logarithms.  "product":
    the same from the product of the forget gates alone, along the cell.
    """
    found = {"whole": {}, "product": {}}
    for bias in BIASES:
        logs = {"whole": [], "product": []}
        for seed in seeds:
            rng = Draws(seed)
            cell = LSTM(candidate=candidate)
            p = cell.init(rng, 4, H, forget_bias=bias)
            _, _, trace = unroll.forward(cell, p, rng.normal(0.0, 1.0, (T, B, 4)))
            dhs = np.zeros((T, B, H))
            dhs[-1] = rng.normal(0.0, 1.0, (B, H))
            for name, along in (("whole", None), ("product", "c")):
                norms = traces.gradient_norms(cell, p, trace, dhs, along=along).c
                ratio = np.log10(norms[T - 1 - BACK]) - np.log10(norms[T - 1])
                logs[name].append(float(ratio.mean()))
        for name, values in logs.items():
            found[name][f"{bias:g}"] = values
    return found


def _bias_parts(seeds, quick):
    return [Part("surviving", surviving, {"seeds": compare.some(seeds, quick)})]


def _bias_judge(found, seeds, quick):
    whole = {b: np.array(v) for b, v in found["surviving"]["whole"].items()}
    product = {b: np.array(v) for b, v in found["surviving"]["product"].items()}
    effects = tuple(
        stats.paired(
            f"forget bias {b} against 0: {_LEFT}",
            whole[b] - whole["0"],
        )
        for b in ("1", "3", "5", "-1")
    )
    verdict = compare.of_all(effects[:3], 0.3)
    left = {b: float(10 ** np.mean(v)) for b, v in whole.items()}
    share = {b: float(10 ** np.mean(product[b] - whole[b])) for b in whole}
    sentence = (
        f"Of the gradient of c, {BACK} steps back a share of {number(left['0'], 2)} is "
        f"left at forget bias 0, {number(left['1'], 2)} at 1 and "
        f"{number(left['3'], 2)} at 3."
    )
    return Outcome(verdict, sentence, effects, {"left": left, "product": share}, {})


FORGET_BIAS = Claim(
    id="forget-bias",
    statement="A positive forget bias lets gradients live longer.",
    source="Gers, Schmidhuber and Cummins (2000); Jozefowicz, Zaremba and Sutskever "
    "(2015)",
    kind="measurement",
    chapter="gradients",
    prediction="Holds: the factor along the cell is f, and σ(1) = 0.73 instead of 0.5.",
    metric="The norm of ∂L/∂c, 30 steps before the end, over that at the end, at birth "
    "(H = 16, random inputs), in powers of ten, biases 1, 3 and 5 against 0, paired by "
    "seed.",
    rule="Holds if all three are larger by more than the smallest effect (whole 95 % "
    "intervals), fails if none is, undecided if all are open, otherwise depends.",
    smallest="0.3 powers of ten (a factor of 2)",
    parts=_bias_parts,
    judge=_bias_judge,
)


# --- more-gradient ------------------------------------------------------------------


def _more_parts(seeds, quick):
    biases = (-1.0, 1.0, 5.0) if quick else BIASES
    named = {f"{b:g}": {"forget_bias": b} for b in biases}
    counting = compare.variants(compare.counting, seeds, quick, named, "counting, {}")
    return counting + compare.adding_variants(seeds, quick, named)


def _ranks(values):
    """Ranks along the first axis, ties sharing their mean rank."""
    values = np.asarray(values, float)
    below = (values[None] < values[:, None]).sum(axis=1)
    same = (values[None] == values[:, None]).sum(axis=1)
    return below + (same - 1) / 2


def rank_correlation(scores):
    """Spearman's correlation (S,) of scores (V, S) with the order of V; 0 if tied."""
    ranks = _ranks(scores)
    order = np.arange(len(ranks), dtype=float)[:, None]
    a, b = ranks - ranks.mean(axis=0), order - order.mean()
    spread = np.sqrt((a * a).sum(axis=0) * (b * b).sum())
    return (a * b).sum(axis=0) / np.where(spread > 0, spread, 1)


def _more_judge(found, seeds, quick):
    names = [key.split(", ")[1] for key in found if key.startswith("counting")]
    counting = compare.bests(found, names, "counting, {}")
    adding = compare.bests(found, names, "adding, {}", "right")
    scores = {
        "counting": [counting[n].scores for n in names],
        "adding": [-np.nan_to_num(adding[n].loss, nan=1 / 6) for n in names],
    }
    effects = tuple(
        stats.paired(
            f"rank correlation of forget bias and success, {task}",
            rank_correlation(values),
        )
        for task, values in scores.items()
    )
    verdict, reach = compare.of_all(effects, 0.5), compare.medians(counting)
    loss = {n: float(np.nanmedian(b.loss)) for n, b in adding.items()}
    told = [
        "{} ({} to {}) in {}".format(*together(e.value, e.low, e.high), task)
        for task, e in zip(("counting", "adding"), effects, strict=True)
    ]
    sentence = (
        f"From a forget bias of {names[0]} to {names[-1]} the gradient that survives "
        f"only grows; its rank correlation with success is {' and '.join(told)}."
    ).replace("-", "−") + compare.would_take(verdict, effects, 0.5)
    failed = compare.failures(counting, learned=10)
    return Outcome(verdict, sentence, effects, {"reach": reach, "loss": loss}, failed)


MORE_GRADIENT = Claim(
    id="more-gradient",
    statement="The more gradient survives, the better the network learns.",
    source="a reading of every text on vanishing gradients",
    kind="experiment",
    chapter="gradients",
    prediction="Depends: from -1 to 1 more gradient helps; at 5 the cell cannot "
    "forget, and what helps a gradient need not help the task.",
    metric="Spearman's rank correlation, seed by seed, between the forget bias (-1, 0, "
    "1, 3, 5) and success: reach in counting, minus the last loss in adding (T = 20, "
    "H = 8, half the seeds).",
    rule="Holds if on both tasks the whole 95 % interval of the mean correlation lies "
    "above 0.5, fails if on both it lies below, undecided if both straddle it, "
    "otherwise depends.",
    smallest="a rank correlation of 0.5",
    parts=_more_parts,
    judge=_more_judge,
    seeds=range(60),
)


# --- second-derivative --------------------------------------------------------------

FLAT = ("tanh", "hard_tanh", "sigmoid_signed", "softsign")


def bend(share=0.01):
    """{name: where |f''| last exceeds a share of its largest value, and that value}."""
    z = np.linspace(0, 200, 400_001)
    found = {}
    for name in ("sigmoid", *FLAT):
        size = np.abs(activations.get(name).d2(z))
        top = float(size.max())
        reach = float(z[size >= share * top].max()) if top else 0.0
        found[name] = {"reach": reach, "top": top}
    return found


def _second_parts(seeds, quick):
    names = FLAT[:2] if quick else FLAT
    named = {name: {"slots": {"candidate": name}} for name in names}
    parts = compare.variants(compare.counting, seeds, quick, named)
    born = {name: {"candidate": name} for name in names}
    left = compare.variants(surviving, seeds, quick, born, "gradient, {}", short={})
    return [Part("bend", bend, {}), *parts, *left]


def _second_judge(found, seeds, quick):
    names = [n for n in FLAT if n in found]
    bests = compare.bests(found, names)
    left = {n: np.array(found[f"gradient, {n}"]["whole"]["1"]) for n in names}
    shape = found["bend"]
    reach = compare.doublings(
        "hard tanh (f'' = 0 everywhere) against tanh, doublings of the reach",
        bests["hard_tanh"].scores,
        bests["tanh"].scores,
    )
    gradient = stats.paired(
        f"hard tanh against tanh: {_LEFT}",
        left["hard_tanh"] - left["tanh"],
    )
    premise = shape["tanh"]["reach"] > shape["sigmoid"]["reach"]
    as_much = compare.clear(gradient, -0.3)
    verdict = "undecided"
    if premise and as_much is False:
        verdict = "holds"
    elif not premise and as_much:
        verdict = "fails"
    elif as_much is not None:
        verdict = "depends"
    sentence = (
        f"The second derivative of tanh falls below 1 % of its largest value at "
        f"z = {shape['tanh']['reach']:.2f}, that of σ only at "
        f"{shape['sigmoid']['reach']:.2f}; and hard tanh, whose second derivative is 0 "
        f"everywhere, keeps {10**gradient.value:.2g} times the gradient of tanh."
    )
    numbers = {
        "bend": shape,
        "left": {n: float(10 ** np.mean(v)) for n, v in left.items()},
        "reach": compare.medians(bests),
    }
    failed = compare.failures(bests, learned=10)
    return Outcome(verdict, sentence, (gradient, reach), numbers, failed)


SECOND_DERIVATIVE = Claim(
    id="second-derivative",
    statement="Tanh avoids vanishing gradients because its second derivative stays "
    "away from zero over a long range.",
    source="a much-read answer on the intuition of tanh in the LSTM",
    kind="measurement",
    chapter="gradients",
    prediction="Fails: tanh'' dies twice as soon as σ'', and hard tanh, with none at "
    "all, passes as much gradient.",
    metric="Where |f''| falls below 1 % of its largest value; and the gradient left 30 "
    "steps back at birth with hard tanh for the candidate against tanh, in powers of "
    "ten, paired by seed; reach in counting beside it.",
    rule="Holds if tanh'' reaches further than σ'' and hard tanh keeps less gradient "
    "by more than the smallest effect; fails if it reaches less far and hard tanh does "
    "not keep less; undecided if that interval is open; otherwise depends.",
    smallest="0.3 powers of ten (a factor of 2)",
    parts=_second_parts,
    judge=_second_judge,
)


# --- carousel -----------------------------------------------------------------------


@dataclass(frozen=True)
class BlindGates(LSTM):
    """Gates and candidate see x alone: the recurrence through the gates is cut."""

    def step(self, p, x, state):
        return LSTM.step(self, p, x, State(0 * state.h, state.c))

    def step_back(self, p, k, d):
        dp, dx, d_prev = LSTM.step_back(self, p, k, d)
        return dp, dx, State(0 * d_prev.h, d_prev.c)


@dataclass(frozen=True)
class NoCarousel(LSTM):
    """c = i · g: the recurrence through the cell is cut."""

    def step(self, p, x, state):
        return LSTM.step(self, p, x, State(state.h, 0 * state.c))

    def step_back(self, p, k, d):
        dp, dx, d_prev = LSTM.step_back(self, p, k, d)
        return dp, dx, State(d_prev.h, 0 * d_prev.c)


CUT = {"whole": LSTM, "gates blind": BlindGates, "no carousel": NoCarousel}
PARITY = {"H": 4, "steps": 2000, "rates": (0.01, 0.03, 0.1)}
HELD_OUT = 500


def cut(seeds, which, task, steps=compare.UPDATES, rates=compare.COUNTING_RATES, H=4):
    """A cell with one recurrence cut, on "counting" or "parity"; as in `compare`."""
    if task == "counting":
        made = compare.COUNTING
    else:
        made = Parity(10, 16, np.float32)
    trained = sweep.train(CUT[which](), made, seeds, steps, H, rates)
    told = compare.told(trained, rates)
    if task == "counting":
        return {"reach": sweep.reach(trained, made, compare.FAR).tolist(), **told}
    batch = Parity(10, HELD_OUT, np.float32).draw(Draws(compare.HELD_OUT))
    return {"right": sweep.right(trained, batch, made).tolist(), **told}


def _carousel_parts(seeds, quick):
    some = list(seeds[:5] if quick else seeds)
    parity = {"H": 4, "steps": 500, "rates": (0.1,)} if quick else PARITY
    counting = dict(compare.QUICK) if quick else {}
    return [
        Part(
            f"{task}, {which}",
            cut,
            {"seeds": some, "which": which, "task": task, **settings},
        )
        for task, settings in (("counting", counting), ("parity", parity))
        for which in CUT
    ]


def _carousel_judge(found, seeds, quick):
    counting = compare.bests(found, CUT, "counting, {}")
    parity = compare.bests(found, CUT, "parity, {}", "right")
    effects, sides = [], {}
    for which in ("gates blind", "no carousel"):
        first = compare.against(counting, which, "whole", ", counting")
        second = stats.paired(
            f"{which} against whole, parity, share of sequences right",
            parity[which].scores - parity["whole"].scores,
        )
        effects += [first, second]
        sides[which] = [compare.side(first, 1.0), compare.side(second, 0.1)]
    verdict = "depends"
    blind_counts, blind, bare, _ = (
        compare.clear(effect, -least)
        for effect, least in zip(effects, (1.0, 0.1) * 2, strict=True)
    )
    learnt = compare.can_count(counting["whole"])
    learnt = learnt and np.median(parity["whole"].scores) > 0.5
    if not learnt or None in (bare, blind):
        verdict = "undecided"
    elif bare is blind is False and blind_counts:
        verdict = "holds"
    elif bare and blind:
        verdict = "fails"
    reach, right = compare.medians(counting), compare.medians(parity)
    sentence = (
        f"Counting reaches {reach['whole']:g} in the median, {reach['gates blind']:g} "
        f"with blind gates and {reach['no carousel']:g} without the carousel; parity "
        f"is right in {100 * right['whole']:.0f} %, {100 * right['gates blind']:.0f} % "
        f"and {100 * right['no carousel']:.0f} % of new sequences."
    )
    numbers = {"reach": reach, "right": right, "sides": sides}
    failed = compare.failures(counting, learned=10)
    return Outcome(verdict, sentence, tuple(effects), numbers, failed)


CAROUSEL = Claim(
    id="carousel",
    statement="The recurrence through the cell and the recurrence through the gates do "
    "different jobs.",
    source="a comment that asks how they differ",
    kind="experiment",
    chapter="gradients",
    prediction="Holds: without the carousel an LSTM no longer counts; with gates that "
    "see x alone it still counts, but cannot do parity, where the same input must "
    "raise or lower the state depending on what it holds.",
    metric="Each recurrence cut in turn. Counting: reach, in doublings; parity of up "
    "to 10 bits (H = 4, 2000 updates): the share of 500 new sequences right at all "
    "steps. Paired by seed against the whole LSTM.",
    rule="Holds if counting suffers from losing the carousel, parity from blind gates "
    "(each by more than the smallest effect, whole 95 % interval), and counting does "
    "not suffer from blind gates; fails if neither suffers; undecided if one of these "
    "is open or the whole LSTM does not learn; otherwise depends.",
    smallest="one doubling of the reach; a tenth of the sequences",
    parts=_carousel_parts,
    judge=_carousel_judge,
)

CLAIMS = (FORGET_BIAS, MORE_GRADIENT, SECOND_DERIVATIVE, CAROUSEL)
