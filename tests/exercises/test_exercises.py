"""Right answers pass, stubs stay open, mistakes are named, nothing is a traceback."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

from lstm_core import symbolic
from lstm_core.activations import get
from lstm_core.cells.lstm import LSTM
from lstm_core.exercises import one_step, squashers, toolbox
from lstm_core.exercises.mechanism import Exercise, Registry
from lstm_core.exercises.verdict import Wrong

BOOK = Path(__file__).parents[2] / "book"
ALL = one_step.EXERCISES + squashers.EXERCISES
NUMBERS = [exercise.number for exercise in ALL]
z = symbolic.z
s1 = symbolic.plain(symbolic.sigma(z))
s2 = symbolic.plain(symbolic.sigma(2 * z))


@pytest.fixture
def check():
    """A registry of its own for each test, with no hint open yet."""
    return Registry(ALL).check


# --- pages: what the book shows --------------------------------------------------


def cells(path):
    """The code of the page's code cells."""
    text = (BOOK / path).read_text(encoding="utf-8")
    blocks = re.findall(r"^```\{code-cell\}[^\n]*\n(.*?)^```", text, re.M | re.S)
    return [
        re.sub(r"\A(---\n.*?^---\n|(:.*\n)+)", "", b, flags=re.S | re.M) for b in blocks
    ]


def run(code, names):
    """Run a cell; the value of its last line."""
    tree = ast.parse(code)
    *body, last = tree.body
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


@pytest.mark.parametrize("chapter", ["one-step", "squashers"])
def test_the_stubs_of_the_chapter_stay_open(check, chapter):
    verdicts = [
        run(c, {"check": check}) for c in cells(f"{chapter}.md") if "\ncheck(" in c
    ]
    assert [v.outcome for v in verdicts] == ["open", "open"]
    assert all("run the cell again" in repr(v) for v in verdicts)


@pytest.mark.parametrize("chapter", ["one-step", "squashers"])
def test_the_solutions_pass_and_every_exercise_has_one(chapter):
    names, verdicts = {}, []
    for code in cells(f"solutions/{chapter}.md"):
        verdicts.append(run(code, names))
    assert all(verdicts), verdicts
    on_page = set(
        re.findall(r'check\("([\d.]+)"', (BOOK / f"{chapter}.md").read_text())
    )
    assert {v.exercise for v in verdicts} == on_page


def test_every_exercise_is_on_a_page_with_its_label_and_its_solution():
    for exercise in ALL:
        page = next(
            p
            for p in BOOK.glob("*.md")
            if f'check("{exercise.number}"' in p.read_text()
        )
        text = page.read_text(encoding="utf-8")
        assert f":label: ex-{exercise.number.replace('.', '-')}" in text
        assert f"solutions/{page.name}" in text
        assert not re.search(r"^(def sigma|K = )", "\n".join(cells(page.name)), re.M)


# --- 1.1 -------------------------------------------------------------------------


def step_numbers(**changed):
    k = one_step.given_step()
    right = {name: round(float(getattr(k, name)[0, 0]), 3) for name in "ifogch"}
    return right | changed


@pytest.mark.parametrize(
    "slot, wrong, words",
    [
        ("i", lambda k: k.a_i, "not been squashed"),
        ("i", lambda k: np.tanh(k.a_i), "takes σ"),
        ("f", lambda k: get("sigmoid")(-k.a_f), "sign of the exponent"),
        ("o", lambda k: get("sigmoid")(np.array(1.0)), "h_prev goes into every gate"),
        ("g", lambda k: get("sigmoid")(k.a_g), "takes tanh"),
        ("c", lambda k: k.i * k.c_prev + k.f * k.g, "f multiplies the old cell"),
        ("c", lambda k: k.i * k.g, "old cell is missing"),
        ("c", lambda k: k.f * k.c_prev + k.g, "passes through the input gate"),
        ("h", lambda k: k.o * k.c, "squashed on its way out"),
        ("h", lambda k: k.o * np.tanh(k.c_prev), "reads the new cell"),
    ],
)
def test_a_usual_mistake_in_the_step_is_named(check, slot, wrong, words):
    number = round(np.asarray(wrong(one_step.given_step())).item(), 3)
    verdict = check("1.1", step_numbers(**{slot: number}))
    assert not verdict and words in repr(verdict)


def test_the_step_tolerates_rounding_and_no_more(check):
    right = step_numbers()
    assert check("1.1", right | {"c": right["c"] + 0.0004})
    assert not check("1.1", right | {"c": right["c"] + 0.002})


# --- 1.2 -------------------------------------------------------------------------

COUNTER = {"i": (0, 0, 12), "f": (0, 0, 12), "o": (0, 0, 0), "g": (12, 0, 0)}


