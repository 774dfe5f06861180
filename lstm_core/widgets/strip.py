"""JavaScript without what only people read, for readers who only run it.

`strip` takes comments and indentation, `squeeze` also the blanks and line breaks
between marks.  Nothing else is touched: names, strings, template literals and regular
expressions stay as they are, and a line break that could end a statement stays.
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

# Where a blank parts two words, or two marks that would be another one without it.
_PARTS = re.compile(r"""[\w$"'`] [\w$"'`]|[-+/<!] [-+/<!]|\d \.|/ (?:in|of)""")
# No statement ends with one of the first, none begins with one of the second.
_GOES_ON = re.compile(r"(?:[*%&|^!~<>=?:;,{(\[]|(?<!\+)\+|(?<!-)-)$")
_CONTINUES = re.compile(r"[*%&|^=?:;,.})\]]")
# These end one wherever the line does.
_ENDS_WITH_LINE = re.compile(r"(?<![\w$.])(?:return|break|continue|throw|yield|async)$")


def strip(text):
    """The same program in fewer bytes; ValueError where a literal does not end."""
    return "".join(piece for piece, _ in _pieces(text, 0)).strip() + "\n"


def squeeze(text):
    """A stripped program without the blanks and line breaks that it can do without."""
    pieces = [piece for piece, _ in _pieces(text.strip(), 0)]
    said = ""
    for piece, after in zip(pieces, [*pieces[1:], ""], strict=True):
        if not piece.isspace() or _matters(piece, said[-20:], after):
            said += piece
    return said + "\n"


def _matters(blank, before, after):
    """Whether the program is another one without this blank or line break."""
    if _PARTS.match(f"{before[-1]} {after}"):
        return True
    if blank == " " or _GOES_ON.search(before):
        return False
    return not _CONTINUES.match(after) or bool(_ENDS_WITH_LINE.search(before))


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
        if code:
            at = max((end for _, end in _pieces(text, at)), default=at)
    if at >= len(text):
        raise ValueError(f"expected the end of the literal at {text[start:][:30]!r}")
    return at + 1
