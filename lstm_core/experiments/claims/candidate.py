"""Claims about the candidate: what may be written into a cell.

Chapter: candidate.
"""

import numpy as np

from lstm_core.draws import Draws
from lstm_core.experiments import candidates, compare, stats
from lstm_core.experiments.claim import Claim, Outcome, Part
from lstm_core.experiments.compare import (
    best,
    clear,
    failures,
    some,
    variants,
    would_take,
)
from lstm_core.prose import number

SMALLEST = {
    "counting": 0.5,
    "register": 0.1,
    "orders": 0.5,
    "adding": 0.5,
}  # of a score
UNIT = {
    "counting": "doublings of the longest count",
    "register": "share of sequences right",
    "orders": "halvings of the loss",
    "adding": "halvings of the loss",
}
_SETTING = (
    "LSTMs of 4 units with a linear readout, Adam at 0.003, 0.01 and 0.03, gradients "
    "clipped at 1, forget bias 1, 600 updates of 16 sequences; each variant at the "
    "rate with the best mean score. "
)
_SCORES = (
    "Counting: aⁿbⁿ with n up to 10, score log2(1 + N), N the largest with every n <= "
    "N right, up to 200. Register: 20 steps of orders -1, 0, +1, forget; score the "
    "share of new sequences of 100 steps that are right throughout. Adding: two "
    "marked numbers of 20; score -log2 of the mean of the last 50 losses, at least "
    "that of ignorance. Orders: the register, scored by its loss as adding is. "
)
_GUARD = " Undecided too if the usual variant does not learn in a quarter of seeds."
_SMALL = "half a doubling of the count, half a halving of a loss"


# --- how variants are compared --------------------------------------------------------


def _parts(named, tasks):
    """`Claim.parts` that train every variant on every task."""
    named = {name: {"slots": slots} for name, slots in named.items()}

    def parts(seeds, quick):
        return [part for task in tasks for part in _one(seeds, quick, named, task)]

    return parts


def _one(seeds, quick, named, task):
    key, short = f"{{}}, {task}", compare.QUICK_LEARN
    return variants(compare.learn, seeds, quick, named, key, short, task=task)


def _best(found, name, task):
    """The `compare.Best` of a variant on a task."""
    return best(found[f"{name}, {task}"], "score")


def _scores(found, name, task):
    """The scores (S,) of a variant at its best rate."""
    return _best(found, name, task).scores


def _gain(found, name, other, task):
    """How much better one variant is than another: an `Effect`."""
    title = f"{name} less {other}, {task}, {UNIT[task]}"
    return stats.paired(title, _scores(found, name, task) - _scores(found, other, task))


def _learns(found, name, tasks):
    """Whether a quarter of the usual variant's seeds, or more, learn each task."""
    return all(
        np.mean(_scores(found, name, task) >= compare.LEARNT[task]) >= 0.25
        for task in tasks
    )


def _told(effect, change=float):
    """An effect, changed to another unit, and its interval: 0.84 [0.57, 1.12]."""
    ends = (change(v) for v in (effect.value, effect.low, effect.high))
    ends = (round(v, 2) + 0.0 for v in ends)
    return "{:.2f} [{:.2f}, {:.2f}]".format(*ends).replace("-", "−")


def _numbers(found, names, tasks):
    """For the page: by task, the scores and the rate of each variant."""
    numbers = {}
    for task in tasks:
        each = {name: _best(found, name, task) for name in names}
        numbers[task] = {
            name: {"score": one.scores.tolist(), "rate": one.rate}
            for name, one in each.items()
        }
    return numbers


def _failures(found, names, tasks):
    """Seeds that diverged or did not learn, at the best rate of each variant."""
    told = {"diverged": {}, "did not learn": {}}
    for task in tasks:
        each = {f"{name}, {task}": _best(found, name, task) for name in names}
        for kind, counts in failures(each, compare.LEARNT[task]).items():
            told[kind] |= counts
    return told


def _trained(task, seeds, slots=None):
    """Networks of one variant at the rate 0.03: a `sweep.Trained`."""
    task, steps = compare.TASKS[task], compare.STEPS
    return compare.train(task, seeds, slots, steps=steps, rates=(0.03,), kept=steps)


