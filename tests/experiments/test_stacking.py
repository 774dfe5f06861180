"""The claims about stacking, and the stacks that they and the chapter show."""

import numpy as np
import pytest

from lstm_core import gradcheck, losses, train, tree
from lstm_core.cells.lstm import LSTM
from lstm_core.draws import Draws
from lstm_core.experiments.claims import stacking
from lstm_core.experiments.stacks import (
    autoencoder,
    language,
    libraries,
    reader,
    reconstructions,
    shipped,
)
from lstm_core.experiments.stacks.planned import BothWays, Planned
from lstm_core.layers import Bidirectional, Linear, Model, Parts, Recurrent, Stack
from lstm_core.tasks import DigitStrings
from tests.helpers import with_bug

# --- layers for training ------------------------------------------------------------


def both(fast, slow, unpacked, batch, loss):
    """(loss, gradients) of the fast model and of the same one of plain layers."""
    p = fast.init(Draws(0), 8)
    value, dp = train.value_and_grad(fast, p, batch, loss)
    other, reference = train.value_and_grad(slow, unpacked(p), batch, loss)
    assert value == pytest.approx(other, rel=1e-12)
    return unpacked(dp), reference


def reader_pair(layer=BothWays):
    layers = tuple(layer(Planned(LSTM(), 3, place)) for place in range(2))
    plain = Bidirectional(Recurrent(LSTM(), 3))
    fast, slow = (Model(Stack(s), Linear(11)) for s in (layers, (plain, plain)))

    def unpacked(p):
        pairs = zip(layers, p.body, strict=True)
        return Parts(tuple(one.unpacked(theta) for one, theta in pairs), p.readout)

    return fast, slow, unpacked


def test_planned_layers_read_both_ways_as_plain_ones_do():
    batch = DigitStrings(3, B=4).draw(Draws(1))
    gradcheck.assert_agree(*both(*reader_pair(), batch, losses.ctc), tolerance=1e-7)


def test_a_direction_that_ignores_lengths_is_found():
    broken = with_bug(BothWays(Planned(LSTM(), 3)), "forward", "xs, lengths)]", "xs)]")
    batch = DigitStrings(3, B=4).draw(Draws(1))
    pair = reader_pair(type(broken))
    with pytest.raises(AssertionError):
        both(*pair, batch, losses.ctc)


@pytest.mark.parametrize("between", ["identity", "relu"])
def test_the_autoencoder_and_its_gradient(between):
    fast, slow = autoencoder.model(between, None, Planned), autoencoder.model(between)
    batch = autoencoder.draw(Draws(1), 4, np.float64)
    ours, reference = both(
        fast, slow, lambda p: autoencoder.unpacked(fast, p), batch, losses.mse
    )
    gradcheck.assert_agree(ours, reference, tolerance=1e-7)


def tiny(between):
    layer = Recurrent(LSTM(), 2)
    halves = Stack((layer, layer), between), Stack((layer, layer), between)
    return Model(autoencoder.Autoencoder(*halves, between), Linear(2))


@pytest.mark.parametrize("bug", [None, (".sum(axis=0) *", "[-1] *")])
def test_the_way_back_through_the_code(bug):
    net, xs = tiny("tanh"), np.random.default_rng(0).normal(size=(3, 2, 2))
    if bug:
        net = Model(with_bug(net.body, "backward", *bug), net.readout)
    p, batch = net.init(Draws(0), 2), autoencoder.batch(xs)

    def loss(p):
        return losses.mse(net.forward(p, xs)[0], xs)[0]

    _, dp = train.value_and_grad(net, p, batch, losses.mse)
    worst = gradcheck.compare(dp, gradcheck.complex_step(loss, p))[0].error
    assert (worst > 1e-3) if bug else (worst < 1e-9)


