"""What a page loads: its own explorables, nothing twice, and data on demand."""

import gzip
import importlib.util
import json
import re
import sys

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
from tests.widgets import fixtures
from tests.widgets.harness import check, run_node, write_modules, write_page

NAMES = [cls.NAME for cls in EXPLORABLES]
EVERY = [*NAMES, "predict"]
SMALL = importlib.util.find_spec("minify") is not None


def handed_over(text):
    """Names of the modules that a script hands over."""
    return re.findall(r"""^"([\w.-]+\.js)": '""", text, re.MULTILINE)


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


def test_a_page_gets_no_script_of_others_alone():
    for name in EVERY:
        own = [f"{name}.js"] if name in page.LARGE else []
        assert list(page_scripts(name)) == [*own, "explorables.js"]
    assert set(page.LARGE) <= set(NAMES)


def test_no_module_comes_in_two_scripts():
    texts = page_scripts()
    modules = [module for text in texts.values() for module in handed_over(text)]
    assert len(modules) == len(set(modules))
    assert {f"{name}.js" for name in EVERY} <= set(modules)


# --- what the minifier leaves -----------------------------------------------------


def unpacked(folder):
    """{module: text} as the scripts hand them over, evaluated."""
    program = folder / "texts.mjs"
    loader = "globalThis.explorableFiles"
    scripts = [text.split(loader)[0] for text in page_scripts().values()]
    end = "console.log(JSON.stringify(globalThis.explorableModules));"
    program.write_text("\n".join([*scripts, end]), encoding="utf-8")
    return run_node(program)


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    return unpacked(tmp_path_factory.mktemp("texts"))


def as_written():
    """{module: text} before anything is taken away."""
    texts = {"predict.js": assets.source("predict.js")}
    for cls in EXPLORABLES:
        texts |= {f"{cls.NAME}.js": cls.module(), **assets.closure(cls.module())}
    return texts


def test_a_script_says_what_the_module_says(texts):
    """Evaluated, the text that is handed over is the module, minified."""
    assert texts == {name: page.minified(text) for name, text in as_written().items()}


def test_without_the_minifier_modules_come_as_they_are(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "minify", None)
    page._scripts.cache_clear()
    try:
        assert unpacked(tmp_path) == as_written()
    finally:
        page._scripts.cache_clear()


def test_minified_modules_compute_what_lstm_core_does(tmp_path, texts):
    """To 1e-12, as the text that people read does; every function is there."""
    expected = json.dumps(fixtures.everything(), allow_nan=False)
    write_modules(tmp_path, expected, *EXPLORABLES)
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    report = check("engine", tmp_path)
    assert report["wrong"] == report["unproved"] == []
    assert report["compared"] > 10_000


# Names, numbers, templates and regular expressions of which minifiers make other ones.
PROGRAM = r"""
export const short = "kept";
export const numbers = [1e-9, -0, 900000, 0x9e3779b9, 1_000_000, 0.1 + 0.2, 5e-324];
const long = (value) => {
  const other = value;
  { const value = 2; return [other, value, `${other}  ${`"${value}'`}\n<b>  </b>`]; }
};
let n = 1
++n
export const told = [long("a"), n, typeof missing, /[/'"` ]+\/  /gu.source, "\u202f"];
export const late = () => {
  return
  n
};
export const less = [-1, 0, 1, NaN].map((v) => [Math.abs(v), v || 2, !(v <= 0)]);
export default { render: ({ model, el }) => ({ model, el }), late: late() };
"""
TELL = """
const all = await import("./PROGRAM.mjs");
const plain = (_, v) => typeof v === "number" ? Object.is(v, -0) ? "-0" : String(v) : v;
console.log(JSON.stringify({ ...all, names: Object.keys(all) }, plain));
"""


def said_by(folder, text):
    (folder / "PROGRAM.mjs").write_text(text, encoding="utf-8")
    (folder / "tell.mjs").write_text(TELL, encoding="utf-8")
    return run_node(folder / "tell.mjs")


def test_a_minified_program_says_the_same(tmp_path):
    minified = page.minified(PROGRAM)
    said = said_by(tmp_path, PROGRAM)
    assert said_by(tmp_path, minified) == said
    assert said["told"][0][2].startswith("a  \"2'\n<b>") and said["numbers"][1] == "-0"
    assert "other" not in minified if SMALL else minified == PROGRAM


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("-0,", "0,"),
        ("++n", "n"),
        ("  ${", "${"),
        ("\\/  /", "\\/ /"),
        ("default", "const d ="),
    ],
)
def test_a_program_that_is_not_the_same_is_found(tmp_path, good, bad):
    assert good in PROGRAM
    assert said_by(tmp_path, PROGRAM.replace(good, bad, 1)) != said_by(
        tmp_path, PROGRAM
    )


@pytest.mark.skipif(not SMALL, reason="tdewolff-minify has no wheel for this machine")
def test_budget_of_bytes(capsys):
    """60 kB for all explorables and the questions; 6 for their style sheet."""
    every = weight(EVERY)
    style = len(gzip.compress(stylesheet().encode()))
    said = f"all {every} bytes gzipped (at most 60000); style {style} (at most 6000)"
    with capsys.disabled():
        print(f"\nexplorables: {said}")
    assert every <= 60_000, said
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
    for kept in (page._scripts, page.data_scripts):
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
