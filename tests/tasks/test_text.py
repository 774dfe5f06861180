import numpy as np
import pytest

from lstm_core.draws import Draws
from lstm_core.tasks import Text

WORDS = "in what sense does an lstm count? " * 3


def read(task, codes):
    return "".join(task.alphabet[k] for k in codes)


def test_the_target_is_the_next_character():
    task = Text(WORDS, T=10, B=5)
    batch = task.draw(Draws(1))
    assert batch.xs.shape == (10, 5, task.D) and batch.mask.all()
    np.testing.assert_array_equal(batch.xs.sum(axis=-1), 1)
    for b in range(5):
        seen, next_ones = batch.xs[:, b].argmax(axis=-1), batch.ys[:, b]
        assert read(task, seen) + read(task, next_ones[-1:]) in WORDS
        np.testing.assert_array_equal(seen[1:], next_ones[:-1])


def test_every_window_can_be_drawn_and_none_beyond_the_end():
    task = Text("abcdef", T=4, B=200)
    batch = task.draw(Draws(1))
    starts = {read(task, batch.xs[:, b].argmax(axis=-1)) for b in range(200)}
    assert starts == {"abcd", "bcde"}


def test_everything_is_the_text_once():
    task = Text(WORDS, T=10)
    batch = task.everything()
    whole = "".join(read(task, batch.ys[:, b]) for b in range(batch.ys.shape[1]))
    assert WORDS[1:].startswith(whole) and len(WORDS) - len(whole) <= 10


def test_an_alphabet_carries_over():
    train = Text(WORDS, T=5)
    assert train.alphabet == "".join(sorted(set(WORDS)))
    test = Text("a mute cow", T=5, alphabet=train.alphabet)
    assert test.D == train.D and test.K == test.D
    with pytest.raises(ValueError, match=r"expected only characters .* got \['é'\]"):
        Text("été du lac", T=5, alphabet="abcdtul ")


def test_correct_is_the_share_of_characters_right():
    task = Text(WORDS, T=4, B=2)
    batch = task.draw(Draws(1))
    ys = np.eye(task.D)[batch.ys]
    ys[1, 0] *= -1
    assert task.correct(ys, batch).tolist() == [0.75, 1.0]
    assert task.correct(np.stack([ys, ys], 1), batch).shape == (2, 2)


def test_an_alphabet_with_a_character_twice():
    with pytest.raises(ValueError, match="expected each character once, got 'abca'"):
        Text("abcab", T=2, alphabet="abca")


def test_a_text_that_is_too_short():
    with pytest.raises(ValueError, match="more than T = 64 characters, got 5"):
        Text("short")


def test_the_type_of_the_inputs_is_chosen():
    assert Text(WORDS, dtype=np.float32).draw(Draws(1)).xs.dtype == np.float32
