"""The fast LSTM is the readable one: every activation in every slot, every route."""

import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core import activations, fused, losses, optim, train, tree, unroll
from lstm_core.activations import Activation
from lstm_core.cells.gru import GRU
from lstm_core.cells.lstm import LSTM, State
from lstm_core.layers import Linear, Model, Recurrent
from lstm_core.tasks import Batch, Runs
from tests.helpers import mutated, problem

SLOTS = ("i", "f", "o", "candidate", "output", "gates")
NAMES = (*activations.NAMES, "tempered_sigmoid(8)", "leaky_relu(0.3)")
SWISH = Activation(  # not in the table
    "tanh",
    lambda z: z * activations.sigmoid(z),
    lambda z: activations.sigmoid(z) + z * activations.sigmoid_d1(z),
    None,
)


def close(ours, exact, relative=1e-12, of_largest=1e-13):
    """Entrywise, but for what cancels in the sum over time and samples."""
    pairs = zip(tree.leaves(ours), tree.leaves(exact), strict=True)
    for (name, left), (same, right) in pairs:
        assert name == same and np.shape(left) == np.shape(right)
        atol = of_largest * np.abs(right).max(initial=0)
        np.testing.assert_allclose(left, right, relative, atol, err_msg=name)


def exactly_relative(ours, exact, relative=1e-12):
    close(ours, exact, relative, of_largest=0)


def model_of(cell, H=4, K=2):
    return Model(Recurrent(cell, H), Linear(K))


def drawn(model, rng, D, E=(), scale=0.5, dtype=float):
    """Parameters that are all random, biases too."""
    p = model.init(rng, D)
    return tree.map(
        lambda leaf: (scale * rng.standard_normal((*E, *leaf.shape))).astype(dtype), p
    )


def batch_of(rng, loss, T, B, D, K, dtype=float):
    targets = {
        losses.mse: rng.standard_normal((T, B, K)),
        losses.logistic: rng.integers(0, 2, (T, B, K)),
        losses.cross_entropy: rng.integers(0, K, (T, B)),
    }[loss]
    mask = rng.integers(0, 2, (T, B))
    mask[rng.integers(T)] = 1
    return Batch(rng.standard_normal((T, B, D)).astype(dtype), targets, mask)


# --- the same numbers ---------------------------------------------------------------


@pytest.fixture(params=[fused.Plan, fused.Narrow])
def planned(request, monkeypatch):
    """Every model is run by this kind of plan, whatever its size."""

    def plans(chunk=None):
        monkeypatch.setattr(fused, "_plan", lambda *args: request.param(*args, chunk))

    plans()
    return plans


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("slot", SLOTS)
def test_every_activation_in_every_slot(name, slot, planned):
    rng = np.random.default_rng(0)
    cell = LSTM(**{slot: name})
    model = model_of(cell)
    p, batch = drawn(model, rng, 3), batch_of(rng, losses.mse, 9, 2, 3, 2)
    close(
        fused.value_and_grad(model, p, batch, losses.mse),
        train.value_and_grad(model, p, batch, losses.mse),
    )
    in_place_of_unroll(problem(cell, rng, 5, 2, 3, 4, scale=0.5), cell)


def in_place_of_unroll(run, cell):
    exact = unroll.forward(cell, run.p, run.xs, run.state)
    ours = fused.forward(cell, run.p, run.xs, run.state)
    close(ours, exact)
    exact = unroll.backward(cell, run.p, exact[2], run.dhs, run.dstate)
    close(fused.backward(cell, run.p, ours[2], run.dhs, run.dstate), exact)


def test_an_activation_of_ones_own():
    rng = np.random.default_rng(0)
    for slot in SLOTS:
        in_place_of_unroll(problem(LSTM(**{slot: SWISH}), rng), LSTM(**{slot: SWISH}))


sizes = st.tuples(st.integers(1, 40), *(st.integers(1, 5) for _ in "BDHK"))


@given(
    sizes,
    st.sampled_from([(), (1,), (3,)]),
    st.tuples(*(st.sampled_from(activations.NAMES) for _ in range(5))),
    st.sampled_from([losses.mse, losses.logistic, losses.cross_entropy]),
    st.integers(0, 99),
)
def test_every_shape(size, E, names, loss, seed):
    (T, B, D, H, K), rng = size, np.random.default_rng(seed)
    model = model_of(LSTM(*names), H, K)
    p, batch = drawn(model, rng, D, E, 0.3), batch_of(rng, loss, T, B, D, K)
    if "step" in names:  # rounding decides on which side of a step 0 lies
        p = tree.map(lambda leaf: leaf + 0.01, p)
    close(
        fused.value_and_grad(model, p, batch, loss),
        train.value_and_grad(model, p, batch, loss),
        1e-10,
        1e-11,
    )


