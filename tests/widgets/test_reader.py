"""The bracket reader: its network in the page, and the figure in a browser."""

import json

import numpy as np
import pytest
import traitlets

from lstm_core.experiments import charmodel
from lstm_core.widgets import Cell, Squasher, assets
from lstm_core.widgets.reader import LONGEST, Reader
from tests.widgets.test_engine import run_node
from tests.widgets.test_page import (  # noqa: F401 - visit and contexts are fixtures
    contexts,
    quantiles,
    settle,
    violations,
    visit,
    words,
)

CHECK = """
import { readFileSync } from "node:fs";
import * as reader from "./reader.js";
const { correlation, depths, network } = reader;
const net = network(JSON.parse(readFileSync("reader.json", "utf8")));
const { cases, pairs } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const wrong = [];
const compare = (where, got, expected, share = 1e-12) => {
  const top = Math.max(...expected.map(Math.abs));
  if (got.length !== expected.length) wrong.push(`${where}: ${got.length}`);
  expected.forEach((value, k) => {
    if (!(Math.abs(got[k] - value) <= share * top)) {
      wrong.push(`${where}[${k}]: ${got[k]} for ${value}`);
    }
  });
};
for (const { text, depth, steps, next } of cases) {
  compare(`depth of ${text}`, depths(text), depth);
  let now = net.zero;
  text.split("").forEach((mark, t) => {
    now = net.step(mark, now);
    compare(`${text} ${t}`, [...now], steps[t]);
    const odds = Object.fromEntries(net.next(now));
    const got = Object.keys(next[t]).map((k) => odds[k]);
    compare(`${text} ${t} next`, got, Object.values(next[t]));
  });
  const shares = net.next(now).map(([, p]) => p);
  if (shares.some((p, k) => p > shares[k - 1])) wrong.push(`${text}: not sorted`);
}
for (const { xs, ys, r } of pairs) compare("r", [correlation(xs, ys)], [r]);
const proved = ["network", "depths", "correlation", "SPEC", "default"];
const unproved = Object.keys(reader).filter((name) => !proved.includes(name));
const count = wrong.length;
console.log(JSON.stringify({ wrong: wrong.slice(0, 9), count, unproved }));
"""
FIELDS = ("i", "f", "o", "g", "c", "h")
CODE = "def f(x):\n    return (x[0], {1: ')'})\n"
TEXTS = (CODE, "((((", "))a(", "naïve — (", "a(\n\n)b(")


def case(text):
    _, p, alphabet = charmodel.load()
    logits, trace = charmodel.read(p, text)
    odds = np.exp(logits[:, 0] - logits[:, 0].max(axis=1, keepdims=True))
    odds /= odds.sum(axis=1, keepdims=True)
    steps = np.concatenate([getattr(trace, k)[:, 0] for k in FIELDS], axis=1)
    return {
        "text": text,
        "depth": charmodel.depth(text).tolist(),
        "steps": steps.tolist(),
        "next": [dict(zip(alphabet, row, strict=True)) for row in odds.tolist()],
    }


def pairs():
    rng = np.random.default_rng(0)
    for ys in (rng.normal(size=9), np.arange(9.0) ** 2, np.ones(9)):
        xs = rng.normal(size=9)
        r = charmodel.correlations(xs[:, None], ys)[0]
        yield {"xs": xs.tolist(), "ys": ys.tolist(), "r": float(r)}


@pytest.fixture(scope="module")
def expected():
    given = {"cases": [case(text) for text in TEXTS], "pairs": list(pairs())}
    return json.dumps(given, allow_nan=False)


@pytest.fixture
def modules(tmp_path, expected):
    text = Reader.module()
    for name, source in {"reader.js": text, **assets.closure(text)}.items():
        (tmp_path / name).write_text(source, encoding="utf-8")
    (tmp_path / "reader.json").write_text(json.dumps(assets.data("reader")), "utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (tmp_path / "cases.json").write_text(expected, encoding="utf-8")
    (tmp_path / "check.mjs").write_text(
        CHECK.replace('"reader.json"', json.dumps(str(tmp_path / "reader.json"))),
        encoding="utf-8",
    )
    return tmp_path


def report(modules):
    return run_node(modules / "check.mjs", modules / "cases.json")


def test_the_page_reads_as_lstm_core_does(modules):
    seen = report(modules)
    assert seen["wrong"] == []
    assert seen["unproved"] == []


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("weights[at] *= scale", "weights[at] *= 1"),
        ("K + k, v", "k, v"),
        ("k < 3 * H", "k < 2 * H"),
        ("before[4 * H + k]", "before[5 * H + k]"),
        ("* Math.tanh(c)", "* c"),
        ("K + H + k, v", "K + k, v"),
        ("code >= 0", "code > 5"),
        ("odds[k] / sum", "odds[k]"),
        ("other[1] - one[1]", "one[1] - other[1]"),
        ("Math.max(0, now +", "(now +"),
        ('all[t - 1] === "\\n"', "false"),
        ("(ys[k] - my) ** 2", "ys[k] ** 2"),
    ],
)
def test_a_planted_bug_is_seen(modules, good, bad):
    path = modules / "reader.js"
    text = path.read_text("utf-8")
    assert text.count(good) == 1, f"{good} stands there {text.count(good)} times"
    path.write_text(text.replace(good, bad), "utf-8")
    assert report(modules)["count"] > 0


