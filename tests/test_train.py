import warnings

import numpy as np
import pytest

from lstm_core import losses, optim, train, tree
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.layers import Bidirectional, Embedding, Linear, Model, Recurrent, Stack
from lstm_core.tasks import Adding, Batch, Register, Rows, Runs, side_by_side
from tests.cells.checks import exactly

TASK = Adding(T=5, B=4)
MODEL = Model(Recurrent(LSTM(), 3), Linear(1))


def start(seed=1, model=MODEL, task=TASK, dtype=np.float64):
    return model.init(Draws(seed), task.D, dtype)


def run(steps=4, p=None, optimiser=None, rng=None, task=TASK, model=MODEL, **rest):
    p = start() if p is None else p
    optimiser = optimiser or optim.Adam(0.01)
    rng = rng or Draws(7)
    return list(
        train.fit(model, p, task.draw, task.loss, optimiser, rng, steps, **rest)
    )


def test_one_update_by_hand():
    (step,) = run(1, optimiser=optim.SGD(0.1))
    batch, p = TASK.draw(Draws(7)), start()
    loss, dp = train.value_and_grad(MODEL, p, batch, losses.mse)
    assert (step.k, step.loss, step.diverged) == (1, loss, False)
    assert step.grad_norm == optim.global_norm(dp)
    exactly(step.p, tree.map(lambda w, d: w - 0.1 * d, p, dp))


def test_the_gradient_is_clipped_and_its_norm_is_that_before():
    (free,), (clipped,) = (
        run(1, optimiser=optim.SGD(1.0), clip=limit) for limit in (np.inf, 1e-3)
    )
    assert clipped.grad_norm == free.grad_norm > 1e-3
    moved = tree.map(np.subtract, start(), clipped.p)
    assert optim.global_norm(moved) == pytest.approx(1e-3, rel=1e-2)


def test_breaking_the_loop_stops_it():
    drawn = []

    def draw(rng):
        drawn.append(1)
        return TASK.draw(rng)

    fitting = train.fit(MODEL, start(), draw, losses.mse, optim.SGD(0.1), Draws(1), 100)
    for step in fitting:
        if step.k == 3:
            break
    assert len(drawn) == 3


@pytest.mark.parametrize(
    "task, model, limit",
    [
        (Runs("ab", 3), Model(Recurrent(LSTM(), 3), Linear(3)), 0.3),
        (Register(8), Model(Recurrent(LSTM(), 4), Linear(3)), 0.6),
        (Rows(), Model(Bidirectional(Recurrent(LSTM(), 8)), Linear(10)), 1.2),
    ],
    ids=["aⁿbⁿ", "register", "rows of digits"],
)
def test_it_learns(task, model, limit):
    steps = run(150, start(1, model, task), optim.Adam(0.03), task=task, model=model)
    assert np.mean([step.loss for step in steps[-10:]]) < limit < steps[0].loss


def test_an_embedding_learns_in_a_stack():
    model = Model(Stack((Embedding(3), Recurrent(LSTM(), 3))), Linear(3))

    def draw(rng):
        batch = Runs("ab", 3).draw(rng)
        return batch._replace(xs=batch.xs.argmax(axis=-1))

    p = model.init(Draws(1), 3)
    fitting = train.fit(
        model, p, draw, losses.logistic, optim.Adam(0.03), Draws(1), 150
    )
    *_, last = fitting
    assert last.loss < 0.3


