"""What the book's extension makes of a page, and which mistakes stop a build."""

import json
import re
import sys
from types import SimpleNamespace
from urllib.parse import quote, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup

from lstm_core import palette
from lstm_core.widgets import page_scripts
from tests.site import checks
from tests.tiny_book import ROOT, TinyBook

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import book_site  # noqa: E402

ADDRESS = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]["url"]
LIVELY = """# Lively

The cell is $c_t$, its input gate $\\slot{i}{i_t}$.

It keeps 95 % at $z =$ 3, and of `95 %` nothing.

$$
\\begin{align}
a &= b \\\\
c &= d
\\end{align}
$$ (pair)

Set {explore}`the forget gate to nothing <cell?f=0&i=1>`.

```{code-cell} ipython3
:tags: [remove-input]

from lstm_core.widgets import Cell
Cell()
```
"""
PAGES = {
    "index": "# First page\n\nSee {doc}`lively` and {cite:t}`hochreiter1997`.\n",
    "lively": LIVELY,
    "solutions/lively": "# Solutions\n\n```{code-cell} ipython3\nanswer = 1\n```\n",
}
NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n'


def soup(book, name):
    return BeautifulSoup(book.page(name), "html.parser")


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    made = TinyBook(tmp_path_factory.mktemp("book"), PAGES)
    (made.folder / "book" / "lively.ipynb").write_text(NOTEBOOK, "utf-8")
    built = made.build()
    assert built.returncode == 0, built.stdout[-4000:]
    return made


@pytest.fixture(scope="module", params=["book/index", "book/lively", "search"])
def any_page(request, book):
    return soup(book, request.param)


def test_pages_ask_no_other_server(any_page):
    loaded = [tag.get("src") for tag in any_page.select("[src]")]
    loaded += [tag["href"] for tag in any_page.select("link[href]")]
    assert loaded
    assert [where for where in loaded if re.match(r"(https?:)?//", where)] == []


def test_no_script_of_thebe_icons_or_mathematics(any_page):
    scripts = " ".join(map(str, any_page.find_all("script"))).lower()
    for name in ("thebe", "fontawesome", "mathjax", "katex", "require.js"):
        assert name not in scripts


def test_one_search_field(any_page):
    assert len(any_page.select("input[type=search]")) == 1


def test_buttons_are_called_what_they_say(any_page):
    for button in any_page.select("button[aria-label]"):
        assert button.get_text(strip=True) in ("", button["aria-label"])


def test_every_page_says_what_it_is_about(book):
    page = soup(book, "book/lively")
    assert page.html["lang"] == "en"
    assert page.select_one("meta[name=description]")["content"] == "About lively."


def test_mathematics_is_typeset_and_keeps_its_mathml(book):
    page = soup(book, "book/lively")
    assert len(page.select(".katex-html")) == len(page.select("math")) == 4
    assert not page.select("annotation")
    assert page.select_one(".slot-i").get_text() == "it\u200b"
    assert page.select_one(".math-display .eqno").get_text().startswith("(1.1)")
    assert not page.select(".math-display .tag"), "KaTeX numbers lines once more"


def test_style_sheet_of_the_mathematics_only_where_there_is_some(book):
    assert "katex/katex.css" in book.page("book/lively")
    assert "katex/katex.css" not in book.page("book/index")


def test_fonts_of_the_mathematics_are_all_there(book):
    folder = book.folder / "_build" / "html" / "_static" / "katex"
    css = (folder / "katex.css").read_text("utf-8")
    fonts = re.findall(r"url\(([^)]*)\)", css)
    assert len(fonts) == css.count("@font-face") == 20
    assert all((folder / name).stat().st_size > 1000 for name in fonts)
    assert all((folder / name).read_bytes()[:4] == b"wOF2" for name in fonts)


def test_colours_of_the_letters_are_those_of_the_palette(book):
    css = (book.folder / "_build/html/_static/colours.css").read_text("utf-8")
    for theme in ("light", "dark"):
        rule = re.search(rf"html\[data-theme={theme}\] {{(.*)}}", css).group(1)
        for letter, colour in palette.TEXT[theme].items():
            assert f"--slot-{letter}: {colour}" in rule