# --- only-increase --------------------------------------------------------------------


def prove_increase():
    """The theorem and its limits, as booleans."""
    import sympy as sp

    from lstm_core.experiments import candidate_proofs as proofs
    from lstm_core.symbolic import sigma, z

    half = sp.Rational(1, 2)
    return {
        "sigmoid stays >= 0": proofs.stays_above_zero(sigma(z)),
        "tanh stays >= 0": proofs.stays_above_zero(sp.tanh(z)),
        "sigmoid rises with f = 1": proofs.rises(sigma(z), sp.Integer(1)),
        "sigmoid rises with f = 1/2": proofs.rises(sigma(z), half),
        "c moves towards i g / (1 - f)": proofs.falls_above_rest(),
        "the sum is right": proofs.after_is_the_sum(),
    }


def falling(seeds):
    """How often c falls in trained networks with a σ candidate, by seed.

    Of all units and steps of the string with n = 10, the share at which c is lower than
    before; and the lowest c of all.
    """
    run = _trained("counting", seeds, {"candidate": "sigmoid"})
    batch = compare.COUNTING.examples([10])
    _, _, trace = run.model.forward(run.p, batch.xs)
    steps = trace.body.steps
    fell = (steps.c < steps.c_prev).mean(axis=(0, 2, 3))
    return {"fell": fell.tolist(), "lowest": steps.c.min(axis=(0, 2, 3)).tolist()}


def _increase_parts(seeds, quick):
    return [
        Part("proof", prove_increase, {}),
        Part("trained", falling, {"seeds": some(seeds, quick)}),
    ]


def _increase_judge(found, seeds, quick):
    proof, trained = found["proof"], found["trained"]
    never_below = proof["sigmoid stays >= 0"] and not proof["tanh stays >= 0"]
    rises = proof["sigmoid rises with f = 1"]
    can_fall = not proof["sigmoid rises with f = 1/2"]
    verdict = "undecided"
    if never_below and rises:
        verdict = "depends" if can_fall else "holds"
    share = stats.bootstrap("share of steps at which c falls", trained["fell"], np.mean)
    sentence = (
        "With f = 1 a cell that is written σ only rises. With f < 1 it falls whenever "
        "it is above i g / (1 - f), but never below zero. In trained networks with a σ "
        f"candidate it falls in {_told(share)} of all steps."
    )
    numbers = {"fell": share.value, "lowest": min(trained["lowest"])}
    return Outcome(verdict, sentence, (share,), numbers, {})


# --- rescaled -------------------------------------------------------------------------


def prove_rescaled():
    """What carries over when tanh is written by σ, as booleans and numbers."""
    from lstm_core.experiments import candidate_proofs as proofs

    at_zero, everywhere = proofs.slopes_differ_by()
    return {
        "tanh z = σ(2z) - σ(-2z)": proofs.two_sigmoids(),
        "a difference of cells is a cell": proofs.difference_is_a_cell(),
        "slope at 0, tanh over σ": int(at_zero),
        "slope, tanh z over σ(2z)": int(everywhere),
    }


def rewritten(seeds, T=50, D=3, H=4, B=8):
    """How far h of a tanh-candidate LSTM is from h made of σ candidates, by seed.

    bare: output the identity, twice the units.  squashed: output tanh, the same twice
    the units, whose h cannot be added up any more.  single: output the identity, H
    units, σ(2a) read as 2c - 1, the shift taken once.
    """
    from lstm_core.experiments import rewriting

    off = {"bare": [], "squashed": [], "single": []}
    for seed in seeds:
        for name, difference in rewriting.differences(seed, T, D, H, B).items():
            off[name].append(difference)
    return off


def _rescaled_parts(seeds, quick):
    return [
        Part("proof", prove_rescaled, {}),
        Part("rewritten", rewritten, {"seeds": some(seeds, quick)}),
    ]


