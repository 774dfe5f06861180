"""How things are named in a string: "tanh", "leaky_relu(0.2)"; and what to say if not."""

import difflib
import re

_SHAPE = re.compile(r"(\w+)(?:\(([-+.\deE]+)\))?")


def split(name):
    """Split "stem(number)" into ("stem", number), and "stem" into ("stem", None)."""
    match = _SHAPE.fullmatch(name) if isinstance(name, str) else None
    if match is None:
        raise ValueError(
            f'expected a name such as "tanh" or "leaky_relu(0.2)", got {name!r}'
        )
    stem, number = match.groups()
    return stem, None if number is None else float(number)


def unknown(kind, name, known):
    """The error for a name that is not in `known`: a KeyError with near matches."""
    near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.5)
    advice = f"did you mean {' or '.join(near)}?" if near else f"choose from {', '.join(known)}"
    return ValueError(f"unknown {kind} {name!r}: {advice}")
