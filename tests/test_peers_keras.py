"""Weights in from Keras and out again: the same outputs, states and gradients."""

import numpy as np
import pytest

from lstm_core import activations, gradcheck, tree
from lstm_core.layers import Affine, Embedding, Linear, Stack, Table
from lstm_core.peers import columns, from_keras, keras_layout, to_keras
from tests import peers
from tests.helpers import mutated
from tests.peers import LENGTHS, Answer, B, D, H, T

# Keras hands its weights to NumPy in a way that NumPy 2 still takes, and deplores.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)


@pytest.fixture(autouse=True)
def float64(keras, monkeypatch):
    """Keras multiplies float64 matrices in float32, unless it runs on TensorFlow."""
    narrow = keras.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE
    monkeypatch.setitem(narrow, "float64", "float64")
    return narrow


KINDS = (
    ("LSTM", {}),
    ("GRU", {}),
    ("GRU", {"reset_after": False}),
    ("SimpleRNN", {}),
)
# Row of our table → its name in Keras; the others are stated in `own`.
NAMED = {
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "hard_tanh": "hard_tanh",
    "relu": "relu",
    "leaky_relu(0.2)": "leaky_relu",
    "softsign": "softsign",
    "identity": "linear",
    "softplus": "softplus",
}
OWN = {
    "hard_sigmoid": lambda ops, z: ops.clip(z / 6 + 0.5, 0.0, 1.0),
    "hard_sigmoid_02": lambda ops, z: ops.clip(0.2 * z + 0.5, 0.0, 1.0),
    "leaky_relu": lambda ops, z: ops.leaky_relu(z, 0.01),
    "step": lambda ops, z: ops.cast(z > 0, "float64"),
    "sine": lambda ops, z: ops.sin(z),
    "g_1997": lambda ops, z: 4 * ops.sigmoid(z) - 2,
    "h_1997": lambda ops, z: 2 * ops.sigmoid(z) - 1,
    "sigmoid_shifted": lambda ops, z: ops.sigmoid(z) - 0.5,
    "sigmoid_signed": lambda ops, z: 2 * ops.sigmoid(z) - 1,
    "sigmoid_rescaled": lambda ops, z: 2 * ops.sigmoid(2 * z) - 1,
    "tempered_sigmoid": lambda ops, z: ops.sigmoid(4 * z),
    "tempered_sigmoid(8)": lambda ops, z: ops.sigmoid(8 * z),
}


def in_keras(keras, row):
    """What Keras takes as its activation for a row of our table."""
    return NAMED.get(row) or (lambda z: OWN[row](keras.ops, z))


def net_of(keras, kind, options, both=False):
    """The layer of Keras, built, in float64, with random numbers for everything."""
    options = {"return_sequences": True, "return_state": True} | options
    net = getattr(keras.layers, kind)(H, dtype="float64", **options)
    net = keras.layers.Bidirectional(net, dtype="float64") if both else net
    net.build((B, T, D))
    net.set_weights(peers.drawn(np.random.default_rng(3), net.get_weights()))
    return net


def one_bias(arrays):
    """Gradients with those of a GRU's second bias put to zero, where they are equal."""
    arrays = list(arrays)
    for k in range(2, len(arrays), 3):
        if arrays[k].shape == (2, 3 * H) and len(arrays) % 3 == 0:
            first, second = arrays[k]
            same = np.arange(3 * H) < 2 * H
            np.testing.assert_allclose(first[same], second[same], rtol=1e-12)
            arrays[k] = np.stack([first, np.where(same, 0, second)])
    return arrays


def both_answers(torch, net, kind, chosen=None, lengths=None):
    """The whole answer by our layer and by the layer of Keras."""
    chosen = chosen or {}
    layer, p = from_keras(net.get_weights(), kind, **chosen)
    run = peers.case(np.random.default_rng(4), layer, p, lengths)
    xs = torch.tensor(run.xs, requires_grad=True)
    state = peers.as_tensors(torch, run.state)
    mask = None if lengths is None else torch.arange(T) < torch.tensor(lengths)[:, None]
    start = [leaf for _, leaf in tree.leaves(state)]
    ys, *final = net(xs.swapaxes(0, 1), mask=mask, initial_state=start)
    ys, final = ys.swapaxes(0, 1), iter(final)
    if mask is not None:
        ys = ys * mask.T[..., None]  # Keras repeats the last output in the padding
    out = ys, tree.map(lambda _: next(final), state)
    inputs = tuple(weight.value for weight in net.weights), xs, state
    dp, *rest = peers.gradients(torch, out, (run.dys, run.dstate), inputs)
    dp = from_keras(one_bias(dp), kind, **chosen)[1]
    return peers.ours(layer, p, run, lengths), Answer(*peers.as_arrays(out), dp, *rest)


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "padded"])
@pytest.mark.parametrize("both", [False, True], ids=["ahead", "both ways"])
@pytest.mark.parametrize("kind, options", KINDS, ids=str)
def test_outputs_and_gradients_are_those_of_keras(
    torch, keras, kind, options, both, lengths
):
    net = net_of(keras, kind, options, both)
    gradcheck.assert_agree(*both_answers(torch, net, kind, options, lengths), 1e-9)


