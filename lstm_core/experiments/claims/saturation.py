"""Claims about how full the gates of trained networks are.

Chapter: saturation.
"""

import numpy as np

from lstm_core.experiments import saturated, stats
from lstm_core.experiments.claim import Claim, Outcome, Part
from lstm_core.experiments.compare import side, would_take
from lstm_core.experiments.saturated import GATES, TANHS

SMALLEST = 0.05
LEARNT = 3.5  # bits per character; 4.6 without any context


def _mean(name, values):
    """The mean over networks, with its t interval."""
    effect = stats.paired(name, values)
    return effect._replace(method=f"t over {effect.n} seeds")


def _stacked(parts, when):
    """{slot: (low (S,), high (S,))} of networks that were run one by one."""
    return {slot: np.array([p[when][slot] for p in parts]).T for slot in GATES + TANHS}


def _told(shares):
    """{slot: [low, high]} in means over networks, for the page."""
    return {slot: [float(np.mean(e)) for e in ends] for slot, ends in shares.items()}


# --- mostly-binary ------------------------------------------------------------------

TEXTS = 5  # a network that reads text costs minutes, one that counts less than a second
KINDS = (
    ("gates (σ) while counting", "counting", GATES),
    ("g and tanh c while counting", "counting", TANHS),
    ("gates (σ) while reading text", "text", GATES),
    ("g and tanh c while reading text", "text", TANHS),
)


def _binary_parts(seeds, quick):
    short = {"steps": 300} if quick else {}
    counting = Part("counting", saturated.counting, {"seeds": list(seeds), **short})
    if quick:  # minutes are not quick: the network that the book ships stands in
        return [counting, Part("text, as shipped", saturated.as_shipped, {})]
    return [
        counting,
        *(Part(f"text, seed {s}", saturated.text, {"seed": s}) for s in seeds[:TEXTS]),
    ]


def _binary_judge(found, seeds, quick):
    count = found["counting"]
    texts = [part for key, part in found.items() if key != "counting"]
    networks = {
        "counting": {when: count[when] for when in ("birth", "trained")},
        "text": {when: _stacked(texts, when) for when in ("birth", "trained")},
    }
    effects = tuple(
        _share(f"share of saturated {name}", networks[task]["trained"], slots)
        for name, task, slots in KINDS
    )
    over = [e._replace(low=e.low - 0.5, high=e.high - 0.5) for e in effects]
    sides = [side(effect, SMALLEST) for effect in over]
    numbers = {
        network: {when: _told(shares) for when, shares in whens.items()}
        for network, whens in networks.items()
    }
    numbers["reach"] = np.asarray(count["reach"]).tolist()
    numbers["bits"] = [part["report"] for part in texts]
    numbers["updates"] = [part["updates"] for part in texts]
    shown = "; ".join(
        f"{name} {100 * e.value:.0f} % ({100 * e.low:.0f} to {100 * e.high:.0f})"
        for (name, *_), e in zip(KINDS, effects, strict=True)
    )
    sentence = f"Within a tenth of an end of the range lie, in the mean: {shown}."
    verdict = _binary_verdict(sides)
    sentence += would_take(verdict, effects, 0.5 - SMALLEST, 0.5 + SMALLEST)
    failures = {
        "counting: did not learn": int(np.sum(np.asarray(count["reach"]) < 10)),
        "text: did not learn": sum(part["report"] > LEARNT for part in texts),
    }
    return Outcome(verdict, sentence, effects, numbers, failures)


def _share(name, shares, slots):
    values = saturated.near({k: np.asarray(v, float) for k, v in shares.items()}, slots)
    if values.size == 1:
        return stats.exactly(name, values.item(), method="one network")
    return _mean(name, values)


def _binary_verdict(sides):
    if all(one == 1 for one in sides):
        return "holds"
    if all(one == -1 for one in sides):
        return "fails"
    decided = any(one in (1, -1) for one in sides)
    return "depends" if decided else "undecided"


