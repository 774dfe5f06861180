"""Claims about counting.

Chapter: counter.
"""

import numpy as np

from lstm_core import counters, tree
from lstm_core.draws import Draws
from lstm_core.experiments import compare, stats, sweep
from lstm_core.experiments.claim import Claim, Outcome, Part
from lstm_core.optim import Adam
from lstm_core.tasks import Runs, exact, side_by_side
from lstm_core.train import fit

SMALLEST = 1.0  # doublings: twice as far


# --- counter ------------------------------------------------------------------------

KINDS = {"LSTM": {}, "GRU": {"cell": "GRU"}, "RNN": {"cell": "RNN"}}


def _counter_parts(seeds, quick):
    return compare.variants(compare.counting, seeds, quick, KINDS)


def _counter_judge(found, seeds, quick):
    bests = compare.bests(found)
    effects = tuple(compare.against(bests, "LSTM", name) for name in ("GRU", "RNN"))
    verdict = compare.of_all(effects, SMALLEST)
    if not compare.can_count(bests["LSTM"]):
        verdict = "undecided"
    reach = compare.medians(bests)
    most = {name: float(np.max(b.scores)) for name, b in bests.items()}
    sentence = (
        f"Trained on aⁿbⁿ with n up to 10, the median LSTM is right up to "
        f"{reach['LSTM']:g}, the median GRU up to {reach['GRU']:g} and the median "
        f"plain RNN up to {reach['RNN']:g}."
    ) + compare.would_take(verdict, effects, SMALLEST)
    numbers = {"reach": reach, "most": most}
    failed = compare.failures(bests, learned=10)
    return Outcome(verdict, sentence, effects, numbers, failed)


COUNTER = Claim(
    id="counter",
    statement="An LSTM is a differentiable memory that counts; a GRU or a plain RNN "
    "is not.",
    source="answers on the sense in which an LSTM counts; Weiss, Goldberg and Yahav "
    "(2018) for aⁿbⁿ",
    kind="experiment",
    chapter="counter",
    prediction="The LSTM goes on past the lengths it was trained on, since its sum has "
    "no ceiling; the others, whose state is bounded, stop soon after.",
    metric="Reach on aⁿbⁿ as in gate-range (H = 4, trained on n up to 10), paired by "
    "seed, in doublings, for LSTM against GRU and against the plain RNN.",
    rule="Holds if the LSTM reaches further than both by more than the smallest effect "
    "(whole 95 % intervals); fails if it reaches further than neither; undecided if "
    "both intervals are open or the LSTM does not learn; otherwise depends.",
    smallest="one doubling of the reach",
    parts=_counter_parts,
    judge=_counter_judge,
    seeds=range(60),
)


# --- unlearned ----------------------------------------------------------------------

GAINS = (8.0, 12.0, 16.0)  # they reach 38, 285 and more than 2000 by hand
QUICK_GAINS = GAINS[:2]  # in 500 updates 16 has only begun to come back from a fall


def kept(seeds, K, steps=compare.UPDATES, rate=0.01):
    """The reach (S,) of the hand-set counter of gain K after training on n up to 10."""
    task = compare.COUNTING
    model, p = counters.anbn(K, np.float32)
    start = tree.stack([p] * len(seeds))
    rng = [Draws(sweep.DATA + seed) for seed in seeds]

    def draw(rng):
        return side_by_side([task.draw(one) for one in rng])

    step = None
    for step in fit(model, start, draw, task.loss, Adam(rate), rng, steps, clip=1.0):
        pass
    with np.errstate(all="ignore"):
        after = exact(model, step.p, task, compare.FAR)
        before = exact(model, start, task, compare.FAR)
    return {
        "before": np.asarray(before).tolist(),
        "after": np.where(step.diverged, 0, after).tolist(),
        "loss": float(np.mean(step.loss)),
    }


def _unlearned_parts(seeds, quick):
    some = compare.some(seeds, quick)
    short = {"steps": 400} if quick else {}
    named = {"learnt": {}}
    return compare.variants(compare.counting, seeds, quick, named) + [
        Part(f"kept, K = {K:g}", kept, {"seeds": some, "K": K, **short})
        for K in (QUICK_GAINS if quick else GAINS)
    ]