@pytest.mark.parametrize(
    "slot, weights, words",
    [
        ("f", (0, 0, 5), "forget gate: f falls to 0.993"),
        ("f", (12, 0, 0), "forget gate"),
        ("i", (0, 0, 0), "input gate: i falls to 0.5"),
        ("g", (-12, 0, 0), "the sign"),
        ("g", (12, 0, 1), "bias of g"),
        ("g", (12, 1, 0), "u of g"),
        ("g", (1, 0, 0), "|g| falls to 0.76"),
        ("g", (0, 0, 12), "candidate: g is 1 at an opening bracket and 1"),
    ],
)
def test_a_counter_that_does_not_count_is_told_why(check, slot, weights, words):
    assert check("1.2", COUNTER)
    verdict = check("1.2", COUNTER | {slot: weights})
    assert not verdict and words in repr(verdict)


def test_numbers_of_numpy_and_lists_are_welcome(check):
    assert check(
        "1.2", {k: [np.float64(v) for v in three] for k, three in COUNTER.items()}
    )


# --- 2.1 -------------------------------------------------------------------------


def slopes(**changed):
    return {name: symbolic.get(name).d1 for name in squashers.CLAIMS} | changed


@pytest.mark.parametrize("form", [sp.expand, sp.factor, sp.simplify, sp.together])
def test_any_form_of_the_right_slope_passes(check, form):
    answer = {n: form(symbolic.plain(e)) for n, e in slopes().items()}
    assert check("2.1", answer), check("2.1", answer)


def test_a_z_without_assumptions_and_floats_pass(check):
    plain_z = sp.Symbol("z")
    answer = {n: e.xreplace({z: plain_z}) for n, e in slopes().items()}
    answer["leaky_relu"] = sp.Piecewise((1.0, plain_z > 0), (0.01, True))
    assert check("2.1", answer)


def test_an_answer_may_be_a_function(check):
    assert check("2.1", lambda z: slopes())


@pytest.mark.parametrize("name", squashers.CLAIMS)
def test_every_claim_but_one_is_wrong_and_recognised(check, name):
    verdict = check("2.1", slopes(**{name: squashers.CLAIMS[name].slope}))
    assert bool(verdict) == (name == "leaky_relu")
    assert verdict or "the claim as it stood" in repr(verdict)


@pytest.mark.parametrize(
    "name, wrong, words",
    [
        ("sigmoid", -s1 * (1 - s1), "minus of the quotient rule"),
        ("sigmoid", z * (1 - z), "you have put z there"),
        ("sigmoid", sp.exp(-z) / (1 + sp.exp(-z) ** 2), "whole bracket"),
        ("sigmoid", sp.exp(-z) / 1 + sp.exp(-z) ** 2, "bracket round"),
        ("sigmoid", 2 * s1 * (1 - s1), "factor 2 too many"),
        ("sigmoid", s1, "the function, not its slope"),
        ("sigmoid", symbolic.plain(symbolic.get("sigmoid").d2), "second derivative"),
        ("tanh", 1 - z**2, "you have put z there"),
        ("tanh", 1 - sp.tanh(z), "square is missing"),
        ("tanh", s1 * (1 - s1), "slope of σ(z)"),
        ("tanh", sp.tanh(z) ** 2 - 1, "only the sign"),
        ("softsign", 1 / (1 + z) ** 2, "absolute value"),
        ("softplus", 1 - s1, "mind exp(-z)"),
        ("sigmoid_rescaled", s2 * (1 - s2), "both factors 2"),
        ("sigmoid_rescaled", 4 * s1 * (1 - s1), "taken at 2z"),
        ("leaky_relu", sp.Piecewise((1, z > 0), (0, True)), "slope of ReLU"),
    ],
)
def test_a_usual_mistake_in_a_slope_is_named(check, name, wrong, words):
    verdict = check("2.1", slopes(**{name: wrong}))
    assert not verdict and words in repr(verdict)


def test_no_named_mistake_is_right():
    """A planted right slope among the wrong ones would answer the exercise."""
    for name, usual in squashers._USUAL.items():
        slope = symbolic.plain(symbolic.get(name).d1)
        for wrong, words in usual:
            assert not squashers.expressions.same(wrong, slope), (name, words)


def test_a_strange_letter_is_named(check):
    y = sp.Symbol("y")
    assert "also has `y`" in repr(check("2.1", slopes(sigmoid=y * (1 - y))))


# --- 2.2 -------------------------------------------------------------------------


def sigma(a):
    return 1 / (1 + np.exp(-a))


@pytest.mark.parametrize(
    "wrong, words",
    [
        (lambda z: 1 - np.tanh(z) ** 2, "nearly equal"),
        (lambda z: sigma(2 * z) * (1 - sigma(2 * z)), "0.25 times"),
        (lambda z: sigma(z) * (1 - sigma(z)), "slope of σ(z)"),
        (lambda z: 4 * np.exp(-2 * z) / (1 + np.exp(-2 * z)) ** 2, "overflows"),
        (lambda z: -get("tanh").d1(z), "-1 times"),
        (lambda z: 0.5, "one slope for each z"),
        (lambda z: "steep", "array of slopes"),
    ],
)
def test_a_slope_without_its_tail_is_told_why(check, wrong, words):
    verdict = check("2.2", wrong)
    assert not verdict and words in repr(verdict)


