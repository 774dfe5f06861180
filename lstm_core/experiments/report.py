"""The ledger: every claim with its verdict, for the terminal and for the page.

Chapter: claims.
"""

import html
import re
import textwrap
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lstm_core.experiments import claims, redraw, results, sources
from lstm_core.prose import effect_text, number

COMMAND = "python -m lstm_core.experiments run"
PENDING = "not run yet"
EDGE = 0.9  # a verdict that comes out less often when seeds are drawn again is unsure
CALLED = {
    "sigmoid": "σ",
    "sigmoid_shifted": "σ − ½",
    "hard_sigmoid": "hard sigmoid",
    "hard_tanh": "hard tanh",
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
}
# What a link to a chapter ends in: notebooks lead to notebooks, the site to pages
SUFFIX = ".ipynb"


class Row(NamedTuple):
    """A line of the ledger.

    id, statement, source, kind, chapter: as in `Claim`.  verdict: one of `VERDICTS`,
    or `PENDING`.  sentence: why.  effect: name, value, interval and n, in words.
    failures: what diverged or did not learn, in words.  redrawn: how often the verdict
    is the same when seeds are drawn again.  command: what runs it again.  result: the
    `results.Result`, or None.
    """

    id: str
    statement: str
    source: str
    kind: str
    chapter: str
    verdict: str
    sentence: str
    effect: str
    failures: str
    redrawn: str
    command: str
    result: object


def ledger(folder=results.STORED, of=None):
    """The rows of all claims; those without a result say so.

    Raises ValueError for a file that is there and is no result.
    """
    return [_row(claim, folder) for claim in of or claims.ALL.values()]


def _row(claim, folder):
    known = (claim.id, claim.statement, claim.source, claim.kind, claim.chapter)
    command = f"{COMMAND} {claim.id}"
    if not (Path(folder) / f"{claim.id}.json").exists():
        return Row(*known, PENDING, "", "", "", "", command, None)
    result = results.load(claim.id, folder)
    effect = ""
    if result.effects:
        effect = f"{result.effect.name}: {effect_text(result.effect)}"
    texts = (result.sentence, effect, failures_text(result.failures))
    told = (*map(called, texts), redrawn_text(result))
    return Row(*known, result.verdict, *told, command, result)


def called(text):
    """The text with the functions called as the chapters call them: σ(2z), ReLU.

    Code stays as it is: what stands in quotes, or takes an argument.
    """
    text = re.sub(r"tempered_sigmoid\((\d+)\)", r"σ(\1z)", text)
    return re.sub(r"(?<![\w'(])\w+(?![\w'(])", lambda m: CALLED.get(m[0], m[0]), text)


def failures_text(failures):
    """How many seeds failed, such as "Seeds that failed: did not learn: RNN (16)."

    failures: as in `Outcome`; nothing is said where none are counted.
    """
    told = []
    for kind, counts in failures.items():
        counts = counts if isinstance(counts, dict) else {"": counts}
        sums = {name: int(np.sum(count)) for name, count in counts.items()}
        found = ", ".join(f"{name} ({n})".strip() for name, n in sums.items() if n)
        told += [f"{kind}: {found}"] if found else []
    if not told:
        return "No seed diverged or failed to learn." if failures else ""
    return f"Seeds that failed: {'; '.join(told)}."


def redrawn_text(result):
    """How often the verdict is the same when the seeds are drawn again, in words."""
    shares = dict(result.redrawn)
    if not shares:
        return ""
    same = shares.pop(result.verdict, 0.0)
    others = "".join(f", {other} in {_percent(s)}" for other, s in shares.items())
    lead = "Near the edge of its rule" if same < EDGE else "Steady"
    return (
        f"{lead}: with its seeds drawn again, {result.verdict} in {_percent(same)}"
        f"{others} of {redraw.DRAWS} draws."
    )


def _percent(share):
    return f"{number(100 * share)} %"


def counts(rows):
    """How many claims have which verdict, those that occur, in a fixed order."""
    order = ("holds", "fails", "depends", "undecided", PENDING)
    found = {verdict: sum(row.verdict == verdict for row in rows) for verdict in order}
    return {verdict: n for verdict, n in found.items() if n}


