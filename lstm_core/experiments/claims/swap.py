"""Claims about swapping tanh for something else.

Chapter: swap.
"""

import time

import numpy as np

from lstm_core import fused, losses
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.experiments import compare, stats
from lstm_core.experiments.claim import Claim, Outcome, Part
from lstm_core.layers import Linear, Model, Recurrent
from lstm_core.optim import Adam
from lstm_core.tasks import Adding

SMALLEST = 0.5  # doublings of the reach, halvings of the loss

VARIANTS = {
    "tanh": {},
    "ReLU in the candidate": {"candidate": "relu"},
    "leaky ReLU in the candidate": {"candidate": "leaky_relu"},
    "ReLU in both": {"candidate": "relu", "output": "relu"},
    "leaky ReLU in both": {"candidate": "leaky_relu", "output": "leaky_relu"},
    "hard tanh in both": {"candidate": "hard_tanh", "output": "hard_tanh"},
    "hard tanh in the candidate": {"candidate": "hard_tanh"},
}
LAGS = (20, 40)


def _both_tasks(seeds, quick, names):
    """Parts for counting and for adding over each T: keys "task: variant"."""
    named = {name: {"slots": VARIANTS[name]} for name in names}
    parts = compare.variants(compare.counting, seeds, quick, named, "counting: {}")
    for T in LAGS[:1] if quick else LAGS:
        key = f"adding, T = {T}: {{}}"
        parts += compare.adding_variants(seeds, quick, named, key, T)
    return parts


def _effects(found, names):
    """({task: {name: Best}}, [Effect], {name: {task: side}}), each against tanh."""
    tasks = list(dict.fromkeys(key.split(": ")[0] for key in found if ": " in key))
    score = {"counting": "reach"}
    bests = {
        task: compare.bests(found, names, f"{task}: {{}}", score.get(task, "right"))
        for task in tasks
    }
    effects, sides = [], {name: {} for name in names[1:]}
    for task, of in bests.items():
        for name in names[1:]:
            if task == "counting":
                effect = compare.against(of, name, "tanh", f", {task}")
            else:
                title = f"{name} against tanh, {task}, halvings of the loss"
                effect = compare.loss_halvings(title, of[name], of["tanh"])
            effects.append(effect)
            sides[name][task] = compare.side(effect, SMALLEST)
    return bests, effects, sides


def _verdict(bests, effects):
    """The rule of relu and of hard-tanh."""
    sides = {compare.side(effect, SMALLEST) for effect in effects}
    if not compare.can_count(bests["counting"]["tanh"]):
        return "undecided"
    if all(effect.low > -SMALLEST for effect in effects):
        return "holds"
    if sides == {-1}:
        return "fails"
    return "depends" if {-1, 1} & sides else "undecided"


def _numbers(bests, sides):
    middle = {
        task: {
            name: float(np.median(b.scores if task == "counting" else b.loss))
            for name, b in of.items()
        }
        for task, of in bests.items()
    }
    rates = {task: {n: b.rate for n, b in of.items()} for task, of in bests.items()}
    return {"median": middle, "rates": rates, "sides": sides}


def _failures(bests):
    told = compare.failures(bests["counting"], learned=10)
    for task, of in bests.items():
        told[f"diverged, {task}"] = {name: b.diverged for name, b in of.items()}
    return told


# --- relu ---------------------------------------------------------------------------

RELUS = tuple(VARIANTS)[:5]


def loose(seeds, steps=300, rates=(0.01, 0.1)):
    """Without clipping, on adding over 40 steps: how many of S diverge, by rate.

    A loss above 100 counts as diverged.
    """
    found = {}
    for name in RELUS:
        run = compare.adding(
            seeds, T=40, slots=VARIANTS[name], steps=steps, rates=rates, clip=np.inf
        )
        loss = np.array(run["loss"], float)
        found[name] = np.sum(~(loss < 100), axis=1).tolist()
    return {"rates": list(rates), "diverged": found, "n": len(seeds)}


def _relu_parts(seeds, quick):
    some = list(seeds[:10])
    short = {"steps": 60, "rates": (0.1,)} if quick else {}
    return [
        *_both_tasks(seeds, quick, RELUS),
        Part("loose", loose, {"seeds": some, **short}),
    ]


