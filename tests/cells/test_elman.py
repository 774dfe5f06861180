import numpy as np
import pytest

from lstm_core.cells.elman import Elman
from tests.cells import checks


@pytest.mark.parametrize("law", checks.ALL)
@pytest.mark.parametrize(
    "cell", [Elman(), Elman("softsign")], ids=lambda cell: cell.activation.name
)
def test_law(cell, law):
    law(cell)


def test_a_missing_term_is_found():
    checks.finds_every_missing_term(Elman())


def test_one_step_by_hand():
    cell = Elman()
    p = cell.init(np.random.default_rng(1), 2, 3)
    x, h = np.ones((1, 2)), np.full((1, 3), 0.5)
    state, _ = cell.step(p, x, cell.zero_state(p, 1)._replace(h=h))
    want = [np.tanh(p.W[:, k].sum() + 0.5 * p.U[:, k].sum()) for k in range(3)]
    np.testing.assert_allclose(state.h[0], want, rtol=1e-15)