def _rescaled_judge(found, seeds, quick):
    proof, off = found["proof"], found["rewritten"]
    same = proof["tanh z = σ(2z) - σ(-2z)"] and proof["a difference of cells is a cell"]
    carries = same and max(off["bare"]) < 1e-9
    breaks = min(off["squashed"]) > 1e-3 and min(off["single"]) > 1e-3
    verdict = "undecided"
    if carries:
        verdict = "depends" if breaks else "holds"
    effects = tuple(
        stats.exactly(
            f"largest difference of h, {name}", max(off[name]), len(off[name])
        )
        for name in ("bare", "squashed", "single")
    )
    sentence = (
        "The identity is exact, and with a bare output a tanh candidate is two σ "
        f"cells subtracted, to {number(max(off['bare']), 1)}. In one cell, or behind "
        f"tanh, it is not: h is off by at least {min(off['single']):.2f} and "
        f"{min(off['squashed']):.2f}. At zero the slopes are 1 and 1/4."
    )
    numbers = {"ratio": proof["slope at 0, tanh over σ"]} | {
        name: [min(v), max(v)] for name, v in off.items()
    }
    return Outcome(verdict, sentence, effects, numbers, {})


# --- centred --------------------------------------------------------------------------

CENTRED = {
    name: {"candidate": row}
    for name, row in {
        "σ": "sigmoid",
        "σ − ½": "sigmoid_shifted",
        "2σ − 1": "sigmoid_signed",
        "tanh": "tanh",
        "tanh + ½": "tanh + 0.5",
        "tanh + 1": "tanh + 1",
        "hard tanh": "hard_tanh",
        "identity": "identity",
    }.items()
}
_TWO = ("counting", "orders")
DRIFTERS = {"σ": "sigmoid", "σ − ½": "sigmoid_shifted", "tanh": "tanh"} | {
    "tanh + 1": "tanh + 1"
}


def _centred_parts(seeds, quick):
    named = {name: {"name": row} for name, row in DRIFTERS.items()}
    drift = variants(candidates.drift, seeds, quick, named, "drift of {}", short={})
    return _parts(CENTRED, _TWO)(seeds, quick) + drift


def _centring_over_bounding(found, task):
    """How much more centring gains than bounding, and both: three `Effect`s.

    Centring alone: σ − ½ less σ, and tanh less tanh + 1, in the mean.  Bounding alone:
    tanh less identity.
    """
    half, shifted, tanh, raised, bare = (
        _scores(found, name, task)
        for name in ("σ", "σ − ½", "tanh", "tanh + 1", "identity")
    )
    centring = (shifted - half + tanh - raised) / 2
    bounding = tanh - bare
    return tuple(
        stats.paired(f"{name}, {task}, {UNIT[task]}", gain)
        for name, gain in (
            ("centring less bounding", centring - bounding),
            ("centring", centring),
            ("bounding", bounding),
        )
    )


def _growth(found, name, how):
    """The exponent p of c ~ T^p between the two times of `drift`."""
    early, late = np.array(found[f"drift of {name}"][how]).T
    power = np.log(late / early) / np.log(np.divide(*candidates.TIMES[::-1]))
    return stats.bootstrap(f"growth of c, {name}, {how}", power, np.mean)


