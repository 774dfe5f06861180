"""The figures that move, on the pages where a reader meets them."""

import os
import re

import pytest

from lstm_core.widgets import EXPLORABLES, stylesheet
from tests.site import checks, drive
from tests.site.conftest import first_pages

WIDE = {"width": 1280, "height": 800}
WEEKLY = bool(os.environ.get("BOOK_WEEKLY"))


def complain(found):
    assert not found, "\n" + "\n".join(found)


@pytest.fixture
def address(served, kind):
    """Where a kind of explorable stands first: there it is tried out."""
    return f"{served}{first_pages()[kind]}.html"


def of(kind, page):
    """The first explorable of a kind on an open page."""
    own = "figure.dataset.explorable === given[0]"
    return next(one for one in drive.figures(page) if one.ask(own, kind))


@pytest.fixture
def figure(desk, served, address, kind):
    """A living explorable on its page."""
    with checks.opened(desk, address, served) as (page, traffic):
        yield of(kind, page)
        complain(traffic.wrong)


@pytest.fixture(scope="module")
def calm(browser, served):
    """A context of a reader who wants no motion: nothing runs by itself."""
    made = checks.context(browser, served, viewport=WIDE, reduced_motion="reduce")
    yield made
    made.close()


@pytest.fixture
def calm_figure(calm, served, address, kind):
    with checks.opened(calm, address, served) as (page, traffic):
        yield of(kind, page)
        complain(traffic.wrong)


def anchor(figure):
    return figure.ask("figure.id")


def permalink(figure):
    return figure.ask("figure.querySelector('a.permalink').href")


def problem(figure):
    """What the figure says about a link that it did not understand."""
    shown = figure.ask(
        "probe.all('[role=status], [role=alert]', figure).filter(probe.visible)"
        ".map((one) => probe.tidy(one.textContent))"
    )
    return " ".join(filter(None, shown))


def in_sight(figure):
    return figure.ask(
        "(box => box.top < innerHeight - 100 && box.bottom > 100)"
        "(figure.getBoundingClientRect())"
    )


def test_keyboard(figure):
    complain(drive.exercise(figure))


def test_pointer(figure):
    complain(drive.drag(figure))


def test_link_to_a_state(calm_figure, browser, served, kind):
    before = calm_figure.look()
    after = drive.disturb(calm_figure)
    assert after and after != before
    fresh = checks.context(browser, served, viewport=WIDE, reduced_motion="reduce")
    with checks.opened(fresh, permalink(calm_figure), served) as (other, _):
        assert of(kind, other).rest() == after, permalink(calm_figure)
    fresh.close()


def test_link_that_nobody_understands(desk, served, address, kind):
    mangled = f"{address}#{kind}?banana=1&&t=%E0%A4%A&z=2=3"
    with checks.opened(desk, mangled, served) as (page, traffic):
        figure = of(kind, page)
        assert "banana" in problem(figure)
        assert problem(figure).endswith(".")
        assert figure.controls() and figure.look()
        complain(traffic.wrong)


# Until the figure rests, but half a second at most, for some train for seconds: the end
# of that is seen after the first link to a figure, and once a week after every link.
STARTED = "probe.rests(figure, 200, 500)"


def test_links_in_the_prose(calm, served, lively_name):
    address, tried = f"{served}{lively_name}.html", set()
    with checks.opened(calm, address, served) as (page, traffic):
        figures = {anchor(figure): figure for figure in drive.figures(page)}
        for link in page.query_selector_all("a.explore"):
            target = link.get_attribute("href")
            name = target.removeprefix("#").partition("?")[0]
            figure = figures[name]
            link.press("Enter")
            briefly = name in tried and not WEEKLY
            first = figure.ask(STARTED) if briefly else figure.rest()
            assert not problem(figure), f"{target}: {problem(figure)}"
            assert in_sight(figure), f"{target} does not scroll to its figure"
            assert figure.ask("figure.contains(document.activeElement)")
            if name not in tried:
                assert drive.disturb(figure, 1) != first
                link.press("Enter")
                assert figure.rest() == first, f"{target} does not set everything"
            tried.add(name)
        complain(traffic.wrong)


def test_motion(figure):
    page = figure.page
    page.evaluate("kind => { location.hash = `#${kind}?` }", anchor(figure))
    flashes = (
        "figure => figure.getAnimations()"
        ".some((one) => one.animationName === 'explorable-flash')"
    )
    page.wait_for_function(flashes, arg=figure.handle, timeout=20_000)


def test_reduced_motion(calm_figure):
    page = calm_figure.page
    page.evaluate("kind => { location.hash = `#${kind}?` }", anchor(calm_figure))
    drive.disturb(calm_figure, 1)
    assert page.evaluate("document.getAnimations().length") == 0


def pictures(figure):
    """How many pictures of some size can be seen."""
    return figure.ask(
        "probe.all('svg, img, [role=img]', figure).filter((one) => probe.visible(one)"
        " && one.getBoundingClientRect().width > 200).length"
    )


