"""Bring your own activation: what is refused and why, and who learns better."""

import json

import numpy as np
import pytest

from lstm_core import activations, labs
from lstm_core.labs import own
from lstm_core.layers import Parts
from lstm_core.train import fit


@pytest.mark.parametrize("name", activations.NAMES)
def test_every_row_of_the_table_passes(name):
    row = activations.get(name)
    assert own.problem(row.value, row.d1) == ""


def doubled(z):
    z *= 2
    return z


def small(z):
    """The derivative of tanh, a ten-thousandth too large for z > 2."""
    return activations.get("tanh").d1(z) + np.where(z > 2, 1e-4, 0)


@pytest.mark.parametrize(
    ("value", "derivative", "sentence"),
    [
        (np.sin, lambda z: -np.cos(z), "There it is always −1 times the slope"),
        (np.tanh, small, "wrong at 40 of 121 points, from z = 2.07 to 5.97"),
        (np.tanh, lambda z: 1 - np.tanh(z), "The derivative is wrong at 121 of 121"),
        (np.square, lambda z: z, "There it is always 0.5 times the slope"),
        (lambda z: max(z, 0), np.cos, "value(z) stops with ValueError"),
        (np.sin, lambda z: z.cos, "derivative(z) stops with AttributeError"),
        (doubled, np.cos, "not to be changed"),
        (lambda z: z.sum(), np.cos, "as an array of 121 real numbers"),
        (lambda z: z + 0j, np.cos, "got complex128"),
        (lambda z: np.log(z), np.cos, "value(z) is not finite at z = −6.03"),
    ],
)
def test_what_is_wrong_is_said_with_where_and_by_how_much(value, derivative, sentence):
    assert sentence in own.problem(value, derivative)
    lab = labs.activation(value, derivative)
    assert "Not yet." in lab.picture.value
    assert lab.training.button.disabled


def test_the_worst_place_is_told_with_both_numbers():
    d1 = activations.get("tanh").d1
    said = own.problem(np.tanh, lambda z: np.where(z > 5.9, 0.5, d1(z)))
    z = own.POINTS[-1]
    slope = 1 / np.cosh(z) ** 2
    assert f"wrong at 1 of 121 points, from z = {z:.2f} to {z:.2f}" in said
    assert "it says 0.5 where the slope of the value is 2.6" in said
    assert slope == pytest.approx(2.6e-5, rel=0.02)


def test_a_function_that_is_no_function_is_refused():
    with pytest.raises(TypeError, match="expected two functions"):
        labs.activation("tanh", None)
    with pytest.raises(ValueError, match="did you mean tanh"):
        labs.activation(against="tanhh")


def test_both_sides_start_alike_and_see_the_same():
    """The other side trains as `fit` does alone; an activation equals itself."""
    tanh = activations.get("tanh")
    twin = own.Activation("twin", np.tanh, tanh.d1, None)
    settings = own.SETTINGS | {"seeds": 2}
    raw = {"losses": ([], []), "p": [None, None]}
    assert list(own.learn((twin, tanh), settings, 3, raw)) == [1, 2, 3]
    ours, theirs = np.array(raw["losses"])
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    task = own.TASKS[settings["task"]]
    model = own._model(tanh, "candidate", settings["task"])
    alone = fit(
        model,
        Parts(*model.init(own.Draws(1), task.D)),
        task.draw,
        task.loss,
        own.Adam(settings["rate"]),
        own.Draws(own.sweep.DATA + 1),
        3,
        own.CLIP,
    )
    np.testing.assert_allclose(theirs[:, 1], [float(s.loss) for s in alone], rtol=1e-9)


def short(lab, **settings):
    for name, value in {"seeds": 3, **settings}.items():
        lab.controls[name].value = value
    lab.updates.value = 50
    lab.training.run()
    return lab.picture.value


@pytest.mark.parametrize("task", own.TASKS)
def test_a_twin_learns_the_same(task):
    tanh = activations.get("tanh")
    said = short(labs.activation(np.tanh, tanh.d1, "twin"), task=task)
    assert "After 50 updates the losses are the same with every seed" in said


def test_what_cannot_learn_is_found_worse():
    zero = np.zeros_like
    said = short(labs.activation(zero, zero, "nothing"), seeds=5, rate=0.1)
    assert "nothing learns worse here" in said
    assert "paired t over 5 seeds" in said


def test_what_runs_away_is_counted():
    lab = labs.activation(lambda z: z**3, lambda z: 3 * z**2, "cube")
    said = short(lab, slot="candidate and output", rate=0.1)
    assert "cube diverged in 3 of 3 seeds" in said
    assert "Too few seeds are left to compare losses" in said


def test_another_setting_forgets_what_was_trained():
    lab = labs.activation()
    assert "After 500 updates" in lab.picture.value
    lab.controls["rate"].value = 0.01
    assert "Not trained yet" in lab.picture.value


def test_it_stops_between_updates():
    lab = labs.activation()
    total, updates = lab._begin()

    def stopping():
        for done in updates:
            if done == 4:
                lab.training._stopping.set()
            yield done

    lab.training.begin = lambda: (total, stopping())
    lab.training.run()
    assert lab.training.said.value == f"Stopped after 4 of {total} updates."
    assert "After 4 updates" in lab.picture.value
    assert not lab.training.button.disabled and lab.training.stop.disabled


def test_an_interrupted_kernel_keeps_what_there_is():
    lab = labs.activation()
    total, updates = lab._begin()

    def interrupted():
        yield next(updates)
        raise KeyboardInterrupt

    lab.training.begin = lambda: (total, interrupted())
    lab.training.run()
    assert lab.training.said.value.startswith("Stopped after")
    assert "After 1 updates" in lab.picture.value


def test_an_error_while_training_is_a_sentence():
    def late(z):
        if z.ndim > 1:
            raise RuntimeError("<only vectors>")
        return np.tanh(z)

    lab = labs.activation(late, activations.get("tanh").d1)
    lab.updates.value = 50
    lab.training.run()
    assert lab.training.said.value == "RuntimeError: &lt;only vectors&gt;"
    assert not lab.training.button.disabled


def test_what_is_shipped_is_the_labs_own_example():
    lab, stored = labs.activation(), json.loads(own.STORED.read_text("utf-8"))
    losses = np.array(stored["losses"])
    assert losses.shape == (2, len(stored["updates"]), own.SETTINGS["seeds"])
    raw = {"losses": ([], []), "p": [None, None]}
    list(own.learn(lab.rows, own.SETTINGS, 2, raw))
    first = np.array([side[0] for side in raw["losses"]])
    np.testing.assert_allclose(losses[:, 0], first, rtol=1e-3)
    still = lab._repr_mimebundle_()[0]["text/html"]
    assert "95 % interval" in still and "<button" not in still
