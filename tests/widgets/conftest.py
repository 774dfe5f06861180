"""Pages with explorables, opened from disk as a reader opens them."""

import pytest

from tests.widgets.harness import HURRY, finish, settle, write_page


class Pages:
    """Browser contexts, one for each way to look at a page, kept for all tests.

    The page of the last test is used again, for a new one takes longer than most tests.
    """

    def __init__(self, browser):
        self.browser, self.contexts, self.idle = browser, {}, None

    def take(self, width, options):
        way = (width, *sorted(options.items()))
        size = {"width": width, "height": 800}
        if way not in self.contexts:
            made = self.browser.new_context(viewport=size, **options)
            made.add_init_script(HURRY)
            made.set_default_timeout(60_000)  # a busy machine trains slowly
            self.contexts[way] = made
        page, self.idle = self.idle, None
        if page and page.way != way:
            page.close()
        if not page or page.way != way:
            page = self.new(way)
        page.set_viewport_size(size)
        page.errors = []
        return page

    def new(self, way):
        page = self.contexts[way].new_page()
        page.way = way
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda message: page.errors.append(message.text))
        page.on("request", lambda request: _only_own(page, request.url))
        return page

    def give_back(self, page):
        if self.idle:
            page.close()
            return
        page.goto("about:blank")
        page.mouse.move(0, 0)
        self.idle = page

    def close(self):
        for context in self.contexts.values():
            context.close()


@pytest.fixture(scope="module")
def pages(browser):
    made = Pages(browser)
    yield made
    made.close()


@pytest.fixture
def visit(pages, tmp_path):
    """Opens a page with the given figures; fails on any error, request or NaN."""
    opened = []

    def open_page(
        *widgets, theme="light", width=1280, hash="", before="", after="", **options
    ):
        figures = [before, *(widget.figure() for widget in widgets), after]
        path = write_page(tmp_path, figures, theme)
        page = pages.take(width, options)
        opened.append(page)
        page.goto(path.as_uri() + hash)
        if options.get("java_script_enabled", True):
            page.wait_for_function(
                "n => document.querySelectorAll('.live .inside').length === n",
                arg=len(widgets),
            )
            settle(page)
        return page

    yield open_page
    for page in opened:
        assert page.errors == []
        assert "NaN" not in page.locator("main").inner_text()
        pages.give_back(page)


def _only_own(page, url):
    if not url.startswith(("file:", "blob:", "data:")):
        page.errors.append(f"asked for {url}")


@pytest.fixture
def look(visit):
    """As `visit`, of one figure, but waits for what comes on demand or is trained."""

    def open_page(widget, **given):
        page = visit(widget, **given)
        finish(page, widget.NAME)
        return page

    return open_page
