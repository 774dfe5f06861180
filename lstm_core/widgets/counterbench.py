"""The counter bench: networks set by hand, learned and trained on, made to count.

The learned weights stand in static/counterbench.json, in thousandths, written by

    python -c "from lstm_core.widgets import counterbench; counterbench.write()"

which trains each network for every rate in `RATES` and seed in `SEEDS`, and keeps the
run that is right for the longest strings: the best case of each.
"""

import functools
import json
import re
from itertools import groupby
from typing import NamedTuple

import numpy as np
import traitlets

from lstm_core import counters, fused, tree
from lstm_core.cells.elman import Elman
from lstm_core.cells.gru import GRU
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.layers import Linear, Model, Recurrent
from lstm_core.optim import Adam
from lstm_core.tasks import Brackets, Runs, exact, side_by_side
from lstm_core.train import fit, value_and_grad
from lstm_core.widgets import assets, still
from lstm_core.widgets.base import Explorable, activation, choice, number, preset

UPTO, B, H = 10, 16, 4
RATES, SEEDS, STEPS = (0.003, 0.01, 0.03), range(5), 2000
START = 8.0  # the gain from which "tuned" is trained on
BATCHES = 1_000_000  # the seed of the batches, above that of the weights
FARTHEST = 200  # N is not looked for beyond
SYMBOLS, CHARACTERS = 12_000, 2000
SHIPPED = assets.STATIC / "counterbench.json"


class Language(NamedTuple):
    """Letters, the task's class without its sizes, the hand-set counter, a name."""

    letters: str
    task: functools.partial
    by_hand: object
    label: str


LANGUAGES = {
    "anbn": Language("ab", functools.partial(Runs, "ab"), counters.anbn, "aⁿbⁿ"),
    "anbncn": Language(
        "abc", functools.partial(Runs, "abc"), counters.anbncn, "aⁿbⁿcⁿ"
    ),
    "brackets": Language(
        "()", functools.partial(Brackets, 1), counters.dyck1, "brackets"
    ),
}
NETS = {
    "hand": "hand-set",
    "learned": "learned",
    "tuned": "trained on",
    "gru": "GRU",
    "rnn": "plain RNN",
}
TYPES = {"float64": np.float64, "float32": np.float32}
SLOTS = ("i", "f", "o", "candidate", "output")
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def symbols(language, text):
    """The symbols of a text such as "aabb", "a30 b30" or "a³⁰b³⁰": numbers from 1.

    Raises ValueError with a sentence for other letters, or too many.
    """
    letters = LANGUAGES[language].letters
    if len(text) > CHARACTERS:
        raise ValueError(
            f"expected string with at most {CHARACTERS} characters, got {len(text)}"
        )
    tight = re.sub(r"\s", "", text).translate(PLAIN)
    found, total = [], 0
    for mark, count in re.findall(r"(\D)?(\d*)", tight, re.ASCII)[:-1]:
        if not mark or mark not in letters:
            raise ValueError(
                f"expected string of {' and '.join(letters)}, each with a number after "
                f"it if repeated, got {mark or count!r}"
            )
        total += int(count or 1)
        if total > SYMBOLS:
            raise ValueError(f"expected string with at most {SYMBOLS} symbols")
        found += [1 + letters.index(mark)] * int(count or 1)
    if not found:
        raise ValueError(f"expected string with a letter of {' and '.join(letters)}")
    return found


def allowed(language, string):
    """What may follow S and each symbol, (steps, K), as far as the symbols may be so.

    Shorter than 1 + len(string) if a symbol is not one that may come there.
    """
    after = _depths if language == "brackets" else _runs
    count = np.zeros(len(LANGUAGES[language].letters), int)
    rows = [after(count)]
    for symbol in string:
        if not rows[-1][symbol - 1]:
            break
        count[symbol - 1] += 1
        rows.append(after(count))
    return np.array(rows)


def _depths(count):
    depth = count[0] - count[1]
    return [True, depth > 0, depth == 0]


def _runs(count):
    """The letter that runs, the next one where it may begin, and T at the end."""
    kinds, n = len(count), count[0]
    if not count[1:].any():
        return [k == 0 or (k == 1 and n > 0) for k in range(kinds + 1)]
    done = sum(count[1:] == n)
    return [k == 1 + done for k in range(kinds)] + [done == kinds - 1]


