"""Figures of results: every seed is on them, and what is not there is counted."""

import re

import numpy as np
import pytest
from matplotlib.colors import to_hex

from lstm_core import plotting
from lstm_core.experiments import figures, stats

RNG = np.random.default_rng(3)
VALUES = {
    "tanh": RNG.normal(0.1, 0.02, 20),
    "sigmoid, shifted by a half": np.r_[RNG.normal(0.2, 0.05, 17), [np.nan] * 3],
    "relu": np.full(20, 0.25),
    "none": np.full(4, np.inf),
    "one": [0.15, np.nan],
}


def texts(fig):
    svg = plotting.inline_svg(fig, "name", "what it shows")
    return " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg))


def dots(ax):
    """Where each row has its dots: lists of places (x, y)."""
    places = [[] for _ in ax.get_yticks()]
    for line in ax.lines:
        if line.get_solid_capstyle() == "round":
            for x, y in line.get_xydata()[::3]:
                places[round(y)].append((x, y))
    return places


def counted(ax):
    return [len(places) for places in dots(ax)]


def test_a_strip_has_a_dot_for_each_seed():
    fig = figures.strips(VALUES, xlabel="last loss")
    assert counted(fig.axes[0]) == [20, 17, 20, 0, 1]
    drawn = sorted(x for x, _ in dots(fig.axes[0])[1])
    assert drawn == sorted(VALUES["sigmoid, shifted by a half"][:17])
    found = texts(fig)
    assert "tanh" in found and "last loss" in found
    assert "3 diverged" in found and "4 diverged" in found


def test_dots_of_the_same_value_lie_apart():
    at = dots(figures.strips(VALUES, "x").axes[0])[2]
    assert len(np.unique(np.round(at, 3), axis=0)) == 20


def test_a_dot_is_drawn_though_it_has_no_length():
    svg = plotting.inline_svg(figures.strips({"one": [3.0] * 600}, "x"), "name", "alt")
    paths = re.findall(r'd="(M[^"]*h0)" [^>]*stroke-linecap: round', svg)
    assert sum(path.count("h0") for path in paths) == 600


def test_panels_share_their_axis():
    fig = figures.panels({"T = 30": VALUES, "T = 100": VALUES}, "last loss")
    one, other = fig.axes
    assert one.get_xlim() == other.get_xlim()
    assert counted(one) == counted(other) == [20, 17, 20, 0, 1]
    assert "T = 100" in texts(fig)


def test_rows_take_the_colours_that_they_are_given():
    given = ["#123456", "#654321"]
    fig = figures.panels({"one": {"i": [1.0], "f": [2.0]}}, "x", colours=given)
    lines = [one for one in fig.axes[0].lines if one.get_solid_capstyle() == "round"]
    assert [to_hex(line.get_color()) for line in lines] == given


def test_a_forest_says_name_and_n():
    effects = [
        stats.paired("relu minus tanh", [0.1, 0.3, 0.2]),
        stats.exactly("a bound", 0.25),
    ]
    fig = figures.forest(effects, "difference", smallest=0.05)
    assert "relu minus tanh, n = 3" in texts(fig)
    assert "a bound" in texts(fig) and "a bound, n" not in texts(fig)


@pytest.mark.parametrize("top", [1.0, 100.0])
def test_curves_are_named_apart_at_their_ends(top):
    updates = np.arange(1, 1001)
    line = np.linspace(top, 0.5, 1000)[:, None] * np.ones(5)
    broken = np.where(updates[:, None] < 300, line, np.nan)
    gone = np.full((1000, 5), np.nan)
    losses = {"one": line, "other": line * 1.01, "broken": broken, "gone": gone}
    fig = figures.curves(updates, losses)
    assert all(name in texts(fig) for name in losses)
    heights = sorted(note.xyann[1] for note in fig.axes[0].texts)
    assert min(np.diff(heights)) > 0.06
    assert max(len(line.get_xdata()) for line in fig.axes[0].lines) <= 40


def test_the_words_say_what_the_dots_show():
    words = figures.in_words(VALUES)
    median = np.median(VALUES["tanh"])
    assert words.startswith(f"tanh: median {median:.3f}, interval ")
    assert "17 seeds, 3 diverged" in words
    assert "relu: median 0.25, 20 seeds" in words
    assert "none: all 4 diverged; " in words
    assert words.endswith("one: median 0.15, 1 seed, 1 diverged.")
