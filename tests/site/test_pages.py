"""Every page of the site, in a browser that reaches nothing but the site."""

import itertools
import os

import pytest
import yaml

from tests.site import checks, markup, weight
from tests.site.conftest import ROOT, chapters, contents, lively

WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 360, "height": 740}
# Judging colours takes most of the time and no width changes them; once a week all
# rules judge all four.
WEEKLY = bool(os.environ.get("BOOK_WEEKLY"))
RULES = {
    (1280, "light"): "all",
    (1280, "dark"): "all" if WEEKLY else "colours",
    (360, "light"): "all" if WEEKLY else "none",
    (360, "dark"): "all" if WEEKLY else "others",
}


def complain(found):
    assert not found, "\n" + "\n".join(found)


@pytest.fixture(scope="module")
def from_disk(browser, on_disk):
    made = checks.context(browser, on_disk, viewport=WIDE)
    yield made
    made.close()


def test_every_built_page_is_tested(built_site):
    names = (*contents(), "genindex", "search", "index")
    assert markup.pages(built_site) == sorted(f"{name}.html" for name in names)


def test_explorables_are_where_they_are_expected(built_site):
    def has_one(name):
        return 'data-explorable="' in (built_site / f"{name}.html").read_text("utf-8")

    assert lively() == [name for name in contents() if has_one(name)]
    assert lively(), "no page of the book has an explorable"


def test_markup(built_site, name):
    complain(markup.wrong(markup.read(built_site / f"{name}.html")))


def test_links(built_site):
    complain(markup.dead_links(built_site))


def test_over_http(desk, served, name, seen):
    with checks.opened(desk, f"{served}{name}.html", served) as (page, traffic):
        seen[name] = traffic.asked
        complain(traffic.wrong + checks.drawn(page))


def test_from_disk(from_disk, on_disk, name):
    with checks.opened(from_disk, f"{on_disk}{name}.html", on_disk) as (page, traffic):
        complain(traffic.wrong + checks.drawn(page))


def test_everyone_can_read_it(desk, served, name):
    found = []
    with checks.opened(desk, f"{served}{name}.html", served) as (page, _):
        for size in (WIDE, NARROW):
            page.set_viewport_size(size)
            for theme in ("light", "dark"):
                checks.dress(page, theme)
                here = checks.inaccessible(page, RULES[size["width"], theme])
                found += [f"{theme}, {size['width']} px: {one}" for one in here]
        found += checks.overflow(page)
        found += checks.small_text(page) + checks.small_targets(page)
    complain(found)


def test_every_control_of_a_page_does_something(desk, served, name):
    found = []
    with checks.opened(desk, f"{served}{name}.html", served) as (page, traffic):
        for size in (WIDE, NARROW):
            page.set_viewport_size(size)
            found += checks.dead_controls(page)
        complain(found + traffic.wrong)


def test_the_front_door_leads_in(desk, served):
    page = desk.new_page()
    traffic = checks.Traffic(page, served)
    page.goto(served)
    page.wait_for_url(f"{served}{contents()[0]}.html")
    complain(traffic.wrong)
    page.close()


def test_the_front_door_is_a_page(built_site):
    complain(markup.head(markup.read(built_site / "index.html")))


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
