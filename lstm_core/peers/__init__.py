"""Weights in and out of PyTorch and Keras, as plain arrays; neither library is needed.

    layer, p = from_torch(net.state_dict(), net.mode)
    layer, p = from_keras(net.get_weights(), "LSTM", activation="softsign")

and back by `to_torch(layer, p)` and `to_keras(layer, p)`.  Outputs, states and
gradients are then those of the library, which the tests hold to 1e-9 of every entry.

Chapter: stacking.
"""

from lstm_core.peers.keras_layout import from_keras, to_keras
from lstm_core.peers.torch_layout import from_torch, to_torch

__all__ = ["from_keras", "from_torch", "to_keras", "to_torch"]
