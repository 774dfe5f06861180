import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core import gradcheck, losses
from tests.helpers import frozen, mutated

T, B, K, E = 5, 3, 4, 2
RNG = np.random.default_rng(7)
MASK = frozen(np.array([[1, 1, 1], [1, 1, 1], [1, 0, 1], [1, 0, 0], [1, 0, 0]], bool))
TARGETS = {
    losses.mse: RNG.normal(size=(T, B, K)),
    losses.logistic: RNG.integers(0, 2, (T, B, K)),
    losses.cross_entropy: RNG.integers(0, K, (T, B)),
    losses.ctc: np.array([[1, 1], [2, 0], [3, 2]]),
}
ALL = pytest.mark.parametrize("loss", TARGETS, ids=lambda loss: loss.__name__)
MASKS = pytest.mark.parametrize("mask", [None, MASK], ids=["all", "masked"])


def outputs(*models, dtype=float):
    rng = np.random.default_rng(1)
    return frozen(rng.normal(0, 3, (T, *models, B, K)).astype(dtype))


@MASKS
@ALL
def test_gradient(loss, mask):
    ys, targets = outputs(), frozen(TARGETS[loss])
    reference = gradcheck.complex_step(lambda ys: loss(ys, targets, mask)[0], ys)
    gradcheck.assert_agree(loss(ys, targets, mask)[1], reference)


@pytest.mark.parametrize(
    "loss, old, new",
    [
        (losses.mse, "2 * weights", "weights"),
        (losses.logistic, "- targets * sigmoid(-ys)", "- targets * sigmoid(ys)"),
        (losses.cross_entropy, "np.expm1(-losses)", "-1.0"),
    ],
)
def test_a_wrong_gradient_is_found(loss, old, new):
    ys, targets = outputs(), TARGETS[loss]
    wrong = mutated(loss, old, new)
    reference = gradcheck.complex_step(lambda ys: loss(ys, targets)[0], ys)
    assert gradcheck.compare(wrong(ys, targets)[1], reference)[0].error > 1e-3


@MASKS
@ALL
def test_an_ensemble_is_each_model_alone(loss, mask):
    ys, targets = outputs(E), TARGETS[loss]
    value, dys = loss(ys, targets, mask)
    for e in range(E):
        alone = loss(ys[:, e].copy(), targets, mask)
        assert value[e] == alone[0]
        np.testing.assert_array_equal(dys[:, e], alone[1])


def test_what_does_not_count_may_be_labelled_by_anything():
    ys, labels = np.zeros((2, 1, 1)), np.array([1.0, -1.0]).reshape(2, 1, 1)
    loss, dys = losses.logistic(ys, labels, np.array([[1], [0]]))
    assert (loss, *dys.ravel()) == (np.log(2), -0.5, 0)


@pytest.mark.parametrize("loss", [losses.mse, losses.logistic, losses.cross_entropy])
def test_each_model_may_have_its_own_targets_and_mask(loss):
    ys, targets = outputs(E), TARGETS[loss]
    targets, mask = np.stack([targets, targets[::-1]], 1), np.stack([MASK, ~MASK], 1)
    value, dys = loss(ys, targets, mask)
    for e in range(E):
        alone = loss(ys[:, e], targets[:, e], mask[:, e])
        np.testing.assert_array_equal(value[e], alone[0])
        np.testing.assert_array_equal(dys[:, e], alone[1])


@MASKS
@ALL
def test_float32_stays(loss, mask):
    for models in ((), (E,)):
        value, dys = loss(outputs(*models, dtype=np.float32), TARGETS[loss], mask)
        assert value.dtype == dys.dtype == np.float32
        assert value.shape == models


@ALL
def test_what_is_masked_does_not_matter(loss):
    ys = outputs()
    other = np.where(MASK[..., None], ys, 1e3)
    a, b = (loss(each, TARGETS[loss], MASK) for each in (ys, other))
    assert a[0] == b[0]
    np.testing.assert_array_equal(a[1], b[1])
    assert not a[1][~MASK].any()


@given(MASK=st.lists(st.booleans(), min_size=6, max_size=6).filter(any))
def test_the_mean_is_over_what_counts(MASK):
    mask = np.array(MASK).reshape(3, 2)
    ys = np.random.default_rng(2).normal(size=(3, 2, K))
    targets = np.zeros((3, 2, K), int)
    got, dys = losses.mse(ys, targets, mask)
    assert got == pytest.approx(np.mean(ys[mask] ** 2), rel=1e-13)
    labels = np.argmin(ys, axis=-1)
    got, dys = losses.cross_entropy(ys, labels, mask)
    p = np.exp(ys) / np.exp(ys).sum(axis=-1, keepdims=True)
    want = -np.log(np.take_along_axis(p, labels[..., None], -1)[..., 0][mask]).mean()
    assert got == pytest.approx(want, rel=1e-13)


@pytest.mark.parametrize("z", [-700.0, -40.0, -1e-20, 0.0, 3.0, 40.0, 700.0])
def test_logistic_keeps_its_tails(z):
    ys = np.full((1, 1, 1), z)
    for target, sign in ((0, 1), (1, -1)):
        loss, dy = losses.logistic(ys, np.full((1, 1, 1), target))
        u = sign * z
        exact = math.log1p(math.exp(u)) if u < 30 else u
        assert loss == pytest.approx(exact, rel=1e-15)
        slope = math.exp(u) / (1 + math.exp(u)) if u < 0 else 1 / (1 + math.exp(-u))
        assert dy.item() == pytest.approx(sign * slope, rel=1e-15)


@pytest.mark.parametrize("margin", [0.5, 40.0, 700.0])
def test_cross_entropy_keeps_its_tails(margin):
    ys = np.array([[[margin, 0.0, 0.0]]])
    loss, dys = losses.cross_entropy(ys, np.array([[0]]))
    rest = 2 * math.exp(-margin)
    assert loss == pytest.approx(math.log1p(rest), rel=1e-15)
    assert dys[0, 0, 0] == pytest.approx(-rest / (1 + rest), rel=1e-15)
    loss, dys = losses.cross_entropy(ys, np.array([[1]]))
    assert loss == pytest.approx(margin + math.log1p(rest), rel=1e-15)
    assert dys[0, 0, 1] == pytest.approx(-1 + math.exp(-margin) / (1 + rest), rel=1e-15)


@pytest.mark.parametrize(
    "loss, targets, mask, sentence",
    [
        (losses.mse, np.zeros((T, B)), None, r"targets of shape \(5, 3, 4\)"),
        (losses.logistic, np.zeros((T, B, 2)), None, r"targets of shape \(5, 3, 4\)"),
        (losses.cross_entropy, np.full((T, B), K), None, "integers from 0 to 3"),
        (losses.cross_entropy, np.zeros((T, B)), None, "integers from 0 to 3"),
        (losses.mse, np.zeros((T, B, K)), np.ones((T, 1)), r"mask of shape \(5, 3\)"),
        (losses.mse, np.zeros((T, B, K)), np.zeros((T, B)), "at least one step"),
    ],
)
def test_arguments_that_do_not_fit(loss, targets, mask, sentence):
    with pytest.raises(ValueError, match=sentence):
        loss(outputs(), targets, mask)
