"""Every page of the site, in a browser that reaches nothing but the site."""

import itertools
import os
import re

import pytest
import yaml

from lstm_core.widgets import EXPLORABLES
from tests.site import checks, markup, weight
from tests.site.conftest import (
    ROOT,
    Helpful,
    chapters,
    contents,
    figures,
    first_pages,
    lively,
    models,
    serve,
)

WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 360, "height": 740}
# Judging colours takes most of the time, nine parts in ten of what axe takes. Every
# page gets the other rules; one page of each sort also has its colours judged, in the
# light and in the dark, and once a week all rules judge all pages in all four ways.
WEEKLY = bool(os.environ.get("BOOK_WEEKLY"))
RULES = {
    (1280, "light"): "all" if WEEKLY else "colours",
    (1280, "dark"): "all" if WEEKLY else "colours",
    (360, "light"): "all" if WEEKLY else "none",
    (360, "dark"): "all" if WEEKLY else "others",
}


def in_full(name):
    """Whether a page is looked at in every way: the other pages repeat these."""
    return WEEKLY or name in models()


def complain(found):
    assert not found, "\n" + "\n".join(found)


@pytest.fixture(scope="module")
def from_disk(browser, on_disk):
    made = checks.context(browser, on_disk, viewport=WIDE)
    yield made
    made.close()


def test_every_built_page_is_tested(built_site):
    names = (*contents(), "genindex", "search", "index", "404")
    assert markup.pages(built_site) == sorted(f"{name}.html" for name in names)


def test_explorables_are_where_they_are_expected(built_site):
    def has_one(name):
        return 'data-explorable="' in (built_site / f"{name}.html").read_text("utf-8")

    assert lively() == [name for name in contents() if has_one(name)]
    assert set(first_pages()) == {cls.NAME for cls in EXPLORABLES}
    for name in lively():
        text = (built_site / f"{name}.html").read_text("utf-8")
        assert re.findall(r'data-explorable="([\w-]+)"', text) == figures(name)


def test_markup(built_site, name):
    complain(markup.wrong(markup.read(built_site / f"{name}.html")))


def test_links(built_site):
    complain(markup.dead_links(built_site))


def looks(page, name):
    """What is wrong with an open page in either theme, on a laptop and on a phone."""
    found = []
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        for theme in ("light", "dark"):
            width = size["width"]
            if in_full(name):
                rules = RULES[width, theme]
            else:
                rules = "others" if (width, theme) == (360, "dark") else "none"
            if rules != "none":
                checks.dress(page, theme)
                here = checks.inaccessible(page, rules)
                found += [f"{theme}, {width} px: {one}" for one in here]
    found += checks.overflow(page)
    if name in contents():
        found += checks.on_paper(page)
    return found + checks.small_text(page) + checks.small_targets(page)


def test_in_a_browser(desk, served, name, seen):
    """One visit of a page asks all that can be asked without a change of the page."""
    with checks.opened(desk, f"{served}{name}.html", served) as (page, traffic):
        seen[name] = list(traffic.asked)
        found = checks.drawn(page) + looks(page, name)
        page.set_viewport_size(WIDE)
        page.reload()
        page.evaluate("probe.settle()")
        for size in (WIDE, NARROW) if in_full(name) else (WIDE,):
            page.set_viewport_size(size)
            found += checks.dead_controls(page)
        complain(traffic.wrong + found)


def test_from_disk(from_disk, on_disk, name):
    if not in_full(name) and name not in lively():
        return  # has nothing that could fail from disk alone
    with checks.opened(from_disk, f"{on_disk}{name}.html", on_disk) as (page, traffic):
        complain(traffic.wrong + checks.drawn(page))


def test_the_front_door_leads_in(desk, served):
    page = desk.new_page()
    traffic = checks.Traffic(page, served)
    page.goto(served)
    page.wait_for_url(f"{served}{contents()[0]}.html")
    complain(traffic.wrong)
    page.close()


def test_the_front_door_is_a_page(built_site):
    complain(markup.head(markup.read(built_site / "index.html")))


@pytest.mark.parametrize("where", ["nothing", "book/nothing.html", "a/b/c/d.html"])
def test_no_such_page_leads_on_at_any_depth(browser, built_site, where):
    with serve(built_site.parent, Helpful) as address:
        reader = checks.context(browser, address, viewport=WIDE)
        page = reader.new_page()
        page.goto(f"{address}html/{where}")
        root = f"{address}html/"
        page.wait_for_function("root => document.baseURI === root", arg=root)
        page.get_by_role("searchbox").fill("sigmoid")
        page.get_by_role("searchbox").press("Enter")
        page.wait_for_url(f"{root}search.html?q=sigmoid")
        page.go_back()
        page.wait_for_function("root => document.baseURI === root", arg=root)
        names = [name for name in contents() if name != contents()[0]]
        links = page.get_by_role("navigation").get_by_role("link")
        assert links.count() == len(contents())
        links.nth(1).click()
        page.wait_for_url(f"{root}{names[0]}.html")
        reader.close()


# --- notebooks to run -----------------------------------------------------------------


def repository():
    if address := os.environ.get("BOOK_REPOSITORY"):
        return address
    return yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"][
        "url"
    ]


def test_launch_buttons(built_site, chapter):
    complain(markup.launches(built_site, ROOT, chapter, repository()))


def test_only_chapters_can_be_launched(built_site, name):
    soup = markup.read(built_site / f"{name}.html")
    assert bool(markup.launch_links(soup)) == (name in chapters())


# --- weight ---------------------------------------------------------------------------


def test_weight(desk, served, built_site, seen, record_property):
    pytest.importorskip("minify", reason="the site is large without tdewolff-minify")
    book = contents()
    for name in (one for one in book if one not in seen):
        with checks.opened(desk, f"{served}{name}.html", served) as (_, traffic):
            seen[name] = traffic.asked
    files = {name: weight.files(seen[name], served, built_site) for name in book}
    first = {name: weight.total(files[name]) for name in book}
    later = {
        name: weight.total(files[name] - files[before])
        for before, name in itertools.pairwise(book)
    }
    for title, each in (("first visit", first), ("after the page before", later)):
        for name, size in sorted(each.items(), key=lambda item: -item[1])[:5]:
            print(f"{size / 1000:6.0f} kB  {title}: {name}")
    found = [f"{name}: {size} bytes" for name, size in first.items() if size > 450_000]
    found += [
        f"then {name}: {size} bytes" for name, size in later.items() if size > 60_000
    ]
    complain(found)
