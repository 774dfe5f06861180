"""The character model: its text, its training, what is shipped, how good it is."""

import json
import math
from importlib import metadata

import numpy as np
import pytest

from lstm_core import fused
from lstm_core.draws import Draws
from lstm_core.experiments import charmodel
from lstm_core.experiments.charmodel import brackets, corpus, ngram, shipped, training
from lstm_core.layers import Affine, Parts

# --- text ---------------------------------------------------------------------------


def test_the_parts_share_no_file_and_no_character_is_strange():
    files = [path for part in corpus.PARTS for path in corpus.files(part)]
    assert len(set(files)) == len(files) > 50
    for part in corpus.PARTS:
        assert set(corpus.text(part)) <= set(corpus.ALPHABET)
    assert len(corpus.text("train")) > 1e6
    with pytest.raises(ValueError, match="expected part as one of"):
        corpus.files("test")


def test_what_is_not_in_the_alphabet_is_seen_as_nothing():
    codes = corpus.encode("a€\n")
    assert codes.tolist() == [corpus.ALPHABET.index("a"), -1, 0]
    assert corpus.one_hot(codes).sum(axis=1).tolist() == [1, 0, 1]
    assert corpus.one_hot(codes, np.float32).dtype == np.float32


@pytest.mark.parametrize(
    ("text", "depths"),
    [
        ("f(x[0])", [0, 1, 1, 2, 2, 1, 0]),
        (")(", [0, 1]),
        ("(\n\n(", [1, 1, 0, 1]),
        ("({", [1, 2]),
    ],
)
def test_depth_counts_open_brackets(text, depths):
    assert brackets.depth(text).tolist() == depths


def test_r_is_that_of_numpy_and_its_rank_counts_from_one():
    rng = np.random.default_rng(0)
    values, wanted = rng.normal(2, 1, (50, 4)), rng.normal(size=50)
    values[:, 3] = 7.0
    rs = brackets.correlations(values, wanted)
    truth = [np.corrcoef(values[:, k], wanted)[0, 1] for k in range(3)]
    np.testing.assert_allclose(rs[:3], truth)
    assert rs[3] == 0
    assert brackets.rank(np.array([0.1, -0.9, 0.5]), 2) == 2


# --- training -----------------------------------------------------------------------


def curve(*bits):
    return [(training.CHECK * k, b) for k, b in enumerate(bits, 1)]


def test_the_rate_falls_and_training_ends_when_it_has_levelled_off():
    least = training.LEAST
    falling = curve(3.0, 2.5, 2.2, 2.0)
    level = (2.0 - 0.4 * least, 2.0 - 0.8 * least)
    assert training.phase([]) == training.phase(falling) == 0
    assert training.phase([*falling[:-1], *curve(0, 0, 0, 2.0, *level)[3:]]) == 1
    ended = curve(3.0, 2.0, *level, 1.8, 1.8, 1.8)
    assert training.phase(ended) is None
    assert training.rates(ended) == [8e-3] * 4 + [1e-3] * 3
    assert training.phase([(training.AT_MOST, 3.0)]) is None


def test_a_run_that_was_cut_off_goes_on_to_the_same_weights(monkeypatch, tmp_path):
    monkeypatch.setattr(training, "bits", lambda p: float(np.abs(p[1].W).sum()) - 1e4)
    monkeypatch.setattr(training, "CHECK", 2)
    # updates() took the old number as its default
    monkeypatch.setattr(training.updates, "__defaults__", (2, training.H))
    monkeypatch.setattr(training, "PATIENCE", 2)

    def upto(most, folder):
        monkeypatch.setattr(training, "AT_MOST", most)
        monkeypatch.setattr(training, "_settings", lambda: "same")
        return training.trained(3, tmp_path / folder)

    whole, _ = upto(4, "whole")
    upto(2, "parts")
    parts, seen = upto(4, "parts")
    assert [k for k, _ in seen] == [2, 4]
    np.testing.assert_array_equal(whole[0].f.U, parts[0].f.U)
    np.testing.assert_array_equal(whole[1].W, parts[1].W)


def test_the_network_starts_as_its_seed_says():
    theta, rng = training.start(5)
    again = training.model().init(Draws(5), 96, np.float32)
    np.testing.assert_array_equal(fused.unpack(theta, 100)[0].g.W, again.body.g.W)
    assert rng.state["drawn"] > 0
    np.testing.assert_array_equal(charmodel.birth(5).body.g.W, again.body.g.W)


