"""What every explorable keeps to: one contract, one row for each of them.

On the pages themselves tests/site/test_explorables.py tries the keyboard, the pointer,
links to a state, motion, life without scripts, and paper.
"""

import base64
import re
from typing import NamedTuple

import pytest

from lstm_core.cells.lstm import LSTM
from lstm_core.widgets import (
    EXPLORABLES,
    BetweenLayers,
    Cell,
    CounterBench,
    Flow,
    Gate,
    Reader,
    Saturation,
    Squasher,
    SwapLab,
)
from tests.widgets.harness import (
    DRAG,
    WAYS,
    caption,
    finish,
    listing,
    quantiles,
    settle,
    slowed_down,
    unfold,
    violations,
    words,
)

STEP = listing(LSTM.step, "cell-code")


class Row(NamedTuple):
    """What the contract must know of one explorable.

    start: a state that is no preset.  timed: [(state, slider)], the slowest of it.
    mangled: {part of a link: sentence}; held: the rest of that link, and a pattern of
    what the figure then tells, and does not tell by itself.
    """

    start: dict
    timed: tuple
    mangled: dict
    held: tuple


FOUR = ["sigmoid", "tanh", "relu", "softplus"]
ROWS = {
    Squasher: Row(
        {"z": 0.3},
        (({}, "z"), ({"functions": FOUR}, "gain")),
        {
            "z=abc": "expected z as a number from −300 to 300, got “abc”",
            "zed=1": "expected one of functions",
            "functions=sigmoid,tan": "expected functions as the name of an activation",
            "preset=none": "expected one of pair, rescaled",
            "z": "expected key=value, got “z”",
            "z=%E0%A4%A": "expected key=value",
            "steps=1.5": "expected steps as a whole number",
        },
        ("gain=2", r"At z = 2\.00(?s:.*)2·z"),
    ),
    Cell: Row(
        {"t": 1},
        (({}, "step t"), ({"x": "()" * 20}, "b of f")),
        {
            "tied=yes": "expected tied as true or false, got “yes”",
            "x=1,two": "expected x as numbers from −100 to 100 with commas between",
            "x=": "expected x as at least one number, or text with brackets",
        },
        ("candidate=relu", "ReLU for the candidate"),
    ),
    SwapLab: Row(
        {"steps": 40},
        (),
        {
            "H=0": "expected H as a number from 1 to 16, got “0”",
            "rate=0": "expected rate as a number from 0.00001 to 1, got “0”",
            "task=tennis": "expected task as one of counting, brackets",
            "B_candidate=tan": "expected B_candidate as the name of an activation",
        },
        ("steps=40&seed=3", r"After 40 updates(?s:.*)\(seed 3\)"),
    ),
    Gate: Row(
        {"z": 0.3},
        tuple(
            ({"function": "tanh", "T": 100}, label)
            for label in ("pre-activation z", "sharpness k", "steps T")
        ),
        {"function=sigmund": "expected function as the name of an activation"},
        ("z=1", r"At z = 1\.00"),
    ),
    Flow: Row(
        {"T": 12},
        tuple(
            ({"T": 60, "H": 8}, label)
            for label in ("forget bias", "steps T", "steps back")
        ),
        {
            "cell=lstn": "expected cell as one of lstm, gru, rnn, got “lstn”",
            "T=100": "expected T as a number from 2 to 60",
            "forget=1": "expected one of H, T, back, cell, forget_bias",
        },
        ("back=7", "7 steps back"),
    ),
    CounterBench: Row(
        {"n": 3},
        (({}, "hand-set gain K"), ({}, "length n")),
        {
            "net=lstm": "expected net as one of hand, learned, tuned, gru, rnn",
            "K=0": "expected K as a number from 1 to 40",
            "string=" + "a" * 2001: "expected string as at most 2000 characters",
            "string=%E0%A4%A": "expected key=value",
            "strng=ab": "expected one of K, candidate, dtype, f, i, language",
        },
        ("n=7", "read a⁷b⁷"),
    ),
    Saturation: Row(
        {"scale": 2},
        (({}, "scale"),),
        {
            "slot=x": "expected slot as one of i, f, o, g, c, got “x”",
            "network=words": "expected network as one of counting",
            "margin=0": "expected margin as a number from 0.01 to 0.3",
        },
        ("scale=2", "times 2"),
    ),
    Reader: Row(
        {"cell": 7},
        (),
        {
            "cell=100": "expected cell as a number from 0 to 99",
            "what=cc": "expected what as one of",
            "text=" + "a" * 601: "expected text as at most 600 characters",
        },
        ("at=20", "After character 20"),
    ),
    BetweenLayers: Row(
        {"seed": 5},
        (({"H": 8}, "weights times"),),
        {
            "between=rely": "expected between as the name of an activation",
            "H=100": "expected H as a number from 2 to 8",
            "layer=1": "expected one of H, between, gain, seed, t, unit",
        },
        ("t=7", "at step 7"),
    ),
}
EACH = pytest.mark.parametrize("cls", EXPLORABLES, ids=lambda cls: cls.NAME)


