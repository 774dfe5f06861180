"""JavaScript without its comments and indentation, for readers who only run it.

Nothing else is touched: strings, template literals and regular expressions stay as
they are, and a line break stays a line break, since one can end a statement.
"""

import re

# After one of these a slash divides; after anything else it begins a regular expression.
_VALUE = re.compile(r"[\w$)\]}\"'`]$")
_KEYWORD = re.compile(
    r"(?<![\w$.])(?:return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield)$"
)
_STRING = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"")
_REGEX = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_BLANK = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_PLAIN = re.compile(r"[^\s'\"`/{}]+")


def strip(text):
    """The same program in fewer bytes; ValueError where a literal does not end."""
    return "".join(piece for piece, _ in _pieces(text, 0)).strip() + "\n"


def _pieces(text, at):
    """(piece, its end) from `at` to the end of a program, or to a brace too many."""
    before, depth = "", 0
    while at < len(text):
        if blank := _BLANK.match(text, at):
            piece, at = "\n" if "\n" in blank[0] else " ", blank.end()
        else:
            piece = _literal(text, at, before) or _plain(text, at)
            at += len(piece)
        depth += {"{": 1, "}": -1}.get(piece, 0)
        yield piece, at
        if depth < 0:
            return
        before = (before + piece)[-20:]


def _plain(text, at):
    found = _PLAIN.match(text, at)
    return found[0] if found else text[at]


def _literal(text, at, before):
    """The string, template literal or regular expression that begins here, or None."""
    if text[at] == "`":
        return text[at : _end_of_template(text, at)]
    before = before.rstrip()
    divides = _VALUE.search(before) and not _KEYWORD.search(before)
    kind = {"'": _STRING, '"': _STRING, "/": None if divides else _REGEX}.get(text[at])
    if kind is None:
        return None
    if found := kind.match(text, at):
        return found[0]
    raise ValueError(f"expected the end of the literal at {text[at : at + 30]!r}")


def _end_of_template(text, start):
    at = start + 1
    while at < len(text) and text[at] != "`":
        code = text.startswith("${", at)
        at += 2 if code or text[at] == "\\" else 1
        for _, at in _pieces(text, at) if code else ():
            pass
    if at >= len(text):
        raise ValueError(f"expected the end of the literal at {text[start:][:30]!r}")
    return at + 1
