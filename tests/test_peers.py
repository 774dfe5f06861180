"""Weights of other libraries, without them: round trips, and what is refused."""

import subprocess
import sys

import numpy as np
import pytest

from lstm_core import gradcheck
from lstm_core.activations import leaky
from lstm_core.cells.elman import Elman
from lstm_core.cells.gru import GRU, GRUResetFirst
from lstm_core.cells.lstm import LSTM
from lstm_core.cells.peephole import PeepholeLSTM
from lstm_core.cells.projected import ProjectedLSTM
from lstm_core.cells.variants import CoupledLSTM
from lstm_core.layers import Bidirectional, Linear, Recurrent, Stack
from lstm_core.peers import from_keras, from_torch, to_keras, to_torch
from tests.cells.checks import randomised

D, H = 2, 3


def drawn(layer, models=()):
    rng = np.random.default_rng(1)
    return randomised(rng, layer.init(rng, D), models)


def test_neither_library_is_imported():
    script = (
        "import sys, lstm_core.peers\n"
        "print(*{'torch', 'keras', 'tensorflow', 'jax'} & set(sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == []


# --- PyTorch -----------------------------------------------------------------------

TORCH = {
    "LSTM": LSTM(),
    "LSTM projected": ProjectedLSTM(P=2),
    "GRU": GRU(),
    "RNN_TANH": Elman(),
    "RNN_RELU": Elman("relu"),
}
SHAPES = {
    "one": lambda layer: layer,
    "both ways": Bidirectional,
    "three": lambda layer: Stack((layer,) * 3),
    "two both ways": lambda layer: Stack((Bidirectional(layer),) * 2),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", TORCH)
def test_to_pytorch_and_back(kind, shape):
    layer = SHAPES[shape](Recurrent(TORCH[kind], H))
    p = drawn(layer)
    again, p_again = from_torch(to_torch(layer, p), kind.split()[0])
    assert again == layer
    gradcheck.assert_agree(p_again, p, 0.0)


def arrays(depth=1, both=False, cell=None):
    layer = Recurrent(cell or LSTM(), H)
    layer = Bidirectional(layer) if both else layer
    layer = Stack((layer,) * depth) if depth > 1 else layer
    return to_torch(layer, drawn(layer))


def without(name, *more, **options):
    return {k: a for k, a in arrays(**options).items() if k not in (name, *more)}


@pytest.mark.parametrize(
    "given, kind, sentence",
    [
        (arrays(), "RNN", "unknown kind 'RNN': did you mean RNN_TANH or"),
        (arrays(), "GUR", "unknown kind 'GUR': did you mean GRU?"),
        ({}, "LSTM", "expected names such as weight_ih_l0 .*, got none: take the"),
        (
            {f"lstm.{k}": a for k, a in arrays().items()},
            "LSTM",
            "expected names .*, got lstm.weight_ih_l0, .*: take the state_dict of the",
        ),
        (
            without("weight_hh_l1_reverse", both=True, depth=2),
            "LSTM",
            "expected weight_hh_l1_reverse beside weight_ih_l0,",
        ),
        (without("bias_hh_l0"), "LSTM", "expected bias_hh_l0 beside weight_ih_l0,"),
        (
            without("weight_hr_l1", depth=2, cell=ProjectedLSTM(P=2)),
            "LSTM",
            "expected weight_hr_l1 beside",
        ),
        (
            {k.replace("l0", "l1"): a for k, a in arrays().items()},
            "LSTM",
            "expected bias_hh_l0, bias_ih_l0, weight_hh_l0, weight_ih_l0 beside",
        ),
        (arrays(), "GRU", r'weight_ih_l0 of shape \(9, 2\) in kind "GRU", got \(12,'),
        (
            arrays() | {"bias_ih_l0": np.zeros(11)},
            "LSTM",
            r'expected bias_ih_l0 of shape \(12,\) in kind "LSTM", got \(11,\)',
        ),
        (
            arrays(2, both=True) | {"weight_ih_l1": np.zeros((12, 3))},
            "LSTM",
            r'expected weight_ih_l1 of shape \(12, 6\) in kind "LSTM", got \(12, 3\)',
        ),
        (
            arrays() | {"weight_hh_l0": np.zeros(3)},
            "LSTM",
            r"expected weight_hh_l0 as a matrix, got shape \(3,\)",
        ),
        (
            arrays(cell=ProjectedLSTM(P=2)),
            "GRU",
            'expected weight_hr in kind "LSTM" only, got "GRU"',
        ),
    ],
)
def test_what_from_torch_refuses(given, kind, sentence):
    with pytest.raises(ValueError, match=sentence):
        from_torch(given, kind)


def test_a_module_for_its_state_dict():
    with pytest.raises(TypeError, match="expected net.state_dict.., got object"):
        from_torch(object())


ONE = Recurrent(LSTM(), H)


@pytest.mark.parametrize(
    "layer, sentence",
    [
        (
            Recurrent(LSTM(candidate="relu"), H),
            r"expected a layer of PyTorch \(an LSTM or GRU of σ and tanh, an Elman of "
            r"tanh or relu\), got Recurrent\(cell=LSTM\(i=sigmoid, f=sigmoid, "
            r"o=sigmoid, candidate=relu, output=tanh\), H=3\)$",
        ),
        (Recurrent(PeepholeLSTM(), H), "expected a layer of PyTorch"),
        (Recurrent(GRUResetFirst(), H), "expected a layer of PyTorch"),
        (Recurrent(ProjectedLSTM(P=2, cell_clip=3.0), H), "cell_clip=3.0, output_clip"),
        (Linear(H), "expected a layer of PyTorch"),
        (Bidirectional(Stack((ONE, ONE))), "expected a layer of PyTorch"),
        (Stack((ONE, Recurrent(LSTM(), 2))), "expected layers all alike and nothing"),
        (Stack((ONE, Bidirectional(ONE))), "expected layers all alike and nothing"),
        (Stack((ONE, ONE), "relu"), "them, got .*, with relu between$"),
    ],
    ids=range(9),
)
def test_what_to_torch_refuses(layer, sentence):
    with pytest.raises(ValueError, match=sentence):
        to_torch(layer, drawn(layer))


# --- Keras --------------------------------------------------------------------------

KERAS = {
    "LSTM": LSTM(gates="hard_sigmoid", candidate="softsign", output="softsign"),
    "GRU": GRU(gates="softplus", candidate="sine"),
    "GRU reset first": GRUResetFirst(gates="softplus", candidate="sine"),
    "SimpleRNN": Elman("h_1997"),
}


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("name", KERAS)
def test_to_keras_and_back(name, both):
    cell = KERAS[name]
    layer = Bidirectional(Recurrent(cell, H)) if both else Recurrent(cell, H)
    p = drawn(layer)
    chosen = (
        getattr(cell, "candidate", getattr(cell, "activation", None)),
        getattr(cell, "o", getattr(cell, "r", None)),
        name != "GRU reset first",
    )
    again, p_again = from_keras(to_keras(layer, p), name.split()[0], *chosen)
    assert again == layer
    gradcheck.assert_agree(p_again, p, 0.0)


def test_names_of_keras_and_names_of_the_table():
    weights = to_keras(ONE, drawn(ONE))

    def cell(*chosen):
        return from_keras(weights, "LSTM", *chosen)[0].cell

    assert cell() == LSTM()
    assert cell("linear") == cell(None) == LSTM(candidate="identity", output="identity")
    assert cell("leaky_relu").candidate == leaky(0.2)
    assert cell("leaky_relu(0.01)").output == leaky(0.01)
    assert cell("relu", "tempered_sigmoid(8)") == LSTM(
        gates="tempered_sigmoid(8)", candidate="relu", output="relu"
    )


WEIGHTS = to_keras(ONE, drawn(ONE))
RESET = Recurrent(GRU(), H)


@pytest.mark.parametrize(
    "given, sentence",
    [
        ((WEIGHTS, "RNN"), "unknown kind 'RNN': did you mean SimpleRNN?"),
        ((WEIGHTS, "LSTM", "tahn"), "unknown activation 'tahn': did you mean tanh"),
        ((WEIGHTS, "LSTM", np.tanh), "expected a name such as"),
        ((WEIGHTS[:1],), "expected kernel, recurrent_kernel and bias of one layer, or"),
        ((WEIGHTS + WEIGHTS[:2],), "or of both its directions, got 5 arrays"),
        (
            (WEIGHTS, "SimpleRNN"),
            r"expected kernel of shape \(2, 3\) in SimpleRNN, got \(2, 12\)",
        ),
        (
            ([WEIGHTS[0], WEIGHTS[1][:, :9], WEIGHTS[2]],),
            r"expected recurrent_kernel of shape \(3, 12\) in LSTM, got \(3, 9\)",
        ),
        ((WEIGHTS[1::-1] + [np.zeros(8)],), r"expected kernel of shape \(3, 8\)"),
        (([WEIGHTS[0], np.zeros(()), WEIGHTS[2]],), "expected kernel of shape"),
        (
            (to_keras(RESET, drawn(RESET)), "GRU", "tanh", "sigmoid", False),
            r"bias of shape \(9,\) in GRU with reset_after=False, got \(2, 9\)",
        ),
    ],
    ids=range(10),
)
def test_what_from_keras_refuses(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        from_keras(*given)


@pytest.mark.parametrize(
    "layer",
    [
        Recurrent(LSTM(f="relu"), H),
        Recurrent(LSTM(candidate="relu"), H),
        Recurrent(GRU(r="relu"), H),
        Recurrent(CoupledLSTM(), H),
        Recurrent(ProjectedLSTM(P=2), H),
        Stack((ONE, ONE)),
        Bidirectional(Stack((ONE, ONE))),
    ],
    ids=range(7),
)
def test_what_to_keras_refuses(layer):
    with pytest.raises(ValueError, match="expected one layer of Keras"):
        to_keras(layer, drawn(layer))


TWO_WAYS = Bidirectional(ONE)


@pytest.mark.parametrize(
    "layer, given, sentence",
    [
        (ONE, Recurrent(GRU(), H), r"without p\.b_hn, got r, z, n, b_hn"),
        (ONE, Recurrent(PeepholeLSTM(), H), r"without p\.v\.f, got i, f, o, g, v"),
        (ONE, Recurrent(CoupledLSTM(), H), r"with p\.i\.U, got f, o, g"),
        (ONE, TWO_WAYS, r"without p\.ahead\.f\.U, got ahead, back"),
        (ONE, Stack((ONE, ONE)), r"expected p as LSTM\.init draws it, with"),
        (
            Recurrent(GRU(), H),
            Recurrent(GRUResetFirst(), H),
            r"GRU\.init draws it, with p\.b_hn",
        ),
        (TWO_WAYS, ONE, r"expected p as Both\(ahead, back\), got Params"),
    ],
    ids=range(7),
)
def test_parameters_of_another_layer_are_refused_by_both(layer, given, sentence):
    for write in (to_torch, to_keras):
        with pytest.raises((TypeError, ValueError), match=sentence):
            write(layer, drawn(given))


def test_parameters_of_another_stack():
    for p in (drawn(ONE), drawn(Stack((ONE,)))):
        with pytest.raises(TypeError, match="expected p as a tuple of 2 parts, got"):
            to_torch(Stack((ONE, ONE)), p)


def test_an_ensemble_is_refused_by_both():
    for write in (to_torch, to_keras):
        with pytest.raises(ValueError, match=r"one model, got W of shape \(4, 2, 3\)"):
            write(ONE, drawn(ONE, models=(4,)))
