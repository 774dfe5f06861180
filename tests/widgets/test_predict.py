"""Questions: asked in Markdown, answered by keyboard and pointer, folded without."""

import json
import re
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from lstm_core import activations
from lstm_core.widgets import assets
from tests.widgets.harness import HURRY, WAYS, violations, write_page

ROOT = assets.STATIC.parents[2]
sys.path[:0] = [str(ROOT / "book" / "_ext"), str(ROOT / "tools")]
from notebooks import Chapter  # noqa: E402

CHOICE = """\
```{predict} Which one is **odd**?
:choices: $\\sigma$ | tanh | both
:answer: tanh

Because tanh 0 = 0.
```
"""
NUMBER = """\
```{predict} How steep is the sigmoid?
:answer: 0.25
:within: 0.05
:unit: per unit of z

At zero.
```
"""
SKETCH = """\
```{predict} Draw the slope of tanh.
:sketch: tanh.d1
:x: -4 4
:y: 0 1.2

A bell.
```
"""
SETTINGS = {
    "extensions": ["myst_parser", "predict"],
    "myst_enable_extensions": ["dollarmath"],
    "html_theme": "basic",
}


def read(folder, text, builder="html"):
    """What Sphinx makes of a page with this text: (application, its warnings)."""
    folder.mkdir(exist_ok=True)
    (folder / "index.md").write_text(f"# Page\n\n{text}", "utf-8")
    warnings = folder / "warnings.txt"
    with docutils_namespace(), open(warnings, "w", encoding="utf-8") as stream:
        app = Sphinx(
            folder, None, folder / "out", folder / "trees", builder,
            confoverrides=SETTINGS, status=None, warning=stream,
        )  # fmt: skip
        app.build()
    return app, warnings.read_text("utf-8")


@pytest.fixture(scope="module")
def sphinx(tmp_path_factory):
    """One page that asks one question of each kind."""
    made, warnings = read(tmp_path_factory.mktemp("page"), CHOICE + NUMBER + SKETCH)
    assert warnings == ""
    return made


@pytest.fixture(scope="module")
def questions(sphinx):
    """The questions as HTML."""
    page = Path(sphinx.outdir, "index.html").read_text("utf-8")
    soup = BeautifulSoup(page, "html.parser")
    return soup.select(".predict")


def test_without_javascript_it_is_a_question_and_a_folded_answer(questions):
    for question in questions:
        assert question.select_one(".question").get_text()
        answer = question.select_one("details.answer")
        assert not answer.has_attr("open")
        assert answer.select_one("summary").get_text() == "Answer"
        assert not question.select("input, button")
    choice, number, sketch = questions
    listed = [item.get_text(strip=True) for item in choice.select("li")]
    assert listed[1:] == ["tanh", "both"]
    assert choice.select_one("strong").get_text() == "odd"
    truths = [one.select_one(".truth").get_text() for one in (choice, number)]
    assert truths == ["tanh", "0.25"]
    assert "0.00 at -4, 1.00 in the middle" in sketch.svg["aria-label"]
    assert json.loads(choice["data-predict"]) == {"kind": "choice", "answer": 1}


@pytest.mark.parametrize(
    ("good", "bad", "sentence"),
    [
        (":answer: tanh", ":answer: tan", "expected the answer to be one of"),
        (":answer: tanh\n", "", "give either an answer or a sketch"),
        (":answer: tanh", ":sketch: tanh", "expected NAME.ORDER such as tanh.d1"),
        (":answer: tanh", ":sketch: tan.d1", "did you mean tanh"),
        ("Because tanh 0 = 0.", "", "Content block expected"),
    ],
)  # fmt: skip
def test_a_mistake_stops_the_build_with_a_sentence(tmp_path, good, bad, sentence):
    assert good in CHOICE
    _, warnings = read(tmp_path / "wrong", CHOICE.replace(good, bad), "dummy")
    assert sentence in warnings


def test_a_notebook_has_the_question_and_a_folded_answer(sphinx):
    chapter = object.__new__(Chapter)
    chapter.docname = "index"
    doctree = sphinx.env.get_doctree("index")
    kinds = [n for n in doctree.findall() if type(n).__name__ == "predict"]
    choice, number, sketch = map(chapter.block, kinds)
    assert choice == (
        "**Predict.** Which one is **odd**?\n\n- $\\sigma$\n- tanh\n- both\n\n"
        "<details><summary>Answer</summary>\n\ntanh\n\n"
        "Because tanh 0 = 0.\n\n</details>"
    )
    assert number.startswith("**Predict.** How steep is the sigmoid?\n\n<details>")
    assert sketch.endswith("A bell.\n\n</details>")


# ---- alive ----

FORMULA = (
    '<span class="katex"><span class="katex-mathml"><math><semantics><mi>σ</mi>'
    "<annotation>\\sigma</annotation></semantics></math></span>"
    '<span class="katex-html" aria-hidden="true">σ</span></span>'
)


@pytest.fixture(scope="module")
def contexts(browser):
    """One wide context and one of a phone."""
    wide = browser.new_context(viewport={"width": 1280, "height": 900})
    phone = browser.new_context(
        viewport={"width": 360, "height": 800}, has_touch=True, is_mobile=True
    )
    for context in (wide, phone):
        context.add_init_script(HURRY)
    yield {1280: wide, 360: phone}
    wide.close()
    phone.close()


