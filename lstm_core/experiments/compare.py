"""Compare variants of a cell on equal terms: the frame of most trained experiments.

A part trains one variant with every rate of a grid and every seed (`train`), and says
what each network can do (`counting`, `adding`, `learn`).  A judge takes for each
variant the rate that served it best (`best`), and pairs the seeds.

    Part("tanh", counting, {"slots": {"candidate": "tanh"}, "seeds": [0, 1], ...})

Chapter: swap.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from lstm_core.cells.elman import Elman
from lstm_core.cells.gru import GRU
from lstm_core.cells.lstm import LSTM
from lstm_core.cells.original import OriginalLSTM
from lstm_core.cells.variants import NoForgetGate
from lstm_core.draws import Draws
from lstm_core.experiments import candidates, stats, sweep
from lstm_core.experiments.claim import Part
from lstm_core.tasks import Adding, Register, Runs

CELLS = {
    "LSTM": LSTM,
    "GRU": GRU,
    "RNN": Elman,
    "1997": OriginalLSTM,
    "no forget gate": NoForgetGate,
}
COUNTING = Runs("ab", upto=10, B=16, dtype=np.float32)
COUNTING_RATES = (0.01, 0.03, 0.1)
UPDATES = 1000
FAR = 200  # strings are tried up to this n
HELD_OUT = 2_000_000  # the seed of the sequences that judge, apart from all others

TASKS = {
    "counting": COUNTING,
    "register": Register(T=20, B=16, dtype=np.float32),
    "adding": Adding(T=20, B=16, dtype=np.float32),
}
TASKS["orders"] = TASKS["register"]  # scored by its loss, which has no ceiling
STEPS = 600  # updates of `learn`
LONG = Register(T=100, B=64, dtype=np.float32)  # what the register is tested on
WINDOW = 20  # updates over which a loss is averaged before it counts as reached
THRESHOLDS = {"counting": 0.1, "register": 0.1, "orders": 0.1, "adding": 0.02}
LEARNT = {"counting": np.log2(10.5), "register": 0.5} | {
    task: -np.log2(THRESHOLDS[task]) for task in ("orders", "adding")
}  # the least score of a network that has learned
IGNORANT = {"orders": np.log(3), "adding": 1 / 6}  # losses of a constant answer

# What a quick run takes instead: as many updates as show a large effect, and one rate
QUICK = {"steps": 500, "rates": (0.1,)}
QUICK_ADDING = {"steps": 200, "rates": (0.01,)}
QUICK_LEARN = {"rates": (0.03,)}


# --- parts ----------------------------------------------------------------------------


def train(
    task,
    seeds,
    slots=None,
    cell="LSTM",
    steps=UPDATES,
    rates=COUNTING_RATES,
    H=4,
    clip=1.0,
    forget_bias=None,
    kept=40,
):
    """All rates and seeds of one variant on one task: a `sweep.Trained`.

    slots: {"candidate": "tied", "i": "one"}, names of rows (`candidates.row`).
    cell: a key of `CELLS`.  forget_bias: that of the start; None leaves it.
    """
    rows = {slot: candidates.row(name) for slot, name in (slots or {}).items()}
    rest = (tuple(seeds), steps, tuple(rates), H, clip, forget_bias, kept)
    return _trained(CELLS[cell](**rows), task, *rest)


@cache
def _trained(cell, task, seeds, steps, rates, H, clip, bias, kept):
    """Kept, because several claims look at the same networks."""
    start = _starting(bias)
    return sweep.train(
        cell, task, seeds, steps, H, rates, clip, change=start, kept=kept
    )


def _starting(bias):
    """What changes a start to one with that forget bias; None leaves it."""

    def change(p):
        f = p.body.f
        return p._replace(body=p.body._replace(f=f._replace(b=0 * f.b + bias)))

    return None if bias is None else change


def counting(seeds, slots=None, rates=COUNTING_RATES, **settings):
    """How far networks of four units count that were trained on n from 1 to 10.

    settings: further ones of `train`.  Gives {"rates": (R,), "reach": (R, S),
    "loss": (R, S), "diverged": (R, S), "updates": (K,), "losses": (K, R, S)} in lists:
    `reach` is the largest N <= `FAR` with every n <= N right, 0 where the training
    diverged.
    """
    trained = train(COUNTING, seeds, slots, rates=rates, **settings)
    reach = sweep.reach(trained, COUNTING, FAR).tolist()
    return {"reach": reach, **told(trained, rates)}


def adding(seeds, T, slots=None, rates=sweep.RATES, **settings):
    """How well LSTMs of eight units add over T steps: the share of 500 new sums right.

    Gives as `counting` does, with "right" (R, S) in place of "reach".
    """
    task = Adding(T, 16, np.float32)
    trained = train(task, seeds, slots, rates=rates, H=8, **settings)
    batch = Adding(T, 500, np.float32).draw(Draws(HELD_OUT))
    return {"right": sweep.right(trained, batch, task).tolist(), **told(trained, rates)}


def told(trained, rates):
    """What every part tells of a `sweep.Trained`, beside what its networks can do."""
    return {
        "rates": list(rates),
        "loss": listed(trained.loss),
        "diverged": trained.diverged.tolist(),
        "updates": trained.updates.tolist(),
        "losses": listed(trained.losses),
    }


def listed(array):
    """Nested lists of four digits, None where a number is not finite."""
    if np.ndim(array):
        return [listed(part) for part in array]
    return float(f"{array:.4g}") if np.isfinite(array) else None


def learn(seeds, task, slots=None, steps=STEPS, rates=sweep.RATES):
    """How well, and how soon, LSTMs of four units learn: lists, a row for each rate.

    task: a key of `TASKS`.
    score: by seed, larger is better: log2(1 + N) in counting, where N is the largest N
        with every n <= N right; the share of sequences of 100 steps that are right in
        the register; -log2 of the last loss in adding and in the orders (the register
        again), a loss being no worse than that of a constant answer.
    updates: by seed, until the loss is below the threshold, all of them if never.
    curve: the median of the loss over seeds, after the updates `at`.
    diverged: the number of seeds.
    """
    run = train(TASKS[task], seeds, slots, steps=steps, rates=rates, kept=steps)
    kept = np.unique(np.linspace(0, len(run.losses) - 1, 20).astype(int))
    with np.errstate(all="ignore"):
        curve = np.nanmedian(np.nan_to_num(run.losses[kept], nan=np.inf), axis=2).T
    return {
        "rates": list(rates),
        "score": _rounded(SCORES[task](run)),
        "updates": updates(run.losses, THRESHOLDS[task]).tolist(),
        "curve": _rounded(np.minimum(curve, 100)),
        "at": (kept + 1).tolist(),
        "diverged": run.diverged.sum(axis=1).tolist(),
    }


def _rounded(array):
    return np.round(array.astype(float), 4).tolist()


def updates(losses, threshold, window=WINDOW):
    """After how many updates the mean of the last losses is low enough: (R, S).

    losses (K, R, S); K where it never is, so that a difference is told too small
    rather than too large.
    """
    sums = np.cumsum(np.nan_to_num(losses, nan=np.inf), axis=0)
    means = sums.copy()
    means[window:] = sums[window:] - sums[:-window]
    low = means[window - 1 :] < threshold * window
    first = np.where(low.any(axis=0), low.argmax(axis=0), len(low) - 1)
    return first + window


def _halvings(task):
    def score(run):
        worst = IGNORANT[task]
        return -np.log2(np.fmin(np.nan_to_num(run.loss, nan=worst), worst))

    return score


SCORES = {
    "counting": lambda run: np.log2(1 + sweep.reach(run, COUNTING)),
    "register": lambda run: sweep.right(run, LONG.draw(Draws(HELD_OUT)), LONG),
    "orders": _halvings("orders"),
    "adding": _halvings("adding"),
}


def variants(run, seeds, quick, named, key="{}", short=QUICK, **settings):
    """One `Part` a variant: named is {name: keyword arguments}, run `counting` mostly.

    key: of a part, with {} for the variant's name.  settings: keyword arguments of all.
    short: what a quick run takes in their place, beside fewer seeds.
    """
    settings |= {"seeds": some(seeds, quick)}
    settings |= short if quick else {}
    return [Part(key.format(n), run, settings | given) for n, given in named.items()]


def some(seeds, quick):
    """The seeds in a list; ten of them for a quick run."""
    return list(seeds[:10] if quick else seeds)


def adding_variants(seeds, quick, named, key="adding, {}", T=20):
    """One `Part` a variant for `adding`, on half of the seeds, but at least ten."""
    half = seeds[: max(10, len(seeds) // 2)]
    return variants(adding, half, quick, named, key, QUICK_ADDING, T=T)


# --- judges ---------------------------------------------------------------------------


class Best(NamedTuple):
    """A variant at the rate that served it best, S seeds.

    scores (S,): reach, or the share right, or a score.  rate: that rate.  loss (S,):
    the last loss, NaN where it diverged.  losses (K, S): on the way.  diverged: how
    many of S.  What `learn` gave has no losses: None.
    """

    scores: np.ndarray
    rate: float
    loss: np.ndarray
    losses: np.ndarray
    diverged: int


def best(found, score="reach"):
    """The `Best` of what `counting`, `adding` or `learn` ("score") gave.

    The rate of the best median; of scores, which have no ceiling, of the best mean.
    """
    scores = np.array(found[score], float)
    loss = np.array(found.get("loss", np.full(scores.shape, np.nan)), float)
    if score == "right":  # where nobody gets anything right, the loss decides
        scores = scores - 1e-6 * np.where(np.isnan(loss), 1e6, loss)
    middle = np.mean if score == "score" else np.median
    r = sweep.best_rate(scores, middle=middle)
    return Best(
        np.array(found[score][r], float),
        found.get("rates", sweep.RATES)[r],
        loss[r],
        np.array(found["losses"], float)[:, r] if "losses" in found else None,
        int(np.sum(found["diverged"][r])),
    )


def bests(found, names=None, key="{}", score="reach"):
    """{variant: `Best`} of the parts with these keys; of all parts without names."""
    names = found if names is None else names
    return {name: best(found[key.format(name)], score) for name in names}


def medians(bests):
    """{variant: the median of its scores}."""
    return {name: float(np.median(one.scores)) for name, one in bests.items()}


def doublings(name, reach, other):
    """How many times further, in powers of two: the paired mean of log2(1 + N).

    1 means twice as far as `other`, -1 half as far.
    """
    reach, other = (np.log2(1 + np.asarray(v, float)) for v in (reach, other))
    return stats.paired(name, reach - other)


def against(bests, name, other, where=""):
    """`doublings` of one variant against another, from {variant: Best}."""
    title = f"{name} against {other}{where}, doublings of the reach"
    return doublings(title, bests[name].scores, bests[other].scores)


def loss_halvings(name, best, other):
    """How many times smaller the last loss is, in powers of two: paired, > 0 better.

    A network that diverged counts with a loss of 1/6, that of saying always the mean.
    """
    ours, theirs = (np.nan_to_num(b.loss, nan=1 / 6) for b in (best, other))
    return stats.paired(name, np.log2(theirs + 1e-5) - np.log2(ours + 1e-5))


def side(effect, smallest):
    """+1 or -1 if the whole interval is beyond ±smallest, 0 if within, None if open."""
    if effect.low > smallest:
        return 1
    if effect.high < -smallest:
        return -1
    return 0 if -smallest <= effect.low and effect.high <= smallest else None


def clear(effect, least):
    """Whether the whole interval is above `least` (True), or below (False); or None."""
    if effect.low > least:
        return True
    return False if effect.high < least else None


VERDICT = {True: "holds", False: "fails", None: "undecided"}  # of `clear`


def of_all(effects, least):
    """The verdict where a claim says that all effects are above `least`."""
    sides = {clear(effect, least) for effect in effects}
    return VERDICT[sides.pop()] if len(sides) == 1 else "depends"


def would_take(verdict, effects, *levels):
    """What would decide an undecided claim, as a sentence; nothing for a decided one.

    levels: the lines of the rule, which no interval of these effects may cross.
    """
    if verdict != "undecided":
        return ""
    seeds = max(stats.seeds_to_clear(effect, *levels) for effect in effects)
    if seeds == 0:
        return " To decide it would take another setting: more seeds would not help."
    many = (
        f"about {float(f'{seeds:.2g}'):,.0f} seeds"
        if seeds < 1e6
        else "a million seeds"
    )
    return f" It would take {many} to tell on which side of the rule's lines each lies."


def can_count(best, upto=10):
    """Whether most networks learnt what they were trained on: else nothing is decided.

    A judge asks it of the variant that all others are compared with.
    """
    return float(np.median(best.scores)) >= upto


def failures(bests, learned=None):
    """Counts of what went wrong over {variant: Best}, for an `Outcome`.

    learned: the least score of a network that has learned at all.
    """
    found: dict[str, Any] = {"diverged": {k: b.diverged for k, b in bests.items()}}
    if learned is not None:
        found["did not learn"] = {
            name: int(np.sum(one.scores < learned)) for name, one in bests.items()
        }
    return found