@pytest.mark.parametrize("chunk", [1, 3, 8, 20])
def test_the_length_of_a_chunk_does_not_matter(chunk, planned):
    model, rng = model_of(LSTM()), np.random.default_rng(0)
    p, batch = drawn(model, rng, 3), batch_of(rng, losses.mse, 20, 2, 3, 2)
    planned(chunk)
    close(
        fused.value_and_grad(model, p, batch, losses.mse),
        train.value_and_grad(model, p, batch, losses.mse),
    )


def test_a_plan_is_narrow_where_calls_cost_more_than_numbers():
    few = fused.Sizes((), 5, 32, 2, 4, 1, np.dtype("float64"))
    cases = {few: True, few._replace(B=33): False, few._replace(H=5): False}
    cases |= {few._replace(E=(2,)): False, few._replace(O=0): False}
    for sizes, narrow in cases.items():
        assert isinstance(fused._plan(LSTM(), sizes), fused.Narrow) is narrow


@pytest.mark.parametrize("cell", [LSTM(), LSTM(gates="hard_sigmoid"), LSTM(f="relu")])
def test_plans_of_both_kinds_agree(cell):
    rng, model = np.random.default_rng(0), model_of(cell)
    p, batch = drawn(model, rng, 3), batch_of(rng, losses.mse, 20, 2, 3, 2)
    sizes, theta = fused._sizes(model, fused.pack(*p), batch), fused.pack(*p)
    found = []
    for kind in (fused.Plan, fused.Narrow):
        plan = kind(cell, sizes)
        plan.load(theta, batch.xs)
        fused.run(plan.forwards(20))
        ys, dys = plan.readouts(20)
        dys[...] = ys
        fused.run(plan.backwards(20))
        found.append(plan.gradient())
    exactly_relative(*found, 1e-13)


def products_in_parts(E):
    """66 rows and 19 columns are too many for one short product."""
    model, rng = model_of(LSTM(), 16), np.random.default_rng(0)
    p, batch = drawn(model, rng, 2, E), batch_of(rng, losses.mse, 20, 3, 2, 2)
    close(
        fused.value_and_grad(model, p, batch, losses.mse),
        train.value_and_grad(model, p, batch, losses.mse),
    )


@pytest.mark.parametrize("E", [(), (2,)])
def test_products_are_taken_some_rows_at_a_time(E, monkeypatch):
    products_in_parts(E)
    every = fused._short_products
    monkeypatch.setattr(fused, "_short_products", lambda *args: every(*args)[:1])
    fresh(monkeypatch)
    with pytest.raises(AssertionError):
        products_in_parts(E)


def test_a_plan_is_let_go_of():
    sizes = fused.Sizes((), 3, 2, 2, 3, 0, np.dtype(float))
    plan = fused.Plan(LSTM(), sizes)
    fused.run([*plan.traced(), *plan.backwards(3)])
    gone = weakref.ref(plan)
    del plan
    assert gone() is None


def test_an_ensemble_is_its_models_one_by_one():
    model, rng = model_of(LSTM(candidate="relu")), np.random.default_rng(0)
    p, batch = drawn(model, rng, 3, (3,)), batch_of(rng, losses.mse, 9, 2, 3, 2)
    value, dp = fused.value_and_grad(model, p, batch, losses.mse)
    alone = [
        fused.value_and_grad(model, tree.at(p, e), batch, losses.mse) for e in range(3)
    ]
    close(value, np.stack([one[0] for one in alone]))
    close(dp, tree.stack([one[1] for one in alone]))


def test_each_model_may_have_a_batch_of_its_own():
    model, rng = model_of(LSTM()), np.random.default_rng(0)
    p = drawn(model, rng, 3, (2,))
    batch = Batch(
        rng.standard_normal((5, 2, 4, 3)), rng.integers(0, 2, (5, 2, 4)), None
    )
    close(
        fused.value_and_grad(model, p, batch, losses.cross_entropy),
        train.value_and_grad(model, p, batch, losses.cross_entropy),
    )