@pytest.mark.parametrize("row", [*NAMED, *OWN])
@pytest.mark.parametrize(
    "kind, options, slot",
    [
        (*kind, slot)
        for kind in KINDS
        for slot in ("activation", "recurrent_activation")
        if kind[0] != "SimpleRNN" or slot == "activation"
    ],
    ids=str,
)
def test_every_row_in_every_slot(torch, keras, kind, options, slot, row):
    net = net_of(keras, kind, options | {slot: in_keras(keras, row)})
    chosen = options | {slot: NAMED.get(row) or activations.get(row)}
    gradcheck.assert_agree(*both_answers(torch, net, kind, chosen), 1e-9)


def test_every_row_of_the_table_is_tried():
    assert {*NAMED, *OWN} >= set(activations.NAMES)


def test_hard_sigmoid_by_its_name(torch, keras):
    """PyTorch's slope of it is 1/6 in float32, even of float64, hence Keras' on it."""
    z = torch.zeros((), dtype=torch.float64, requires_grad=True)
    torch.nn.functional.hardsigmoid(z).backward()
    assert z.grad.item() == float(np.float32(1 / 6)) != 1 / 6
    chosen = {"activation": "hard_sigmoid", "recurrent_activation": "hard_sigmoid"}
    ours, theirs = both_answers(torch, net_of(keras, "LSTM", chosen), "LSTM", chosen)
    gradcheck.assert_agree(ours[:2], theirs[:2], 1e-9)
    gradcheck.assert_agree(ours, theirs, 1e-6)


def test_keras_by_itself_is_as_good_as_float32(torch, keras, float64, monkeypatch):
    monkeypatch.setitem(float64, "float64", "float32")
    net = net_of(keras, "SimpleRNN", {})
    ours, theirs = both_answers(torch, net, "SimpleRNN")
    assert 1e-9 < gradcheck.compare(ours, theirs)[0].error < 1e-4


@pytest.mark.parametrize("both", [False, True], ids=["ahead", "both ways"])
@pytest.mark.parametrize("kind, options", KINDS, ids=str)
def test_without_bias(torch, keras, kind, options, both):
    net = net_of(keras, kind, options | {"use_bias": False}, both)
    ours, theirs = both_answers(torch, net, kind, options)
    gradcheck.assert_agree(peers.without_biases(ours), theirs, 1e-9)


@pytest.mark.parametrize("ones", [False, True])
def test_unit_forget_bias_comes_in_with_the_bias(torch, keras, ones):
    keras.utils.set_random_seed(5)
    net = keras.layers.LSTM(
        H,
        unit_forget_bias=ones,
        dtype="float64",
        return_sequences=True,
        return_state=True,
    )
    net.build((B, T, D))
    _, p = from_keras(net.get_weights())
    assert (p.f.b == ones).all()
    assert not any(gate.b.any() for gate in (p.i, p.o, p.g))
    gradcheck.assert_agree(*both_answers(torch, net, "LSTM"), 1e-9)


def test_layers_of_keras_are_stacked_by_stack(torch, keras):
    lower, upper = net_of(keras, "LSTM", {}), keras.layers.GRU(H, dtype="float64")
    xs = torch.tensor(np.random.default_rng(6).normal(size=(B, T, D)))
    last = upper(lower(xs)[0])
    layer_1, p_1 = from_keras(lower.get_weights(), "LSTM")
    layer_2, p_2 = from_keras(upper.get_weights(), "GRU")
    stack = Stack((layer_1, layer_2))
    ys, *_ = stack.forward((p_1, p_2), xs.numpy().swapaxes(0, 1))
    np.testing.assert_allclose(ys[-1], last.detach().numpy(), rtol=1e-9)


