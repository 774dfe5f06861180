"""How sure a verdict is of its seeds: draw them again, and judge what comes.

A bootstrap over seeds: with S seeds, S of them are drawn with replacement, each part's
numbers are put together in that order, and the claim's own rule judges them.  No
network is trained.  A verdict near the edge of its rule shows as one that changes.

Chapter: claims.
"""

from collections import Counter

import numpy as np

DRAWS = 200
KINDS = ("experiment", "measurement")  # sources and proofs rest on no seeds


def verdicts(claim, parts, found, seeds, draws=DRAWS):
    """{verdict: share of the draws that give it}, the most frequent first.

    parts: those of the claim.  found: key → what that part returned.  Empty where no
    part has seeds.
    """
    seeded = any({"seed", "seeds"} & part.settings.keys() for part in parts)
    if not seeded or claim.kind not in KINDS:
        return {}
    rng = np.random.default_rng(0)
    told = Counter(
        claim.judge(drawn(parts, found, rng), seeds, False).verdict
        for _ in range(draws)
    )
    return {verdict: count / draws for verdict, count in told.most_common()}


def drawn(parts, found, rng):
    """What the parts would have returned for seeds drawn from their own.

    Parts with the same seeds draw the same ones, so what is paired stays paired.
    """
    orders, again, single = {}, dict(found), {}

    def order(seeds):
        if seeds not in orders:
            orders[seeds] = rng.integers(0, len(seeds), len(seeds)).tolist()
        return orders[seeds]

    for part in parts:
        rest = {k: v for k, v in part.settings.items() if k != "seed"}
        if "seeds" in rest:
            again[part.key] = _taken(found[part.key], order(tuple(rest["seeds"])))
        elif "seed" in part.settings:
            alike = single.setdefault(f"{part.run.__qualname__} {rest}", {})
            alike[part.settings["seed"]] = part.key
    for alike in single.values():
        keys = list(alike.values())
        for key, k in zip(keys, order(tuple(alike)), strict=True):
            again[key] = found[keys[k]]
    return again


def _taken(value, order):
    """The lists in a value whose last axis is of seeds, else the first, in that order.

    A list that only happens to be as long (points of a curve) is shuffled too, so a
    judge must rest no verdict on one.
    """
    if isinstance(value, dict):
        return {key: _taken(one, order) for key, one in value.items()}
    if not isinstance(value, list):
        return value
    array = np.array(value, dtype=object)
    if array.shape[-1] == len(order):
        return array[..., order].tolist()
    return array[order].tolist() if len(array) == len(order) else value
