"""Whatever a reader presses, types or links to: no error, no number that is none."""

import os
import random
import time
from pathlib import Path

import pytest

from lstm_core.widgets import EXPLORABLES, Squasher
from tests.widgets.harness import write_page

FUZZ = Path(__file__).with_name("fuzz.js")
WEEKLY = bool(os.environ.get("BOOK_WEEKLY"))
SECONDS = (600 if WEEKLY else 60) / len(EXPLORABLES)
LEAST = 3  # rounds, however slow the machine is
KEYS = (
    "Tab",
    "Shift+Tab",
    "Enter",
    "Space",
    "ArrowLeft",
    "ArrowRight",
    "ArrowUp",
    "ArrowDown",
    "Home",
    "End",
    "PageUp",
    "PageDown",
    "Escape",
    "Delete",
    "9",
    "-",
    "e",
)
SIZES = (320, 500, 1280)


class Fuzz:
    """A page with one explorable, and what was done to it."""

    def __init__(self, browser, folder, widget, seed):
        self.draw, self.done, self.errors = random.Random(seed), [], []
        self.page = browser.new_page(viewport={"width": 800, "height": 900})
        self.page.set_default_timeout(120_000)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._console)
        self.page.goto(write_page(folder, [widget.figure()]).as_uri())
        self.page.locator(".live .inside").wait_for()
        self.page.add_script_tag(content=FUZZ.read_text("utf-8"))
        self.page.evaluate("names => { window.fields = names }", list(widget.fields()))

    def _console(self, message):
        if message.type == "error":
            self.errors.append(message.text)

    def round(self, times=25):
        """Some acts from inside the page, then some by real keys and a real pointer."""
        seed = self.draw.randrange(2**31)
        said = self.page.evaluate("given => fuzz(...given)", [seed, times])
        self.done += said["done"]
        self.check(said["fault"])
        for _ in range(4):
            key = self.draw.choice(KEYS)
            self.done.append(key)
            self.page.keyboard.press(key)
        self.drag()
        self.check(self.page.evaluate("wrong()"))

    def drag(self):
        width = self.draw.choice(SIZES)
        self.page.set_viewport_size({"width": width, "height": 900})
        x, y, by = (self.draw.randrange(n) for n in (width, 900, width))
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        mouse.move(by, y, steps=3)
        mouse.up()
        self.done.append(f"drag at {width} px from {x}, {y} to {by}")

    def check(self, fault):
        last = "\n  ".join(map(str, self.done[-12:]))
        assert not fault and not self.errors, f"{fault} {self.errors} after\n  {last}"


@pytest.fixture
def fuzz(browser, tmp_path):
    made = []

    def start(widget, seed):
        made.append(Fuzz(browser, tmp_path, widget, seed))
        return made[-1]

    yield start
    for one in made:
        one.page.close()


@pytest.mark.parametrize("cls", EXPLORABLES, ids=lambda cls: cls.NAME)
def test_nothing_breaks(fuzz, cls):
    fresh = random.SystemRandom().randrange(10**6) if WEEKLY else 20
    seed = int(os.environ.get("BOOK_SEED", fresh))
    print(f"BOOK_SEED={seed}")
    one, rounds = fuzz(cls(), seed), 0
    end = time.monotonic() + SECONDS
    while rounds < LEAST or time.monotonic() < end:
        one.round()
        rounds += 1
    print(f"{len(one.done)} acts")


BUGS = {
    "an error": "figure.addEventListener('change', () => { throw new Error('oh'); })",
    "a word": "figure.addEventListener('change', () => {"
    " figure.append(`at ${Number('x')}`); })",
    "a drawing": "figure.addEventListener('change', () => {"
    " figure.querySelector('path').setAttribute('d', `M${0 / 0} 1`); })",
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_is_found(fuzz, bug):
    one = fuzz(Squasher(), 1)
    find = "const figure = document.querySelector('figure.explorable')"
    one.page.evaluate(f"{{ {find}; {BUGS[bug]} }}")
    with pytest.raises(AssertionError, match="oh|NaN|at NaN"):
        for _ in range(20):
            one.round(10)