def _unlearned_judge(found, seeds, quick):
    learnt = compare.best(found["learnt"])
    n = len(learnt.scores)
    finds = stats.proportion(
        "share of trained networks that are right up to n = 200",
        np.sum(learnt.scores >= compare.FAR),
        n,
    )
    shares, reach = {}, {}
    for K in QUICK_GAINS if quick else GAINS:
        part = found[f"kept, K = {K:g}"]
        held = np.array(part["after"]) >= part["before"]
        shares[f"{K:g}"] = stats.proportion(
            f"share that still reaches as far after training, gain {K:g}",
            np.sum(held),
            n,
        )
        reach[f"{K:g}"] = [float(np.median(part[k])) for k in ("before", "after")]
    keeps = shares["12"]
    verdict = compare.of_all((finds, keeps), 0.5)
    before, after = reach["12"]
    sentence = (
        f"{round(finds.value * n)} of {n} trained networks count to 200; of counters "
        f"set by hand with gain 12, {round(keeps.value * n)} of {n} still reach as far "
        f"after further training (median {before:g} before, {after:g} after)."
    )
    if quick:
        sentence += " For gain 16 a quick run is too short, and leaves it out."
    numbers = {"reach": reach, "learnt": float(np.median(learnt.scores))}
    failed = compare.failures({"learnt": learnt}, learned=10)
    effects = (finds, keeps, *(shares[k] for k in shares if k != "12"))
    return Outcome(verdict, sentence, effects, numbers, failed)


UNLEARNED = Claim(
    id="unlearned",
    statement="Training finds, and keeps, the hand-set counter.",
    source="the picture of an LSTM as a counter with its gates at 0 and 1",
    kind="experiment",
    chapter="counter",
    prediction="Training finds counters that leak, right for some lengths past those "
    "seen, not the exact one; started from it, it moves away, for nothing in the "
    "strings seen asks for more.",
    metric="The share of trained networks right up to n = 200; and of hand-set "
    "counters (gain 12) the share whose reach is no shorter after 1000 updates of Adam "
    "at 0.01 on n up to 10. Gains 8 and 16 beside it.",
    rule="Holds if both exact 95 % intervals lie above one half, fails if both lie "
    "below, undecided if both straddle it, otherwise depends.",
    smallest="a majority",
    parts=_unlearned_parts,
    judge=_unlearned_judge,
    seeds=range(40),
)


# --- gain-law -----------------------------------------------------------------------


def measured(Ks, dtype, most=4000):
    """The reach of hand-set counters by running them: {"reach": (K,), "solved": (K,)}.

    solved: what `counters.longest` says.
    """
    kind = np.dtype(dtype).type
    reach, solved = [], []
    for K in Ks:
        model, p = counters.anbn(K, kind)
        task = Runs("ab", 1, 1, kind)
        solved.append(counters.longest(K, kind))
        reach.append(_run_far(model, p, task, min(most, 2 * solved[-1] + 10)))
    return {"Ks": list(Ks), "reach": reach, "solved": solved}


def _run_far(model, p, task, upto):
    """`exact` for one network, by halving: right for all n below the first wrong."""
    low, high = 0, upto + 1
    while high - low > 1:
        n = (low + high) // 2
        batch = task.examples([n])
        ys, _, _ = model.forward(p, batch.xs, lengths=batch.lengths)
        if task.correct(ys, batch).all():
            low = n
        else:
            high = n
    return low


def _gain_parts(seeds, quick):
    Ks = [4.0, 6.0, 8.0] if quick else [3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 14.0]
    return [
        Part(dtype, measured, {"Ks": Ks, "dtype": dtype})
        for dtype in ("float32", "float64")
    ]