def test_one_model_that_diverges_leaves_the_others_alone():
    model, rng = (
        model_of(LSTM(candidate="relu", output="relu")),
        np.random.default_rng(0),
    )
    p, batch = drawn(model, rng, 3, (2,)), batch_of(rng, losses.mse, 30, 2, 3, 2)
    wild = tree.map(lambda leaf: np.stack([1e200 * leaf[0], leaf[1]]), p)
    with np.errstate(all="ignore"):
        value, dp = fused.value_and_grad(model, wild, batch, losses.mse)
    assert not np.isfinite(value[0])
    exact = train.value_and_grad(model, tree.at(p, 1), batch, losses.mse)
    close((value[1], tree.at(dp, 1)), exact)


@pytest.mark.parametrize("name", activations.NAMES)
def test_float32_stays_float32_and_follows(name):
    rng, loss = np.random.default_rng(0), losses.mse
    model = model_of(LSTM(candidate=name))
    p, batch = drawn(model, rng, 3), batch_of(rng, loss, 9, 2, 3, 2)
    short = tree.map(np.float32, p), batch._replace(xs=np.float32(batch.xs))
    value, dp = fused.value_and_grad(model, *short, loss)
    assert {leaf.dtype for _, leaf in tree.leaves((value, dp))} == {np.dtype("float32")}
    close((value, dp), train.value_and_grad(model, p, batch, loss), 1e-4, 1e-5)


# --- the tails ----------------------------------------------------------------------


def saturated(cell, z, dtype=float):
    """One step of one unit whose pre-activations, and c, are about z."""
    rng = np.random.default_rng(0)
    run = problem(cell, rng, 1, 1, 1, 1, scale=0.1, dtype=dtype)
    gates = (gate._replace(b=gate.b + dtype(z)) for gate in run.p)
    state = State(run.state.h, run.state.c + dtype(2 * z))
    return run._replace(p=type(run.p)(*gates), state=state)


TAILS = [-700, -300, -40, -20, -9, -4, -2, 2, 4, 9, 20, 40, 300, 700]


def by_both(run, cell):
    """(ours, exact) gradients of a run: trained with a readout, and by unroll."""
    model = model_of(cell, 1, 1)
    rng = np.random.default_rng(1)
    p = model.init(rng, 1)._replace(body=run.p)
    T, B, _ = run.xs.shape
    batch = Batch(run.xs, rng.standard_normal((T, B, 1)), None)
    ours = fused.value_and_grad(model, p, batch, losses.mse)
    return ours[1], train.value_and_grad(model, p, batch, losses.mse)[1]


@pytest.mark.parametrize("z", TAILS)
@pytest.mark.parametrize(
    "name", ["sigmoid", "tanh", "g_1997", "tempered_sigmoid(2)", "softplus"]
)
def test_slopes_in_the_tails(name, z):
    cell = LSTM(i=name, f=name, o=name, candidate=name, output=name)
    run = saturated(cell, z / 2)
    exactly_relative(*by_both(run, cell))


@pytest.mark.parametrize("z", TAILS)
def test_the_plain_lstm_in_the_tails(z):
    exactly_relative(*by_both(saturated(LSTM(), z), LSTM()))
    run = saturated(LSTM(), z)
    exact = unroll.forward(LSTM(), run.p, run.xs, run.state)
    ours = fused.forward(LSTM(), run.p, run.xs, run.state)
    exactly_relative(ours, exact)
    exactly_relative(
        fused.backward(LSTM(), run.p, ours[2], run.dhs, run.dstate),
        unroll.backward(LSTM(), run.p, exact[2], run.dhs, run.dstate),
    )


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("steps", [[0], [4], [2, 4], range(5)])
def test_tails_in_some_steps_only(steps, sign):
    """Whether a tail shows among the values that are asked first, or not."""
    run = problem(LSTM(), np.random.default_rng(3), 5, 2, 1, 1)
    xs = np.full(run.xs.shape, 0.1)
    xs[steps] = sign * 20
    exactly_relative(*by_both(run._replace(xs=xs), LSTM()), 1e-11)


def vanishing():
    """A gradient through twelve steps of a nearly closed forget gate."""
    run = problem(LSTM(), np.random.default_rng(2), 12, 1, 1, 1, scale=0.05)
    shut = run.p.f._replace(b=run.p.f.b - 12)
    return run._replace(p=run.p._replace(f=shut))