@pytest.mark.parametrize("bug", [None, ("dxs + dys", "dxs")])
def test_the_way_back_through_both_directions(bug):
    net = language.model()
    if bug:
        low, high = net.stack.layers
        stack = Stack((low, with_bug(high, "backward", *bug)))
        net = language.BothDirections(stack, net.K)
    p = net.init(Draws(0))
    batch = language.windows(np.random.default_rng(0).integers(0, 96, (5, 2)))
    value, dp = language.value_and_grad(net, p, batch, language.Pieces.loss)
    name, leaf = "stacks.0.R", p.stacks[0].R
    along = np.random.default_rng(1).normal(size=leaf.shape)
    ends = [
        language.value_and_grad(
            net, tree.replace(p, name, leaf + s * along), batch, language.Pieces.loss
        )[0]
        for s in (1e-5, -1e-5)
    ]
    slope, found = (ends[0] - ends[1]) / 2e-5, (dp.stacks[0].R * along).sum()
    assert bool(abs(found / slope - 1) < 1e-5) is (bug is None)


# --- what is shipped ----------------------------------------------------------------


def test_the_shipped_reader_reads():
    net, p = reader.load()
    batch = reader.strings(60, seed=3)
    ys, _, _ = net.forward(p, batch.xs, lengths=batch.lengths)
    wrong, labels = reader.mistakes(ys, batch).sum(axis=0)
    assert wrong / labels < 0.1
    wrong, labels = reader.mistakes(np.zeros_like(ys), batch).sum(axis=0)
    assert wrong == labels


@pytest.mark.parametrize(
    "said, want, count",
    [("", "", 0), ("abc", "", 3), ("", "ab", 2), ("kitten", "sitting", 3)]
    + [("ab", "ba", 2)],
)
def test_edits(said, want, count):
    assert reader.edits(said, want) == count


def test_the_shipped_language_model_knows_more_than_nothing():
    net, p = language.load()
    text = "    def _eval_simplify(self, **kwargs):\n        return self\n" * 8
    reading = language.read(net, p, text, T=64)
    assert (reading.bits < 4).all() and len(reading.cells) == len(reading.outputs) == 2
    bits = language.surprises(net, p, text[:40])
    assert np.isnan(bits).sum() == 2 and np.isnan(bits[0, 0]) and np.isnan(bits[1, -1])


def test_the_shipped_autoencoder_gives_back_what_is_shown():
    net, p, gives = reconstructions.load()
    ys, _, _ = net.forward(p, reconstructions.shown())
    again = reconstructions.images(ys).astype(float)
    assert np.abs(again - gives["none"]).max() <= 2
    assert autoencoder.missed(ys, reconstructions.shown()) < 0.5


def test_weights_come_back_as_they_were_up_to_half_precision(tmp_path):
    p = Linear(3).init(Draws(0), 4)
    shipped.save("some", p, tmp_path, more=np.arange(2))
    again = shipped.load("some", p, folder=tmp_path)
    np.testing.assert_allclose(again.W, p.W, rtol=1e-3)
    assert again.W.dtype == float and (again.b == p.b).all()
    with pytest.raises(ValueError, match="expected 20 weights in some, got 15"):
        shipped.load("some", Linear(4).init(Draws(0), 4), folder=tmp_path)


def test_the_shipped_files_stay_small():
    sizes = [path.stat().st_size for path in shipped.FOLDER.glob("*.npz")]
    assert len(sizes) == 4 and sum(sizes) < 150_000


# --- libraries ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["keras", "keras_relu", "torch"])
def test_recorded_stacks_are_ours(name):
    weights, ys = libraries.recorded(name)
    assert np.abs(libraries.ours(name, weights) - ys).max() < 1e-12
    assert np.abs(libraries.ours(name, weights, "relu") - ys).max() > 1e-3 or (
        name == "keras_relu"  # whose h is never negative
    )


def facts(**changed):
    found = {
        "Keras": libraries.keras_says(installed=False),
        "PyTorch": libraries.torch_says(installed=False),
    }
    for name, change in changed.items():
        found[name] |= change
    return found