def test_explorables_come_with_the_pages_that_show_one(book):
    scripts = soup(book, "book/lively").select("script[src*='explorables/']")
    files = [urlsplit(script["src"]).path.rpartition("/")[2] for script in scripts]
    assert files == list(page_scripts("cell"))
    assert all(script.has_attr("defer") for script in scripts)
    for name in ("book/index", "book/solutions/lively"):
        assert "explorables" not in book.page(name)


def test_a_figure_carries_its_state_and_the_page_no_other(book):
    page = soup(book, "book/lively")
    assert json.loads(page.select_one("figure.explorable")["data-state"]) == {}
    assert "widget-state+json" not in book.page("book/lively")
    assert "widget-view+json" not in book.page("book/lively")


def test_a_full_stop_stays_with_its_formula(book):
    held = soup(book, "book/lively").select(".held")
    assert [one.contents[-1] for one in held] == [",", "."]
    assert all(one.select_one(".math .katex") for one in held)
    assert "</span></span>.</span></p>" in book.page("book/lively").replace("\n", "")


# Where the dot or comma after a formula stands left of the formula's last part
STRAYS = """(width) => [...document.querySelectorAll("p > .held")].filter((held) => {
  held.parentElement.style.width = `${width}px`;
  const range = document.createRange();
  range.selectNodeContents(held.lastChild);
  const last = [...held.querySelectorAll(".base")].at(-1);
  const [mark, part] = [range, last].map((it) => [...it.getClientRects()].at(-1));
  return mark.left < part.left;
}).length"""
APART = ".held, .held * { white-space: normal !important }"


@pytest.mark.parametrize("healthy", [True, False])
def test_no_line_begins_with_a_full_stop(book, browser, healthy):
    home = (book.folder / "_build" / "html").as_uri() + "/"
    context = checks.context(browser, home)
    with checks.opened(context, home + "book/lively.html", home) as (page, _):
        if not healthy:
            page.add_style_tag(content=APART)
            page.add_style_tag(content=".held .base { display: inline-block }")
        strays = [page.evaluate(STRAYS, width) for width in range(80, 280, 2)]
    context.close()
    assert any(strays) is not healthy


def test_a_number_stays_with_what_belongs_to_it(book):
    text = soup(book, "book/lively").select_one("article").get_text()
    assert "keeps 95\N{NO-BREAK SPACE}% at" in text and "of 95 % nothing" in text
    assert "\N{NO-BREAK SPACE}3, and" in text


def test_an_address_that_leads_nowhere_lists_the_pages(book):
    page = soup(book, "404")
    links = {link["href"]: link.get_text() for link in page.select("nav a")}
    assert links["book/index.html"] == "First page"
    assert list(links) == [f"book/{name}.html" for name in (*PAGES, "bibliography")]
    assert page.select_one("form[action='search.html'] input[name=q]")


def test_a_link_sets_an_explorable(book):
    link = soup(book, "book/lively").select_one("a.explore")
    assert link["href"] == "#cell?f=0&i=1"
    assert link.get_text() == "the forget gate to nothing"


@pytest.mark.parametrize("healthy", [True, False])
def test_bootstrap_takes_no_link_for_a_heading(book, browser, healthy):
    """On a page without headings it looked for `#cell?f=0` and threw."""
    page = book.folder / "_build" / "html" / "book" / "lively.html"
    text, home = page.read_text("utf-8"), page.parents[1].as_uri() + "/"
    empty = '<div class="bd-toc-nav" hidden></div>'
    assert text.count(empty) == 1 and "<h2" not in text.split("<article")[1]
    other = page.with_name("tried.html")
    other.write_text(text if healthy else text.replace(empty, ""), "utf-8")
    context = checks.context(browser, home)
    with checks.opened(context, other.as_uri(), home) as (_, traffic):
        assert (traffic.wrong == []) is healthy
    context.close()


