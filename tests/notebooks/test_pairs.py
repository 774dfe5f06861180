"""The notebook beside each chapter says what the chapter says, in plain Markdown."""

import os
import re
import subprocess
import sys

import nbformat
import pytest
import yaml
from myst_nb.core.read import read_myst_markdown_notebook

from tests.tiny_book import ROOT, TinyBook

BOOK = ROOT / "book"
SCRIPT = ROOT / "tools" / "notebooks.py"
PROGRESS = """from lstm_core.exercises import load, progress, save

# load()
# save()
progress()"""
RAW = {
    "directive": re.compile(r"^\s*(```+|~~~+|:::+)\s*\{", re.MULTILINE),
    "fence": re.compile(r"^\s*:::", re.MULTILINE),
    "role": re.compile(r"(?<!`)\{[a-z][\w:+-]*\}`"),
    "label": re.compile(r"^\([\w-]+\)=\s*$", re.MULTILINE),
    "attributes": re.compile(r"\]\{[.#]"),
}


def committed():
    found = BOOK.rglob("*.ipynb")
    return sorted(path for path in found if ".ipynb_checkpoints" not in path.parts)


def chapters():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    parts = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    pages = [ROOT / name for name in [toc["root"], *parts]]
    return [
        page
        for page in pages
        if "\nkernelspec:" in page.read_text("utf-8") and "solutions" not in page.parts
    ]


def code(path):
    return [c for c in cells_of(path) if c.cell_type == "code"]


def cells_of(path):
    return read_myst_markdown_notebook(path.read_text("utf-8")).cells


def raw_syntax(notebook):
    """Names of what only MyST understands in the Markdown of a notebook."""
    prose = [c.source for c in notebook.cells if c.cell_type == "markdown"]
    # What a program prints or a page quotes as code is not prose
    quoted = re.compile(r"^(`{3,4})\w*\n.*?^\1$", re.MULTILINE | re.DOTALL)
    prose = [quoted.sub("", text) for text in prose]
    return sorted(kind for kind in RAW if any(RAW[kind].search(t) for t in prose))


@pytest.fixture(params=committed(), ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def test_each_chapter_has_its_notebook_and_nothing_else_has():
    assert committed() == sorted(page.with_suffix(".ipynb") for page in chapters())


def test_notebooks_are_what_their_chapters_give():
    checked = subprocess.run(
        [sys.executable, str(SCRIPT), "--check"],
        cwd=ROOT,
        text=True,
        encoding="utf-8",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert checked.returncode == 0, checked.stdout[-4000:]


def test_a_notebook_is_valid_and_has_no_outputs(notebook):
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    names = [cell.id for cell in notebook.cells]
    assert len(names) == len(set(names))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)


def test_a_notebook_has_no_syntax_that_jupyter_shows_raw(notebook):
    assert raw_syntax(notebook) == []


def test_a_notebook_begins_with_its_title_and_the_way_into_colab(notebook):
    title, install = notebook.cells[:2]
    assert re.fullmatch(r"# (\d+\. )?\S.*", title.source)
    repository = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]
    address = f"git+{repository['url']}@{repository['branch']}"
    assert install.cell_type == "code"
    assert install.source.endswith(address)


def test_every_cell_that_the_page_uses_is_in_the_notebook(path, notebook):
    shown = [c.source for c in notebook.cells[2:] if c.cell_type == "code"]
    if PROGRESS in shown:
        shown.remove(PROGRESS)
    page = code(path.with_suffix(".md"))
    assert shown == [
        c.source for c in page if "remove-cell" not in c.metadata.get("tags", ())
    ]


def test_what_is_solved_stands_after_the_last_exercise(notebook):
    sources = [cell.source for cell in notebook.cells]
    checks = [k for k, source in enumerate(sources) if "\ncheck(" in source]
    assert sources.count(PROGRESS) == bool(checks)
    if checks:
        assert sources.index(PROGRESS) == checks[-1] + 2


def test_no_solution_is_in_a_notebook(path, notebook):
    answers = [
        c.source
        for page in (BOOK / "solutions").glob("*.md")
        for c in code(page)
        if "def " in c.source
    ]
    assert answers
    for cell in notebook.cells:
        assert cell.source not in answers
        assert not cell.source.lstrip("# ").startswith("Solution")


