"""The gate: the numbers of an LSTM that only forgets, and the figure in a browser."""

import json
import re

import numpy as np
import pytest

from lstm_core import activations, traces, unroll
from lstm_core.cells.gate import Gate as Weights
from lstm_core.cells.lstm import LSTM, Params, State
from lstm_core.widgets.gate import Gate
from tests.widgets.fixtures import FAMILY_ROWS
from tests.widgets.harness import check, plant, settle, words, write_modules


def case(**given):
    """A gate as the forget gate of a cell that nothing is written to, from c = 1."""
    gate = Gate(**given)
    cell = LSTM(f=gate.function)
    off = Weights(np.zeros((1, 1)), np.zeros((1, 1)), np.zeros(1))
    p = Params(off, off._replace(b=np.array([gate.k * gate.z])), off, off)
    start = State(h=np.zeros((1, 1)), c=np.ones((1, 1)))
    _, _, trace = unroll.forward(cell, p, np.zeros((gate.T, 1, 1)), start)
    f = float(trace.f[0, 0, 0])
    half = float(traces.half_life(trace.f[:1, 0])[0])
    moved = [_moved(cell, p, trace, t) * gate.k for t in range(1, gate.T + 1)]
    return {
        "state": {k: getattr(gate, k) for k in gate.fields()},
        "kinks": [kink / gate.k for kink in activations.get(gate.function).kinks],
        "f": f,
        "slope": float(gate.slope(gate.z)),
        "half": half if np.isfinite(half) else None,
        "c": [1.0, *trace.c[:, 0, 0].tolist()],
        "moved": [0.0, *moved],
    }


def _moved(cell, p, trace, t):
    """∂c/∂b of the forget gate after t steps, by the cell's own backward pass."""
    part = type(trace)(*(field[:t] for field in trace))
    end = State(h=np.zeros((1, 1)), c=np.ones((1, 1)))
    dp, _, _ = unroll.backward(cell, p, part, np.zeros((t, 1, 1)), end)
    return float(dp.f.b[0])


def cases():
    yield from (case(preset=name) for name in Gate.PRESETS)
    for n, name in enumerate((*activations.NAMES, *FAMILY_ROWS)):
        for z in (-6.4, -0.5, 0.3, 2.2):
            yield case(function=name, k=0.5 + 0.25 * n, z=z, T=7)


@pytest.fixture(scope="module")
def expected():
    with np.errstate(under="ignore"):
        return json.dumps(list(cases()), allow_nan=False)


@pytest.fixture
def modules(tmp_path, expected):
    return write_modules(tmp_path, expected, Gate)


def test_the_page_forgets_as_lstm_core_does(modules):
    seen = check("gate", modules)
    assert seen["wrong"] == []
    assert seen["cases"] > 80
    assert seen["unproved"] == []


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("k * row.d1(k * z)", "row.d1(k * z)"),
        ("row.value(k * z)", "row.value(z)"),
        ("u / k", "u * k"),
        ("=> f ** t", "=> f ** (t + 1)"),
        ("t * f ** (t - 1) * slope", "t * f ** t * slope"),
        ("t === 0 ? 0 : t *", "t === 0 ? 0 :"),
        ("Math.abs(f) < 1 ?", "f < 1 ?"),
        ("Math.LN2", "Math.LN10"),
    ],
)
def test_a_planted_bug_is_found(modules, good, bad):
    plant(modules / "gate.js", good, bad)
    assert check("gate", modules)["count"] > 0


# ---- the figure ----


def test_the_still_figure_tells_the_numbers_of_lstm_core():
    caption = Gate().still()[1]
    assert "is f = 0.95 at z = 2.94. Half is gone after 13.5 steps" in caption
    assert "∂c/∂z after 40 steps 0.256" in caption
    assert "nothing can be learnt" in Gate(preset="switch").still()[1]
    assert "It flips sign" in Gate(preset="tanh").still()[1]
    assert "It grows, doubled after 7.3 steps" in Gate(preset="relu").still()[1]
    assert "All of it is gone" in Gate(function="relu", z=-1).still()[1]


@pytest.mark.parametrize(
    ("given", "sentences"),
    [
        ({}, ["f = 0.950: half is gone after 13.5 steps", "40 · f³⁹ · slope = 0.256"]),
        ({"preset": "switch"}, ["f = 1: nothing is ever forgotten", "nothing can be"]),
        ({"preset": "tanh"}, ["no fraction: its sign flips at every step; half"]),
        ({"preset": "relu"}, ["no fraction: it grows, doubled after 7.3 steps"]),
        ({"preset": "hard-sigmoid"}, ["Its slope is 0 here: no gradient"]),
        ({"preset": "half-tanh"}, ["σ(2z) is (1 + tanh z)/2"]),
        ({"function": "relu", "z": -1}, ["f = 0: all of it is gone after one step"]),
        ({"function": "tanh", "k": 32, "z": -8}, ["its sign flips", "ever"]),
        ({"z": 8}, ["the gate is f = 1 − 3.4×10⁻⁴", "after 2066.6 steps"]),
        ({"function": "identity", "z": -2}, ["it grows, doubled after 1.0 steps"]),
    ],
)
def test_it_says_what_becomes_of_the_value_and_of_the_gradient(visit, given, sentences):
    text = words(visit(Gate(**given)))
    assert all(sentence in text for sentence in sentences), text


def test_keyboard_and_pointer_move_z(visit):
    page = visit(Gate())
    page.get_by_label("pre-activation z").press("Home")
    settle(page)
    assert "At z = −8.00" in words(page)
    grip = page.get_by_role("slider", name="z in the picture")
    grip.press("PageUp")
    grip.press("ArrowRight")
    settle(page)
    assert "At z = −6.90" in words(page)
    box = page.locator(".surface").nth(1).bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + 40)
    settle(page)
    assert abs(float(grip.get_attribute("aria-valuenow")) - 4) < 0.06


def test_any_row_of_the_table_is_a_gate(visit):
    page = visit(Gate(), hash="#gate?function=tempered_sigmoid(8)")
    select = page.get_by_role("combobox", name="gate")
    assert select.input_value() == "tempered_sigmoid(8)"
    assert "σ(8z) as a gate" in page.locator("figcaption").inner_text()
    for name in activations.NAMES:
        select.select_option(name)
        settle(page)
        line = page.locator(".curves path").nth(1).get_attribute("d")
        xs = [float(x) for x in re.findall(r"[ML]([\d.]+)", line)]
        assert xs == sorted(xs) and xs[-1] - xs[0] > 250, "from edge to edge"
        assert page.locator(".permalink").get_attribute("href") == (
            "#gate?" + f"function={name}" * (name != "sigmoid")
        )
