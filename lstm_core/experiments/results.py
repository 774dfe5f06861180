"""Results on disk: one small JSON file for each claim.

`load("gate-range")` gives the stored one, which the pages and the ledger show.

Chapter: claims.
"""

import json
import os
from pathlib import Path
from typing import NamedTuple

from lstm_core.experiments.claim import Effect, Outcome

STORED = Path(__file__).with_name("results")
FORMAT = 1


class Result(NamedTuple):
    """What a run of a claim gave.

    claim, kind: its id and kind.  verdict, sentence, effects, numbers, failures: as in
        `Outcome`.  seeds: those it used.  quick: whether the run was a short one.
    parts: key → what that part returned.  versions: of Python and its libraries.
    seconds: the run time of all parts together.
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

    @property
    def effect(self):
        """The effect that the verdict rests on."""
        return self.effects[0]


def save(result, folder=STORED):
    """Write a Result to folder/CLAIM.json; the file is complete or as it was."""
    path = Path(folder) / f"{result.claim}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    record = result._asdict()
    record["effects"] = [effect._asdict() for effect in result.effects]
    text = json.dumps({"format": FORMAT, **record}, indent=1, ensure_ascii=False)
    part = path.with_suffix(".part")
    part.write_text(text + "\n", encoding="utf-8")
    os.replace(part, path)
    return path


def load(claim, folder=STORED):
    """The Result of a claim.

    Raises ValueError where there is none, or where the file is not one of ours.
    """
    path = Path(folder) / f"{claim}.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        found = record.pop("format")
    except FileNotFoundError:
        command = f"python -m lstm_core.experiments run {claim}"
        raise ValueError(f"no result of {claim} in {path.parent}: {command}") from None
    except (ValueError, KeyError, AttributeError, OSError) as error:
        raise ValueError(f"expected a result file, got {path}: {error}") from None
    if found != FORMAT or set(record) != set(Result._fields):
        raise ValueError(f"expected a result of format {FORMAT}, got {path}")
    effects = tuple(Effect(**effect) for effect in record.pop("effects"))
    return Result(**record, effects=effects)


def of(claim, outcome, **run):
    """The Result that an `Outcome` of a `Claim` and facts of its run make."""
    assert isinstance(outcome, Outcome)
    return Result(claim=claim.id, kind=claim.kind, **outcome._asdict(), **run)
