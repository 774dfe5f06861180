"""The generator against its own docstring, read a second time, and golden values."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core import draws
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from tests.cells.checks import exactly


def mix(z):
    z ^= z >> 16
    z = z * 0x7FEB352D % 2**32
    z ^= z >> 15
    z = z * 0x846CA68B % 2**32
    return z ^ (z >> 16)


def fractions(seed):
    n = 0
    while True:
        a, b = (mix(mix(k % 2**32) ^ mix(seed ^ 0x9E3779B9)) for k in (n, n + 1))
        yield ((a >> 5) * 67108864 + (b >> 6)) / 9007199254740992
        n += 2


seeds = st.integers(0, 2**32 - 1)


@given(seeds, st.floats(-9, 0), st.floats(0.1, 9))
def test_it_is_what_its_docstring_says(seed, low, high):
    rng, twin = Draws(seed), fractions(seed)
    got = rng.uniform(low, high, (2, 3))
    want = [low + (high - low) * next(twin) for _ in range(6)]
    assert got.ravel().tolist() == want
    assert rng.uniform(low, high) == low + (high - low) * next(twin)
    got = rng.integers(-3, 8, 4)
    assert got.tolist() == [-3 + math.floor(11 * next(twin)) for _ in range(4)]
    for got in rng.normal(2.0, 3.0, 3):
        u, v = next(twin), next(twin)
        z = math.sqrt(-2 * math.log(1 - u)) * math.cos(2 * math.pi * v)
        assert got == pytest.approx(2 + 3 * z, rel=1e-13, abs=1e-13)


GOLDEN = {
    0: [0.6813889137590479, 0.4342011646288432, 0.5025699368962783],
    1: [0.5555314997952006, 0.9653405525324074, 0.9068152486909713],
    2**32 - 1: [0.7359500278675133, 0.3081055963417707, 0.12711694508489757],
}


@pytest.mark.parametrize("seed", GOLDEN)
def test_golden_values(seed):
    assert Draws(seed).uniform(size=3).tolist() == GOLDEN[seed]


def test_a_changed_constant_is_found(monkeypatch):
    monkeypatch.setattr(draws, "mix", lambda z: z * np.uint32(0x7FEB352D))
    assert Draws(1).uniform(size=3).tolist() != GOLDEN[1]


def test_state_goes_through_json_and_comes_back():
    rng = Draws(5)
    rng.normal(size=7)
    saved = json.dumps(rng.state)
    want = rng.uniform(size=4)
    other = Draws(0)
    other.state = json.loads(saved)
    np.testing.assert_array_equal(other.uniform(size=4), want)


def test_the_count_of_words_starts_again_after_2_to_32():
    rng = Draws(3)
    rng.state = {"seed": 3, "drawn": 2**32 - 2}
    assert rng.uniform(size=4)[1:].tolist() == Draws(3).uniform(size=3).tolist()


def test_the_numbers_look_random():
    """Mean, variance, neighbours, next seeds: all within four standard errors."""
    n = 200_000
    error = 4 / math.sqrt(n)
    for seed in (0, 1, 2, 12345):
        u = Draws(seed).uniform(-1, 1, n) * math.sqrt(3)
        z = Draws(seed + 1).normal(size=n)
        for a in (u, z):
            assert abs(a.mean()) < error and abs(a.var() - 1) < 2 * error
            assert abs(np.mean(a[1:] * a[:-1])) < error
        assert abs(np.mean(u * z)) < error
        faces = np.bincount(Draws(seed).integers(0, 6, n), minlength=6)
        assert np.abs(faces / n * 6 - 1).max() < 6 * error


def test_init_takes_it_like_a_numpy_generator():
    first, second = (LSTM().init(Draws(4), 3, 5) for _ in range(2))
    exactly(first, second)
    assert np.abs(first.i.W).max() <= 5**-0.5 and not (first.i.W == first.f.W).any()


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "1"])
def test_seeds_out_of_range(seed):
    with pytest.raises(ValueError, match="expected a seed from 0 to 2"):
        Draws(seed)


def test_no_integer_between_the_bounds():
    for rng in (Draws(1), np.random.default_rng(1)):
        with pytest.raises(ValueError, match="low (<|>=) high"):
            rng.integers(3, 3)