def test_each_has_a_row():
    assert set(ROWS) == set(EXPLORABLES)


def told(page):
    """All that a figure says in words."""
    return f"{words(page)}\n{caption(page)}"


# ---- words, controls, presets ----


@EACH
def test_it_says_what_is_seen_in_words_and_numbers(look, cls):
    page = look(cls())
    output = page.locator("output[aria-live=polite]")
    assert output.count() == 1
    assert re.search(r"\d", words(page)) and words(page).endswith(".")
    assert len(caption(page).split()) > 6 and caption(page).endswith(".")
    assert page.locator(".still").is_hidden()


@EACH
def test_every_control_has_a_name_of_its_own(visit, cls):
    page = visit(cls())
    names = page.evaluate("""() =>
        [...document.querySelectorAll(".live :is(input, select)")]
        .map((e) => e.closest("label")?.textContent.trim())""")
    assert all(names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "cls", [Squasher, Cell, Flow, CounterBench, BetweenLayers], ids=lambda cls: cls.NAME
)
def test_a_number_field_refuses_with_a_sentence(look, cls):
    page = look(cls(**ROWS[cls].start))
    unfold(page)
    field = page.locator(".live input[type=number]:visible").first
    before, said = field.input_value(), page.locator(".inside .problem[role=alert]")
    for text, got in (("", ""), ("1e9", ", got “1e9”"), ("-1e9", ", got “-1e9”")):
        field.fill(text)
        field.press("Enter")
        sentence = f"^Expected a (whole )?number.*\\d{got}\\. It stays at {before}\\.$"
        assert re.search(sentence, said.inner_text()), said.inner_text()
        assert field.input_value() == before
    field.press("ArrowUp")
    settle(page)
    assert said.count() == 0 and field.input_value() != before


@EACH
def test_every_preset_redraws_and_is_pressed(look, cls):
    page = look(cls(**ROWS[cls].start))
    start = told(page)
    seen = {start}
    for button in page.locator(".presets button").all():
        button.click()
        settle(page)
        assert button.get_attribute("aria-pressed") == "true"
        assert page.locator(".presets [aria-pressed=true]").count() == 1
        assert "NaN" not in page.locator("figure").inner_html()
        seen.add(told(page))
    assert len(seen) == len(cls.PRESETS) + 1
    page.get_by_role("button", name="Reset").click()
    settle(page)
    finish(page, cls.NAME)
    assert told(page) == start


# ---- links ----


@EACH
def test_the_permalink_reproduces_the_state(visit, cls):
    page = visit(cls(preset=list(cls.PRESETS)[2]), Squasher(anchor="other"))
    figure = page.locator(f"figure#{cls.NAME}")
    figure.locator(".presets button").nth(3).click()
    settle(page)
    before = figure.locator("output.words").inner_text()
    link = figure.locator(".permalink").get_attribute("href")
    figure.get_by_role("button", name="Reset").click()
    settle(page)
    assert figure.locator("output.words").inner_text() != before
    page.evaluate("link => { location.hash = link }", link)
    settle(page)
    assert figure.locator("output.words").inner_text() == before
    figure.get_by_role("button", name="Copy link").click()
    settle(page)
    address = page.evaluate("decodeURIComponent(location.hash)")
    assert address.startswith(f"#{cls.NAME}?")
    said = figure.locator(".said").inner_text()
    assert said in ("Copied.", "It is in the address bar.")


