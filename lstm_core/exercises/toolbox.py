"""What judges use, and how to write one.

A judge takes the answer, returns a sentence of praise if it is right, and raises
`Wrong(expected, got, look)` if not.  It need not be afraid of any answer: the registry
stops what never ends, silences warnings and turns a stray exception into a sentence.
A good judge names the usual mistakes.  For a function of the reader this is enough:

    def judge(answer):
        judge_function(
            answer,
            right=[[0.4159, -0.1928, 0.5970]],
            cases=[(np.array([0.5, -2.0, 3.0]), np.array([0.9, 0.2, 0.6]))],
            usual={
                "the cell is squashed on its way out: h = o · tanh(c)":
                    lambda c, o: o * c,
                "squash first, then multiply: o · tanh(c)":
                    Mark(-0.7121, -0.8316),
            },
            atol=1e-3,
        )
        return "Your h reads the cell as the LSTM does."

The answer is nowhere in a judge: who opens this folder must not find it as code.
`right` is what the answer gives in each case: a few numbers that were computed once
from the solution; or what the judge put in and the answer has to find; or a property,
such as what the complex step gives for a step forward.  A public function of lstm_core
may be named if writing it again is what the exercise asks for.  A test hands all that
is in a chapter's module to its own checks, and fails if one takes it.

The mistakes that are made again and again: a sign; y(1 - y) taken at the
pre-activation; the old c for the new one; i and f swapped; the wrong axis; a ratio of
2.  Those that show in the numbers alone (sign, ratio, transposed, one step late, time
backwards) are recognised without being listed.  For the rest, state each wrong turn,
beside the sentence that helps, as code if it is far from the answer, and else as its
`Mark`: `mark([wrong(*case) for case in cases])`, of code that stands in the tests.

    an answer that is                        is read by
    a number, several by name                number, numbers, judge_numbers
    an array of a shape                      array
    a function                               judge_function, call
    a function and its slope                 slope_of (complex step on the reader's own)
    a slope, or formulas by name             expressions.judge, judge_formulas
    weights set by hand                      by_hand
    a word, a prediction beside a result     choice, parts
    code with a planted bug                  judge_function; usual={"…": its mark}

Choose cases in which every listed mistake shows, also far past what the page gives.
Never say the right number if it is what the exercise asks for.

On the page the exercise begins with *About 15 minutes. You learn to ….* and says which
form the answer has.  The stub is `...` for each value, or a function that raises
NotImplementedError("Exercise 4.2: what to return"); both leave the check open.  The
chapter's tests/exercises/test_NAME.py holds at least three typical wrong answers each,
with words of the hint meant for it, and tests/exercises/test_all.py runs them:

    MISTAKES = {"4.2": [(wrong answer, "words of what it is told"), …], …}
    # every sentence that stands beside a Mark is told to one of them
    PASSING = [("4.2", a right answer in another form than the solution's), …]
"""

import difflib
import re
import traceback
from collections.abc import Coroutine, Generator
from typing import NamedTuple

import numpy as np

from lstm_core.exercises.verdict import Untouched, Wrong

# --- what came ---------------------------------------------------------------------


def untouched(answer):
    """Whether the answer is still the stub: nothing, or `...` wherever one looks."""
    if answer is None or answer is ...:
        return True
    if isinstance(answer, dict) and answer:
        return all(untouched(part) for part in answer.values())
    if isinstance(answer, (tuple, list)) and answer:
        return all(untouched(part) for part in answer)
    return False


def shown(value, limit=60):
    """A short description of any object, whatever its repr does."""
    try:
        text = " ".join(repr(value).split())
    except BaseException:
        text = "something that cannot be printed"
    if re.search(r" at 0x[0-9a-f]+", text):
        text = f"a {kind_of(value)}"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def kind_of(value):
    """The name of the class of anything, whatever that class does."""
    return type.__dict__["__name__"].__get__(type(value))


def sentence(error):
    """An exception as `Kind: message`, on one line."""
    kind = kind_of(error)
    text = message(error)
    return f"`{kind}: {text}`" if text else f"`{kind}`"