@pytest.mark.parametrize("both", [False, True], ids=["ahead", "both ways"])
@pytest.mark.parametrize("kind, options", KINDS, ids=str)
def test_out_again_the_function_is_the_same(torch, keras, kind, options, both):
    net, copy = (net_of(keras, kind, options, both) for _ in "ab")
    copy.set_weights([0 * array for array in net.get_weights()])
    layer, p = from_keras(net.get_weights(), kind, **options)
    copy.set_weights(to_keras(layer, p))
    xs = torch.tensor(np.random.default_rng(5).normal(size=(B, T, D)))
    ours, theirs = (each(xs)[0].detach().numpy() for each in (copy, net))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_readout_and_embedding_are_those_of_keras(torch, keras):
    rng = np.random.default_rng(7)
    symbols = rng.integers(0, 5, (T, B))
    for layer, kind, net, xs in (
        (Linear(3), Affine, keras.layers.Dense(3, dtype="float64"), None),
        (Embedding(3), Table, keras.layers.Embedding(5, 3, dtype="float64"), symbols),
    ):
        xs = rng.normal(size=(T, B, D)) if xs is None else xs
        net.build(xs.shape)
        net.set_weights(peers.drawn(rng, net.get_weights()))
        p = kind(*net.get_weights())
        ys, _, trace = layer.forward(p, xs)
        dys = rng.normal(size=ys.shape)
        theirs = net(torch.tensor(xs))
        weights = tuple(weight.value for weight in net.weights)
        slopes = kind(*peers.gradients(torch, (theirs,), (dys,), weights))
        ours = ys, layer.backward(p, trace, dys)[0]
        gradcheck.assert_agree(ours, (theirs.detach().numpy(), slopes), 1e-9)


# --- bugs -----------------------------------------------------------------------


def found(torch, keras, kind, options, both=False):
    net = net_of(keras, kind, options, both)
    return gradcheck.compare(*both_answers(torch, net, kind, options))[0].error > 1e-3


@pytest.mark.parametrize(
    "kind, order", [("LSTM", "ifog"), ("LSTM", "figo"), ("GRU", "rzn"), ("GRU", "nrz")]
)
def test_gates_in_another_order_are_found(torch, keras, monkeypatch, kind, order):
    monkeypatch.setitem(keras_layout.ORDERS, kind, order)
    assert found(torch, keras, kind, {})


@pytest.mark.parametrize(
    "kind, options", [("GRU", {}), ("GRU", {"reset_after": False})], ids=str
)
@pytest.mark.parametrize("swap", [False, True])
def test_the_other_convention_is_found(torch, keras, monkeypatch, kind, options, swap):
    """Reset before U for after it, and a z that keeps for a z that takes."""
    after, first = keras_layout.GRU, keras_layout.GRUResetFirst
    bug = ("(1 - z) * n + z * h_prev", "z * n + (1 - z) * h_prev")
    for cell in (after, first):
        other = mutated(cell.step, *bug) if swap else cell.step
        monkeypatch.setattr(cell, "step", other)
    assert found(torch, keras, kind, options) == swap


def test_a_doubled_bias_is_found(torch, keras, monkeypatch):
    bug = mutated(columns.read, "each.b_x + each.b_h", "each.b_x + each.b_x")
    monkeypatch.setattr(columns, "read", bug)
    for kind, options in KINDS:
        assert found(torch, keras, kind, options)


def test_directions_that_are_swapped_are_found(torch, keras, monkeypatch):
    ways = "(arrays[:half], arrays[half:])"
    bug = mutated(from_keras, ways, "(arrays[half:], arrays[:half])")
    monkeypatch.setitem(globals(), "from_keras", bug)
    assert found(torch, keras, "LSTM", {}, both=True)


@pytest.mark.parametrize("slot", ["activation", "recurrent_activation"])
def test_the_slope_of_another_library_is_found(torch, keras, monkeypatch, slot):
    monkeypatch.setitem(keras_layout.ACTIVATIONS, "leaky_relu", "leaky_relu(0.01)")
    assert found(torch, keras, "LSTM", {slot: "leaky_relu"})


def test_an_activation_of_the_candidate_alone_is_found(torch, keras, monkeypatch):
    bug = mutated(keras_layout._cell, ", output=outer", "")
    monkeypatch.setattr(keras_layout, "_cell", bug)
    assert found(torch, keras, "LSTM", {"activation": "softsign"})
