"""The bracket reader: its network in the page, and the figure in a browser."""

import json

import numpy as np
import pytest

from lstm_core.experiments import charmodel
from lstm_core.widgets import Cell, Squasher, assets
from lstm_core.widgets.reader import LONGEST, Reader
from tests.widgets.harness import (
    check,
    plant,
    quantiles,
    settle,
    slowed_down,
    words,
    write_modules,
)

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
    (tmp_path / "reader.json").write_text(json.dumps(assets.data("reader")), "utf-8")
    return write_modules(tmp_path, expected, Reader)


def test_the_page_reads_as_lstm_core_does(modules):
    seen = check("reader", modules)
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
    plant(modules / "reader.js", good, bad)
    assert check("reader", modules)["count"] > 0


# ---- the figure ----


def test_it_reads_what_is_typed(look):
    page = look(Reader())
    page.locator("textarea").fill("x = f((1, 2")
    settle(page)
    assert "After character 11, “2”: 2 brackets are open" in words(page)
    assert page.locator(".live .read span").count() == 11
    page.locator("textarea").press("End")
    page.keyboard.type("))")
    settle(page)
    assert "After character 13, “)”: 0 brackets are open" in words(page)
    assert page.locator(".next li").count() == 5


def test_the_read_out_says_what_lstm_core_computes(look):
    page = look(Reader(), hash="#reader?what=f&cell=7&at=20")
    _, p, _ = charmodel.load()
    _, trace = charmodel.read(p, Reader().text)
    assert f"f of cell 7 is {trace.f[19, 0, 7]:.2f}" in words(page)
    assert "output gate" not in words(page)


def test_a_novel_is_cut_and_letters_it_never_met_are_gaps(look):
    page = look(Reader())
    page.locator("textarea").fill("é(" + "a" * 4000)
    settle(page)
    hint = page.locator(".hint").inner_text()
    assert f"Only the first {LONGEST} of 4002 characters are read." in hint
    assert "é is unknown to it" in hint
    assert page.locator(".live .read span").count() == LONGEST


def test_the_keyboard_moves_it_and_reset_brings_it_back(look):
    page = look(Reader())
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


def test_a_click_on_a_letter_asks_what_comes_next(look):
    page = look(Reader())
    page.locator(".live .read span").nth(3).click()
    settle(page)
    assert "After character 4, a space" in words(page)


def test_nothing_read_is_said_so(look):
    page = look(Reader())
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


@pytest.mark.clock
def test_no_frame_takes_long_on_a_slow_processor(look, capsys):
    page = look(Reader(), width=360, hash="#reader?text=" + "a(b)%20" * 120)
    with slowed_down(page):
        page.evaluate(TIMED)
        for key in ("ArrowRight", "ArrowLeft") * 10:
            page.locator(".live input[type=range]").first.press(key)
            settle(page)
    median, p95 = quantiles(sorted(page.evaluate("times")))
    with capsys.disabled():
        print(f"\nreader, a cell: median {median:.1f} ms, p95 {p95:.1f} ms a frame")
    assert median <= 16  # other programs take what is beyond it


def test_the_figure_that_stands_still_shows_the_same():
    widget = Reader(text="f(<a>)", what="i", cell=3)
    picture, caption = widget.still()
    assert picture.count("<span") == 6 and "The text: f(&lt;a&gt;)" in picture
    assert "input" not in caption and "i of cell 3" in caption
    assert Reader(text="").still()[0].count("<span") == 0
