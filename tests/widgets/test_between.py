"""Between layers: the numbers of lstm_core in the page, and the figure in a browser."""

import json

import numpy as np
import pytest
import traitlets

from lstm_core import activations, tree
from lstm_core.widgets import assets
from lstm_core.widgets.between import BetweenLayers, measure
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
import * as between from "./between.js";
const { pass, measure } = between;
const cases = JSON.parse(readFileSync(process.argv[2], "utf8"));
const wrong = [];
function compare(where, got, expected) {
  const top = Math.max(1e-300, ...expected.map(Math.abs));
  if (got.length !== expected.length) wrong.push(`${where}: ${got.length}`);
  expected.forEach((value, k) => {
    if (!(Math.abs(got[k] - value) <= 1e-12 * Math.max(Math.abs(value), top))) {
      wrong.push(`${where}[${k}]: ${got[k]} for ${value}`);
    }
  });
}
for (const { state, arrays, measures } of cases) {
  const found = pass(state, state.between);
  for (const [key, values] of Object.entries(arrays)) {
    compare(`${state.between} ${key}`, found[key].flat(), values);
  }
  const mine = measure(found);
  for (const [key, value] of Object.entries(measures)) {
    compare(`${state.between} ${key}`, [mine[key]], [value]);
  }
}
const proved = ["pass", "measure", "SPEC", "default"];
const unproved = Object.keys(between).filter((name) => !proved.includes(name));
const counts = { count: wrong.length, cases: cases.length };
console.log(JSON.stringify({ wrong: wrong.slice(0, 9), unproved, ...counts }));
"""


def case(**given):
    widget = BetweenLayers(**given)
    passed = widget.passed()
    return {
        "state": {k: getattr(widget, k) for k in widget.fields()},
        "arrays": {k: v.ravel().tolist() for k, v in passed._asdict().items()},
        "measures": measure(passed)._asdict(),
    }


def cases():
    yield from (case(preset=name) for name in BetweenLayers.PRESETS)
    for n, name in enumerate((*activations.NAMES, "leaky_relu(0.2)")):
        yield case(between=name, seed=n, gain=0.5 + n % 13 / 2, H=2 + n % 7)


@pytest.fixture(scope="module")
def expected():
    return json.dumps(list(cases()), allow_nan=False)


@pytest.fixture
def modules(tmp_path, expected):
    text = BetweenLayers.module()
    for name, source in {"between.js": text, **assets.closure(text)}.items():
        (tmp_path / name).write_text(source, encoding="utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (tmp_path / "between.json").write_text(expected, encoding="utf-8")
    (tmp_path / "check.mjs").write_text(CHECK, encoding="utf-8")
    return tmp_path


def report(modules):
    return run_node(modules / "check.mjs", modules / "between.json")


def test_the_page_passes_what_lstm_core_passes(modules):
    seen = report(modules)
    assert seen["wrong"] == []
    assert seen["cases"] > 20
    assert seen["unproved"] == []


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("gain * draws", "draws"),
        ("1 / Math.sqrt(H)", "1 / H"),
        ("layer(draws, H, H, 1)", "layer(draws, H, H, gain)"),
        ("f: gate(1)", "f: gate(0)"),
        ("t === T - 1", "t === 0"),
        ("between.d1(before[t][k])", "between.d1(after[t][k])"),
        ("forward(cell, high, after", "forward(cell, high, before"),
        ("v !== 0 && now === 0", "now <= 0"),
        ("v * now < 0", "now < 0"),
        ("length(below) / length(above)", "length(above) / length(below)"),
    ],
)
def test_a_planted_bug_is_found(modules, good, bad):
    path = modules / "between.js"
    text = path.read_text(encoding="utf-8")
    assert good in text
    path.write_text(text.replace(good, bad, 1), encoding="utf-8")
    assert report(modules)["count"] > 0


# ---- what the figure says ----


def test_what_passes_is_what_the_stack_computes():
    """Layer 1 learns from `below` as from the stack's own way back."""
    widget = BetweenLayers()
    stack, p = widget.start()
    xs = np.reshape(widget.spec()["inputs"], (-1, 1, 1))
    hs, _, trace = stack.forward(p, xs)
    dhs = np.zeros_like(hs)
    dhs[-1] = 1
    (ours, _), _, _ = stack.backward(p, trace, dhs)
    below = widget.passed().below[:, None]
    from_below, _, _ = stack.layers[0].backward(p[0], trace[0][1], below)
    for (_, one), (_, other) in zip(
        tree.leaves(ours), tree.leaves(from_below), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_relu_deletes_every_negative_entry_and_its_gradient():
    before, after, above, below = BetweenLayers().passed()
    gone = before < 0
    assert (after[gone] == 0).all() and (below[gone] == 0).all()
    assert (after[~gone] == before[~gone]).all() and (below == above)[~gone].all()
    assert measure((before, after, above, below)).deleted == gone.sum()


def test_the_still_figure_tells_the_numbers_of_lstm_core():
    picture, caption = BetweenLayers().still()
    m = measure(BetweenLayers().passed())
    assert f"ReLU deletes {m.deleted} and turns the sign of none" in caption
    assert f"leaves {100 * m.size:.3g} % of the length of h" in caption
    assert picture.count("<path") == 4


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: BetweenLayers(between="rel"), "did you mean relu"),
        (lambda: BetweenLayers(H=9), "expected H as a whole number from 2 to 8, got 9"),
        (lambda: BetweenLayers(preset="rely"), "did you mean relu"),
    ],
)
def test_what_is_wrong_is_refused_with_a_sentence(make, sentence):
    with pytest.raises((traitlets.TraitError, ValueError)) as error:
        make()
    assert sentence in str(error.value)


