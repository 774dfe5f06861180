"""Training in phases of falling rates, with progress, that goes on if cut off.

Chapter: stacking.
"""

import time
from pathlib import Path

from lstm_core import train
from lstm_core.optim import Adam

SAVED = 250  # updates between two checkpoints
FOLDER = Path("_build/stacks")


def trained(name, model, start, task, phases, rng, folder=FOLDER, clip=1.0, grad=None):
    """The parameters after all phases, each a pair (rate, updates).

    start: parameters, as `model.init` draws them.  rng: draws the batches.
    folder: where the checkpoint lies.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, step = folder / f"{name}.npz", start
    if path.exists():
        step = train.load(path, start, Adam(), rng)
    total, end, begun = sum(updates for _, updates in phases), 0, time.monotonic()
    for rate, updates in phases:
        end += updates
        left = end - getattr(step, "k", 0)
        steps = train.fit(
            model,
            step,
            task.draw,
            task.loss,
            Adam(rate),
            rng,
            max(left, 0),
            clip,
            grad or train.value_and_grad,
        )
        for step in steps:
            if step.k % SAVED == 0 or step.k == total:
                train.save(path, step, rng)
                seconds = time.monotonic() - begun
                print(
                    f"{name}: update {step.k} of {total}, loss {step.loss:.4f}, "
                    f"{seconds:.0f} s",
                    flush=True,
                )
    return step.p
