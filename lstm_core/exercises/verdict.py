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
        return "\n".join([self.head, *(f"  {line}" for line in self.lines)])

    def _repr_html_(self):
        style = (
            f"border-inline-start: 4px solid {_RULES[self.outcome]}; "
            "padding-inline-start: 0.8em; margin-block: 0.5em"
        )
        body = "".join(f"<div>{_code(line)}</div>" for line in self.lines)
        return (
            f'<div class="verdict {self.outcome}" style="{style}">'
            f"<strong>{html.escape(self.head)}</strong>{body}</div>"
        )


def _code(line):
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(line))
