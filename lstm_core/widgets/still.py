"""The figures that stand still: SVG as text, for readers without JavaScript and print.

Colours and text take the style sheet's properties, so light and dark follow the page.
"""

import html

import numpy as np

from lstm_core.widgets import rows

WIDTH = 640


def tag(name, *children, **attributes):
    """One SVG element as text; `class_` and underscores become SVG's own names."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for key, value in attributes.items()
    )
    return f"<{name}{given}>{''.join(children)}</{name}>"


def picture(height, label, *children):
    """The outer SVG, with its description."""
    return tag(
        "svg",
        *children,
        class_="stage",
        role="img",
        aria_label=label,
        viewBox=f"0 0 {WIDTH} {height}",
        width=WIDTH,
        height=height,
    )


class Axes:
    """A panel at (left, top) of some width and height over (x0, x1) and (y0, y1)."""

    def __init__(self, left, top, width, height, xs, ys):
        self.box = left, top, width, height
        self.xs, self.ys = xs, ys

    def x(self, v):
        left, _, width, _ = self.box
        return left + (v - self.xs[0]) / (self.xs[1] - self.xs[0]) * width

    def y(self, v):
        _, top, _, height = self.box
        return top + height - (v - self.ys[0]) / (self.ys[1] - self.ys[0]) * height

    def grid(self, heading, x_marks, y_marks, x_labels=True):
        left, top, width, height = self.box
        parts = [tag("text", heading, class_="title", x=left, y=top - 8)]
        for v in y_marks:
            y = round(self.y(v), 1)
            parts.append(tag("line", x1=left, x2=left + width, y1=y, y2=y))
            where = {"x": left - 6, "y": y + 4, "text_anchor": "end"}
            parts.append(tag("text", _number(v), class_="tick", **where))
        for v in x_marks:
            x = round(self.x(v), 1)
            parts.append(tag("line", x1=x, x2=x, y1=top, y2=top + height))
            where = {"x": x, "y": top + height + 16, "text_anchor": "middle"}
            if x_labels:
                parts.append(tag("text", _number(v), class_="tick", **where))
        return tag("g", *parts, class_="grid")

    def line(self, xs, ys, **look):
        points = " ".join(
            f"{self.x(a):.1f},{self.y(b):.1f}"
            for a, b in zip(xs, ys, strict=True)
            if self.ys[0] - 1e-9 <= b <= self.ys[1] + 1e-9
        )
        return tag("polyline", points=points, fill="none", **look)

    def point(self, x, y, **look):
        return tag("circle", cx=f"{self.x(x):.1f}", cy=f"{self.y(y):.1f}", **look)


def _number(v):
    return f"{v:g}".replace("-", "−")


def curves(named, gain, shift, z, view, label):
    """Value, slope and curvature of named activations, one panel each."""
    span = np.linspace(-view, view, 161)
    u = gain * span + shift
    orders = (
        ("value", lambda row, u: row(u)),
        ("slope", lambda row, u: gain * row.d1(u)),
        ("curvature", lambda row, u: gain**2 * row.d2(u)),
    )
    parts = []
    for k, (heading, function) in enumerate(orders):
        lines = [(name, function(row, u)) for name, row in named]
        low = min(-0.05, *(max(-4, ys.min()) for _, ys in lines))
        high = max(0.05, *(min(4, ys.max()) for _, ys in lines))
        axes = Axes(48, 30 + 180 * k, 420, 130, (-view, view), (low, high))
        parts.append(axes.grid(heading, (-view, 0, view), (low, 0, high), k == 2))
        for (name, ys), (_, row) in zip(lines, named, strict=True):
            look = rows.ROWS[name.partition("(")[0]]
            colour = f"var(--{look['hue']})"
            dash = {"stroke_dasharray": look["dash"]} if look["dash"] else {}
            parts.append(axes.line(span, ys, stroke=colour, stroke_width=2.5, **dash))
            here = float(function(row, np.array(gain * z + shift)))
            if abs(z) <= view and low <= here <= high:
                parts.append(axes.point(z, here, r=4.5, fill=colour))
    parts += [_key(name, k) for k, (name, _) in enumerate(named)]
    return picture(570, label, *parts)


def _key(name, k):
    look = rows.ROWS[name.partition("(")[0]]
    dash = {"stroke_dasharray": look["dash"]} if look["dash"] else {}
    y = 44 + 24 * k
    stroke = {"stroke": f"var(--{look['hue']})", "stroke_width": 2.5, **dash}
    return tag("line", x1=488, x2=516, y1=y, y2=y, **stroke) + tag(
        "text", rows.label(name), x=524, y=y + 5
    )