@EACH
def test_a_mangled_link_is_a_sentence_and_the_rest_holds(look, cls):
    row = ROWS[cls]
    rest, pattern = row.held
    page = look(cls())
    problem = page.locator("figure > .problem")
    for part, sentence in row.mangled.items():
        link = f"#{cls.NAME}?{part}&{rest}"
        page.evaluate("link => { location.hash = link }", link)
        settle(page)
        finish(page, cls.NAME)
        assert sentence in problem.inner_text()
        assert re.search(pattern, told(page)), told(page)
        page.get_by_role("button", name="Reset").click()
        settle(page)
        assert problem.is_hidden()
        assert not re.search(pattern, told(page))


@EACH
def test_a_link_mangled_in_many_parts_is_told_of_each(look, cls):
    parts, (rest, pattern) = ROWS[cls].mangled, ROWS[cls].held
    page = look(cls(), hash=f"#{cls.NAME}?{'&'.join([*parts, rest])}")
    problem = page.locator("figure > .problem").inner_text()
    assert all(sentence in problem for sentence in parts.values())
    assert re.search(pattern, told(page)), told(page)


def test_a_link_to_no_figure_is_told_at_the_first(visit):
    page = visit(Squasher(), Cell(), hash="#cel?t=1")
    problem = page.locator("figure#squasher > .problem")
    assert problem.inner_text() == "This page has no figure “cel”, as in the link."
    assert page.evaluate("document.activeElement.id") == "squasher"
    assert "At z = 2.00" in page.locator("#squasher output.words").inner_text()


# ---- Jupyter, cleanup ----


JUPYTER = """
async ([text, state]) => {
  const heard = [];
  for (const target of [document, window, document.body]) {
    const add = target.addEventListener.bind(target);
    target.addEventListener = (...given) => { heard.push(given[0]); add(...given); };
  }
  const blob = new Blob([text], { type: "text/javascript" });
  const module = await import(URL.createObjectURL(blob));
  const listeners = new Set();
  const every = (event, tell) =>
    [...listeners].filter((pair) => pair[0] === event && (!tell || pair[1] === tell));
  let saved = 0;
  const model = {
    get: (key) => state[key],
    set(key, value) {
      state[key] = value;
      for (const [, tell] of every("change:" + key)) tell();
    },
    on(event, tell) { listeners.add([event, tell]); },
    off(event, tell) { for (const pair of every(event, tell)) listeners.delete(pair); },
    save_changes() { saved += 1; },
  };
  const rendered = [];
  for (const _ of [0, 1]) {
    const el = document.createElement("div");
    el.style = "position: absolute; top: 0; width: 100%"; // both are in view
    document.body.append(el);
    rendered.push([el, module.default.render({ model, el })]);
  }
  const told = () => rendered.map(([el]) => el.querySelector("output").textContent);
  const shown = told();
  const ids = document.querySelectorAll("body [id]").length;
  const permalinks = document.querySelectorAll(".permalink").length;
  rendered[0][0].querySelectorAll(".presets button")[1].click();
  const same = () => new Set(told()).size === 1 && told()[0] !== shown[0];
  for (let n = 0; n < 400 && !same(); n++) {
    await new Promise((done) => setTimeout(done, 200)); // hurried: 20 ms
  }
  const after = told();
  for (const [, cleanup] of rendered) cleanup();
  const left = listeners.size;
  const empty = rendered.every(([el]) => el.childElementCount === 0);
  return { shown, after, ids, permalinks, left, empty, saved, heard };
}
"""


def planted(text, good, bad):
    """A module with `bad` for `good`, also in the modules inside it."""

    def inside(url):
        code = planted(base64.b64decode(url[1]).decode(), good, bad)
        return "base64," + base64.b64encode(code.encode()).decode()

    return re.sub(r"base64,([\w+/=]+)", inside, text).replace(good, bad)


def in_jupyter(page, cls, good="", bad=""):
    """What is seen when the module that Jupyter gets is rendered twice and removed."""
    widget = cls()
    text = planted(widget._esm, good, bad)
    assert (text == widget._esm) is (good == bad)
    state = {key: getattr(widget, key) for key in (*cls.fields(), "_data")}
    return page.evaluate(JUPYTER, [text, state])


