"""A student in JupyterLab: a chapter runs, its figure moves, its exercises answer."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from lstm_core.exercises import one_step

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = "one-step"
TOKEN = "a-token-for-this-test"
WAIT = 30_000  # ms: a kernel starts slowly on a busy machine


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def surroundings(folder):
    """Variables for a server that knows no settings of whoever runs the test."""
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "IPYTHON"))
    }
    places = {
        name: str(folder / name.lower())
        for name in (
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
            "IPYTHONDIR",
        )
    }
    return own | places | {"PYTHONPATH": str(ROOT), "JUPYTER_PREFER_ENV_PATH": "1"}


def answers(address):
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Address of a JupyterLab whose folder holds a copy of the chapters' notebooks."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "book").mkdir()
    for notebook in (ROOT / "book").glob("*.ipynb"):
        shutil.copy(notebook, folder / "book")
    address = f"http://127.0.0.1:{(port := free_port())}/"
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={folder}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=None",
        "--LabApp.extension_manager=readonly",
    ]
    log = folder / "log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            command, cwd=folder, stdout=out, stderr=out, env=surroundings(folder)
        )
        try:
            end = time.monotonic() + 60
            while not answers(f"{address}api"):
                assert server.poll() is None and time.monotonic() < end, log.read_text()
                time.sleep(0.2)
            yield address
        finally:
            server.terminate()
            server.wait(20)


class Notebook:
    """A chapter, open in JupyterLab."""

    def __init__(self, page, address):
        self.page, self.errors = page, []
        page.route(
            re.compile(f"^(?!{re.escape(address)}|data:|blob:)"),
            lambda route: route.abort(),
        )
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._console)
        page.goto(f"{address}lab/tree/book/{CHAPTER}.ipynb?token={TOKEN}&reset")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=2 * WAIT)

    def _console(self, message):
        if message.type == "error":
            self.errors.append(message.text)

    def run_all(self):
        # Asked earlier, JupyterLab would ask back which kernel is meant
        self.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=2 * WAIT)
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
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
        editor.click()
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
    slider.focus()
    notebook.page.keyboard.press("ArrowRight")
    notebook.page.wait_for_function(
        "([words, before]) => words.innerText !== before",
        arg=[words.element_handle(), before],
        timeout=WAIT,
    )


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
    assert "Not yet." in said
    assert "the cell is squashed on its way out" in said
    assert "Right." in notebook.rewrite(mark, written(right))


def test_nothing_of_ours_complains(notebook):
    ours = [
        error
        for error in notebook.errors
        if re.search(r"explorable|anywidget|data:text/javascript|blob:", error)
    ]
    assert ours == []
