"""Losses: how wrong the outputs are, and the gradient to send back.

Each takes outputs ys (T, B, K), targets, and a mask (T, B) of the steps that count
(None: all), and returns (loss, dys): the mean over what counts, and dys = ∂loss/∂ys.
All but `mse` take logits, so that no tail is rounded away, and give nats.  Of an
ensemble, ys is (T, E, B, K) and the loss (E,); targets and mask may be shared by its
models or have the axis E too.

Chapter: one-step.
"""

import numpy as np

from lstm_core import expect
from lstm_core.activations import sigmoid, softplus
from lstm_core.ctc import ctc

__all__ = ["cross_entropy", "ctc", "logistic", "mse"]


def mse(ys, targets, mask=None):
    """Mean squared error, over K too; targets (T, B, K)."""
    targets = aligned("targets", targets, ys, 3)
    weights = mean_weights(ys, mask) / ys.shape[-1]
    error = ys - targets.astype(ys.real.dtype)
    return _total(weights * error**2), 2 * weights * error


def logistic(ys, targets, mask=None):
    """Cross-entropy of K yes-or-no answers, the mean over K too.

    targets (T, B, K): 0 or 1, or the probability of yes.
    """
    targets = aligned("targets", targets, ys, 3).astype(ys.real.dtype)
    weights = mean_weights(ys, mask) / ys.shape[-1]
    fit = (targets >= 0) & (targets <= 1) | (weights == 0)
    if not fit.all():
        low, high = targets.min(), targets.max()
        raise ValueError(f"expected targets from 0 to 1, got {low} to {high}")
    losses = targets * softplus(-ys) + (1 - targets) * softplus(ys)
    dys = (1 - targets) * sigmoid(ys) - targets * sigmoid(-ys)
    return _total(weights * losses), weights * dys


def cross_entropy(ys, targets, mask=None):
    """Cross-entropy of the softmax over K; targets (T, B), integers from 0 to K - 1."""
    targets, K = aligned("targets", targets, ys, 2), ys.shape[-1]
    if targets.dtype.kind not in "iu" or (targets < 0).any() or (targets >= K).any():
        raise ValueError(f"expected targets as integers from 0 to {K - 1}")
    weights = mean_weights(ys, mask)
    targets = np.broadcast_to(targets, ys.shape[:-1])[..., None]
    z = ys - np.take_along_axis(ys, targets, -1)  # 0 at the target
    top = np.argmax(z.real, axis=-1, keepdims=True)
    highest = np.take_along_axis(z, top, -1)
    rest = np.exp(z - highest)
    np.put_along_axis(rest, top, 0.0, -1)  # 1 + rest would round a small rest away
    losses = highest + np.log1p(rest.sum(axis=-1, keepdims=True))
    dys = np.exp(z - losses)
    np.put_along_axis(dys, targets, np.expm1(-losses), -1)
    return _total(weights * losses), weights * dys


def aligned(what, array, ys, rank):
    """The array, of the shape (T, B, K)[:rank], with an axis for E if ys has one."""
    array = np.asarray(array)
    T, *models, B, K = expect.outputs(ys)
    if array.shape == (T, B, K)[:rank]:
        return array[:, None] if models else array
    if array.shape == (T, *models, B, K)[: rank + len(models)]:
        return array
    raise ValueError(f"expected {what} of shape {(T, B, K)[:rank]}, got {array.shape}")


def mean_weights(ys, mask):
    """Weights (T, ..., B, 1) that turn a sum into the mean over what counts."""
    if mask is None:
        mask = np.ones((len(ys), ys.shape[-2]))
    mask = aligned("mask", mask, ys, 2)
    if mask.dtype.kind not in "biuf":
        raise TypeError(f"expected mask as booleans or weights, got {mask.dtype}")
    mask = mask.astype(ys.real.dtype)[..., None]
    total = mask.sum(axis=(0, -2), keepdims=True)
    if not (total > 0).all():
        raise ValueError("expected a mask with at least one step that counts, got none")
    return mask / total


def _total(losses):
    """The sum over all but E, added up in the same order for one model and for many."""
    if losses.ndim == 3:
        return losses.sum()
    return np.stack([model.ravel().sum() for model in losses.swapaxes(0, 1)])