def message(error, limit=120):
    """What an exception says, on one line, whatever its str does."""
    try:
        text = " ".join(str(error).split())
    except BaseException:
        return ""
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def listed(keys):
    """`a`, `b` and `c`."""
    *first, last = (f"`{key}`" for key in keys)
    return f"{', '.join(first)} and {last}" if first else last


# --- numbers and arrays --------------------------------------------------------------


def parts(answer, keys, what="something"):
    """The answer as a dictionary with something under each of these keys."""
    if not isinstance(answer, dict):
        raise Wrong(f"a dictionary with the keys {listed(keys)}", shown(answer))
    missing = [key for key in keys if key not in answer or answer[key] is ...]
    if missing:
        raise Wrong(
            f"{what} under each of {listed(keys)}", f"nothing for {listed(missing)}"
        )
    return {key: answer[key] for key in keys}


def numbers(answer, keys):
    """The answer as a dictionary of finite floats under exactly these keys."""
    given = parts(answer, keys, "a number")
    return {key: number(value, f"`{key}`") for key, value in given.items()}


def judge_numbers(answer, right, usual, reach, near, otherwise):
    """Raise `Wrong` unless every number of the answer is within reach of its own.

    right: {name: number}, which is never said; usual: {name: ((what to say, the
        number that this mistake leads to), …)}.
    reach, near: how far from a right number is right, and how far from that of a
        mistake is that mistake; functions of the number.
    otherwise: what to say if the mistake is not known; a function of the name.
    """
    for name, got in numbers(answer, tuple(right)).items():
        want = right[name]
        if abs(got - want) <= reach(want):
            continue
        looks = [words for words, v in usual[name] if abs(got - v) <= near(v)]
        raise Wrong(
            f"a {'larger' if want > got else 'smaller'} number for `{name}`",
            f"{got:.10g}",
            looks[0] if looks else otherwise(name),
        )


def refuse_text(value, expected):
    """Raise `Wrong` if what should be something else stands in quotation marks."""
    if isinstance(value, str):
        raise Wrong(expected, f"text, {shown(value)}", "leave out the quotation marks")


def number(value, name):
    """`value` as a finite float, or a sentence about what it is instead."""
    refuse_text(value, f"a number for {name}")
    if isinstance(value, (bool, np.bool_, complex)):
        raise Wrong(f"a real number for {name}", shown(value))
    if callable(value):
        raise Wrong(f"a number for {name}", shown(value), "call the function first")
    try:
        value = float(value)
    except (TypeError, ValueError, OverflowError):
        raise Wrong(f"a number for {name}", shown(value)) from None
    if not np.isfinite(value):
        raise Wrong(f"a finite number for {name}", f"{value}")
    return value


def array(value, shape, name="the result", axes=""):
    """`value` as a float array of finite numbers of this shape, or a sentence.

    axes: letters of the axes, such as "TBH", for the sentence.
    """
    found = _shape_of(value, name)
    if found != tuple(shape):
        letters = f" ({', '.join(axes)})" if axes else ""
        several = isinstance(value, tuple) and found[1:] == tuple(shape)
        raise Wrong(
            f"{name} of shape {tuple(shape)}{letters}",
            f"shape {found}",
            f"you return {len(value)} arrays, and one is asked for"
            if several
            else _why_shape(found, tuple(shape)),
        )
    kind = np.asarray(value).dtype
    if kind.kind not in "fiu":
        kinds = {"b": "true and false", "c": "complex numbers", "U": "text"}
        raise Wrong(f"real numbers in {name}", kinds.get(kind.kind, f"{kind} entries"))
    made = np.asarray(value, dtype=float)
    if not np.isfinite(made).all():
        place = tuple(int(k) for k in np.argwhere(~np.isfinite(made))[0])
        where = f" at index {list(place)}" if place else ""
        raise Wrong(f"finite numbers in {name}", f"{made[place]}{where}")
    return made


