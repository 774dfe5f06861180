"""Sentences and paragraphs of the chapters stay short."""

import re
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parent.parent / "book"
SENTENCE, PARAGRAPH = 35, 120  # words
PROSE = ("predict", "exercise", "admonition", "glossary")  # directives that hold text

HEAD = re.compile(r"\A---\n.*?\n---\n", re.S)
FENCE = re.compile(
    r"^(?P<mark>`{3,}|:{3,})(?:\{(?P<name>[\w-]+)\} *(?P<title>.*))?"
    r".*\n(?P<body>(?:.*\n)*?)(?P=mark) *$",
    re.M,
)
DISPLAY = re.compile(r"\$\$.*?\$\$(?: *\([\w-]+\))?", re.S)
ROW = re.compile(r"^(?:\||:[\w-]+:|\([\w-]+\)=|#+ ).*$", re.M)  # table, option, heading
ITEM = re.compile(r"^ *(?:[-*+]|\d+\.) +", re.M)
INLINE = (
    (r"\{glue:\w+\}`[^`]*`|\{cite:\w+\}`[^`]*`", "N"),
    (r"\{[\w:-]+\}`([^`<]*?)(?: *<[^`>]*>)?`", r"\1"),  # a role: its text
    (r"\[([^\]]*)\]\([^)]*\)", r"\1"),
    (r"`[^`]*`", "C"),
    (r"\$[^$]*\$", "M"),
    (r"[*_]{1,2}(?=\S)|(?<=\S)[*_]{1,2}", ""),
)
END = re.compile(r"(?<=[.!?])[\"”’)]*\s+(?=[^a-z\s])")


def kept(fence):
    if fence["name"] not in PROSE:
        return "\n"
    return f"\n\n{fence['title']}\n\n{fence['body']}\n\n"


def paragraphs(text):
    """The paragraphs of a chapter as plain text, list items apart."""
    text = FENCE.sub(kept, HEAD.sub("", text))
    text = ITEM.sub("\n\n", ROW.sub("\n", DISPLAY.sub(" ", text)))
    for pattern, plain in INLINE:
        text = re.sub(pattern, plain, text)
    blocks = (" ".join(block.split()) for block in re.split(r"\n\s*\n", text))
    return [block for block in blocks if block]


def words(text):
    return len(re.findall(r"\S*\w\S*", text))


def offenders(text):
    """What is too long: pairs of a number of words and the text."""
    found = []
    for block in paragraphs(text):
        found += [(words(block), block)] * (words(block) > PARAGRAPH)
        found += [
            (words(part), part) for part in END.split(block) if words(part) > SENTENCE
        ]
    return found


@pytest.mark.parametrize(
    "page",
    sorted(BOOK.rglob("*.md")),
    ids=lambda page: page.relative_to(BOOK).as_posix(),
)
def test_prose_is_short(page):
    text = page.read_text("utf-8")
    long = [f"{count} words: {part}" for count, part in offenders(text)]
    assert not long, "\n".join(long)


LONG = "Here " + "one " * SENTENCE + "ends."
FULL = "It is so, and so is this. " * (PARAGRAPH // 7 + 1)


@pytest.mark.parametrize(
    "planted",
    [
        LONG,
        f"Short. {LONG} Short.",
        f"- short\n- {LONG}",
        f"```{{predict}} Which?\n:choices: a | b\n:answer: a\n\n{LONG}\n```",
        f"```{{predict}} {LONG}\n:choices: a | b\n:answer: a\n\nShort.\n```",
        f":::{{admonition}} Why\n:class: dropdown\n\n{LONG}\n:::",
        "**Here** $a + b$ " + "{term}`one <two>` " * SENTENCE + "ends.",
        FULL,
    ],
)
def test_a_long_one_is_found(planted):
    chapter = f"---\ntitle: x\n---\n\n# Title\n\nShort.\n\n{planted}\n\nShort.\n"
    assert len(offenders(chapter)) == 1


@pytest.mark.parametrize(
    "spared",
    [
        f"```{{code-cell}} ipython3\n:tags: [hide-input]\n\n{LONG}\n```",
        f"```python\n{LONG}\n```",
        f"$$\n{LONG}\n$$ (eq-x)",
        f"| a | b |\n|---|---|\n| {LONG} | x |",
        "It is $" + "a + " * 2 * SENTENCE + "b$ here.",
        "- " + "\n- ".join(["one item of a list that does not end in a stop"] * 20),
    ],
)
def test_what_is_no_prose_is_spared(spared):
    assert offenders(f"Short.\n\n{spared}\n\nShort.\n") == []


# --- fences -------------------------------------------------------------------------


def broken_fences(text):
    """Openings of directives that are none: a backtick behind them ends the fence."""
    return re.findall(r"^(`{3,}\{[^\n]*`[^\n]*)$", text, re.M)


@pytest.mark.parametrize(
    "page",
    sorted(BOOK.rglob("*.md")),
    ids=lambda page: page.relative_to(BOOK).as_posix(),
)
def test_fences_open(page):
    assert broken_fences(page.read_text(encoding="utf-8")) == []


def test_a_fence_that_does_not_open_is_found():
    assert broken_fences("```{predict} What is `c`?\n```\n") != []
    assert broken_fences("```{predict} What is $c$?\n```\n") == []
