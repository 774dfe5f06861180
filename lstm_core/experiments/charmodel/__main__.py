"""Train the character model: `python -m lstm_core.experiments.charmodel --seed 0`.

    --seed N      which weights and batches to draw (default 0)
    --folder DIR  where checkpoints lie (default _build/charmodel); a run that was cut
                  off goes on from there
"""

import argparse
import time
from pathlib import Path

from lstm_core.experiments.charmodel import training


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m lstm_core.experiments.charmodel")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path("_build/charmodel"))
    given = parser.parse_args(arguments)
    given.folder.mkdir(parents=True, exist_ok=True)
    last = time.monotonic()
    for step, curve in training.levelling(given.seed, given.folder):
        now = time.monotonic()
        print(progress(step, curve, now - last), flush=True)
        last = now


def progress(step, curve, seconds):
    """What was reached, and how long the longest run would still take."""
    each = seconds / training.CHECK
    left = each * (training.AT_MOST - step.k) / 60
    rate = training.phase(curve)
    rate = "levelled off" if rate is None else f"rate {training.RATES[rate]:g}"
    return (
        f"update {step.k}: {curve[-1][1]:.3f} bits per character, {rate}, "
        f"{1000 * each:.0f} ms each, at most {left:.0f} min left"
    )


if __name__ == "__main__":
    main()
