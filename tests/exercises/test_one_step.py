"""One step by hand, and weights that count: mistakes are named, right answers pass."""

import numpy as np
import pytest

from lstm_core.activations import get
from lstm_core.cells.lstm import LSTM
from lstm_core.exercises import one_step
from lstm_core.exercises.mechanism import Registry

sigma = get("sigmoid")
k = one_step.given_step()
RIGHT = {name: round(float(getattr(k, name)[0, 0]), 3) for name in "ifogch"}
COUNTER = {"i": (0, 0, 12), "f": (0, 0, 12), "o": (0, 0, 0), "g": (12, 0, 0)}


def step(slot, wrong):
    return RIGHT | {slot: round(np.asarray(wrong).item(), 3)}


def counter(slot, *weights):
    return COUNTER | {slot: weights}


MISTAKES = {
    "1.1": [
        (step("i", k.a_i), "not been squashed"),
        (step("i", 0.62), "right to two decimals"),
        (step("f", sigma(np.array(2.0))), "w belongs to x, and u to h_prev"),
        (step("f", sigma(np.array(3.0))), "u multiplies the old output h_prev"),
        (step("f", sigma(np.array(0.5))), "the bias b is missing"),
        (step("i", np.tanh(k.a_i)), "takes σ"),
        (step("f", sigma(-k.a_f)), "sign of the exponent"),
        (step("o", sigma(np.array(1.0))), "h_prev goes into every gate"),
        (step("g", sigma(k.a_g)), "takes tanh"),
        (step("c", k.i * k.c_prev + k.f * k.g), "f multiplies the old cell"),
        (step("c", k.i * k.g), "old cell is missing"),
        (step("c", k.f * k.c_prev + k.g), "passes through the input gate"),
        (step("h", k.o * k.c), "squashed on its way out"),
        (step("h", k.o * np.tanh(k.c_prev)), "reads the new cell"),
    ],
    "1.2": [
        (counter("f", 0, 0, 5), "forget gate: f falls to 0.993"),
        (counter("f", 12, 0, 0), "forget gate"),
        (counter("i", 0, 0, 0), "input gate: i falls to 0.5"),
        (counter("g", -12, 0, 0), "the sign"),
        (counter("g", 12, 0, 1), "bias of g"),
        (counter("g", 12, 1, 0), "u of g"),
        (counter("g", 1, 0, 0), "|g| falls to 0.76"),
        (counter("g", 0, 0, 12), "candidate: g is 1 at an opening bracket and 1"),
    ],
}


@pytest.fixture
def check():
    return Registry(one_step.EXERCISES).check


def test_the_step_tolerates_rounding_and_no_more(check):
    assert check("1.1", RIGHT | {"c": RIGHT["c"] + 0.001})
    assert not check("1.1", RIGHT | {"c": RIGHT["c"] + 0.002})


def test_a_wrong_number_does_not_give_the_right_one_away(check):
    said = repr(check("1.1", RIGHT | {"c": 9.0}))
    assert f"{RIGHT['c']:.3g}" not in said and "smaller number" in said


def test_numbers_of_numpy_and_lists_are_welcome(check):
    lists = {slot: [np.float64(v) for v in three] for slot, three in COUNTER.items()}
    assert check("1.2", lists)
    assert check("1.2", {slot: np.array(three) for slot, three in COUNTER.items()})


def test_the_cell_of_the_exercise_is_the_books():
    assert k.f.item() == pytest.approx(LSTM().f(k.a_f).item())
