"""Training in the page is training by lstm_core: same draws, same data, same curves."""

import dataclasses
import json

import numpy as np
import pytest

from lstm_core import losses, optim, tree, unroll
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.layers import Linear, Model, Recurrent
from lstm_core.tasks import Adding, Brackets, Register, Runs, exact
from lstm_core.train import fit
from lstm_core.widgets import SwapLab
from lstm_core.widgets.swaplab import DATA
from tests.widgets.harness import check, plant, write_modules

TEST = 2 * DATA
TESTED = 64
TASKS = {
    "runs": (Runs("ab", upto=10, B=16), {"upto": 10, "B": 16}),
    "brackets": (Brackets(1, upto=10, B=16), {"upto": 10, "B": 16}),
    "register": (Register(T=20, B=16), {"T": 20, "B": 16}),
    "adding": (Adding(T=20, B=16), {"T": 20, "B": 16}),
}
SLOTS = ("i", "f", "o", "candidate", "output")
USUAL = ("sigmoid", "sigmoid", "sigmoid", "tanh", "tanh")
CHOICES = {
    "usual": USUAL,
    "sigmoid candidate": (*USUAL[:3], "sigmoid", "tanh"),
    "relu": (*USUAL[:3], "relu", "relu"),
    "mixed": ("hard_sigmoid", "tempered_sigmoid(2)", "softplus", "sine", "softsign"),
    "step": ("step", "step", "step", "leaky_relu(0.2)", "g_1997"),
}


def flat(record):
    return np.concatenate([leaf.ravel() for _, leaf in tree.leaves(record)]).tolist()


def named(name):
    return {"name": name, "sizes": TASKS[name][1]}


def plain(batch):
    """A batch as learn.js has it: flat lists, steps before sequences."""
    T, B, _ = batch.xs.shape
    lengths = np.full(B, T) if batch.lengths is None else batch.lengths
    xs = batch.xs  # of which padding, never read, is left out
    if batch.lengths is not None:
        xs = xs * batch.mask[..., None]
    parts = {"xs": xs, "ys": batch.ys, "mask": batch.mask, "lengths": lengths}
    lists = {k: np.asarray(v, float).ravel().tolist() for k, v in parts.items()}
    return {"T": T, "B": B, **lists}


def draws():
    for seed in (0, 1, 7, 2**31, 2**32 - 1):
        rng = Draws(seed)
        yield {
            "seed": seed,
            "uniform": rng.uniform(-2, 5, 20).tolist(),
            "integers": rng.integers(-3, 8, 20).tolist(),
            "normal": rng.normal(2, 3, 20).tolist(),
        }


def batches():
    for name, (task, _) in TASKS.items():
        rng = Draws(5)
        yield {
            "task": named(name),
            "seed": 5,
            "batches": [plain(task.draw(rng)) for _ in range(4)],
        }


LOSSES = {"mse": "adding", "logistic": "brackets", "cross_entropy": "register"}


def losses_and_slopes():
    rng = np.random.default_rng(0)
    for name, task in LOSSES.items():
        batch = TASKS[task][0].draw(Draws(2))
        K = TASKS[task][0].K
        for size in (1.0, 40.0, None):
            ys = rng.normal(0, size or 0, (*batch.xs.shape[:2], K))
            if size is None:  # all answers right, by far
                targets = batch.ys if batch.ys.ndim == 3 else np.eye(K)[batch.ys]
                ys = (2 * targets - 1) * rng.uniform(15, 35, ys.shape)
            value, dys = getattr(losses, name)(ys, batch.ys, batch.mask)
            yield {
                "loss": name,
                "K": K,
                "ys": ys.ravel().tolist(),
                "batch": plain(batch),
                "value": float(value),
                "dys": dys.ravel().tolist(),
            }


