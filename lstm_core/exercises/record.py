"""What is solved, tried and open: a table, and a file that keeps it.

The file is a few lines of JSON.  Loading adds to what is solved, and saving adds to
what the file already says, so neither ever loses progress; a file of another kind is
neither read nor overwritten.
"""

import html
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lstm_core.exercises.toolbox import shown
from lstm_core.exercises.verdict import as_html, as_text

BOOK = "Sigmoid Gates, Tanh Candidates"
_LARGEST = 100_000  # bytes; a file of all exercises has about one thousand


@dataclass(frozen=True)
class Row:
    """One chapter: its number, its name, the numbers of its exercises by state."""

    chapter: str
    name: str
    solved: tuple
    tried: tuple
    open: tuple


@dataclass(frozen=True)
class Progress:
    """The table that `progress()` shows."""

    rows: tuple

    @property
    def head(self):
        solved = sum(len(row.solved) for row in self.rows)
        total = solved + sum(len(row.tried) + len(row.open) for row in self.rows)
        return f"Solved {solved} of {total} exercises."

    def __repr__(self):
        table = self._table()
        widths = [max(map(len, cells)) for cells in zip(*table, strict=True)]
        lines = ["  ".join(map(str.ljust, cells, widths)).rstrip() for cells in table]
        return as_text(self.head, lines)

    def _repr_html_(self):
        first, *rows = [[html.escape(cell) for cell in row] for row in self._table()]
        head = "".join(f'<th scope="col">{cell}</th>' for cell in first)
        body = "".join(
            f'<tr><th scope="row">{name}</th>'
            + "".join(f"<td>{cell}</td>" for cell in cells)
            + "</tr>"
            for name, *cells in rows
        )
        return (
            f'<table class="progress"><caption>{self.head}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _table(self):
        states = [("chapter", "solved", "tried", "open")]
        for row in self.rows:
            groups = (row.solved, row.tried, row.open)
            states.append(
                (f"{row.chapter} {row.name}", *(", ".join(g) or "–" for g in groups))
            )
        return states


@dataclass(frozen=True)
class Notice:
    """What became of a file, in a sentence; True if it was read or written."""

    text: str
    done: bool
    link: str = ""

    def __bool__(self):
        return self.done

    def __repr__(self):
        return as_text("Progress.", [self.text])

    def _repr_html_(self):
        box = as_html("Progress.", [self.text], "right" if self.done else "open")
        return box.removesuffix("</div>") + self.link + "</div>"


def table(registry, names):
    """The Progress of a registry; names: those of the chapters, in their order."""
    chapters = {}
    for number in registry.exercises:
        chapters.setdefault(number.split(".")[0], []).append(number)
    rows = []
    for chapter, numbers in chapters.items():
        solved = tuple(n for n in numbers if n in registry.solved)
        tried = tuple(n for n in numbers if n in registry.tried - registry.solved)
        rest = tuple(n for n in numbers if n not in registry.tried | registry.solved)
        name = names[int(chapter) - 1].replace("_", " ")
        rows.append(Row(chapter, name, solved, tried, rest))
    return Progress(tuple(rows))


def load(registry, path):
    """Add what a file says to the registry; a Notice."""
    try:
        found = _read(path)
    except Unreadable as reason:
        return Notice(f"{reason} Nothing was changed.", False)
    registry.solved |= found["solved"] & set(registry.exercises)
    registry.tried |= (found["solved"] | found["tried"]) & set(registry.exercises)
    return Notice(
        f"Loaded {shown(Path(path).name)}: {len(registry.solved)} of "
        f"{len(registry.exercises)} exercises are solved.",
        True,
    )


def save(registry, path):
    """Write what is solved and tried; what the file already says is kept; a Notice."""
    try:
        nothing = {"solved": set(), "tried": set()}
        before = _read(path) if Path(path).exists() else nothing
        solved = before["solved"] | registry.solved
        tried = (before["tried"] | registry.tried) - solved
        _write(path, {"book": BOOK, "solved": _sorted(solved), "tried": _sorted(tried)})
    except (Unreadable, OSError, TypeError, ValueError) as error:
        reason = error if isinstance(error, Unreadable) else _no_file(path, error)
        return Notice(f"{reason} Nothing was written: choose another name.", False)
    return Notice(
        f"Saved in {shown(Path(path).name)}: {len(solved)} solved. Binder and "
        "Colab forget their files: download this one, by the link or from the list of "
        "files on the left. Next time upload it beside the notebook and load it.",
        True,
        f'<div><a href="{html.escape(str(path))}" download>Download it</a></div>',
    )


class Unreadable(Exception):
    """A sentence on why a file is not one of saved progress."""


def _read(path):
    """{"solved": set, "tried": set} of a file; `Unreadable` says why it is none."""
    try:
        with open(Path(path), "rb") as file:
            text = file.read(_LARGEST + 1)
    except (OSError, TypeError, ValueError) as error:
        raise Unreadable(_no_file(path, error)) from None
    try:
        found = json.loads(text) if len(text) <= _LARGEST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("book") != BOOK:
        raise Unreadable(
            f"{shown(Path(path).name)} is not a file of this book's progress, as "
            '`save("progress.json")` writes it, or it is damaged.'
        )
    lists = [found.get(key) for key in ("solved", "tried")]
    if not all(isinstance(one, list) for one in lists) or not all(
        isinstance(number, str) for one in lists for number in one
    ):
        raise Unreadable(
            f"{shown(Path(path).name)} is damaged: its lists `solved` and `tried` "
            "should hold numbers of exercises in quotation marks."
        )
    return {"solved": set(lists[0]), "tried": set(lists[1])}


def _no_file(path, error):
    if isinstance(error, FileNotFoundError):
        kind = "file" if Path(path).parent.is_dir() else "folder for the file"
        return f"There is no {kind} {shown(str(path))} (looked from {os.getcwd()})."
    reason = getattr(error, "strerror", None) or type(error).__name__
    return f"{shown(path)} cannot be used as a file ({reason})."


def _write(path, content):
    """Write whole or not at all: a file cut short would lose what was in it."""
    path = Path(path)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.write("\n")
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _sorted(numbers):
    """2.1 before 10.1; numbers of another edition come last."""

    def place(number):
        parts = number.split(".")
        return [(0, int(k), "") if k.isdecimal() else (1, 0, k) for k in parts]

    return sorted(numbers, key=place)