def _relu_judge(found, seeds, quick):
    found, free = {k: v for k, v in found.items() if k != "loose"}, found["loose"]
    bests, effects, sides = _effects(found, RELUS)
    worse = [n for n, of in sides.items() if -1 in of.values()]
    better = [n for n, of in sides.items() if 1 in of.values()]
    reach = compare.medians(bests["counting"])
    sentence = (
        f"Counting, the median reach is {reach['tanh']:g} with tanh, "
        f"{reach['ReLU in the candidate']:g} with ReLU in the candidate and "
        f"{reach['ReLU in both']:g} with ReLU in candidate and output. Clearly worse "
        f"on some task: {', '.join(worse) or 'none'}; clearly better on some: "
        f"{', '.join(better) or 'none'}."
    )
    numbers = _numbers(bests, sides) | {"loose": free}
    verdict = _verdict(bests, effects)
    sentence += compare.would_take(verdict, effects, -SMALLEST)
    return Outcome(verdict, sentence, tuple(effects), numbers, _failures(bests))


RELU = Claim(
    id="relu",
    statement="ReLU (or leaky ReLU) is a very good alternative to tanh.",
    source="answers on the intuition of tanh in the LSTM; Keras' activation='relu'",
    kind="experiment",
    chapter="swap",
    prediction="Depends: in the candidate alone a ReLU cannot subtract, so counting "
    "suffers; in candidate and output, as Keras' activation='relu' sets both, nothing "
    "bounds h, and training is at the mercy of rate and clipping.",
    metric="Counting: reach, in doublings. Adding over 20 and over 40 steps (H = 8, "
    "half the seeds): the last loss, in halvings. Four variants against tanh, paired "
    "by seed, each at its best of three rates, gradients clipped at 1; beside it how "
    "many diverge without clipping.",
    rule="Holds if no variant is worse by more than the smallest effect on any task "
    "(whole 95 % interval within or above), fails if every variant is worse on every "
    "task, undecided if no interval lies beyond the smallest effect or tanh does not "
    "learn; otherwise depends.",
    smallest="half a doubling of the reach, half a halving of the loss",
    parts=_relu_parts,
    judge=_relu_judge,
)


# --- hard-tanh ----------------------------------------------------------------------

HARD = ("tanh", "hard tanh in the candidate", "hard tanh in both")


def _hard_parts(seeds, quick):
    return _both_tasks(seeds, quick, HARD)


def _hard_judge(found, seeds, quick):
    bests, effects, sides = _effects(found, HARD)
    reach = compare.medians(bests["counting"])
    sentence = (
        f"Counting, the median reach is {reach['tanh']:g} with tanh and "
        f"{reach['hard tanh in both']:g} with hard tanh in candidate and output."
    )
    numbers, verdict = _numbers(bests, sides), _verdict(bests, effects)
    sentence += compare.would_take(verdict, effects, -SMALLEST)
    return Outcome(verdict, sentence, tuple(effects), numbers, _failures(bests))


HARD_TANH = Claim(
    id="hard-tanh",
    statement="Hard tanh is as good as tanh, its zero gradient beyond ±1 "
    "notwithstanding.",
    source="answers that list hard tanh among good units",
    kind="experiment",
    chapter="swap",
    prediction="Holds in the candidate, where a full write of ±1 is what counting "
    "needs; on the way out a count beyond 1 gets no gradient, and learning suffers.",
    metric="As in relu: reach in counting, last loss in adding over 20 and 40 steps, "
    "hard tanh in the candidate and in candidate and output against tanh.",
    rule="Holds if no interval allows a loss beyond the smallest effect, fails if "
    "every one shows it, undecided if none lies beyond the smallest effect or tanh "
    "does not learn; otherwise depends.",
    smallest="half a doubling of the reach, half a halving of the loss",
    parts=_hard_parts,
    judge=_hard_judge,
    seeds=range(60),
)


# --- cheaper ------------------------------------------------------------------------

TURNS = 40