def _gain_judge(found, seeds, quick):
    effects, worst, slopes = [], 0, []
    for dtype, part in found.items():
        K, reach = np.array(part["Ks"]), np.array(part["reach"], float)
        slope, at_0 = np.polyfit(K[reach > 3], np.log(reach[reach > 3]), 1)
        name = f"slope of log n against K, {dtype}"
        effects.append(stats.exactly(name, slope, len(K), "least squares"))
        slopes.append(slope)
        worst = max(worst, float(np.max(np.abs(reach / part["solved"] - 1))))
    holds = all(abs(slope - 0.5) < 0.05 for slope in slopes) and worst < 0.05
    sentence = (
        "A counter of gain K is right up to about n = e^(K/2) / √2: log n rises by "
        f"{slopes[-1]:.3f} for each 1 of K, in float32 and float64 alike, and the "
        f"reach found by running differs from the solved one by {100 * worst:.1f} % at "
        "most."
    )
    numbers = {"worst": worst, "slopes": slopes}
    verdict = "holds" if holds else "fails"
    return Outcome(verdict, sentence, tuple(effects), numbers, {})


GAIN_LAW = Claim(
    id="gain-law",
    statement="A hand-set counter with gain K counts exactly up to some n(K).",
    source="this book: the law was derived first",
    kind="measurement",
    chapter="counter",
    prediction="n(K) is about e^(K/2) / √2: each step loses a share e^-K of the count, "
    "so after n steps up and n down about n² e^-K is missing, which must stay under ½.",
    metric="The largest n by running the network in float32 and float64, for K from 3 "
    "to 14: the slope of log n against K, and the distance from `counters.longest`.",
    rule="Holds if both slopes lie within 0.05 of ½ and no n is off by 5 % or more.",
    smallest="5 % of n",
    parts=_gain_parts,
    judge=_gain_judge,
)


# --- no-forgetting ------------------------------------------------------------------

CANDIDATES = (
    "tanh",
    "sigmoid",
    "sigmoid_shifted",
    "hard_tanh",
    "softsign",
    "identity",
    "relu",
    "leaky_relu",
)


def _held_parts(seeds, quick):
    names = ("tanh", "sigmoid", "relu") if quick else CANDIDATES
    named = {
        name: {"cell": "no forget gate", "slots": {"candidate": name}} for name in names
    }
    return compare.variants(compare.counting, seeds, quick, named)


def _held_judge(found, seeds, quick):
    bests = compare.bests(found)
    shares = {
        name: stats.proportion(
            f"f held at 1, {name}: share that learns to count to 10",
            np.sum(one.scores >= 10),
            len(one.scores),
        )
        for name, one in bests.items()
    }
    most = {name: compare.clear(share, 0.5) for name, share in shares.items()}
    can = [name for name, side in most.items() if side is True]
    cannot = [name for name, side in most.items() if side is False]
    verdict = compare.of_all(shares.values(), 0.5)
    reach = compare.medians(bests)
    unsure = [name for name, side in most.items() if side is None]
    told = (
        ("most networks learn to count with {}", can),
        ("most do not with {}", cannot),
        ("with {} it is too near one half to tell", unsure),
    )
    said = (words.format(", ".join(names)) for words, names in told if names)
    sentence = f"With f held at 1, {'; '.join(said)}."
    numbers = {"reach": reach, "can": can, "cannot": cannot}
    failed = compare.failures(bests, learned=10)
    return Outcome(verdict, sentence, tuple(shares.values()), numbers, failed)


NO_FORGETTING = Claim(
    id="no-forgetting",
    statement="With f held at 1 (the form of 1997) any candidate can count.",
    source="a reading of the constant error carousel",
    kind="experiment",
    chapter="counter",
    prediction="Depends: a candidate that takes both signs can count up and down in "
    "one cell; one that is never negative can only count up, and needs two cells and a "
    "readout of their difference, which the output tanh hides once both are large.",
    metric="The share of seeds that learn aⁿbⁿ up to n = 10 (H = 4) without a forget "
    "gate, with each of eight candidates at its best rate; reach beside it.",
    rule="Holds if for every candidate the exact 95 % interval of the share lies above "
    "one half, fails if all lie below, undecided if none is clear, otherwise depends.",
    smallest="a majority",
    parts=_held_parts,
    judge=_held_judge,
    seeds=range(60),
)

CLAIMS = (COUNTER, UNLEARNED, GAIN_LAW, NO_FORGETTING)