def test_cosh_is_as_good(check):
    assert check("2.2", lambda z: 1 / np.cosh(z) ** 2)


# --- the mechanism ---------------------------------------------------------------


def test_hints_open_one_at_a_time_and_the_last_stays():
    registry = Registry(ALL)
    assert "Hint 1 of 3" in repr(registry.check("1.1", {}))
    assert "Hint 2 of 3" in repr(registry.hint("1.1"))
    assert "Hint 3 of 3 (the last" in repr(registry.check("1.1", 3))
    assert "Hint 3 of 3 (the last" in repr(registry.hint("1.1"))
    assert "Hint 1 of 3" in repr(registry.hint("2.1"))


def test_an_untouched_stub_opens_no_hint():
    registry = Registry(ALL)
    assert registry.check("1.1").outcome == "open"
    assert "Hint 1 of 3" in repr(registry.hint("1.1"))


@pytest.mark.parametrize("number", NUMBERS)
def test_no_hint_repeats_another(number):
    hints = next(e.hints for e in ALL if e.number == number)
    assert len(set(hints)) == len(hints) >= 3


def test_an_unknown_number_gets_a_sentence():
    assert "did you mean `2.1`" in repr(Registry(ALL).check("2.11", 1))
    assert "there are 1.1, 1.2" in repr(Registry(ALL).hint(None))


class Hostile:
    """An answer on which everything fails."""

    def __getattr__(self, name):
        raise RuntimeError("no")

    def __repr__(self):
        raise RuntimeError("no")

    def __eq__(self, other):
        raise RuntimeError("no")


def raises(error):
    def function(*arguments):
        raise error

    return function


def endless():
    looped = []
    looped.append(looped)
    return looped


GARBAGE = [
    0,
    1.5,
    float("nan"),
    float("inf"),
    10**400,
    True,
    1j,
    "",
    "sigma(z)*(1-sigma(z))",
    b"bytes",
    [],
    {},
    {1, 2},
    (1, 2, 3),
    endless(),
    {"i": "0.5"},
    {"sigmoid": "z"},
    np.zeros((2, 2)),
    np.array("text"),
    np.array([None]),
    object(),
    Hostile(),
    Hostile,
    z,
    sp.Matrix([1, 2]),
    sp.zoo,
    sp.Eq(z, 1),
    sp.Function("q")(z),
    lambda: None,
    lambda z: None,
    lambda z: {"sigmoid": np.tanh},
    print,
    len,
    raises(ValueError("bad")),
    raises(SystemExit()),
    raises(RecursionError()),
    dict.fromkeys("ifogch", float("nan")),
    dict.fromkeys("ifogch", Hostile()),
    dict.fromkeys("ifog", (1, "2", None)),
    dict.fromkeys("ifog", (1e308, 1e308, 1e308)),
    dict.fromkeys(squashers.CLAIMS, sp.nan),
    dict.fromkeys(squashers.CLAIMS, np.tanh),
    dict.fromkeys(squashers.CLAIMS, sp.Function("q")(z)),
    dict.fromkeys(squashers.CLAIMS, sp.Matrix([1])),
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("answer", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_gets_a_sentence(check, number, answer):
    verdict = check(number, answer)
    assert verdict.outcome in ("wrong", "open")
    text = repr(verdict)
    assert len(text) < 1500 and "Traceback" not in text and " at 0x" not in text
    assert text.count("\n") == len(verdict.lines)
    assert "<script" not in verdict._repr_html_()


def test_text_of_the_reader_is_escaped(check):
    assert "<b>" not in check("1.1", "<b>bold</b>")._repr_html_()


def test_a_judge_that_fails_still_gives_a_sentence():
    """The planted bug: a judge that divides by zero."""
    broken = Exercise("9.1", "Do.", lambda answer: 1 / 0, ("look",))
    verdict = Registry([broken]).check("9.1", 3)
    assert not verdict and "ZeroDivisionError" in repr(verdict)


def test_a_judge_that_is_too_kind_would_show():
    """The planted bug: a judge that accepts everything accepts a claim."""
    kind = Exercise("2.1", "Do.", lambda answer: "Right.", ("look",))
    wrong = slopes(sigmoid=squashers.CLAIMS["sigmoid"].slope)
    assert Registry([kind]).check("2.1", wrong)
    assert not Registry(ALL).check("2.1", wrong)


def test_where_a_function_stopped_is_told(check):
    def mend(z):
        return {"sigmoid": z / 0 if False else undefined}  # noqa: F821

    assert "NameError" in repr(check("2.1", mend))


def test_number_says_what_came():
    with pytest.raises(Wrong, match="text"):
        toolbox.number("3", "`a`")
    assert toolbox.number(np.float32(0.5), "`a`") == 0.5


def test_the_cell_of_the_exercise_is_the_books():
    k = one_step.given_step()
    assert k.f.item() == pytest.approx(LSTM().f(k.a_f).item())
