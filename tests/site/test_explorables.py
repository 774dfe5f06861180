"""The figures that move, on the pages where a reader meets them."""

import re

import pytest

from lstm_core.widgets import EXPLORABLES, stylesheet
from tests.site import checks, drive, markup

WIDE = {"width": 1280, "height": 800}


def complain(found):
    assert not found, "\n" + "\n".join(found)


@pytest.fixture
def address(served, lively_name):
    return f"{served}{lively_name}.html"


@pytest.fixture
def page(desk, served, address):
    """An open page with explorables."""
    with checks.opened(desk, address, served) as (page, traffic):
        yield page
        complain(traffic.wrong)


@pytest.fixture
def calm_page(browser, served, address):
    """The same page for a reader who wants no motion, where nothing runs by itself."""
    context = checks.context(browser, served, viewport=WIDE, reduced_motion="reduce")
    with checks.opened(context, address, served) as (page, traffic):
        yield page
        complain(traffic.wrong)
    context.close()


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


def test_keyboard(page):
    complain([one for figure in drive.figures(page) for one in drive.exercise(figure)])


def test_pointer(page):
    complain([one for figure in drive.figures(page) for one in drive.drag(figure)])


def test_link_to_a_state(calm_page, browser, served):
    found = []
    for figure in drive.figures(calm_page):
        before = figure.look()
        after = drive.disturb(figure)
        assert after and after != before
        fresh = checks.context(browser, served, viewport=WIDE, reduced_motion="reduce")
        with checks.opened(fresh, permalink(figure), served) as (other, _):
            copies = {anchor(copy): copy for copy in drive.figures(other)}
            if (there := copies[anchor(figure)].rest()) != after:
                found.append(f"{permalink(figure)} shows {there!r}, not {after!r}")
        fresh.close()
    complain(found)


def test_link_that_nobody_understands(page, address, desk, served):
    for figure in drive.figures(page):
        mangled = f"{address}#{anchor(figure)}?banana=1&&t=%E0%A4%A&z=2=3"
        with checks.opened(desk, mangled, served) as (other, traffic):
            copies = {anchor(copy): copy for copy in drive.figures(other)}
            copy = copies[anchor(figure)]
            assert "banana" in problem(copy)
            assert problem(copy).endswith(".")
            assert copy.controls() and copy.look()
            complain(traffic.wrong)


def test_links_in_the_prose(calm_page):
    figures = {anchor(figure): figure for figure in drive.figures(calm_page)}
    for link in calm_page.query_selector_all("a.explore"):
        target = link.get_attribute("href")
        figure = figures[target.removeprefix("#").partition("?")[0]]
        link.press("Enter")
        first = figure.rest()
        assert not problem(figure), f"{target}: {problem(figure)}"
        assert in_sight(figure), f"{target} does not scroll to its figure"
        assert figure.ask("figure.contains(document.activeElement)")
        assert drive.disturb(figure) != first
        link.press("Enter")
        assert figure.rest() == first, f"{target} does not set everything"


def test_motion(page):
    if link := page.query_selector("a.explore"):
        link.press("Enter")
        page.wait_for_function("document.getAnimations().length > 0", timeout=5000)


def test_reduced_motion(calm_page):
    for figure in drive.figures(calm_page):
        calm_page.goto(permalink(figure))
        drive.disturb(figure, 1)
        assert calm_page.evaluate("document.getAnimations().length") == 0


def pictures(figure):
    """How many pictures of some size can be seen."""
    return figure.ask(
        "probe.all('svg, img', figure).filter((one) => probe.visible(one)"
        " && one.getBoundingClientRect().width > 200).length"
    )


def test_without_scripts(browser, served, address):
    context = browser.new_context(java_script_enabled=False, viewport=WIDE)
    page = context.new_page()
    page.goto(address)
    for figure in page.locator("figure.explorable").all():
        picture = figure.locator("svg[role=img], img").first
        assert picture.is_visible()
        words = picture.get_attribute("aria-label") or picture.get_attribute("alt")
        assert len(words.split()) >= 4, f"the picture says only {words!r}"
        assert len(figure.locator("figcaption").inner_text().split()) >= 4
        assert figure.locator("input, select, button, summary, a").count() == 0
    dead = page.locator("article :is(button, input, select):visible")
    assert dead.count() == 0, dead.first.evaluate("one => one.outerHTML")
    context.close()


def test_on_paper(page):
    figures = drive.figures(page)
    page.emulate_media(media="print")
    for figure in figures:
        assert pictures(figure) >= 1
        assert [one["name"] for one in figure.controls()] == []
        assert figure.ask("probe.tidy(figure.querySelector('figcaption').innerText)")
    page.emulate_media(media="screen")


@pytest.fixture(scope="module")
def first_pages(built_site):
    """The first page with an explorable of each kind, {kind: name of the page}."""
    found = {}
    for name in markup.pages(built_site):
        text = (built_site / name).read_text("utf-8")
        for kind in re.findall(r'data-explorable="([\w-]+)"', text):
            found.setdefault(kind, name)
    return found


# --- the cell, step by step -----------------------------------------------------------


@pytest.fixture
def cell(desk, served, first_pages):
    with checks.opened(desk, served + first_pages["cell"], served) as (page, traffic):
        figures = drive.figures(page)
        kind = "figure.dataset.explorable"
        yield next(one for one in figures if one.ask(kind) == "cell")
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


def test_slider_to_picture(desk, served, first_pages):
    for kind, name in first_pages.items():
        with checks.opened(desk, served + name, served) as (page, _):
            session = desk.new_cdp_session(page)
            session.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
            slider = page.query_selector(f"[data-explorable={kind}] input[type=range]")
            if slider is None:
                continue
            times = page.evaluate("range => probe.moves(range, 20, 4)", slider)
            best = times[int(0.95 * len(times)) - 1]
            where = slider.evaluate("one => probe.where(one)")
            print(f"{best:5.1f} ms at the 95th percentile: {kind}, {where}")
            assert best <= FRAME, kind


MOUNT = """async ([source]) => {
  const from = new Blob([source], { type: "text/javascript" });
  const module = await import(URL.createObjectURL(from));
  const heard = new Set();
  const state = Object.fromEntries(
    Object.entries(module.SPEC.fields).map(([key, field]) => [key, field.default]));
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


@pytest.mark.parametrize("kind", EXPLORABLES, ids=lambda kind: kind.NAME)
def test_nothing_is_left_behind(browser, served, kind):
    context = checks.context(browser, served)
    page = context.new_page()
    traffic = checks.Traffic(page, served)
    page.set_content(f"<style>{stylesheet()}</style>")
    before = page.evaluate("probe.held()")
    runs = page.evaluate(MOUNT, [str(kind()._esm)])
    assert runs == [{**before, "heard": 0, "left": 0}] * 3
    page.wait_for_timeout(400)
    complain(traffic.wrong)
    context.close()
