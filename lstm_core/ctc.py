"""Connectionist temporal classification: a loss for labels without their times.

The network says at each step a label or a blank (number 0).  An alignment says the
labels in order, each for one step or more, with blanks between as it likes, and with
at least one between two equal labels.  The loss is -log of the summed probability of
all alignments (Graves et al., 2006), here in the log domain throughout.

Chapter: stacking.
"""

import numpy as np

from lstm_core import expect, padding

NEVER = -1e30  # the log of no probability; infinities would make NaN of their sums


def ctc(ys, targets, mask=None):
    """(loss, dys): the mean over B of -log p(targets), in nats, and its gradient.

    ys: logits (T, B, K), or (T, E, B, K), of the blank and the labels 1 to K - 1.
    targets: labels (B, L) as integers, shorter ones padded with 0 at the end.
    mask: the steps (T, B) of each sequence, true up to its end; None for all.
    Raises ValueError for labels out of range, and for more labels than steps allow.
    """
    T, *models, B, K = expect.outputs(ys)
    targets, live = np.asarray(targets), _live(mask, T, B)
    _check(targets, live.sum(axis=0), K)
    logs = ys - _log_sum(ys)
    log_p, expected = _alignments(logs, targets, live.sum(axis=0))
    live = live.reshape(T, *(1 for _ in models), B, 1)
    dys = np.where(live, np.exp(logs) - expected, 0)
    return -log_p.sum(axis=(-2, -1)) / B, dys / B


def best_path(ys, mask=None):
    """The labels of the likeliest alignment: (B, T), or (E, B, T), padded with 0."""
    T, *models, B, _ = expect.outputs(ys)
    said = ys.argmax(axis=-1)
    live = _live(mask, T, B).reshape(T, *(1 for _ in models), B)
    new = (said != 0) & live
    new[1:] &= said[1:] != said[:-1]
    first = np.argsort(~new, axis=0, kind="stable")
    labels = np.take_along_axis(np.where(new, said, 0), first, axis=0)
    return np.moveaxis(labels, 0, -1)


def _live(mask, T, B):
    live = np.ones((T, B), bool) if mask is None else np.asarray(mask, bool)
    if live.shape != (T, B) or (live[1:] > live[:-1]).any():
        raise ValueError(
            f"expected a mask of shape {(T, B)}, true up to each sequence's end"
        )
    return live


def _check(targets, lengths, K):
    fits = targets.ndim == 2 and targets.dtype.kind in "iu"
    if not fits or len(targets) != len(lengths):
        raise ValueError(f"expected targets as integers of shape ({len(lengths)}, L)")
    if (targets < 0).any() or (targets >= K).any():
        raise ValueError(f"expected labels from 1 to {K - 1}, and 0 for padding")
    labels = targets != 0
    if (labels[:, 1:] > labels[:, :-1]).any():
        raise ValueError("expected the labels of each sequence before its padding")
    repeats = labels[:, 1:] & (targets[:, 1:] == targets[:, :-1])
    need = np.maximum(labels.sum(axis=1) + repeats.sum(axis=1), 1)
    for b in np.flatnonzero(need > lengths):
        raise ValueError(
            f"expected at least {need[b]} steps for the labels of sequence {b}, "
            f"got {lengths[b]}"
        )


def _alignments(logs, targets, lengths):
    """log p (..., B, 1), and the expected share of each label at each step.

    The states of an alignment are the labels with a blank before, between and after.
    The way back is the way ahead, with time and labels turned round.
    """
    B, S = len(targets), 2 * targets.shape[1] + 1
    states = np.zeros((B, S), int)
    states[:, 1::2] = targets
    last, place = 2 * (targets != 0).sum(axis=1, keepdims=True), np.arange(S)
    turn = np.where(place <= last, last - place, place)
    said = np.where(place <= last, _at(logs, states), NEVER)  # (T, ..., B, S)

    def turned(paths):
        return padding.reverse(_at(paths, turn), lengths)

    back = turned(_ahead(turned(said), np.take_along_axis(states, turn, -1)))
    joint = _ahead(said, states) + back - said
    log_p = _log_sum(joint[0])
    share = np.exp(np.minimum(joint.real - log_p.real, 0))  # > 0 in the padding only
    one_hot = (states[..., None] == np.arange(logs.shape[-1])).astype(share.dtype)
    return log_p, (share[..., None, :] @ one_hot)[..., 0, :]


def _at(paths, index):
    """The entries of paths (T, ..., B, K) at index (B, S) of the last axis."""
    between = (1,) * (paths.ndim - 2)
    return np.take_along_axis(paths, index.reshape(*between, *index.shape), -1)


def _ahead(said, states):
    """Log of the summed probability of all ways to each state: (T, ..., B, S).

    A state follows itself, the one before it, or, where that is a blank between two
    different labels, the one before that.
    """
    jump = np.full(states.shape, NEVER, said.real.dtype)
    differ = (states[:, 2:] != 0) & (states[:, 2:] != states[:, :-2])
    jump[:, 2:] = np.where(differ, 0, NEVER)
    nowhere = np.full_like(said[0, ..., :1], NEVER)
    ways = np.where(np.arange(states.shape[-1]) < 2, said[0], NEVER)
    all_ways = [ways]
    for each in said[1:]:
        before = np.concatenate([nowhere, nowhere, ways], axis=-1)
        routes = ways, before[..., 1:-1], before[..., :-2] + jump
        ways = each + _log_sum(np.stack(routes, axis=-1))[..., 0]
        all_ways.append(ways)
    return np.stack(all_ways)


def _log_sum(z):
    """log Σ exp z over the last axis, which stays."""
    highest = z.real.max(axis=-1, keepdims=True)
    return highest + np.log(np.exp(z - highest).sum(axis=-1, keepdims=True))
