"""A reader who looks for a word."""

import re

import pytest

from tests.site import checks
from tests.site.conftest import contents

WORD = "sigmoid"


@pytest.fixture(params=["served", "on_disk"])
def home(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def reader(browser, home):
    context = checks.context(browser, home, viewport={"width": 1280, "height": 800})
    yield context
    context.close()


def hits(page):
    page.wait_for_selector("#search-results li a")
    links = page.locator("#search-results li a")
    return [(link.inner_text(), link.get_attribute("href")) for link in links.all()]


def test_a_word_is_found(reader, home):
    with checks.opened(reader, f"{home}search.html", home) as (page, traffic):
        page.keyboard.type(WORD)  # the field has the focus
        page.keyboard.press("Enter")
        found = hits(page)
        assert any(re.search(WORD, text, re.IGNORECASE) for text, _ in found), found
        page.locator("#search-results li a").first.click()
        page.wait_for_url(re.compile(r"/book/"))
        assert traffic.wrong == []


def test_the_field_opens_on_every_page_by_its_shortcut(reader, home):
    with checks.opened(reader, f"{home}{contents()[0]}.html", home) as (page, traffic):
        page.keyboard.press("ControlOrMeta+K")
        page.wait_for_function("document.activeElement.type === 'search'")
        page.keyboard.type(WORD)
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"search\.html\?q="))
        assert hits(page)
        assert traffic.wrong == []


def test_a_word_that_is_nowhere(reader, home):
    with checks.opened(reader, f"{home}search.html?q=xyzzyx", home) as (page, traffic):
        page.wait_for_function(
            "/did not match|no results|no documents/i.test("
            "document.querySelector('#search-results').innerText)"
        )
        assert traffic.wrong == []