def costs(turns=TURNS, size=4096):
    """Seconds of tanh and hard tanh, alone and within a training step, in turns.

    {"NumPy": {...}, "PyTorch": {...} or None, "step": {"tanh": [...], ...}}: a minimum
    each for values and slopes of `size` numbers of float32; of steps all turns.
    """
    z = Draws(0).normal(0.0, 1.0, size).astype(np.float32)
    alone = {"tanh": lambda: np.tanh(z), "hard_tanh": lambda: np.clip(z, -1, 1)}
    y = np.tanh(z)
    alone["slope of tanh"] = lambda: 1 - y * y
    alone["slope of hard_tanh"] = lambda: (np.abs(z) < 1).astype(z.dtype)
    steps = {
        name: _training(LSTM(candidate=name, output=name))
        for name in ("tanh", "hard_tanh")
    }
    return {
        "NumPy": {k: float(np.min(v)) for k, v in _in_turns(alone, turns, 50).items()},
        "PyTorch": _torch(z, turns),
        "step": {k: list(map(float, v)) for k, v in _in_turns(steps, turns, 2).items()},
    }


def _torch(z, turns):
    try:
        import torch
    except ImportError:
        return None
    t = torch.from_numpy(z)
    calls = {
        "tanh": lambda: torch.tanh(t),
        "hard_tanh": lambda: torch.nn.functional.hardtanh(t),
    }
    return {k: float(np.min(v)) for k, v in _in_turns(calls, turns, 50).items()}


def _training(cell, T=50, B=32, H=32):
    task = Adding(T, B, np.float32)
    model, adam = Model(Recurrent(cell, H), Linear(1)), Adam(0.001)
    theta = fused.pack(*model.init(Draws(0), task.D, np.float32))
    batch, memory = task.draw(Draws(1)), adam.init(theta)

    def step():
        _, dtheta = fused.value_and_grad(model, theta, batch, losses.mse)
        adam.update(theta, dtheta, memory)

    return step


def _in_turns(calls, turns, repeat):
    """Seconds a call (turns,) of each, in turns, so that noise hits all alike."""
    times = {name: [] for name in calls}
    for _ in range(turns):
        for name, call in calls.items():
            start = time.perf_counter()
            for _ in range(repeat):
                call()
            times[name].append((time.perf_counter() - start) / repeat)
    return times


def _cheaper_parts(seeds, quick):
    return [Part("costs", costs, {"turns": 10 if quick else TURNS}, alone=True)]


def _cheaper_judge(found, seeds, quick):
    cost = found["costs"]
    step = np.log(cost["step"]["tanh"]) - np.log(cost["step"]["hard_tanh"])
    effect = stats.bootstrap("median of log(time with tanh / with hard tanh)", step)
    effect = effect._replace(
        name="training step with tanh over one with hard tanh, H = 32",
        value=float(np.exp(effect.value)),
        low=float(np.exp(effect.low)),
        high=float(np.exp(effect.high)),
        method=f"BCa bootstrap of the median over {len(step)} turns",
    )
    alone = {
        library: times["tanh"] / times["hard_tanh"]
        for library, times in cost.items()
        if library != "step" and times
    }
    verdict = compare.VERDICT[compare.clear(effect, 1.05)]
    sentence = (
        f"Alone, NumPy's tanh takes {alone['NumPy']:.2f} times as long as hard tanh; a "
        f"whole training step takes {effect.value:.2f} times as long "
        f"(95 % interval {effect.low:.2f} to {effect.high:.2f})."
    )
    numbers = {"alone": alone, "seconds": cost["NumPy"]}
    return Outcome(verdict, sentence, (effect,), numbers, {})


CHEAPER = Claim(
    id="cheaper",
    statement="Hard tanh is cheaper than tanh; tanh's gradient is cheap.",
    source="answers that compare activations by their cost",
    kind="measurement",
    chapter="swap",
    prediction="Cheaper alone, but not in the whole: products take most of a training "
    "step, and vector units make tanh nearly as fast as a clip.",
    metric="Time of tanh and hard tanh alone (NumPy, and PyTorch where installed) and "
    "of a whole training step with each in candidate and output (T = 50, B = 32, "
    "H = 32, float32, one thread), in turns.",
    rule="Holds if the step with tanh takes over 1.05 times as long (whole 95 % "
    "interval), fails if less, undecided otherwise.",
    smallest="5 % of a training step",
    parts=_cheaper_parts,
    judge=_cheaper_judge,
)

# --- relu-nan -----------------------------------------------------------------------

