"""The same network in PyTorch: same size, start, batches and rates, the other's code.

Run by `python -m lstm_core.experiments.charmodel --seed 0 --pytorch`, after the run of
ours, whose rates it repeats.
"""

import numpy as np
import torch

from lstm_core import fused
from lstm_core.experiments.charmodel import corpus, training
from lstm_core.layers import Affine
from lstm_core.peers import from_torch, to_torch


def learning(seed, curve):
    """Train and yield [(updates, bits), ...] after every check of our own curve.

    PyTorch adds two biases to every gate; the second is held at 0, as ours has one.
    """
    torch.set_num_threads(1)
    theta, rng = training.start(seed)
    modules, batches = _modules(theta), training.task()
    optimiser = torch.optim.Adam(
        [w for w in modules.parameters() if w.requires_grad], training.RATES[0]
    )
    seen, rates = [], training.rates(curve)
    for k in range(len(curve)):
        optimiser.param_groups[0]["lr"] = rates[k]
        for _ in range(training.CHECK):
            _update(modules, optimiser, batches.draw(rng))
        seen.append((curve[k][0], training.bits(parameters(modules))))
        yield seen


def _modules(theta):
    p, readout = fused.unpack(theta, training.H)
    lstm = torch.nn.LSTM(len(corpus.ALPHABET), training.H)
    arrays = to_torch(training.model().body, p)
    lstm.load_state_dict({k: torch.from_numpy(a) for k, a in arrays.items()})
    lstm.bias_hh_l0.requires_grad_(False)
    head = torch.nn.Linear(training.H, len(corpus.ALPHABET))
    with torch.no_grad():
        head.weight.copy_(torch.from_numpy(readout.W.T.copy()))
        head.bias.copy_(torch.from_numpy(readout.b.copy()))
    return torch.nn.ModuleList([lstm, head])


def _update(modules, optimiser, batch):
    lstm, head = modules
    logits = head(lstm(torch.from_numpy(batch.xs))[0])
    targets = torch.from_numpy(batch.ys)
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(modules.parameters(), training.CLIP)
    optimiser.step()
    return loss.item()


def parameters(modules):
    """What PyTorch has learnt, as parameters of ours."""
    lstm, head = modules
    _, p = from_torch({k: a.numpy() for k, a in lstm.state_dict().items()})
    W, b = (w.detach().numpy() for w in (head.weight, head.bias))
    return p, Affine(np.ascontiguousarray(W.T), b)
