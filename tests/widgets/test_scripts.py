"""What a page loads: its own explorables, nothing twice, and data on demand."""

import gzip
import json

import pytest

from lstm_core.widgets import (
    EXPLORABLES,
    Squasher,
    assets,
    data_scripts,
    page,
    page_scripts,
    stylesheet,
)
from lstm_core.widgets.strip import squeeze
from tests.widgets.harness import write_page

NAMES = [cls.NAME for cls in EXPLORABLES]
EVERY = [*NAMES, "predict"]


def handed_over(text):
    """Names of the modules that a script hands over."""
    return [line.split('"')[1] for line in text.split("\n") if '.js": `' in line]


def weight(names):
    texts = page_scripts(*names).values()
    return sum(len(gzip.compress(text.encode(), 6)) for text in texts)


@pytest.mark.parametrize("name", EVERY)
def test_a_page_gets_all_modules_of_its_explorable_once(name):
    texts = page_scripts(name)
    modules = [module for text in texts.values() for module in handed_over(text)]
    text = assets.source("predict.js") if name == "predict" else ""
    for cls in EXPLORABLES:
        text = cls.module() if cls.NAME == name else text
    assert len(modules) == len(set(modules))
    assert {f"{name}.js", *assets.closure(text)} <= set(modules)
    assert list(texts)[-1] == "explorables.js"


def test_a_page_gets_no_other_explorable():
    for name in EVERY:
        others = {f"{other}.js" for other in EVERY if other != name}
        assert not others & set(page_scripts(name))


def test_no_module_comes_in_two_scripts():
    texts = page_scripts()
    modules = [module for text in texts.values() for module in handed_over(text)]
    assert len(modules) == len(set(modules))
    assert {f"{name}.js" for name in EVERY} <= set(modules)


def test_a_script_says_what_the_module_says(tmp_path):
    """Evaluated, the text that is handed over is the module."""
    from tests.widgets.test_engine import run_node

    program = tmp_path / "texts.mjs"
    loader = "globalThis.explorableFiles"
    scripts = [text.split(loader)[0] for text in page_scripts().values()]
    end = "console.log(JSON.stringify(globalThis.explorableModules));"
    program.write_text("\n".join([*scripts, end]), encoding="utf-8")
    texts = run_node(program)
    for cls in EXPLORABLES:
        assert texts[f"{cls.NAME}.js"] == squeeze(cls.module())
        for name, text in assets.closure(cls.module()).items():
            assert texts[name] == squeeze(text)


def test_budget_of_bytes(capsys):
    """60 kB was the plan for all, when there were fewer; now they may take 75.

    No page loads them all.  One that shows any two, and asks questions, loads less than
    45 kB, and the next page only what it has not yet.  To reach 60 names would have to
    be shortened, which makes a script that nobody can read, or features would have to go.
    """
    pairs = {(a, b): weight([a, b, "predict"]) for a in NAMES for b in NAMES}
    (worst, most), every = max(pairs.items(), key=lambda kv: kv[1]), weight(EVERY)
    style = len(gzip.compress(stylesheet().encode()))
    said = (
        f"all {every} bytes gzipped (at most 75000; the plan of 60000 is missed); "
        f"{' and '.join(worst)}: {most}; style {style}"
    )
    with capsys.disabled():
        print(f"\nexplorables: {said}")
    assert every <= 75_000, said
    assert most <= 45_000, said
    assert style <= 6_000, said


# --- data on demand ---------------------------------------------------------------

TOY = """
import { fetched } from "./kit.js";
export const SPEC = { fields: {}, presets: {} };
export default {
  render(given) {
    const inside = document.createElement("button");
    inside.className = "inside";
    given.el.append(inside);
    const tell = (text) => (inside.textContent = text);
    fetched(given, "swaplab").then(
      (value) => tell(JSON.stringify(value)), (error) => tell(error.message));
  },
};
"""


class Toy(Squasher):
    NAME = "toy"
    DATA = ("swaplab",)

    @classmethod
    def module(cls):
        return TOY


def forget():
    for kept in (page._homes, page._scripts, page.data_scripts):
        kept.cache_clear()


def script_of_toy():
    (file,) = (name for name in data_scripts() if name.startswith("swaplab-"))
    return file


@pytest.fixture
def toy(monkeypatch):
    """An explorable with data among the others."""
    monkeypatch.setattr(page, "EXPLORABLES", (*EXPLORABLES, Toy))
    forget()
    yield Toy()
    forget()


@pytest.fixture
def shown(browser, toy, tmp_path):
    """Opens the page of the toy from disk; gives the page and what it asked for."""
    path = write_page(tmp_path, [toy.figure()])
    tab = browser.new_page()
    asked = []
    tab.on("request", lambda request: asked.append(request.url))

    def show():
        tab.goto(path.as_uri())
        tab.wait_for_function(
            "document.querySelector('.live .inside')?.textContent.length > 0"
        )
        return tab.locator(".live .inside").inner_text(), asked

    yield show
    tab.close()


def test_data_comes_on_demand_from_disk(shown):
    text, asked = shown()
    assert json.loads(text) == assets.data("swaplab")
    file = script_of_toy()
    assert [url.rpartition("/")[2] for url in asked].count(file) == 1
    assert file not in page_scripts("toy")


def test_data_that_does_not_arrive_is_a_sentence(shown, tmp_path):
    file = script_of_toy()
    (tmp_path / file).unlink()
    text, _ = shown()
    assert text == "The data of this figure did not arrive; try again later."


def test_other_data_comes_under_another_name(toy, monkeypatch):
    before = script_of_toy()
    monkeypatch.setattr(assets, "data", lambda name: {"other": 1})
    forget()
    assert script_of_toy() != before


def test_in_jupyter_data_comes_with_the_widget(toy):
    assert toy._data == {"swaplab": assets.data("swaplab")}
    assert "_data" in toy.keys and "_data" not in toy.state()
    assert Squasher()._data == {}
