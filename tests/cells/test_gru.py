import numpy as np
import pytest

from lstm_core import gradcheck, tree
from lstm_core.cells.gru import GRU, GRUResetFirst
from tests.cells import checks
from tests.helpers import with_bug

CELLS = [
    GRU(),
    GRUResetFirst(),
    GRU(r="softsign", z="tempered_sigmoid", candidate="sine"),
    GRUResetFirst(r="softsign", z="tempered_sigmoid", candidate="sine"),
]


@pytest.mark.parametrize("law", checks.ALL)
@pytest.mark.parametrize("cell", CELLS, ids=range(4))
def test_law(cell, law):
    law(cell)


@pytest.mark.parametrize("cell", CELLS[:2], ids=["reset after", "reset first"])
def test_a_missing_term_is_found(cell):
    checks.finds_every_missing_term(cell)


def test_a_forgotten_reset_in_the_backward_pass_is_found():
    cell = with_bug(GRU(), "step_back", "dm = da_n * k.r", "dm = da_n")
    ours, reference = gradcheck.both_routes(cell, *checks.case(cell))
    assert gradcheck.compare(ours, reference)[0].error > 1e-3


def ready(cell, H):
    p = cell.init(np.random.default_rng(1), 2, H)
    return checks.randomised(np.random.default_rng(2), p)


def test_one_unit_by_hand_in_both_conventions():
    p = ready(GRU(), 1)
    x, h = np.array([[0.3, -0.8]]), 0.7

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    def affine(gate, h):
        return (x @ gate.W).item() + h * gate.U.item() + gate.b.item()

    r, z = sigmoid(affine(p.r, h)), sigmoid(affine(p.z, h))
    after = affine(p.n, 0) + r * (h * p.n.U.item() + p.b_hn.item())
    first = affine(p.n, r * h)
    for cell, a_n in ((GRU(), after), (GRUResetFirst(), first)):
        p_cell = p if cell == GRU() else p._replace(b_hn=None)
        state, _ = cell.step(p_cell, x, cell.zero_state(p, 1)._replace(h=[[h]]))
        want = (1 - z) * np.tanh(a_n) + z * h
        np.testing.assert_allclose(state.h.item(), want, rtol=1e-15)


def test_the_conventions_agree_where_u_is_diagonal():
    p = ready(GRU(), 3)
    p = tree.replace(p, "n.U", np.diag([0.3, -0.9, 1.4]))
    p = p._replace(b_hn=np.zeros(3))
    xs = np.random.default_rng(3).normal(size=(5, 2))
    state = first = GRU().zero_state(p, 5)
    for _ in range(4):
        state, _ = GRU().step(p, xs, state)
        first, _ = GRUResetFirst().step(p._replace(b_hn=None), xs, first)
    np.testing.assert_allclose(state.h, first.h, rtol=1e-13)
    p = tree.replace(p, "n.U", np.ones((3, 3)))
    state, _ = GRU().step(p, xs, state)
    first, _ = GRUResetFirst().step(p._replace(b_hn=None), xs, first)
    assert np.abs(state.h - first.h).max() > 1e-2


def test_z_near_one_keeps_the_old_output():
    cell = GRU()
    p = tree.replace(ready(cell, 3), "z.b", np.full(3, 50.0))
    h = np.full((1, 3), 0.123)
    state, _ = cell.step(p, np.zeros((1, 2)), cell.zero_state(p, 1)._replace(h=h))
    np.testing.assert_allclose(state.h, h, rtol=1e-15)


def test_gates_chooses_both_gates():
    assert GRU(gates="hard_sigmoid") == GRU(r="hard_sigmoid", z="hard_sigmoid")
