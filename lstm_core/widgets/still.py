"""The figures that stand still: SVG as text, for readers without JavaScript and print.

Colours and text take the style sheet's properties, so light and dark follow the page.
"""

import html

import numpy as np

from lstm_core.widgets import rows

WIDTH = 400


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

    def grid(self, heading, x_marks, y_marks, x_labels=True, say=None):
        """Heading and lines; say(v) is what stands beside the line at height v."""
        left, top, width, height = self.box
        parts = [tag("text", heading, class_="title", x=left, y=top - 8)]
        for v in y_marks:
            y = round(self.y(v), 1)
            parts.append(tag("line", x1=left, x2=left + width, y1=y, y2=y))
            where = {"x": left - 6, "y": y + 4, "text_anchor": "end"}
            if text := (say or _number)(v):
                parts.append(tag("text", text, class_="tick", **where))
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


def key(text, y, **look):
    """A piece of a line that looks so, and what it is."""
    line = tag("line", x1=48, x2=76, y1=y, y2=y, **look)
    return line + tag("text", text, x=84, y=y + 5)


def _number(v):
    return f"{v:g}".replace("-", "−")


def curves(named, gain, shift, z, view, label):
    """Value, slope and curvature of named activations, one panel each."""
    orders = (
        ("value", lambda row, u: row(u)),
        ("slope: first derivative", lambda row, u: gain * row.d1(u)),
        ("curvature: second derivative", lambda row, u: gain**2 * row.d2(u)),
    )
    span = np.linspace(-view, view, 161)
    below = 24 * len(named) + 16
    parts = [
        key(rows.label(name), 14 + 24 * k, **_stroke(name))
        for k, (name, _) in enumerate(named)
    ]
    for k, (heading, order) in enumerate(orders):
        lines = [order(row, gain * span + shift) for _, row in named]
        low = min(-0.05, *(max(-4, ys.min()) for ys in lines))
        high = max(0.05, *(min(4, ys.max()) for ys in lines))
        axes = Axes(48, below + 20 + 158 * k, 340, 114, (-view, view), (low, high))
        far = [v for v in (low, high) if abs(v) > 0.1 * (high - low)]
        marks = [0, *(round(v, 2) for v in far)]
        parts.append(axes.grid(heading, (-view, 0, view), marks, k == 2))
        for (name, row), ys in zip(named, lines, strict=True):
            parts.append(axes.line(span, ys, **_stroke(name)))
            here = float(order(row, np.array(gain * z + shift)))
            if abs(z) <= view and low <= here <= high:
                parts.append(axes.point(z, here, r=4.5, fill=_stroke(name)["stroke"]))
    return picture(below + 484, label, *parts)


def _stroke(name):
    look = rows.ROWS[name.partition("(")[0]]
    dash = {"stroke_dasharray": look["dash"]} if look["dash"] else {}
    return {"stroke": f"var(--{look['hue']})", "stroke_width": 2.5, **dash}


def cell_and_output(trace, label):
    """c and h over time, one panel each, with the inputs below."""
    steps = np.arange(len(trace.c) + 1)
    parts = []
    for k, (letter, heading) in enumerate((("c", "cell c"), ("h", "output h"))):
        values = np.concatenate([[0.0], getattr(trace, letter)])
        low, high = min(0.0, values.min()), max(1.0, values.max())
        axes = Axes(48, 30 + 172 * k, 340, 120, (0, len(trace.c)), (low, high))
        marks = sorted({0, round(low, 1), round(high, 1)})
        parts.append(axes.grid(heading, steps, marks, x_labels=k == 1))
        stroke = f"var(--{letter}-line)"
        parts.append(axes.line(steps, values, stroke=stroke, stroke_width=2.5))
        parts += [axes.point(t, v, r=4, fill=stroke) for t, v in enumerate(values)]
    return picture(360, label, *parts)
