"""All claims, by chapter; `get("gate-range")` is one, `NAMES` lists them."""

import importlib
from pathlib import Path

from lstm_core import names
from lstm_core.experiments.claim import Claim

_MODULES = sorted(
    path.stem for path in Path(__file__).parent.glob("*.py") if path.stem != "__init__"
)


def _collected():
    found = {}
    for module in _MODULES:
        for claim in importlib.import_module(f"{__name__}.{module}").CLAIMS:
            assert claim.id not in found, f"two claims are called {claim.id}"
            found[claim.id] = claim
    return found


ALL = _collected()
NAMES = tuple(ALL)


def get(name) -> Claim:
    """The claim of that id; ValueError names the nearest ones."""
    if name not in ALL:
        raise names.unknown("claim", name, NAMES)
    return ALL[name]
