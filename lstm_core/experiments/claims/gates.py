"""Claims about the gates.

Chapter: gates.
"""

import numpy as np

from lstm_core import fused, unroll
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.experiments import compare, sweep
from lstm_core.experiments.claim import Claim, Outcome, Part
from lstm_core.layers import Linear, Model, Recurrent
from lstm_core.tasks import Runs

SMALLEST = 0.5  # doublings: 1.4 times as far


def _against(bests, name, other="sigmoid"):
    return compare.against(bests, name, other, " as gates")


def _would_take(verdict, effects):
    return compare.would_take(verdict, effects, -SMALLEST)


# --- gate-range ---------------------------------------------------------------------

FRACTIONS = ("tempered_sigmoid(2)", "hard_sigmoid")
OTHERS = ("tanh", "relu", "softplus", "identity")


def _range_parts(seeds, quick):
    names = ("sigmoid", *FRACTIONS, *OTHERS)
    named = {name: {"slots": {"gates": name}} for name in names}
    return compare.variants(compare.counting, seeds, quick, named)


def _range_judge(found, seeds, quick):
    bests = compare.bests(found)
    effects = {name: _against(bests, name) for name in (*OTHERS, *FRACTIONS)}
    sides = {name: compare.side(e, SMALLEST) for name, e in effects.items()}
    worse = [name for name in OTHERS if sides[name] == -1]
    # That no function is worse speaks against the claim
    of_others = compare.of_all([effects[name] for name in OTHERS], -SMALLEST)
    verdict = {"holds": "fails", "fails": "holds"}.get(of_others, of_others)
    if not compare.can_count(bests["sigmoid"]):
        verdict = "undecided"
    elif verdict == "holds" and any(sides[name] == -1 for name in FRACTIONS):
        verdict = "depends"
    reach = compare.medians(bests)
    sentence = (
        f"Of {len(OTHERS)} functions that leave [0, 1], {len(worse)} count less far "
        f"than σ as gates by more than {SMALLEST} doublings"
        f"{': ' + ', '.join(worse) if worse else ''}."
    ) + _would_take(verdict, [effects[name] for name in OTHERS])
    numbers = {"reach": reach, "worse": worse, "sides": sides}
    failed = compare.failures(bests, learned=10)
    return Outcome(verdict, sentence, tuple(effects.values()), numbers, failed)


GATE_RANGE = Claim(
    id="gate-range",
    statement="Gates use a sigmoid because they multiply by a number from 0 (nothing) "
    "to 1 (all): other functions fail as gates.",
    source="most answers to the question why gates use a sigmoid",
    kind="experiment",
    chapter="gates",
    prediction="Functions that leave [0, 1] count less far; every function from 0 to 1 "
    "that has a slope does as well as σ.",
    metric="Reach: the largest N <= 200 with every aⁿbⁿ, n <= N, right after training "
    "on n up to 10 (H = 4, 1000 updates of Adam, best of three rates for each "
    "variant); the paired mean over seeds of log2(1 + N), against σ in all three "
    "gates.",
    rule="Holds if tanh, ReLU, softplus and the identity are all worse by more than "
    "the smallest effect (whole 95 % interval) and neither σ(2z) nor hard sigmoid is; "
    "fails if none of the four is worse; undecided if no interval of the four is clear "
    "or σ itself does not learn; otherwise depends.",
    smallest="half a doubling of the reach",
    parts=_range_parts,
    judge=_range_judge,
)


# --- gate-switch --------------------------------------------------------------------

STEEPER = ("tempered_sigmoid(4)", "tempered_sigmoid(16)", "tempered_sigmoid(64)")


def gate_gradient(seeds, H=4):
    """The norm of ∂L/∂(weights of i, f, o) at the start, for σ and for the step."""
    task = Runs("ab", 10, 16, np.float64)
    norms = {}
    for name in ("sigmoid", *STEEPER, "step"):
        model = Model(Recurrent(LSTM(gates=name), H), Linear(task.K))
        norms[name] = []
        for seed in seeds:
            p = model.init(Draws(seed), task.D)
            batch = task.draw(Draws(sweep.DATA + seed))
            _, dp = fused.value_and_grad(model, p, batch, task.loss)
            gates = [
                np.ravel(leaf) for g in (dp.body.i, dp.body.f, dp.body.o) for leaf in g
            ]
            norms[name].append(float(np.linalg.norm(np.concatenate(gates))))
    return {"norms": norms}


