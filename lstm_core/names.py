"""Names in strings, "tanh" or "leaky_relu(0.2)": how to read them, how to err."""

import difflib
import re

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_SHAPE = re.compile(rf"(\w+)(?:\(({_NUMBER})\))?")


def split(name):
    """Split "stem(number)" into ("stem", number), and "stem" into ("stem", None)."""
    match = _SHAPE.fullmatch(name) if isinstance(name, str) else None
    if match is None:
        raise ValueError(
            f'expected a name such as "tanh" or "leaky_relu(0.2)", got {name!r}'
        )
    stem, number = match.groups()
    return stem, None if number is None else float(number)


def join(stem, number):
    """The name "stem(number)", from which `split` reads the same number again."""
    return f"{stem}({float(number)!r})".replace(".0)", ")")


def unknown(kind, name, known):
    """The ValueError for a name that is not in `known`, with those that are near."""
    near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.5)
    if near:
        advice = f"did you mean {' or '.join(near)}?"
    else:
        advice = f"choose from {', '.join(known)}"
    return ValueError(f"unknown {kind} {name!r}: {advice}")
