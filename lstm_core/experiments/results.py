"""Results on disk: one small JSON file for each claim.

`load("gate-range")` gives the stored one, which the pages and the ledger show.

Chapter: claims.
"""

import json
import math
import os
import re
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lstm_core.experiments.claim import Effect, Outcome

STORED = Path(__file__).with_name("results")
FORMAT = 1
# JSON has no such numbers; as text they come back as they were
_NAMES = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class Result(NamedTuple):
    """What a run of a claim gave.

    claim, kind: its id and kind.  verdict, sentence, effects, numbers, failures: as in
        `Outcome`.  seeds: those it used.  quick: whether the run was a short one.
    parts: key → what that part returned.  versions: of Python and its libraries, and
        "code", the digest of the code that made it.
    seconds: of processor, of all parts together (`workers.work`).
    settings: key → the settings of that part.
    redrawn: verdict → the share of draws of the seeds that give it (`redraw`); empty
        for a quick run.
    """

    claim: str
    kind: str
    verdict: str
    sentence: str
    effects: tuple
    numbers: dict
    failures: dict
    seeds: list
    quick: bool
    parts: dict
    versions: dict
    seconds: float
    settings: dict = {}  # noqa: RUF012 (never written to)
    redrawn: dict = {}  # noqa: RUF012

    @property
    def effect(self):
        """The effect that the verdict rests on."""
        return self.effects[0]


def of(claim, outcome, **run):
    """The Result that an `Outcome` of a `Claim` and facts of its run make."""
    assert isinstance(outcome, Outcome)
    return Result(claim=claim.id, kind=claim.kind, **outcome._asdict(), **run)


def save(result, folder=STORED):
    """Write a Result to folder/CLAIM.json; the file is complete or as it was."""
    path = Path(folder) / f"{result.claim}.json"
    write(path, {"format": FORMAT, **as_dict(result)})
    return path


def load(claim, folder=STORED):
    """The Result of a claim.

    Raises ValueError where there is none, or where the file is not one of ours.
    """
    path = Path(folder) / f"{claim}.json"
    try:
        record = read(path)
        found = record.pop("format")
        effects = tuple(Effect(**effect) for effect in record.pop("effects"))
        result = Result(**record, effects=effects)
    except FileNotFoundError:
        command = f"python -m lstm_core.experiments run {claim}"
        raise ValueError(f"no result of {claim} in {path.parent}: {command}") from None
    except (ValueError, KeyError, AttributeError, TypeError, OSError) as error:
        raise ValueError(f"expected a result file, got {path}: {error}") from None
    if found != FORMAT or result.claim != claim:
        raise ValueError(
            f"expected a result of {claim} of format {FORMAT}, got {path}, which is "
            f"of {result.claim} and of format {found}"
        )
    return result


def as_dict(result):
    """A Result as a dict that JSON can hold."""
    record = result._asdict()
    record["effects"] = [effect._asdict() for effect in result.effects]
    return plain(record)


# --- JSON -------------------------------------------------------------------------


def plain(value, where="a result"):
    """The value of JSON's kinds: NumPy's numbers and arrays become numbers and lists.

    Raises TypeError for what JSON cannot hold, such as a key that is no text.
    """
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist(), where)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [plain(one, where) for one in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: plain(one, where) for key, one in value.items()}
    kind = "a key that is no text" if isinstance(value, dict) else type(value).__name__
    raise TypeError(f"expected in {where} only what JSON can hold, got {kind}")


def text(value, indent=1):
    """JSON text of a plain value; NaN and infinities are written as text.

    With an indent, a list without lists or dicts in it takes one line, not one an item.
    """
    found = json.dumps(
        _named(value), indent=indent, ensure_ascii=False, allow_nan=False
    )
    if indent is None:
        return found
    return re.sub(
        r"\[\n[^\[\]{}]*\]", lambda flat: re.sub(r"\n *", " ", flat[0]), found
    )


def read(path):
    """The value in a file that `write` wrote."""
    return _numbers(json.loads(Path(path).read_text(encoding="utf-8")))


def write(path, value):
    """Write a value as JSON; the file is complete or as it was."""
    content = text(plain(value)) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    file, part = tempfile.mkstemp(".part", f"{path.stem}.", path.parent)
    try:
        with os.fdopen(file, "w", encoding="utf-8", newline="\n") as out:
            out.write(content)
        os.chmod(part, 0o644)  # mkstemp's own would be for nobody else
        os.replace(part, path)
    except BaseException as error:
        Path(part).unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)  # a full disk names no file
        raise


def _named(value):
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, list):
        return [_named(one) for one in value]
    if isinstance(value, dict):
        return {key: _named(one) for key, one in value.items()}
    return value


def _numbers(value):
    if isinstance(value, str):
        return _NAMES.get(value, value)
    if isinstance(value, list):
        return [_numbers(one) for one in value]
    if isinstance(value, dict):
        return {key: _numbers(one) for key, one in value.items()}
    return value