def run_links(book, name):
    links = soup(book, name).select(".article-header-buttons a")
    return {link.select_one(".run-where").get_text(): link["href"] for link in links}


def test_a_chapter_runs_as_the_notebook_beside_it(book):
    repository = ADDRESS.removeprefix("https://github.com/")
    assert run_links(book, "book/lively") == {
        "Binder": f"https://mybinder.org/v2/gh/{repository}/main"
        "?urlpath=lab/tree/book/lively.ipynb",
        "Colab": f"https://colab.research.google.com/github/{repository}"
        "/blob/main/book/lively.ipynb",
        "Download": "lively.ipynb",
    }
    downloaded = book.folder / "_build" / "html" / "book" / "lively.ipynb"
    assert downloaded.read_text("utf-8") == NOTEBOOK


def test_pages_without_a_notebook_offer_none(book):
    for name in ("book/index", "book/solutions/lively", "search"):
        assert run_links(book, name) == {}


def test_the_foot_of_a_page_leads_to_its_source(book):
    links = {
        link.get_text(): link["href"]
        for link in soup(book, "book/lively").select(".bd-footer-content a")
    }
    assert links["Edit this page"] == f"{ADDRESS}/edit/main/book/lively.md"
    assert links["MIT licence"] == f"{ADDRESS}/blob/main/LICENSE"
    assert links["Source"] == ADDRESS
    assert links["Report a mistake"].startswith(f"{ADDRESS}/issues/new?title=On%20page")


def test_icons_of_the_theme_are_not_shipped(book):
    assert not (book.folder / "_build" / "html" / "_static" / "vendor").exists()


# --- mistakes ---------------------------------------------------------------------

MISTAKES = {
    "link": ("[there](nowhere.md)", "nowhere.md"),
    "reference": ("{ref}`nowhere`", "undefined label: 'nowhere'"),
    "citation": ("{cite:p}`nobody1900`", "nobody1900"),
    "term": ("{term}`unheard-of`", "unheard-of"),
    "formula": (r"$\nosuchcommand$", "Undefined control sequence"),
    "block": ("$$\n\\frac{1}\n$$", "mathematics: KaTeX parse error"),
    "explorable": ("{explore}`x <absent?f=0>`", "no explorable 'absent'"),
    "setting": ("{explore}`x <cell>`", "expected `text <name?key=value>`"),
    "number": ("{glue:text}`unknown`", "unknown"),
    "include": ("```{literalinclude} gone.py\n```", "gone.py"),
    "role": ("{nosuchrole}`x`", "nosuchrole"),
}


@pytest.fixture(scope="module")
def mistaken(tmp_path_factory):
    pages = {name: f"# Page\n\n{text}\n" for name, (text, _) in MISTAKES.items()}
    pages["index"] = "# First page\n"
    made = TinyBook(tmp_path_factory.mktemp("mistaken"), pages)
    return made, made.build(), made.build()


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_stops_the_build_and_is_named_with_its_page(mistaken, mistake):
    _, first, _ = mistaken
    assert first.returncode != 0
    lines = [line for line in first.stdout.split("\n") if f"book/{mistake}" in line]
    assert any("WARNING" in line or "ERROR" in line for line in lines), lines
    assert MISTAKES[mistake][1] in " ".join(lines)


def test_a_failed_build_does_not_pass_when_repeated(mistaken):
    _, first, second = mistaken
    assert second.returncode != 0
    assert second.stdout.count("WARNING") == first.stdout.count("WARNING")


def test_a_failing_cell_stops_the_build(tmp_path):
    pages = {
        "index": "# First page\n",
        "cell": "# Page\n\n```{code-cell} ipython3\n1 / 0\n```\n",
    }
    built = TinyBook(tmp_path, pages).build()
    assert built.returncode != 0
    assert "ZeroDivisionError" in built.stdout


# --- the address, and what is read again ------------------------------------------