@pytest.fixture
def visit(contexts, questions, tmp_path):
    opened = []

    def open_page(width=1280, theme="light"):
        text = "".join(map(str, questions)).replace("\\(\\sigma\\)", FORMULA)
        assert FORMULA in text
        path = write_page(tmp_path, [text], theme)
        page = contexts[width].new_page()
        page.wrong = []
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on("console", lambda message: page.wrong.append(message.text))
        page.goto(path.as_uri())
        page.locator("form.commit").nth(2).wait_for()
        opened.append(page)
        return page

    yield open_page
    for page in opened:
        assert page.wrong == []
        page.close()


def kinds(page):
    return [page.locator(".predict").nth(k) for k in range(3)]


def button(question, name):
    return question.get_by_role("button", name=name)


def is_open(question):
    return question.locator(".answer").evaluate("e => e.open")


def verdict(question):
    return question.locator(".verdict").inner_text()


def test_a_choice_by_keyboard_alone(visit):
    page = visit()
    question, _, _ = kinds(page)
    assert button(question, "Commit").is_disabled()
    question.get_by_role("radio", name="σ", exact=True).focus()
    for key in ("Space", "ArrowDown", "Tab", "Enter"):
        page.keyboard.press(key)
    assert verdict(question) == "You said tanh, and so it is."
    assert is_open(question)
    assert question.get_by_role("radio").first.is_disabled()
    assert button(question, "Reset").evaluate("e => e === document.activeElement")
    page.keyboard.press("Enter")
    assert (verdict(question), is_open(question)) == ("", False)
    assert question.locator(":checked").count() == 0
    first = question.get_by_role("radio").first
    assert first.evaluate("e => e === document.activeElement")


def test_another_choice_stands_beside_the_right_one(visit):
    question, _, _ = kinds(visit())
    question.get_by_text("both", exact=True).locator("visible=true").click()
    button(question, "Commit").click()
    assert verdict(question) == "You said both. It is tanh."
    assert question.get_by_text("Because tanh 0").is_visible()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("0.25", "You said 0.25, and so it is."),
        ("0.28", "You said 0.28. It is 0.25: close enough."),
        ("1", "You said 1. It is 0.25: off by 0.75."),
    ],
)
def test_a_number(visit, said, told):
    page = visit()
    _, question, _ = kinds(page)
    field = question.get_by_label("Your answer")
    field.press("Enter")
    assert not is_open(question)
    field.fill(said)
    field.press("Enter")
    assert (verdict(question), is_open(question)) == (told, True)


def test_what_is_no_number_gets_a_sentence(visit):
    _, number, _ = kinds(visit())
    field, problem = number.get_by_label("Your answer"), number.locator(".problem")
    assert problem.is_hidden()
    field.press_sequentially("1e")
    assert problem.inner_text() == "Expected a number, such as 0.25."
    assert button(number, "Commit").is_disabled()
    field.press_sequentially("0")
    assert problem.is_hidden() and button(number, "Commit").is_enabled()


def told_off(question):
    return float(re.search(r"yours: (\S+) off", verdict(question))[1])


def test_a_sketch_by_keyboard(visit):
    page = visit()
    _, _, question = kinds(page)
    assert question.locator("[role=slider][tabindex='0']").count() == 1
    assert button(question, "Commit").is_disabled()
    question.get_by_role("slider").first.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    for _ in range(20):
        page.keyboard.press("ArrowUp")
    middle = question.get_by_role("slider", name="slope at z = 0")
    assert middle.get_attribute("aria-valuenow") == "1"
    assert question.locator(".curves path").first.get_attribute("d") == ""
    button(question, "Commit").press("Enter")
    truth = activations.get("tanh").d1
    rest = [float(truth(float(z))) for z in (-4, -3, -2, -1, 1, 2, 3, 4)]
    assert told_off(question) == pytest.approx(sum(rest) / 9, abs=0.005)
    assert "most at z = −1, where you drew 0.00 and it is 0.42" in verdict(question)
    assert len(question.locator(".curves path").first.get_attribute("d")) > 1000
    middle.press("ArrowDown")
    assert middle.get_attribute("aria-valuenow") == "1", "what is said is said"
    button(question, "Reset").click()
    assert middle.get_attribute("aria-valuenow") == "0"


def test_a_sketch_by_pointer_sets_every_point_it_passes(visit):
    page = visit()
    _, _, question = kinds(page)
    surface = question.locator(".surface")
    surface.scroll_into_view_if_needed()
    box = surface.bounding_box()
    height = box["y"] + 60
    page.mouse.move(box["x"] + 5, height)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 5, height)
    page.mouse.up()
    handles = question.get_by_role("slider").all()
    values = [float(handle.get_attribute("aria-valuenow")) for handle in handles]
    assert len(set(values)) == 1 and 0.5 < values[0] < 1.2


@WAYS
def test_axe_finds_nothing_and_nothing_overflows(visit, width, theme):
    page = visit(width, theme)
    choice, number, sketch = kinds(page)
    choice.get_by_role("radio").first.check()
    number.get_by_label("Your answer").fill("3")
    sketch.get_by_role("slider").first.press("ArrowUp")
    for question in kinds(page)[: 3 if theme == "dark" else 1]:
        button(question, "Commit").click()
    assert violations(page) == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_can_be_taken_down(visit):
    page = visit()
    before = page.evaluate("document.querySelector('.predict .choices').hidden")
    after = page.evaluate(
        """async ([text]) => {
          const from = new Blob([text], { type: "text/javascript" });
          const { mount } = await import(URL.createObjectURL(from));
          const box = document.querySelector(".predict");
          box.querySelector("form").remove();
          const html = (box.querySelector(".choices").hidden = false, box.outerHTML);
          mount(box)();
          return html === box.outerHTML;
        }""",
        [assets.standalone(assets.source("predict.js"))],
    )
    assert before and after