def _centred_judge(found, seeds, quick):
    gains = {task: _centring_over_bounding(found, task) for task in _TWO}
    sides = [
        (one[0].low > SMALLEST[task]) - (one[0].high < -SMALLEST[task])
        for task, one in gains.items()
    ]
    verdict = "undecided"
    if all(sides) and _learns(found, "tanh", _TWO):
        verdict = {2: "fails", -2: "holds", 0: "depends"}[sum(sides)]
    drifts = [_growth(found, n, how) for how in ("alone", "at_birth") for n in DRIFTERS]
    shifts = [
        _gain(found, name, other, task)
        for task in _TWO
        for name, other in (
            ("σ − ½", "σ"),
            ("tanh", "tanh + 1"),
            ("tanh + ½", "tanh + 1"),
            ("tanh", "tanh + ½"),
            ("tanh", "2σ − 1"),
            ("tanh", "hard tanh"),
        )
    ]
    effects = (*gains["counting"], *gains["orders"], *shifts, *drifts)
    sentence = "; ".join(
        f"{task}: centring gains {_told(one[1])} and a bound {_told(one[2])} "
        f"({UNIT[task]})"
        for task, one in gains.items()
    )
    lead = ", ".join(f"{_told(one[0])} in {task}" for task, one in gains.items())
    sentence += f"; centring leads by {lead}"
    sentence = sentence.replace("orders", "register")
    at_birth = {n: found[f"drift of {n}"]["at_birth"] for n in DRIFTERS}
    numbers = _numbers(found, CENTRED, _TWO) | {
        "growth": {how: {} for how in ("alone", "at_birth")},
        "size": {n: float(np.mean(v, axis=0)[1]) for n, v in at_birth.items()},
    }
    for effect in drifts:
        _, name, how = effect.name.split(", ")
        numbers["growth"][how][name] = effect.value
    failed = _failures(found, CENTRED, _TWO)
    leads = [one[0] for one in gains.values()]
    sentence += "." + would_take(verdict, leads, -0.5, 0.5)
    return Outcome(verdict, sentence, effects, numbers, failed)


# --- same-vector ----------------------------------------------------------------------

SAME = {
    "apart": {},
    "tied": {"i": "one", "candidate": "tied"},
    "g alone": {"i": "one"},
    "i alone": {"i": "one", "candidate": "sigmoid"},
}
_LESS = ("tied", "g alone", "i alone")
_PAIR = ("counting", "adding")


def _same_judge(found, seeds, quick):
    costs = {
        name: [_gain(found, "apart", name, task) for task in _PAIR] for name in _LESS
    }
    lost = [_lost(cost) for cost in costs.values()]
    verdict = "undecided"
    if _learns(found, "apart", _PAIR):
        if all(True in one for one in lost):
            verdict = "fails"
        elif [False, False] in lost:
            verdict = "holds"
    sentence = f"What is lost, in counting and in adding: {_costs_told(costs)}."
    effects = tuple(cost for pair in costs.values() for cost in pair)
    # To be worse in one task is enough
    easier = [min(pair, key=_seeds_to_tell) for pair in costs.values()]
    sentence += would_take(verdict, easier, 0.5)
    numbers, failed = _numbers(found, SAME, _PAIR), _failures(found, SAME, _PAIR)
    return Outcome(verdict, sentence, effects, numbers, failed)


def _seeds_to_tell(cost):
    """How many seeds would show a loss of more than the smallest effect."""
    return stats.seeds_to_clear(cost, 0.5) if cost.value > 0.5 else np.inf


def _lost(costs):
    """Whether more than the smallest effect is lost, on each of the two tasks."""
    return [clear(cost, SMALLEST[t]) for cost, t in zip(costs, _PAIR, strict=True)]


def _costs_told(costs):
    each = (f"{n} {_told(one)} and {_told(other)}" for n, (one, other) in costs.items())
    return "; ".join(each)


# --- mask -----------------------------------------------------------------------------

MASK = {"σ, tanh": {}, "f = 1": {"f": "one"}, "σ candidate": {"candidate": "sigmoid"}}


def prove_mask():
    """That a write is a shift and forgetting a constant, as booleans."""
    from lstm_core.experiments import candidate_proofs as proofs

    return {
        "a write is a shift": proofs.write_is_a_shift(),
        "forgetting is constant": proofs.forgetting_is_constant(),
        "one write empties one content": len(proofs.one_write_for_all((1,))) == 1,
        "no write empties them all": proofs.one_write_for_all() == [],
    }


