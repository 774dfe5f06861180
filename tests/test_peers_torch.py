"""Weights in from PyTorch and out again: the same outputs, states and gradients."""

import numpy as np
import pytest

from lstm_core import gradcheck, tree
from lstm_core.layers import Affine, Embedding, Linear, Stack, Table
from lstm_core.peers import columns, from_torch, to_torch, torch_layout
from tests import peers
from tests.helpers import mutated
from tests.peers import LENGTHS, Answer, D, H

KINDS = (
    ("LSTM", {}),
    ("LSTM", {"proj_size": 2}),
    ("GRU", {}),
    ("RNN", {}),
    ("RNN", {"nonlinearity": "relu"}),
)
NETS = [
    (kind, options | {"num_layers": depth, "bidirectional": both})
    for kind, options in KINDS
    for depth in (1, 2, 3)
    for both in (False, True)
]


def net_of(torch, kind, options):
    """The module, in float64, with random numbers for everything."""
    net = getattr(torch.nn, kind)(D, H, dtype=torch.float64, **options)
    drawn = peers.drawn(np.random.default_rng(3), net.state_dict().values())
    arrays = dict(zip(net.state_dict(), map(torch.from_numpy, drawn), strict=True))
    net.load_state_dict(arrays)
    return net


def run_net(torch, net, run, lengths):
    """(outputs, final state) as tensors, from xs and a state of ours as tensors."""
    state = [
        torch.stack([leaf for name, leaf in tree.leaves(run.state) if name[-1] == k])
        for k in ("hc" if net.mode == "LSTM" else "h")
    ]
    xs, pad = run.xs, torch.nn.utils.rnn
    if lengths is not None:
        xs = pad.pack_padded_sequence(xs, lengths, enforce_sorted=False)
    ys, final = net(xs, tuple(state) if len(state) > 1 else state[0])
    if lengths is not None:
        ys, _ = pad.pad_packed_sequence(ys, total_length=len(run.xs))
    final = [iter(part) for part in (final if len(state) > 1 else [final])]
    order = iter([final["hc".index(name[-1])] for name, _ in tree.leaves(run.state)])
    return ys, tree.map(lambda _: next(next(order)), run.state)


def one_bias(net, arrays):
    """The gradients with those of bias_hh put to zero, where they are bias_ih's."""
    arrays = dict(arrays)
    for name in [name for name in arrays if name.startswith("bias_hh")]:
        same = np.arange(len(arrays[name])) < (2 if net.mode == "GRU" else 4) * H
        twin = arrays[name.replace("hh", "ih")]
        np.testing.assert_allclose(arrays[name][same], twin[same], rtol=1e-12)
        arrays[name] = np.where(same, 0, arrays[name])
    return arrays


def both(torch, net, lengths=None):
    """The whole answer by our layer and by the module."""
    layer, p = from_torch(net.state_dict(), net.mode)
    run = peers.case(np.random.default_rng(4), layer, p, lengths)
    tensors = run._replace(
        xs=torch.tensor(run.xs, requires_grad=True),
        state=peers.as_tensors(torch, run.state),
    )
    out = run_net(torch, net, tensors, lengths)
    inputs = (tuple(net.parameters()), *tensors[:2])
    dp, *rest = peers.gradients(torch, out, (run.dys, run.dstate), inputs)
    names = (name for name, _ in net.named_parameters())
    dp = from_torch(one_bias(net, zip(names, dp, strict=True)), net.mode)[1]
    theirs = Answer(*peers.as_arrays(out), dp, *rest)
    return peers.ours(layer, p, run, lengths), theirs


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "padded"])
@pytest.mark.parametrize("kind, options", NETS, ids=str)
def test_outputs_and_gradients_are_those_of_pytorch(torch, kind, options, lengths):
    gradcheck.assert_agree(*both(torch, net_of(torch, kind, options), lengths), 1e-9)


@pytest.mark.parametrize("kind, options", NETS, ids=str)
def test_without_biases(torch, kind, options):
    ours, theirs = both(torch, net_of(torch, kind, options | {"bias": False}))
    gradcheck.assert_agree(peers.without_biases(ours), theirs, 1e-9)


@pytest.mark.parametrize("row", ["relu", "tanh", "softsign"])
def test_an_activation_between_two_layers(torch, row):
    lower = net_of(torch, "LSTM", {"bidirectional": True})
    upper = torch.nn.GRU(2 * H, H, dtype=torch.float64)
    (layer_1, p_1), (layer_2, p_2) = (
        from_torch(net.state_dict(), net.mode) for net in (lower, upper)
    )
    stack, p = Stack((layer_1, layer_2), row), (p_1, p_2)
    run = peers.case(np.random.default_rng(8), stack, p)
    start = tree.map(np.zeros_like, run.state)
    ys, _, trace = stack.forward(p, run.xs, start)
    dp, dxs, _ = stack.backward(p, trace, run.dys)
    xs = torch.tensor(run.xs, requires_grad=True)
    squash = getattr(torch.nn.functional, row)
    out = upper(squash(lower(xs)[0]))[0]
    weights = tuple(lower.parameters())
    *dweights, slope = peers.gradients(torch, (out,), (run.dys,), (*weights, xs))
    names = (name for name, _ in lower.named_parameters())
    arrays = one_bias(lower, zip(names, dweights, strict=True))
    theirs = out.detach().numpy(), from_torch(arrays)[1], slope
    gradcheck.assert_agree((ys, dp[0], dxs), theirs, 1e-9)


