"""Gradient flow: the numbers of lstm_core in the page, and the figure in a browser."""

import json
import re

import numpy as np
import pytest

from lstm_core import prose, traces, tree, unroll
from lstm_core.widgets import flow
from lstm_core.widgets.flow import CELLS, Flow
from tests.widgets.harness import check, plant, settle, words, write_modules

WAYS = {"lstm": ("c", "h"), "gru": ("z",), "rnn": ()}
RUNS = [
    *(Flow.PRESETS[name]["state"] for name in Flow.PRESETS),
    {"forget_bias": 5.0, "T": 60, "H": 8, "seed": 900_000},
    {"T": 2, "H": 4, "loss": 3},
    {"cell": "gru", "forget_bias": -1.0, "gain": 1.5, "loss": 8, "H": 5},
    {"cell": "rnn", "gain": 0.0, "T": 10},
]


def plain(record):
    """A record of arrays (1, H) as lists, {name: list}."""
    fields = record._asdict().items()
    return {k: np.asarray(v[0], float).tolist() for k, v in fields}


def weights(p):
    """Parameters as JSON has them, nested as in the records."""
    if p is None or isinstance(p, np.ndarray):
        return p.tolist()
    return {k: weights(v) for k, v in p._asdict().items()}


def steps():
    """One step of each network and back, some gates deep in their tails."""
    rng = np.random.default_rng(3)
    for name, cell in CELLS.items():
        for spread in (0.5, 12.0):
            p = cell.init(rng, 2, 3)
            p = tree.map(lambda leaf: leaf + rng.normal(0, spread, leaf.shape), p)
            x = rng.normal(0, 1, (1, 2))
            zero = cell.zero_state(p, 1)
            states = [tree.map(lambda a: rng.normal(0, 1, a.shape), zero) for _ in "12"]
            before, d = states
            after, trace = cell.step(p, x, before)
            _, _, back = cell.step_back(p, trace, d)
            parts = {"before": before, "trace": trace, "after": after, "d": d}
            yield {
                "name": name,
                "p": weights(p),
                "x": x[0].tolist(),
                "back": plain(back),
                **{key: plain(record) for key, record in parts.items()},
            }


def reaches(widget):
    """Every way of a run: entries, and the lengths that lstm_core.traces gives them."""
    cell, p, xs = widget.start()
    _, _, trace = unroll.forward(cell, p, xs)
    for along in (None, *WAYS[widget.cell]):
        fields = widget.reach(along)._asdict()
        found = {k: v for k, v in fields.items() if v is not None}
        if along == "z":
            norms = {"h": tree.norm(_through_z(trace, widget))}
        else:
            given = traces.gradient_norms(cell, p, trace, widget.dhs(), along=along)
            norms = {k: v[:, 0] for k, v in given._asdict().items()}
        rows = {k: v.tolist() for k, v in found.items()}
        yield (
            along or "whole",
            {k: {"rows": rows[k], "norms": norms[k].tolist()} for k in rows},
        )


def _through_z(trace, widget):
    """dh at the end times the product of z from there back, (T + 1, H)."""
    kept = np.cumprod(trace.z[::-1, 0], axis=0)[::-1]
    return widget.dhs()[-1] * np.concatenate([kept, np.ones((1, widget.H))])


def runs():
    for given in RUNS:
        widget = Flow(**given)
        _, p, xs = widget.start()
        leaves = [leaf.ravel() for _, leaf in tree.leaves(p)]
        yield {
            "state": {k: getattr(widget, k) for k in widget.fields()},
            "p": np.concatenate(leaves).tolist(),
            "xs": xs.ravel().tolist(),
            "ways": dict(reaches(widget)),
        }


def levels():
    values = [0.0, 1e-300, 0.99e-8, 1.01e-8, 3e-5, -3e-5, 0.5, 1.0, 7.0, 99.0]
    found = flow.level(np.array(values)).tolist()
    assert found == [0, 0, 0, 1, 4, 4, 8, 9, 9, 10]
    return [{"value": v, "k": k} for v, k in zip(values, found, strict=True)]


@pytest.fixture(scope="module")
def expected():
    everything = {"steps": list(steps()), "runs": list(runs()), "levels": levels()}
    return json.dumps(everything, allow_nan=False)


@pytest.fixture
def modules(tmp_path, expected):
    return write_modules(tmp_path, expected, Flow)


def test_the_page_follows_gradients_as_lstm_core_does(modules, capsys):
    report = check("flow", modules)
    with capsys.disabled():
        print("\nlargest relative differences:", report["worst"])
    assert report["wrong"] == []
    assert report["worst"]["start"] == 0


def test_every_export_has_a_fixture(modules):
    assert check("flow", modules)["unproved"] == []