def gradients():
    """One run through an LSTM and a readout, some gates deep in their tails."""
    rng = np.random.default_rng(1)
    for slots in CHOICES.values():
        for task, spread in (
            (TASKS["runs"][0], 1.0),
            (TASKS["register"][0], 4.0),
            (Register(T=2, B=1), 25.0),
        ):
            model = Model(Recurrent(LSTM(*slots), 3), Linear(task.K))
            p = model.init(rng, task.D)
            gates = (g._replace(b=rng.normal(0, spread, 3)) for g in p.body)
            p = p._replace(body=type(p.body)(*gates))
            batch, single = task.draw(Draws(4)), task.draw(Draws(6))
            ys, _, trace = model.forward(p, batch.xs, lengths=batch.lengths)
            dys = rng.normal(0, 1, ys.shape) * batch.mask[..., None]
            dp = model.backward(p, trace, dys)[0]
            single = type(single)(*(a[:, :1] for a in single[:3]))
            _, _, one = unroll.forward(model.body.cell, p.body, single.xs)
            yield {
                "slots": dict(zip(SLOTS, slots, strict=True)),
                "shape": {"D": task.D, "H": 3, "K": task.K},
                "theta": flat(p),
                "batch": plain(batch),
                "dys": dys.ravel().tolist(),
                "ys": ys.ravel().tolist(),
                "dtheta": flat(dp),
                "floor": 1e-3 if task.B > 1 else 1e-150,
                "single": plain(single),
                "fields": {k: getattr(one, k)[:, 0].T.tolist() for k in "ifogc"},
            }


def updates():
    rng = np.random.default_rng(2)
    for limit, size in ((None, 1.0), (1.0, 1.0), (1.0, 1e-3), (0.5, 1e200)):
        adam = optim.Adam(0.05)
        theta = np.zeros(12)
        memory = adam.init(theta)
        case = {"gradients": [], "norms": [], "clipped": [], "thetas": []}
        for k in range(5):
            gradient = rng.normal(0, size, 12) if k else np.zeros(12)
            shorter, norm = optim.clip(gradient, limit or np.inf)
            theta, memory = adam.update(theta, shorter, memory)
            for key, value in zip(case, (gradient, norm, shorter, theta), strict=True):
                case[key].append(value.tolist())
        yield {"limit": limit, "rate": 0.05, **case}


RUNS = {
    "default A": ("runs", "usual", {}),
    "default B": ("runs", "sigmoid candidate", {}),
    "relu": ("runs", "relu", {"rate": 0.01}),
    "brackets": ("brackets", "usual", {"seed": 3, "H": 2}),
    "register": ("register", "mixed", {"H": 5, "forgetBias": -0.5}),
    "adding": ("adding", "usual", {"limit": 0.1, "seed": 12}),
    "step": ("brackets", "step", {"seed": 900_000}),
    "diverging": ("runs", "runaway", {"rate": 0.3}),
}


def whole_run(name):
    """What lstm_core makes of a configuration in at most 100 updates."""
    task_name, choice, changes = RUNS[name]
    config = {"H": 4, "rate": 0.03, "forgetBias": 1, "limit": None, "seed": 0}
    config |= changes
    slots = CHOICES.get(choice, ("identity",) * 5)
    task, H, seed = TASKS[task_name][0], config["H"], config["seed"]
    model = Model(Recurrent(LSTM(*slots), H), Linear(task.K))
    p = model.init(Draws(seed), task.D)
    forget = p.body.f._replace(b=np.full(H, float(config["forgetBias"])))
    p = p._replace(body=p.body._replace(f=forget))
    run = {"losses": [], "norms": [], "start": flat(p)}
    adam, limit = optim.Adam(config["rate"]), config["limit"] or np.inf
    data = Draws(DATA + seed)
    for step in fit(model, p, task.draw, task.loss, adam, data, 100, limit):
        run["losses"].append(float(step.loss))
        run["norms"].append(float(step.grad_norm))
    test = dataclasses.replace(task, B=TESTED).draw(Draws(TEST + seed))
    with np.errstate(all="ignore"):
        ys, _, _ = model.forward(step.p, test.xs, lengths=test.lengths)
        right = task.correct(ys, test).mean()
        N = int(exact(model, step.p, task, 60)) if hasattr(task, "examples") else None
    return {
        "name": name,
        "config": {
            "slots": dict(zip(SLOTS, slots, strict=True)),
            "task": named(task_name),
            **config,
        },
        **{k: [v if np.isfinite(v) else None for v in run[k]] for k in run},
        "diverged": bool(step.diverged),
        "last": flat(step.p),
        "accuracy": float(right),
        "exact": N,
    }


