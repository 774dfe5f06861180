import math
from typing import NamedTuple

import numpy as np
import pytest

from lstm_core import optim, tree
from tests.cells.checks import exactly
from tests.helpers import frozen, with_bug

E = 3


class Leaves(NamedTuple):
    W: np.ndarray
    b: np.ndarray


def record(seed, *models, dtype=float):
    rng = np.random.default_rng(seed)
    parts = (rng.normal(size=(*models, *s)).astype(dtype) for s in ((2, 3), (3,)))
    return frozen(Leaves(*parts))


OPTIMISERS = [
    optim.SGD(0.1),
    optim.Momentum(0.1),
    optim.RMSprop(0.1),
    optim.Adam(0.1),
]
ALL = pytest.mark.parametrize("optimiser", OPTIMISERS, ids=lambda o: type(o).__name__)


def run(optimiser, p, gradients):
    memory = optimiser.init(p)
    for dp in gradients:
        p, memory = optimiser.update(p, frozen(dp), frozen(memory))
        frozen(p)
    return p, memory


def by_hand(optimiser, w, gradients):
    """The same for one number, in the letters of PyTorch's documentation."""
    v = m = 0.0
    for t, g in enumerate(gradients, 1):
        match optimiser:
            case optim.SGD(lr):
                w -= lr * g
            case optim.Momentum(lr, mu):
                v = mu * v + g
                w -= lr * v
            case optim.RMSprop(lr, alpha, eps):
                v = alpha * v + (1 - alpha) * g**2
                w -= lr * g / (math.sqrt(v) + eps)
            case optim.Adam(lr, b1, b2, eps):
                m = b1 * m + (1 - b1) * g
                v = b2 * v + (1 - b2) * g**2
                hat_m, hat_v = m / (1 - b1**t), v / (1 - b2**t)
                w -= lr * hat_m / (math.sqrt(hat_v) + eps)
    return w


@ALL
def test_the_formula(optimiser):
    p, gradients = record(0), [record(k) for k in range(1, 6)]
    got, _ = run(optimiser, p, gradients)
    for name, leaf in tree.leaves(got):
        start, *slopes = (dict(tree.leaves(r))[name] for r in (p, *gradients))
        for place in np.ndindex(leaf.shape):
            want = by_hand(optimiser, start[place], [g[place] for g in slopes])
            assert leaf[place] == pytest.approx(want, rel=1e-12)


def test_an_eps_inside_the_root_is_found():
    wrong = with_bug(
        optim.RMSprop(0.1, eps=1e-2),
        "update",
        "np.sqrt(v) + self.eps",
        "np.sqrt(v + self.eps)",
    )
    p, gradients = record(0), [record(1)]
    got = run(wrong, p, gradients)[0].b[0]
    want = by_hand(optim.RMSprop(0.1, eps=1e-2), p.b[0], [gradients[0].b[0]])
    assert abs(got / want - 1) > 1e-4


@ALL
def test_an_ensemble_is_each_model_alone_each_with_its_rate(optimiser):
    rates = [0.1, 0.02, 1.0 / 3.0]
    many = type(optimiser)(np.array(rates))
    for dtype in (np.float32, np.float64):
        p, *gradients = (record(k, E, dtype=dtype) for k in range(5))
        got, _ = run(many, p, gradients)
        for e, rate in enumerate(rates):
            alone = type(optimiser)(rate)
            want, _ = run(alone, tree.at(p, e), [tree.at(g, e) for g in gradients])
            exactly(tree.at(got, e), want)


@ALL
def test_float32_stays(optimiser):
    p, *gradients = (record(k, dtype=np.float32) for k in range(4))
    p, memory = run(optimiser, p, gradients)
    moments = memory[1:] if isinstance(memory, optim.Moments) else memory
    types = {leaf.dtype for _, leaf in tree.leaves((p, moments))}
    assert types == {np.dtype(np.float32)}


def test_the_norm_is_that_of_one_long_vector():
    dp = record(1)
    want = math.sqrt((dp.W**2).sum() + (dp.b**2).sum())
    assert optim.global_norm(dp) == pytest.approx(want, rel=1e-14)


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_the_norm_neither_overflows_nor_vanishes(size):
    dp = tree.map(lambda leaf: leaf * size, record(1))
    want = optim.global_norm(record(1)) * size
    assert optim.global_norm(dp) == pytest.approx(want, rel=1e-14)
    assert optim.global_norm(tree.zeros(dp)) == 0


def test_clip_shortens_only_what_is_too_long():
    dp = record(1)
    norm = optim.global_norm(dp)
    short, measured = optim.clip(dp, norm / 4)
    assert measured == norm
    assert optim.global_norm(short) == pytest.approx(norm / 4, rel=1e-6)
    np.testing.assert_allclose(short.W / dp.W, 0.25, rtol=1e-6)
    exactly(optim.clip(dp, norm * 1.01)[0], dp)
    exactly(optim.clip(dp, math.inf)[0], dp)


def test_clip_takes_each_model_by_its_own_norm():
    dp = record(1, E, dtype=np.float32)
    dp = tree.map(lambda d: d * optim._per_model([0.1, 1, 100], d), dp)
    got, norms = optim.clip(dp, 2.0, (E,))
    assert norms.shape == (E,) and norms.dtype == np.float32
    for e in range(E):
        alone, norm = optim.clip(tree.at(dp, e), 2.0)
        assert norms[e] == norm
        exactly(tree.at(got, e), alone)


@pytest.mark.parametrize(
    "rate",
    [-0.1, math.nan, "0.1", None, [0.1, 0.2], 1j, math.sqrt, np.array([0.1, -0.1])],
    ids=str,
)
@ALL
def test_a_rate_that_is_none(optimiser, rate):
    with pytest.raises(ValueError, match="expected a rate >= 0, or an array, got "):
        type(optimiser)(rate)


def test_parameters_where_the_rate_should_be():
    with pytest.raises(ValueError, match="expected a rate >= 0, or an array, got Lea"):
        optim.Adam(record(1))


@ALL
def test_more_rates_than_models(optimiser):
    p = record(1, E)
    many = type(optimiser)(np.full(E + 1, 0.1))
    with pytest.raises(ValueError, match=r"for E models rates of shape \(3,\), got"):
        many.update(p, p, many.init(p))
