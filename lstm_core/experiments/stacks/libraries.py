"""Stacks of Keras and PyTorch, with what they answer: recorded once, and asked again.

`weights/libraries.npz` holds inputs, all weights and the outputs of three stacks of two
layers in double precision: Keras' LSTM as it is, Keras' LSTM(activation="relu"), and
PyTorch's LSTM that reads both ways; and the versions.  Made by

    python -m lstm_core.experiments.stacks libraries

Chapter: stacking.
"""

import importlib
import inspect
import os
import warnings

import numpy as np

from lstm_core.experiments.stacks import shipped
from lstm_core.layers import Stack
from lstm_core.peers import from_keras, from_torch

T, B, D, SIZES = 6, 2, 3, (4, 3)
KERAS = {"keras": "tanh", "keras_relu": "relu"}


def inputs():
    """xs (T, B, D), the same for all."""
    return np.random.default_rng(0).normal(size=(T, B, D))


# --- asking the libraries -------------------------------------------------------------


def library(name):
    """The installed library, or None."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def ask_keras(keras, activation):
    """{"weights/0": ..., "ys": (T, B, 3)}: two LSTMs of Keras, layer by layer."""
    narrow = keras.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE
    before, narrow["float64"] = narrow["float64"], "float64"  # or it takes float32
    try:
        keras.utils.set_random_seed(0)
        given = {"activation": activation, "return_sequences": True}
        layers = [keras.layers.LSTM(H, dtype="float64", **given) for H in SIZES]
        net = keras.Sequential([keras.Input((None, D), dtype="float64"), *layers])
        with warnings.catch_warnings():  # NumPy deplores how Keras hands arrays over
            warnings.simplefilter("ignore", DeprecationWarning)
            ys = keras.ops.convert_to_numpy(net(inputs().swapaxes(0, 1)))
            weights = {f"weights/{k}": a for k, a in enumerate(net.get_weights())}
    finally:
        narrow["float64"] = before
    return weights | {"ys": ys.swapaxes(0, 1)}


def ask_torch(torch):
    """The same of PyTorch, its weights under the names of the state_dict."""
    torch.manual_seed(0)
    net = torch.nn.LSTM(D, SIZES[0], 2, bidirectional=True, dtype=torch.float64)
    with torch.no_grad():
        ys, _ = net(torch.from_numpy(inputs()))
    weights = {f"weights/{k}": a.numpy() for k, a in net.state_dict().items()}
    return weights | {"ys": ys.numpy()}


def train():
    """Ask both, and write `weights/libraries.npz`."""
    keras, torch = library("keras"), library("torch")
    answers = {name: ask_keras(keras, act) for name, act in KERAS.items()}
    answers["torch"] = ask_torch(torch)
    flat = {f"{a}/{k}": v for a, found in answers.items() for k, v in found.items()}
    versions = {"keras": keras.__version__, "torch": torch.__version__.split("+")[0]}
    more = {f"version/{k}": np.array(v) for k, v in versions.items()}
    return shipped.save("libraries", (), xs=inputs(), **flat, **more)


def recorded(name):
    """(weights, ys) of "keras", "keras_relu" or "torch", as they were written."""
    found = shipped.arrays("libraries")
    start = f"{name}/weights/"
    weights = {k[len(start) :]: a for k, a in found.items() if k.startswith(start)}
    return weights, found[f"{name}/ys"]


# --- the same from our layers ---------------------------------------------------------


def ours(name, weights, between="identity", activation=None):
    """The outputs of our stack with those weights, with `between` between its layers.

    activation: of a stack of Keras, that of its layers, if it is to be another one.
    """
    if name == "torch":
        stack, p = from_torch(weights)
        return Stack(stack.layers, between).forward(p, inputs())[0]
    arrays = [weights[str(k)] for k in range(len(weights))]
    activation = activation or KERAS[name]
    pairs = [from_keras(a, activation=activation) for a in (arrays[:3], arrays[3:])]
    layers, p = zip(*pairs, strict=True)
    return Stack(layers, between).forward(p, inputs())[0]


def _apart(a, b):
    return float(np.abs(a - b).max())


# --- what the claim wants to know -----------------------------------------------------


def keras_says(installed=True):
    """Facts about Keras: of the installed one, else as recorded."""
    keras = library("keras") if installed else None
    arguments = {"activation": "tanh", "recurrent_activation": "sigmoid"}  # in 3.15.1
    version = str(shipped.arrays("libraries")["version/keras"])
    answers = {name: recorded(name) for name in KERAS}
    if keras:
        version = keras.__version__
        arguments = _activations(keras.layers.LSTM.__init__)
        answers = {name: _split(ask_keras(keras, act)) for name, act in KERAS.items()}
    (weights, ys), (relu_weights, relu_ys) = answers["keras"], answers["keras_relu"]
    after = np.maximum(ours("keras_relu", relu_weights, "relu", "tanh"), 0)
    return {
        "version": version,
        "checked": keras is not None,
        "arguments": arguments,
        "nothing between": _apart(ours("keras", weights), ys),
        "relu between": _apart(ours("keras", weights, "relu"), ys),
        "inside the cell": _apart(ours("keras_relu", relu_weights), relu_ys),
        "after the cell": _apart(after, relu_ys),
    }


def torch_says(installed=True):
    """Facts about PyTorch: of the installed one, else as recorded."""
    torch = library("torch") if installed else None
    arguments, refused = {}, True  # in 2.13.0
    version = str(shipped.arrays("libraries")["version/torch"])
    weights, ys = recorded("torch")
    if torch:
        version = torch.__version__.split("+")[0]
        arguments = _activations(torch.nn.modules.rnn.RNNBase.__init__)
        refused = all(
            _refuses(torch.nn.LSTM, word) for word in ("activation", "nonlinearity")
        )
        weights, ys = _split(ask_torch(torch))
    return {
        "version": version,
        "checked": torch is not None,
        "arguments": arguments,
        "refused": refused,
        "nothing between": _apart(ours("torch", weights), ys),
        "relu between": _apart(ours("torch", weights, "relu"), ys),
    }


def _activations(function):
    """Arguments that choose an activation, with their defaults."""
    found = inspect.signature(function).parameters.items()
    return {k: v.default for k, v in found if "activation" in k or "linearity" in k}


def _refuses(layer, word):
    try:
        layer(2, 3, **{word: "relu"})
    except (TypeError, ValueError):
        return True
    return False


def _split(answer):
    start = "weights/"
    weights = {k[len(start) :]: a for k, a in answer.items() if k.startswith(start)}
    return weights, answer["ys"]