def without_cell(slots, seeds):
    """How large trained networks let c grow, and whether they need it, by seed.

    size: the root mean square of c after 100 orders.  right: the share of 20 steps that
    are right if the cell is emptied before each, so that only h carries the content.
    """
    run = _trained("register", seeds, slots)
    batch = compare.LONG.draw(Draws(compare.HELD_OUT))
    _, state, _ = run.model.forward(run.p, batch.xs)
    size = np.sqrt((state.c**2).mean(axis=(1, 2)))
    cell, p, hs = run.model.body.cell, run.p.body, []
    state = cell.zero_state(p, batch.xs.shape[1])
    for x in batch.xs[:20]:
        state, _ = cell.step(p, x, state._replace(c=0 * state.c))
        hs.append(state.h)
    ys, _, _ = run.model.readout.forward(run.p.readout, np.stack(hs))
    right = (ys.argmax(axis=-1) == batch.ys[:20, None]).mean(axis=(0, 2))
    return {"size": size.tolist(), "right": right.tolist()}


def _mask_parts(seeds, quick):
    named = {name: {"slots": slots} for name, slots in MASK.items()}
    where = variants(without_cell, seeds, quick, named, "where, {}", short={})
    trained = _parts(MASK, ("register",))(seeds, quick)
    return [Part("proof", prove_mask, {}), *trained, *where]


def _mask_judge(found, seeds, quick):
    costs = [_gain(found, "σ, tanh", name, "register") for name in list(MASK)[1:]]
    lost = clear(costs[0], SMALLEST["register"])
    verdict = "undecided"
    learns = _learns(found, "σ, tanh", ("register",))
    if all(found["proof"].values()) and learns and lost is not None:
        verdict = "holds" if lost else "depends"
    slower = [_speed(found, name, "σ, tanh", "register") for name in list(MASK)[1:]]
    where = [
        stats.bootstrap(f"{title}, {name}", found[f"where, {name}"][key], np.median)
        for key, title in (
            ("size", "c after 100 orders"),
            ("right", "share of steps right with the cell emptied"),
        )
        for name in MASK
    ]
    sentence = (
        "A write shifts every content by the same amount, forgetting takes every "
        "content to 0, and no write does. But a trained network, which reads "
        "what it holds, can do without: of 100 new sequences of 100 orders, f at 1 "
        f"loses {_told(costs[0], lambda share: 100 * share)} and a σ candidate "
        f"{_told(costs[1], lambda share: 100 * share)}. "
        f"They take {2 ** slower[0].value:.1f} and {2 ** slower[1].value:.1f} times "
        "the updates."
    ) + would_take(verdict, costs[:1], SMALLEST["register"])
    numbers = _numbers(found, MASK, ("register",))
    failed = _failures(found, MASK, ("register",))
    effects = (*costs, *slower, *where)
    return Outcome(verdict, sentence, effects, numbers, failed)


# --- which-input ----------------------------------------------------------------------


_READ = ("counting", "register")


def prove_both():
    """letter → whether both ∂/∂x and ∂/∂h are formulas that are not zero."""
    from lstm_core.experiments import candidate_proofs as proofs

    return {
        letter: bool(dx != 0 and dh != 0)
        for letter, (dx, dh) in proofs.both_act_on_both().items()
    }


def shares(task, seeds):
    """What share of the spread of a pre-activation comes from h, by letter and seed.

    var(hU) / (var(xW) + var(hU)) over steps and sequences, summed over the units of a
    trained network: 0 if only x mattered, 1 if only h did.
    """
    run = _trained(task, seeds)
    batch = compare.TASKS[task].draw(Draws(compare.HELD_OUT))
    hs, _, trace = run.model.forward(run.p, batch.xs, lengths=batch.lengths)
    steps = trace.body.steps
    keep = np.asarray(batch.mask)  # (T, B)
    told = {}
    for letter, gate in run.p.body._asdict().items():
        spread = [
            np.stack([(v[:, e] @ w)[keep].var(axis=0) for e, w in enumerate(weights)])
            for v, weights in ((_models(steps.x, hs), gate.W), (steps.h_prev, gate.U))
        ]
        from_x, from_h = (one.sum(axis=-1) for one in spread)
        told[letter] = (from_h / (from_x + from_h)).tolist()
    return told


def _models(xs, hs):
    """xs (T, B, D) or (T, E, B, D) with the axis E of the trace."""
    return xs if xs.ndim == 4 else np.broadcast_to(
        xs[:, None], (*hs.shape[:3], xs.shape[-1])
    )  # fmt: skip