def options(**more):
    launch = {"launch_buttons": {"binderhub_url": "https://mybinder.org"}}
    theme = {"repository_url": ADDRESS, "repository_branch": "main", **launch, **more}
    return SimpleNamespace(html_theme_options=theme)


def test_a_fork_names_its_address_in_a_variable(monkeypatch):
    monkeypatch.setenv("BOOK_REPOSITORY", "https://github.com/someone/fork")
    config = options()
    book_site.set_repository(None, config)
    app = SimpleNamespace(config=config, srcdir="/nowhere")
    (binder,) = book_site.run_links(app, "book/gates")
    assert binder["url"].startswith("https://mybinder.org/v2/gh/someone/fork/main?")
    footer = book_site.repository_links(app, "book/gates", True)
    assert footer["edit"] == "https://github.com/someone/fork/edit/main/book/gates.md"


@pytest.mark.parametrize("wrong", ["someone/fork", "https://example.org/a/b", "x"])
def test_an_address_that_is_none_is_refused(monkeypatch, wrong):
    monkeypatch.setenv("BOOK_REPOSITORY", wrong)
    with pytest.raises(ValueError, match="must look like https://github.com/OWNER"):
        book_site.set_repository(None, options())


def test_a_teacher_adds_a_hub():
    config = options(launch_buttons={"jupyterhub_url": "https://hub.example.org/"})
    book_site.set_repository(None, config)
    app = SimpleNamespace(config=config, srcdir="/nowhere")
    (hub,) = book_site.run_links(app, "book/gates")
    assert hub["url"] == (
        "https://hub.example.org/hub/user-redirect/git-pull"
        f"?repo={quote(ADDRESS, safe='')}&branch=main"
        f"&urlpath=lab/tree/{ADDRESS.rsplit('/', 1)[1]}/book/gates.ipynb"
    )


def outdated(folder, env):
    return book_site.outdated_pages(SimpleNamespace(srcdir=folder), env, [], [], [])


def test_pages_are_read_again_when_the_package_changes(tmp_path):
    module = tmp_path / "lstm_core" / "cells" / "lstm.py"
    module.parent.mkdir(parents=True)
    module.write_text("V = 1\n")
    env = SimpleNamespace(found_docs={"book/b", "book/a"})
    assert outdated(tmp_path, env) == ["book/a", "book/b"]
    assert outdated(tmp_path, env) == []
    module.write_text("V = 2\n")
    assert outdated(tmp_path, env) == ["book/a", "book/b"]
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "claim.json").write_text("{}")
    assert outdated(tmp_path, env) == ["book/a", "book/b"]
    (module.parent / "__pycache__").mkdir()
    (module.parent / "__pycache__" / "lstm.pyc").write_text("")
    assert outdated(tmp_path, env) == []


def test_another_style_sheet_reaches_every_page_and_no_cell_runs_again(tmp_path):
    ran = tmp_path / "ran"
    cell = f"```{{code-cell}} ipython3\nopen({str(ran)!r}, 'a').write('1')\n```\n"
    book = TinyBook(tmp_path, {"index": "# First page\n", "cell": f"# Page\n\n{cell}"})
    extension = tmp_path / "book" / "_ext" / "book_site.py"
    text = extension.read_text("utf-8")
    handler = 'app.connect("env-updated", pages_that_load_other_files)'
    assert text.count(handler) == 1

    def built():
        made = book.build()
        assert made.returncode == 0, made.stdout[-4000:]
        link = soup(book, "book/cell").select_one("link[href*='book.css']")
        css = tmp_path / "_build" / "html" / "_static" / "book.css"
        return link["href"], css.read_text("utf-8"), ran.read_text()

    link, css, once = built()
    with open(tmp_path / "book" / "assets" / "book.css", "a") as file:
        file.write("\n.new { color: red; }\n")
    extension.write_text(text.replace(handler, ""), "utf-8")
    assert built() == (link, css, once)  # without it the change is not seen
    extension.write_text(text, "utf-8")
    after = built()
    assert after[0] != link and ".new" in after[1] and after[2] == once