# ---- the figure ----


def open_reader(visit, **given):
    page = visit(Reader(), **given)
    page.wait_for_function("() => /Next it expects/.test(document.body.innerText)")
    settle(page)
    return page


def test_it_reads_what_is_typed(visit):
    page = open_reader(visit)
    page.locator("textarea").fill("x = f((1, 2")
    settle(page)
    assert "After character 11, “2”: 2 brackets are open" in words(page)
    assert page.locator(".live .read span").count() == 11
    page.locator("textarea").press("End")
    page.keyboard.type("))")
    settle(page)
    assert "After character 13, “)”: 0 brackets are open" in words(page)
    assert page.locator(".next li").count() == 5


def test_the_read_out_says_what_lstm_core_computes(visit):
    page = open_reader(visit, hash="#reader?what=f&cell=7&at=20")
    _, p, _ = charmodel.load()
    _, trace = charmodel.read(p, Reader().text)
    assert f"f of cell 7 is {trace.f[19, 0, 7]:.2f}" in words(page)
    assert "output gate" not in words(page)


def test_a_novel_is_cut_and_letters_it_never_met_are_gaps(visit):
    page = open_reader(visit)
    page.locator("textarea").fill("é(" + "a" * 4000)
    settle(page)
    hint = page.locator(".hint").inner_text()
    assert f"Only the first {LONGEST} of 4002 characters are read." in hint
    assert "é is unknown to it" in hint
    assert page.locator(".live .read span").count() == LONGEST


def test_the_keyboard_moves_it_and_reset_brings_it_back(visit):
    page = open_reader(visit)
    before = words(page)
    page.get_by_label("after character").press("ArrowRight")
    settle(page)
    assert "After character 10" in words(page)
    page.get_by_role("button", name="never closed").click()
    settle(page)
    assert "12 brackets" not in before and "brackets are open" in words(page)
    page.get_by_role("button", name="Reset").click()
    settle(page)
    assert words(page) == before


def test_a_click_on_a_letter_asks_what_comes_next(visit):
    page = open_reader(visit)
    page.locator(".live .read span").nth(3).click()
    settle(page)
    assert "After character 4, a space" in words(page)


def test_nothing_read_is_said_so(visit):
    page = open_reader(visit)
    page.locator("textarea").fill("")
    settle(page)
    assert "Nothing is read yet. Next it expects" in words(page)


def test_the_weights_come_only_when_the_figure_is_in_view(visit):
    page = visit(Squasher(), Cell(), Reader(), width=360)
    scripts = "() => [...document.head.querySelectorAll('script')].map((s) => s.src)"
    assert not any("/reader-" in source for source in page.evaluate(scripts))
    page.locator("#reader").scroll_into_view_if_needed()
    page.wait_for_function("() => /Next it expects/.test(document.body.innerText)")
    assert any("/reader-" in source for source in page.evaluate(scripts))


def test_without_the_weights_it_says_so(visit, tmp_path):
    page = visit(Squasher(), Cell(), Reader(), width=360)
    for path in tmp_path.glob("reader-*.js"):
        path.unlink()
    page.locator("#reader").scroll_into_view_if_needed()
    page.wait_for_function("() => /did not arrive/.test(document.body.innerText)")
    page.errors.clear()  # the browser's own, that the file is not there


TIMED = """() => {
  const real = requestAnimationFrame;
  window.times = [];
  window.requestAnimationFrame = (draw) => real((now) => {
    const begun = performance.now();
    draw(now);
    times.push(performance.now() - begun);
  });
}"""


def test_no_frame_takes_long_on_a_slow_processor(visit, capsys):
    page = open_reader(visit, width=360, hash="#reader?text=" + "a(b)%20" * 120)
    slow = page.context.new_cdp_session(page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.evaluate(TIMED)
    for key in ("ArrowRight", "ArrowLeft") * 10:
        page.locator(".live input[type=range]").first.press(key)
        settle(page)
    median, p95 = quantiles(sorted(page.evaluate("times")))
    with capsys.disabled():
        print(f"\nreader, a cell: median {median:.1f} ms, p95 {p95:.1f} ms a frame")
    assert median <= 16  # other programs take what is beyond it


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_is_accessible_and_fits(visit, theme, width):
    page = open_reader(visit, theme=theme, width=width)
    assert violations(page) == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_is_wrong_is_refused_with_a_sentence():
    for given, sentence in (
        ({"text": "a" * 601}, "expected text of at most 600 characters, got 601"),
        ({"text": 3}, "expected text of at most 600 characters, got 3"),
        ({"what": "cc"}, "unknown what 'cc'"),
        ({"cell": 100}, "expected cell as a whole number from 0 to 99"),
    ):
        with pytest.raises(traitlets.TraitError) as error:
            Reader(**given)
        assert sentence in str(error.value)


def test_the_figure_that_stands_still_shows_the_same():
    widget = Reader(text="f(<a>)", what="i", cell=3)
    picture, caption = widget.still()
    assert picture.count("<span") == 6 and "The text: f(&lt;a&gt;)" in picture
    assert "input" not in caption and "i of cell 3" in caption
    assert Reader(text="").still()[0].count("<span") == 0
