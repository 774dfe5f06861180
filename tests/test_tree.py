"""Nested records as one vector."""

from typing import NamedTuple

import numpy as np
import pytest

from lstm_core import tree
from tests.helpers import frozen


class Leafy(NamedTuple):
    a: np.ndarray
    b: np.ndarray | None


class Nested(NamedTuple):
    left: Leafy
    right: np.ndarray


def record(factor=1.0):
    return frozen(
        Nested(Leafy(factor * np.arange(3.0), None), factor * np.ones((2, 2)))
    )


def test_map_keeps_the_record_and_passes_over_none():
    got = tree.map(lambda a, b: a - b, record(3.0), record())
    assert isinstance(got, Nested) and isinstance(got.left, Leafy)
    assert got.left.b is None
    np.testing.assert_array_equal(got.left.a, [0, 2, 4])
    np.testing.assert_array_equal(got.right, np.full((2, 2), 2.0))


def test_map_of_a_leaf_and_of_plain_tuples():
    assert tree.map(lambda a: 2 * a, 3) == 6
    assert tree.map(lambda a: 2 * a, (1, (2, None))) == (2, (4, None))
    assert tree.map(lambda a: 2 * a, None) is None


def test_map_refuses_records_of_other_lengths():
    with pytest.raises(ValueError):
        tree.map(np.add, (1, 2), (1,))


def test_leaves_have_dotted_names_in_the_order_of_the_fields():
    assert [name for name, _ in tree.leaves(record())] == ["left.a", "right"]
    assert [name for name, _ in tree.leaves(record(), "p")] == ["p.left.a", "p.right"]
    assert [name for name, _ in tree.leaves((1, (2, 3)))] == ["0", "1.0", "1.1"]
    assert tree.leaves(7) == [("", 7)]
    assert tree.leaves(None) == []


def test_add_and_zeros():
    total = tree.add(record(), record(2.0))
    np.testing.assert_array_equal(total.left.a, [0, 3, 6])
    zero = tree.zeros(record().left._replace(a=np.float32([1, 2])))
    assert zero.a.dtype == np.float32 and not zero.a.any() and zero.b is None


def test_replace_changes_one_leaf_of_a_copy():
    before = record()
    after = tree.replace(before, "left.a", 5)
    assert after.left.a == 5 and after.right is before.right
    np.testing.assert_array_equal(before.left.a, np.arange(3.0))
    assert tree.replace((1, (2, 3)), "1.0", 9) == (1, (9, 3))
    assert tree.replace(1, "", 9) == 9


def test_every_name_of_leaves_can_be_replaced():
    for name, leaf in tree.leaves(record()):
        changed = tree.replace(record(), name, leaf + 1)
        different = [
            name
            for (name, old), (_, new) in zip(
                tree.leaves(record()), tree.leaves(changed), strict=True
            )
            if not np.array_equal(old, new)
        ]
        assert different == [name]


def test_at_undoes_stack():
    records = [record(), record(2.0), record(3.0)]
    stacked = tree.stack(records)
    assert stacked.left.a.shape == (3, 3) and stacked.right.shape == (3, 2, 2)
    for t, expected in enumerate(records):
        got = tree.at(stacked, t)
        assert got.left.b is None
        np.testing.assert_array_equal(got.left.a, expected.left.a)
        np.testing.assert_array_equal(got.right, expected.right)


def test_is_record():
    assert tree.is_record(record()) and tree.is_record((1, 2))
    assert not tree.is_record(np.ones(2)) and not tree.is_record(None)


def test_norm_of_each_vector_however_large_or_small():
    ordinary, extreme = [[3.0, -4.0], [0.0, 0.0]], [[1e200, 0.0], [3e-200, -4e-200]]
    norms = tree.norm(frozen(np.array([ordinary, extreme])))
    np.testing.assert_allclose(norms, [[5.0, 0.0], [1e200, 5e-200]], rtol=1e-15)
    np.testing.assert_allclose(tree.norm(np.full((2, 9), 0.1)), [0.3, 0.3], rtol=1e-15)
    assert tree.norm(np.float32([[1, 2]])).dtype == np.float32
