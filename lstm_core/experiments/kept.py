"""Finished parts, kept so that none is ever computed twice.

Each is a file whose name is a digest of everything its number depends on: claim, key,
function, settings, quick, the code (`sources`) and the versions.  What has changed has
another name, so it is computed afresh, and what was stays until the folder is deleted.

Chapter: claims.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

from lstm_core.experiments import results, sources

ROOT = sources.PACKAGE.parent


class Finished(NamedTuple):
    """What a part returned, and the seconds of processor that it took."""

    value: Any
    seconds: float


def folder_beside(out):
    """Where the parts of the results in `out` are kept.

    Beside the results, in `parts`; those of the stored results are in `_build`, which
    is in no repository and in no package.
    """
    if Path(out).resolve() == results.STORED:
        return ROOT / "_build" / "experiments" / "parts"
    return Path(out) / "parts"


def identity(claim, part, quick):
    """All that the number of a part depends on, as a dict that JSON can hold."""
    return {
        "claim": claim.id,
        "key": part.key,
        "run": f"{part.run.__module__}.{part.run.__qualname__}",
        "settings": results.plain(part.settings, f"the settings of {part.key!r}"),
        "quick": quick,
        "versions": sources.fingerprint(part.run),
    }


def load(folder, who):
    """What is kept of the part of this identity, or None."""
    try:
        record = results.read(_path(folder, who))
        same = record["identity"] == json.loads(results.text(who))
        return Finished(record["value"], record["seconds"]) if same else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # a file that cannot be read is as good as none


def save(folder, who, finished):
    """Keep what a part has returned."""
    results.write(_path(folder, who), {"identity": who, **finished._asdict()})


def _path(folder, who):
    text = json.dumps(who, sort_keys=True)
    name = hashlib.sha256(text.encode()).hexdigest()[:24]
    return Path(folder) / who["claim"] / f"{name}.json"
