"""Independent routes to the same numbers: they must agree, entry by entry.

BPTT, the complex step, SymPy on a cell of one unit; one long call and many short ones;
an ensemble and its members.  PyTorch and Keras join in test_peers.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_core import activations, gradcheck, symbolic, tree, unroll
from lstm_core.cells.lstm import LSTM, State
from tests.helpers import by_hand, frozen, problem, wrong_leaves

EVERY = (*activations.NAMES, "tempered_sigmoid(8)", "leaky_relu(0.2)")
SLOTS = ("i", "f", "o", "candidate", "output")


# --- gradients -----------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("slot", (*SLOTS, "gates"))
def test_bptt_is_the_complex_step_in_every_slot(slot, name):
    """Parameters, inputs and initial states; a random number is at no kink."""
    cell = LSTM(**{slot: name})
    rng = np.random.default_rng([EVERY.index(name), len(slot)])
    gradcheck.assert_agree(*gradcheck.both_routes(cell, *problem(cell, rng)))


@settings(max_examples=40)
@given(st.data())
def test_bptt_is_the_complex_step_for_any_choice(data):
    cell = LSTM(*(data.draw(st.sampled_from(EVERY), label=slot) for slot in SLOTS))
    sizes = {k: data.draw(st.integers(1, 3), label=k) for k in "TBDH"}
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32), label="seed"))
    run = problem(cell, rng, **sizes, scale=data.draw(st.sampled_from([0.3, 1.0])))
    # Sums of random numbers may cancel to 1e-6 of their terms; a bug does more.
    assert wrong_leaves(*gradcheck.both_routes(cell, *run), tolerance=1e-8) == set()


@pytest.mark.parametrize("part", ["h", "c"])
def test_gradient_of_the_final_state_alone(part):
    cell = LSTM()
    run = problem(cell, np.random.default_rng(11))
    dstate = tree.replace(tree.zeros(run.dstate), part, getattr(run.dstate, part))
    run = run._replace(dhs=0 * run.dhs, dstate=dstate)
    ours, reference = gradcheck.both_routes(cell, *run)
    gradcheck.assert_agree(ours, reference)
    assert all(leaf.any() for _, leaf in tree.leaves(ours.state))


def vanishing():
    """Twelve steps, each leaving 6e-6 of the cell; the loss sees only the last."""
    cell = LSTM()
    run = problem(cell, np.random.default_rng(12), T=12)
    p = tree.replace(run.p, "f.b", np.full(3, -12.0))
    p = p._replace(
        **{k: gate._replace(U=1e-5 * gate.U) for k, gate in p._asdict().items()}
    )
    return cell, frozen(run._replace(p=p, dhs=0 * run.dhs))


def test_bptt_is_right_where_the_gradient_has_all_but_vanished():
    cell, run = vanishing()
    ours, reference = gradcheck.both_routes(cell, *run)
    gradcheck.assert_agree(ours, reference)
    assert 0 < abs(ours.xs[0]).max() < 1e-50
    assert 0 < abs(ours.state.c).max() < 1e-50


def test_differences_of_losses_see_nothing_there():
    """Why the referee is the complex step."""
    cell, run = vanishing()

    def loss(c):
        final = unroll.forward(cell, run.p, run.xs, run.state._replace(c=c))[1]
        return sum((a * b).sum() for a, b in zip(final, run.dstate, strict=True))

    assert not gradcheck.central_difference(loss, run.state.c).any()
    assert gradcheck.complex_step(loss, run.state.c).all()


# --- SymPy ---------------------------------------------------------------------

CHOICES = [
    *({"gates": name} for name in EVERY),
    *({"candidate": name, "output": name} for name in EVERY),
    dict(zip(SLOTS, ("sine", "softsign", "h_1997", "relu", "tanh"), strict=True)),
    dict(zip(SLOTS, ("tanh", "softplus", "sine", "g_1997", "relu"), strict=True)),
]


def against_sympy(cell, stated, at):
    """Pairs (what, ours, SymPy's) of the new state and of its whole Jacobian."""
    state, jacobian = by_hand(cell, at)
    for out, ours in ((symbolic.h, state.h), (symbolic.c, state.c)):
        yield str(out), ours.item(), symbolic.number(stated.written_out(out), at)
    for (out, by), ours in jacobian.items():
        exact = symbolic.number(stated.written_out(out).diff(by), at)
        yield f"∂{out}/∂{by}", ours, exact


@pytest.mark.parametrize("choices", CHOICES, ids=str)
def test_one_unit_is_what_sympy_says(choices):
    rng = np.random.default_rng(13)
    symbols = (symbolic.x, symbolic.h_prev, symbolic.c_prev, *symbolic.PARAMETERS)
    at = dict(zip(symbols, rng.standard_normal(len(symbols)), strict=True))
    stated = symbolic.cell(**choices)
    for what, ours, exact in against_sympy(LSTM(**choices), stated, at):
        assert abs(ours - exact) <= 1e-13 * abs(exact), what


def test_one_saturated_unit_is_what_sympy_says():
    """Gates at 40 either way and a full cell: slopes of 1e-18 and less, still right."""
    S = symbolic
    at = dict.fromkeys(S.PARAMETERS, 0.5) | {S.x: 1.0, S.h_prev: -0.3, S.c_prev: 21.0}
    biases = (40.0, 38.0, -40.0, 20.0)
    at |= {S.b[gate]: bias for gate, bias in zip(S.GATES, biases, strict=True)}
    slopes = []
    for what, ours, exact in against_sympy(LSTM(), S.cell(), at):
        assert abs(ours - exact) <= 1e-13 * abs(exact), what
        slopes.append(abs(ours))
    assert 0 < min(slope for slope in slopes if slope) < 1e-30


# --- time ----------------------------------------------------------------------

RUN = problem(LSTM(), np.random.default_rng(14), T=6)
CELL = LSTM()


def whole(run=RUN, cell=CELL):
    hs, state, trace = unroll.forward(cell, run.p, run.xs, run.state)
    return (hs, state), unroll.backward(cell, run.p, trace, run.dhs, run.dstate)


@pytest.mark.parametrize("cut", range(1, 6))
def test_split_anywhere_with_the_state_carried_is_the_whole(cut):
    first = unroll.forward(CELL, RUN.p, RUN.xs[:cut], RUN.state)
    second = unroll.forward(CELL, RUN.p, RUN.xs[cut:], first[1])
    late = unroll.backward(CELL, RUN.p, second[2], RUN.dhs[cut:], RUN.dstate)
    early = unroll.backward(CELL, RUN.p, first[2], RUN.dhs[:cut], late[2])
    outputs = np.concatenate([first[0], second[0]]), second[1]
    dp = tree.add(late[0], early[0])
    gradients = dp, np.concatenate([early[1], late[1]]), early[2]
    gradcheck.assert_agree((outputs, gradients), whole(), 1e-12)


def test_single_steps_are_one_call():
    """The step and its way back by hand, without `unroll`."""
    state, traces, hs = RUN.state, [], []
    for x in RUN.xs:
        state, trace = CELL.step(RUN.p, x, state)
        traces.append(trace)
        hs.append(state.h)
    d, dp, dxs = RUN.dstate, tree.zeros(RUN.p), []
    for trace, dh in zip(reversed(traces), RUN.dhs[::-1], strict=True):
        dp_t, dx, d = CELL.step_back(RUN.p, trace, State(d.h + dh, d.c))
        dp = tree.add(dp, dp_t)
        dxs.insert(0, dx)
    ours = (np.stack(hs), state), (dp, np.stack(dxs), d)
    gradcheck.assert_agree(ours, whole(), 1e-15)


def test_backward_twice_is_the_same():
    _, _, trace = unroll.forward(CELL, RUN.p, RUN.xs, RUN.state)
    args = CELL, RUN.p, trace, RUN.dhs, RUN.dstate
    gradcheck.assert_agree(unroll.backward(*args), unroll.backward(*args), 0.0)
    gradcheck.assert_agree(whole(), whole(), 0.0)


def test_the_order_of_the_batch_does_not_matter():
    run = problem(CELL, np.random.default_rng(15), B=5)
    order = [3, 0, 4, 1, 2]
    shuffled = frozen(
        run._replace(
            xs=run.xs[:, order],
            dhs=run.dhs[:, order],
            state=tree.at(run.state, order),
            dstate=tree.at(run.dstate, order),
        )
    )
    (hs, state), (dp, dxs, dstate) = whole(run)
    expected = (
        (hs[:, order], tree.at(state, order)),
        (
            dp,
            dxs[:, order],
            tree.at(dstate, order),
        ),
    )
    gradcheck.assert_agree(whole(shuffled), expected, 1e-12)


def test_a_batch_is_its_sequences_one_by_one():
    outputs, (dp, dxs, dstate) = whole()
    total = tree.zeros(RUN.p)
    for b in range(RUN.xs.shape[1]):
        pick = slice(b, b + 1)
        one = RUN._replace(
            xs=RUN.xs[:, pick],
            dhs=RUN.dhs[:, pick],
            state=tree.at(RUN.state, pick),
            dstate=tree.at(RUN.dstate, pick),
        )
        (hs, _), (dp_one, dxs_one, _) = whole(one)
        expected = outputs[0][:, pick], dxs[:, pick]
        gradcheck.assert_agree((hs, dxs_one), expected, 1e-12)
        total = tree.add(total, dp_one)
    gradcheck.assert_agree(total, dp, 1e-12)


# --- ensembles -----------------------------------------------------------------


@pytest.mark.parametrize("choices", [{}, {"candidate": "relu", "output": "identity"}])
@pytest.mark.parametrize("inputs", ["one for all", "one for each"])
def test_an_ensemble_is_its_members_one_by_one(choices, inputs):
    cell = LSTM(**choices)
    run = problem(cell, np.random.default_rng(16), T=5, E=3)
    if inputs == "one for each":
        rng = np.random.default_rng(17)
        run = frozen(run._replace(xs=rng.standard_normal((5, 3, 2, 2))))
    (hs, state), (dp, dxs, dstate) = whole(run, cell)
    for e in range(3):
        member = run._replace(
            p=tree.at(run.p, e),
            xs=run.xs[:, e] if inputs == "one for each" else run.xs,
            state=tree.at(run.state, e),
            dhs=run.dhs[:, e],
            dstate=tree.at(run.dstate, e),
        )
        ours = (
            (hs[:, e], tree.at(state, e)),
            (
                tree.at(dp, e),
                dxs[:, e],
                tree.at(dstate, e),
            ),
        )
        gradcheck.assert_agree(ours, whole(member, cell), 1e-13)


def test_bptt_of_an_ensemble_is_the_complex_step():
    cell = LSTM()
    run = problem(cell, np.random.default_rng(18), T=3, E=2)
    ours, reference = gradcheck.both_routes(cell, *run)
    shared = ours._replace(xs=ours.xs.sum(axis=1))  # one xs for both members
    gradcheck.assert_agree(shared, reference)
