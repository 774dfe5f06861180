"""What every task gives: a batch, and how its answers are judged."""

from typing import Any, NamedTuple

import numpy as np

from lstm_core import expect


class Batch(NamedTuple):
    """B sequences that are learnt together.

    xs: inputs (T, B, D).
    ys: targets, as the task's loss takes them.
    mask: which steps count (T, B).
    lengths: of the sequences (B,), None where none is padded.
    """

    xs: np.ndarray
    ys: np.ndarray
    mask: np.ndarray
    lengths: Any = None


def side_by_side(batches):
    """One batch (T, E, B, ...) for an ensemble of which model e sees batches[e].

    Shorter ones are padded.  Not for CTC, whose targets have no axis T.
    """
    T = max(len(batch.xs) for batch in batches)

    def together(arrays):
        longer = [((0, T - len(a)), *[(0, 0)] * (a.ndim - 1)) for a in arrays]
        padded = [np.pad(a, pad) for a, pad in zip(arrays, longer, strict=True)]
        return np.stack(padded, axis=1)

    xs, ys, mask, lengths = zip(*batches, strict=True)
    ends = [np.full(x.shape[1], len(x)) for x in xs]
    ends = np.stack([e if n is None else n for e, n in zip(ends, lengths, strict=True)])
    ends = None if (ends == T).all() else ends
    return Batch(together(xs), together(ys), together(mask), ends)


def at_least(task, **least):
    """Raise ValueError unless each named field of the task is that great."""
    for name, low in least.items():
        expect.whole(f"{type(task).__name__} with {name}", getattr(task, name), low)


def at_the_end(T, B):
    """The mask (T, B) of tasks with one answer, at the last step."""
    return np.arange(T)[:, None] == np.full(B, T - 1)


def one_hot(symbols, D, dtype):
    """Integers (T, B) as vectors (T, B, D) with one 1 each."""
    return np.eye(D, dtype=dtype)[symbols]


def likeliest(ys, batch):
    """Sequences of which the largest output is the target at every step that counts."""
    said = ys.argmax(axis=-1)
    return always(said == shared(batch.ys, said), batch.mask)


def always(right, mask):
    """From right (T, ..., B), the sequences right at every step that counts."""
    return (right | shared(~mask, right)).all(axis=0)


def shared(array, other):
    """The array (T, ...), with an axis for an ensemble if only the other has one."""
    models = other.shape[1 : 1 + other.ndim - array.ndim]
    expect.shape("outputs", other, (len(array), *models, *array.shape[1:]))
    return array[:, None] if models else array


def exact(model, p, language, upto, chunk=50):
    """The largest N <= upto with every example(n), n <= N, right: a number, or (E,).

    chunk: how many n are run at once; no more are run than needed.
    """
    expect.whole("upto", upto, 0)
    expect.whole("chunk", chunk)
    total, going = 0, True
    for first in range(1, upto + 1, chunk):
        batch = language.examples(range(first, min(first + chunk, upto + 1)))
        ys, _, _ = model.forward(p, batch.xs, lengths=batch.lengths)
        right = language.correct(ys, batch)
        total = total + np.where(going, np.cumprod(right, axis=-1).sum(axis=-1), 0)
        going = going & right.all(axis=-1)
        if not np.any(going):
            break
    return total
