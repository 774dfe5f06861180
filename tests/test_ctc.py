"""CTC against its definition: the sum over all alignments, one by one."""

from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_core import ctc, gradcheck
from tests.helpers import mutated

K = 3


def spelled(alignment):
    return [label for label, _ in groupby(alignment) if label]


def by_enumeration(ys, labels):
    """-log p and the gradient, of one sequence of logits (T, K)."""
    p = np.exp(ys) / np.exp(ys).sum(axis=-1, keepdims=True)
    total, share = 0.0, np.zeros_like(p)
    for alignment in product(range(K), repeat=len(ys)):
        if spelled(alignment) == labels:
            chance = np.prod([p[t, k] for t, k in enumerate(alignment)])
            total += chance
            for t, k in enumerate(alignment):
                share[t, k] += chance
    return -np.log(total), p - share / total


@settings(max_examples=40)
@given(st.data())
def test_the_sum_over_all_alignments(data):
    B, T = data.draw(st.integers(1, 3)), 6
    label = st.lists(st.integers(1, K - 1), max_size=3)
    labels = [data.draw(label) for _ in range(B)]
    need = [
        max(1, len(l) + sum(a == b for a, b in zip(l, l[1:], strict=False)))
        for l in labels
    ]
    lengths = np.array([data.draw(st.integers(n, T)) for n in need])
    targets = np.array([l + [0] * (3 - len(l)) for l in labels])
    ys = np.random.default_rng(B).normal(0, 2, (T, B, K))
    mask = np.arange(T)[:, None] < lengths
    loss, dys = ctc.ctc(ys, targets, mask)
    wanted = [by_enumeration(ys[:n, b], labels[b]) for b, n in enumerate(lengths)]
    assert loss == pytest.approx(np.mean([each for each, _ in wanted]), rel=1e-12)
    for b, n in enumerate(lengths):
        np.testing.assert_allclose(dys[:n, b] * B, wanted[b][1], rtol=1e-9, atol=1e-14)
        assert not dys[n:, b].any()


def test_a_jump_over_the_blank_between_equal_labels_is_found():
    bug = mutated(ctc._ahead, " & (states[:, 2:] != states[:, :-2])", "")
    ys, targets = np.random.default_rng(1).normal(size=(4, 1, K)), np.array([[1, 1]])
    want = by_enumeration(ys[:, 0], [1, 1])[0]
    wrong = mutated(ctc._alignments, "joint = _ahead(", "joint = BUG(")
    wrong.__globals__.update(BUG=bug, _ahead=bug)
    log_p, _ = wrong(ys - ctc._log_sum(ys), targets, np.array([4]))
    assert abs(-log_p.item() - want) > 1e-2
    assert ctc.ctc(ys, targets)[0] == pytest.approx(want, rel=1e-12)


def test_far_into_the_tail():
    """A target of probability e^-5000 has its loss, and its gradient, to all digits."""
    ys = np.zeros((5, 1, K))
    ys[:, 0, 0] = 1000.0
    targets = np.array([[1, 2, 1, 2, 1]])
    loss, dys = ctc.ctc(ys, targets)
    assert loss == pytest.approx(5000, rel=1e-14)
    np.testing.assert_allclose(dys[0, 0], [1, -1, 0], atol=1e-12)


def test_long_sequences_stay_finite_in_float32():
    rng = np.random.default_rng(2)
    ys = rng.normal(0, 5, (300, 4, 11)).astype(np.float32)
    targets = rng.integers(1, 11, (4, 20))
    loss, dys = ctc.ctc(ys, targets)
    exact, dexact = ctc.ctc(ys.astype(float), targets)
    assert loss == pytest.approx(exact, rel=1e-5)
    np.testing.assert_allclose(dys, dexact, atol=1e-3)
    np.testing.assert_allclose(dexact.sum(axis=-1), 0, atol=1e-12)


def test_the_gradient_by_complex_step_where_nothing_can_be_enumerated():
    rng = np.random.default_rng(3)
    ys, targets = rng.normal(size=(9, 2, 5)), np.array([[1, 2, 2, 4], [3, 0, 0, 0]])
    mask = np.arange(9)[:, None] < [9, 6]
    reference = gradcheck.complex_step(lambda ys: ctc.ctc(ys, targets, mask)[0], ys)
    gradcheck.assert_agree(ctc.ctc(ys, targets, mask)[1], reference)


def test_it_is_that_of_pytorch(torch):
    rng = np.random.default_rng(4)
    targets = np.array([[1, 2, 2, 4], [3, 0, 0, 0], [4, 4, 1, 0]])
    lengths, T = [30, 21, 7], 30
    ys = rng.normal(0, 3, (T, 3, 5))
    mask = np.arange(T)[:, None] < lengths
    logits = torch.tensor(ys, requires_grad=True)
    logs = torch.log_softmax(logits, -1)
    many = torch.tensor([4, 1, 3])
    one_by_one = torch.nn.functional.ctc_loss(
        logs, torch.tensor(targets), torch.tensor(lengths), many, reduction="none"
    )
    one_by_one.mean().backward()
    loss, dys = ctc.ctc(ys, targets, mask)
    assert loss == pytest.approx(one_by_one.mean().item(), rel=1e-12)
    # A share is a difference of two numbers near 1 in PyTorch's formula.
    np.testing.assert_allclose(dys, logits.grad.numpy(), rtol=1e-9, atol=1e-13)


def test_best_path_merges_repeats_and_drops_blanks():
    said = np.array([[0, 1, 1, 0, 1, 2, 2], [2, 2, 0, 2, 1, 1, 1]]).T
    ys = np.eye(K)[said]
    mask = np.arange(7)[:, None] < [7, 4]
    got = ctc.best_path(ys, mask)
    np.testing.assert_array_equal(got, [[1, 1, 2, 0, 0, 0, 0], [2, 2, 0, 0, 0, 0, 0]])
    both = ctc.best_path(np.stack([ys, ys[:, ::-1]], axis=1))
    assert both.shape == (2, 2, 7)
    np.testing.assert_array_equal(both[1, 0, :3], [2, 2, 1])


@pytest.mark.parametrize(
    "targets, mask, sentence",
    [
        ([[1, 1]], None, "at least 3 steps for the labels of sequence 0, got 2"),
        ([[1, 3]], None, "labels from 1 to 2"),
        ([[0, 1]], None, "before its padding"),
        ([1, 2], None, r"targets as integers of shape \(1, L\)"),
        ([[1.0]], None, r"targets as integers of shape \(1, L\)"),
        ([[1]], [[False], [True]], "true up to each sequence's end"),
        ([[0]], [[False], [False]], "at least 1 steps"),
    ],
)
def test_arguments_that_do_not_fit(targets, mask, sentence):
    with pytest.raises(ValueError, match=sentence):
        ctc.ctc(np.zeros((2, 1, K)), targets, mask)