def test_a_gradient_that_vanishes():
    run = vanishing()
    dhs = np.zeros_like(run.dhs)
    dhs[-1] = 1
    trace = unroll.forward(LSTM(), run.p, run.xs, run.state)[2]
    exact = unroll.backward(LSTM(), run.p, trace, dhs)
    assert 0 < abs(exact[2].c.item()) < 1e-30
    trace = fused.forward(LSTM(), run.p, run.xs, run.state)[2]
    exactly_relative(fused.backward(LSTM(), run.p, trace, dhs), exact, 1e-11)


# --- the checks see it --------------------------------------------------------------


def test_slopes_from_outputs_alone_would_be_seen(monkeypatch):
    monkeypatch.setattr(fused, "TAIL", -1)
    with pytest.raises(AssertionError):
        run = saturated(LSTM(), 9)
        fresh(monkeypatch)
        exactly_relative(*by_both(run, LSTM()))


def fresh(monkeypatch):
    """Plans that are not those of other tests, with several chunks in them."""
    monkeypatch.setattr(fused, "_plan", lambda *args: fused.Plan(*args, chunk=8))


def test_an_overflow_that_is_not_caught_would_be_seen(monkeypatch):
    monkeypatch.setattr(fused, "_finite", lambda e: None)
    fresh(monkeypatch)
    with pytest.raises(AssertionError), np.errstate(invalid="ignore"):
        cell = LSTM(gates="tempered_sigmoid(2)")
        exactly_relative(*by_both(saturated(cell, -700), cell))


