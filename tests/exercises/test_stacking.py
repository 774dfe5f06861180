"""A sign turned, `activation=` read, a path spelled: mistakes are named."""

import itertools

import numpy as np
import pytest

from lstm_core.activations import sigmoid
from lstm_core.cells.lstm import LSTM
from lstm_core.exercises import stacking
from lstm_core.exercises.mechanism import Registry
from lstm_core.exercises.stacking import H


def partly(change):
    """A turn of which `change(low, high, k)`, on copies, does only a part."""

    def turn(low, high, k):
        copies = [tuple(a.copy() for a in layer) for layer in (low, high)]
        change(*copies, k)
        return copies

    return turn


def candidate(low, high, k):
    for a in low:
        a[..., 3 * H + k] *= -1


def unheard_above(low, high, k):
    candidate(low, high, k)
    low[1][k] *= -1


def unheard_below(low, high, k):
    candidate(low, high, k)
    high[0][k] *= -1


def everything(low, high, k):
    unheard_above(low, high, k)
    for a in low:
        for j in range(3):
            a[..., j * H + k] *= -1


def once(low, high, k):
    unheard_above(low, high, k)
    low[1][k, 3 * H + k] *= -1
    high[0][k] *= -1


def column_above(low, high, k):
    unheard_above(low, high, k)
    high[0][:, k] *= -1


def too_much_above(low, high, k):
    unheard_above(low, high, k)
    high[0][k] *= -1
    high[1][k] *= -1


def whole(low, high, k):
    unheard_above(low, high, k)
    high[0][k] *= -1


def no_bias(low, high, k):
    low[0][:, 3 * H + k] *= -1
    low[1][:, 3 * H + k] *= -1
    low[1][k] *= -1


def step(g=np.tanh, s=np.tanh, gate=sigmoid):
    def h(a_i, a_f, a_o, a_g, c_prev):
        return gate(a_o) * s(gate(a_f) * c_prev + gate(a_i) * g(a_g))

    return h


def relu(z):
    return np.maximum(z, 0)


def spelled(said):
    return [label for label, _ in itertools.groupby(said) if label]


MISTAKES = {
    "10.1": [
        (lambda low, high, k: (low, high), "as they were"),
        (partly(unheard_above), "has not been told"),
        (partly(unheard_below), "reads its own h"),
        (partly(everything), "gate i has been turned"),
        (partly(once), "turned twice"),
        (partly(column_above), "a row of its W"),
        (partly(too_much_above), "neither U nor b"),
        (partly(no_bias), "all that makes a_g"),
        (lambda low, high, k: low, "two layers"),
        (lambda low, high, k: (low, low), "shape"),
    ],
    "10.2": [
        (lambda *a: relu(step()(*a)), "after the cell"),
        (step(relu), "on its way out by the same"),
        (lambda *a: step(relu, relu)(a[1], a[0], *a[2:]), "you have swapped them"),
        (step(np.tanh, relu), "candidate is squashed by the same"),
        (step(), "as it was"),
        (step(relu, relu, relu), "recurrent_activation"),
        (step(relu, lambda c: c), "by ReLU too"),
        (lambda *a: step(relu, relu)(a[0], a[1], 1e3, *a[3:]), "gate o is left out"),
        (lambda *a: step(relu, lambda c: c)(*a[:2], 1e3, *a[3:]), "that is c; h is"),
        (step(relu, relu, lambda z: z), "arrive as pre-activations"),
    ],
    "10.3": [
        (lambda said: [x for x in said if x], "several steps"),
        (lambda said: [x for x, _ in itertools.groupby(said)], "no label"),
        (
            lambda said: [x for x, _ in itertools.groupby(x for x in said if x)],
            "keep two equal labels apart",
        ),
        (lambda said: list(dict.fromkeys(x for x in said if x)), "come back later"),
        (lambda said: sorted(set(said) - {0}), "in the order"),
        (lambda said: "37", "a list of labels"),
        (lambda said: said[0], "a list of labels"),
    ],
}


@pytest.fixture
def check():
    return Registry(stacking.EXERCISES).check


def test_right_answers_pass(check):
    assert check("10.1", partly(whole))
    assert check("10.2", step(relu, relu))
    assert check("10.3", spelled)


def test_a_turn_keeps_every_bit_above_it():
    below, above = stacking.layers_of(stacking.LOW, stacking.HIGH)
    now, top = stacking.layers_of(*partly(whole)(stacking.LOW, stacking.HIGH, 1))
    assert (now[..., 1] == -below[..., 1]).all() and (top == above).all()


def test_arrays_of_labels_are_welcome(check):
    assert check("10.3", lambda said: np.array(spelled(said), int))


def test_the_cell_of_10_2_is_the_books():
    a = stacking._STEP
    cell = LSTM(candidate="relu", output="relu")
    c = cell.f(a[1]) * a[4] + cell.i(a[0]) * cell.candidate(a[3])
    h = cell.o(a[2]) * cell.output(c)
    np.testing.assert_allclose(stacking._H, h, rtol=1e-11)
    np.testing.assert_allclose(stacking._H, step(relu, relu)(*a), rtol=1e-11)


def test_the_stored_spellings_are_right():
    paths = stacking._lists(stacking._PATHS)
    assert [spelled(path) for path in paths] == stacking._lists(stacking._SPELLED)
    assert len(paths) == len(set(map(tuple, paths))) > 5


def test_every_slip_of_10_3_is_made_by_a_mistake(check):
    told = "".join(repr(check("10.3", answer)) for answer, _ in MISTAKES["10.3"])
    assert [words for words in stacking._SLIPS if words not in told] == []
