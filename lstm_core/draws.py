"""One small random generator for Python and JavaScript: same seed, same numbers.

It counts.  Word number n of seed s (both from 0 to 2³² - 1) is

    word(s, n) = mix(mix(n) XOR mix(s XOR 0x9E3779B9))

in unsigned 32-bit arithmetic, where mix(z) is, line by line,

    z ^= z >>> 16;  z = z * 0x7FEB352D mod 2³²;
    z ^= z >>> 15;  z = z * 0x846CA68B mod 2³²;
    z ^= z >>> 16

(the `lowbias32` of Chris Wellons' hash-prospector; in JavaScript the product is
Math.imul).  A fraction in [0, 1) takes the next two words a, b:

    fraction = ((a >>> 5) * 67108864 + (b >>> 6)) / 9007199254740992

which is exact in 53 bits.  The draws are, in double precision and in this order,

    uniform(low, high)  = low + (high - low) * fraction
    integers(low, high) = low + floor((high - low) * fraction)
    normal(mean, sd)    = mean + sd * sqrt(-2 log(1 - u)) * cos(2π v)

so that high is left out; u and v are two fractions.  An array takes its fractions one
entry after another, the last axis fastest.  uniform and integers agree to the last bit
in both languages, normal to the last few, because log and cos are not the same
to the last bit everywhere.

Chapter: swap.
"""

import math

import numpy as np

from lstm_core import expect


def mix(z):
    """A bijection of 32-bit words in which each bit of z changes half of the result."""
    z = z ^ (z >> np.uint32(16))
    z = z * np.uint32(0x7FEB352D)
    z = z ^ (z >> np.uint32(15))
    z = z * np.uint32(0x846CA68B)
    return z ^ (z >> np.uint32(16))


class Draws:
    """The generator, to be used in place of `numpy.random.default_rng(seed)`.

    seed: an integer from 0 to 2³² - 1.  The one thing that changes is the number of
    words drawn so far; `state` reads and sets it, as {"seed": s, "drawn": n}.
    """

    def __init__(self, seed):
        if not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**32:
            raise ValueError(f"expected a seed from 0 to 2**32 - 1, got {seed!r}")
        self.state = {"seed": int(seed), "drawn": 0}

    @property
    def state(self):
        """{"seed": s, "drawn": n}, of plain integers."""
        return {"seed": self._seed, "drawn": self._drawn}

    @state.setter
    def state(self, state):
        self._seed, self._drawn = state["seed"], state["drawn"]

    def _fractions(self, size):
        size = () if size is None else size
        count = 2 * int(np.prod(size))
        n = np.arange(self._drawn, self._drawn + count).astype(np.uint32)
        key = mix(np.array([self._seed ^ 0x9E3779B9], np.uint32))
        words = mix(mix(n) ^ key).astype(np.uint64)
        self._drawn = (self._drawn + count) % 2**32
        a, b = words[0::2] >> np.uint64(5), words[1::2] >> np.uint64(6)
        fractions = (a * np.uint64(67108864) + b) / 9007199254740992.0
        return fractions.reshape(size)[()]

    def uniform(self, low=0.0, high=1.0, size=None):
        """Real numbers from low up to, but without, high."""
        return low + (high - low) * self._fractions(size)

    def integers(self, low, high, size=None):
        """Integers from low up to, but without, high; ValueError if there is none."""
        if not low < high:
            raise ValueError(f"expected low < high, got {low} and {high}")
        whole = np.floor((high - low) * self._fractions(size)).astype(np.int64)
        return low + whole

    def normal(self, loc=0.0, scale=1.0, size=None):
        """Normally distributed numbers of mean loc and standard deviation scale."""
        size = () if size is None else size
        shape = (*np.atleast_1d(size).astype(int), 2)
        pairs = self._fractions(shape)
        u, v = pairs[..., 0], pairs[..., 1]
        return loc + scale * np.sqrt(-2 * np.log(1 - u)) * np.cos(2 * math.pi * v)


def weights(rng, shape, fan, dtype):
    """Starting weights of that shape, uniform in ±1/sqrt(fan), as in PyTorch.

    rng: anything with `uniform(low, high, size)`, such as `numpy.random.default_rng`.
    Raises TypeError or ValueError for another rng, size or type than these.
    """
    expect.drawable(rng, shape, dtype)
    limit = 1 / np.sqrt(fan or 1)
    return rng.uniform(-limit, limit, shape).astype(dtype)
