"""Numbers on their way from the code into a page's sentences.

A page computes a number, hands it over with `glue(name=text)`, and the sentence says
{glue:text}`name`.  This is `myst_nb.glue` without the rest of MyST-NB, so that the same
cell also runs where the book's builder is not installed; there it shows nothing.
"""

import math

_RECORD = "application/papermill.record/text/plain"  # what MyST-NB looks for
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def glue(**texts):
    """Hand over texts by name; an underscore in a name becomes a hyphen.

    A number is written by `number` first.
    """
    from IPython.display import display  # plotting needs this module without IPython

    for name, text in texts.items():
        text = text if isinstance(text, str) else number(text)
        record = {"name": name.replace("_", "-"), "mime_prefix": _RECORD[:-10]}
        display({_RECORD: repr(text)}, raw=True, metadata={"scrapbook": record})


def number(value, digits=3):
    """The number as a sentence has it: 1.7 × 10⁻¹⁷, 0.00661, −0.25, 19.

    digits: significant digits; whole numbers keep all of theirs.
    """
    value = float(value)
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value)}".replace("-", "−")
    if 1e-4 <= abs(value) < 1e6:
        short = f"{value:.{digits}g}"
        return (short if "e" not in short else f"{value:.0f}").replace("-", "−")
    mantissa, power = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".").replace("-", "−")
    return f"{mantissa} × 10{str(int(power)).translate(RAISED)}"


def effect_text(effect):
    """An effect with its interval: "12.4 (95 % interval 9.8 to 15.0, n = 20)".

    effect: an `lstm_core.experiments.claim.Effect`.  All three numbers have as many
    decimals as the interval's width gives meaning to: two of its digits.  Where the
    interval has no width, how the number was made stands in its place.
    """
    value, low, high = effect.value, effect.low, effect.high
    if low == high:
        why = f"no spread, n = {effect.n}" if effect.n > 1 else effect.method
        return f"{number(value)} ({why})"
    value, low, high = together(value, low, high)
    return f"{value} (95 % interval {low} to {high}, n = {effect.n})"


def together(value, low, high):
    """A value and the ends of its interval as texts with the same decimals."""
    width, largest = high - low, max(abs(low), abs(high), abs(value))
    if not 0 < width < math.inf or not 1e-3 <= largest < 1e6:
        return number(value), number(low), number(high)
    decimals = min(max(1 - math.floor(math.log10(width)), 0), 6)
    texts = (f"{one:.{decimals}f}" for one in (value, low, high))
    return tuple(_without_sign_of_zero(text).replace("-", "−") for text in texts)


def _without_sign_of_zero(text):
    return text.lstrip("-") if float(text) == 0 else text


def of(result):
    """What a page needs most of a `results.Result`, for `glue(**of(result))`.

    verdict, sentence, n; effect (with interval), value, low and high of the first
    effect; and every entry of `result.numbers` that is one number or a text.
    """
    first = result.effect
    value, low, high = together(first.value, first.low, first.high)
    simple = {
        name: one
        for name, one in result.numbers.items()
        if isinstance(one, str | int | float)
    }
    return simple | {
        "verdict": result.verdict,
        "sentence": result.sentence,
        "n": first.n,
        "effect": effect_text(first),
        "value": value,
        "low": low,
        "high": high,
    }