def spelled(language, string):
    """A string in short: a³⁰b²; of many runs the last three."""
    letters = LANGUAGES[language].letters
    runs = [(letters[s - 1], len(list(run))) for s, run in groupby(string)]
    text = "".join(
        letter + (str(count).translate(RAISED) if count > 1 else "")
        for letter, count in runs[-6:]
    )
    return ("…" if len(runs) > 6 else "") + text


class String(traitlets.Unicode):
    """A text that `symbols` reads, or none; which letters, the language says."""


class CounterBench(Explorable):
    """Networks that read one string, and say after each symbol what may come next.

    An LSTM set by hand (`lstm_core.counters`), one learned from random weights, one
    trained on from the hand-set weights of gain 8; a GRU and a plain RNN, learned.
    Training had no string beyond n = 10; each learned network is the best of 15.

    Each trait is an argument of the constructor, and a key of the link
    `counterbench?key=value&key=value`:

    language: anbn, anbncn or brackets (anbn).
    n: how long the string is, aⁿbⁿ, aⁿbⁿcⁿ or (ⁿ)ⁿ; 1 to 4000 (50).
    string: another one, such as aaabbb or a30b29, in place of that of n ("").
    K: the gain of the hand-set weights, 1 to 40 (10).
    dtype: float64 or float32 (float64).
    i, f, o, candidate, output: activations of the three LSTMs, names from
        `lstm_core.activations.NAMES` (sigmoid three times, tanh twice).
    net: the network that is told: hand, learned, tuned, gru or rnn (learned).
    t: the step that is told; -1 for the first wrong one, or else the last (-1).

    preset (before other keys): far, leak, hard, sigmoid, abc, brackets, rounding.
    """

    NAME = "counterbench"
    DATA = ("counterbench",)
    PRESETS = {
        "far": preset("n = 300", n=300, K=14.0, net="hand"),
        "leak": preset("hand-set, K = 5", K=5.0, net="hand"),
        "hard": preset(
            "hard sigmoid gates",
            i="hard_sigmoid",
            f="hard_sigmoid",
            o="hard_sigmoid",
            net="hand",
            n=300,
        ),
        "sigmoid": preset("σ candidate", candidate="sigmoid", net="hand", n=12),
        "abc": preset("aⁿbⁿcⁿ", language="anbncn", n=30),
        "brackets": preset("brackets", language="brackets", string="(30)20(30)40"),
        "rounding": preset("float32", dtype="float32", K=17.0, n=300, net="hand"),
    }

    language = choice(LANGUAGES)
    n = number(50, 1, 4000, 1, kind="whole")
    string = String("").tag(sync=True, kind="text")
    K = number(10.0, 1, 40, 0.5)
    dtype = choice(TYPES)
    net = choice(NETS, "learned")
    t = number(-1, -1, SYMBOLS, 1, kind="whole")
    i = activation("sigmoid")
    f = activation("sigmoid")
    o = activation("sigmoid")
    candidate = activation("tanh")
    output = activation("tanh")

    @traitlets.validate("string")
    def _readable(self, proposal):
        if proposal.value:
            try:
                symbols(self.language, proposal.value)
            except ValueError as error:
                raise traitlets.TraitError(str(error)) from None
        return proposal.value

    @classmethod
    def spec(cls):
        spec = super().spec()
        spec["fields"]["string"]["max"] = CHARACTERS
        languages = {
            name: {"letters": each.letters, "label": each.label}
            for name, each in LANGUAGES.items()
        }
        more = {"languages": languages, "nets": NETS, "symbols": SYMBOLS}
        more |= {"farthest": FARTHEST, "upto": UPTO, "runs": len(RATES) * len(SEEDS)}
        return {**spec, **more}

    def task(self):
        """The language as `lstm_core.tasks` has it, in the type of the bench."""
        task = LANGUAGES[self.language].task
        return task(upto=UPTO, B=B, dtype=TYPES[self.dtype])

    def read(self):
        """The symbols of the string, numbers from 1 (0 is S, which comes before)."""
        if self.string:
            return symbols(self.language, self.string)
        example, _ = self.task().example(self.n)
        return example[1:].tolist()

    def network(self, net):
        """(model, p) of one of `NETS`, with the slots and in the type of the bench."""
        dtype, K = TYPES[self.dtype], len(LANGUAGES[self.language].letters) + 1
        cell = LSTM(*(getattr(self, slot) for slot in SLOTS))
        if net == "hand":
            model, p = LANGUAGES[self.language].by_hand(self.K, dtype)
            return Model(Recurrent(cell, model.body.H), Linear(K)), p
        model, p = _start(self.language, net, 0)
        if net in ("gru", "rnn"):
            cell = model.body.cell
        weights = _unpacked(p, shipped()[self.language][net]["p"], dtype)
        return Model(Recurrent(cell, model.body.H), Linear(K)), weights

    def run(self, net):
        """(trace, said): the cell's trace, and what it says may follow, (steps, K)."""
        model, p = self.network(net)
        steps = [0, *self.read()]
        D = len(LANGUAGES[self.language].letters) + 1
        xs = np.eye(D, dtype=TYPES[self.dtype])[steps][:, None]
        with np.errstate(all="ignore"):  # of functions that run away
            ys, _, trace = model.forward(p, xs)
        return trace.body.steps, ys[:, 0] > 0

    def breaks(self, net):
        """The first step at which a network is wrong, 0 for S; None if at none."""
        _, said = self.run(net)
        right = allowed(self.language, self.read())
        wrong = (said[: len(right)] != right).any(axis=1)
        return int(wrong.argmax()) if wrong.any() else None

    def longest(self, net):
        """The largest N up to `FARTHEST` with all strings of n = 1 to N right."""
        model, p = self.network(net)
        with np.errstate(all="ignore"):
            return int(exact(model, p, self.task(), FARTHEST))

    def still(self):
        return _still(json.dumps(self.state()))