def hardened(seeds, rate=0.1, steps=compare.UPDATES):
    """The reach of networks trained with σ, then with step gates put in their place."""
    task = compare.COUNTING
    trained = compare.train(task, seeds, steps=steps, rates=(rate,))
    body = Recurrent(LSTM(gates="step"), 4)
    harder = trained._replace(model=Model(body, trained.model.readout))
    before = sweep.reach(trained, task, compare.FAR)[0]
    return {
        "before": before.tolist(),
        "after": sweep.reach(harder, task, compare.FAR)[0].tolist(),
    }


def _switch_parts(seeds, quick):
    names = ("sigmoid", *STEEPER, "step")
    named = {name: {"slots": {"gates": name}} for name in names}
    parts = compare.variants(compare.counting, seeds, quick, named)
    some = compare.some(seeds, quick)
    short = {"steps": compare.QUICK["steps"]} if quick else {}
    return [
        *parts,
        Part("gradient at the start", gate_gradient, {"seeds": some}),
        Part("hardened", hardened, {"seeds": some, **short}),
    ]


def _switch_judge(found, seeds, quick):
    names = ("sigmoid", *STEEPER, "step")
    bests = compare.bests(found, names)
    effects = [_against(bests, name) for name in ("step", *STEEPER)]
    still = max(found["gradient at the start"]["norms"]["step"]) == 0
    kept = found["hardened"]
    as_far = compare.clear(effects[0], -SMALLEST)
    after = compare.doublings(
        "step put in place of a trained σ, doublings of the reach",
        kept["after"],
        kept["before"],
    )
    verdict = "undecided"
    if not compare.can_count(bests["sigmoid"]):
        pass
    elif as_far is False:
        verdict = "holds" if still else "depends"
    elif as_far:
        verdict = "fails"
    reach, n = compare.medians(bests), len(bests["step"].scores)
    sentence = (
        "The weights of step gates have a gradient of exactly 0 and never move; such "
        f"networks reach N = {reach['step']:g} in the median of {n} seeds, those with "
        f"σ {reach['sigmoid']:g}."
    ) + _would_take(verdict, effects[:1])
    numbers = {
        "reach": reach,
        "gradient": {
            name: float(np.median(v))
            for name, v in found["gradient at the start"]["norms"].items()
        },
        "hardened": {k: float(np.median(v)) for k, v in kept.items()},
    }
    failed = compare.failures(bests, learned=10)
    return Outcome(verdict, sentence, (*effects, after), numbers, failed)


GATE_SWITCH = Claim(
    id="gate-switch",
    statement="A gate is a binary switch, softened so that it can learn; the hard "
    "switch cannot.",
    source="answers that explain the sigmoid as a soft switch",
    kind="experiment",
    chapter="gates",
    prediction="With the step function in the gates their weights get no gradient at "
    "all, and the network counts less far; σ(kz) gets worse as k grows.",
    metric="The gradient of the gates' weights at the start; reach as in gate-range, "
    "paired by seed, for step and for σ(kz) with k = 4, 16, 64 against σ; beside it "
    "the reach of trained networks whose σ gates are replaced by the step.",
    rule="Holds if the gradient of step gates is exactly 0 and their reach is worse "
    "than that of σ by more than the smallest effect (whole 95 % interval); fails if "
    "the interval lies above minus the smallest effect; otherwise undecided.",
    smallest="half a doubling of the reach",
    parts=_switch_parts,
    judge=_switch_judge,
)


# --- gate-sign ----------------------------------------------------------------------

SIGNED = ("tanh", "hard_tanh")
UNBOUNDED = ("identity", "relu")