CURES = {
    "as it is": {},
    "clipped": {"clip": 1.0},
    "candidate only": {"slots": VARIANTS["ReLU in the candidate"]},
    "tanh": {"slots": {}},
}
NAN_RATES = (0.001, 0.01, 0.1)
RUNAWAY = 100.0  # a loss; that of a constant answer is 1/6
SAVED = 0.5  # of the networks


def runaway(seeds, slots=None, clip=np.inf, T=100, steps=300, rates=NAN_RATES):
    """Which networks run away on adding over T steps: ReLU twice, where not told.

    {"rates", "ran": (R, S), "nan": (R, S), "highest": (R, S)}: whether the loss was
    ever above `RUNAWAY`, whether it ended as no number, and the largest loss, None
    where that is no number.
    """
    slots = VARIANTS["ReLU in both"] if slots is None else slots
    task = Adding(T, 16, np.float32)
    given = {"steps": steps, "rates": rates, "H": 8, "clip": clip, "kept": steps}
    run = compare.train(task, seeds, slots, **given)
    highest = run.losses.max(axis=0)
    return {
        "rates": list(rates),
        "ran": (~(highest < RUNAWAY)).tolist(),
        "nan": run.diverged.tolist(),
        "highest": compare.listed(highest),
    }


def _nan_parts(seeds, quick):
    given = {"seeds": list(seeds)}
    if quick:
        given = {"seeds": list(seeds[:10]), "steps": 40, "rates": (0.1,)}
    return [Part(name, runaway, given | how) for name, how in CURES.items()]


def _nan_judge(found, seeds, quick):
    ran = {name: np.array(part["ran"], float) for name, part in found.items()}
    worst = int(ran["as it is"].mean(axis=1).argmax())
    rate = found["as it is"]["rates"][worst]
    here = {name: of[worst] for name, of in ran.items()}
    effects = [
        stats.paired(
            f"{name}: share saved at rate {rate:g}", here["as it is"] - here[name]
        )
        for name in ("clipped", "candidate only")
    ]
    slow = ran["as it is"][0]
    effects.append(
        stats.paired(
            f"rate {NAN_RATES[0]:g}: share saved of {rate:g}", here["as it is"] - slow
        )
    )
    verdict = compare.VERDICT[compare.clear(effects[0], SAVED)]
    if here["as it is"].mean() < 0.25:
        verdict = "undecided"
    counts = {name: of.sum(axis=1).astype(int).tolist() for name, of in ran.items()}
    n = ran["tanh"].shape[1]
    told = "; ".join(
        f"{name} {', '.join(map(str, count))}" for name, count in counts.items()
    )
    sentence = (
        f"Networks of {n} whose loss runs away, at the rates "
        f"{', '.join(f'{r:g}' for r in found['tanh']['rates'])}: {told}."
    )
    nan = {name: np.sum(part["nan"], axis=1).tolist() for name, part in found.items()}
    numbers = {"ran": counts, "rates": found["tanh"]["rates"], "worst": rate, "of": n}
    return Outcome(verdict, sentence, tuple(effects), numbers, {"no number": nan})


RELU_NAN = Claim(
    id="relu-nan",
    statement="If the loss is NaN with activation='relu', clip the gradients.",
    source="answers to 'My loss is NaN with activation='relu''",
    kind="experiment",
    chapter="swap",
    prediction="(Written after a pilot with 8 seeds.) Fails: what overflows is h, on "
    "the way forwards, and a clip does not bound h. ReLU in the candidate alone saves "
    "every network, since tanh(c) stays within 1; a smaller rate saves most.",
    metric="Adding over 100 steps, H = 8, 300 updates of Adam at 0.001, 0.01 and 0.1: "
    "how many networks ever have a loss above 100 with ReLU in candidate and output, "
    "without and with a clip at 1, with ReLU in the candidate alone, and with tanh.",
    rule="At the rate at which most run away without a clip, the share of seeds saved "
    "by the clip, paired: holds if it is above the smallest effect (whole 95 % "
    "interval), fails if below, undecided otherwise or if fewer than a quarter run "
    "away.",
    smallest="half of the networks",
    parts=_nan_parts,
    judge=_nan_judge,
)


CLAIMS = (RELU, RELU_NAN, HARD_TANH, CHEAPER)
