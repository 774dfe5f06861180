"""The text: sources of the installed SymPy, so that nobody's text is copied.

All files of six of its folders, but for tests and for files of less than 2,000 bytes,
in the order of their names.  Of every eight the fourth is for choosing (when to stop,
which cell to show), the eighth for reporting, and six are for training.
"""

from functools import cache
from importlib import util
from pathlib import Path

import numpy as np

FOLDERS = ("calculus", "combinatorics", "concrete", "geometry", "logic", "sets")
ALPHABET = "\n" + "".join(map(chr, range(32, 127)))
PARTS = {"train": (0, 1, 2, 4, 5, 6), "choose": (3,), "report": (7,)}
_NUMBER = {character: k for k, character in enumerate(ALPHABET)}


@cache
def files(part):
    """Paths of a part: "train", "choose" or "report"."""
    if part not in PARTS:
        raise ValueError(f"expected part as one of {tuple(PARTS)}, got {part!r}")
    found = util.find_spec("sympy")
    if found is None:
        raise ImportError("expected SymPy, whose sources are the text: install sympy")
    root = Path(found.origin).parent
    paths = [path for folder in FOLDERS for path in (root / folder).rglob("*.py")]
    kept = [p for p in paths if "tests" not in p.parts and p.stat().st_size > 2000]
    kept.sort(key=lambda path: path.relative_to(root).parts)
    return [path for k, path in enumerate(kept) if k % 8 in PARTS[part]]


@cache
def text(part):
    """All files of a part, one after another."""
    return "\n".join(path.read_text(encoding="utf-8") for path in files(part))


def encode(characters):
    """Numbers of characters in the alphabet, -1 for what is not in it."""
    return np.array([_NUMBER.get(one, -1) for one in characters], int)


def one_hot(codes, dtype=np.float64):
    """Vectors (..., 96) with one 1; all 0 for a character that is not known."""
    rows = np.vstack([np.eye(len(ALPHABET), dtype=dtype), np.zeros(len(ALPHABET))])
    return rows[codes].astype(dtype, copy=False)  # row -1 is the last
