"""The teacher's page: its table says what the chapters say, its link is the fork's."""

import re
import sys

import pytest

from tests.tiny_book import ROOT, TinyBook

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import teaching  # noqa: E402

CHAPTER = """# What is a chapter?

**Before you start.** You need $x^2$ and {doc}`index`.
Allow 25 minutes.

Text.

```{exercise} One
:label: ex-1-1

*About 15 minutes. You learn to do it.*

Do it.
```

```{exercise} Two
:label: ex-1-2

*About 20 minutes. You learn to do it again.*

Do it again.
```
"""
PAGE = """# Teach

```{chapters}
```

```{pull-link} https://hub.example.org
```
"""


@pytest.mark.parametrize("path", teaching.chapters(ROOT), ids=lambda path: path.stem)
def test_every_chapter_says_what_it_assumes_and_takes(path):
    assumes, minutes, exercises = teaching.facts(path.read_text("utf-8"))
    assert assumes.endswith(".") and 5 <= int(minutes) <= 30
    assert len(exercises) >= (0 if path.stem in ("claims", "questions") else 2)


def test_facts_of_a_chapter():
    assert teaching.facts(CHAPTER) == (
        "You need $x^2$ and {doc}`index`.",
        "25",
        [15, 20],
    )
    assert teaching.facts("# No chapter\n") == ("", "", [])


def test_every_exercise_says_how_long_it_takes_and_what_it_teaches():
    """From two minutes to an hour."""
    minutes, taught = [], []
    for path in teaching.chapters(ROOT):
        text = path.read_text("utf-8")
        found = teaching.EXERCISE.findall(text)
        assert len(found) == text.count("```{exercise}"), path.stem
        minutes += [int(number) for number, _ in found]
        taught += [words for _, words in found]
    assert (min(minutes), max(minutes)) == (2, 60)
    assert len(set(taught)) == len(taught) >= 30


def test_an_exercise_without_its_time_would_show():
    assert teaching.facts(CHAPTER.replace("*About 15 minutes.", "*"))[2] == [20]


def test_the_page_is_written_from_the_chapters_and_the_settings(tmp_path):
    pages = {"index": "# First page\n", "chapter": CHAPTER, "teach": PAGE}
    book = TinyBook(tmp_path, pages)
    made = book.build(BOOK_REPOSITORY="https://github.com/someone/fork")
    assert made.returncode == 0, made.stdout[-4000:]
    page = book.page("book/teach")
    row = re.search(r"<td[^>]*>.*?What is a chapter.*?</tr>", page, re.S).group()
    cells = re.sub(r"<[^>]+>", "", row).split("\n")
    assert {"25", "2", "35"} <= set(cells)
    assert 'class="katex' in row and 'href="index.html"' in row
    link = re.sub(r"<[^>]+>", "", page)
    assert (
        "https://hub.example.org/hub/user-redirect/git-pull"
        "?repo=https%3A%2F%2Fgithub.com%2Fsomeone%2Ffork&amp;branch=main"
        "&amp;urlpath=lab/tree/fork/book/index.ipynb"
    ) in link
