import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lstm_core.draws import Draws
from lstm_core.tasks import Copy, Register

seeds = st.integers(0, 2**32 - 1)


@given(seeds)
def test_copy(seed):
    task = Copy(length=3, delay=5, symbols=4, B=2)
    batch = task.draw(Draws(seed))
    symbols = batch.xs.argmax(axis=-1)
    assert symbols.shape == (11, 2) and task.D == 6
    np.testing.assert_array_equal(symbols[:3], batch.ys[-3:])
    assert (symbols[:3] < 4).all()
    rest = [4, 4, 4, 4, 5, 4, 4, 4]
    np.testing.assert_array_equal(symbols[3:], np.tile(rest, (2, 1)).T)
    np.testing.assert_array_equal(batch.mask.sum(axis=1), [0] * 8 + [2] * 3)


@given(seeds)
def test_register(seed):
    batch = Register(T=30, B=2).draw(Draws(seed))
    orders = batch.xs.argmax(axis=-1)
    for b in range(2):
        content = 0
        for t in range(30):
            order = orders[t, b]
            content = 0 if order == 3 else content + order - 1
            assert abs(content) <= 1
            assert batch.ys[t, b] == content + 1


def test_register_asks_for_everything_in_every_state():
    batch = Register(T=100, B=100).draw(Draws(1))
    before = np.concatenate([np.ones((1, 100), int), batch.ys[:-1]])
    pairs = 4 * before + batch.xs.argmax(axis=-1)
    counts = np.bincount(pairs.ravel(), minlength=12).reshape(3, 4)
    assert counts[0, 0] == counts[2, 2] == 0
    assert (np.delete(counts, [0, 10]) > 200).all()
