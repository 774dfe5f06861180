"""Matplotlib figures that belong to the page: inline SVG in its font and its colours.

Black is the ink: text, axes and whatever else is black takes the colour of the text
around the figure, light or dark.  A colour of `palette.LINES["light"]` or
`palette.CURVES["light"]` takes the dark shade of its name on a dark page.  Nothing
needs pyplot, so that no figure is shown twice and none stays open.

>>> fig, ax = figure()
>>> ax.plot(z, np.tanh(z), color=palette.LINES["light"]["g"])
>>> show(fig, "tanh", alt="tanh rises from -1 to 1.", caption="A sentence.")
"""

import html
import io
import math
import re
from dataclasses import dataclass

import matplotlib
from matplotlib.figure import Figure

from lstm_core import palette
from lstm_core.prose import RAISED

_STYLE = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "book",
}
_DARK = {
    light.lower(): palette.LINES["dark"][k]
    for k, light in palette.LINES["light"].items()
} | {
    light.lower(): palette.CURVES["dark"][k]
    for k, light in palette.CURVES["light"].items()
}
# The theme of the site; that of JupyterLab and of Colab; that of the system.
_DARK_PAGES = (
    'html[data-theme="dark"] {0}, body[data-jp-theme-light="false"] {0}, '
    'html[theme="dark"] {0}{1} @media (prefers-color-scheme: dark) {{ '
    "html:not([data-theme], [theme]) body:not([data-jp-theme-light]) {0}{1} }}"
)


def figure(rows=1, columns=1, width=4.6, height=3.0, **more):
    """A figure and its axes in the book's style; arguments as in `plt.subplots`."""
    with matplotlib.rc_context(_STYLE):
        fig = Figure(figsize=(width, height), layout="constrained")
        return fig, fig.subplots(rows, columns, **more)


@dataclass(frozen=True)
class Picture:
    """A finished figure: SVG text, alternative text and caption."""

    svg: str
    alt: str
    caption: str = ""

    def __repr__(self):
        return f"[Figure: {self.alt}]"

    def _repr_html_(self):
        caption = html.escape(self.caption).replace(" %", "&nbsp;%")
        below = f"<figcaption>{caption}</figcaption>"
        return (
            f'<figure class="plot" style="margin-inline: 0">{self.svg}'
            f"{below if self.caption else ''}</figure>"
        )


def powers(axis):
    """Label a logarithmic axis 10⁻³, 10⁰, …, as text that takes the page's font."""
    with matplotlib.rc_context(_STYLE):
        axis.set_major_formatter(
            lambda value, _: f"10{str(round(math.log10(value))).translate(RAISED)}"
        )


def show(fig, name, alt, caption=""):
    """The figure as a `Picture`, for the last line of a cell.

    name: its id on the page, letters, digits and hyphens.  alt: what the figure shows,
    for a reader who does not see it.  Raises ValueError if either is missing.
    """
    if not re.fullmatch(r"[a-zA-Z][\w-]*", name):
        raise ValueError(
            f"expected a name of letters, digits and hyphens, got {name!r}"
        )
    if not alt.strip():
        raise ValueError(f"expected alternative text for the figure {name!r}, got none")
    return Picture(inline_svg(fig, name, alt), alt, caption)


def inline_svg(fig, name, alt):
    """The figure as one <svg> element that takes ink and font from the page."""
    out = io.StringIO()
    with matplotlib.rc_context(_STYLE):
        fig.savefig(out, format="svg", metadata=dict.fromkeys(_METADATA))
    text = out.getvalue()
    head, body = re.search(r"<svg ([^>]*)>(.*)</svg>", text, re.DOTALL).groups()
    body = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", body, flags=re.DOTALL)
    body, rules = _page_colours(_small(_own_ids(_page_font(body), name)), name)
    view = re.search(r'viewBox="([^"]+)"', head).group(1)
    # The widest that still lets the labels look like text of the page
    width = 1.6 * float(view.split()[2])
    return (
        f'<svg id="{name}" class="ink" role="img" aria-label="{html.escape(alt)}" '
        f'viewBox="{view}" xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" fill="currentColor" '
        f'style="display: block; width: 100%; max-width: {width:.0f}px; '
        f'height: auto; margin-inline: auto; font-family: system-ui, sans-serif">'
        f"{rules}{body.strip()}</svg>"
    )


_METADATA = ("Creator", "Date", "Format", "Type")


def _page_font(body):
    """Text in the page's own font: keep the size, drop the family."""
    return re.sub(r" ?font-family: [^;\"]*;?", "", body)


def _own_ids(body, name):
    """Ids that are referred to get the figure's name in front; the others go."""
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', body))
    body = re.sub(
        r' id="([^"]+)"',
        lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "",
        body,
    )
    return re.sub(r'(href="|url\()#', rf"\1#{name}-", body)


def _small(body):
    """Lines and places to a tenth of a point, other numbers to a hundredth; no blanks.

    A tenth is a sixth of a pixel on the page.
    """
    body = re.sub(r' d="([MLz\d.\s-]+)"', lambda m: f' d="{_steps(m[1])}"', body)
    body = re.sub(r' transform="rotate\(-0 [^)]*\)"', "", body)
    tenth = r' ([xy])="(-?\d+\.\d+)"'
    body = re.sub(tenth, lambda m: f' {m[1]}="{_tenths(10 * float(m[2]))}"', body)
    body = re.sub(r"-?\d+\.\d{3,}", lambda m: f"{float(m[0]):.2f}", body)
    return re.sub(r">\s+<", "><", body)


def _tenths(number):
    return re.sub(r"\b0(?=\.)", "", f"{round(number) / 10:g}")


def _steps(path):
    """A path of straight lines, each place given from the one before."""
    said, last, start, at = "", "", (0, 0), (0, 0)
    for command, *point in re.findall(r"([MLz])(?:\s*([-\d.]+) ([-\d.]+))?", path):
        if command == "z":
            said, at = said + "z", start
        else:
            to = tuple(round(10 * float(k)) for k in point)
            step = " ".join(_tenths(k - k0) for k, k0 in zip(to, at, strict=True))
            if command == "M":
                said, start = said + ("m" if said else "M") + step, to
            elif last == "M" and to == at:  # a dot
                said += "h0"
            else:
                said += (" " if last == "L" else "l") + step
            at = to
        last = command
    return said.replace(" -", "-")


def _page_colours(body, name):
    """Black becomes currentColor, a palette colour a property with two values."""
    body = re.sub(r"#000000\b", "currentColor", body)
    found = {c for c in re.findall(r"#[0-9a-f]{6}\b", body) if c in _DARK}
    if not found:
        return body, ""
    for colour in found:
        body = body.replace(colour, f"var(--{colour[1:]})")
    light, dark = (
        "{" + ";".join(f"--{c[1:]}:{shade[c]}" for c in sorted(found)) + "}"
        for shade in ({c: c for c in found}, _DARK)
    )
    own = f"#{name}"
    rules = f"{own}{light} " + _DARK_PAGES.format(own, dark)
    return body, f"<style>{rules}</style>"
