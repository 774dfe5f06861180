"""What a check says, as text and as a notebook shows it."""

import html
import re
from dataclasses import dataclass

_HEADS = {
    "right": "Right.",
    "wrong": "Not yet.",
    "open": "Still open.",
    "hint": "Hint.",
}
_RULES = {"right": "#009E73", "wrong": "#D55E00", "open": "#6B7280", "hint": "#6B7280"}


class Wrong(Exception):
    """Raised by a judge: what was expected, what came, and where to look."""

    def __init__(self, expected, got, look=""):
        super().__init__(f"expected {expected}, got {got}")
        self.expected, self.got, self.look = expected, got, look


class Untouched(Exception):
    """Raised by a judge: the stub is still as it was; its own words, if it has any."""


@dataclass(frozen=True)
class Verdict:
    """The outcome of a check: "right", "wrong", "open" (not begun) or "hint".

    True only if the answer is right.  Text in `backticks` is code.
    """

    exercise: str
    outcome: str
    lines: tuple = ()

    def __bool__(self):
        return self.outcome == "right"

    @property
    def head(self):
        return f"Exercise {self.exercise}. {_HEADS[self.outcome]}"

    def __repr__(self):
        return as_text(self.head, self.lines)

    def _repr_html_(self):
        return as_html(self.head, self.lines, self.outcome)


def as_text(head, lines):
    return "\n".join([head, *(f"  {line}" for line in lines)])


def as_html(head, lines, outcome):
    """A box whose rule has the colour of the outcome; the words say it too."""
    style = (
        f"border-inline-start: 4px solid {_RULES[outcome]}; "
        "padding-inline-start: 0.8em; margin-block: 0.5em"
    )
    body = "".join(f"<div>{code(line)}</div>" for line in lines)
    return (
        f'<div class="verdict {outcome}" style="{style}">'
        f"<strong>{html.escape(head)}</strong>{body}</div>"
    )


def code(line):
    """A line as HTML, with `backticks` as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(line))
