"""What holds of every task with one kind of answer at each step that counts."""

import numpy as np
import pytest

from lstm_core import tree
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.layers import Linear, Model, Recurrent
from lstm_core.tasks import (
    Adding,
    Brackets,
    Copy,
    Register,
    Rows,
    Runs,
    TemporalOrder,
    Text,
    side_by_side,
)

TASKS = [Adding(7, 4), TemporalOrder(20, 4), Copy(3, 5, 4, 4), Register(9, 4)]


def perfect(task, batch):
    """Outputs (T, B, K) that say exactly the targets."""
    return batch.ys if isinstance(task, Adding) else np.eye(task.K)[batch.ys]


@pytest.mark.parametrize("rng", [Draws, np.random.default_rng])
@pytest.mark.parametrize("task", TASKS, ids=lambda task: type(task).__name__)
def test_every_task_keeps_its_word(task, rng):
    batch = task.draw(rng(3))
    T, B, D = batch.xs.shape
    assert (B, D) == (task.B, task.D)
    assert batch.mask.shape == (T, B) and batch.mask.dtype == bool
    np.testing.assert_array_equal(task.draw(rng(3)).xs, batch.xs)
    assert (task.draw(rng(4)).xs != batch.xs).any()
    ys = perfect(task, batch)
    loss, dys = task.loss(40.0 * ys if task.K > 1 else ys, batch.ys, batch.mask)
    assert loss < 1e-12 and dys.shape == ys.shape
    assert task.correct(ys, batch).tolist() == [True] * B
    wrong = ys.copy()
    wrong[-1, 1] *= -1
    wrong[~batch.mask] = -99.0
    got = task.correct(np.stack([wrong, ys], axis=1), batch)
    assert got.tolist() == [[True, False, True, True], [True] * 4]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: type(task).__name__)
def test_the_type_of_the_inputs_is_chosen(task):
    narrow = type(task)(dtype=np.float32)
    assert narrow.draw(Draws(1)).xs.dtype == np.float32


def test_side_by_side_gives_each_model_its_own_batch():
    task = Runs(B=3)
    batches = [task.draw(Draws(seed)) for seed in (1, 2)]
    both = side_by_side(batches)
    model = Model(Recurrent(LSTM(), 2), Linear(task.K))
    p = model.init(Draws(1), task.D)
    twice = tree.stack([p, p])
    loss, dys = task.loss(
        model.forward(twice, both.xs, lengths=both.lengths)[0], both.ys, both.mask
    )
    for e, batch in enumerate(batches):
        ys, _, _ = model.forward(p, batch.xs, lengths=batch.lengths)
        alone, dalone = task.loss(ys, batch.ys, batch.mask)
        assert loss[e] == pytest.approx(alone, rel=1e-14)
        np.testing.assert_array_equal(dys[: len(ys), e], dalone)
        np.testing.assert_array_equal(both.lengths[e], batch.lengths)
    same = side_by_side([Adding(5, 2).draw(Draws(seed)) for seed in (1, 2)])
    assert same.lengths is None and same.xs.shape == (5, 2, 2, 2)


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: Adding(T=1), "Adding with T >= 2, got 1"),
        (lambda: TemporalOrder(T=9), "TemporalOrder with T >= 10, got 9"),
        (lambda: Copy(delay=0), "Copy with delay >= 1, got 0"),
        (lambda: Register(T=0), "Register with T >= 1, got 0"),
        (lambda: Runs(""), "Runs with D >= 2, got 1"),
        (lambda: Brackets(0), "Brackets with D >= 2, got 1"),
        (lambda: Rows(B=0), "Rows with B >= 1, got 0"),
        (lambda: Text("abcd", T=0), "Text with T >= 1, got 0"),
    ],
)
def test_sizes_that_make_no_sense(make, sentence):
    with pytest.raises(ValueError, match=f"expected {sentence}"):
        make()