def test_without_scripts(browser, served, address, kind):
    context = browser.new_context(java_script_enabled=False, viewport=WIDE)
    page = context.new_page()
    page.goto(address)
    figure = page.locator(f"figure.explorable[data-explorable={kind}]").first
    picture = figure.locator("[role=img], img").first
    assert picture.is_visible()
    words = picture.get_attribute("aria-label") or picture.get_attribute("alt")
    assert len(words.split()) >= 4, f"the picture says only {words!r}"
    assert len(figure.locator("figcaption").inner_text().split()) >= 4
    assert figure.locator("input, select, button, summary, a").count() == 0
    dead = page.locator("article :is(button, input, select):visible")
    assert dead.count() == 0, dead.first.evaluate("one => one.outerHTML")
    context.close()


def test_on_paper(figure):
    figure.page.emulate_media(media="print")
    assert pictures(figure) >= 1
    letters = [one for one in figure.controls() if one["name"].startswith("light up ")]
    assert figure.controls() == letters  # they stay in their table, as letters
    assert figure.ask("probe.tidy(figure.querySelector('figcaption').innerText)")
    figure.page.emulate_media(media="screen")


# --- the cell, step by step -----------------------------------------------------------


@pytest.fixture
def cell(desk, served):
    address = f"{served}{first_pages()['cell']}.html"
    with checks.opened(desk, address, served) as (page, traffic):
        yield of("cell", page)
        complain(traffic.wrong)


def test_step_back_and_play(cell):
    start, back, step, play = (
        cell.find(re.compile(f"^{name}$", re.IGNORECASE))["key"]
        for name in ("to start", "back", "step", "play")
    )
    cell.press(start, "Enter")
    states = [cell.rest()]
    for _ in range(3):
        cell.press(step, "Enter")
        states.append(cell.rest())
    assert len(set(states)) == 4
    cell.press(back, "Space")
    assert cell.rest() == states[2]
    cell.press(play, "Enter")
    assert cell.changed(states[2], wait=3000), "Play does not move the figure"
    cell.page.wait_for_function(
        "figure => probe.find(figure, 'button Play 0')", arg=cell.handle
    )
    end = cell.rest()
    assert end not in states
    assert cell.find(re.compile("^step$", re.IGNORECASE))["off"]


# --- what it costs, and what it leaves behind -----------------------------------------

THROTTLE = 4
FRAME = 16


@pytest.mark.clock
def test_slider_to_picture(desk, served, address, kind):
    with checks.opened(desk, address, served) as (page, _):
        session = desk.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
        slider = page.query_selector(f"[data-explorable={kind}] input[type=range]")
        times = page.evaluate("range => probe.moves(range, 20, 2)", slider)
        best = times[int(0.95 * len(times)) - 1]
        where = slider.evaluate("one => probe.where(one)")
        print(f"{best:5.1f} ms at the 95th percentile: {kind}, {where}")
        assert best <= FRAME


MOUNT = """async ([source, _data]) => {
  const from = new Blob([source], { type: "text/javascript" });
  const module = await import(URL.createObjectURL(from));
  const heard = new Set();
  const state = Object.fromEntries(
    Object.entries(module.SPEC.fields).map(([key, field]) => [key, field.default]));
  state._data = _data;
  const model = {
    get: (key) => state[key],
    set: (key, value) => { state[key] = value; for (const [, tell] of heard) tell(); },
    on: (event, tell) => heard.add([event, tell]),
    off: (event, tell) => {
      for (const one of heard) {
        if (one[0] === event && one[1] === tell) heard.delete(one);
      }
    },
    save_changes() {},
  };
  const runs = [];
  for (let n = 0; n < 3; n++) {
    const el = document.body.appendChild(document.createElement("div"));
    const clean = await module.default.render({ model, el });
    for (const button of el.querySelectorAll("button")) button.click();
    await probe.pause(100);
    for (const button of el.querySelectorAll("button")) {
      if (button.textContent === "Play") button.click();
    }
    await clean();
    el.remove();
    await probe.pause(50);
    runs.push({ ...probe.held(), heard: heard.size, left: el.childNodes.length });
  }
  return runs;
}"""


@pytest.mark.parametrize("cls", EXPLORABLES, ids=lambda cls: cls.NAME)
def test_nothing_is_left_behind(browser, served, cls):
    context = checks.context(browser, served)
    page = context.new_page()
    traffic = checks.Traffic(page, served)
    page.set_content(f"<style>{stylesheet()}</style>")
    before = page.evaluate("probe.held()")
    widget = cls()
    runs = page.evaluate(MOUNT, [str(widget._esm), widget._data])
    assert runs == [{**before, "heard": 0, "left": 0}] * 3
    page.wait_for_timeout(400)
    complain(traffic.wrong)
    context.close()
