"""Between layers: the numbers of lstm_core in the page, and the figure in a browser."""

import json

import numpy as np
import pytest

from lstm_core import activations, tree
from lstm_core.widgets.between import BetweenLayers, measure
from tests.widgets.harness import check, plant, settle, words, write_modules


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
    return write_modules(tmp_path, expected, BetweenLayers)


def test_the_page_passes_what_lstm_core_passes(modules):
    seen = check("between", modules)
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
    plant(modules / "between.js", good, bad)
    assert check("between", modules)["count"] > 0


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
