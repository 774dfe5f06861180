"""Saturation: stored histograms, what they say in both languages, and the figure."""

import json

import numpy as np
import pytest

from lstm_core import traces, tree, unroll, widgets
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.layers import Linear, Model, Recurrent
from lstm_core.tasks import Runs
from lstm_core.widgets import saturation
from lstm_core.widgets.saturation import SLOTS, Saturation, measure
from tests.widgets.harness import check, plant, settle, words, write_modules


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
    (tmp_path / "saturation.json").write_bytes(saturation.STORED.read_bytes())
    return write_modules(tmp_path, expected, Saturation)


def test_the_page_measures_what_lstm_core_measures(modules):
    seen = check("saturation", modules)
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
    plant(modules / "saturation.js", good, bad)
    assert check("saturation", modules)["count"] > 0


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


def test_without_the_histograms_it_says_so(visit, monkeypatch):  # noqa: F811
    monkeypatch.setattr(widgets, "data_scripts", dict)
    page = visit(Saturation())
    page.wait_for_function("() => /did not arrive/.test(document.body.innerText)")
    page.errors.clear()  # the browser's own, that the file is not there