@pytest.mark.parametrize(
    "kind, text",
    [
        ("directive", "```{glue} x\n```"),
        ("fence", ":::{tip}\nA tip.\n:::"),
        ("role", "The value is {glue:text}`x`."),
        ("label", "(here)=\n## Title"),
        ("attributes", "[i]{.slot-i}"),
    ],
)
def test_raw_syntax_is_recognised(kind, text):
    cell = nbformat.v4.new_markdown_cell(f"Before.\n\n{text}\n\nAfter.")
    assert kind in raw_syntax(nbformat.v4.new_notebook(cells=[cell]))


def test_sets_formulas_and_quoted_code_are_not_raw_syntax():
    text = "The set {0, 1}, $\\frac{1}{2}$, `{x}`.\n\n```python\nd = {`x`}\n```"
    cell = nbformat.v4.new_markdown_cell(text)
    assert raw_syntax(nbformat.v4.new_notebook(cells=[cell])) == []


# --- every kind of thing that a chapter can hold ----------------------------------

CHAPTER = """# A chapter

A *word*, a **strong** one, `code`, $x_t$, \\$5, a_b, 2 < 3, and
[a page](<https://example.org/a_(b)>). A slot $\\slot{i}{i_t}$ and [i]{.slot-i}.
See {doc}`other`, {ref}`second`, {ref}`far`, {eq}`pair` and {numref}`names`.
From {cite:t}`hochreiter1997`. A footnote[^1]. Set
{explore}`it to 0 <cell?preset=running&b_f=0&tied=true>`.

[^1]: At the foot.

$$
a &= b \\\\
c &= d
$$ (pair)

(second)=
## The second section

| one | two |
|:---|---:|
| *a* | $\\|x\\|$ |
| `b` | **c** \\| d |

```{list-table} The names
:name: names
:header-rows: 1

* - Name
  - Value
* - tanh
  - 0
```

- one
  - inner
- two

3. third
4. fourth

term
: meaning

> Quoted
> twice.

:::{tip}
Think of $0$.
:::

:::{admonition} Predict
:class: dropdown
The answer.
:::

```{literalinclude} code.py
:language: python
:lines: 1-2
```

```{figure} assets/favicon.svg
:alt: Two curves

The curves.
```

```{code-cell} ipython3
:tags: [remove-cell]

from lstm_core.prose import glue
glue(accuracy=0.875)
```

The accuracy is {glue:text}`accuracy`.

```{code-cell} ipython3
:tags: [remove-input]

from lstm_core.widgets import Cell
Cell()
```

```{exercise} The sign
:label: sign

What is the sign of $-1$?
```

```{code-cell} ipython3
:tags: [raises-exception]

raise NotImplementedError("yours")
```

```{solution} sign
It is minus.
```
"""
EXPECTED = [
    "# 1. A chapter",
    None,
    """A *word*, a **strong** one, `code`, $x_t$, \\$5, a_b, 2 &lt; 3, and \
[a page](<https://example.org/a_(b)>). A slot ${i_t}$ and i. See \
[Another](other.ipynb), [The second section](#The-second-section), \
[A far section](other.ipynb#A-far-section), (1.1) and Table 1.1. From Hochreiter and \
Schmidhuber \\[1997\\]. A footnote<sup>1</sup>. Set it to 0 (\
`Cell(preset="running", b_f=0, tied=True)`).

$$
\\begin{split}
a &= b \\\\
c &= d
\\end{split} \\tag{1.1}
$$""",
    """## The second section

| one | two |
| :-- | --: |
| *a* | $\\vert x\\vert $ |
| `b` | **c** \\| d |

**Table 1.1.** The names

| Name | Value |
| --- | --- |
| tanh | 0 |

- one
  - inner
- two

3. third
4. fourth

- **term:** meaning

> Quoted twice.

> **Tip**
>
> Think of $0$.

<details><summary>Predict</summary>

The answer.

</details>

```python
def f(x):
    return x
```

![Two curves](assets/favicon.svg)

**Fig. 1.1.** The curves.

The accuracy is 0.875.""",
    "from lstm_core.widgets import Cell\nCell()",
    "### Exercise 1.1 (The sign)\n\nWhat is the sign of $-1$?",
    'raise NotImplementedError("yours")',
    """<sup>1</sup> At the foot.

**References**

- Sepp Hochreiter and Jürgen Schmidhuber. Long short-term memory. Neural Computation, \
9(8):1735–1780, 1997. doi:10.1162/neco.1997.9.8.1735.""",
]
OTHER = "# Another\n\n(far)=\n## A far section\n\n```{code-cell} ipython3\n1\n```\n"
GENERATE = "import notebooks, sys; print(*notebooks.generate(*sys.argv[1:]), sep='\\n')"
COMPARE = "import notebooks, pathlib; print(notebooks.differences(pathlib.Path.cwd()))"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    pages = {"index": "# First page\n", "chapter": CHAPTER, "other": OTHER}
    made = TinyBook(tmp_path_factory.mktemp("book"), pages)
    code = "def f(x):\n    return x\n\n\nprint(f(1))\n"
    (made.folder / "book" / "code.py").write_text(code, "utf-8")
    return made


