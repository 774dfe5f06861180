"""How fast `lstm_core.fused` trains, beside the libraries that one would take instead.

    python benchmarks/bench.py [--quick] [--out FILE]

One core, one thread.  A step is forwards over T, a linear readout at every time step,
the loss, its exact gradient, and Adam.  Whoever is compared takes turns in one process,
so that what else the machine does hits all alike; reported are ratios of medians (and
of minima, which noise cannot lower).  A library that is not installed is skipped.
"""

import os

THREADS = ("OPENBLAS", "OMP", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")
os.environ.update({f"{name}_NUM_THREADS": "1" for name in THREADS})
os.environ["XLA_FLAGS"] = (
    "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import argparse
import importlib.metadata
import json
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import peers

from lstm_core import activations, fused, losses, tree
from lstm_core.cells.lstm import LSTM
from lstm_core.layers import Linear, Model, Recurrent
from lstm_core.optim import Adam
from lstm_core.tasks import Batch

SIZES = [  # T, B, D, H
    (50, 32, 2, 4),
    (50, 32, 2, 16),
    (100, 32, 8, 32),
    (100, 64, 32, 128),
    (200, 64, 64, 256),
]
PEERS = {
    "nn.LSTM": peers.torch_lstm,
    "cell loop": peers.torch_cell,
    "cell loop, projected": peers.torch_cell_projected,
    "JAX": peers.jax_scan,
}
CANDIDATES = ("tanh", "sigmoid", "relu", "softsign", "identity")
SLOTS = ("i", "f", "o", "candidate", "output")


# --- what is timed ------------------------------------------------------------------


def training(model, theta, batch, loss):
    """Our training step, as a function of no arguments that returns the loss."""
    optimiser = Adam(peers.RATE)
    memory = optimiser.init(theta)

    def step():
        nonlocal theta, memory
        value, dtheta = fused.value_and_grad(model, theta, batch, loss)
        theta, memory = optimiser.update(theta, dtheta, memory)
        return value

    return step


def ours(T, B, D, H, dtype, cell=None):
    model = Model(Recurrent(cell or LSTM(), H), Linear(peers.O))
    theta = fused.pack(*model.init(np.random.default_rng(1), D, np.dtype(dtype)))
    return training(model, theta, Batch(*peers.data(T, B, D, dtype), None), losses.mse)


def next_symbols(T=40, B=32):
    """aⁿbⁿ after aⁿbⁿ, cut off at T + 1: xs, one-hot targets (T, B, 3) and mask."""
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(B):
        row = []
        while len(row) <= T:
            n = rng.integers(1, 6)
            row += [0] * n + [1] * n + [2]
        rows.append(row[: T + 1])
    hot = np.eye(3, dtype="float32")[np.array(rows).T]
    return hot[:-1], hot[1:], np.ones((T, B), "float32")


def our_block(data, H, E, candidate):
    """E models with one candidate, trained together."""
    xs, targets, mask = data
    model = Model(Recurrent(LSTM(candidate=candidate), H), Linear(3))
    rng = np.random.default_rng(1)
    seeds = [model.init(rng, 3, np.dtype("float32")) for _ in range(E)]
    batch = Batch(xs, targets.argmax(-1), mask)
    theta = fused.pack(*tree.stack(seeds))
    return training(model, theta, batch, losses.cross_entropy)


# --- timing -------------------------------------------------------------------------


def available(makers):
    """The steps of those makers whose library is installed."""
    steps = {}
    for name, make in makers.items():
        try:
            steps[name] = make()
        except ImportError as missing:
            print(f"    {name}: skipped, {missing.name} is not installed", flush=True)
    return steps


SLICE = 0.02  # seconds of training without interruption


def in_turns(steps, seconds, least=5, most=200):
    """Seconds of each step, in turns for some time: {name: {median, minimum}}.

    A turn is a slice of training: as many steps after another as fit into SLICE.
    Single steps would be timed with the caches full of another library.
    """
    fitting = {}
    for name, step in steps.items():
        step(), step()  # the first may compile
        fitting[name] = max(1, round(SLICE / _timed(step, 1)))
    times = {name: [] for name in steps}
    end = time.perf_counter() + seconds
    rounds = 0
    while rounds < least or (time.perf_counter() < end and rounds < most):
        for name, step in steps.items():
            step()
            times[name].append(_timed(step, fitting[name]))
        rounds += 1
    return {
        name: {"median": statistics.median(t), "minimum": min(t), "rounds": rounds}
        for name, t in times.items()
    }


def _timed(step, n):
    """Seconds a step, over n steps."""
    start = time.perf_counter()
    for _ in range(n):
        step()
    return (time.perf_counter() - start) / n


def ratios(times, to="ours"):
    """How many times as long as `to` each other took, by medians and by minima."""
    return {
        name: {k: t[k] / times[to][k] for k in ("median", "minimum")}
        for name, t in times.items()
        if name != to
    }


# --- the comparisons ----------------------------------------------------------------


def training_steps(sizes, seconds):
    """Peer time over our time for each size and type."""
    found = []
    for size in sizes:
        for dtype in ("float32", "float64"):
            makers = {"ours": ours} | PEERS
            makers = {n: lambda m=m, a=(*size, dtype): m(*a) for n, m in makers.items()}
            times = in_turns(available(makers), seconds)
            row = {
                "size": size,
                "dtype": dtype,
                "times": times,
                "ratios": ratios(times),
            }
            measure_rates(dtype)
            found.append(row)
            print(f"  {line(row)}", flush=True)
    for row in found:  # by the best rates that were seen in all this time
        row["bound"] = bound(*row["size"], row["dtype"])
        row["of_bound"] = row["bound"] / row["times"]["ours"]["minimum"]
    shares = (f"{r['size'][-1]} {r['dtype']} {r['of_bound']:.0%}" for r in found)
    print("  of the bound, H = " + ", ".join(shares), flush=True)
    return found


def line(row):
    size = ", ".join(f"{n:3d}" for n in row["size"])
    shown = "  ".join(
        f"{name} {r['median']:.2f} ({r['minimum']:.2f})"
        for name, r in row["ratios"].items()
    )
    ms = 1e3 * row["times"]["ours"]["median"]
    return f"{size}  {row['dtype']}  {ms:8.3f} ms   {shown}"


def bound(T, B, D, H, dtype):
    """Seconds that the products and the squashing alone would take at full rate.

    All products at the rate of a large square one, 5 H tanh for each step and sample.
    """
    rows, columns = 4 * H + peers.O, 1 + D + H
    work = 2 * rows * (2 * columns + H) * B * T
    rates = RATES[dtype]
    return work / rates["product"] + 5 * H * B * T / rates["tanh"]


RATES = {"float32": {}, "float64": {}}


def measure_rates(dtype, n=768):
    """Operations a second of a square product, and tanh a second: the best so far."""
    a = np.random.default_rng(0).normal(size=(n, n)).astype(dtype)
    z, out = a.ravel()[:8192].copy(), np.empty_like(a)
    steps = {"product": lambda: a.dot(a, out), "tanh": lambda: np.tanh(z)}
    work = {"product": 2 * n**3, "tanh": z.size}
    for name, t in in_turns(steps, 0.3).items():
        rate = work[name] / t["minimum"]
        RATES[dtype][name] = max(rate, RATES[dtype].get(name, 0))


def keras(sizes, seconds):
    """Keras on both backends, each in a process of its own, beside ours."""
    found = []
    for backend in ("torch", "jax"):
        for size in sizes:
            command = [
                sys.executable,
                __file__,
                "--keras",
                json.dumps([*size, seconds]),
            ]
            run = subprocess.run(
                command,
                env=os.environ | {"KERAS_BACKEND": backend},
                capture_output=True,
                text=True,
            )
            if run.returncode:
                why = run.stderr.strip().splitlines()[-1]
                print(f"  Keras on {backend}: skipped, {why}", flush=True)
                break
            row = {"backend": backend, "size": size} | json.loads(run.stdout)
            found.append(row)
            print(f"  Keras on {backend} {size}: {row['ratios']['keras']}", flush=True)
    return found


def keras_alone(T, B, D, H, seconds):
    size = (T, B, D, H, "float32")
    times = in_turns({"ours": ours(*size), "keras": peers.keras_lstm(*size)}, seconds)
    print(json.dumps({"times": times, "ratios": ratios(times)}))


def sweep(seconds, seeds=10, steps=300, H=4):
    """Seconds for 5 candidates x 10 seeds x 300 steps of aⁿbⁿ, from medians of steps.

    Ours and JAX: a block of 10 seeds for each candidate.  PyTorch by hand: all 50 as
    one block of tanh, its best case.  The cell loop: one model after the other.
    """
    data, T, B = next_symbols(), 40, 32
    makers = {}
    for c in CANDIDATES:
        makers |= {
            f"ours {c}": lambda c=c: our_block(data, H, seeds, c),
            f"JAX vmap {c}": lambda c=c: peers.jax_vmap(data, H, seeds, c),
            f"cell loop {c}": lambda c=c: peers.torch_cell(
                T, B, 3, H, "float32", candidate=c
            ),
        }
    makers["batched"] = lambda: peers.torch_batched(data, H, seeds * 5, "tanh")
    times = in_turns(available(makers), seconds)
    blocks = {"ours": 1, "JAX vmap": 1, "cell loop": seeds, "batched": 1}
    total = {
        name: {
            k: steps
            * models
            * sum(t[k] for n, t in times.items() if n.startswith(name))
            for k in ("median", "minimum")
        }
        for name, models in blocks.items()
        if any(n.startswith(name) for n in times)
    }
    found = {"seconds": total, "ratios": ratios(total)}
    print(f"  {total['ours']['median']:.2f} s; " + show(found["ratios"]), flush=True)
    return found


def show(ratios):
    return "  ".join(
        f"{n} {r['median']:.2f} ({r['minimum']:.2f})" for n, r in ratios.items()
    )


def scaling(seconds):
    """The exponent of T in the time of a step, from the slope between the lengths."""
    found = {}
    lengths = (50, 100, 200, 400)
    for H in (4, 32):
        steps = {str(T): ours(T, 32, 2, H, "float32") for T in lengths}
        times = [t["minimum"] for t in in_turns(steps, seconds).values()]
        exponent = np.polyfit(np.log(lengths), np.log(times), 1)[0]
        found[f"H={H}"] = {"seconds": times, "exponent": exponent}
        print(f"  H = {H}: T to the power of {exponent:.2f}", flush=True)
    return {"T": lengths} | found


def swaps(seconds, size=(100, 32, 8, 32)):
    """Time with each activation in each slot, over that of the default LSTM."""
    found = {}
    for dtype in ("float32", "float64"):
        for name in activations.NAMES:
            cells = {slot: LSTM(**{slot: name}) for slot in SLOTS}
            cells = {"default": LSTM(), **cells, "gates": LSTM(gates=name)}
            steps = {n: ours(*size, dtype, cell) for n, cell in cells.items()}
            found[f"{dtype} {name}"] = ratios(in_turns(steps, seconds), "default")
            shown = show(found[f"{dtype} {name}"])
            print(f"  {dtype} {name}: {shown}", flush=True)
    return found


# --- the whole ----------------------------------------------------------------------


def versions():
    names = ("numpy", "torch", "jax", "keras")
    found = {"python": platform.python_version(), "machine": platform.processor()}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer sizes, short runs")
    parser.add_argument("--out", type=Path, help="write all numbers there, as JSON")
    parser.add_argument("--keras", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.keras:
        return keras_alone(*json.loads(asked.keras))
    if "torch" in peers.installed():
        import torch

        torch.set_num_threads(1)
    seconds, sizes = (1, SIZES[:3]) if asked.quick else (8, SIZES)
    found = {"versions": versions()}
    for title, run in {
        "Training steps: peer time over ours, medians (minima)": lambda: training_steps(
            sizes, seconds
        ),
        "Sweep of 5 candidates, 10 seeds, 300 steps": lambda: sweep(2 * seconds),
        "Scaling in T": lambda: scaling(seconds),
        "Other activations, over the default": lambda: swaps(seconds / 2),
        "Keras": lambda: keras(sizes[:4], seconds),
    }.items():
        print(f"\n{title}", flush=True)
        found[title.split(":")[0]] = run()
    if asked.out:
        asked.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
