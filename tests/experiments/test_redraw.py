"""Verdicts of seeds drawn again: what is paired stays paired, and what is near the
edge of a rule shows."""

import numpy as np
import pytest

from lstm_core.experiments import claims, redraw, report, results
from lstm_core.experiments.claim import Part
from lstm_core.experiments.run import run
from tests.experiments import toy


class Fixed:
    """A generator that draws what it is told."""

    def __init__(self, *orders):
        self.orders = list(orders)

    def integers(self, low, high, size):
        order = np.array(self.orders.pop(0))
        assert len(order) == size and order.max() < high
        return order


def test_all_parts_take_the_same_seeds_whatever_the_axis():
    parts = [
        Part("one", toy.train, {"seeds": [5, 6, 7]}),
        Part("other", toy.train, {"seeds": [5, 6, 7], "slots": {}}),
        Part("no seeds", toy.so, {"T": 3}),
    ]
    found = {
        "one": {"reach": [[1, 2, 3], [4, 5, None]], "rates": [0.1, 0.3]},
        "other": {"pairs": [[1, 9], [2, 9], [3, 9]], "told": [{"a": 1}, {}, {"c": 3}]},
        "no seeds": {"three": [1, 2, 3]},
    }
    before, told = str(found), [{"c": 3}, {"a": 1}, {"c": 3}]
    again = redraw.drawn(parts, found, Fixed([2, 0, 2]))
    assert again == {
        "one": {"reach": [[3, 1, 3], [None, 4, None]], "rates": [0.1, 0.3]},
        "other": {"pairs": [[3, 9], [1, 9], [3, 9]], "told": told},
        "no seeds": {"three": [1, 2, 3]},
    }  # fmt: skip
    assert list(again) == list(found) and str(found) == before


def test_parts_of_one_seed_each_are_drawn_within_a_setting():
    parts = [
        Part(f"{shift}, {seed}", toy.draw, {"seed": seed, "shift": shift})
        for shift in (0, 1)
        for seed in (8, 9)
    ]
    found = {part.key: part.key for part in parts}
    again = redraw.drawn(parts, found, Fixed([1, 1]))
    assert list(again.values()) == ["0, 9", "0, 9", "1, 9", "1, 9"]


@pytest.mark.parametrize("shift, most", [(2.0, "holds"), (-2.0, "fails")])
def test_a_clear_verdict_is_steady(shift, most):
    found = run(toy.claim("gains", toy.drawn(shift), toy.gained), range(12))
    assert found.redrawn == {most: 1.0}
    assert report.redrawn_text(found).startswith(
        f"Steady: with its seeds drawn again, {most}"
    )


def edge():
    """A claim whose interval ends a little above its rule's line."""

    def judge(found, seeds, quick):
        told = toy.gained(found, seeds, quick)
        return told._replace(verdict="holds" if told.effects[0].low > line else "open")

    line = -np.inf
    claim = toy.claim("gains", toy.drawn(2.0), judge)
    line = run(claim, range(12)).effect.low - 0.05
    return claim


def test_a_verdict_near_the_edge_shows():
    found = run(edge(), range(12))
    assert found.verdict == "holds" and 0.4 < found.redrawn["holds"] < report.EDGE
    assert sum(found.redrawn.values()) == pytest.approx(1)
    words = report.redrawn_text(found)
    assert words.startswith(
        "Near the edge of its rule: with its seeds drawn again, holds in"
    )
    assert ", open in " in words and words.endswith("of 200 draws.")
    assert run(edge(), range(12)).redrawn == found.redrawn


def test_proofs_and_quick_runs_draw_no_seeds():
    assert run(toy.ALL["gains"], quick=True).redrawn == {}
    proof = toy.claim("gains", toy.drawn(2.0), toy.gained)
    object.__setattr__(proof, "kind", "theorem")
    found = run(proof)
    assert found.redrawn == {} and report.redrawn_text(found) == ""


def seeded(name):
    parts = claims.get(name).parts(claims.get(name).seeds, False)
    return any({"seed", "seeds"} & part.settings.keys() for part in parts)


@pytest.mark.parametrize("name", claims.NAMES)
def test_every_stored_verdict_of_seeds_says_how_steady_it_is(name):
    found = results.load(name)
    wanted = found.kind in redraw.KINDS and seeded(name)
    assert bool(found.redrawn) == wanted
    if wanted:
        assert sum(found.redrawn.values()) == pytest.approx(1)
        assert found.verdict in found.redrawn
