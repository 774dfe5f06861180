"""The built site, served and from disk, and the list of its pages."""

import functools
import http.server
import re
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from lstm_core.widgets import EXPLORABLES
from tests.site import checks

ROOT = Path(__file__).resolve().parents[2]


def _files(entry):
    for name in ("root", "file"):
        if name in entry:
            yield entry[name].removesuffix(".md")
    for part in ("parts", "chapters", "sections"):
        for inner in entry.get(part, ()):
            yield from _files(inner)


def contents():
    """Names of the book's pages, in the order of the table of contents."""
    return list(_files(yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))))


def source(name):
    return (ROOT / f"{name}.md").read_text("utf-8")


def lively():
    """Names of the pages with an explorable."""
    return [name for name in contents() if figures(name)]


def chapters():
    """Names of the pages with a notebook for students."""
    return [
        name
        for name in contents()
        if "\nkernelspec:" in source(name) and "/solutions/" not in name
    ]


def figures(name):
    """Kinds of the explorables that a page's cells show, in their order."""
    kinds = {cls.__name__: cls.NAME for cls in EXPLORABLES}
    shown = re.findall(rf"(?m)^({'|'.join(kinds)})\(", source(name))
    return [kinds[one] for one in shown]


def first_pages():
    """The first page with an explorable of each kind, {kind: name of the page}."""
    found = {}
    for name in contents():
        for kind in figures(name):
            found.setdefault(kind, name)
    return found


def models():
    """One page of each sort: what only the theme decides is the same on the others."""
    book = contents()
    sorts = [book[0], *chapters()[:1], *lively()[:2], book[-1]]
    sorts += [name for name in book if "/solutions/" in name][:1]
    sorts += [name for name in book if "kernelspec:" not in source(name)][:2]
    return {*sorts, "genindex", "search", "404"}


# Tests are collected before the pages are built; test_pages.py compares the two.
KINDS = {
    "name": lambda: [*contents(), "genindex", "search", "404"],
    "lively_name": lively,
    "chapter": chapters,
    "kind": lambda: list(first_pages()),
}


def pytest_generate_tests(metafunc):
    for kind, names in KINDS.items():
        if kind in metafunc.fixturenames:
            metafunc.parametrize(kind, names())


class _Quiet(http.server.SimpleHTTPRequestHandler):
    # Some machines have registered another type for scripts.
    extensions_map = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
    }

    def log_message(self, *words):
        pass


class Helpful(_Quiet):
    """Shows 404.html of the folder html where there is no such file, as hosts do."""

    def send_error(self, code, *words):
        content = Path(self.directory, "html", "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)


@contextmanager
def serve(folder, kind=_Quiet):
    """Serve a folder; gives its address, with a slash at its end."""
    handler = functools.partial(kind, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@pytest.fixture(scope="session")
def served(built_site):
    """Address of the site on a server of its own, with a slash at its end."""
    with serve(built_site) as address:
        yield address


@pytest.fixture(scope="session")
def on_disk(built_site):
    """Address of the site as files, with a slash at its end."""
    return built_site.as_uri() + "/"


@pytest.fixture(scope="session")
def seen():
    """What pages asked for, {name of the page: addresses}; tests fill and read it."""
    return {}


@pytest.fixture(scope="module")
def desk(browser, served):
    """A context as wide as a laptop's screen, for pages over http."""
    made = checks.context(browser, served, viewport={"width": 1280, "height": 800})
    yield made
    made.close()
