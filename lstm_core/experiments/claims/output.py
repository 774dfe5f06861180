"""Claims about the second squasher, on the cell's way out.

Chapter: output.
"""

import numpy as np

from lstm_core import unroll
from lstm_core.cells.gate import Gate
from lstm_core.cells.lstm import LSTM, Params
from lstm_core.draws import Draws
from lstm_core.experiments import candidates, compare, stats, sweep
from lstm_core.experiments.claim import Claim, Outcome, Part
from lstm_core.layers import Model, Recurrent

SMALLEST = 0.5  # doublings: 1.4 times as far


# --- binarizer ----------------------------------------------------------------------


def first_one():
    """The first integer n whose tanh, rounded, is 1; and NumPy's own.

    tanh n = 1 - 2 / (e²ⁿ + 1) rounds to 1 once 2 / (e²ⁿ + 1) is no more
    than half the gap below 1.
    """
    n = np.arange(1, 60)
    found = {}
    for dtype in (np.float32, np.float64):
        gap = float(np.finfo(dtype).epsneg)
        nearest = 2 / (np.exp(2.0 * n) + 1) <= gap / 2
        name = np.dtype(dtype).name
        found[name] = int(n[nearest][0])
        found[f"NumPy {name}"] = int(n[np.tanh(n.astype(dtype)) == 1][0])
    return found


def signed(seeds, steps=compare.UPDATES, rate=0.1):
    """Networks trained to count, and the same with the sign in place of tanh(c).

    before, after: reach (S,).  near: of all units and steps of the string with n = 10,
    the share (S,) with |tanh c| > 0.9.
    """
    task = compare.COUNTING
    trained = compare.train(task, seeds, steps=steps, rates=(rate,))
    hard = Model(
        Recurrent(LSTM(output=candidates.row("sign")), 4), trained.model.readout
    )
    batch = task.examples([10])
    _, _, trace = trained.model.forward(trained.p, batch.xs)
    near = (np.abs(trace.body.steps.s) > 0.9).mean(axis=(0, 2, 3))
    after = sweep.reach(trained._replace(model=hard), task, compare.FAR)[0]
    return {
        "before": sweep.reach(trained, task, compare.FAR)[0].tolist(),
        "after": after.tolist(),
        "near": near.tolist(),
    }


def _binarizer_parts(seeds, quick):
    some = compare.some(seeds, quick)
    short = {"steps": compare.QUICK["steps"]} if quick else {}
    return [
        Part("first one", first_one, {}),
        Part("sign", signed, {"seeds": some, **short}),
    ]


def _binarizer_judge(found, seeds, quick):
    sign = found["sign"]
    kept = compare.doublings(
        "sign in place of the output tanh of a trained network, doublings of the reach",
        sign["after"],
        sign["before"],
    )
    near = stats.bootstrap("share of |tanh c| above 0.9", sign["near"], np.mean)
    verdict = compare.VERDICT[compare.clear(kept, -SMALLEST)]
    if np.median(sign["before"]) < 10:
        verdict = "undecided"
    sentence = (
        f"{100 * near.value:.0f} % of the squashed cells of trained counters lie "
        f"within 0.1 of ±1; with the sign in place of tanh the median reach goes from "
        f"{np.median(sign['before']):g} to {np.median(sign['after']):g}."
    ) + compare.would_take(verdict, [kept], -SMALLEST)
    numbers = {"first": found["first one"]} | {
        k: float(np.median(sign[k])) for k in ("before", "after")
    }
    missed = int(np.sum(np.array(sign["before"]) < 10))
    return Outcome(verdict, sentence, (kept, near), numbers, {"did not learn": missed})


BINARIZER = Claim(
    id="binarizer",
    statement="The output tanh turns the count into -1 or +1.",
    source="answers on how an LSTM counts",
    kind="experiment",
    chapter="output",
    prediction="Fails: tanh reaches ±1 to the last bit only for large counts, and the "
    "readout of a trained counter needs the values in between, near 0, where it ends.",
    metric="The first integer n with tanh n = 1; the share of squashed cells beyond "
    "±0.9; and the reach of trained counters when tanh(c) is replaced by sign(c) "
    "without further training, paired by network, in doublings.",
    rule="Holds if the reach with the sign is not worse by more than the smallest "
    "effect (whole 95 % interval), fails if it is, undecided otherwise or where the "
    "networks did not learn.",
    smallest="half a doubling of the reach",
    parts=_binarizer_parts,
    judge=_binarizer_judge,
)


# --- second-tanh --------------------------------------------------------------------

OUTPUTS = ("tanh", "identity", "hard_tanh", "softsign")


def _second_parts(seeds, quick):
    named = {name: {"slots": {"output": name}} for name in OUTPUTS}
    counting = compare.variants(compare.counting, seeds, quick, named, "counting, {}")
    return counting + compare.adding_variants(seeds, quick, named)