def run(tiny, program, *arguments):
    where = os.pathsep.join([str(ROOT / "tools"), str(ROOT)])
    done = tiny.run("-c", program, *map(str, arguments), PYTHONPATH=where)
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def flattened(tiny):
    return run(tiny, GENERATE, tiny.folder, tiny.folder)


def test_everything_a_chapter_holds_becomes_plain_markdown(tiny, flattened):
    made = nbformat.read(tiny.folder / "book" / "chapter.ipynb", as_version=4)
    found = [cell.source for cell in made.cells]
    for k, text in enumerate(EXPECTED):
        assert text is None or found[k] == text
    assert len(found) == len(EXPECTED)
    assert raw_syntax(made) == []
    stub = made.cells[6]
    assert stub.metadata == {"tags": ["raises-exception"]}


def test_the_same_chapters_give_the_same_bytes(tiny, flattened, tmp_path):
    run(tiny, GENERATE, tiny.folder, tmp_path)
    for name in ("chapter", "other"):
        again = (tmp_path / "book" / f"{name}.ipynb").read_bytes()
        assert again == (tiny.folder / "book" / f"{name}.ipynb").read_bytes()


def test_only_pages_that_run_become_notebooks(tiny, flattened):
    made = sorted(path.name for path in (tiny.folder / "book").rglob("*.ipynb"))
    assert made == ["chapter.ipynb", "other.ipynb"]


def test_the_address_is_that_of_the_settings_anywhere(tiny, flattened, tmp_path):
    forked = "https://github.com/someone/fork"
    done = tiny.run(
        "-c",
        GENERATE,
        str(tiny.folder),
        str(tmp_path),
        PYTHONPATH=str(ROOT / "tools"),
        BOOK_REPOSITORY=forked,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert forked not in (tmp_path / "book" / "chapter.ipynb").read_text("utf-8")


def test_a_notebook_that_differs_is_named(tiny, flattened):
    path = tiny.folder / "book" / "other.ipynb"
    before = path.read_text("utf-8")
    path.write_text(before.replace("Another", "Altered"), "utf-8")
    stray = path.with_name("stray.ipynb")
    stray.write_text(before, "utf-8")
    found = run(tiny, COMPARE)
    path.write_text(before, "utf-8")
    stray.unlink()
    assert "['book/other.ipynb', 'book/stray.ipynb']" in found
    assert "[]" in run(tiny, COMPARE)


def test_what_has_no_markdown_stops_the_generator(tiny, flattened, tmp_path):
    page = tiny.folder / "book" / "other.md"
    before = page.read_text("utf-8")
    page.write_text(before + "\n```{centered} x\n```\n", "utf-8")
    done = tiny.run(
        "-c", GENERATE, str(tiny.folder), str(tmp_path), PYTHONPATH=str(ROOT / "tools")
    )
    page.write_text(before, "utf-8")
    assert done.returncode != 0
    assert "no Markdown for a centered" in done.stdout
