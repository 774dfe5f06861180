"""What holds for every exercise of the book, whoever wrote it."""

import ast
import contextlib
import importlib
import inspect
import itertools
import re
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import sympy as sp

from lstm_core.exercises import CHAPTERS, REGISTRY, verdict
from lstm_core.exercises.expressions import at, judge_formulas
from lstm_core.exercises.mechanism import Exercise, Registry
from lstm_core.exercises.toolbox import (
    Mark,
    each,
    judge_function,
    judge_numbers,
    mark,
    recognise,
)
from lstm_core.symbolic import z

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"
ALL = tuple(REGISTRY.exercises.values())
NUMBERS = [exercise.number for exercise in ALL]
FEWEST_MISTAKES = 3
LONGEST = 10  # s: for one check
BRIEF = 0.2  # s: the limit here, for answers that never end


def chapter(number):
    """The name of the module and of the page of an exercise."""
    return CHAPTERS[int(number.split(".")[0]) - 1]


TESTS = [
    importlib.import_module(f"tests.exercises.test_{name}")
    for name in CHAPTERS
    if (Path(__file__).parent / f"test_{name}.py").exists()
]
# {number: [(wrong answer, words of what it is told), …]}
MISTAKES = {n: one for tests in TESTS for n, one in tests.MISTAKES.items()}
# Right answers in other forms than that of the solution: [(number, answer), …]
PASSING = [one for tests in TESTS for one in getattr(tests, "PASSING", ())]


@pytest.fixture
def check():
    """A registry of its own for each test, with no hint open yet."""
    return Registry(ALL).check


# --- pages -----------------------------------------------------------------------


def cells(path):
    """The code of the page's code cells."""
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"^```\{code-cell\}[^\n]*\n(.*?)^```", text, re.M | re.S)
    return [
        re.sub(r"\A(---\n.*?^---\n|(:[^\n]*\n)+)", "", b, flags=re.S | re.M)
        for b in blocks
    ]


def page(number):
    return BOOK / f"{chapter(number).replace('_', '-')}.md"


def solution(number):
    return BOOK / "solutions" / page(number).name


def checked(code):
    """The numbers that a cell checks in its last line."""
    last = ast.parse(code).body[-1] if code.strip() and code[0] not in "%!" else None
    calls = [last.value] if isinstance(last, ast.Expr) else []
    return [
        c.args[0].value
        for c in calls
        if isinstance(c, ast.Call) and getattr(c.func, "id", "") == "check"
    ]


def run(code, names):
    """Run a cell; the value of its last line."""
    *body, last = ast.parse(code).body
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    exec(compile(ast.Module([last], []), "cell", "exec"), names)


def test_every_module_of_exercises_belongs_to_a_chapter():
    folder = ROOT / "lstm_core/exercises"
    with_exercises = [
        path.stem
        for path in folder.glob("*.py")
        if re.search(r"^EXERCISES\b", path.read_text("utf-8"), re.M)
    ]
    assert sorted(with_exercises) == sorted({chapter(number) for number in NUMBERS})


def test_numbers_begin_with_the_chapters_and_run_without_a_gap():
    for prefix, group in itertools.groupby(NUMBERS, key=lambda n: n.split(".")[0]):
        group = list(group)
        assert group == [f"{prefix}.{k}" for k in range(1, len(group) + 1)]
        module = importlib.import_module(f"lstm_core.exercises.{chapter(group[0])}")
        assert [exercise.number for exercise in module.EXERCISES] == group


@pytest.mark.parametrize("number", NUMBERS)
def test_an_exercise_says_what_to_do_and_has_hints(number):
    exercise = REGISTRY.exercises[number]
    assert exercise.task.endswith(".") and "run the cell again" in exercise.task
    assert len(set(exercise.hints)) == len(exercise.hints) >= 2
    for hint in exercise.hints:
        assert hint.endswith((".", "?")) and len(hint) < 400


@pytest.mark.parametrize("number", NUMBERS)
def test_an_exercise_stands_on_its_page_with_label_and_solution(number):
    text = page(number).read_text("utf-8")
    assert f":label: ex-{number.replace('.', '-')}\n" in text
    assert f"(solutions/{page(number).name})" in text
    assert solution(number).exists()


@pytest.mark.parametrize("number", NUMBERS)
def test_a_solution_has_the_title_of_its_exercise(number):
    label = f"\n:label: ex-{number.replace('.', '-')}\n"
    before = page(number).read_text("utf-8").split(label)[0]
    title = before.rsplit("```{exercise} ", 1)[1]
    assert f"\n## {number} {title}\n" in solution(number).read_text("utf-8")