# --- what is shipped ------------------------------------------------------------------


@functools.cache
def shipped():
    """{language: {net: what `train` gives}}, the weights in thousandths."""
    return json.loads(SHIPPED.read_text(encoding="utf-8"))


def counting(model, p):
    """The unit whose c goes with the number of a that are open, over a¹⁰b¹⁰ (or so).

    0 for networks that have no c.
    """
    D = model.readout.size  # as many symbols as outputs
    xs = np.eye(D)[np.repeat([0, 1, 2], [1, 10, 10])][:, None]
    steps = model.forward(p, xs)[2].body.steps
    if not hasattr(steps, "c"):
        return 0
    c = steps.c[:, 0]
    opened = 10 - np.abs(np.arange(21) - 10)
    shares = np.corrcoef(np.column_stack([opened, c]), rowvar=False)[0, 1:]
    return int(np.abs(shares).argmax())


def _start(language, net, seed):
    """(model, p) before training: set by hand, or drawn from `Draws(seed)`."""
    given = LANGUAGES[language]
    if net == "tuned":
        return given.by_hand(START)
    cell = {"learned": LSTM(), "gru": GRU(), "rnn": Elman()}[net]
    K = len(given.letters) + 1
    model = Model(Recurrent(cell, H), Linear(K))
    return model, model.init(Draws(seed), K)


def _packed(p):
    """Weights by name, in thousandths: no digit more than is needed is shipped."""
    return {k: np.rint(1000 * leaf).astype(int).tolist() for k, leaf in tree.leaves(p)}


def _unpacked(p, packed, dtype=np.float64):
    for name, leaf in packed.items():
        p = tree.replace(p, name, (np.array(leaf) / 1000).astype(dtype))
    return p


def train(language, net, steps=STEPS):
    """Train for every rate and seed: {rate, seed, counts, unit, p} of the best run.

    counts: the N of all runs.  The best is right up to the largest N, its weights
    rounded as shipped; of several, it has the smallest loss.  unit: `counting`.
    """
    task = LANGUAGES[language].task(upto=UPTO, B=B)
    runs = [(seed, rate) for seed in SEEDS for rate in RATES]
    models = [_start(language, net, seed) for seed, _ in runs]
    model, p = models[0][0], tree.stack([p for _, p in models])

    def draw(rngs):
        return side_by_side([b for rng in rngs for b in [task.draw(rng)] * len(RATES)])

    rngs = [Draws(BATCHES + seed) for seed in SEEDS]
    fast = isinstance(model.body.cell, LSTM)
    grad = fused.value_and_grad if fast else value_and_grad
    adam = Adam(np.array([rate for _, rate in runs]))
    for step in fit(model, p, draw, task.loss, adam, rngs, steps, grad=grad):
        pass
    packed = [_packed(tree.at(step.p, k)) for k in range(len(runs))]
    counts = [
        int(exact(model, _unpacked(models[0][1], one), task, FARTHEST))
        for one in packed
    ]
    best = max(range(len(runs)), key=lambda k: (counts[k], -step.loss[k]))
    seed, rate = runs[best]
    found = {"seed": seed, "rate": rate, "counts": counts, "p": packed[best]}
    return {**found, "unit": counting(model, _unpacked(models[0][1], packed[best]))}