def test_frameworks_holds_and_would_fail():
    judged = stacking.FRAMEWORKS.judge(facts(), range(2), False)
    assert judged.verdict == "holds" and "as recorded" in judged.sentence
    for planted in (
        {"Keras": {"arguments": {"activation": "tanh"}}},
        {"PyTorch": {"refused": False}},
        {"PyTorch": {"nothing between": 1e-3}},
        {"Keras": {"inside the cell": 0.1}},
    ):
        assert stacking.FRAMEWORKS.judge(facts(**planted), range(2), False).verdict == (
            "fails"
        )


def test_what_pytorch_says_here(torch):
    assert libraries.torch_says() == libraries.torch_says(False) | {
        "checked": True,
        "version": torch.__version__.split("+")[0],
        "nothing between": pytest.approx(0, abs=1e-12),
        "relu between": pytest.approx(0.1, abs=0.09),
    }


def test_what_keras_says_here(keras):
    found = libraries.keras_says()
    assert found["checked"] and found["version"] == keras.__version__
    judged = stacking.FRAMEWORKS.judge(facts(Keras=found), range(2), False)
    assert judged.verdict == "holds" and "checked here" in judged.sentence


# --- rules --------------------------------------------------------------------------


def between(none=0.3, tanh=1.0, relu=1.0, inside=1.0, noise=0.01):
    """Made-up parts: each variant's error as a multiple of that of none."""
    rng = np.random.default_rng(0)
    found = {}
    for name, times in zip(stacking.VARIANTS, (1, tanh, relu, inside), strict=True):
        best = none * times * np.exp(noise * rng.normal(size=10))
        missed = np.stack([best, 1.2 * best])
        found[name] = {
            "rates": [0.01, 0.03],
            "missed": missed.tolist(),
            "diverged": np.zeros((2, 10), bool).tolist(),
            "negative": np.full((2, 10), 0.5).tolist(),
        }
    return found


@pytest.mark.parametrize(
    "settings, verdict",
    [
        ({}, "holds"),
        ({"relu": 1.3}, "depends"),
        ({"inside": 0.7}, "fails"),
        ({"inside": 0.7, "relu": 1.3}, "fails"),
        ({"relu": 1.1, "noise": 0.1}, "undecided"),
        ({"none": 0.8, "relu": 1.2}, "undecided"),
    ],
)
def test_the_rule_of_between_layers(settings, verdict):
    judged = stacking.BETWEEN_LAYERS.judge(between(**settings), range(10), False)
    assert judged.verdict == verdict
    if settings.get("relu") == 1.3:
        assert judged.effects[1].value == pytest.approx(30, abs=2)


def test_a_run_that_diverged_has_missed_everything():
    found = between()
    found["ReLU between"]["diverged"] = np.ones((2, 10), bool).tolist()
    found["ReLU between"]["missed"] = [[None] * 10] * 2
    judged = stacking.BETWEEN_LAYERS.judge(found, range(10), False)
    assert judged.verdict == "depends"
    assert judged.failures["diverged"]["ReLU between"] == 10


@pytest.mark.parametrize(
    "share, verdict", [(0.5, "fails"), (0.001, "holds"), (0.05, "undecided")]
)
def test_the_rule_of_relu_twice(share, verdict):
    rng = np.random.default_rng(0)
    keys = "trained", "birth"
    part = {k: list(share * (1 + 0.01 * rng.normal(size=20))) for k in keys}
    part |= {"right": [0.9, 0.8] * 10, "with ReLU": [0.8, 0.8] * 10}
    judged = stacking.RELU_TWICE.judge({"digits": part}, range(20), False)
    assert judged.verdict == verdict


def test_the_share_below_zero_counts_what_is_below_zero():
    hs = np.array([[[[-1.0, 0.0, 2.0, -3.0]]]])  # (T, E, B, H)
    assert stacking._negative(hs) == [0.5]