def _shape_of(value, name):
    if isinstance(value, (str, bytes, dict, set)) or value is None or callable(value):
        raise Wrong(f"an array for {name}", shown(value))
    for kind, words in _UNFINISHED.items():
        if isinstance(value, kind):
            raise Wrong(f"an array for {name}", shown(value), words)
    try:
        return np.shape(value)
    except Exception:  # NumPy has several errors for what is no array
        raise Wrong(f"an array for {name}", _ragged(value) or shown(value)) from None


_UNFINISHED = {
    Generator: "`yield` hands out one by one: collect all, and `return` an array",
    Coroutine: "leave out `async`",
}


def _ragged(value):
    """The shapes of the parts of a list that are not all alike, or ""."""
    if not isinstance(value, (list, tuple)):
        return ""
    try:
        shapes = [np.shape(part) for part in value[:4]]
    except Exception:
        return ""
    return f"parts of the shapes {listed(shapes)}" if len(set(shapes)) > 1 else ""


def _why_shape(found, wanted):
    if found == () and wanted:
        return "that is a single number; NumPy's functions work on a whole array"
    if found == wanted[::-1]:
        return "the axes are in the other order: transpose it"
    if sorted(found) == sorted(wanted):
        return "the axes are in another order"
    if len(found) == len(wanted) - 1:
        return (
            "an axis is lost: a sum or a mean over it, an index too many, or one array "
            "of several"
        )
    if len(found) == len(wanted) + 1:
        return "there is an axis too many: sum over it, or index it"
    if len(found) == len(wanted) == 1:
        return "the number of entries differs: another axis is left, or some are lost"
    return "print the shape of each thing that goes into it"


# --- functions -----------------------------------------------------------------------


def call(function, *arguments):
    """The student's function at these arguments; what it raises becomes a sentence.

    Arrays go in as read-only copies, so nothing that the judge still needs can change.
    """
    copies = [_read_only(argument) for argument in arguments]
    before = _writable(copies)
    try:
        result = function(*copies)
    except NotImplementedError as stub:
        raise Untouched(message(stub)) from None
    except BaseException as error:
        raise _stopped(error) from None
    if before != _writable(copies):
        raise _changed()
    if result is None:
        raise Wrong("a result", "nothing", "does your function end with `return`?")
    return result


def _changed():
    return Wrong(
        "a function that leaves its arguments as they are",
        "one that changes them in place",
        "make a new one: `x = x + 1` in place of `x += 1`, or begin with a copy",
    )


def _writable(arguments):
    """What a function could still change: the text of lists and dictionaries."""
    return [repr(one) for one in arguments if isinstance(one, (list, dict))]


def _read_only(argument):
    """A copy whose arrays cannot be written to; named tuples keep their kind."""
    if isinstance(argument, np.ndarray):
        copy = argument.copy()
        copy.setflags(write=False)
        return copy
    if isinstance(argument, tuple):
        inner = map(_read_only, argument)
        return type(argument)(*inner) if hasattr(argument, "_fields") else tuple(inner)
    if isinstance(argument, list):
        return [_read_only(one) for one in argument]
    if isinstance(argument, dict):
        return {key: _read_only(one) for key, one in argument.items()}
    return argument


def _stopped(error):
    """What to say to a function that raised."""
    if isinstance(error, ValueError) and "read-only" in message(error):
        return _changed()
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__
    ]
    where = f"line {lines[0]} of the cell" if lines and lines[0] else "your function"
    if len(lines) > 1:
        where += ", and what it calls"
    if isinstance(error, SystemExit):
        where += ": that ends a program; end a function with `return`"
    if isinstance(error, RecursionError):
        where = "your function calls itself without an end"
    said = message(error)
    advice = [f"; {words}" for part, words in _ADVICE.items() if part in said]
    got = f"your function stopped with {sentence(error)}"
    return Wrong("a result", got, where + "".join(advice[:1]))


# Part of what Python says → what it means in an exercise.
_ADVICE = {
    "truth value of an array": "`if`, `max` and `and` take one number at a time: "
    "`np.where` and `np.maximum` take whole arrays",
    "0-dimensional array": "the functions of `math` take one number: take NumPy's",
    "is not defined": "run the cells above first, import included",
    "'NoneType'": "something above it has returned nothing",
}


