"""The book for teachers: whole, but for its solutions."""

import importlib.util
import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.test_repository import links
from tests.tiny_book import ROOT, TinyBook

SOLVED = [
    ROOT / "book" / path.name for path in sorted((ROOT / "book/solutions").glob("*.md"))
]

spec = importlib.util.spec_from_file_location("book_tool", ROOT / "tools/book.py")
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)

INDEX = """# First page

All answers are in [one place](solutions/chapter.md),
see {doc}`there <solutions/chapter>` and {doc}`solutions/chapter`.
"""
CHAPTER = """# A chapter

```{exercise} The sign
:label: ex-1-1

What is the sign of -1?
[Solution](solutions/chapter.md)
```

```{code-cell} ipython3
print("your turn")
```
"""
SOLUTION = """# Solutions: a chapter

The secret word is xylophone.

```{code-cell} ipython3
print("zweihundert")
```
"""


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    """The folder of the edition of a tiny book, its site in it."""
    pages = {"index": INDEX, "chapter": CHAPTER, "solutions/chapter": SOLUTION}
    book = TinyBook(tmp_path_factory.mktemp("teach"), pages)
    shutil.copytree(ROOT / "tools", book.folder / "tools")
    toc = (book.folder / "_toc.yml").read_text("utf-8")
    titled = "- file: book/solutions/chapter.md\n    title: 'Solutions: a chapter'\n"
    toc = toc.replace("- file: book/solutions/chapter.md\n", titled)
    assert titled in toc
    (book.folder / "_toc.yml").write_text(toc, "utf-8")
    made = book.run("tools/book.py", "--no-env", "teach")
    assert made.returncode == 0, made.stdout[-4000:]
    return book.folder / "_build/teach"


def holds(folder, pattern):
    """Names of the files under a folder that hold this."""
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file()
        and "tools" not in path.relative_to(folder).parts
        and re.search(pattern, path.read_bytes().decode("utf-8", "replace"))
    ]


def test_no_page_link_or_search_entry_of_a_solution_is_left(edition):
    site = edition / "_build/html"
    assert (site / "book/chapter.html").exists() and (site / "searchindex.js").exists()
    assert not list(site.rglob("*solution*"))
    assert holds(site, "xylophone|zweihundert|solutions/|Solutions: a chapter") == []


def test_the_words_round_a_link_stay(edition):
    page = (edition / "_build/html/book/index.html").read_text("utf-8")
    assert "All answers are in one place,\nsee there" in page


def test_the_folder_is_a_repository_without_solutions(edition):
    assert not (edition / "book/solutions").exists()
    kept = edition / "book"
    assert holds(kept, "xylophone|zweihundert|solutions/") == []
    assert (kept / "chapter.md").exists() and (edition / "_config.yml").exists()


def test_a_solution_that_is_left_would_show(edition, tmp_path):
    (tmp_path / "stray.html").write_text("the word is xylophone", "utf-8")
    assert holds(tmp_path, "xylophone") == ["stray.html"]


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The folder of the edition of the real book, without its site."""
    folder = tmp_path_factory.mktemp("real")
    tool.copy_for_students(str(ROOT), str(folder))
    return folder


def test_the_real_book_loses_its_solutions_and_nothing_else(real):
    tmp_path, book = real, real / "book"
    assert not (book / "solutions").exists()
    assert [name for name in holds(book, "solutions/[a-z]") if "_ext" not in name] == []
    toc = yaml.safe_load((tmp_path / "_toc.yml").read_text("utf-8"))
    whole = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    names = [c["file"] for part in toc["parts"] for c in part["chapters"]]
    assert names == [
        c["file"]
        for part in whole["parts"]
        for c in part["chapters"]
        if "solutions" not in c["file"]
    ]
    for name in [toc["root"], *names]:
        assert (tmp_path / name).exists()
    for notebook in book.glob("*.ipynb"):
        found = json.loads(notebook.read_text("utf-8"))
        before = json.loads((ROOT / "book" / notebook.name).read_text("utf-8"))
        assert [c["id"] for c in found["cells"]] == [c["id"] for c in before["cells"]]
    assert len(list(book.glob("*.md"))) == len(list((ROOT / "book").glob("*.md")))


def exercises(page):
    """The blocks of the exercises on a page."""
    return re.findall(r"(?ms)^```\{exercise\}.*?^```$", page.read_text("utf-8"))


@pytest.mark.parametrize("path", SOLVED, ids=lambda path: path.stem)
def test_every_real_exercise_loses_its_link_and_not_a_word_more(real, path):
    here, there = exercises(path), exercises(real / "book" / path.name)
    assert here and [text.count("[Solution]") for text in here] == [1] * len(here)
    link = f"\n[Solution](solutions/{path.name})"
    assert there == [text.replace(link, "") for text in here]


def test_every_real_solution_is_told_by_its_words(real):
    """No code of a solution is anywhere in the edition's pages and notebooks."""
    kept = "\n".join(
        path.read_text("utf-8")
        for path in (real / "book").iterdir()
        if path.suffix in (".md", ".ipynb")
    )
    for path in SOLVED:
        words = (ROOT / "book/solutions" / path.name).read_text("utf-8")
        told = re.findall(r'(?m)^ *code_prompt_show: "(.+)"', words)
        assert told and not [one for one in told if one in kept], path.stem
        assert re.search(r"(?m)^# (.+)", words).group(1) not in kept


def dead_links(folder, name):
    """Local targets of a page's Markdown links that are not in this folder."""
    page = folder / name
    found = links(page.read_text("utf-8"))
    return [target for target in found if not (page.parent / target).exists()]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_no_link_of_the_edition_is_dead(real, name):
    """Those of its pages are found by the build, whose warnings are errors."""
    assert dead_links(real, name) == []


def test_a_dead_link_would_show(tmp_path):
    (tmp_path / "a.md").write_text("[b](b.md), [a](a.md#x), [c](https://c)", "utf-8")
    assert dead_links(tmp_path, "a.md") == ["b.md"]


@pytest.mark.parametrize(
    "text, left",
    [
        ("Do it.\n[Solution](solutions/a.md)\n```", "Do it.\n```"),
        ("Do it. [Solution](solutions/a.md)", "Do it."),
        ("see [the answer](../solutions/a.md#1)", "see the answer"),
        ("see {doc}`it <solutions/a>`.", "see it."),
        ("see {doc}`../solutions/a`.", "see solutions."),
        ("[a page](other.md) on solutions/", "[a page](other.md) on solutions/"),
    ],
)
def test_links_to_solutions(text, left):
    assert tool.without_solution_links(text) == left


def test_the_copy_is_named_in_the_makefile():
    assert "tools/book.py teach" in Path(ROOT, "Makefile").read_text("utf-8")