@pytest.mark.parametrize("number", NUMBERS)
def test_the_stub_on_the_page_is_open(number, check):
    stubs = [code for code in cells(page(number)) if checked(code) == [number]]
    assert len(stubs) == 1, f"{number} has {len(stubs)} cells that end with its check"
    said = run(stubs[0], {"check": check, "np": np, "sp": sp})
    assert said.outcome == "open", said
    assert "run the cell again" in repr(said)


@pytest.mark.parametrize(
    "path", sorted({solution(number) for number in NUMBERS}), ids=lambda path: path.stem
)
def test_solutions_pass_their_checks_in_the_order_of_their_page(path):
    names, verdicts = {}, []
    for code in cells(path):
        started = time.monotonic()
        value = run(code, names)
        if checked(code):
            verdicts.append(value)
            assert time.monotonic() - started < LONGEST
    assert verdicts and all(verdicts), verdicts
    assert {v.exercise for v in verdicts} == {n for n in NUMBERS if solution(n) == path}


@pytest.mark.parametrize("number, answer", PASSING)
def test_right_answers_pass_in_any_form(number, answer, check):
    said = check(number, answer)
    assert said, said


# --- typical mistakes ------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_typical_mistakes_are_declared(number):
    assert len(MISTAKES.get(number, ())) >= FEWEST_MISTAKES


@pytest.mark.parametrize(
    "number, answer, words",
    [(n, *one) for n, several in MISTAKES.items() for one in several],
    ids=[f"{n}-{k}" for n, several in MISTAKES.items() for k in range(len(several))],
)
def test_a_typical_mistake_gets_the_words_meant_for_it(number, answer, words, check):
    said = check(number, answer)
    assert said.outcome == "wrong", said
    # The last line is the next hint, which any wrong answer opens.
    assert words in "\n".join(said.lines[:-1]), said


@pytest.mark.parametrize("number", NUMBERS)
def test_typical_mistakes_are_told_apart(number):
    words = [words for _, words in MISTAKES.get(number, ())]
    assert len(set(words)) >= min(FEWEST_MISTAKES, len(words))


def declared(number, monkeypatch):
    """What the judge of an exercise hands on to judges that all chapters share."""
    module = importlib.import_module(f"lstm_core.exercises.{chapter(number)}")
    handed = []
    for judge in (judge_numbers, judge_formulas, judge_function):

        def note(*arguments, judge=judge, **options):
            bound = inspect.signature(judge).bind(*arguments, **options)
            handed.append((judge, SimpleNamespace(**bound.arguments)))

        if hasattr(module, judge.__name__):
            monkeypatch.setattr(module, judge.__name__, note)
    with contextlib.suppress(Exception):
        REGISTRY.exercises[number].judge(Subclass())
    return handed


def right_mistakes(judge, given):
    """The sentences that stand beside a right answer, and would turn it away."""
    if judge is judge_numbers:
        for name, want in given.right.items():
            for words, wrong in given.usual[name]:
                if abs(wrong - want) <= given.reach(want):
                    yield words
    elif judge is judge_formulas:
        for name, want in given.right.items():
            for words, wrong in given.usual[name]:
                values = at(given.points, want)
                if recognise(values, {words: at(given.points, wrong)}, 1e-9):
                    yield words
    else:
        wanted = [np.asarray(v, float) for v in each(given.right, given.cases)]
        for words, wrong in dict(getattr(given, "usual", ())).items():
            if recognise(wanted, {words: each(wrong, given.cases)}):
                yield words


@pytest.mark.parametrize("number", NUMBERS)
def test_no_named_mistake_is_right(number, monkeypatch):
    with np.errstate(all="ignore"):
        for judge, given in declared(number, monkeypatch):
            assert list(right_mistakes(judge, given)) == []


def test_many_exercises_declare_their_mistakes(monkeypatch):
    assert sum(bool(declared(number, monkeypatch)) for number in NUMBERS) >= 20


def marked(thing):
    """The sentences that stand beside a `Mark`, wherever a module keeps them."""
    pairs = thing.items() if isinstance(thing, dict) else ()
    if isinstance(thing, tuple) and len(thing) == 2 and isinstance(thing[1], Mark):
        yield thing[0]
    for words, inner in pairs:
        if isinstance(inner, Mark):
            yield words
        yield from marked(inner)
    if isinstance(thing, (tuple, list)):
        for inner in thing:
            yield from marked(inner)


@pytest.mark.parametrize("name", sorted({chapter(number) for number in NUMBERS}))
def test_every_mark_is_that_of_a_mistake_in_the_tests(name, check):
    """The code of which the mark was taken is kept, and still has this mark."""
    module = importlib.import_module(f"lstm_core.exercises.{name}")
    told = "".join(
        repr(check(exercise.number, answer))
        for exercise in module.EXERCISES
        for answer, _ in MISTAKES[exercise.number]
    )
    assert [words for words in marked(vars(module)) if words not in told] == []


