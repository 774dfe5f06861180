"""The files behind the explorables: plain ES modules and one style sheet.

A module on disk imports its neighbours relatively.  Neither Jupyter, which gets a
widget as one string, nor a page opened from disk can load such a neighbour, so the
imports are rewritten here to data: URLs (Jupyter) or, in the browser, to Blob URLs.
Constants that Python and JavaScript share (colours, names, defaults, presets) are
written once, in Python, and reach JavaScript as a generated module.
"""

import base64
import functools
import json
import re
from pathlib import Path

from lstm_core import palette
from lstm_core.widgets import rows

STATIC = Path(__file__).with_name("static")
_IMPORT = re.compile(r'(from\s*")\./([\w.-]+\.js)(")')


def constants(**values):
    """The text of a module that exports each value, which JSON must be able to hold."""
    return "".join(
        f"export const {name} = {json.dumps(value, ensure_ascii=False)};\n"
        for name, value in values.items()
    )


@functools.cache
def source(name):
    """The text of one module; rows.js is made from `lstm_core.widgets.rows`."""
    if name == "rows.js":
        return constants(ROWS=rows.ROWS, GROUPS=rows.GROUPS)
    return (STATIC / name).read_text(encoding="utf-8")


def imports(text):
    """Names of the modules that a module's text imports, in order."""
    return [match.group(2) for match in _IMPORT.finditer(text)]


def closure(text):
    """All modules that a text needs, {name: text}, each after those it imports."""
    found = {}
    for name in imports(text):
        found.update(closure(source(name)))
        found[name] = source(name)
    return found


def data(name):
    """What NAME.json among the static files holds."""
    return json.loads((STATIC / f"{name}.json").read_text(encoding="utf-8"))


@functools.cache
def standalone(text):
    """The same module with its imports inside, as data: URLs, for Jupyter."""

    def inside(match):
        code = standalone(source(match.group(2))).encode()
        url = "data:text/javascript;base64," + base64.b64encode(code).decode()
        return match.group(1) + url + match.group(3)

    return _IMPORT.sub(inside, text)


@functools.cache
def stylesheet():
    """The style sheet of all explorables, light and dark, as text."""
    text = (STATIC / "explorables.css").read_text(encoding="utf-8")
    for theme in ("light", "dark"):
        text = text.replace(f"/* {theme} colours */", _properties(theme))
    return text


def _properties(theme):
    """Custom properties: --f to fill with, --f-line to draw, --f-text to write."""
    lines = [f"--{k}: {v};" for k, v in palette.COLOURS.items()]
    lines += [f"--{k}-line: {v};" for k, v in palette.LINES[theme].items()]
    lines += [f"--{k}-text: {v};" for k, v in palette.TEXT[theme].items()]
    lines += [f"--{k}: {v};" for k, v in palette.CURVES[theme].items()]
    return " ".join(lines)
