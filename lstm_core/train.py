"""Training as a generator: the reader writes the loop, and breaks when satisfied.

    for step in fit(model, p, task.draw, task.loss, Adam(1e-2), rng, 1000):
        print(step.k, step.loss)
    p = step.p

Chapter: swap.
"""

import json
import os
import zipfile
from typing import Any, NamedTuple

import numpy as np

from lstm_core import expect, optim, tree

INF = float("inf")


class Step(NamedTuple):
    """What one update of the parameters has done; of an ensemble, arrays (E,).

    k: the number of updates so far, this one included.
    loss, grad_norm: before the update; the norm of the gradient before clipping.
    diverged: whether a loss, a gradient or a parameter has ceased to be finite, now or
        before.  Such a model keeps the last parameters that it had before that.
    p, memory: parameters and optimiser's memory after the update.
    """

    k: int
    loss: Any
    grad_norm: Any
    diverged: Any
    p: Any
    memory: Any


def value_and_grad(model, p, batch, loss):
    """(loss, dp) of the model with parameters p on a batch."""
    expect.part("model", model, ("forward", "backward"), "Model(body, readout)")
    expect.part("batch", batch, ("xs", "ys", "mask", "lengths"), "Batch(xs, ys, mask)")
    ys, _, trace = model.forward(p, batch.xs, lengths=batch.lengths)
    value, dys = loss(ys, batch.ys, batch.mask)
    return value, model.backward(p, trace, dys)[0]


def fit(model, start, draw, loss, optimiser, rng, steps, clip=INF, grad=value_and_grad):
    """Yield a `Step` after each of `steps` updates; fewer if every model has diverged.

    start: parameters, or a Step (as from `load`) to go on from, which must have been
        made with the same optimiser.
    draw: takes rng to a `lstm_core.tasks.Batch`, such as `task.draw`.
    clip: the largest norm of a gradient, of each model by itself.
    grad: in place of `value_and_grad`, such as that of `lstm_core.fused`.
    """
    expect.part("optimiser", optimiser, ("init", "update"), "Adam(1e-2)")
    expect.part("draw", draw, ("__call__",), "task.draw")
    expect.part("loss", loss, ("__call__",), "task.loss")
    expect.part("clip", clip, ("__float__",), "1.0")
    expect.whole("steps", steps, 0)
    step = start
    if isinstance(start, Step):
        expect.shapes("start.memory", start.memory, optimiser.init(start.p))
    else:
        step = Step(0, np.nan, np.nan, False, start, optimiser.init(start))
    for _ in range(steps):
        step = _update(step, grad, model, draw(rng), loss, optimiser, clip)
        yield step
        if np.all(step.diverged):
            return


def _update(step, grad, model, batch, loss, optimiser, clip):
    with np.errstate(all="ignore"):  # what is not finite is reported, once, below
        value, dp = grad(model, step.p, batch, loss)
        dp, norm = optim.clip(dp, clip, np.shape(value))
        p, memory = optimiser.update(step.p, dp, step.memory)
    finite = np.isfinite(value) & np.isfinite(norm) & _finite(p, np.shape(value))
    diverged = step.diverged | ~finite
    if np.any(diverged):
        p = tree.map(lambda old, new: _chosen(diverged, old, new), step.p, p)
    return Step(step.k + 1, value, norm, diverged, p, memory)


def _finite(p, models):
    """Whether all parameters are finite: a boolean, or (E,)."""
    leaves = [np.isfinite(a).reshape(*models, -1).all(-1) for _, a in tree.leaves(p)]
    return np.all(leaves, axis=0)


def _chosen(models, left, right):
    """Left where models, a boolean or (E,), is true; right elsewhere."""
    rest = (1,) * (left.ndim - np.ndim(models))
    return np.where(np.reshape(models, (*np.shape(models), *rest)), left, right)


# --- checkpoints ------------------------------------------------------------------


def save(path, step, rng):
    """Write a Step, and the state of the generator(s) of the batches, to path (npz).

    rng: the generator that `fit` was given, or a tuple of them.  The file is complete
    or not there at all.  `fit` that goes on from it does so bit for bit.
    """
    expect.fields("step", step, Step)
    states = [_source(one).state for one in _each(rng)]
    part = f"{path}.part"
    with open(part, "wb") as file:
        np.savez(file, **dict(tree.leaves(step)), rng=np.array(json.dumps(states)))
    os.replace(part, path)


def load(path, start, optimiser, rng):
    """The Step that was saved; sets rng to where it was then.

    start: parameters of the same shapes, such as `model.init` draws them.
    Raises ValueError if the file is cut short, or of other parameters or generators.
    """
    if os.path.exists(path) and not zipfile.is_zipfile(path):
        raise ValueError(f"expected a whole file, as train.save writes it, got {path}")
    step = Step(0, 0.0, 0.0, False, start, optimiser.init(start))
    with np.load(path) as file:
        arrays = dict(file)
    states = json.loads(arrays.pop("rng").item()) if "rng" in arrays else []
    wanted, found = _shapes(tree.leaves(step)), _shapes(arrays.items())
    if odd := sorted(set(wanted.items()) ^ set(found.items())):
        names = ", ".join(dict(odd))
        raise ValueError(
            f"expected a checkpoint of these parameters and optimiser: {names} differ"
        )
    if len(states) != len(_each(rng)):
        raise ValueError(f"expected {len(states)} generators, got {len(_each(rng))}")
    for name, array in arrays.items():
        step = tree.replace(step, name, array[()])
    for one, state in zip(_each(rng), states, strict=True):
        _source(one).state = state
    return step._replace(k=int(step.k))


def _shapes(leaves):
    """name → shape, of all but the report, which an ensemble gives as arrays (E,)."""
    report = Step._fields[:4]
    return {name: np.shape(leaf) for name, leaf in leaves if name not in report}


def _each(rng):
    return rng if isinstance(rng, tuple | list) else (rng,)


def _source(rng):
    """What holds the state: numpy's bit generator, or `Draws` itself."""
    expect.generator(rng)
    return getattr(rng, "bit_generator", rng)