def function_of(answer, letters):
    """The answer as a function, or a sentence about what it is instead."""
    if isinstance(answer, type) or not callable(answer):
        raise Wrong(
            f"a function of {letters}",
            shown(answer),
            "hand over the function itself, without brackets",
        )
    return answer


def judge_function(
    answer,
    right,
    cases,
    usual=(),
    name="the result",
    axes="",
    rtol=1e-9,
    atol=0.0,
    otherwise="",
):
    """Raise `Wrong` unless answer(*case) is right(*case) for every case.

    right: a number or an array for each case, or a function that returns it.
    cases: tuples of arguments.
    usual: {what to say: a function that makes that mistake, or the `Mark` of what it
        returns}, tried in this order on all cases together.
    otherwise: what to say if it is none of them.
    """
    function_of(answer, "the arguments that the page names")
    wanted = [np.asarray(want, dtype=float) for want in each(right, cases)]
    got = [
        array(call(answer, *case), want.shape, name, axes)
        for case, want in zip(cases, wanted, strict=True)
    ]
    for case, found, want in zip(cases, got, wanted, strict=True):
        if not close(found, want, rtol, atol):
            place = _worst(found, want, rtol, atol)
            turns = [(words, each(wrong, cases)) for words, wrong in _items(usual)]
            look = recognise(got, turns)
            expected, came = told_apart(want[place], found[place])
            raise Wrong(
                f"{expected}{_at(place, case)}",
                came,
                look or ratio_words(got, wanted) or otherwise,
            )


def is_right(function, right, cases, **options):
    """Whether a function agrees at these cases, whatever else it does."""
    try:
        judge_function(function, right, cases, **options)
    except Wrong:
        return False
    return True


def each(made, cases):
    """What a function returns in each case; anything else is that already."""
    return [made(*case) for case in cases] if callable(made) else made


def _items(usual):
    return usual.items() if isinstance(usual, dict) else usual


def close(found, want, rtol=1e-9, atol=0.0):
    """Whether two arrays of one shape agree, entry by entry."""
    found, want = np.asarray(found), np.asarray(want)
    if found.shape != want.shape:
        return False
    return bool(np.all(np.abs(found - want) <= atol + rtol * np.abs(want)))


def _worst(found, want, rtol, atol):
    off = np.abs(found - want) - rtol * np.abs(want) - atol
    return np.unravel_index(np.argmax(off), off.shape)


def _at(place, case):
    """Where an entry stands, and the arguments if they are short."""
    index = ", ".join(str(int(k)) for k in place)
    where = f" at index [{index}]" if place else ""
    scalars = [a for a in case if isinstance(a, (int, float))]
    if case and len(scalars) == len(case):
        several = "s" * (len(case) > 1)
        where += f" for the argument{several} {', '.join(map(_short, scalars))}"
    return where


def _short(value):
    return f"{float(value):.4g}"


def told_apart(*values):
    """Numbers as text, with four digits or as many as it takes to tell them apart."""
    for digits in (4, 8, 12, 17):
        texts = [f"{float(value):.{digits}g}" for value in values]
        if len(set(texts)) == len(texts):
            break
    return texts


# --- mistakes ------------------------------------------------------------------------


class Mark(NamedTuple):
    """Two numbers that tell a value from others, and from which nobody can read it."""

    one: float
    two: float


def mark(value):
    """The `Mark` of a number, an array or a list of them.

    Two sums of all entries, each entry with weights of its own, from -1 to 1.
    """
    flat = np.concatenate([np.ravel(v) for v in _listed(value)])
    places = np.sqrt(np.arange(1.0, len(flat) + 1))
    return Mark(*(float(np.cos(turn * places) @ flat) for turn in (2.0, 5.0)))


def _listed(value):
    return value if isinstance(value, list) else [value]


def recognise(got, usual, rtol=1e-6, atol=1e-12):
    """The sentence whose wrong value is the one that came, or "".

    got: a number, an array or a list of them; usual: {sentence: value of that form, or
    the `Mark` of one, rounded to four decimals or to six digits}.
    The first that agrees is taken, so put the particular before the general.
    """
    for words, wrong in _items(usual):
        if _same(got, wrong, rtol, atol):
            return words
    return ""


