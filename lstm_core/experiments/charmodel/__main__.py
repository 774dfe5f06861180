"""Train the character model: `python -m lstm_core.experiments.charmodel --seed 0`.

--seed N      which weights and batches to draw (default 0)
--pytorch     then the same in PyTorch, with the rates that ours has come to
--ship        write the file of weights that the book ships
--folder DIR  where checkpoints lie (default _build/charmodel); a run that was cut
              off goes on from there
"""

import argparse
import json
from pathlib import Path

from lstm_core.experiments.charmodel import shipped, training


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m lstm_core.experiments.charmodel")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pytorch", action="store_true")
    parser.add_argument("--ship", action="store_true")
    parser.add_argument("--folder", type=Path, default=training.FOLDER)
    given = parser.parse_args(arguments)
    p, curve = training.trained(given.seed, given.folder, say)
    if given.pytorch:
        from lstm_core.experiments.charmodel import peer

        path = given.folder / f"pytorch-{given.seed}.json"
        for seen in peer.learning(given.seed, curve):
            print(f"PyTorch, update {seen[-1][0]}: {seen[-1][1]:.3f}", flush=True)
            path.write_text(json.dumps(seen), encoding="utf-8")
    if given.ship:
        print(shipped.write(p, given.seed, curve, given.folder))


def say(step, curve, seconds):
    """What was reached, and how long the longest run would still take."""
    left = seconds * (training.AT_MOST - step.k) / 60
    rate = training.phase(curve)
    rate = "levelled off" if rate is None else f"rate {training.RATES[rate]:g}"
    print(
        f"update {step.k}: {curve[-1][1]:.3f} bits per character, {rate}, "
        f"{1000 * seconds:.0f} ms each, at most {left:.0f} min left",
        flush=True,
    )


if __name__ == "__main__":
    main()
