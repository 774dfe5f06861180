"""The labs in JupyterLab: sliders redraw, training starts, stops and is told."""

import json
import re

import pytest

from tests.notebooks.conftest import TOKEN

WAIT = 30_000  # ms: a kernel starts slowly on a busy machine
CELLS = {
    "counter": "from lstm_core import labs\nlabs.counter()",
    "saturation": "labs.saturation()",
    "own": (
        "import numpy as np\n"
        "def value(z): return np.arctan(z)\n"
        "def derivative(z): return 1 / (1 + z**2)\n"
        'labs.activation(value, derivative, "arctan")'
    ),
    "wrong": "labs.activation(value, lambda z: -derivative(z))",
}


def notebook_of(cells):
    made = [
        {
            "cell_type": "code",
            "id": name,
            "source": source,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        for name, source in cells.items()
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel}
    return {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


class Shown:
    """A lab in the output of a cell."""

    def __init__(self, page, n):
        self.page = page
        self.cell = page.locator(".jp-CodeCell").nth(n)
        self.cell.locator(".widget-vbox, .widget-html").first.wait_for(timeout=WAIT)
        self.cell.locator(".jp-OutputArea").scroll_into_view_if_needed()

    def words(self):
        return self.cell.locator("figcaption").inner_text()

    def press(self, label, key):
        self.cell.get_by_role("slider", name=label, exact=True).press(key)

    def click(self, name):
        self.cell.get_by_role("button", name=name).click()

    def wait_for(self, text):
        self.cell.get_by_text(re.compile(text)).first.wait_for(timeout=WAIT)

    def until_other(self, words):
        self.page.wait_for_function(
            "([one, words]) => one.querySelector('figcaption').innerText !== words",
            arg=[self.cell.element_handle(), words],
            timeout=WAIT,
        )


@pytest.fixture(scope="module")
def page(browser, lab, binder):
    """A notebook of all labs, run from top to bottom."""
    (binder[1] / "labs.ipynb").write_text(json.dumps(notebook_of(CELLS)), "utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"{lab}lab/tree/labs.ipynb?token={TOKEN}&reset", timeout=2 * WAIT)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=2 * WAIT)
    for item in ("Run", "Run All Cells"):
        page.get_by_role("menuitem", name=item, exact=True).click()
    page.locator(".jp-CodeCell").last.get_by_text("Not yet.").wait_for(timeout=2 * WAIT)
    yield page
    page.close()


def shown(page, name):
    return Shown(page, list(CELLS).index(name))


@pytest.mark.parametrize(
    ("name", "label"), [("counter", "gain K"), ("saturation", "scale")]
)
def test_a_slider_redraws_the_picture(page, name, label):
    lab = shown(page, name)
    before = lab.words()
    lab.press(label, "ArrowRight")
    lab.until_other(before)
    assert lab.cell.locator("svg[role=img]").count() == 1


def test_training_is_seen_in_the_histogram(page):
    lab = shown(page, "saturation")
    assert lab.words().startswith("10 networks of 4 units")
    for label in ("seeds", "train for"):
        lab.press(label, "Home")
    lab.click("Train")
    lab.wait_for("Done after 100 of 100 updates")
    assert lab.words().startswith("2 networks of 4 units")
    assert "After 100 updates" in lab.words()
    lab.press("updates", "Home")
    lab.until_other(lab.words())
    assert "After 0 updates" in lab.words()


def test_training_stops_when_asked_and_says_what_it_has_found(page):
    lab = shown(page, "own")
    assert "Its derivative is that of its value" in lab.words()
    assert "Not trained yet" in lab.words()
    lab.press("seeds", "Home")
    lab.press("train for", "End")
    lab.click("Train")
    lab.wait_for(r"\d+ of 3000")
    lab.click("Stop")
    lab.wait_for(r"Stopped after \d+ of 3000 updates")
    assert "of arctan is" in lab.words() and "paired t over 2 seeds" in lab.words()


def test_a_wrong_derivative_is_told_and_not_trained(page):
    lab = shown(page, "wrong")
    lab.wait_for("The derivative is wrong at 121 of 121 points")
    lab.wait_for("There it is always −1 times the slope")
    assert lab.cell.get_by_role("button", name="Train").is_disabled()
