"""The counter lab: its numbers, controls, a function of one's own, its still form."""

import re

import numpy as np
import pytest

from lstm_core import activations, counters, labs
from lstm_core.activations import Activation
from lstm_core.labs import counting
from lstm_core.labs.lab import HOW, Lab

USUAL = {"gates": "sigmoid", "candidate": "tanh", "output": "tanh"}


@pytest.mark.parametrize("dtype", counting.TYPES)
@pytest.mark.parametrize("K", [2.0, 5.0, 8.0])
def test_it_counts_as_far_as_the_law_says(K, dtype):
    law = counters.longest(K, counting.TYPES[dtype])
    c, wrong, farthest = counting.counted(K, law, **USUAL, dtype=dtype)
    assert (wrong, farthest) == (None, law) and len(c) == 2 * law + 1
    c, wrong, _ = counting.counted(K, law + 1, **USUAL, dtype=dtype)
    assert wrong == 2 * law + 1 and c[wrong] < 0.5


def test_controls_redraw_the_picture():
    lab = labs.counter()
    first = lab.picture.value
    assert "With K = 8 in float64" in first and "up to 38." in first
    lab.controls["K"].value = 12.0
    assert "every answer is right" in lab.picture.value
    lab.controls["candidate"].value = "sigmoid"
    assert "the first wrong answer" in lab.picture.value
    lab.controls["candidate"].value, lab.controls["K"].value = "tanh", 8.0
    assert lab.picture.value == first


def test_a_function_of_ones_own_joins_the_table():
    mine = Activation("mine", lambda z: np.clip(z, -1, 1), np.ones_like, np.zeros_like)
    lab = labs.counter(mine)
    names = [name for name, _ in lab.controls["candidate"].options]
    assert names == ["mine", *activations.NAMES]
    lab.controls["candidate"].value = mine
    lab.controls["gates"].value = "hard_sigmoid"
    assert f"up to {counting.FARTHEST} or more" in lab.picture.value


def test_an_error_in_it_is_read_and_the_lab_goes_on():
    def wrong(z):
        raise ValueError("no <good>")

    lab = labs.counter(Activation("mine", wrong, wrong, wrong))
    picture = lab.picture.value
    lab.controls["output"].value = lab.controls["output"].options[0][1]
    assert "got ValueError(&#x27;no &lt;good&gt;&#x27;)" in lab.picture.value
    lab.controls["output"].value = "tanh"
    assert lab.picture.value == picture


def test_without_a_kernel_it_is_a_picture_that_says_how_to_run_it():
    data, _ = labs.counter()._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert HOW in data["text/html"]
    assert re.search(r'<svg [^>]*role="img" aria-label="With K = 8', data["text/html"])
    assert not re.search("<(input|button|select)", data["text/html"])


def test_a_function_that_runs_away_still_has_a_picture():
    lab = labs.counter()
    lab.controls["gates"].value = "relu"
    lab.controls["n"].value = 1000
    assert "<svg" in lab.picture.value
    assert isinstance(lab, Lab)