def test_a_mark_of_nothing_would_show():
    planted = {"right": 1.0, "usual": {"b": (("one", 2.0), ("two", Mark(1.0, 2.0)))}}
    assert list(marked(planted)) == ["two"]
    assert list(marked({"turns": {"three": Mark(1.0, 2.0)}})) == ["three"]


def test_a_mistake_that_is_right_would_show():
    planted = SimpleNamespace(
        right={"a": 2.0}, usual={"a": (("twice", 2.0),)}, reach=lambda want: 0.1
    )
    assert list(right_mistakes(judge_numbers, planted)) == ["twice"]
    x = sp.Symbol("x")
    planted = SimpleNamespace(
        right={"a": 2 * x}, usual={"a": (("twice", x + x),)}, points=[{x: 3}]
    )
    assert list(right_mistakes(judge_formulas, planted)) == ["twice"]
    cases = [(np.arange(3.0),)]
    for twice in (np.sin, mark([np.sin(np.arange(3.0))])):
        planted = SimpleNamespace(right=np.sin, usual={"twice": twice}, cases=cases)
        assert list(right_mistakes(judge_function, planted)) == ["twice"]


# --- garbage ---------------------------------------------------------------------


class Hostile:
    """An answer on which everything fails."""

    def __getattr__(self, name):
        raise RuntimeError("no")

    def __repr__(self):
        raise RuntimeError("no")

    def __eq__(self, other):
        raise RuntimeError("no")

    def __call__(self, *arguments):
        raise RuntimeError("no")

    def __array__(self, *arguments, **options):
        raise RuntimeError("no")


class Leaver:
    """An answer that ends the program wherever it is touched."""

    def __repr__(self):
        raise SystemExit

    def __float__(self):
        raise KeyboardInterrupt

    def __iter__(self):
        raise GeneratorExit

    __array__ = __bool__ = __len__ = __repr__


class Nameless(type):
    """A class that does not say its name."""

    @property
    def __name__(cls):
        raise RuntimeError("no")


class Subclass(dict):
    """A dictionary with every key, and nothing good under it."""

    def __contains__(self, key):
        return True

    def __missing__(self, key):
        return Hostile()


def raises(error):
    def function(*arguments, **options):
        raise error

    return function


def gives(value):
    return lambda *arguments, **options: value


def looped():
    items = []
    items.append(items)
    return items


def scribbles(*arguments):
    """Changes whatever it is given, and returns it."""
    for argument in arguments:
        if isinstance(argument, np.ndarray):
            argument += 1
        elif isinstance(argument, list):
            argument.append(0)
        elif isinstance(argument, dict):
            argument.clear()
    return arguments[0] if arguments else 0


def patches(*arguments):
    """Gives a function of NumPy another meaning."""
    np.tanh = np.exp = np.sin
    return arguments[0] if arguments else 0


def generates(*arguments):
    yield from itertools.count()


def bottomless(*arguments):
    return bottomless(*arguments)


class Careless:
    """A class where a function was meant."""

    def __init__(self, *arguments):
        self.value = 1