def write():
    """Train every network on every language, and write what the bench ships."""
    nets = [net for net in NETS if net != "hand"]
    every = {name: {net: train(name, net) for net in nets} for name in LANGUAGES}
    text = json.dumps(every, separators=(",", ":"))
    SHIPPED.write_text(text + "\n", encoding="utf-8")


# --- the figure that stands still -----------------------------------------------------


def _name(bench, net):
    return NETS[net] + (f", K = {bench.K:g}" if net == "hand" else "")


def _verdict(bench, net):
    """Where a network is first wrong, in words."""
    wrong = bench.breaks(net)
    if wrong is None:
        return "right"
    return f"wrong after {spelled(bench.language, bench.read()[:wrong]) or 'S'}"


def _reach(bench, net):
    """How far it counts, in words; for the counter set by hand, from its law."""
    usual = all(getattr(bench, s) == bench.fields()[s].default() for s in SLOTS)
    if net == "hand" and usual:
        return str(counters.longest(bench.K, TYPES[bench.dtype]))
    found = bench.longest(net)
    return f"{FARTHEST} and more" if found == FARTHEST else str(found)


def _caption(bench, verdicts):
    told = "; ".join(f"{_name(bench, net)}: {verdicts[net]}" for net in NETS)
    reach = ", ".join(f"{NETS[net]} {_reach(bench, net)}" for net in NETS)
    trace, _ = bench.run("hand")
    return (
        f"Five networks read {spelled(bench.language, bench.read())} in {bench.dtype}. "
        f"{told}. The count in c of the hand-set one goes up to "
        f"{np.nanmax(trace.c):.1f}. Right for every n up to: {reach}; training had n "
        f"up to {UPTO}."
    )


def _row(bench, net, top, verdict):
    """c over the string, of networks with a cell, or h, one line for each unit."""
    trace, _ = bench.run(net)
    letter = "c" if hasattr(trace, "c") else "h"
    values = np.nan_to_num(getattr(trace, letter)[:, 0])
    low, high = np.clip([min(0, values.min()), max(1, values.max())], -12_000, 12_000)
    steps = np.arange(len(values))
    axes = still.Axes(48, top, 340, 46, (0, steps[-1]), (low, high))
    marks = (0, steps[-1]) if net == list(NETS)[-1] else ()
    heading = f"{_name(bench, net)}: {letter}"
    parts = [axes.grid(heading, marks, (0, round(high)))]
    where = {"x": 388, "y": top - 8, "text_anchor": "end", "class_": "tick"}
    parts.append(still.tag("text", verdict, **where))
    kept = np.unique(np.linspace(0, steps[-1], 161).astype(int))
    look = {"stroke": f"var(--{letter}-line)", "stroke_width": 2}
    parts += [axes.line(kept, unit[kept], **look) for unit in values.T]
    wrong = bench.breaks(net)
    if wrong is not None:
        x = round(axes.x(wrong), 1)
        d = f"M{x} {top}v46M{x - 5} {top - 5}l10 10m0 -10l-10 10"
        parts.append(still.tag("path", d=d, stroke="currentColor", fill="none"))
    return parts


@functools.lru_cache(maxsize=32)
@np.errstate(all="ignore")  # of functions that run away
def _still(state):
    bench = CounterBench(**json.loads(state))
    verdicts = {net: _verdict(bench, net) for net in NETS}
    caption, parts = _caption(bench, verdicts), []
    for k, net in enumerate(NETS):
        parts += _row(bench, net, 26 + 76 * k, verdicts[net])
    return still.picture(26 + 76 * len(NETS), caption, *parts), caption