MOSTLY_BINARY = Claim(
    id="mostly-binary",
    statement="Sigmoid outputs are mostly 0 or 1 and tanh outputs mostly -1 or 1.",
    source="an answer on AI Stack Exchange (question 37583)",
    kind="experiment",
    chapter="saturation",
    prediction="While counting, more than half of the gates' values are saturated, "
    "since a counter must keep f near 1; while reading text, less than half of any.",
    metric="The share of values within a tenth of an end of the range (σ below 0.1 or "
    "above 0.9, tanh beyond ±0.8), over all units and steps: of the gates i, f, o, and "
    "of g and tanh c. Of networks of 4 units trained on aⁿbⁿ up to n = 10 (1000 "
    "updates of Adam at 0.03) that read n = 1 to 20; and of character models of 100 "
    "units, levelled off, that read 24,000 characters of Python they were not trained "
    "on, in pieces of 600.",
    rule="Mostly is more than half. Holds if all four means are above one half by more "
    "than the smallest effect (whole 95 % interval), fails if all are below it by "
    "more; depends if some are; undecided if none is clear of one half.",
    smallest="5 of 100 values",
    parts=_binary_parts,
    judge=_binary_judge,
)


# --- text-start ---------------------------------------------------------------------

STARTS = {"zero": 0.0, "default": 1.0, "large": 10.0}


def _start_parts(seeds, quick):
    given = {"seeds": list(seeds[:2] if quick else seeds)}
    given |= {"updates": 40} if quick else {}
    return [
        Part(name, saturated.started, {**given, "factor": factor})
        for name, factor in STARTS.items()
    ]


def _start_judge(found, seeds, quick):
    shares = {name: _stacked_lists(part["trained"]) for name, part in found.items()}
    effects, sides = [], {}
    for name in ("zero", "large"):
        for slots, what in ((GATES, "gates"), (TANHS, "g and tanh c")):
            here, there = (saturated.near(shares[k], slots) for k in (name, "default"))
            title = f"share of saturated {what}, {name} against default"
            effect = stats.paired(title, here - there)
            effects.append(effect)
            sides.setdefault(name, []).append(side(effect, SMALLEST))
    numbers = {
        "bits": {name: part["bits"] for name, part in found.items()},
        "shares": {name: _told(each) for name, each in shares.items()},
    }
    shown = "; ".join(
        f"{e.name} {100 * e.value:+.1f} ({100 * e.low:+.1f} to {100 * e.high:+.1f})"
        for e in effects
    )
    sentence = f"Differences in hundredths of all values: {shown}.".replace("-", "−")
    lost = {name: sum(b > LEARNT for b in p["bits"]) for name, p in found.items()}
    verdict = "undecided" if any(lost.values()) else _start_verdict(sides)
    sentence += would_take(verdict, effects, -SMALLEST, SMALLEST)
    return Outcome(verdict, sentence, tuple(effects), numbers, lost)


def _stacked_lists(parts):
    return {slot: np.array([p[slot] for p in parts]).T for slot in GATES + TANHS}


def _start_verdict(sides):
    moved = [any(one in (1, -1) for one in each) for each in sides.values()]
    if all(moved):
        return "fails"
    if any(moved):
        return "depends"
    still = all(one == 0 for each in sides.values() for one in each)
    return "holds" if still else "undecided"


TEXT_START = Claim(
    id="text-start",
    statement="Saturation on text is a property of the cell, not of how the output "
    "layer starts.",
    source="an objection to histograms of gates: the readout's start sets the size of "
    "the first gradients",
    kind="experiment",
    chapter="saturation",
    prediction="A readout that starts at zero changes nothing worth naming; one that "
    "starts ten times too large changes the shares by more than the smallest effect.",
    metric="Character models of 64 units on Python source code, 1000 updates of Adam "
    "at 0.008, whose readout W starts at 0, as drawn, and ten times that; same cells "
    "at the start and same batches. The share of values within a tenth of an end of "
    "the range, of the gates and of g and tanh c, against the readout as drawn, paired "
    "by seed.",
    rule="Holds if all four 95 % intervals lie within the smallest effect of 0; fails "
    "if for both other starts one lies wholly beyond it, depends if for one of them; "
    "otherwise, or if a network has not learnt (3.5 bits per character), undecided.",
    smallest="5 of 100 values",
    parts=_start_parts,
    judge=_start_judge,
    seeds=range(20),
)

CLAIMS = (MOSTLY_BINARY, TEXT_START)
