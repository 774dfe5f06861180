"""Each check of the gradients is shown to fail, and to name the leaf, on a known bug.

A bug is planted by changing one piece of the real source (`helpers.mutated`), so that
a bug which no longer fits the code is itself an error.
"""

import numpy as np
import pytest

from lstm_core import activations, gradcheck, symbolic, tree, unroll
from lstm_core.cells import gate
from lstm_core.cells.lstm import LSTM
from tests.helpers import by_hand, mutated, problem, with_bug, wrong_leaves

# All squashers differ, so that one cannot stand in for another unseen.
CELL = LSTM(i="sigmoid", f="h_1997", o="sine", candidate="tanh", output="softsign")
EARLIER = {"xs", "state.h"}  # what every gate is made of


def leaves_of(*gates):
    return {f"p.{gate}.{part}" for gate in gates for part in "WUb"}


def single_step(cell=CELL):
    """Both routes over T = 1, where a wrong leaf spoils no other."""
    return gradcheck.both_routes(cell, *problem(cell, np.random.default_rng(21), T=1))


def several_steps(cell=CELL):
    return gradcheck.both_routes(cell, *problem(cell, np.random.default_rng(22), T=4))


def test_without_a_bug_nothing_is_wrong():
    assert wrong_leaves(*single_step()) == wrong_leaves(*several_steps()) == set()
    harmless = with_bug(CELL, "step_back", "dc * k.i * self", "k.i * dc * self")
    assert wrong_leaves(*single_step(harmless)) == set()


STEP_BACK = {
    "swapped slopes, i": (
        "k.g * self.i.d1(k.a_i)",
        "k.g * self.candidate.d1(k.a_i)",
        leaves_of("i") | EARLIER,
    ),
    "swapped slopes, g": (
        "k.i * self.candidate.d1(k.a_g)",
        "k.i * self.i.d1(k.a_g)",
        leaves_of("g") | EARLIER,
    ),
    "slope of another gate's pre-activation": (
        "self.f.d1(k.a_f)",
        "self.f.d1(k.a_i)",
        leaves_of("f") | EARLIER,
    ),
    "missing term: h reaches the cell": (
        "d.c + d.h * k.o * self.output.d1(k.c)",
        "d.c",
        leaves_of("i", "f", "g") | EARLIER | {"state.c"},
    ),
    "dropped carry of the cell": (
        "dc = d.c + d.h",
        "dc = d.h",
        leaves_of("i", "f", "g") | EARLIER | {"state.c"},
    ),
    "old c for new": (
        "self.output.d1(k.c)",
        "self.output.d1(k.c_prev)",
        leaves_of("i", "f", "g") | EARLIER | {"state.c"},
    ),
    "new c for old": (
        "dc * k.c_prev * self.f",
        "dc * k.c * self.f",
        leaves_of("f") | EARLIER,
    ),
    "i and g swapped": (
        "dc * k.g * self.i.d1(k.a_i)",
        "dc * k.i * self.i.d1(k.a_i)",
        leaves_of("i") | EARLIER,
    ),
    "the squash of the output forgotten": (
        "d.h * k.s * self.o",
        "d.h * k.c * self.o",
        leaves_of("o") | EARLIER,
    ),
    "y(1 - y) of the pre-activation": (
        "self.i.d1(k.a_i)",
        "k.a_i * (1 - k.a_i)",
        leaves_of("i") | EARLIER,
    ),
    "sign": (
        "da_f = dc *",
        "da_f = -dc *",
        leaves_of("f") | EARLIER,
    ),
    "gradients handed to the wrong gates": (
        "Params(da_i, da_f, da_o, da_g)",
        "Params(da_f, da_i, da_o, da_g)",
        leaves_of("i", "f") | EARLIER,
    ),
    "the forget gate left out on the way back": (
        "c=dc * k.f",
        "c=dc",
        {"state.c"},
    ),
}


@pytest.mark.parametrize("bug", STEP_BACK)
def test_a_bug_in_step_back_is_seen_where_it_is(bug):
    old, new, leaves = STEP_BACK[bug]
    wrong = with_bug(CELL, "step_back", old, new)
    assert wrong_leaves(*single_step(wrong)) == leaves
    with pytest.raises(AssertionError, match="gradients differ by more than 1e-10"):
        gradcheck.assert_agree(*several_steps(wrong))


def test_the_report_gives_the_ratio_away():
    def report(old, new):
        with pytest.raises(AssertionError) as error:
            gradcheck.assert_agree(*single_step(with_bug(CELL, "step_back", old, new)))
        return str(error.value)

    assert "ratio -1," in report("da_o = d.h", "da_o = -d.h")
    twice = report("da_o = d.h", "da_o = 2 * d.h")
    assert "ratio 2," in twice and "p.o." in twice


