"""What judges use: it reads answers, names mistakes and never lets anything change."""

import math
import sys

import numpy as np
import pytest

from lstm_core.exercises import by_hand, toolbox
from lstm_core.exercises.verdict import Untouched, Wrong

cells = np.array([0.5, -2.0, 3.0])
gates = np.array([0.9, 0.2, 0.6])
RIGHT = {
    "right": lambda c, o: o * np.tanh(c),
    "cases": [(cells, gates)],
    "usual": {"not squashed": lambda c, o: o * c},
}


def told(work, *arguments, **options):
    """What `Wrong` says."""
    with pytest.raises(Wrong) as caught:
        work(*arguments, **options)
    wrong = caught.value
    return f"{wrong.expected} | {wrong.got} | {wrong.look}"


# --- functions ---------------------------------------------------------------------


def test_a_right_function_passes():
    toolbox.judge_function(lambda c, o: np.tanh(c) * o, **RIGHT)


@pytest.mark.parametrize(
    "wrong, words",
    [
        (lambda c, o: o * c, "not squashed"),
        (lambda c, o: -o * np.tanh(c), "only the sign"),
        (lambda c, o: 2 * o * np.tanh(c), "factor 2 too many"),
        (lambda c, o: 3 * o * np.tanh(c), "3 times the right ones"),
        (lambda c, o: 0 * c, "everything is 0"),
        (lambda c, o: (o * np.tanh(c))[::-1], "runs backwards"),
        (lambda c, o: np.append(0, (o * np.tanh(c))[:-1]), "one step late"),
        (lambda c, o: np.append((o * np.tanh(c))[1:], 0), "one step early"),
        (lambda c, o: 0.5, "a single number"),
        (lambda c, o: None, "return"),
        (lambda c, o: (each for each in c), "a generator | `yield` hands out"),
        (lambda c, o: c[:2], "the number of entries differs"),
        (lambda c, o: (c, o), "you return 2 arrays"),
        (lambda c, o: (c, 1), "parts of the shapes `(3,)` and `()`"),
        (lambda c, o: o if c > 0 else c, "np.where"),
        (lambda c, o: math.tanh(c), "take NumPy's"),
        (lambda c, o: "0.5", "an array"),
        (lambda c, o: np.full(3, np.nan), "finite numbers"),
        (lambda c, o: c > 0, "true and false"),
        (lambda c, o: c + 0j, "complex"),
        (lambda c, o: np.ones((1, 3)), "an axis too many"),
        (lambda c, o: np.array([None] * 3), "object entries"),
        (lambda c: c, "positional argument"),
        (lambda c, o: c.__iadd__(1), "in place"),
        (lambda c, o: undefined, "NameError"),  # noqa: F821
        (3, "a function"),
        (np.tanh(1.0), "a function"),
        (dict, "a function"),
    ],
)
def test_a_wrong_function_is_told_why(wrong, words):
    assert words in told(toolbox.judge_function, wrong, **RIGHT)


def test_a_matrix_on_its_side_is_seen():
    square = np.arange(9.0).reshape(3, 3)
    said = told(
        toolbox.judge_function, np.transpose, right=np.asarray, cases=[(square,)]
    )
    assert "transposed" in said
    oblong = np.ones((2, 3))
    assert "other order" in told(toolbox.array, oblong.T, (2, 3))
    assert "axis is lost" in told(toolbox.array, oblong.sum(axis=0), (2, 3))
    assert "(B, H)" in told(toolbox.array, oblong.T, (2, 3), axes="BH")


def test_arguments_that_fit_in_a_line_are_told():
    said = told(
        toolbox.judge_function, lambda n: n, right=lambda n: n + 1, cases=[(3,), (4,)]
    )
    assert "for the argument 3" in said or "for the argument 4" in said


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_what_ends_programs_is_only_an_error_here(error):
    def leave():
        raise error

    assert error.__name__ in told(toolbox.call, leave)


def test_a_function_that_ends_the_program_is_told_of_return():
    assert "end a function with `return`" in told(toolbox.call, sys.exit)
    assert "end a function with `return`" in told(
        toolbox.call, lambda x: sys.exit(x), 3
    )


@pytest.mark.parametrize(
    "value", [0.3, np.arange(3.0), [np.ones(2), np.ones((2, 2))], np.zeros(4)]
)
def test_a_mark_tells_values_apart(value):
    found = toolbox.mark(value)
    assert toolbox.recognise(value, {"it": found}) == "it"
    rounded = toolbox.Mark(*(round(one, 4) for one in found))
    assert toolbox.recognise(value, {"it": rounded}) == "it"
    more = [np.asarray(one) + 0.01 for one in toolbox._listed(value)]
    assert toolbox.recognise(more, {"it": found}) == ""