def test_pytorch_begins_with_the_same_loss_and_the_same_update():
    torch = pytest.importorskip("torch")
    from lstm_core.experiments.charmodel import peer

    theta, rng = training.start(1)
    modules = peer._modules(theta)
    batch = training.task().draw(rng)
    ours, _ = fused.value_and_grad(
        training.model(), theta, batch, training.losses.cross_entropy
    )
    adam = torch.optim.Adam([w for w in modules.parameters() if w.requires_grad], 8e-3)
    loss = peer._update(modules, adam, batch)
    assert loss == pytest.approx(float(ours), rel=1e-5)
    (step,) = training.updates(theta, 8e-3, _Same(batch), 1)
    p, readout = fused.unpack(step.p, training.H)
    theirs, head = peer.parameters(modules)
    for one, other in ((p.f.U, theirs.f.U), (readout.W, head.W)):
        # a step of Adam is the rate times a sign, nearly: 8e-3 for every weight
        assert np.mean(np.abs(one - other) < 1e-4) > 0.99


class _Same:
    """A generator that draws what leads to one batch again."""

    def __init__(self, batch):
        self.batch = batch
        text, task = corpus.text("train"), training.task()
        first = [
            "".join(corpus.ALPHABET[k] for k in x.argmax(-1))
            for x in np.moveaxis(batch.xs, 1, 0)
        ]
        self.starts = np.array([text.index(one) for one in first])
        assert task.T == len(first[0])

    def integers(self, low, high, size):
        return self.starts


# --- what is shipped ----------------------------------------------------------------


def test_eight_bits_keep_every_weight_within_half_a_step():
    rng = np.random.default_rng(0)
    p = training.model(6).init(rng, 96)
    p = p._replace(readout=Affine(p.readout.W * 0, rng.normal(size=96)))
    record = json.loads(json.dumps(shipped.squeeze(p)))
    back = shipped.unsqueeze(record)
    for gate, other in zip(p.body, back.body, strict=True):
        step = np.abs(gate.U).max(axis=1, keepdims=True) / 127
        assert np.all(np.abs(gate.U - other.U) <= 4 * step)  # rows hold four gates
        np.testing.assert_allclose(gate.b, other.b, rtol=1e-3)
    scales = np.array(record["scales"])[:96, None]
    W = np.hstack([gate.W for gate in p.body])
    V = np.hstack([gate.W for gate in back.body])
    assert np.all(np.abs(W - V) <= 0.51 * scales)
    assert not back.readout.W.any()


def test_the_shipped_network_is_as_good_as_is_said():
    model, p, alphabet = charmodel.load()
    assert alphabet == corpus.ALPHABET and isinstance(p, Parts)
    assert p.body.i.U.shape == (model.body.H, model.body.H)
    known = shipped.stored()["known"]
    if known["sympy"] != metadata.version("sympy"):
        pytest.skip("another SymPy is another text")
    assert training.bits(p, "report") == pytest.approx(known["bits"], abs=1e-6)
    assert known["bits"] < min(known["ngram"]["report"])
    assert known["bits"] - known["unsqueezed"] < 0.01
    assert shipped.STORED.stat().st_size < 150_000


def test_reading_in_pieces_is_reading_each_by_itself():
    _, p, _ = charmodel.load()
    text = charmodel.excerpt(length=250)
    found = list(shipped.reading(p, text, T=80, B=2))
    assert [len(pieces) for pieces, _, _ in found] == [2, 1]
    logits, trace = charmodel.read(p, text[80:160])
    np.testing.assert_allclose(found[0][1][:, 1], logits[:, 0], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found[0][2].c[:, 1], trace.c[:, 0], rtol=1e-9, atol=1e-9)


# --- n-grams ------------------------------------------------------------------------


def test_an_n_gram_mixes_as_witten_and_bell_say():
    tables = ngram.counts("abab", 1)
    assert tables[1]["a"] == {"b": 2} and tables[0][""] == {"a": 2, "b": 2}
    # P(b) = (2 + 2/96) / 6; after "a" it was seen 2 times of 2, with 1 successor
    p0 = (2 + 2 / 96) / (4 + 2)
    p1 = (2 + p0) / (2 + 1)
    # the text "xab" is judged from its third character on
    assert ngram.bits("xab", tables) == pytest.approx([-math.log2(p0), -math.log2(p1)])


def test_its_probabilities_add_up_to_one():
    tables = ngram.counts(corpus.text("choose")[:3000], 3)
    for context in ("def", "xyz", "  \n"):
        each = [
            2 ** -ngram.bits("q" + context + mark, tables)[3]
            for mark in corpus.ALPHABET
        ]
        assert sum(each) == pytest.approx(1)
