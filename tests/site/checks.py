"""What must hold of a page in a browser: each check returns a list of what is wrong."""

import re
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe

PROBE = Path(__file__).with_name("probe.js")
LOCAL = ("data:", "blob:", "about:")
COLOURS = ["color-contrast", "link-in-text-block"]
# Axe would load style sheets once more, those included that are not there
SPARING = {"resultTypes": ["violations"], "preload": False}
AXE_RULES = {
    "all": SPARING,
    "colours": {**SPARING, "runOnly": COLOURS},
    "others": {
        **SPARING,
        "rules": {name: {"enabled": False} for name in COLOURS},
    },
}


def context(browser, home, **more):
    """A fresh browser context that reaches nothing beyond `home`."""
    made = browser.new_context(service_workers="block", **more)
    made.add_init_script(path=PROBE)
    beyond = re.compile(f"^(?!{re.escape(home)}|{'|'.join(LOCAL)})")
    made.route(beyond, lambda route: route.abort())
    return made


class Traffic:
    """All that a page asks for and all that it complains about."""

    def __init__(self, page, home):
        self.home = home
        self.asked, self.wrong = [], []
        page.on("request", self._request)
        page.on("response", self._response)
        page.on("requestfailed", self._failed)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._say("a script failed", error))

    def _say(self, what, detail):
        self.wrong.append(f"{what}: {detail}")

    def _outside(self, request):
        return not request.url.startswith((self.home, *LOCAL))

    def _request(self, request):
        self.asked.append(request.url)
        if self._outside(request):
            self._say("a request leaves the site", request.url)

    def _response(self, response):
        if response.status >= 400:
            self._say(f"the answer is {response.status}", response.url)

    def _failed(self, request):
        if not self._outside(request) and "ERR_ABORTED" not in (request.failure or ""):
            self._say("a file is missing", f"{request.url} ({request.failure})")

    def _console(self, message):
        if message.type == "error":
            self._say("the console shows an error", message.text)


@contextmanager
def opened(context, url, home):
    """A settled page at `url` and its traffic; the page closes at the end."""
    page = context.new_page()
    try:
        traffic = Traffic(page, home)
        page.goto(url, wait_until="load")
        page.evaluate("probe.settle()")
        yield page, traffic
    finally:
        page.close()


def drawn(page):
    """One heading, one search field, images, mathematics and explorables are there."""
    return page.evaluate("probe.drawn()")


def overflow(page):
    """Nothing makes the page wider than the screen."""
    return page.evaluate("probe.overflow()")


def on_paper(page):
    """Printed, a page shows no control and no bar, and is no wider than the paper."""
    page.emulate_media(media="print")
    found = page.evaluate("probe.printed()") + overflow(page)
    page.emulate_media(media="screen")
    return [f"on paper: {one}" for one in found]


def small_text(page, prose=16, least=9):
    """Paragraphs and all other text are large enough to read, in px as seen."""
    return page.evaluate(
        "sizes => probe.small(sizes)", {"prose": prose, "least": least}
    )


def small_targets(page, least=24):
    """Every control is large enough for a finger."""
    return page.evaluate("least => probe.targets(least)", least)


def inaccessible(page, rules="all"):
    """What axe finds by all its rules, by those on colours, or by the others."""
    if rules == "none":
        return []
    found = Axe().run(page, options=AXE_RULES[rules]).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:150]} ({node.get('failureSummary', '')[:300]})"
        for rule in found
        for node in rule["nodes"]
    ]


def dress(page, theme):
    """Show the page in its light or its dark colours, no change still under way."""
    page.evaluate(
        """theme => {
          document.documentElement.dataset.mode = theme;
          document.documentElement.dataset.theme = theme;
          for (const change of document.getAnimations()) change.finish();
        }""",
        theme,
    )


def dead_controls(page):
    """Every control outside explorables that can be seen does something."""
    return page.evaluate("probe.dead()")
