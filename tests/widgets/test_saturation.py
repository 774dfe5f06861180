"""Saturation: stored histograms, what they say in both languages, and the figure."""

import json

import numpy as np
import pytest
import traitlets

from lstm_core import traces, tree, unroll, widgets
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.layers import Linear, Model, Recurrent
from lstm_core.tasks import Runs
from lstm_core.widgets import assets, saturation
from lstm_core.widgets.saturation import SLOTS, Saturation, measure
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
import * as saturation from "./saturation.js";
const { bars, below, limit, meanSlope, measure, unpacked, SPEC } = saturation;
const cases = JSON.parse(readFileSync(process.argv[2], "utf8"));
const stored = JSON.parse(readFileSync(process.argv[3], "utf8"));
const wrong = [];
function compare(where, got, expected) {
  if (got.length !== expected.length) wrong.push(`${where}: ${got.length}`);
  expected.forEach((value, k) => {
    const room = 1e-12 * Math.max(Math.abs(value), 1); // shares of 1
    const same = Math.abs(got[k] - value) <= room;
    if (!same) wrong.push(`${where}: ${got[k]} for ${value}`);
  });
}
for (const { state, when, zs, shares, ...told } of cases) {
  const name = SPEC.slots[state.slot].function;
  const one = unpacked(stored[state.network][when][state.slot]);
  const where = `${state.network} ${when} ${state.slot} × ${state.scale}`;
  compare(`${where} below`, zs.map((z) => below(one, z)), shares);
  compare(`${where} limit`, [limit(name, state.margin)], [told.limit]);
  compare(`${where} slope`, [meanSlope(one, name, state.scale)], [told.slope]);
  compare(`${where} bars`, bars(one, state.scale), told.bars);
  const { low, high, slope } = measure(one, name, state);
  compare(`${where} measures`, [low, high, slope], told.measures);
}
const proved = ["bars", "below", "limit", "meanSlope", "measure", "unpacked"];
proved.push("SPEC", "default");
const unproved = Object.keys(saturation).filter((k) => !proved.includes(k));
const counts = { count: wrong.length, cases: cases.length };
console.log(JSON.stringify({ wrong: wrong.slice(0, 9), unproved, ...counts }));
"""


def case(when, **given):
    widget = Saturation(**given)
    parts, function = widget.parts(when), SLOTS[widget.slot]["function"]
    measures = widget.measures(when)
    zs = np.linspace(-17, 17, 18)
    return {
        "state": {k: getattr(widget, k) for k in widget.fields()},
        "when": when,
        "zs": zs.tolist(),
        "shares": saturation.below(parts, zs).tolist(),
        "limit": saturation.limit(function, widget.margin),
        "slope": measures.slope,
        "bars": saturation.bars(parts, widget.scale).tolist(),
        "measures": list(measures),
    }


def cases():
    settings = ((1.0, 0.1), (0.1, 0.3), (0.35, 0.05), (3.7, 0.01), (10.0, 0.2))
    for network in saturation.stored():
        for slot in SLOTS:
            for scale, margin in settings:
                given = {"slot": slot, "scale": scale, "margin": margin}
                for when in saturation.WHEN:
                    yield case(when, network=network, **given)


@pytest.fixture(scope="module")
def expected():
    return json.dumps(list(cases()), allow_nan=False)


@pytest.fixture
def modules(tmp_path, expected):
    text = Saturation.module()
    for name, source in {"saturation.js": text, **assets.closure(text)}.items():
        (tmp_path / name).write_text(source, encoding="utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (tmp_path / "cases.json").write_text(expected, encoding="utf-8")
    (tmp_path / "check.mjs").write_text(CHECK, encoding="utf-8")
    return tmp_path


def report(modules):
    cases = modules / "cases.json"
    return run_node(modules / "check.mjs", cases, saturation.STORED)


def test_the_page_measures_what_lstm_core_measures(modules):
    seen = report(modules)
    assert seen["wrong"] == []
    assert seen["cases"] >= 50
    assert seen["unproved"] == []


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("parts[k - first]", "parts[k]"),
        ("-FAR + (2 * FAR * k) / BINS", "-FAR + (2 * FAR * (k + 1)) / BINS"),
        ("(place - k) *", "0 *"),
        ("far : far / 2", "far / 2 : far"),
        ("(1 - margin) / margin", "1 / margin"),
        ("(share * rise) / (scale * WIDTH)", "(share * rise) / WIDTH"),
        ("mean / steepest", "mean"),
        ("limit(name, margin) / scale", "limit(name, margin) * scale"),
        ("1 - below(histogram, far)", "below(histogram, far)"),
        ("(BAR * k - VIEW) / scale", "BAR * k - VIEW"),
    ],
)
def test_a_planted_bug_is_found(modules, good, bad):
    path = modules / "saturation.js"
    text = path.read_text(encoding="utf-8")
    assert good in text
    path.write_text(text.replace(good, bad, 1), encoding="utf-8")
    assert report(modules)["count"] > 0


# ---- the stored histograms ----


def run(gain=1.0):
    """A run of networks at birth: (trace, mask)."""
    task = Runs("ab")
    model = Model(Recurrent(LSTM(), saturation.H), Linear(task.K))
    p = tree.stack([model.init(Draws(s), task.D) for s in saturation.SEEDS])
    batch = task.examples(saturation.READ)
    body = tree.map(lambda leaf: gain * leaf, p.body)
    return unroll.forward(LSTM(), body, batch.xs)[2], batch.mask


def test_what_is_stored_is_what_the_writer_makes():
    stored = json.loads(saturation.STORED.read_text("utf-8"))
    assert stored["counting"]["birth"] == saturation.histograms(*run())
    for network in saturation.stored().values():
        assert set(network) == set(saturation.WHEN)
        for slots in network.values():
            assert list(slots) == list(SLOTS)
            for parts in slots.values():
                assert parts.sum() == pytest.approx(saturation.WHOLE, abs=60)


def test_the_text_network_is_the_one_that_is_shipped():
    """After another training `saturation.write()` makes it true again."""
    stored = json.loads(saturation.STORED.read_text("utf-8"))
    assert stored["text"] == saturation.text()


@pytest.mark.parametrize("gain", [1.0, 6.0])
def test_a_histogram_tells_what_the_values_tell(gain):
    """Shares of saturated values as `traces.saturation` finds them, and mean slopes."""
    trace, mask = run(gain)
    squashed = traces.squashed(LSTM(), trace, mask)
    for slot, packed in saturation.histograms(trace, mask).items():
        field = "s" if slot == "c" else slot
        near = traces.saturation(*squashed[field], margin=0.1)
        function = SLOTS[slot]["function"]
        found = measure(saturation.unpacked(*packed), function, 1.0, 0.1)
        assert found.low == pytest.approx(near.low.mean(), abs=0.01)
        assert found.high == pytest.approx(near.high.mean(), abs=0.01)
        values = squashed[field].values
        slope = 4 * values * (1 - values) if function == "sigmoid" else 1 - values**2
        assert found.slope == pytest.approx(slope.mean(), abs=0.01)


def test_values_beyond_the_last_bin_are_kept_in_it():
    first, parts = saturation._packed(np.array([-1e9, 0.05, 0.05, np.inf]))
    bins = saturation.unpacked(first, parts)
    assert bins[[0, saturation.BINS // 2, -1]].tolist() == [2500, 5000, 2500]


def test_training_saturates_the_counting_networks():
    trained = Saturation().measures("trained", "o").saturated
    assert trained > Saturation().measures("birth", "o").saturated + 0.5
    for slot in SLOTS:
        text = Saturation(network="text", slot=slot)
        assert text.measures("birth").saturated < 0.01
        assert 0.3 < text.measures("trained").saturated < 0.95


# ---- the figure ----


def test_the_still_figure_tells_the_numbers_of_lstm_core():
    picture, caption = Saturation().still()
    now = Saturation().measures("trained")
    assert f"are {100 * now.saturated:.2g} % of them, at birth 0 %" in caption
    assert f"The mean slope is {100 * now.slope:.2g} % of the steepest" in caption
    assert picture.count("<path") == 4 and picture.count("<polyline") == 2


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Saturation(network="count"), "did you mean counting?"),
        (lambda: Saturation(slot="x"), "unknown slot 'x'"),
        (lambda: Saturation(scale=0), "expected scale as a number from 0.1 to 10"),
        (lambda: Saturation(margin=0.5), "expected margin as a number from 0.01 to"),
    ],
)
def test_what_is_wrong_is_refused_with_a_sentence(make, sentence):
    with pytest.raises((traitlets.TraitError, ValueError)) as error:
        make()
    assert sentence in str(error.value)


@pytest.fixture
def look(visit):  # noqa: F811
    """As on every page, but waits for the histograms, which come on demand."""

    def open_page(widget, **given):
        page = visit(widget, **given)
        page.wait_for_function("document.querySelectorAll('tbody tr').length === 5")
        settle(page)
        return page

    return open_page


def test_it_says_what_is_saturated_and_what_passes(look):
    page = look(Saturation())
    now = Saturation().measures("trained")
    text = words(page).replace("\u202f", " ")
    assert f"Of the forget gate f {100 * now.saturated:.0f} % is saturated" in text
    assert f"passes, is {100 * now.slope:.0f} % of the steepest" in text
    page.get_by_role("combobox", name="network").select_option("text")
    settle(page)
    text_now = Saturation(network="text").measures("trained").saturated
    assert f"{100 * text_now:.0f}\u202f% is saturated" in words(page)
    assert "Python source code" in page.locator("figcaption").inner_text()
    page.get_by_label("what is squashed").select_option("g")
    settle(page)
    assert "below −0.8" in words(page) and "above 0.8" in words(page)
    assert page.locator("tbody tr").count() == 5
    shown = page.locator("tbody").inner_text()
    assert "10⁻" not in shown, shown


def test_scale_makes_it_a_switch(look):
    page = look(Saturation())
    slider = page.get_by_label("scale")
    slider.press("End")
    settle(page)
    most = Saturation(scale=10).measures("trained")
    assert f"{100 * most.saturated:.0f}" in words(page)
    assert "times 10 of the forget gate" in page.locator("figcaption").inner_text()


def test_keyboard_and_pointer_move_the_limit(look):
    page = look(Saturation())
    grip = page.get_by_role("slider", name="where saturation begins")
    grip.press("Home")
    settle(page)
    assert "below 0.3" in words(page)
    grip.press("ArrowRight")
    settle(page)
    assert "below 0.279" in words(page)
    for surface in page.locator(".surface").all():
        box = surface.bounding_box()
        page.mouse.click(box["x"] + box["width"] * (0.5 + 3 / 16), box["y"] + 40)
        settle(page)
        assert grip.get_attribute("aria-valuetext").startswith("z = 3.0")
        page.get_by_role("button", name="Reset").click()
        settle(page)


def test_every_preset_redraws_and_is_pressed(look):
    page = look(Saturation(scale=2))
    seen = {words(page)}
    for button in page.locator(".presets button").all():
        button.click()
        settle(page)
        assert button.get_attribute("aria-pressed") == "true"
        seen.add(words(page))
    assert len(seen) == len(Saturation.PRESETS) + 1


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("slot=x", "expected slot as one of i, f, o, g, c, got “x”"),
        ("network=words", "expected network as one of counting"),
        ("margin=0", "expected margin as a number from 0.01 to 0.3"),
    ],
)
def test_a_mangled_link_is_a_sentence_and_the_rest_holds(look, query, sentence):
    page = look(Saturation(), hash=f"#saturation?{query}&scale=2")
    assert sentence in page.locator("figure > .problem").inner_text()
    assert "times 2" in page.locator("figcaption").inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(look, theme):
    page = look(Saturation(), theme=theme, width=360)
    assert violations(page) == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_slider_redraws_within_a_frame_on_a_slow_processor(look, capsys):
    page = look(Saturation(), width=360)
    slow = page.context.new_cdp_session(page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    median, p95 = quantiles(page.evaluate(DRAG, ["scale", 20, 4]))
    with capsys.disabled():
        print(f"\nsaturation: median {median:.1f} ms, p95 {p95:.1f} ms")
    assert p95 <= 16


def test_without_the_histograms_it_says_so(visit, monkeypatch):  # noqa: F811
    monkeypatch.setattr(widgets, "data_scripts", dict)
    page = visit(Saturation())
    page.wait_for_function("() => /did not arrive/.test(document.body.innerText)")
    page.errors.clear()  # the browser's own, that the file is not there