def test_it_says_what_is_gone_and_what_comes_back(visit):
    page = visit(BetweenLayers())
    m = measure(BetweenLayers().passed())
    assert f"ReLU deletes {m.deleted} of {m.total} numbers" in words(page)
    assert "comes back, none to what was deleted" in words(page)
    page.get_by_label("between the layers").select_option("tanh")
    settle(page)
    assert "tanh deletes none of 48 numbers" in words(page)
    page.get_by_label("between the layers").select_option("sigmoid")
    settle(page)
    assert "arrive with the other sign" in words(page)
    assert page.locator("tbody tr").count() == 4
    page.get_by_role("button", name="nothing").click()
    settle(page)
    assert words(page).startswith("All 48 numbers")
    assert page.locator("tbody tr").count() == 3


def test_keyboard_and_pointer_move_the_mark(visit):
    page = visit(BetweenLayers())
    grip = page.get_by_role("slider", name="step in the picture")
    grip.press("PageUp")
    grip.press("ArrowRight")
    settle(page)
    assert grip.get_attribute("aria-valuetext") == "step 5 of 8"
    box = page.locator(".surface").first.bounding_box()
    row = (box["height"] - 20) / 6
    page.mouse.click(box["x"] + box["width"] * 1.5 / 8, box["y"] + row * 2.5)
    settle(page)
    value = f"{BetweenLayers().passed().before[1, 2]:.3f}".replace("-", "−")
    assert f"Unit 3 at step 2, (: h = {value} arrives" in words(page)


def test_other_weights_and_the_same_again(visit):
    page = visit(BetweenLayers())
    first = words(page)
    page.get_by_role("button", name="Other weights").click()
    settle(page)
    assert words(page) != first
    page.get_by_role("button", name="Reset").click()
    settle(page)
    assert words(page) == first


def test_every_preset_redraws_and_is_pressed(visit):
    page = visit(BetweenLayers(seed=5))
    seen = {words(page)}
    for button in page.locator(".presets button").all():
        button.click()
        settle(page)
        assert button.get_attribute("aria-pressed") == "true"
        seen.add(words(page))
    assert len(seen) == len(BetweenLayers.PRESETS) + 1


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("between=rely", "expected between as the name of an activation such as tanh"),
        ("H=100", "expected H as a number from 2 to 8"),
        ("layer=1", "expected one of H, between, gain, seed, t, unit"),
    ],
)
def test_a_mangled_link_is_a_sentence_and_the_rest_holds(visit, query, sentence):
    page = visit(BetweenLayers(), hash=f"#between?{query}&t=7")
    assert sentence in page.locator("figure > .problem").inner_text()
    assert "at step 7" in words(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(visit, theme):
    page = visit(BetweenLayers(), theme=theme, width=360)
    assert violations(page) == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_slider_redraws_within_a_frame_on_a_slow_processor(visit, capsys):
    page = visit(BetweenLayers(H=8), width=360)
    slow = page.context.new_cdp_session(page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    median, p95 = quantiles(page.evaluate(DRAG, ["weights times", 20, 4]))
    with capsys.disabled():
        print(f"\nbetween: median {median:.1f} ms, p95 {p95:.1f} ms")
    assert p95 <= 16