def _same(got, wrong, rtol, atol):
    if isinstance(wrong, Mark):
        return close(mark(got), wrong, 1e-5, 6e-5)
    if isinstance(got, list) and isinstance(wrong, list):
        return len(got) == len(wrong) and all(
            _same(one, other, rtol, atol) for one, other in zip(got, wrong, strict=True)
        )
    return close(got, wrong, rtol, atol)


def ratio_words(got, want, rtol=1e-6):
    """What the numbers alone tell, a sign, a ratio, another axis or step; else ""."""
    got, want = _listed(got), _listed(want)
    first = np.concatenate([np.ravel(one) for one in got])
    second = np.concatenate([np.ravel(one) for one in want])
    kept = np.abs(second) > 1e-12 * np.abs(second).max(initial=0)
    if kept.any() and not np.any(first[~kept]):
        ratio = first[kept] / second[kept]
        if np.allclose(ratio, ratio[0], rtol=rtol) and ratio[0] != 1:
            return _ratio_sentence(float(ratio[0]))
    for words, moved in _MOVED:
        if _same(got, [moved(np.asarray(one)) for one in want], rtol, 1e-12):
            return words
    return ""


def _ratio_sentence(ratio):
    if abs(ratio) < 1e-12:
        return "everything is 0"
    names = {
        -1.0: "only the sign is wrong",
        2.0: "there is a factor 2 too many",
        0.5: "a factor 2 is lost",
        4.0: "there is a factor 4 too many",
        0.25: "a factor 4 is lost",
    }
    known = next((k for k in names if np.isclose(ratio, k)), None)
    return names.get(known, f"your numbers are {ratio:.4g} times the right ones")


def _late(array):
    return np.concatenate([array[:1] * 0, array[:-1]]) if array.ndim else array


def _early(array):
    return np.concatenate([array[1:], array[:1] * 0]) if array.ndim else array


_MOVED = (
    ("the matrix is transposed", np.transpose),
    ("the first axis runs backwards", lambda a: a[::-1] if a.ndim else a),
    ("everything comes one step late: the old one for the new", _late),
    ("everything comes one step early", _early),
)


# --- slopes --------------------------------------------------------------------------


def slope_of(function, points, step=1e-30):
    """The slope of the reader's own function at these points, by the complex step.

    points: array.  A function that drops the imaginary part gets a sentence.
    """
    points = np.asarray(points, dtype=float)
    at = call(function, points + 1j * step)
    slope = array(np.imag(at) / step, points.shape, "the slopes of your function")
    gap = 1e-6 * np.maximum(1, np.abs(points))
    ends = [call(function, points + gap), call(function, points - gap)]
    above, below = (array(end, points.shape, "your function") for end in ends)
    rough = (above - below) / (2 * gap)
    if not np.allclose(slope, rough, rtol=1e-3, atol=1e-3 * np.abs(rough).max()):
        raise Wrong(
            "a function that takes complex numbers as it takes real ones",
            "one that loses the imaginary part",
            "no abs, no float(), no comparison of complex numbers: branch on `z.real`",
        )
    return slope


# --- words ---------------------------------------------------------------------------


def choice(answer, options, name="the answer"):
    """The option that was meant, whatever its capitals and spaces.

    options: words, or {word: (other spellings, …)}.
    """
    spelled = {_plain(word): word for word in options}
    if isinstance(options, dict):
        for word, others in options.items():
            spelled |= {_plain(other): word for other in others}
    if not isinstance(answer, str):
        raise Wrong(
            f"one of {listed(options)} for {name}",
            shown(answer),
            "write the word in quotation marks",
        )
    if _plain(answer) in spelled:
        return spelled[_plain(answer)]
    near = difflib.get_close_matches(_plain(answer), list(spelled), n=1, cutoff=0.6)
    look = f"the nearest is `{spelled[near[0]]}`" if near else ""
    raise Wrong(f"one of {listed(options)} for {name}", shown(answer), look)


def _plain(word):
    return re.sub(r"[\W_]+", "", str(word).casefold())