BUGS = {
    "slope of another gate": ("step_back", "to[self.f], dc", "to[self.i], dc"),
    "carry dropped": (
        "step_back",
        "through[self.c], dc, dc",
        "through[self.c], dh, dc",
    ),
    "s for g": ("step_back", "through[self.g], dc", "through[self.s], dc"),
    "wrong place": ("_hand_on", "self.values[0, self.c]", "self.values[1, self.c]"),
    "last readout lost": (
        "_into_dtheta",
        "self.errors[: t1 - t0]",
        "self.errors[: t1 - t0] * 0",
    ),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_in_the_plan_would_be_seen(bug, monkeypatch):
    method, old, new = BUGS[bug]
    wrong = mutated(getattr(fused.Plan, method), old, new)
    monkeypatch.setattr(fused.Plan, method, wrong)
    fresh(monkeypatch)
    with pytest.raises(AssertionError):
        test_an_ensemble_agrees_with_train((2,))


NARROW_BUGS = {
    "o and s changed over": (
        "_factors",
        "place in (0, 3)",
        "place in (1, 3)",
    ),
    "rows not turned": ("_turn", "weights[:, :H]", "weights[:, -H:]"),
    "another step's c": ("step_back", "5 * H + O", "4 * H + O"),
    "gradient not turned": ("gradient", "[-H:]", "[:H]"),
}


@pytest.mark.parametrize("bug", NARROW_BUGS)
def test_a_bug_in_the_narrow_plan_would_be_seen(bug, monkeypatch):
    method, old, new = NARROW_BUGS[bug]
    wrong = mutated(getattr(fused.Narrow, method), old, new)
    monkeypatch.setattr(fused.Narrow, method, wrong)
    monkeypatch.setattr(fused, "_plan", lambda *args: fused.Narrow(*args, chunk=8))
    with pytest.raises(AssertionError):
        test_an_ensemble_agrees_with_train(())


@pytest.mark.parametrize("E", [(), (2,)])
def test_an_ensemble_agrees_with_train(E):
    model, rng = model_of(LSTM()), np.random.default_rng(0)
    p, batch = drawn(model, rng, 3, E), batch_of(rng, losses.mse, 30, 2, 3, 2)
    close(
        fused.value_and_grad(model, p, batch, losses.mse),
        train.value_and_grad(model, p, batch, losses.mse),
    )


# --- losses -------------------------------------------------------------------------


@pytest.mark.parametrize("far", [0, 5, 40, 300])
def test_the_cross_entropy_keeps_its_tails(far):
    rng = np.random.default_rng(0)
    ys, targets = rng.standard_normal((3, 4, 2)), rng.integers(0, 3, (4, 2))
    np.put_along_axis(ys, targets[None], far * np.array([1, -1, 1, 1])[:, None], 0)
    dys = np.empty_like(ys)
    for mask in (None, rng.integers(0, 2, (4, 2)) + [[0], [0], [1], [0]]):
        value = fused._cross_entropy(ys, dys, targets, mask)
        exact = losses.cross_entropy(np.moveaxis(ys, 0, -1), targets, mask)
        exactly_relative((value, np.moveaxis(dys, 0, -1)), exact)


@pytest.mark.parametrize("targets", [[[0.5]], [[2]], [[-1]]])
def test_targets_that_are_no_symbols_are_refused(targets):
    model, rng = model_of(LSTM()), np.random.default_rng(0)
    batch = Batch(np.zeros((1, 1, 3)), np.array(targets), None)
    with pytest.raises(ValueError, match="targets as integers from 0 to 1"):
        fused.value_and_grad(model, drawn(model, rng, 3), batch, losses.cross_entropy)


# --- one matrix ---------------------------------------------------------------------


@pytest.mark.parametrize("E", [(), (3,)])
def test_theta_holds_the_parameters(E):
    model, rng = model_of(LSTM(), 4, 2), np.random.default_rng(0)
    p = drawn(model, rng, 3, E)
    theta = fused.pack(*p)
    assert theta.shape == (*E, 18, 8) and not theta[..., 16:, 1:4].any()
    for (_, view), (_, leaf) in zip(
        tree.leaves(fused.unpack(theta, 4)), tree.leaves(p), strict=True
    ):
        np.testing.assert_array_equal(view, leaf)
        assert np.shares_memory(view, theta)


@pytest.mark.parametrize("E", [(), (3,)])
def test_training_theta_is_training_the_record(E):
    task = Runs(B=3)
    model = model_of(LSTM(), 3, task.K)
    p = drawn(model, np.random.default_rng(0), task.D, E)
    theta = fused.pack(*p)

    def last(start, grad):
        rng, rest = np.random.default_rng(5), (optim.Adam(0.01),)
        fitted = train.fit(
            model, start, task.draw, task.loss, *rest, rng, 6, clip=0.1, grad=grad
        )
        return list(fitted)[-1]

    plain = last(p, train.value_and_grad)
    quick, record = (last(s, fused.value_and_grad) for s in (theta, p))
    skipped = (slice(None),) * len(E) + (slice(12, None), slice(1, 1 + task.D))
    assert not quick.p[skipped].any()
    for step, body in ((quick, fused.unpack(quick.p, 3)), (record, tuple(record.p))):
        close((step.loss, step.grad_norm), (plain.loss, plain.grad_norm), 1e-9)
        for (_, ours), (_, exact) in zip(
            tree.leaves(body), tree.leaves(plain.p), strict=True
        ):
            np.testing.assert_allclose(ours, exact, 1e-7, 1e-9)


def test_what_is_given_is_not_written_to_and_what_is_got_is_new():
    model, rng = model_of(LSTM()), np.random.default_rng(0)
    theta, batch = (
        fused.pack(*drawn(model, rng, 3)),
        batch_of(rng, losses.mse, 5, 2, 3, 2),
    )
    for array in (theta, *batch[:3]):
        array.flags.writeable = False
    first = fused.value_and_grad(model, theta, batch, losses.mse)[1]
    kept = first.copy()
    fused.value_and_grad(model, 2 * theta, batch, losses.mse)
    np.testing.assert_array_equal(first, kept)


# --- what does not fit --------------------------------------------------------------


def test_lengths_other_cells_and_complex_numbers_are_left_to_unroll():
    rng = np.random.default_rng(0)
    run = problem(LSTM(), rng, 4, 2, 2, 3)
    lengths = np.array([2, 4])
    ours = fused.forward(LSTM(), run.p, run.xs, run.state, lengths)
    exact = unroll.forward(LSTM(), run.p, run.xs, run.state, lengths)
    exactly_relative(ours, exact, 0)
    exactly_relative(
        fused.backward(LSTM(), run.p, ours[2], run.dhs, None, lengths),
        unroll.backward(LSTM(), run.p, exact[2], run.dhs, None, lengths),
        0,
    )
    run = problem(GRU(), rng)
    exactly_relative(
        fused.forward(GRU(), run.p, run.xs), unroll.forward(GRU(), run.p, run.xs), 0
    )
    p = tree.map(lambda leaf: leaf + 1e-30j, problem(LSTM(), rng).p)
    hs = fused.forward(LSTM(), p, np.ones((3, 2, 2)) + 0j)[0]
    assert hs.imag.any()


def test_a_state_does_not_keep_the_plan():
    """A view of a piece of memory that all arrays share would keep all of them."""
    run = problem(LSTM(), np.random.default_rng(0), 50, 4, 2, 8)
    _, state, trace = fused.forward(LSTM(), run.p, run.xs)
    dstate = fused.backward(LSTM(), run.p, trace, trace.h)[2]
    for kept in (*state, *dstate):
        while kept.base is not None:
            kept = kept.base
        assert kept.nbytes <= 51 * (1 + 2 + 8 + 16) * 4 * 8


@pytest.mark.parametrize(
    "i, others", [("sine", "softsign"), ("sigmoid", "softplus"), ("softsign", "relu")]
)
def test_a_gate_between_others_is_squashed_apart(i, others):
    """Theirs may divide by what i leaves, such as 0."""
    cell = LSTM(i=i, f=others, o=others)
    for bias in (0, 800, -1100):
        run = problem(cell, np.random.default_rng(0), 2, 1, 1, 1, scale=0)
        p = run.p._replace(i=run.p.i._replace(b=run.p.i.b + bias))
        exactly_relative(*by_both(run._replace(p=p), cell))


def test_lengths_or_mask_of_all_models():
    rng = np.random.default_rng(0)
    for E in (1, 3, 5):
        model = model_of(LSTM())
        p, batch = drawn(model, rng, 3, (E,)), batch_of(rng, losses.mse, 5, 2, 3, 2)
        lengths, mask = np.array([5, 3]), np.arange(5)[:, None] < [5, 3]
        for more in (
            {"lengths": lengths, "mask": np.stack([mask] * E, axis=1)},
            {"lengths": np.stack([lengths] * E), "mask": mask},
        ):
            xs = np.stack([batch.xs] * E, axis=1)
            these = batch._replace(xs=xs, **more)
            close(
                fused.value_and_grad(model, p, these, losses.mse),
                train.value_and_grad(model, p, these, losses.mse),
            )


def test_refusals():
    rng, loss = np.random.default_rng(0), losses.mse
    model = model_of(LSTM())
    p, batch = drawn(model, rng, 3), batch_of(rng, loss, 5, 2, 3, 2)
    with pytest.raises(
        TypeError, match="recurrent LSTM with a linear readout, got Mod"
    ):
        gru = model_of(GRU())
        fused.value_and_grad(gru, fused.pack(*p), batch, loss)
    with pytest.raises(ValueError, match=r"xs \(T, B, 3\), got \(5, 2, 2\)"):
        fused.value_and_grad(model, p, batch._replace(xs=batch.xs[..., 1:]), loss)
    with pytest.raises(TypeError, match="xs of type float64, got float32"):
        fused.value_and_grad(
            model, p, batch._replace(xs=batch.xs.astype("float32")), loss
        )
    with pytest.raises(ValueError, match="0 after the end of each sequence"):
        mask = np.ones((5, 2))
        fused.value_and_grad(
            model, p, batch._replace(mask=mask, lengths=np.array([5, 4])), loss
        )
    with pytest.raises(ValueError, match="0 after the end of each sequence"):
        fused.value_and_grad(model, p, batch._replace(lengths=np.array([5, 4])), loss)
    with pytest.raises(ValueError, match=r"lengths as 2 integers from 0 to 5, got"):
        lengths = np.array([9, -2])
        fused.value_and_grad(model, p, batch._replace(lengths=lengths), loss)
    with pytest.raises(TypeError, match="a recurrent LSTM with a linear readout, got"):
        other = Model(Recurrent(LSTM(), 4), Recurrent(LSTM(), 2))
        fused.value_and_grad(other, fused.pack(*p), batch, loss)
    with pytest.raises(ValueError, match="expected xs of shape"):
        fused.forward(LSTM(), p.body, np.ones((3, 2, 7)))
    with pytest.raises(ValueError, match="expected dhs of shape"):
        trace = fused.forward(LSTM(), p.body, batch.xs)[2]
        fused.backward(LSTM(), p.body, trace, np.ones((3, 2, 7)))
    with pytest.raises(TypeError, match="dhs as an array of floats, got int64"):
        fused.backward(LSTM(), p.body, trace, np.ones(trace.h.shape, int))
    with pytest.raises(TypeError, match="expected trace as Trace"):
        fused.backward(LSTM(), p.body, None, trace.h)