def _which_parts(seeds, quick):
    named = {task: {"task": task} for task in _READ}
    read = variants(shares, seeds, quick, named, short={})
    return [Part("proof", prove_both, {}), *read]


def _which_judge(found, seeds, quick):
    effects, numbers = [], {}
    for task in _READ:
        gates = 1 - np.mean([found[task][k] for k in "ifo"], axis=0)
        effects += [
            stats.bootstrap(f"share of x in the gates, {task}", gates, np.mean),
            stats.bootstrap(f"share of h in g, {task}", found[task]["g"], np.mean),
        ]
        numbers[task] = {k: float(np.mean(found[task][k])) for k in "ifog"}
    used = [clear(effect, 0.05) for effect in effects]
    verdict = "undecided"
    if all(found["proof"].values()) and None not in used:
        verdict = "fails" if all(used) else "depends" if any(used) else "holds"
    sentence = (
        "All four squash a sum over both. In trained networks x makes "
        f"{_told(effects[0])} of the spread in the gates and h {_told(effects[1])} of "
        f"that in g when counting, {_told(effects[2])} and {_told(effects[3])} in the "
        "register."
    )
    return Outcome(verdict, sentence, tuple(effects), numbers, {})


# --- faster ---------------------------------------------------------------------------

FASTER = {name: CENTRED[name] for name in ("tanh", "σ", "σ − ½", "tanh + 1")}
_THREE = ("counting", "register", "adding")
_FACTOR = float(np.log2(1.25))


def _updates(found, name, task):
    """log2 of the updates that a variant needs (S,), at the rate with the fewest."""
    logs = np.log2(found[f"{name}, {task}"]["updates"])
    return logs[logs.mean(axis=1).argmin()]


def _speed(found, slow, fast, task):
    title = f"updates of {slow} over those of {fast}, {task}, log2"
    return stats.paired(
        title, _updates(found, slow, task) - _updates(found, fast, task)
    )


def _faster_judge(found, seeds, quick):
    gains = [_speed(found, "σ", "tanh", task) for task in _THREE]
    sides = [(e.low > _FACTOR) - (e.high < _FACTOR) for e in gains]
    verdict = "undecided"
    if all(sides) and _learns(found, "tanh", _THREE):
        verdict = {3: "holds", -3: "fails"}.get(sum(sides), "depends")
    others = [
        _speed(found, slow, fast, task)
        for task in _THREE
        for slow, fast in (("σ", "σ − ½"), ("σ − ½", "tanh"), ("tanh + 1", "tanh"))
    ]
    sentence = "σ takes so many times the updates of tanh: " + ", ".join(
        f"{task} {_told(e, np.exp2)}" for task, e in zip(_THREE, gains, strict=True)
    )
    numbers = {
        task: {
            name: {
                "updates": (2 ** _updates(found, name, task)).round().tolist(),
                "never": int(np.sum(_updates(found, name, task) >= _last(found, task))),
            }
            for name in FASTER
        }
        for task in _THREE
    }
    sentence += "." + would_take(verdict, gains, _FACTOR)
    failed = _failures(found, FASTER, _THREE)
    return Outcome(verdict, sentence, (*gains, *others), numbers, failed)


def _last(found, task):
    """log2 of the number of updates there were."""
    return np.log2(found[f"tanh, {task}"]["at"][-1])


# --- good-unit ------------------------------------------------------------------------

GOOD = {
    "tanh": {"candidate": "tanh"},
    "identity": {"candidate": "identity"},
    "ReLU": {"candidate": "relu"},
    "sine": {"candidate": "sine"},
    "hard tanh": {"candidate": "hard_tanh"},
    "sign": {"candidate": "sign"},
}
_WITHOUT = {"bounded": "identity", "monotone": "sine", "a slope": "sign"}


def _matters(costs):
    """Of one property, from what it costs on each task: True, False or None."""
    lost = _lost(costs)
    if True in lost:
        return True
    return None if None in lost else False


