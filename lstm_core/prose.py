"""Numbers on their way from the code into a page's sentences.

A page computes a number, hands it over with `glue(name=text)`, and the sentence says
{glue:text}`name`.  This is `myst_nb.glue` without the rest of MyST-NB, so that the same
cell also runs where the book's builder is not installed; there it shows nothing.
"""

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
