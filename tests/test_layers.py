"""The laws of all layers, and what each is by definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core import gradcheck, tree, unroll
from lstm_core.cells.elman import Elman
from lstm_core.cells.gru import GRU
from lstm_core.cells.lstm import LSTM
from lstm_core.cells.projected import ProjectedLSTM
from lstm_core.layers import Bidirectional, Embedding, Linear, Model, Recurrent, Stack
from tests.cells.checks import exactly, randomised
from tests.helpers import frozen, with_bug

T, B, D, E = 4, 3, 2, 2
LENGTHS = np.array([4, 2, 3])
PROJECTED = Recurrent(ProjectedLSTM(P=2, cell_clip=0.6), 3)
LAYERS = {
    "linear": Linear(3),
    "recurrent": Recurrent(LSTM(), 3),
    "projected": PROJECTED,
    "bidirectional": Bidirectional(Recurrent(GRU(), 2)),
    "stack": Stack((Recurrent(LSTM(), 2), Recurrent(Elman(), 3))),
    "stack with tanh between": Stack((Recurrent(LSTM(), 2), Linear(2)), "tanh"),
    "stack of both ways": Stack((Bidirectional(PROJECTED), Bidirectional(PROJECTED))),
    "both ways of a stack": Bidirectional(Stack((Recurrent(Elman(), 2), PROJECTED))),
    "model": Model(Stack((Recurrent(GRU(), 2), Recurrent(LSTM(), 2))), Linear(3)),
}
ALL = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)


def case(layer, models=(), dtype=np.float64):
    """Random p, xs, state, dys and dstate, read-only."""
    rng = np.random.default_rng(3)
    p = randomised(rng, layer.init(rng, D, dtype), models)
    xs = frozen(rng.normal(size=(T, *models, B, D)).astype(dtype))
    ys, state, _ = layer.forward(p, xs)
    state, dstate = (randomised(rng, state) if holds(state) else state for _ in "ab")
    return p, xs, state, randomised(rng, ys), dstate


def holds(state):
    return bool(tree.leaves(state))


def both_routes(layer, p, xs, state, dys, dstate, lengths=None):
    def loss(at):
        ys, final, _ = layer.forward(*at, lengths)
        products = tree.map(np.multiply, (ys, final), (dys, dstate))
        return sum(leaf.sum() for _, leaf in tree.leaves(products))

    _, _, trace = layer.forward(p, xs, state, lengths)
    ours = layer.backward(p, trace, dys, dstate)
    return ours, gradcheck.complex_step(loss, (p, xs, state))


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "padded"])
@ALL
def test_gradient(layer, lengths):
    gradcheck.assert_agree(*both_routes(layer, *case(layer), lengths))


@pytest.mark.parametrize(
    "layer, method, old, new",
    [
        (LAYERS["bidirectional"], "backward", "se(back[1], lengths)", "se(back[1])"),
        (LAYERS["bidirectional"], "forward", "reverse(xs, lengths)", "reverse(xs)"),
        (LAYERS["stack with tanh between"], "backward", "between.d1", "between"),
        (LAYERS["linear"], "backward", "dys @ p.W.mT", "dys @ p.W.mT * 2"),
    ],
)
def test_a_slip_in_a_layer_is_found(layer, method, old, new):
    broken = with_bug(layer, method, old, new)
    ours, reference = both_routes(broken, *case(layer), LENGTHS)
    alone = padded_against_alone(broken, case(layer))
    worst = gradcheck.compare((ours, alone[0]), (reference, alone[1]))[0]
    assert worst.error > 1e-3


def one(record, b):
    """The part of a batch of states that belongs to sequence b."""
    return tree.map(lambda a: a[b : b + 1], record)


def padded_against_alone(layer, arguments):
    """What a padded batch gives, and each of its sequences alone, as two records."""
    p, xs, state, dys, dstate = arguments
    ys, final, trace = layer.forward(p, xs, state, LENGTHS)
    mask = (np.arange(T)[:, None] < LENGTHS)[..., None]
    dp, dxs, dstart = layer.backward(p, trace, dys * mask, dstate)
    total, padded, alone = tree.zeros(p), [], []
    for b, n in enumerate(LENGTHS):
        part = slice(0, n), slice(b, b + 1)
        ys_b, final_b, trace_b = layer.forward(p, xs[part], one(state, b))
        dp_b, *back = layer.backward(p, trace_b, dys[part], one(dstate, b))
        total = tree.add(total, dp_b)
        padded.append((ys[part], one(final, b), dxs[part], one(dstart, b)))
        alone.append((ys_b, final_b, *back))
    return (dp, tuple(padded)), (total, tuple(alone))


@ALL
def test_a_padded_batch_is_each_sequence_alone(layer):
    gradcheck.assert_agree(*padded_against_alone(layer, case(layer)), 1e-11)


@given(data=st.data(), T=st.integers(1, 4), B=st.integers(1, 3), size=st.integers(1, 3))
def test_shapes(data, T, B, size):
    layer = data.draw(st.sampled_from(list(LAYERS.values())))
    models = data.draw(st.sampled_from([(), (1,), (3,)]))
    own = data.draw(st.sampled_from([(), models]))
    each = st.integers(0, T)
    lengths = [
        [data.draw(each) for _ in range(B)] for _ in range(np.prod(own, dtype=int))
    ]
    lengths = np.array(lengths).reshape(*own, B)
    rng = np.random.default_rng(1)
    p = randomised(rng, layer.init(rng, size), models)
    xs = frozen(rng.normal(size=(T, *models, B, size)))
    ys, state, trace = layer.forward(p, xs, lengths=lengths)
    assert ys.shape[:-1] == xs.shape[:-1]
    dp, dxs, dstate = layer.backward(p, trace, frozen(np.ones_like(ys)))
    assert dxs.shape == xs.shape
    for ours, like in ((dp, p), (dstate, state)):
        got, want = (
            [(name, leaf.shape) for name, leaf in tree.leaves(r)] for r in (ours, like)
        )
        assert got == want


@ALL
def test_what_is_in_the_padding_does_not_matter(layer):
    p, xs, state, dys, dstate = case(layer)
    real = (np.arange(T)[:, None] < LENGTHS)[..., None]
    answers = []
    for filled in (xs, np.where(real, xs, 99.0)):
        ys, final, trace = layer.forward(p, filled, state, LENGTHS)
        dp, dxs, dstart = layer.backward(p, trace, dys * real, dstate)
        answers.append((np.where(real, ys, 0), final, dp, dxs * real, dstart))
    exactly(*answers)


@pytest.mark.parametrize("lengths", [LENGTHS, [LENGTHS, [1, 4, 0]]], ids=["", "own"])
@ALL
def test_an_ensemble_is_each_model_alone(layer, lengths):
    p, xs, state, dys, dstate = case(layer, models=(E,))
    ys, final, trace = layer.forward(p, xs, state, np.array(lengths))
    dp, dxs, dstart = layer.backward(p, trace, dys, dstate)
    for e in range(E):
        p_e, state_e, dstate_e = (tree.at(r, e) for r in (p, state, dstate))
        mine = np.broadcast_to(lengths, (E, B))[e]
        ys_e, final_e, trace_e = layer.forward(p_e, xs[:, e], state_e, mine)
        alone = layer.backward(p_e, trace_e, dys[:, e], dstate_e)
        exactly((ys[:, e], tree.at(final, e)), (ys_e, final_e))
        exactly((tree.at(dp, e), dxs[:, e], tree.at(dstart, e)), alone)


@ALL
def test_an_ensemble_can_share_its_inputs(layer):
    p, xs, state, dys, dstate = case(layer, models=(E,))
    shared, copies = xs[:, 0], np.repeat(xs[:, :1], E, axis=1)
    answers = []
    for each in (shared, copies):
        ys, final, trace = layer.forward(p, each, state, LENGTHS)
        answers.append((ys, final, layer.backward(p, trace, dys, dstate)))
    gradcheck.assert_agree(*answers, 1e-13)


@ALL
def test_float32_stays(layer):
    p, xs, state, dys, dstate = case(layer, dtype=np.float32)
    ys, final, trace = layer.forward(p, xs, state, LENGTHS)
    record = (ys, final, layer.backward(p, trace, dys, dstate))
    assert {leaf.dtype for _, leaf in tree.leaves(record)} == {np.dtype(np.float32)}


@ALL
def test_size_is_the_size_of_the_output(layer):
    if not isinstance(layer, Model):
        assert layer.forward(*case(layer)[:2])[0].shape[-1] == layer.size


@pytest.mark.parametrize("name", ["recurrent", "projected", "stack", "model"])
def test_split_anywhere_with_the_state_carried_is_the_whole(name):
    layer = LAYERS[name]
    p, xs, state, dys, dstate = case(layer)
    ys, final, trace = layer.forward(p, xs, state)
    whole = ys, final, *layer.backward(p, trace, dys, dstate)
    for t in range(1, T):
        ys_1, middle, trace_1 = layer.forward(p, xs[:t], state)
        ys_2, end, trace_2 = layer.forward(p, xs[t:], middle)
        dp_2, dxs_2, dmiddle = layer.backward(p, trace_2, dys[t:], dstate)
        dp_1, dxs_1, dstart = layer.backward(p, trace_1, dys[:t], dmiddle)
        ys_12, dxs_12 = (np.concatenate(b) for b in ((ys_1, ys_2), (dxs_1, dxs_2)))
        parts = ys_12, end, tree.add(dp_1, dp_2), dxs_12, dstart
        gradcheck.assert_agree(parts, whole, 1e-12)


def test_the_state_is_zero_unless_given():
    for layer in LAYERS.values():
        p, xs, state, dys, dstate = case(layer)
        zero = tree.zeros(state) if holds(state) else state
        exactly(layer.forward(p, xs)[:2], layer.forward(p, xs, zero)[:2])
        trace = layer.forward(p, xs)[2]
        zero = tree.zeros(dstate) if holds(dstate) else dstate
        exactly(layer.backward(p, trace, dys), layer.backward(p, trace, dys, zero))


def test_a_bidirectional_layer_by_definition():
    layer = LAYERS["bidirectional"]
    p, xs, state, *_ = case(layer)
    ys, final, _ = layer.forward(p, xs, state)
    ahead = unroll.forward(GRU(), p.ahead, xs, state.ahead)
    back = unroll.forward(GRU(), p.back, xs[::-1].copy(), state.back)
    exactly(ys, np.concatenate([ahead[0], back[0][::-1]], axis=-1))
    exactly(final, (ahead[1], back[1]))
    np.testing.assert_array_equal(ys[0, :, 2:], final.back.h)


def test_between_the_layers_only():
    lower, upper = Linear(3), Linear(2)
    stack = Stack((lower, upper), between="relu")
    p, xs, *_ = case(stack)
    middle = lower.forward(p[0], xs)[0]
    ys = upper.forward(p[1], np.maximum(middle, 0))[0]
    exactly(stack.forward(p, xs)[0], ys)
    assert (ys < 0).any() and (middle < 0).any()


@pytest.mark.parametrize("models", [(), (E,)], ids=["one", "ensemble"])
def test_an_embedding_is_a_linear_map_of_one_hot_vectors(models):
    rng = np.random.default_rng(1)
    layer = Embedding(3)
    p = randomised(rng, layer.init(rng, 5), models)
    for shape in {(T, B), (T, *models, B)}:
        xs = frozen(rng.integers(0, 5, shape))
        ys, state, trace = layer.forward(p, xs)
        hot = np.eye(5)[xs]
        hot = hot[:, None] if hot.ndim < ys.ndim else hot
        np.testing.assert_array_equal(ys, hot @ p.W)
        dys = rng.normal(size=ys.shape)
        dp, dxs, dstate = layer.backward(p, trace, dys)
        np.testing.assert_allclose(dp.W, (hot.mT @ dys).sum(axis=0), rtol=1e-12)
        assert state is dxs is dstate is None


@pytest.mark.parametrize(
    "xs, got",
    [
        ([[5, 2]], "int64 from 2 to 5$"),
        (np.array([[-1]]), "int64 from -1 to -1$"),
        (np.array([[0.5]]), "float64 from 0.5 to 0.5$"),
    ],
    ids=["above", "below", "float"],
)
def test_symbols_that_are_not_in_the_table(xs, got):
    layer = Embedding(3)
    p = layer.init(np.random.default_rng(1), 5)
    with pytest.raises(
        ValueError, match=f"expected xs as integers from 0 to 4, got {got}"
    ):
        layer.forward(p, xs)


def test_what_a_readout_refuses():
    layer = Linear(2)
    p = layer.init(np.random.default_rng(1), 3)
    with pytest.raises(ValueError, match=r"xs of shape \(T, B, 3\), got \(4, 2, 5\)"):
        layer.forward(p, np.zeros((4, 2, 5)))
    with pytest.raises(TypeError, match="expected xs of type float64, like the param"):
        layer.forward(p, np.zeros((4, 2, 3), np.float32))
    model = Model(Recurrent(LSTM(), 3), layer)
    p = model.init(np.random.default_rng(1), D)
    mixed = p._replace(body=tree.map(np.float32, p.body))
    with pytest.raises(TypeError, match="expected xs of type float64, like the param"):
        model.forward(mixed, np.zeros((T, B, D), np.float32))


def test_what_the_other_layers_refuse():
    with pytest.raises(ValueError, match="expected at least one layer, got none"):
        Stack(())
    layer = LAYERS["bidirectional"]
    p, xs, *_ = case(layer)
    with pytest.raises(ValueError, match="expected lengths as 3 integers from 0 to 4"):
        layer.forward(p, xs, lengths=[4, 2, 5])


def test_lengths_reach_the_layers_inside_a_model():
    model = Model(Stack((Embedding(2), Bidirectional(Recurrent(LSTM(), 2)))), Linear(1))
    p = model.init(np.random.default_rng(1), 5)
    xs = np.random.default_rng(2).integers(0, 5, (T, B))
    ys, _, trace = model.forward(p, xs, lengths=LENGTHS)
    alone = model.forward(p, xs[:2, 1:2])[0]
    np.testing.assert_allclose(ys[:2, 1:2], alone, rtol=1e-14)
    dp, dxs, _ = model.backward(p, trace, np.ones_like(ys))
    assert dxs is None and dp.body[0].W.any()