def test_a_layer_as_pytorch_draws_it(torch):
    net = torch.nn.GRU(D, H, dtype=torch.float64)
    gradcheck.assert_agree(*both(torch, net), 1e-9)


@pytest.mark.parametrize("kind, options", NETS, ids=str)
def test_out_again_the_function_is_the_same(torch, kind, options):
    net = net_of(torch, kind, options)
    layer, p = from_torch(net.state_dict(), net.mode)
    arrays = to_torch(layer, p)
    assert list(arrays) == list(net.state_dict())
    copy = getattr(torch.nn, kind)(D, H, dtype=torch.float64, **options)
    copy.load_state_dict({k: torch.from_numpy(a) for k, a in arrays.items()})
    xs = torch.tensor(np.random.default_rng(5).normal(size=(4, 3, D)))
    ours, theirs = (each(xs)[0].detach().numpy() for each in (copy, net))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_what_is_read_is_a_copy(torch):
    net = net_of(torch, "LSTM", {"proj_size": 2})
    _, p = from_torch(net.state_dict(), net.mode)
    before = tree.map(np.copy, p)
    with torch.no_grad():
        for array in net.parameters():
            array.zero_()
    gradcheck.assert_agree(p, before, 0.0)


def test_float32_stays(torch):
    net = torch.nn.LSTM(D, H, proj_size=2)
    layer, p = from_torch(net.state_dict())
    types = {leaf.dtype for _, leaf in tree.leaves(p)}
    types |= {leaf.dtype for leaf in to_torch(layer, p).values()}
    assert types == {np.dtype(np.float32)}


# --- bugs -----------------------------------------------------------------------


READ = {
    "bias doubled": ("each.b_x + each.b_h", "2 * (each.b_x + each.b_h)"),
    "one bias for two": ("each.b_x + each.b_h", "each.b_x"),
    "the candidate's biases swapped": (
        "n.b_x)\n        return gru.Params(**gates, b_hn=n.b_h)",
        "n.b_h)\n        return gru.Params(**gates, b_hn=n.b_x)",
    ),
}


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
@pytest.mark.parametrize("bug", READ)
def test_a_bug_in_the_biases_is_found(torch, monkeypatch, kind, bug):
    monkeypatch.setattr(columns, "read", mutated(columns.read, *READ[bug]))
    theirs_alone = kind == "LSTM" and "candidate" in bug
    assert found(torch, net_of(torch, kind, {})) != theirs_alone


@pytest.mark.parametrize(
    "kind, order",
    [("LSTM", "figo"), ("LSTM", "igfo"), ("LSTM", "ifog"), ("GRU", "zrn")],
)
def test_gates_in_another_order_are_found(torch, monkeypatch, kind, order):
    cell = torch_layout.KINDS[kind][0]
    monkeypatch.setitem(torch_layout.KINDS, kind, (cell, order))
    assert found(torch, net_of(torch, kind, {}))


@pytest.mark.parametrize(
    "function, old, new",
    [
        ("from_torch", "Both(*p)", "Both(*p[::-1])"),
        ("from_torch", "tuple(ps)", "(ps[0], *ps[:0:-1])"),
        ("_read", "Columns(W, U,", "Columns(W, -U,"),
        ("_read", "Columns(W, U,", "Columns(W, U[::-1],"),
    ],
)
def test_a_slip_in_the_reading_is_found(torch, monkeypatch, function, old, new):
    slip = mutated(getattr(torch_layout, function), old, new)
    monkeypatch.setattr(torch_layout, function, slip)
    monkeypatch.setitem(globals(), "from_torch", torch_layout.from_torch)
    net = net_of(torch, "LSTM", {"bidirectional": True, "num_layers": 3})
    assert found(torch, net)


def found(torch, net):
    return gradcheck.compare(*both(torch, net))[0].error > 1e-3


# --- layers without time ----------------------------------------------------------


def test_the_readout_is_that_of_pytorch(torch):
    net, layer = torch.nn.Linear(D, 3, dtype=torch.float64), Linear(3)
    W, b = (leaf.detach().numpy() for leaf in net.parameters())
    p = Affine(W.T, b)
    run = peers.case(np.random.default_rng(6), layer, p)
    xs = torch.tensor(run.xs, requires_grad=True)
    ys = net(xs)
    dW, db, dxs = peers.gradients(torch, (ys,), (run.dys,), (*net.parameters(), xs))
    theirs = Answer(ys.detach().numpy(), None, Affine(dW.T, db), dxs, None)
    gradcheck.assert_agree(peers.ours(layer, p, run), theirs, 1e-9)


def test_the_embedding_is_that_of_pytorch(torch):
    rng = np.random.default_rng(7)
    net = torch.nn.Embedding(5, 3, dtype=torch.float64)
    p = Table(net.weight.detach().numpy())
    xs, dys = rng.integers(0, 5, (4, 3)), rng.normal(size=(4, 3, 3))
    ys, _, trace = Embedding(3).forward(p, xs)
    theirs = net(torch.tensor(xs))
    dW = peers.gradients(torch, (theirs,), (dys,), (net.weight,))
    ours = ys, Embedding(3).backward(p, trace, dys)[0]
    gradcheck.assert_agree(ours, (theirs.detach().numpy(), Table(*dW)), 1e-9)
