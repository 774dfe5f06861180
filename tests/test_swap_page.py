"""What the chapter "swap" tells readers to write in PyTorch and Keras, as they run."""

import re
from pathlib import Path

import numpy as np
import pytest

from lstm_core import unroll
from lstm_core.cells.lstm import LSTM
from lstm_core.peers import from_keras, from_torch

PAGE = Path(__file__).parents[1] / "book" / "swap.md"
T, B, D, H = 5, 3, 2, 8

# As in test_peers_keras.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)


def listing(library):
    """The code of the page that begins with the import of this library."""
    text = PAGE.read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    (found,) = (b for b in blocks if b.startswith(f"import {library}\n"))
    return found


def swapped_by_page(torch, code):
    """(hs of the page's loop with ReLU in the candidate, those of lstm_core)."""
    names = {}
    exec(code, names)
    torch.manual_seed(0)
    net = torch.nn.LSTM(D, H, dtype=torch.float64)
    xs = np.random.default_rng(0).normal(size=(T, B, D))
    found = names["lstm"](net, torch.from_numpy(xs), candidate=torch.relu)
    arrays = {k: v.detach().numpy() for k, v in net.state_dict().items()}
    _, p = from_torch(arrays)
    hs, _, _ = unroll.forward(LSTM(candidate="relu"), p, xs)
    return found.detach().numpy(), hs


def test_the_loop_in_pytorch_is_the_swapped_cell(torch):
    found, hs = swapped_by_page(torch, listing("torch"))
    np.testing.assert_allclose(found, hs, rtol=1e-9, atol=1e-12)


def test_gates_in_the_wrong_order_would_show(torch):
    planted = listing("torch").replace("i, f, g, o = a", "i, f, o, g = a")
    found, hs = swapped_by_page(torch, planted)
    assert np.abs(found - hs).max() > 1e-3


def test_each_layer_in_keras_has_the_functions_that_the_page_names(keras):
    calls = re.findall(r"^keras\.layers.*?$", listing("keras"), re.M)
    cells = (
        {"activation": "relu"},
        {"recurrent_activation": "hard_sigmoid"},
        None,
    )
    assert len(calls) == len(cells)
    xs = np.random.default_rng(0).normal(size=(T, B, D)).astype(np.float32)
    for call, named in zip(calls, cells, strict=True):
        net = eval(call.split("#")[0], {"keras": keras})
        net.return_sequences = True
        ys = keras.ops.convert_to_numpy(net(np.moveaxis(xs, 0, 1)))
        assert ys.shape == (B, T, H)
        if named is not None:
            layer, p = from_keras(net.get_weights(), **named)
            hs, _, _ = layer.forward(p, xs)
            np.testing.assert_allclose(np.moveaxis(ys, 0, 1), hs, atol=1e-5)
