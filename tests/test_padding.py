import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core import padding


@given(
    lengths=st.lists(st.integers(0, 6), min_size=1, max_size=4),
    T=st.integers(6, 7),
    models=st.sampled_from([(), (3,)]),
)
def test_reverse_turns_each_sequence_within_its_length(lengths, T, models):
    B = len(lengths)
    xs = np.arange(T * np.prod(models, dtype=int) * B * 2.0).reshape(T, *models, B, 2)
    turned = padding.reverse(xs, lengths)
    for b, n in enumerate(lengths):
        np.testing.assert_array_equal(turned[:n, ..., b, :], xs[:n, ..., b, :][::-1])
        np.testing.assert_array_equal(turned[n:, ..., b, :], xs[n:, ..., b, :])
    np.testing.assert_array_equal(padding.reverse(turned, lengths), xs)


def test_models_may_have_their_own_lengths():
    lengths = np.array([[1, 3], [2, 0]])
    live = padding.live(lengths, 3, 2, (2,))
    xs = np.random.default_rng(1).normal(size=(3, 2, 2, 1))
    turned = padding.reverse(xs, lengths)
    for e in range(2):
        np.testing.assert_array_equal(live[:, e], padding.live(lengths[e], 3, 2))
        alone = padding.reverse(xs[:, e], lengths[e])
        np.testing.assert_array_equal(turned[:, e], alone)


def test_reverse_without_lengths_turns_the_whole_axis():
    xs = np.arange(12.0).reshape(3, 2, 2)
    full = padding.reverse(xs, np.array([3, 3]))
    np.testing.assert_array_equal(padding.reverse(xs), full)


def test_live_marks_the_steps_before_each_end():
    got = padding.live(np.array([0, 2, 3]), 3, 3)
    np.testing.assert_array_equal(got, [[0, 1, 1], [0, 1, 1], [0, 0, 1]])


@pytest.mark.parametrize("lengths", [[1, 2, 3], [4, 1], [-1, 1], [1.0, 2.0], 2])
def test_lengths_that_do_not_fit(lengths):
    sentence = "expected lengths as 2 integers from 0 to 3"
    with pytest.raises(ValueError, match=sentence):
        padding.live(lengths, 3, 2)
    with pytest.raises(ValueError, match=sentence):
        padding.reverse(np.zeros((3, 2, 1)), lengths)


def test_hold_keeps_the_old_where_it_is_not_live():
    live = np.array([[True], [False]])
    new, old = (np.ones((2, 2)), None), (np.zeros((2, 2)), None)
    held = padding.hold(live, new, old)
    np.testing.assert_array_equal(held[0], [[1, 1], [0, 0]])
    assert padding.hold(None, new, old) is new