@EACH
def test_the_module_of_jupyter_mounts_twice_and_cleans_up(visit, cls):
    seen = in_jupyter(visit(), cls)
    assert seen["shown"][0] == seen["shown"][1] != ""
    assert seen["after"][0] == seen["after"][1] != seen["shown"][0]
    assert (seen["ids"], seen["permalinks"], seen["saved"]) == (0, 0, 1)
    assert (seen["heard"], seen["left"], seen["empty"]) == ([], 0, True)


@pytest.mark.parametrize(
    ("good", "bad", "key", "clean"),
    [
        ("model.off(event, ask);", "", "left", 0),
        ("el.replaceChildren();", "", "empty", True),
        ('el.classList.add("explorable");', 'el.id = "here";', "ids", 0),
        ("picture.start();", 'document.addEventListener("keyup", ask);', "heard", []),
    ],
)  # fmt: skip
def test_what_is_left_behind_is_found(visit, good, bad, key, clean):
    assert in_jupyter(visit(), Squasher, good, bad)[key] != clean


@EACH
def test_jupyterlab_leaves_the_keys_of_what_is_focused_alone(visit, cls):
    page = visit(cls())
    focused = ".live :is(input, select, button, summary, a, [tabindex])"
    bare = page.locator(f"{focused}:not([data-lm-suppress-shortcuts])")
    assert bare.count() == 0
    assert page.locator(focused).count() > 10


# ---- every reader ----


@EACH
@WAYS
def test_axe_finds_nothing(look, cls, theme, width):
    start = cls(**ROWS[cls].start)
    page = look(start, theme=theme, width=width, hash=f"#{cls.NAME}?banana=1")
    assert page.locator("figure > .problem").is_visible()
    unfold(page)
    assert violations(page) == {}


def test_axe_finds_a_control_without_a_name(visit):
    page = visit(Squasher())
    page.evaluate("document.querySelector('.main-slider .name').remove()")
    assert "label" in violations(page)


BEYOND = """() => {
  const edge = document.querySelector("figure").getBoundingClientRect().right;
  return [...document.querySelectorAll(".live *")]
    .filter((e) => !e.closest(".unseen") && e.getBoundingClientRect().right > edge)
    .map((e) => e.outerHTML.slice(0, 90));
}"""
SMALL = """() =>
  [...document.querySelectorAll(".live :is(button, select, summary, a, label, input)")]
    .filter((e) => e.offsetParent && !e.closest(".unseen") && e.type !== "checkbox")
    .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
    .filter(([, box]) => box.width && (box.height < 24 || box.width < 24))
    .map(([name]) => name)"""


@EACH
def test_nothing_overflows_a_narrow_page(look, cls):
    page = look(cls(**ROWS[cls].start), width=320)
    unfold(page)
    for width in (320, 360, 768):
        page.set_viewport_size({"width": width, "height": 800})
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(BEYOND) == []


@EACH
def test_targets_are_large_enough(visit, cls):
    page = visit(cls(), width=360, has_touch=True, is_mobile=True)
    unfold(page)
    assert page.evaluate(SMALL) == []
    tight = "min-height: 0 !important; height: 20px !important"
    page.add_style_tag(content=f"button {{ {tight} }}")
    assert page.evaluate(SMALL) != [], "small ones are found"


# ---- budgets ----


@pytest.mark.parametrize(
    ("cls", "state", "label"),
    [(cls, *one) for cls, row in ROWS.items() for one in row.timed],
    ids=lambda one: one.NAME if isinstance(one, type) else str(one)[:30],
)
@pytest.mark.clock
def test_a_slider_redraws_within_a_frame_on_a_slow_processor(
    look, capsys, cls, state, label
):
    page = look(cls(**state), width=360, after=STEP)
    with slowed_down(page):
        times = page.evaluate(DRAG, [label, 20, 2])
    median, p95 = quantiles(times)
    with capsys.disabled():
        print(f"\n{cls.NAME}, {label}: median {median:.1f} ms, p95 {p95:.1f} ms")
    assert p95 <= 16, times


def test_a_slow_slider_is_found(visit):
    page = visit(Squasher(), width=360)
    page.evaluate("""() => document.querySelector("input[type=range]")
        .addEventListener("input", () => requestAnimationFrame(() => {
            for (const end = performance.now() + 17; performance.now() < end;);
        }))""")
    assert quantiles(page.evaluate(DRAG, ["z", 10, 1]))[1] > 16