def values(seeds, gates, steps=compare.UPDATES, rates=compare.COUNTING_RATES):
    """Count as `compare.counting` does, and say which values the trained gates take.

    Adds {"negative": {gate: (R, S)}, "beyond": {gate: (R, S)}}: the shares of values
    below 0 and above 1 in size, while the longest string of training is read.
    """
    task = compare.COUNTING
    trained = compare.train(task, seeds, {"gates": gates}, steps=steps, rates=rates)
    longest, shape = task.examples([10]).xs, (len(rates), len(seeds))
    cell = trained.model.body.cell
    with np.errstate(all="ignore"):
        _, _, trace = unroll.forward(cell, trained.p.body, longest)
    taken = {gate: np.moveaxis(getattr(trace, gate), 0, -1) for gate in "ifo"}
    shares = {
        "negative": {gate: v < 0 for gate, v in taken.items()},
        "beyond": {gate: np.abs(v) > 1 for gate, v in taken.items()},
    }
    told = {
        kind: {gate: compare.listed(v.mean(axis=(1, 2, 3)).reshape(shape))
               for gate, v in each.items()}
        for kind, each in shares.items()
    }  # fmt: skip
    reach = sweep.reach(trained, task, compare.FAR).tolist()
    return {"reach": reach, **told, **compare.told(trained, rates)}


def _sign_parts(seeds, quick):
    names = ("sigmoid", *SIGNED, *UNBOUNDED)
    named = {name: {"gates": name} for name in names}
    return compare.variants(values, seeds, quick, named)


def _sign_judge(found, seeds, quick):
    bests = compare.bests(found)
    effects = [_against(bests, name) for name in SIGNED]
    effects.append(_against(bests, "identity", "hard_tanh"))
    sides = [compare.side(effect, SMALLEST) for effect in effects[:2]]
    kept = [effect.low > -SMALLEST for effect in effects[:2]]
    verdict = "undecided"
    if not compare.can_count(bests["sigmoid"]):
        pass
    elif all(kept):
        verdict = "fails"
    elif sides == [-1, -1]:
        verdict = "holds"
    elif -1 in sides and any(kept):
        verdict = "depends"
    reach = compare.medians(bests)
    shares = {
        kind: {name: _shares(found[name], kind, b.rate) for name, b in bests.items()}
        for kind in ("negative", "beyond")
    }
    below = 100 * shares["negative"]["tanh"]["i"]
    sentence = (
        f"tanh as gates reaches N = {reach['tanh']:g} in the median, hard tanh "
        f"{reach['hard_tanh']:g}, σ {reach['sigmoid']:g}; trained input gates of tanh "
        f"are negative {below:.0f} % of the time. Without its bound hard tanh is the "
        f"identity, which reaches {reach['identity']:g}."
    ) + _would_take(verdict, effects[:2])
    numbers = {"reach": reach, **shares}
    failed = compare.failures(bests, learned=10)
    return Outcome(verdict, sentence, tuple(effects), numbers, failed)


def _shares(part, kind, rate):
    """{gate: the mean share over seeds} at the rate that served a variant best."""
    r = part["rates"].index(rate)
    return {gate: float(np.mean(v[r])) for gate, v in part[kind].items()}


GATE_SIGN = Claim(
    id="gate-sign",
    statement="tanh cannot be a gate, because a gate must not be negative.",
    source="answers that contrast the sigmoid of the gates with tanh",
    kind="experiment",
    chapter="gates",
    prediction="It fails: a negative gate turns a sign, which the candidate can turn "
    "back. What a gate needs is a bound of its size, so hard tanh counts as far as σ, "
    "and the identity, which is hard tanh without its bound, less far. (Written after "
    "gate-range and a look at four networks, hence other seeds.)",
    metric="Reach as in gate-range, paired by seed, for tanh and hard tanh against σ "
    "and for the identity against hard tanh; beside it the shares of values below 0 "
    "and above 1 in size that trained gates take on a¹⁰b¹⁰.",
    rule="Fails if neither tanh nor hard tanh is worse than σ by the smallest effect "
    "(both 95 % intervals above minus it); holds if both are (whole intervals below); "
    "depends if one is and the other is not; otherwise undecided.",
    smallest="half a doubling of the reach",
    parts=_sign_parts,
    judge=_sign_judge,
    seeds=range(20, 40),
)

CLAIMS = (GATE_RANGE, GATE_SWITCH, GATE_SIGN)