RATES = np.array([0.01, 0.1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_ensemble_is_each_model_alone(dtype):
    task = Adding(T=5, B=4, dtype=dtype)
    alone = [start(seed, dtype=dtype) for seed in (1, 2)]
    together = run(5, tree.stack(alone), optim.Adam(RATES), task=task, clip=0.2)
    for e, p in enumerate(alone):
        steps = run(5, p, optim.Adam(RATES[e]), task=task, clip=0.2)
        for ours, theirs in zip(together, steps, strict=True):
            exactly(tree.at(ours.p, e), theirs.p)
            assert ours.loss[e] == theirs.loss
            assert ours.grad_norm[e] == theirs.grad_norm
            assert ours.loss.dtype == ours.grad_norm.dtype == dtype


def test_each_model_of_an_ensemble_may_draw_for_itself():
    task = Runs("ab", 4, B=3)
    model = Model(Recurrent(LSTM(), 2), Linear(3))
    alone = [start(seed, model, task) for seed in (1, 2)]

    def draw(rngs):
        return side_by_side([task.draw(rng) for rng in rngs])

    rngs = Draws(5), Draws(6)
    fitting = train.fit(
        model, tree.stack(alone), draw, task.loss, optim.Adam(0.01), rngs, 3
    )
    *_, together = fitting
    for e, p in enumerate(alone):
        last = run(3, p, rng=Draws(5 + e), task=task, model=model)[-1]
        np.testing.assert_allclose(together.p.body.f.U[e], last.p.body.f.U, rtol=1e-9)


# --- divergence ---------------------------------------------------------------


def test_divergence_is_reported_and_ends_the_run_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        steps = run(50, optimiser=optim.SGD(1e200))
    *before, last = steps
    assert last.diverged and len(steps) < 50
    assert not any(step.diverged for step in before)
    assert all(np.isfinite(leaf).all() for _, leaf in tree.leaves(last.p))
    exactly(last.p, before[-1].p if before else start())


def test_the_warnings_of_others_are_left_alone():
    """`fit` silences NumPy while it works, not while the reader's loop does."""
    for _ in train.fit(
        MODEL, start(), TASK.draw, losses.mse, optim.SGD(0.1), Draws(1), 2
    ):
        with pytest.raises(RuntimeWarning, match="divide by zero"):
            np.float64(1.0) / np.float64(0.0)


RELU = Model(
    Stack([Recurrent(LSTM(candidate="relu", output="relu"), 3)] * 2), Linear(1)
)


def test_one_model_diverges_and_the_others_go_on():
    rates = np.array([0.01, 1e300, 0.02])
    p = tree.stack([start(seed, RELU) for seed in (1, 2, 3)])
    steps = run(6, p, optim.SGD(rates), model=RELU)
    assert len(steps) == 6
    assert steps[-1].diverged.tolist() == [False, True, False]
    since = next(step.k for step in steps if step.diverged[1])
    for e in (0, 2):
        alone = run(6, tree.at(p, e), optim.SGD(rates[e]), model=RELU)
        exactly(tree.at(steps[-1].p, e), alone[-1].p)
    alone = run(6, tree.at(p, 1), optim.SGD(rates[1]), model=RELU)
    assert alone[-1].k == since
    exactly(tree.at(steps[-1].p, 1), alone[-1].p)


def test_an_overflow_inside_a_stack_is_a_divergence_too():
    p = start(1, RELU)
    huge = tree.map(lambda w: np.full_like(w, 1e200), p.body[0])
    p = p._replace(body=(huge, p.body[1]))
    (step,) = run(5, p, optim.SGD(0.1), model=RELU)
    assert step.diverged and step.k == 1
    exactly(step.p, p)


# --- checkpoints --------------------------------------------------------------


@pytest.mark.parametrize("rng", [Draws, np.random.default_rng])
@pytest.mark.parametrize(
    "optimiser",
    [optim.SGD(0.1), optim.Momentum(0.1), optim.RMSprop(), optim.Adam(0.01)],
    ids=lambda optimiser: type(optimiser).__name__,
)
def test_a_resumed_run_is_the_run_bit_for_bit(tmp_path, optimiser, rng):
    whole = run(9, optimiser=optimiser, rng=rng(3))
    used = rng(3)
    half = run(4, optimiser=optimiser, rng=used)[-1]
    train.save(tmp_path / "half.npz", half, used)
    fresh = rng(99)
    loaded = train.load(tmp_path / "half.npz", start(2), optimiser, fresh)
    exactly((loaded.p, loaded.memory), (half.p, half.memory))
    resumed = run(5, loaded, optimiser, rng=fresh)
    for ours, theirs in zip(resumed, whole[4:], strict=True):
        assert ours[:4] == theirs[:4]
        exactly((ours.p, ours.memory), (theirs.p, theirs.memory))


def test_an_ensemble_with_its_generators_and_divergence_resumes(tmp_path):
    p = tree.stack([start(1), start(2)])
    optimiser = optim.SGD(np.array([0.1, 1e300]))
    rngs = Draws(1), np.random.default_rng(2)

    def draw(rngs):
        return side_by_side([TASK.draw(rng) for rng in rngs])

    def go_on(start, steps, rngs):
        return list(train.fit(MODEL, start, draw, losses.mse, optimiser, rngs, steps))

    half = go_on(p, 3, rngs)[-1]
    train.save(tmp_path / "half.npz", half, rngs)
    want = go_on(half, 3, rngs)[-1]
    others = Draws(8), np.random.default_rng(9)
    loaded = train.load(tmp_path / "half.npz", p, optimiser, others)
    assert loaded.diverged.tolist() == [False, True]
    exactly(go_on(loaded, 3, others)[-1].p, want.p)


def test_a_failed_save_leaves_the_checkpoint_before(tmp_path, monkeypatch):
    path, rng = tmp_path / "run.npz", Draws(3)
    first, second = run(2, rng=rng)
    train.save(path, first, rng)

    def failing(file, **arrays):
        file.write(b"half of it")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", failing)
    with pytest.raises(OSError, match="disk full"):
        train.save(path, second, rng)
    loaded = train.load(path, start(), optim.Adam(0.01), rng)
    exactly(loaded.p, first.p)


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    rng = Draws(3)
    train.save(tmp_path / "run.npz", run(1, rng=rng)[-1], rng)
    bigger = Model(Recurrent(LSTM(), 4), Linear(1)).init(Draws(1), 2)
    for p, optimiser in ((bigger, optim.Adam(0.01)), (start(), optim.SGD(0.01))):
        with pytest.raises(ValueError, match="and optimiser: memory.*differ$"):
            train.load(tmp_path / "run.npz", p, optimiser, rng)


def test_a_file_or_generators_that_do_not_belong_are_refused(tmp_path):
    rng = Draws(3)
    train.save(tmp_path / "run.npz", run(1, rng=rng)[-1], rng)
    with pytest.raises(ValueError, match="expected 1 generators, got 2"):
        train.load(tmp_path / "run.npz", start(), optim.Adam(0.01), (rng, rng))
    np.savez(tmp_path / "other.npz", a=1)
    with pytest.raises(ValueError, match="expected a checkpoint of these parameters"):
        train.load(tmp_path / "other.npz", start(), optim.Adam(0.01), rng)


@pytest.mark.parametrize("size", [0, 10, 400, -1])
def test_a_file_that_is_cut_short_is_refused(tmp_path, size):
    path, rng = tmp_path / "run.npz", Draws(3)
    train.save(path, run(1, rng=rng)[-1], rng)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ValueError, match="expected a whole file, .* got .*run.npz$"):
        train.load(path, start(), optim.Adam(0.01), rng)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        train.load(tmp_path / "none.npz", start(), optim.Adam(0.01), Draws(3))


@pytest.mark.parametrize("rng", [3, None, Draws, np.random.RandomState(3)], ids=str)
def test_only_a_generator_has_a_state_to_keep(tmp_path, rng):
    path, step = tmp_path / "run.npz", run(1)[-1]
    with pytest.raises(TypeError, match="expected rng as a generator such as"):
        train.save(path, step, rng)
    train.save(path, step, Draws(3))
    with pytest.raises(TypeError, match="expected rng as a generator such as"):
        train.load(path, start(), optim.Adam(0.01), rng)


@pytest.mark.parametrize("step", [start(), None, [start()]], ids=["p", "none", "list"])
def test_only_a_step_can_be_gone_on_from(tmp_path, step):
    with pytest.raises(TypeError, match="expected step as Step.k, loss, grad_norm, "):
        train.save(tmp_path / "run.npz", step, Draws(3))
    assert not list(tmp_path.iterdir())


def test_a_forgotten_memory_is_found(tmp_path):
    """The check of a resumed run fails when the optimiser starts afresh."""
    whole = run(9, rng=Draws(3))
    rng = Draws(3)
    half = run(4, rng=rng)[-1]
    forgetful = run(5, half.p, rng=rng)
    assert (forgetful[-1].p.body.f.U != whole[-1].p.body.f.U).any()


def test_another_gradient_can_take_over():
    def zero(model, p, batch, loss):
        return np.float64(0.5), tree.zeros(p)

    step = run(3, grad=zero)[-1]
    assert step.loss == 0.5 and step.grad_norm == 0
    exactly(step.p, start())


def test_a_batch_of_the_wrong_type_is_refused():
    def draw(rng):
        return Batch(*(np.float32(a) for a in TASK.draw(rng)[:3]))

    fitting = train.fit(MODEL, start(), draw, losses.mse, optim.SGD(0.1), Draws(1), 1)
    with pytest.raises(TypeError, match="expected xs of type float64"):
        next(fitting)
