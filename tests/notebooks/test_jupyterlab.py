"""A student on Binder: from the button's address to an exercise that passes."""

import json
import re
import sys
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from lstm_core.exercises import one_step
from tests.notebooks.binder import ROOT
from tests.notebooks.conftest import TOKEN

CHAPTER = "book/one-step"
WAIT = 30_000  # ms: a kernel starts slowly on a busy machine
MOST_CLICKS = 5


def button():
    """The address of the chapter's Binder button, from the code that writes it."""
    if (folder := str(ROOT / "book/_ext")) not in sys.path:
        sys.path.append(folder)
    from book_site import run_links

    settings = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    config = SimpleNamespace(
        book_launch=settings["launch_buttons"],
        html_theme_options={
            "repository_url": settings["repository"]["url"],
            "repository_branch": settings["repository"]["branch"],
        },
    )
    links = run_links(SimpleNamespace(config=config, srcdir=ROOT), CHAPTER)
    return next(link["url"] for link in links if link["text"] == "Binder")


def tail(address):
    """What Binder adds to the address of the JupyterLab that it has started."""
    return parse_qs(urlsplit(address).query)["urlpath"][0]


class Notebook:
    """A chapter, open in JupyterLab."""

    def __init__(self, page, address):
        self.page, self.errors, self.clicks = page, [], 0
        page.route(
            re.compile(f"^(?!{re.escape(address)}|data:|blob:)"),
            lambda route: route.abort(),
        )
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._console)
        opened = f"{address}{tail(button())}?token={TOKEN}&reset"
        page.goto(opened, timeout=2 * WAIT)
        page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=2 * WAIT)

    def _console(self, message):
        if message.type == "error":
            self.errors.append(message.text)

    def click(self, what):
        self.clicks += 1
        what.click()

    def run_all(self):
        # Asked earlier, JupyterLab would ask back which kernel is meant
        self.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=2 * WAIT)
        for item in ("Run", "Run All Cells"):
            self.click(self.page.get_by_role("menuitem", name=item, exact=True))
        self.page.wait_for_function(
            """() => {
              const cells = [...document.querySelectorAll(".jp-CodeCell")];
              const prompts = cells.map((cell) =>
                cell.querySelector(".jp-InputPrompt").textContent);
              return cells.length && prompts.every((text) => /\\[\\d+\\]/.test(text));
            }""",
            timeout=4 * WAIT,
        )

    def cell(self, text):
        """The code cell that has this text."""
        return (
            self.page.locator(".jp-CodeCell")
            .filter(has=self.page.locator(".jp-InputArea", has_text=text))
            .first
        )

    def rewrite(self, text, code):
        """Put other code into the cell that has this text; what it says when run."""
        cell = self.cell(text)
        cell.scroll_into_view_if_needed()
        editor = cell.locator(".cm-content")
        self.click(editor)
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(code)
        before = cell.locator(".jp-InputPrompt").inner_text()
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_function(
            "([prompt, before]) => /\\[\\d+\\]/.test(prompt.textContent)"
            " && prompt.textContent !== before",
            arg=[cell.locator(".jp-InputPrompt").element_handle(), before],
            timeout=WAIT,
        )
        return self.output(text)

    def output(self, text):
        # What is out of sight is not laid out, and has no inner text
        return self.cell(text).locator(".jp-OutputArea-output").last.text_content()


@pytest.fixture(scope="module")
def notebook(browser, lab):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    opened = Notebook(page, lab)
    opened.run_all()
    yield opened
    page.close()


def test_every_cell_runs(notebook):
    failed = notebook.page.locator(
        '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]'
    )
    assert failed.count() == 0, failed.first.inner_text()


def test_the_figure_is_alive(notebook):
    cell = notebook.cell("lstm_core.widgets import")
    cell.scroll_into_view_if_needed()
    figure = cell.locator(".explorable").first
    slider = figure.locator("input[type=range]:visible").first
    slider.wait_for(timeout=WAIT)
    words = figure.locator("output")
    before = words.inner_text()
    assert before.strip()
    # Laying out the cells above may take the focus away once more
    for _ in range(10):
        slider.press("ArrowRight")
        notebook.page.wait_for_timeout(WAIT / 30)
        if words.inner_text() != before:
            return
    raise AssertionError(f"the figure still says: {before}")


def written(letters):
    return f'answer = {letters!r}\n\ncheck("1.1", answer)'


def test_an_exercise_answers(notebook):
    mark = 'check("1.1"'
    assert "Still open." in notebook.output(mark)
    k = one_step.given_step()
    right = {
        letter: round(float(getattr(k, letter)[0, 0]), 3) for letter in one_step.LETTERS
    }
    wrong = right | {"h": round(float(k.o[0, 0] * k.c[0, 0]), 3)}
    said = notebook.rewrite(mark, written(wrong))
    assert "Not yet." in said and "Hint 1 of 3" in said
    assert "the cell is squashed on its way out" in said
    assert "Right." in notebook.rewrite(mark, written(right))
    assert notebook.clicks < MOST_CLICKS


def test_what_is_solved_is_shown_and_can_be_taken_home(notebook):
    mark = "import load, progress, save"
    said = notebook.rewrite(mark, "# import load, progress, save\nprogress()")
    assert "Solved 1 of" in said and "1 one step" in said
    said = notebook.rewrite(mark, "# import load, progress, save\nsave()")
    assert "Saved in 'progress.json': 1 solved." in said
    with notebook.page.expect_download(timeout=WAIT) as caught:
        notebook.cell(mark).get_by_text("Download it").click()
    found = json.loads(caught.value.path().read_text("utf-8"))
    assert found["solved"] == ["1.1"]
    said = notebook.rewrite(mark, "# import load, progress, save\nload()")
    assert "Loaded 'progress.json'" in said


@pytest.mark.parametrize(
    "body, words",
    [
        ('return input("How many? ")', "nobody types while a check runs"),
        ('while True: print("again and again")', "given up"),
        ("raise SystemExit", "stopped with SystemExit"),
    ],
)
def test_no_answer_takes_the_notebook_away(notebook, body, words):
    mark = 'check("1.2"'
    code = f"def counter():\n    {body}\n\n{mark}, counter)"
    assert words in notebook.rewrite(mark, code)


def test_nothing_of_ours_complains(notebook):
    ours = [
        error
        for error in notebook.errors
        if re.search(r"explorable|anywidget|data:text/javascript|blob:", error)
    ]
    assert ours == []
