"""The registry: hints open one at a time, stubs stay open, numbers are found."""

import pytest

from lstm_core.exercises.mechanism import Exercise, Registry
from lstm_core.exercises.toolbox import call
from lstm_core.exercises.verdict import Wrong


def judge(answer):
    got = call(answer) if callable(answer) else answer
    if got != 3:
        raise Wrong("three", repr(got))
    return "Three it is."


HINTS = ("it is small.", "it is odd.", "it is prime.")
ALL = tuple(Exercise(number, "Do.", judge, HINTS) for number in ("1.1", "1.2", "2.1"))


@pytest.fixture
def registry():
    return Registry(ALL)


def test_right_and_wrong(registry):
    assert registry.check("1.1", 3) and "Three it is." in repr(registry.check("1.1", 3))
    said = registry.check("1.1", 4)
    assert not said and "Expected: three." in repr(said) and "Got: 4." in repr(said)


def test_hints_open_one_at_a_time_and_the_last_stays(registry):
    assert "Hint 1 of 3: it is small." in repr(registry.check("1.1", 4))
    assert "Hint 2 of 3" in repr(registry.hint("1.1"))
    assert "Hint 3 of 3 (the last" in repr(registry.check("1.1", 5))
    assert "Hint 3 of 3 (the last" in repr(registry.hint("1.1"))
    assert "Hint 1 of 3" in repr(registry.hint("2.1"))


def stub():
    raise NotImplementedError("Exercise 1.1: return a number")


@pytest.mark.parametrize("answer", [None, ..., {"a": ...}, (..., ...), stub])
def test_an_untouched_stub_is_open_and_opens_no_hint(registry, answer):
    said = registry.check("1.1", answer)
    assert said.outcome == "open" and "Do." in repr(said)
    assert ("Exercise 1.1: return a number" in repr(said)) == (answer is stub)
    assert "Hint 1 of 3" in repr(registry.hint("1.1"))
    assert not registry.tried


def test_an_unknown_number_gets_a_sentence(registry):
    assert "did you mean `2.1`" in repr(registry.check("2.11", 1))
    assert "there are 1.1, 1.2" in repr(registry.hint(None))
    assert registry.check(2.1, 3)


def test_a_number_that_cannot_be_printed_gets_a_sentence(registry):
    class Hostile:
        def __repr__(self):
            raise RuntimeError

    assert "no such exercise" in repr(registry.check(Hostile(), 1))


def test_text_of_the_reader_is_escaped(registry):
    assert "<b>" not in registry.check("1.1", "<b>bold</b>")._repr_html_()


def test_where_a_function_stopped_is_told(registry):
    def answer():
        return undefined  # noqa: F821

    said = repr(registry.check("1.1", answer))
    assert "NameError" in said and "line " in said