@pytest.fixture(scope="module")
def expected():
    runs = [whole_run(name) for name in RUNS]
    by_name = {run["name"]: run for run in runs}
    assert by_name["diverging"]["diverged"]
    assert all(len(run["losses"]) == 100 for run in runs if not run["diverged"])
    everything = {
        "draws": list(draws()),
        "batches": list(batches()),
        "losses": list(losses_and_slopes()),
        "gradients": list(gradients()),
        "updates": list(updates()),
        "runs": runs,
        "constants": {"DATA": DATA, "TEST": TEST, "TESTED": TESTED},
    }
    return json.dumps(everything, allow_nan=False)


@pytest.fixture
def modules(tmp_path, expected):
    return write_modules(tmp_path, expected, SwapLab)


def test_the_page_trains_as_lstm_core_does(modules, capsys):
    report = check("learn", modules)
    with capsys.disabled():
        print("\nlargest relative differences:", report["worst"])
    assert report["wrong"] == []
    assert report["worst"]["start"] == report["worst"]["batches"] == 0
    assert report["worst"]["losses of runs"] <= 1e-9


def test_every_export_has_a_fixture(modules):
    assert check("learn", modules)["unproved"] == []


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("0x7feb352d", "0x7feb352f"),
        ("this.word() >>> 5", "this.word() >>> 6"),
        ("if (height <= lowest)", "if (height < lowest)"),
        ("for (let k = 0; k < 2 * n; k++) draws.fraction();", ""),
        ("d > 0 ? 1 : 0, d === 0", "d > 1 ? 1 : 0, d === 0"),
        ("if (symbol === 1) return [1, 1, 0]", "if (symbol === 1) return [1, 0, 0]"),
        ("content[b] + order - 1) > 1", "content[b] + order - 1) > 2"),
        ("[[0, half], [half, T]]", "[[0, half], [0, T]]"),
        ("2 * weight * error", "weight * error"),
        ("Math.log1p(rest)", "Math.log(1 + rest)"),
        ("Math.expm1(-loss)", "(Math.exp(-loss) - 1)"),
        ("Math.log1p(Math.exp(-Math.abs(z)))", "Math.log(1 + Math.exp(-Math.abs(z)))"),
        ("else dys.fill(0, n * K, n * K + K);", ""),
        ("const e = u < 1 ? 1 + less : Math.exp(-u)", "const e = 1 + less"),
        ("d[k] = e * r * r", "d[k] = y[k] * (1 - y[k])"),
        ("draws.uniform(-limit, limit)", "draws.uniform(-1, 1)"),
        ("theta.fill(forgetBias, bias, bias + H);", ""),
        ("run.c.fill(0, 0, B * H);", ""),
        ("dh.fill(0, b * H, b * H + H);", ""),
        ("dcj * c[before + j] * d[1][k]", "dcj * c[k] * d[1][k]"),
        ("dhj * y[2][k] * ds[k]", "dhj * y[2][k]"),
        ("let dhj = dh[b * H + j]", "let dhj = 0"),
        ("limit / (norm + 1e-6)", "limit / norm"),
        ("Math.sqrt(v[j]) / root + 1e-8", "(Math.sqrt(v[j]) + 1e-8) / root"),
        ("1 - 0.999 ** k", "1 - 0.99 ** k"),
        ("if (!self.diverged) [theta", "if (true) [theta"),
        ("new Draws(seed + DATA)", "new Draws(seed + TEST)"),
        ("< 0.04", "< 0.4"),
        ("ys[from + k] > 0 ===", "ys[from + k] > 1 ==="),
        ("first + wrong - 1", "first + wrong"),
    ],
)
def test_a_planted_bug_is_found(modules, good, bad):
    paths = [modules / name for name in ("draws.js", "learn.js")]
    plant(next(path for path in paths if good in path.read_text("utf-8")), good, bad)
    assert check("learn", modules)["count"] > 0
