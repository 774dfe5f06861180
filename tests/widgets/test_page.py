"""The squasher and the cell in a real browser, and links to figures."""

import re

import pytest

from lstm_core.cells.lstm import LSTM, Trace
from lstm_core.widgets import Cell, Squasher
from tests.widgets.harness import listing, settle, violations, words


def number_in(text, pattern):
    return float(re.search(pattern, text)[1].replace("−", "-"))


# ---- squasher ----


def test_squasher_says_what_it_shows(visit):
    page = visit(Squasher())
    text = words(page)
    assert "sigmoid σ is 0.881, its slope 0.105, 42\u202f% of its steepest" in text
    assert "saturated (below 5\u202f%) where |z| > 4.36" in text
    assert "sigmoid σ, tanh" in page.locator("figcaption").inner_text()
    assert page.locator(".still").is_hidden()


def test_squasher_follows_the_slider_by_keyboard(visit):
    page = visit(Squasher())
    page.get_by_label("z", exact=True).focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    settle(page)
    assert "At z = 2.20" in words(page)
    assert page.locator(".dot").count() == 6


def test_squasher_follows_the_pointer_and_the_grip(visit):
    page = visit(Squasher())
    surface = page.locator(".surface").first.bounding_box()
    middle = surface["x"] + surface["width"] / 2, surface["y"] + surface["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] - surface["width"] / 4, middle[1], steps=5)
    page.mouse.up()
    settle(page)
    assert number_in(words(page), r"z = (\S+):") == pytest.approx(-3, abs=0.06)
    grip = page.get_by_role("slider", name="point z in the picture")
    grip.focus()
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowLeft")
    settle(page)
    assert number_in(words(page), r"z = (\S+):") == pytest.approx(-2.55, abs=0.06)
    assert float(grip.get_attribute("aria-valuenow")) == pytest.approx(-2.55, abs=0.06)


def test_squasher_shows_the_tails(visit):
    page = visit(Squasher())
    exact = page.get_by_label("exact z")
    exact.fill("20")
    exact.press("Enter")
    settle(page)
    row = page.locator("tbody tr", has_text="tanh").locator("td").all_inner_texts()
    assert row[1] == "1.7×10⁻¹⁷"
    assert page.locator(".grip.out").count() == 1
    exact.fill("5000")
    exact.press("Enter")
    assert exact.input_value() == "20"


def test_squasher_takes_functions_in_and_out(visit):
    page = visit(Squasher())
    page.locator("summary", has_text="Functions").click()
    for name in ("sigmoid σ", "ReLU"):
        page.get_by_role("checkbox", name=name, exact=True).click()
    settle(page)
    rows = page.locator("tbody th").all_inner_texts()
    assert rows == ["tanh", "ReLU"]
    page.get_by_role("checkbox", name="tanh", exact=True).click()
    page.get_by_role("checkbox", name="ReLU", exact=True).click()
    settle(page)
    assert page.locator("tbody th").all_inner_texts() == ["ReLU"], "one stays"


def test_a_rescaled_sigmoid_lies_exactly_on_tanh(visit):
    page = visit(Squasher(preset="rescaled"))
    curves = page.locator(".curves").first.locator("path")
    first, second = (curves.nth(k).get_attribute("d") for k in (0, 1))
    assert first == second and len(first) > 500


def test_squasher_tints_no_function_without_a_slope(visit):
    page = visit(Squasher(preset="soft-to-hard", k=32))
    shades = page.locator(".shade").first.locator("rect")
    fills = shades.evaluate_all("all => all.map((e) => e.getAttribute('fill'))")
    view = page.locator(".surface").first.bounding_box()["width"]
    assert len(fills) == 2, "both sides of the tempered one"
    widths = [shade.bounding_box()["width"] for shade in shades.all()]
    assert max(widths) < 0.6 * view
    assert "in the colour of its curve" in page.locator("figcaption").inner_text()


def test_the_heading_of_the_share_is_that_of_the_read_out(visit):
    page = visit(Squasher())
    heads = page.locator("thead th").all_inner_texts()
    assert heads[1:5] == ["f", "f′", "f″", "of steepest"]
    assert "42\u202f% of its steepest" in words(page)
    size = "e => parseFloat(getComputedStyle(e).fontSize)"
    sizes = [th.evaluate(size) for th in page.locator("thead th").all()]
    assert sizes[3] > 1.15 * sizes[4]


# ---- cell ----


def test_cell_says_multiples_and_nothing_in_sentences(visit):
    page = visit(Cell(f="identity", W_f=0, b_f=-1, output="identity"))
    assert "keeps −1.000 times what it held" in words(page)
    assert "of the cell" in words(page) and "squashed cell" not in words(page)
    empty = words(visit(Cell(x="0, 0", t=1, b_g=1e-12)))
    assert "h ≈ 0" in empty and "= ≈" not in empty


def test_cell_prints_no_whole_beside_a_part(visit):
    page = visit(Cell(t=1))
    share = Cell(t=1).trace().i[0]
    assert f"lets in {100 * share:.2f}\u202f% of" in words(page)
    row = page.locator("tr[data-sym=i] td").all_inner_texts()
    assert row[2] == f"{share:.4f}" != "1.0000"
    assert page.locator(".box.of-i .value").text_content() == row[2]
    names = page.locator(".cells tbody tr").evaluate_all(
        "all => all.map((e) => e.dataset.sym).join()"
    )
    assert names == "x,h_prev,c_prev,i,f,o,g,c,s,h"


def test_cell_goes_step_by_step(visit):
    page = visit(Cell())
    assert "Step 3 of 8 reads “)”, x = −1." in words(page)
    page.get_by_role("button", name="To start").click()
    settle(page)
    assert "Before the first of 8 steps" in words(page)
    step = page.get_by_role("button", name="Step", exact=True)
    for _ in range(2):
        step.click()
    settle(page)
    assert "c rises from 0.9997 to 1.999" in words(page)
    page.get_by_role("button", name="Back", exact=True).press("Enter")
    settle(page)
    assert "Step 1 of 8" in words(page)
    first = page.get_by_role("button", name="step 1:")
    assert first.get_attribute("aria-current") == "step"


def test_cell_plays_to_the_end_and_pauses(visit):
    # So long that a slow machine sees the button while it plays
    page = visit(Cell(x=", ".join(["1, -1"] * 20), t=0))
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.get_by_role("button", name="Play").wait_for()
    settle(page)
    assert "Step 40 of 40" in words(page)


def test_cell_spells_out_its_arithmetic(visit):
    page = visit(Cell(W_f=4, b_f=2))
    lines = page.locator(".equation .sum").all_inner_texts()
    lines = [line.replace("\u00a0", " ") for line in lines]
    assert lines[1].startswith("= σ((−1) · 4 + ")
    assert "= σ(−2.00) = 0.119" in lines[1]
    trace = Cell(W_f=4, b_f=2).trace()
    assert lines[4].endswith(f"= {trace.c[2]:.3f}".replace("-", "−"))


def test_cell_takes_another_sequence_or_says_what_is_wrong(visit):
    page = visit(Cell())
    field = page.get_by_label("input sequence x")
    field.fill("1, two")
    settle(page)
    problem = page.locator(".inside .problem")
    assert "Expected numbers from −100 to 100" in problem.inner_text()
    assert field.get_attribute("aria-invalid") == "true"
    assert page.locator(".strip button").count() == 8
    field.fill("0.5, -2")
    settle(page)
    assert problem.is_hidden()
    assert page.locator(".strip button").all_inner_texts() == ["0.5", "−2"]
    assert "Step 2 of 2" in words(page)


def test_what_is_being_typed_outlasts_a_redraw(visit):
    page = visit(Cell())
    page.locator("summary", has_text="Weights").click()
    field = page.get_by_label("b of i, exactly")
    field.fill("-3.25")
    page.get_by_label("activation of g").evaluate(
        "e => { e.value = 'relu';"
        " e.dispatchEvent(new Event('change', { bubbles: true })); }"
    )
    settle(page)
    link = page.locator(".permalink")
    assert link.get_attribute("href") == "#cell?candidate=relu"
    assert field.input_value() == "-3.25"
    field.press("Enter")
    settle(page)
    assert "b_i=-3.25" in link.get_attribute("href")


def test_cell_takes_other_weights_and_activations(visit):
    page = visit(Cell())
    page.locator("summary", has_text="Weights").click()
    page.get_by_label("b of f", exact=True).press("End")
    page.get_by_label("activation of g").select_option("relu")
    page.get_by_label("b of i, exactly").fill("-3.25")
    page.get_by_label("b of i, exactly").press("Enter")
    settle(page)
    link = page.locator(".permalink").get_attribute("href")
    assert set(link.removeprefix("#cell?").split("&")) == {
        "b_i=-3.25",
        "b_f=16",
        "candidate=relu",
    }
    assert "ReLU for the candidate" in page.locator("figcaption").inner_text()


def test_a_symbol_lights_up_everywhere(visit):
    page = visit(Cell())
    for place in ("math .sym[data-sym=f]", ".box.of-f", "tr[data-sym=f]"):
        page.mouse.move(0, 0)
        assert page.locator(".on").count() == 0
        page.locator(place).first.hover()
        lit = page.locator(".on")
        assert lit.count() == page.locator("[data-sym~=f]").count() >= 6, place
    page.mouse.move(0, 0)
    button = page.get_by_role("button", name="light up forget gate")
    button.focus()
    assert page.locator("math .on").count() == 2
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Reset").focus()
    assert page.locator("math .on").count() == 2, "a pinned symbol stays lit"


@pytest.mark.parametrize(
    ("t", "sentence"),
    [
        (2, "c is near 0 only because it was 1.00"),
        (4, "Forgotten: c would be near 0 whatever it was."),
        (7, "Taken away, not forgotten"),
        (9, "Forgotten: c would be near 0 whatever it was."),
    ],
)
def test_writing_minus_one_is_not_forgetting(visit, t, sentence):
    assert sentence in words(visit(Cell(preset="write-or-forget", t=t)))


def test_tied_gates_say_what_is_lost(visit):
    page = visit(Cell(preset="write-or-forget"))
    page.get_by_label("tie i and g").check()
    settle(page)
    text = words(page)
    assert "squash the same sum, here 8.00: i · g goes from −0.207 to 1.000" in text
    assert text.endswith("Lost: every write below −0.207.")
    assert "(tied to i)" in page.locator("figcaption").inner_text()
    equation = page.locator(".equation math").nth(3)
    assert equation.locator("[data-sym=W_i]").text_content() == "Wi"
    assert equation.locator("[data-sym=W_g]").count() == 0
    page.locator("summary", has_text="Weights").click()
    assert page.get_by_label("b of i", exact=True).is_visible()
    assert page.get_by_label("b of g", exact=True).is_hidden()
    assert page.locator(".permalink").get_attribute("href") == "#cell?tied=true"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_while_a_symbol_is_lit(visit, theme):
    page = visit(Cell(), theme=theme, width=360)
    page.get_by_role("button", name="light up forget gate").click()
    assert violations(page) == {}


# ---- the listing ----

STEP = listing(LSTM.step, "cell-code")
LINES = ".cell-code .line"


@pytest.fixture
def linked(visit):
    """A page with the cell and the listing of its step."""
    return visit(Cell(), after=STEP)


def line_of(page, key):
    return page.locator(f"{LINES}[data-sym~={key}]")


def lit_lines(page):
    return [text.strip() for text in page.locator(f"{LINES}.on").all_inner_texts()]


def test_every_letter_of_the_trace_has_its_line(linked):
    for key in Trace._fields:
        assert line_of(linked, key).count() == 1, key
    assert line_of(linked, "c").inner_text().strip() == "c = f * c_prev + i * g"
    assert line_of(linked, "h_prev").inner_text().strip() == "h_prev, c_prev = state"


def test_a_line_lights_its_letter_and_is_lit_by_it(linked):
    line_of(linked, "f").hover()
    assert linked.locator(".live tr.on").get_attribute("data-sym") == "f"
    assert linked.locator(".diagram .box.on, math .on, .lane.on").count() == 4
    linked.mouse.move(0, 0)
    assert linked.locator(".on").count() == 0
    linked.locator("tr[data-sym=c]").hover()
    assert lit_lines(linked) == ["c = f * c_prev + i * g"]
    assert linked.locator(".cell-code [data-also=c].on").count() == 4
    linked.get_by_role("button", name="light up forget gate").focus()
    assert lit_lines(linked) == ["f = self.f(a_f)"]
    line_of(linked, "h_prev").hover()
    assert linked.locator("tr.on").count() == 2
    linked.locator("math [data-sym=U_f]").hover()
    assert lit_lines(linked) == ["a_f = affine(p.f, x, h_prev)"]


def test_the_listing_is_one_tab_stop_with_arrow_keys(linked):
    assert linked.locator(f"{LINES}[tabindex='0']").count() == 1
    line_of(linked, "x").focus()
    for key in ("End", "ArrowUp", "ArrowUp"):
        linked.keyboard.press(key)
    assert lit_lines(linked) == ["c = f * c_prev + i * g"]
    outline = "getComputedStyle(document.activeElement).outlineWidth"
    assert linked.evaluate(outline) == "2px"
    linked.keyboard.press("Enter")
    button = linked.locator("tr[data-sym=c] button")
    assert button.get_attribute("aria-pressed") == "true"
    assert line_of(linked, "c").get_attribute("aria-selected") == "true"
    linked.keyboard.press("Tab")
    assert linked.locator(f"{LINES}:focus").count() == 0
    assert lit_lines(linked) == ["c = f * c_prev + i * g"], "a pinned line stays lit"
    linked.keyboard.press("Shift+Tab")
    assert line_of(linked, "c").evaluate("e => e === document.activeElement")


def test_lines_end_in_the_numbers_of_the_step_and_stay_text(linked, visit):
    trace = Cell().trace()
    ends = line_of(linked, "c").get_attribute("data-value")
    assert ends.strip() == f"# {trace.c[2]:.3f}"
    linked.get_by_role("button", name="To start").click()
    settle(linked)
    assert line_of(linked, "c").get_attribute("data-value") == ""
    plain = visit(Cell(), after=STEP, java_script_enabled=False)
    pre = ".cell-code pre"
    assert linked.locator(pre).text_content() == plain.locator(pre).text_content()
    assert plain.locator(".line").count() == 0
    heights = [page.locator(pre).bounding_box()["height"] for page in (linked, plain)]
    assert heights[0] == heights[1], "nothing below it moves"


def test_the_code_stands_beside_the_diagram_when_asked_for(linked):
    code, equations = linked.locator(".beside .highlight"), linked.locator(".equations")
    assert code.is_hidden() and equations.is_visible()
    height = linked.locator("figure#cell").bounding_box()["height"]
    linked.get_by_role("button", name="Show as code").click()
    assert code.is_visible() and equations.is_hidden()
    assert linked.locator("figure#cell").bounding_box()["height"] == height
    line_of(linked, "g").hover()
    assert code.locator(".line.on").count() == 1


LINK = """async ([text, state]) => {
  const from = new Blob([text], { type: "text/javascript" });
  const module = await import(URL.createObjectURL(from));
  const quiet = { set() {}, on() {}, off() {}, save_changes() {} };
  const model = { get: (key) => state[key], ...quiet };
  const pre = document.querySelector(".cell-code pre");
  const before = pre.outerHTML;
  const el = document.body.appendChild(document.createElement("div"));
  const clean = module.default.render({ model, el, code: [pre] });
  const linked = pre.outerHTML;
  clean();
  return [before !== linked, before === pre.outerHTML];
}"""


@pytest.mark.parametrize("clean", [True, False])
def test_the_listing_is_left_as_it_was(visit, clean):
    page = visit(after=STEP)
    text = Cell()._esm if clean else Cell()._esm.replace("one.stop()", "void one")
    state = {key: getattr(Cell(), key) for key in Cell.fields()}
    assert page.evaluate(LINK, [text, state]) == [True, clean]


def test_the_plots_set_the_step(visit):
    page = visit(Cell())
    surface = page.locator(".step .surface").first
    surface.scroll_into_view_if_needed()
    box = surface.bounding_box()
    page.mouse.click(box["x"] + box["width"] - 9, box["y"] + 40)
    settle(page)
    assert "Step 8 of 8" in words(page)


# ---- links ----


def test_a_link_sets_scrolls_and_flashes(visit):
    page = visit(Squasher(), Cell())
    page.evaluate("location.hash = '#cell?preset=forget&t=2&candidate=relu'")
    settle(page)
    figure = page.locator("figure#cell")
    assert "Step 2 of 8" in figure.locator("output.words").inner_text()
    assert "ReLU for the candidate" in figure.locator("figcaption").inner_text()
    assert "flash" in figure.get_attribute("class")
    assert page.evaluate("document.activeElement.id") == "cell"
    top = figure.bounding_box()["y"]
    assert -1 <= top < 400
    # the same link again, after the reader has moved on
    page.locator("#cell").get_by_role("button", name="To start").click()
    link = "<a id='again' href='#cell?preset=forget&t=2&candidate=relu'>again</a>"
    page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", link)
    page.locator("#again").click()
    settle(page)
    assert "Step 2 of 8" in figure.locator("output.words").inner_text()


def test_a_link_says_yes_or_no_in_words(visit):
    page = visit(Cell(), hash="#cell?tied=yes&candidate=relu")
    said = page.locator("figure > .problem").inner_text()
    assert "expected tied as true or false, got “yes”" in said
    assert "ReLU" in page.locator("figcaption").inner_text()


def test_two_figures_of_a_kind_are_apart(visit):
    page = visit(Squasher(), Squasher(anchor="second", z=-1), hash="#second?z=-2")
    told = page.locator("output.words").all_inner_texts()
    assert "At z = 2.00" in told[0] and "At z = −2.00" in told[1]