def _good_judge(found, seeds, quick):
    costs = {
        name: [_gain(found, "tanh", name, task) for task in _PAIR]
        for name in list(GOOD)[1:]
    }
    matters = {what: _matters(costs[name]) for what, name in _WITHOUT.items()}
    answers = set(matters.values())
    verdict = "undecided"
    if not _learns(found, "tanh", _PAIR):
        pass
    elif {True, False} <= answers:
        verdict = "depends"
    elif answers in ({True}, {False}):
        verdict = "holds" if True in answers else "fails"
    sentence = (
        f"What is lost against tanh, in counting and in adding: {_costs_told(costs)}."
    )
    effects = tuple(cost for pair in costs.values() for cost in pair)
    decisive = [cost for name in _WITHOUT.values() for cost in costs[name]]
    sentence += would_take(verdict, decisive, 0.5)
    numbers = _numbers(found, GOOD, _PAIR) | {"matters": matters}
    failed = _failures(found, GOOD, _PAIR)
    return Outcome(verdict, sentence, effects, numbers, failed)


# --- the claims -----------------------------------------------------------------------

CLAIMS = (
    Claim(
        id="only-increase",
        statement="With a sigmoid candidate the state could only increase.",
        source="answers to 'What is the intuition of using tanh in LSTM', Stack "
        "Overflow",
        kind="theorem",
        chapter="candidate",
        prediction="Half right: c never falls below zero, and with f = 1 it only "
        "rises; but f < 1 can make it fall.",
        metric="Proofs by SymPy; and the share of steps at which c falls in networks "
        "with a σ candidate that have learnt to count (4 units, aⁿbⁿ up to 10).",
        rule="Depends if c >= 0 and the rise at f = 1 are proved and a rise at f = 1/2 "
        "is not; holds if that is too; else undecided.",
        smallest="none: a proof",
        parts=_increase_parts,
        judge=_increase_judge,
    ),
    Claim(
        id="rescaled",
        statement="tanh is only a rescaled sigmoid, so there is no meaningful "
        "difference between their derivatives.",
        source="answers on why an LSTM has two activation types",
        kind="theorem",
        chapter="candidate",
        prediction="The identity is exact. With a bare output two σ cells subtracted "
        "are one tanh cell; in one cell, or behind tanh, the shift is written at "
        "every step and nothing takes it away.",
        metric="Proofs by SymPy; and the largest difference of h over 50 steps "
        "between an LSTM with a tanh candidate and the same written with σ.",
        rule="Depends if the difference is below 1e-9 with a bare output and twice "
        "the units, but above 1e-3 behind tanh and with one σ cell a unit; holds if "
        "all are small; else undecided.",
        smallest="a difference of 1e-3",
        parts=_rescaled_parts,
        judge=_rescaled_judge,
    ),
    Claim(
        id="centred",
        statement="What makes a good candidate is that it is bounded.",
        source="answers on why tanh and not ReLU in an LSTM",
        kind="experiment",
        chapter="candidate",
        prediction="No: it is that it is centred. σ − ½ beats σ, from which it "
        "differs by a constant alone, and tanh beats tanh + 1; identity does nearly "
        "as well as tanh.",
        metric=_SETTING + _SCORES + "Centring: the mean of σ − ½ less σ and tanh less "
        "tanh + 1. Bounding: tanh less identity. Also how fast c grows with T when "
        "nothing is forgotten. The register is scored by its loss, because the claim "
        "`mask`, run first, found all its shares at their ceiling.",
        rule="With D = centring less bounding, paired by seed: fails if D is clear of "
        "the smallest effect in both tasks, holds if -D is, depends if they "
        "contradict each other, else undecided." + _GUARD,
        smallest=_SMALL,
        parts=_centred_parts,
        judge=_centred_judge,
        seeds=range(120),
    ),
    Claim(
        id="same-vector",
        statement="i and g squash the same vector, so one of them is redundant.",
        source="a question on Cross Validated on the interplay of sigmoid and tanh",
        kind="experiment",
        chapter="candidate",
        prediction="No. Tied weights and i alone lose in counting, because little or "
        "nothing can be taken away; g alone loses in adding, because what is unmarked "
        "must be kept out, but hardly in counting.",
        metric=_SETTING + _SCORES + "Variants: i and g with weights of their own; with "
        "the same weights; g alone (i = 1); i alone (σ in place of i · g).",
        rule="Fails if each of the three is clearly worse in at least one task; holds "
        "if one of them loses less than the smallest effect in both, clearly; else "
        "undecided." + _GUARD,
        smallest=_SMALL,
        parts=_parts(SAME, _PAIR),
        judge=_same_judge,
        seeds=range(120),
    ),
    Claim(
        id="mask",
        statement="The forget gate is a mask that resets an item to 0, which is not "
        "the same as writing -1.",
        source="a comment on Cross Validated asking for a real example",
        kind="theorem",
        chapter="candidate",
        prediction="True: a write shifts every content by the same amount, forgetting "
        "takes every content to 0. A network without f must read what it holds before "
        "it can take it away, and loses in the register; so does one without signed "
        "writes.",
        metric="Proofs by SymPy. "
        + _SETTING
        + "The register, as in the claim `centred`, "
        "with f held at 1, and with a σ candidate. (Added after the first run, and "
        "outside the rule: the updates they take, how large c is, and how much is "
        "left without the cell.)",
        rule="Holds if it is proved and f held at 1 clearly loses; depends if it is "
        "proved and f held at 1 clearly loses less than the smallest effect; else "
        "undecided." + _GUARD,
        smallest="0.1 of the sequences",
        parts=_mask_parts,
        judge=_mask_judge,
    ),
    Claim(
        id="which-input",
        statement="σ acts on the previous state and tanh on the current input.",
        source="answers on the two activation types of an LSTM",
        kind="measurement",
        chapter="candidate",
        prediction="No: all four squash a sum over both, and trained networks use "
        "both.",
        metric="Derivatives by SymPy. In trained networks (4 units, Adam at 0.03, 600 "
        "updates) var(hU) / (var(xW) + var(hU)) of each pre-activation, for counting "
        "and the register.",
        rule="Fails if no derivative is zero and, in both tasks, the share of x in "
        "the gates and the share of h in g are clearly above 0.05; depends if only "
        "some are; holds if none is; else undecided.",
        smallest="a share of 0.05",
        parts=_which_parts,
        judge=_which_judge,
    ),
    Claim(
        id="faster",
        statement="tanh converges faster than sigmoid (as the candidate).",
        source="answers to 'What is the intuition of using tanh in LSTM', Stack "
        "Overflow",
        kind="experiment",
        chapter="candidate",
        prediction="True in all three tasks; the constant explains more of it than the "
        "slope does.",
        metric=_SETTING + "Updates until the mean of 20 losses is below 0.1 (counting, "
        "register) or 0.02 (adding), 600 if never; each variant at the rate with the "
        "fewest.",
        rule="Holds if σ clearly takes more than 1.25 times the updates of tanh in "
        "all three tasks; fails if it clearly takes less than that in all three; "
        "depends if the tasks differ and each is clear; else undecided." + _GUARD,
        smallest="a factor of 1.25",
        parts=_parts(FASTER, _THREE),
        judge=_faster_judge,
    ),
    Claim(
        id="good-unit",
        statement="A good unit is bounded, monotone and easily differentiated.",
        source="answers to 'What is the intuition of using tanh in LSTM', Stack "
        "Overflow",
        kind="experiment",
        chapter="candidate",
        prediction="A slope matters, and kinks do not. To be bounded or monotone "
        "matters little on these tasks.",
        metric=_SETTING + _SCORES + "Candidates without one of the three: identity and "
        "ReLU (not bounded), sine (not monotone), hard tanh (no slope at ±1 and none "
        "beyond), the sign of z (no slope anywhere).",
        rule="A property matters if taking it away (identity, sine, sign) clearly "
        "loses in one task or more, and does not if it clearly loses less than the "
        "smallest effect in both. Holds if all three matter, fails if none does, "
        "depends if some do and some do not, else undecided." + _GUARD,
        smallest=_SMALL,
        parts=_parts(GOOD, _PAIR),
        judge=_good_judge,
    ),
)
