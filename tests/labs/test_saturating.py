"""The saturation lab: what it starts with, and what training adds."""

import json

import numpy as np
import pytest

from lstm_core import labs
from lstm_core.labs import saturating
from lstm_core.widgets import saturation as widget


@pytest.fixture
def lab():
    return labs.saturation()


def test_it_starts_with_the_run_of_the_figure(lab):
    shipped = json.loads(saturating.STORED.read_text("utf-8"))
    figure = json.loads(widget.STORED.read_text("utf-8"))["counting"]
    assert shipped["0"] == figure["birth"]
    assert shipped[str(widget.UPDATES)] == figure["trained"]
    assert sorted(lab.runs) == list(range(0, widget.UPDATES + 1, 100))


def test_the_first_updates_are_those_that_are_shipped():
    shipped = json.loads(saturating.STORED.read_text("utf-8"))
    run = saturating.learn(widget.SEEDS, 1.0, widget.H, 100)
    found = {k: packed for k, packed in run if packed}
    for slot, (first, parts) in found[100].items():
        assert abs(first - shipped["100"][slot][0]) <= 2
        mine, theirs = (
            widget.unpacked(*one) for one in ((first, parts), shipped["100"][slot])
        )
        assert np.abs(np.cumsum(mine) - np.cumsum(theirs)).max() < 100


def test_the_picture_says_the_numbers_of_the_histogram(lab):
    lab.controls["slot"].value = "o"
    lab.controls["scale"].value = 2.0
    lab.after.value = 300
    function = widget.SLOTS["o"]["function"]
    found = widget.measure(lab.runs[300]["o"], function, 2.0, 0.1)
    words = lab.picture.value
    assert "After 300 updates, with pre-activations × 2," in words
    assert f"{100 * found.saturated:.2g} % of the output gate o is saturated" in words
    assert f"the mean slope is {100 * found.slope:.2g} % of the steepest" in words


def test_training_brings_the_settings_of_the_sliders(lab):
    settings = {"seeds": 2, "H": 2, "updates": 100, "forget_bias": -1.0}
    for name, value in settings.items():
        lab.settings[name].value = value
    lab.training.run()
    assert lab.training.said.value == "Done after 100 of 100 updates."
    assert lab.picture.value.count("2 networks of 2 units, forget bias −1") == 2
    assert sorted(lab.runs) == list(range(0, 101, 5))
    function = widget.SLOTS["f"]["function"]
    low = widget.measure(lab.runs[0]["f"], function, 1.0, 0.3)
    assert low.low > 0.5  # a forget bias of -1 is seen at birth


def test_the_page_without_a_kernel_has_the_picture_and_no_control(lab):
    (data, _) = lab._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    still = data["text/html"]
    assert "<svg" in still and "54 % of the forget gate f is saturated" in still
    for control in ("<input", "<button", "<select"):
        assert control not in still


def test_only_three_labs_have_names():
    assert set(dir(labs)) >= {"saturation", "activation"}
    with pytest.raises(AttributeError, match="no attribute 'saturate'"):
        getattr(labs, "saturate")
