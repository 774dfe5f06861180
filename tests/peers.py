"""One problem for two implementations: ours, and one that differentiates itself."""

from typing import Any, NamedTuple

import numpy as np

from lstm_core import tree
from tests.cells.checks import randomised
from tests.helpers import frozen

T, B, D, H = 4, 3, 2, 3
LENGTHS = np.array([4, 2, 3])


class Answer(NamedTuple):
    """What a run gives: outputs and final state, and the gradients."""

    ys: Any
    state: Any
    dp: Any
    dxs: Any
    dstate: Any


class Case(NamedTuple):
    """Inputs, initial state, and the gradients that arrive at the outputs."""

    xs: np.ndarray
    state: Any
    dys: np.ndarray
    dstate: Any


def drawn(rng, arrays):
    """Arrays of those shapes with no entry zero: both biases count."""
    return [rng.normal(0, 0.5, np.shape(array)) for array in arrays]


def case(rng, layer, p, lengths=None):
    """Random numbers for all that is not a parameter; no loss is taken in padding."""
    xs = frozen(rng.normal(size=(T, B, D)))
    ys, state, _ = layer.forward(p, xs)
    state, dstate = (state and randomised(rng, state) for _ in range(2))
    live = np.arange(T)[:, None] < (np.full(B, T) if lengths is None else lengths)
    return Case(xs, state, frozen(rng.normal(size=ys.shape) * live[..., None]), dstate)


def ours(layer, p, run, lengths=None):
    ys, state, trace = layer.forward(p, run.xs, run.state, lengths)
    return Answer(ys, state, *layer.backward(p, trace, run.dys, run.dstate))


def without_biases(answer):
    """The answer with ∂L/∂b put to 0, for a peer that has no b."""
    for name, leaf in tree.leaves(answer.dp):
        if name.split(".")[-1] in ("b", "b_hn"):
            dp = tree.replace(answer.dp, name, np.zeros_like(leaf))
            answer = answer._replace(dp=dp)
    return answer


def as_tensors(torch, record):
    return tree.map(lambda leaf: torch.tensor(leaf, requires_grad=True), record)


def gradients(torch, outputs, weights, inputs):
    """∂(Σ outputs · weights)/∂inputs, all of them records, by PyTorch."""
    leaves = [leaf for _, leaf in tree.leaves(inputs)]
    pairs = zip(tree.leaves(outputs), tree.leaves(weights), strict=True)
    loss = sum((out * torch.tensor(w)).sum() for (_, out), (_, w) in pairs)
    # PyTorch refuses an input to which no path leads; this one has slope 0.
    loss = loss + sum(0 * leaf.sum() for leaf in leaves)
    slopes = iter(torch.autograd.grad(loss, leaves))
    return tree.map(lambda leaf: next(slopes).numpy(), inputs)


def as_arrays(record):
    return tree.map(lambda leaf: leaf.detach().numpy(), record)
