"""One affine map, forwards and backwards."""

import numpy as np
import pytest

from lstm_core import gradcheck
from lstm_core.cells import gate
from lstm_core.cells.gate import Gate
from tests.helpers import frozen

RNG = np.random.default_rng(5)
P = frozen(Gate(*(RNG.standard_normal(s) for s in ((3, 2), (2, 2), (2,)))))
X, H, DA = frozen(tuple(RNG.standard_normal(s) for s in ((4, 3), (4, 2), (4, 2))))


def test_row_vectors_multiply_from_the_left():
    p = Gate(np.array([[1.0, 10.0]]), np.array([[2.0, 3.0], [4.0, 5.0]]), np.ones(2))
    a = gate.affine(p, np.array([[2.0]]), np.array([[1.0, -1.0]]))
    np.testing.assert_array_equal(a, [[2 + (2 - 4) + 1, 20 + (3 - 5) + 1]])


def test_affine_back_agrees_with_the_complex_step():
    def loss(at):
        return (gate.affine(*at) * DA).sum()

    reference = gradcheck.complex_step(loss, (P, X, H))
    gradcheck.assert_agree(gate.affine_back(P, X, H, DA), reference, 1e-13)


def test_a_leading_axis_is_one_model_each():
    other = frozen(Gate(*(2 * leaf + 1 for leaf in P)))
    both = Gate(*(np.stack(pair) for pair in zip(P, other, strict=True)))
    h, da = np.stack([H, -H]), np.stack([DA, 3 * DA])
    a = gate.affine(both, X, h)
    back = gate.affine_back(both, X, h, da)
    for e, p in enumerate((P, other)):
        np.testing.assert_allclose(a[e], gate.affine(p, X, h[e]), rtol=1e-15)
        dp, dx, dh = gate.affine_back(p, X, h[e], da[e])
        gradcheck.assert_agree((Gate(*(leaf[e] for leaf in back[0])),), (dp,), 1e-14)
        gradcheck.assert_agree((back[1][e], back[2][e]), (dx, dh), 1e-14)


def test_init_draws_as_pytorch_does():
    p = gate.init(np.random.default_rng(0), 300, 100, bias=-2.0)
    assert (p.W.shape, p.U.shape, p.b.shape) == ((300, 100), (100, 100), (100,))
    for weights in (p.W, p.U):
        assert weights.max() <= 0.1 and weights.min() >= -0.1  # ±1/sqrt(H)
        assert weights.max() > 0.0999 and weights.min() < -0.0999
        assert abs(weights.mean()) < 0.002
        assert weights.var() == pytest.approx(0.1**2 / 3, rel=0.03)
    assert (p.b == -2.0).all()
    assert not np.array_equal(p.W[:100], p.U)


def test_init_follows_its_generator_and_type():
    first, same = (gate.init(np.random.default_rng(1), 2, 3) for _ in range(2))
    np.testing.assert_array_equal(first.W, same.W)
    rng = np.random.default_rng(1)
    assert not np.array_equal(gate.init(rng, 2, 3).W, gate.init(rng, 2, 3).W)
    assert {leaf.dtype for leaf in gate.init(rng, 2, 3)} == {np.dtype(float)}
    narrow = gate.init(rng, 2, 3, dtype=np.float32)
    assert {leaf.dtype for leaf in narrow} == {np.dtype(np.float32)}
    assert gate.init(rng, 2, 3).b.tolist() == [0, 0, 0]


@pytest.mark.parametrize("H", [0, -1])
def test_a_cell_without_units_is_refused(H):
    with pytest.raises(ValueError, match=f"expected H >= 1, got {H}"):
        gate.init(np.random.default_rng(0), 2, H)
    assert gate.init(np.random.default_rng(0), 2, 1).U.shape == (1, 1)
