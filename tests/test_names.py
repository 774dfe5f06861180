"""Names with a number in brackets, and the advice in an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core import names


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("tanh", ("tanh", None)),
        ("g_1997", ("g_1997", None)),
        ("leaky_relu(0.2)", ("leaky_relu", 0.2)),
        ("a(8)", ("a", 8.0)),
        ("a(-1.5e-3)", ("a", -0.0015)),
        ("a(+.5)", ("a", 0.5)),
        ("a(2.)", ("a", 2.0)),
    ],
)
def test_split(name, parts):
    assert names.split(name) == parts


@pytest.mark.parametrize(
    "name",
    ["", "a()", "a(b)", "a(e)", "a(--1)", "a(1)(2)", "a (1)", "a(1", " tanh", "a(.)"]
    + [None, 3, ("a", 1)],
)
def test_what_is_no_name_is_said_to_be_none(name):
    with pytest.raises(ValueError) as error:
        names.split(name)
    assert str(error.value) == (
        f'expected a name such as "tanh" or "leaky_relu(0.2)", got {name!r}'
    )


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_join_is_read_back_as_the_same_number(number):
    assert names.split(names.join("a", number)) == ("a", number)


def test_whole_numbers_are_written_short():
    assert names.join("a", 8) == "a(8)"
    assert names.join("a", 8.5) == "a(8.5)"


def test_unknown_names_what_is_near():
    error = names.unknown("activation", "tahn", ("tanh", "sine"))
    assert isinstance(error, ValueError)
    assert str(error) == "unknown activation 'tahn': did you mean tanh?"


def test_unknown_lists_everything_when_nothing_is_near():
    error = names.unknown("task", "qqq", ("adding", "copy"))
    assert str(error) == "unknown task 'qqq': choose from adding, copy"