def as_text(rows, width=88):
    """The ledger for a terminal."""
    size = max((len(row.id) for row in rows), default=0) + 2
    lines = []
    for row in rows:
        hint = f"  ({row.kind}{', quick' if row.result and row.result.quick else ''})"
        lines.append(f"{row.id:{size}}{row.verdict}{hint}")
        for text in (
            row.statement,
            row.sentence,
            row.effect,
            row.redrawn,
            row.failures,
        ):
            lines += textwrap.wrap(
                text, width, initial_indent=" " * size, subsequent_indent=" " * size
            )
    found = ", ".join(f"{n} {verdict}" for verdict, n in counts(rows).items())
    return "\n".join([*lines, f"{len(rows)} claims: {found}"])


def as_list(rows):
    """The ledger as dicts that JSON can hold, results without their parts."""
    listed = []
    for row in rows:
        record = row._asdict()
        result = record.pop("result")
        if result is not None:
            record["result"] = results.as_dict(result)
            del record["result"]["parts"]
        listed.append(record)
    return listed


# --- the page -----------------------------------------------------------------------

_STYLE = """
.ledger { display: grid; gap: 1.1rem; margin: 1.2rem 0; }
.ledger > div { border-left: 0.3rem solid #6B7280; overflow-wrap: anywhere;
  padding-left: 0.8rem; scroll-margin-top: 5rem; }
.ledger > .holds { border-left-color: #009E73; }
.ledger > .fails { border-left-color: #D55E00; border-left-style: double; }
.ledger > .depends { border-left-color: #0072B2; border-left-style: dashed; }
.ledger > :is(.undecided, .pending) { border-left-style: dotted; }
.ledger > :target { outline: 2px solid; outline-offset: 0.3rem; }
.ledger p { margin: 0.2rem 0; }
.ledger .facts { font-size: 0.9em; }
.ledger code { white-space: pre-wrap; }
"""


class Cards:
    """The rows as cards, one below the other, which fit a phone as they fit a desk.

    chapters: the pages that a card may link to.
    """

    def __init__(self, rows, chapters=()):
        self.rows, self.chapters = rows, tuple(chapters)

    def __repr__(self):
        return as_text(self.rows)

    def _repr_html_(self):
        made = "".join(_card(row, self.chapters) for row in self.rows)
        style = f"<style>{_STYLE}</style>"
        return f'{style}{_index(self.rows)}<div class="ledger">{made}</div>'


def cards(folder=results.STORED):
    """The ledger for the page, in the order of the chapters."""
    chapters = pages()
    known = {name: k for k, name in enumerate(chapters)}
    rows = sorted(ledger(folder), key=lambda row: known.get(row.chapter, len(known)))
    return Cards(rows, chapters)


def pages(toc=sources.PACKAGE.parent / "_toc.yml"):
    """The names of the book's pages, in their order; none where there is no book."""
    text = toc.read_text("utf-8") if toc.exists() else ""
    return re.findall(r"(?m)^ *- file: book/([\w-]+)\.md", text)


def _index(rows):
    """The ids by verdict, each a link to its card."""
    lines = []
    for verdict in counts(rows):
        ids = [row.id for row in rows if row.verdict == verdict]
        links = ", ".join(f'<a href="#{id}">{id}</a>' for id in ids)
        lines.append(f"<li><strong>{verdict.capitalize()}:</strong> {links}</li>")
    return f"<ul>{''.join(lines)}</ul>"


def _card(row, chapters):
    kind = row.verdict if row.verdict != PENDING else "pending"
    found = row.effect and f"{row.effect}; {row.result.effect.method}"
    said = f"{row.kind.capitalize()}. Said by: {_escaped(row.source)}"
    verdict = f"<strong>{row.verdict.capitalize()}:</strong>"
    lines = [
        ("", f"{verdict} “{_escaped(row.statement)}”"),
        ("", _escaped(row.sentence)),
        ("facts", _escaped(found)),
        ("facts", _escaped(row.redrawn)),
        ("facts", _escaped(row.failures)),
        ("facts", said + _chapter(row.chapter, chapters)),
        ("facts", f"<code>{_escaped(row.command)}</code>"),
    ]
    body = "".join(f'<p class="{name}">{line}</p>' for name, line in lines if line)
    return f'<div class="{kind}" id="{row.id}">{body}</div>'


def _chapter(chapter, chapters):
    if chapter not in chapters:
        return ""
    return f' (chapter <a href="{chapter}{SUFFIX}">{chapter}</a>)'


def _escaped(text):
    # Statements and sentences mark code with backticks, as everybody does
    text = re.sub(r"(?<![\w.])-(?=\d)", "−", text.replace("<=", "≤"))
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
