"""The bracket reader: what the cells of a trained character model do on any text."""

import functools
import html
import json

import numpy as np
import traitlets

from lstm_core.experiments import charmodel
from lstm_core.experiments.charmodel import shipped
from lstm_core.widgets.base import Explorable, choice, number

LONGEST = 600
SIGNED = "gch"
NAMES = {
    "c": "cell c",
    "h": "output h",
    "i": "input gate i",
    "f": "forget gate f",
    "o": "output gate o",
    "g": "candidate g",
}

CODE = """\
def mean(values, weights=None):
    if weights is None:
        weights = [1] * len(values)
    pairs = list(zip(values, weights))
    total = sum((w * v) for (v, w) in pairs)
    return total / max(1, (sum(weights)))
"""
NESTED = "print(max(abs(f(x[0])), min(g(y), h((z + (1 - t)) * 2)), k(0)), end=())\n"
LISTS = "m = [[1, (2, 3)], [4, (5, 6)], [[7, 8], [9, (10, [11, 12])]], []]\n"
OPENED = "x = (((((((((((((((((((((((((((((((((((((((("
QUOTED = """\
def closing(character):
    return character == ")" or character == "]"

opening = "(["
"""
PROSE = """\
The question (why a sigmoid, why a tanh?) has an answer. It is short (one line [or
two]), but it took years (of experiments) to be sure of it.
"""


class Text(traitlets.Unicode):
    """At most `LONGEST` characters; the error is a sentence."""

    def validate(self, obj, value):
        if not isinstance(value, str) or len(value) > LONGEST:
            got = f"{len(value)}" if isinstance(value, str) else repr(value)
            raise traitlets.TraitError(
                f"expected text of at most {LONGEST} characters, got {got}"
            )
        return value


@functools.cache
def _best():
    """The cell, and whether c or h of it, that followed brackets best where chosen."""
    known = shipped.stored()["known"]
    what = max("ch", key=lambda letter: abs(known[letter]["chosen"]))
    return {"what": what, **known[what]}


@functools.cache
def _network():
    return charmodel.load()[1]


def _preset(label, text, **state):
    return {"label": label, "state": {"text": text, **state}}


class Reader(Explorable):
    """A character model that learnt Python reads a text, which shows what a cell does.

    Each trait is an argument of the constructor, and a key of the link
    `reader?key=value&key=value`:

    text: what it reads, at most 600 characters; those that it has never met are gaps.
    cell: which of its 100 cells, from 0 (the one that follows brackets best).
    what: what of the cell is shown: c, h, i, f, o or g (the one that follows best).
    at: after which character it is asked what comes next, from 1 (9).

    preset (before other keys): code, nested, lists, opened, quoted, prose.

    The weights (`lstm_core.experiments.charmodel`) are loaded on demand.
    """

    NAME = "reader"
    DATA = ("reader",)
    PRESETS = {
        "code": _preset("code", CODE),
        "nested": _preset("nested calls", NESTED, at=18),
        "lists": _preset("lists", LISTS, at=14),
        "opened": _preset("never closed", OPENED, at=12),
        "quoted": _preset("brackets in quotes", QUOTED, at=46),
        "prose": _preset("prose", PROSE),
    }

    text = Text(CODE).tag(sync=True, kind="text", max=LONGEST)
    cell = number(_best()["cell"], 0, shipped.stored()["H"] - 1, 1, kind="whole")
    what = choice(NAMES, _best()["what"])
    at = number(9, 1, LONGEST, 1, kind="whole")

    @classmethod
    def spec(cls):
        spec = super().spec()
        spec["fields"]["text"]["max"] = LONGEST
        best = {key: _best()[key] for key in ("what", "cell", "r", "rank")}
        H = shipped.stored()["H"]
        return {**spec, "names": list(NAMES.items()), "best": best, "cells": H}

    def values(self):
        """What is shown of the cell, after each character (T,)."""
        if not self.text:
            return np.zeros(0)
        _, trace = charmodel.read(_network(), self.text)
        return getattr(trace, self.what)[:, 0, self.cell]

    def still(self):
        return _still(json.dumps(self.state()))


@functools.lru_cache(maxsize=32)
def _still(state):
    widget = Reader(**json.loads(state))
    values = widget.values()
    full = np.abs(values).max(initial=0.01) if widget.what in SIGNED else 1.0
    caption = _caption(widget, values, full)
    spans = "".join(
        _span(mark, v / full, widget.what)
        for mark, v in zip(widget.text, values, strict=True)
    )
    picture = f'role="img" aria-label="{html.escape(caption)}">{spans}'
    unseen = f'<p class="unseen">The text: {html.escape(widget.text)}</p>'
    return f'<div class="read" {picture}</div>{unseen}', caption


def _span(mark, v, what):
    """A character with a bar under it; v from -1 to 1 of what is full."""
    foot = 50 if what in SIGNED else 0
    low, high = sorted((foot, round(foot + v * (100 - foot))))
    tint = round(0.35 * (high - low) * (2 if foot else 1))
    fill = "edge" if v < 0 else what
    style = f"--a:{low}%;--b:{high}%;--t:{tint}%;--fill:var(--{fill})"
    shown = "↵\n" if mark == "\n" else html.escape(mark)
    return f'<span style="{style}">{shown}</span>'


def _caption(widget, values, full):
    best, H = _best(), shipped.stored()["H"]
    bars = (
        f"up if positive, down and grey if negative, full at {full:.2f}"
        if widget.what in SIGNED
        else "full at 1"
    )
    depths = charmodel.depth(widget.text)
    here = ""
    if len(values):
        r = charmodel.correlations(values[:, None], depths)[0]
        here = f" Over this text it correlates with the open brackets, r = {r:.2f}."
    return (
        f"A network of {H} cells that learnt Python from source code reads this text, "
        f"a character a step. Bars: {widget.what} of cell {widget.cell} after each "
        f"character, {bars}.{here} {best['what']} of cell {best['cell']} followed "
        f"brackets best where the cell was chosen; on other unseen code r = "
        f"{best['r']:.2f}, rank {best['rank']} of {H}."
    ).replace("-", "−")