def _second_judge(found, seeds, quick):
    counting = compare.bests(found, OUTPUTS, "counting, {}")
    adding = compare.bests(found, OUTPUTS, "adding, {}", "right")
    effects, sides = [], {}
    for name in OUTPUTS[1:]:
        where = " on the way out, counting"
        first = compare.against(counting, name, "tanh", where)
        second = compare.loss_halvings(
            f"{name} against tanh on the way out, adding, halvings of the loss",
            adding[name],
            adding["tanh"],
        )
        effects += [first, second]
        sides[name] = [compare.side(e, SMALLEST) for e in (first, second)]
    verdict = compare.of_all(effects[:2], -SMALLEST)
    worse = -1 in sides["identity"]
    if not compare.can_count(counting["tanh"]) or verdict == "depends" and not worse:
        verdict = "undecided"
    reach = compare.medians(counting)
    loss = {name: float(np.nanmedian(b.loss)) for name, b in adding.items()}
    sentence = (
        f"Without the second tanh counters reach {reach['identity']:g} in the median, "
        f"with it {reach['tanh']:g}; the adding problem ends at a loss of "
        f"{loss['identity']:.2g} without and {loss['tanh']:.2g} with it."
    ) + compare.would_take(verdict, effects[:2], -SMALLEST)
    numbers = {"reach": reach, "loss": loss, "sides": sides}
    failed = compare.failures(counting, learned=10)
    failed["diverged, adding"] = {n: b.diverged for n, b in adding.items()}
    return Outcome(verdict, sentence, tuple(effects), numbers, failed)


SECOND_TANH = Claim(
    id="second-tanh",
    statement="The second tanh is not needed, since the GRU has none.",
    source="questions on why tanh is applied again to the cell state",
    kind="experiment",
    chapter="output",
    prediction="Depends: a bare count grows with n and drives the gates, so counting "
    "suffers; on a task with a bounded state little is lost.",
    metric="Counting: reach as in gate-range, in doublings. Adding (T = 20, H = 8, "
    "half the seeds): the last loss, in halvings. Identity, hard tanh and softsign in "
    "the place of the output tanh, paired by seed.",
    rule="Holds if the identity is not worse by more than the smallest effect on "
    "either task (whole 95 % intervals); fails if it is worse on both; depends if the "
    "tasks differ; undecided if an interval is open and none is clearly worse.",
    smallest="half a doubling of the reach, half a halving of the loss",
    parts=_second_parts,
    judge=_second_judge,
    seeds=range(60),
)


# --- unbounded ----------------------------------------------------------------------


def grown(T=400, H=8, draws=50):
    """Whether |c_t| <= |c_0| + t in random networks, and how near a set one comes.

    within: of all draws, units and steps, the share that keeps the bound.
    share: c_T / T of a network with all gates and candidates at σ(40) and tanh(40).
    """
    within = []
    for seed in range(draws):
        rng = Draws(seed)
        cell = LSTM()
        p = cell.init(rng, 3, H)
        p = Params(*(Gate(*(4 * leaf for leaf in gate)) for gate in p))
        xs = rng.normal(0.0, 2.0, (T, 1, 3))
        _, _, trace = unroll.forward(cell, p, xs)
        bound = 1.0 + np.arange(T)[:, None, None]
        within.append(np.mean(np.abs(trace.c) <= bound))
    zero = np.zeros((1, 1))
    full = Gate(zero, zero, np.array([40.0]))
    _, _, trace = unroll.forward(
        LSTM(), Params(full, full, full, full), np.zeros((T, 1, 1))
    )
    return {"within": float(np.mean(within)), "share": float(trace.c[-1, 0, 0] / T)}


def step_bound():
    """Whether |f c + i g| <= |c| + 1 for f and i from 0 to 1 and g from -1 to 1.

    The sum is linear in f and in i · g, so it is largest and smallest at corners; there
    SymPy compares it with the bound, for c >= 0 (for c < 0 turn both signs).
    """
    import sympy as sp

    c = sp.Symbol("c", nonnegative=True)
    corners = [f * c + i * g for f in (0, 1) for i in (0, 1) for g in (-1, 1)]
    inside = [
        (1 + c - x).is_nonnegative and (1 + c + x).is_nonnegative for x in corners
    ]
    return {"corners": len(corners), "inside": sum(map(bool, inside))}


def _unbounded_parts(seeds, quick):
    return [
        Part("proof", step_bound, {}),
        Part("growth", grown, {"T": 100 if quick else 400}),
    ]


def _unbounded_judge(found, seeds, quick):
    growth = found["growth"]
    proof = found["proof"]
    holds = growth["within"] == 1 and growth["share"] > 0.99
    holds = holds and proof["inside"] == proof["corners"]
    sentence = (
        "|c_t| <= |c_0| + t, since each step keeps a fraction of c and adds less than "
        "1; the bound is reached up to rounding by a network whose gates are all open. "
        "So c has no limit, but needs t steps to reach t."
    )
    effects = (
        stats.exactly("c after T steps, over T, all gates open", growth["share"]),
        stats.exactly("share of steps within the bound", growth["within"]),
    )
    return Outcome("holds" if holds else "fails", sentence, effects, growth, {})


UNBOUNDED = Claim(
    id="unbounded",
    statement="The state can run to plus or minus infinity.",
    source="answers on why the cell is squashed on its way out",
    kind="theorem",
    chapter="output",
    prediction="Holds, one unit a step: |c_t| <= |c_0| + t when g is in (-1, 1) and "
    "the gates in (0, 1), by induction: |f c + i g| <= |c| + 1.",
    metric="The bound of one step at the corners of the box, by SymPy; at every step "
    "of random networks with large weights; and c_T / T of a network with all gates "
    "open.",
    rule="Holds if no corner and no step breaks the bound and the open network comes "
    "within 1 %.",
    smallest="none: a theorem",
    parts=_unbounded_parts,
    judge=_unbounded_judge,
)

CLAIMS = (BINARIZER, SECOND_TANH, UNBOUNDED)