LETTERS = (
    "i f o g c h s x W U b K w u z t T result prediction word answer sigmoid tanh relu "
    "leaky_relu softsign softplus sigmoid_rescaled"
).split()
VALUES = {
    "nothing": None,
    "zero": 0,
    "minus": -1.5,
    "nan": float("nan"),
    "infinite": float("inf"),
    "huge": 10**400,
    "1e308": 1e308,
    "true": True,
    "complex": 1j,
    "empty text": "",
    "text": "sigma(z)*(1-sigma(z))",
    "markup": "<script>alert(1)</script>",
    "long text": "x" * 100_000,
    "bytes": b"bytes",
    "empty list": [],
    "empty dict": {},
    "set": {1, 2},
    "numbers": (1, 2, 3),
    "ragged": [[1], [1, 2]],
    "looped": looped(),
    "mixed": [1, "2", None],
    "range": range(10**12),
    "zeros": np.zeros((2, 2)),
    "scalar array": np.array(0.5),
    "no entries": np.zeros((0, 3)),
    "nan array": np.full(3, np.nan),
    "text array": np.array("text"),
    "object array": np.array([None]),
    "dates": np.array(["2020-01-01"], dtype="datetime64[D]"),
    "fields": np.zeros(2, dtype=[("a", float)]),
    "huge array": np.broadcast_to(0.0, (10**6, 10**6)),
    "twenty axes": np.zeros((1,) * 20),
    "object": object(),
    "class": Hostile,
    "hostile": Hostile(),
    "nameless": Nameless("Nobody", (), {})(),
    "leaver": Leaver(),
    "matrix": sp.Matrix([1, 2]),
    "symbol": z,
    "zoo": sp.zoo,
    "sympy nan": sp.nan,
    "equation": sp.Eq(z, 1),
    "unknown function": sp.Function("q")(z),
    "false": sp.false,
    "module": np,
    "type": dict,
    "generator": (n for n in ()),
    "ellipsis inside": {"i": ..., "f": 1, "result": ...},
}
FUNCTIONS = {
    "prints": print,
    "len": len,
    "type error": lambda: None,
    "value error": raises(ValueError("bad")),
    "read only": raises(ValueError("assignment destination is read-only")),
    "exits": raises(SystemExit()),
    "interrupts": raises(KeyboardInterrupt()),
    "generator exit": raises(GeneratorExit()),
    "memory": raises(MemoryError()),
    "unprintable": raises(type("Odd", (Exception,), {"__str__": Hostile.__repr__})()),
    "group": raises(ExceptionGroup("many", [ValueError("one")])),
    "stop iteration": raises(StopIteration()),
    "wrong": raises(verdict.Wrong("a", "b")),
    "bottomless": bottomless,
    "generates": generates,
    "scribbles": scribbles,
    "patches NumPy": patches,
    "first": lambda *arguments: arguments[0],
    "all": lambda *arguments: arguments,
    "tanh": np.tanh,
    "sum": np.sum,
    "lambda": lambda *arguments: bottomless,
    "instance": Careless,
    "async": type("Waits", (), {"__call__": lambda self, *a: iter(())})(),
}
GARBAGE = (
    VALUES
    | FUNCTIONS
    | {f"returns {name}": gives(value) for name, value in VALUES.items()}
    | {
        f"keys of {name}": dict.fromkeys(LETTERS, VALUES[name])
        for name in (
            "nan",
            "huge",
            "1e308",
            "text",
            "numbers",
            "hostile",
            "leaver",
            "huge array",
            "sympy nan",
            "unknown function",
            "matrix",
            "mixed",
        )
    }
    | {
        "keys of functions": dict.fromkeys(LETTERS, np.tanh),
        "keys of scribblers": dict.fromkeys(LETTERS, scribbles),
        "every key": Subclass(),
        "returns every key": gives(Subclass()),
    }
)


def sound(said):
    """Whether a verdict is short, whole and harmless."""
    text = repr(said)
    return (
        len(text) < 2000
        and not re.search(r"Traceback| at 0x|TooSlow", text)
        and text.count("\n") == len(said.lines)
        and "<script" not in said._repr_html_()
    )


def test_there_are_a_hundred_kinds_of_garbage():
    assert len(GARBAGE) >= 100


@pytest.mark.parametrize("number", NUMBERS)
def test_garbage_gets_a_sentence(number, capfd):
    registry = Registry(ALL)
    for name, answer in GARBAGE.items():
        started = time.monotonic()
        said = registry.check(number, answer)
        assert said.outcome in ("wrong", "open"), (name, said)
        assert sound(said), (name, said)
        assert np.tanh is not np.sin, name
        assert time.monotonic() - started < LONGEST, name


def takes_functions(number):
    """Whether the check of this exercise calls what it is given."""
    called = []

    def spy(*arguments, **options):
        called.append(arguments)
        return 0.0

    Registry(ALL, seconds=5).check(number, spy)
    return bool(called)


def endless(*arguments):
    for _ in itertools.count():
        pass


# Where the exception meets a callback of the collector, it is ignored, and comes again
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("number", NUMBERS)
def test_an_answer_that_never_ends_is_given_up(number):
    if takes_functions(number):
        said = Registry(ALL, seconds=BRIEF).check(number, endless)
        assert said.outcome == "wrong" and "given up" in repr(said), said
        assert sound(said)


# --- planted bugs ----------------------------------------------------------------


@pytest.mark.parametrize(
    "judge, why",
    [
        (lambda answer: str(answer.missing), "AttributeError"),
        (lambda answer: 1 / 0, "ZeroDivisionError"),
        (lambda answer: raises(SystemExit)(), "SystemExit"),
    ],
)
def test_a_judge_that_fails_still_gives_a_sentence(judge, why):
    broken = Registry([Exercise("9.1", "Do.", judge, ("look",))])
    assert why in repr(broken.check("9.1", 3)) and sound(broken.check("9.1", 3))


def test_a_judge_that_praises_everything_would_show():
    kind = Registry([Exercise("9.1", "Do.", lambda answer: "Right.", ("look",))])
    assert any(kind.check("9.1", answer) for answer in GARBAGE.values())


def test_a_verdict_that_is_not_sound_would_show():
    for line in ("Traceback (most recent call)", "<f at 0x7f>", "x" * 3000, "a\nb"):
        assert not sound(verdict.Verdict("9.1", "wrong", (line,)))