AFFINE_BACK = {
    "weights not turned over": (
        "da @ p.U.mT",
        "da @ p.U",
        {"state.h"},
    ),
    "mean for sum": (
        "da.sum(axis=-2)",
        "da.mean(axis=-2)",
        {f"p.{k}.b" for k in "ifog"},
    ),
    "x for h": (
        "U=h.mT",
        "U=x.mT",
        {f"p.{k}.U" for k in "ifog"},
    ),
}


@pytest.mark.parametrize("bug", AFFINE_BACK)
def test_a_bug_in_affine_back_is_seen_where_it_is(bug, monkeypatch):
    old, new, leaves = AFFINE_BACK[bug]
    monkeypatch.setattr(gate, "affine_back", mutated(gate.affine_back, old, new))
    # D = H, so that no shape gives the bug away.
    run = problem(CELL, np.random.default_rng(23), T=1, D=3, H=3)
    assert wrong_leaves(*gradcheck.both_routes(CELL, *run)) == leaves


UNROLL = {
    "dropped carry": (
        "dstate = padding.hold(live[t], d, dstate)",
        "dstate = padding.hold(live[t], zero, dstate)",
        {*leaves_of(*"ifog"), "xs", "state.h", "state.c"},
    ),
    "outputs in between forgotten": (
        "h=dstate.h + dhs[t]",
        "h=dstate.h + (dhs[t] if t == len(dhs) - 1 else 0)",
        {*leaves_of(*"ifog"), "xs", "state.h", "state.c"},
    ),
    "last step's gradient alone": (
        "dp = tree.add(dp, dp_t)",
        "dp = dp_t",
        leaves_of(*"ifog"),
    ),
    "inputs in reverse order": ("dxs[::-1]", "dxs", {"xs"}),
    "gradient of the end forgotten": (
        "zero, dstate = arriving(cell, p, trace, dhs, dstate)",
        "zero = dstate = arriving(cell, p, trace, dhs, dstate)[0]",
        {*leaves_of(*"ifog"), "xs", "state.h", "state.c"},
    ),
    "trace of another step": (
        "tree.at(trace, t)",
        "tree.at(trace, max(t - 1, 0))",
        {*leaves_of(*"ifog"), "xs", "state.h", "state.c"},
    ),
}


@pytest.mark.parametrize("bug", UNROLL)
def test_a_bug_in_the_loop_is_seen_where_it_is(bug, monkeypatch):
    old, new, leaves = UNROLL[bug]
    monkeypatch.setattr(unroll, "backward", mutated(unroll.backward, old, new))
    assert wrong_leaves(*several_steps()) == leaves


def test_a_wrong_slope_in_the_table_is_seen():
    """1 - y², exact in no tail: from 20 upwards the gradient of the weights is lost."""
    usual = activations.get("tanh")._replace(d1=lambda z: 1 - np.tanh(z) ** 2)
    for row, leaves in ((activations.get("tanh"), set()), (usual, leaves_of("g"))):
        cell = LSTM(candidate=row)
        run = problem(cell, np.random.default_rng(24), T=1)
        run = tree.replace(run, "p.g.b", np.full(3, 30.0))
        wrong = wrong_leaves(*gradcheck.both_routes(cell, *run))
        assert wrong == leaves
        if leaves:
            assert not gradcheck.both_routes(cell, *run)[0].p.g.W.any()


STEP = {
    "i and g swapped": ("i = self.i(a_i)", "i = self.i(a_g)"),
    "old h for new": ("return State(h, c)", "return State(h_prev, c)"),
    "old c read out": ("s = self.output(c)", "s = self.output(c_prev)"),
    "candidate not gated": ("+ i * g", "+ g"),
    "cell not forgotten": ("f * c_prev", "c_prev"),
    "cell not squashed": ("h = o * s", "h = o * c"),
    "gates coupled": ("i * g", "(1 - f) * g"),
}


@pytest.mark.parametrize("bug", STEP)
def test_a_bug_in_step_is_seen_by_sympy(bug):
    """BPTT and the complex step both follow `step`; the second statement does not."""
    choices = {"i": "sigmoid", "f": "h_1997", "o": "sine", "output": "softsign"}
    stated = symbolic.cell(**choices)
    symbols = (symbolic.x, symbolic.h_prev, symbolic.c_prev, *symbolic.PARAMETERS)
    numbers = np.random.default_rng(25).standard_normal(len(symbols))
    at = dict(zip(symbols, numbers, strict=True))
    expected = [
        float(symbolic.number(stated.written_out(out), at))
        for out in (symbolic.h, symbolic.c)
    ]

    def new_state(cell):
        return [leaf.item() for leaf in by_hand(cell, at)[0]]

    np.testing.assert_allclose(new_state(LSTM(**choices)), expected, rtol=1e-14)
    wrong = new_state(with_bug(LSTM(**choices), "step", *STEP[bug]))
    assert not np.allclose(wrong, expected, rtol=1e-3)


def test_a_bug_that_does_not_fit_the_code_is_an_error():
    with pytest.raises(AssertionError, match="'no such line' is not once in"):
        with_bug(CELL, "step_back", "no such line", "")