@pytest.mark.parametrize(
    ("module", "good", "bad"),
    [
        ("cells.js", "U[j][k] * da[k]", "U[k][j] * da[k]"),
        ("cells.js", "d.c[k] + d.h[k]", "d.h[k]"),
        ("cells.js", "t.c_prev[k] * sigmoid", "t.c[k] * sigmoid"),
        ("cells.js", "before.c.push(dc * t.f[k])", "before.c.push(dc)"),
        ("cells.js", "d.h[k] * t.s[k]", "d.h[k] * t.h[k]"),
        ("cells.js", "[field]: before[field]", "...before"),
        ("cells.js", "v + r[k] * m[k]", "v + m[k]"),
        ("cells.js", "(1 - z[k]) * v + z[k]", "z[k] * v + (1 - z[k])"),
        ("cells.js", "t.h_prev[k] - t.n[k]", "t.n[k] - t.h_prev[k]"),
        ("cells.js", "dm.push(da_n * t.r[k])", "dm.push(da_n)"),
        ("cells.js", "d.h[k] * (1 - t.z[k])", "d.h[k]"),
        ("cells.js", "({ h: d.h.map((v, k) => v * t.z[k]) })", "d"),
        ("cells.js", "v * tanh.d1(t.a[k])", "v"),
        ("cells.js", "gain * u", "u"),
        ("cells.js", "seed + DATA", "seed"),
        ("cells.js", "name === keeper ? forget_bias : 0", "0"),
        ("cells.js", "k === unit - 1", "k === unit"),
        ("cells.js", "(x / top) ** 2", "x ** 2"),
        ("flow.js", "power - LOW + 1", "power - LOW"),
    ],
)
def test_a_planted_bug_is_found(modules, module, good, bad):
    plant(modules / module, good, bad)
    assert check("flow", modules)["count"] > 0


# ---- the figure ----


def test_the_still_figure_tells_the_numbers_of_lstm_core():
    widget = Flow()
    cell, p, xs = widget.start()
    _, _, trace = unroll.forward(cell, p, xs)
    norms = traces.gradient_norms(cell, p, trace, widget.dhs())
    share = norms.c[10, 0] / norms.h[40, 0]
    picture, caption = widget.still()
    assert f"30 steps back {prose.number(share, 2)} of it is left" in caption
    assert picture.count("<polyline") == 4
    assert "color-mix" in picture


def test_it_says_what_is_left_and_which_way_it_came(visit):
    page = visit(Flow())
    text = words(page)
    assert "30 steps back 1.4×10⁻⁴ of the gradient is left at the cell" in text
    assert "Along the cell alone, the product of f, 3.9×10⁻⁵, 27\u202f% of it" in text
    assert page.locator(".shade path").count() == 22
    rows = page.locator("tbody th").all_inner_texts()
    assert len(rows) == 4 and rows[2] == "∂L/∂c along the cell alone"
    assert "The rest left the cell" in text
    assert "The rest" not in words(visit(Flow(gain=0)))
    page.get_by_label("network").select_option("rnn")
    settle(page)
    assert "no other way" in words(page)
    assert page.get_by_role("slider", name="forget bias").count() == 0
    assert page.locator("tbody tr").count() == 1


def test_keyboard_and_pointer_move_the_mark(visit):
    page = visit(Flow())
    grip = page.get_by_role("slider", name="place in time")
    grip.press("PageUp")
    grip.press("ArrowLeft")
    settle(page)
    assert words(page).startswith("21 steps back")
    assert grip.get_attribute("aria-valuetext") == "21 steps back"
    pointed = page.locator(".pointed")
    assert pointed.inner_text().startswith("At the mark: unit 1, t = 19: ∂L/∂c")
    box = page.locator(".surface").first.bounding_box()
    place = box["x"] + box["width"] * 30.5 / 41, box["y"] + box["height"] * 2.5 / 6
    page.mouse.move(*place)
    told = pointed.inner_text()
    assert told.startswith("Under the pointer: unit 3, t = 30: ∂L/∂c ")
    shown = float(re.search(r"∂L/∂c (\S+),", told)[1].replace("−", "-"))
    assert shown == pytest.approx(Flow().reach().c[30, 2], abs=6e-3)
    page.mouse.click(*place)
    page.mouse.move(0, 0)
    settle(page)
    assert pointed.inner_text().startswith("At the mark: unit 3, t = 30")


def test_another_start_and_the_same_again(visit):
    page = visit(Flow())
    first = words(page)
    page.get_by_role("button", name="Another start").click()
    settle(page)
    assert page.get_by_role("spinbutton", name="seed").input_value() == "1"
    assert words(page) != first
    page.get_by_role("button", name="Reset").click()
    settle(page)
    assert words(page) == first


LIGHTNESS = """() => [...document.querySelectorAll(".shade")].slice(0, 2).map((map) =>
  [...map.querySelectorAll("path")].map((path) =>
    Number(/oklab\\(([\\d.]+)/.exec(getComputedStyle(path).fill)?.[1])))"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_more_gradient_is_always_further_from_the_paper(visit, theme):
    page = visit(Flow(), theme=theme)
    for shades in page.evaluate(LIGHTNESS):
        assert len(shades) == 11
        steps = np.diff(shades) * (-1 if theme == "light" else 1)
        assert (steps > 0.035).all(), shades
