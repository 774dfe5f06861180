"""The gate: the numbers of an LSTM that only forgets, and the figure in a browser."""

import json

import numpy as np
import pytest
import traitlets

from lstm_core import activations, traces, unroll
from lstm_core.cells.gate import Gate as Weights
from lstm_core.cells.lstm import LSTM, Params, State
from lstm_core.widgets import assets
from lstm_core.widgets.gate import Gate
from tests.widgets.fixtures import FAMILY_ROWS
from tests.widgets.test_engine import run_node
from tests.widgets.test_page import (  # noqa: F401 - visit and contexts are fixtures
    DRAG,
    contexts,
    quantiles,
    settle,
    violations,
    visit,
    words,
)

CHECK = """
import { readFileSync } from "node:fs";
import { halfLife, kept, reaching, sharpened } from "./gate.js";
import * as gate from "./gate.js";
const cases = JSON.parse(readFileSync(process.argv[2], "utf8"));
const wrong = [];
const compare = (where, got, expected) => {
  const room = 1e-12 * Math.abs(expected) + 1e-300; // below which digits run out
  const same = expected === null ? got === Infinity : Math.abs(got - expected) <= room;
  if (!same) wrong.push(`${where}: ${got} for ${expected}`);
};
for (const { state, kinks, f, slope, half, c, moved } of cases) {
  const name = `${state.function} k ${state.k} z ${state.z} T ${state.T}`;
  const row = sharpened(state);
  compare(`${name} f`, row.value(state.z), f);
  compare(`${name} slope`, row.d1(state.z), slope);
  kinks.forEach((kink, k) => compare(`${name} kink`, row.kinks[k], kink));
  compare(`${name} half-life`, halfLife(f), half);
  c.forEach((value, t) => compare(`${name} c ${t}`, kept(f, t), value));
  moved.forEach((value, t) => compare(`${name} ∂ ${t}`, reaching(f, slope, t), value));
}
const proved = ["halfLife", "kept", "reaching", "sharpened", "SPEC", "default"];
const unproved = Object.keys(gate).filter((name) => !proved.includes(name));
const counts = { count: wrong.length, cases: cases.length };
console.log(JSON.stringify({ wrong: wrong.slice(0, 9), unproved, ...counts }));
"""


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
    text = Gate.module()
    for name, source in {"gate.js": text, **assets.closure(text)}.items():
        (tmp_path / name).write_text(source, encoding="utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (tmp_path / "gate.json").write_text(expected, encoding="utf-8")
    (tmp_path / "check.mjs").write_text(CHECK, encoding="utf-8")
    return tmp_path


def report(modules):
    return run_node(modules / "check.mjs", modules / "gate.json")


def test_the_page_forgets_as_lstm_core_does(modules):
    seen = report(modules)
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
    path = modules / "gate.js"
    text = path.read_text(encoding="utf-8")
    assert good in text
    path.write_text(text.replace(good, bad, 1), encoding="utf-8")
    assert report(modules)["count"] > 0


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
    ("make", "sentence"),
    [
        (lambda: Gate(function="sigmoyd"), "'sigmoyd': did you mean sigmoid"),
        (lambda: Gate(z=9), "expected z as a number from -8 to 8, got 9"),
        (lambda: Gate(k=0), "expected k as a number from 0.25 to 32"),
        (lambda: Gate(T=0), "expected T as a whole number from 1 to 100"),
        (lambda: Gate(preset="sharper"), "unknown preset 'sharper': did you mean"),
    ],
)
def test_what_is_wrong_is_refused_with_a_sentence(make, sentence):
    with pytest.raises((traitlets.TraitError, ValueError)) as error:
        make()
    assert sentence in str(error.value)


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
    page.get_by_label("pre-activation").press("Home")
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
        assert page.locator(".curves path").nth(1).get_attribute("d").count("L") > 150
        assert page.locator(".permalink").get_attribute("href") == (
            "#gate?" + f"function={name}" * (name != "sigmoid")
        )


def test_every_preset_redraws_and_is_pressed(visit):
    page = visit(Gate(z=0.3))
    seen = {words(page)}
    for button in page.locator(".presets button").all():
        button.click()
        settle(page)
        assert button.get_attribute("aria-pressed") == "true"
        seen.add(words(page))
    assert len(seen) == len(Gate.PRESETS) + 1
    page.get_by_role("button", name="Reset").click()
    settle(page)
    assert "At z = 0.30" in words(page)


def test_a_mangled_link_is_a_sentence_and_the_rest_holds(visit):
    page = visit(Gate(), hash="#gate?function=sigmund&z=1")
    problem = page.locator("figure > .problem").inner_text()
    assert "expected function as the name of an activation" in problem
    assert "At z = 1.00" in words(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(visit, theme):
    assert violations(visit(Gate(preset="tanh"), theme=theme, width=360)) == {}


@pytest.mark.parametrize("label", ["pre-activation", "sharpness k", "steps T"])
def test_a_slider_redraws_within_a_frame_on_a_slow_processor(visit, capsys, label):
    page = visit(Gate(function="tanh", T=100), width=360)
    slow = page.context.new_cdp_session(page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    median, p95 = quantiles(page.evaluate(DRAG, [label, 20, 4]))
    with capsys.disabled():
        print(f"\ngate, {label}: median {median:.1f} ms, p95 {p95:.1f} ms")
    assert p95 <= 16
