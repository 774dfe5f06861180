import hashlib
from pathlib import Path

import numpy as np
import pytest

from lstm_core import data
from lstm_core.draws import Draws
from lstm_core.tasks import Columns, DigitStrings, Rows

DIGEST = "8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3"


def test_the_data_are_those_of_the_source():
    images, labels = data.digits()
    assert images.shape == (1797, 8, 8) and images.dtype == np.uint8
    assert labels[:10].tolist() == list(range(10))
    assert (images.min(), images.max()) == (0, 16)
    # The counts of the ten classes in the UCI description of the test set.
    want = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(labels).tolist() == want
    assert hashlib.sha256(images.tobytes()).hexdigest() == DIGEST
    path = Path(data.__file__).with_name("digits.npz")
    assert path.stat().st_size <= 60_000


def test_the_first_digit_is_a_zero_that_one_can_see():
    image = data.digits()[0][0]
    assert ["".join(".#"[int(x > 7)] for x in row) for row in image] == [
        "...##...",
        "..####..",
        "..#..##.",
        "..#..##.",
        "..#..##.",
        "..#..#..",
        "..#.##..",
        "...##...",
    ]


def test_rows_go_down_and_columns_to_the_right():
    images, labels = data.digits()
    rows, columns = Rows("train").everything(), Columns("train").everything()
    assert rows.xs.shape == columns.xs.shape == (8, 1297, 8)
    for t in range(8):
        np.testing.assert_array_equal(rows.xs[t, 5], images[5, t] / 16)
        np.testing.assert_array_equal(columns.xs[t, 5], images[5, :, t] / 16)
    np.testing.assert_array_equal(rows.ys[-1], labels[:1297])
    assert rows.mask[-1].all() and not rows.mask[:-1].any()


def test_training_and_test_share_no_digit():
    test = Rows("test").everything()
    assert test.xs.shape == (8, 500, 8)
    np.testing.assert_array_equal(test.ys[-1], data.digits()[1][1297:])
    train = Rows("train").everything()
    seen = {train.xs[:, b].tobytes() for b in range(1297)}
    again = sum(test.xs[:, b].tobytes() in seen for b in range(500))
    assert again == 0


def test_drawn_digits_are_digits_of_the_part():
    everything = Columns("test").everything()
    known = {everything.xs[:, b].tobytes(): everything.ys[-1, b] for b in range(500)}
    batch = Columns("test", B=20).draw(Draws(1))
    for b in range(20):
        assert known[batch.xs[:, b].tobytes()] == batch.ys[-1, b]


def test_a_perfect_answer_about_a_digit():
    batch = Rows(B=3).draw(Draws(1))
    ys = np.eye(10)[batch.ys]
    assert Rows().correct(ys, batch).tolist() == [True] * 3
    ys[:-1] = 0
    ys[-1, 1] = -ys[-1, 1]
    assert Rows().correct(ys, batch).tolist() == [True, False, True]


def spelled(batch, b):
    return [label for label in batch.ys[b] if label]


def test_strings_are_digits_side_by_side():
    batch = DigitStrings(upto=4, B=40).draw(Draws(2))
    everything = Columns("train").everything()
    known = {everything.xs[:, b].tobytes(): everything.ys[-1, b] for b in range(1297)}
    assert batch.xs.shape == (32, 40, 8)
    counts = set()
    for b in range(40):
        labels = spelled(batch, b)
        counts.add(len(labels))
        assert batch.lengths[b] == batch.mask[:, b].sum() == 8 * len(labels)
        for k, label in enumerate(labels):
            columns = np.ascontiguousarray(batch.xs[8 * k : 8 * k + 8, b])
            assert known[columns.tobytes()] == label - 1
        assert not batch.xs[batch.lengths[b] :, b].any()
    assert counts == {1, 2, 3, 4}


def test_a_perfect_answer_about_a_string():
    task = DigitStrings(upto=3, B=5)
    batch = task.draw(Draws(3))
    ys = np.zeros((24, 5, 11))
    ys[..., 0] = 1
    for b in range(5):
        for k, label in enumerate(spelled(batch, b)):
            ys[8 * k + 3, b, label] = 2
    assert task.correct(ys, batch).all()
    loss, _ = task.loss(40 * ys, batch.ys, batch.mask)
    assert loss < 1e-10
    both = np.stack([ys, np.roll(ys, 1, axis=-1)], axis=1)
    assert task.correct(both, batch).sum(axis=-1).tolist() == [5, 0]


def test_the_type_of_the_inputs_is_chosen():
    for kind in (Rows, Columns, DigitStrings):
        assert kind(dtype=np.float32).draw(Draws(1)).xs.dtype == np.float32


@pytest.mark.parametrize("kind", [Rows, Columns, DigitStrings])
def test_a_part_that_there_is_not(kind):
    with pytest.raises(ValueError, match='part="train" or "test", got \'val\''):
        kind(part="val")