def test_a_mark_sees_the_order_of_entries():
    value = np.array([1.0, 2.0, 3.0])
    assert toolbox.recognise(value[::-1], {"it": toolbox.mark(value)}) == ""


def test_a_stub_is_open_and_keeps_its_words():
    def stub():
        raise NotImplementedError("Exercise 9.1: return a number")

    with pytest.raises(Untouched, match="9.1"):
        toolbox.call(stub)


def test_nothing_of_the_judge_can_be_changed():
    array, items, record = np.zeros(2), [1.0], {"a": np.zeros(2)}

    def greedy(array, items, record):
        items.append(2.0)
        return 1

    assert "in place" in told(toolbox.call, greedy, array, items, record)
    assert items == [1.0]
    assert "in place" in told(toolbox.call, lambda r: r["a"].fill(1), record)
    assert not record["a"].any() and array.flags.writeable
    assert toolbox.call(len, items) == 1


def test_it_says_that_a_function_calls_itself():
    def again():
        return again()

    assert "calls itself" in told(toolbox.call, again)


def test_a_named_tuple_keeps_its_kind():
    weights = by_hand.scalar(dict.fromkeys("ifog", (1, 2, 3)))
    assert toolbox.call(lambda p: p.f.b.item(), weights) == 3.0


# --- slopes ------------------------------------------------------------------------


def test_the_slope_of_the_readers_own_function():
    points = np.array([-30.0, 0.3, 2.0])
    found = toolbox.slope_of(np.tanh, points)
    np.testing.assert_allclose(found, 1 / np.cosh(points) ** 2, rtol=1e-12)


@pytest.mark.parametrize(
    "function", [np.abs, lambda z: np.tanh(np.real(z)), lambda z: z + np.real(z)]
)
def test_a_function_that_loses_the_imaginary_part_is_told(function):
    assert "imaginary part" in told(toolbox.slope_of, function, [-1.0, 0.5, 3.0])


# --- words and numbers ---------------------------------------------------------------

OPTIONS = {"sigmoid": ("σ", "sigma"), "hard tanh": ()}


@pytest.mark.parametrize("text", ["sigmoid", " Sigmoid. ", "σ", "SIGMA"])
def test_a_word_may_be_spelt_as_one_likes(text):
    assert toolbox.choice(text, OPTIONS) == "sigmoid"


@pytest.mark.parametrize(
    "answer, words",
    [("sigmod", "nearest is `sigmoid`"), ("relu", "one of"), (3, "quotation marks")],
)
def test_a_word_that_is_no_option_is_told(answer, words):
    assert words in told(toolbox.choice, answer, OPTIONS)


def test_parts_are_named_when_they_are_missing():
    whole = {"prediction": "σ", "result": 3}
    assert toolbox.parts(whole, ("prediction", "result")) == whole
    assert "`result`" in told(toolbox.parts, whole | {"result": ...}, whole)
    assert "a dictionary" in told(toolbox.parts, 3, whole)


def test_number_says_what_came():
    assert "text" in told(toolbox.number, "3", "`a`")
    assert "call the function" in told(toolbox.number, np.tanh, "`a`")
    assert toolbox.number(np.float32(0.5), "`a`") == 0.5


def test_recognise_takes_the_first_that_agrees():
    usual = {"one": 1.0, "one again": 1.0, "pair": np.array([1.0, 2.0])}
    assert toolbox.recognise(1.0, usual) == "one"
    assert toolbox.recognise(np.array([1.0, 2.0]), usual) == "pair"
    assert toolbox.recognise(5.0, usual) == ""


def test_numbers_alone_never_accuse_what_is_only_different():
    rng = np.random.default_rng(0)
    assert toolbox.ratio_words(rng.normal(size=5), rng.normal(size=5)) == ""
    assert toolbox.ratio_words(np.ones(2), np.zeros(2)) == ""


# --- weights by hand -----------------------------------------------------------------


def test_weights_run_far_past_what_was_given():
    weights = by_hand.triples(
        {"i": (0, 0, 9), "f": [0, 0, 9], "o": (0, 0, 9), "g": np.array([9, 0, 0])}
    )
    xs = np.ones((300, 1))
    count = xs.cumsum(axis=0)
    c = by_hand.run(weights, xs)["c"]
    t, b = by_hand.first_miss(c, count, 0.5)
    assert 20 < t < 300 and b == 0
    assert by_hand.first_miss(c[:20], count[:20], 0.5) is None


@pytest.mark.parametrize(
    "triple, words", [((1, 2), "three numbers"), ((1, 2, "3"), "`b` of `i`")]
)
def test_weights_that_are_none_are_told(triple, words):
    answer = dict.fromkeys("ifog", (0, 0, 0)) | {"i": triple}
    assert words in told(by_hand.triples, answer)
