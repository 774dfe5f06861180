"""Pages with explorables, opened from disk as a reader opens them."""

import pytest

from tests.widgets.harness import HURRY, finish, settle, write_page


@pytest.fixture(scope="module")
def contexts(browser):
    """One browser context for each way to look at a page, kept for all tests."""
    made = {}

    def context(width, **options):
        key = (width, *sorted(options.items()))
        if key not in made:
            size = {"width": width, "height": 800}
            made[key] = browser.new_context(viewport=size, **options)
            made[key].add_init_script(HURRY)
            made[key].set_default_timeout(20_000)
        return made[key]

    yield context
    for one in made.values():
        one.close()


@pytest.fixture
def visit(contexts, tmp_path):
    """Opens a page with the given figures; fails on any error, request or NaN."""
    opened = []

    def open_page(
        *widgets, theme="light", width=1280, hash="", before="", after="", **options
    ):
        figures = [before, *(widget.figure() for widget in widgets), after]
        path = write_page(tmp_path, figures, theme)
        page = contexts(width, **options).new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda message: page.errors.append(message.text))
        page.on("request", lambda request: _only_own(page, request.url))
        page.goto(path.as_uri() + hash)
        if options.get("java_script_enabled", True):
            page.wait_for_function(
                "n => document.querySelectorAll('.live .inside').length === n",
                arg=len(widgets),
            )
            settle(page)
        opened.append(page)
        return page

    yield open_page
    for page in opened:
        assert page.errors == []
        assert "NaN" not in page.locator("main").inner_text()
        page.close()


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
