"""The colours of the book: one colour each for the letters of the LSTM.

`COLOURS` are the Okabe-Ito colours that figures fill and draw with. Two of them
(i, f) are too pale for thin lines or text on white, c too deep for text on black, so
`LINES` (contrast at least 3 to 1) and `TEXT` (at least 4.5 to 1) hold the
nearest shades that are readable on the book's light and dark surfaces.

Colour never works alone: figures add a label, a dash or a place.
"""

COLOURS = {
    "i": "#E69F00",
    "f": "#56B4E9",
    "o": "#009E73",
    "g": "#D55E00",
    "c": "#0072B2",
    "h": "#CC79A7",
}
GREY = "#6B7280"

SURFACES = {
    "light": ("#FFFFFF", "#F3F4F6"),
    "dark": ("#14181E", "#222832"),
}
LINES = {
    "light": {
        "i": "#BD8200",
        "f": "#3F8FBF",
        "o": "#009E73",
        "g": "#D55E00",
        "c": "#0072B2",
        "h": "#C06E9B",
    },
    "dark": {
        "i": "#E69F00",
        "f": "#56B4E9",
        "o": "#12B083",
        "g": "#E9701A",
        "c": "#3F9BD6",
        "h": "#D78BB5",
    },
}
TEXT = {
    "light": {
        "i": "#8F6200",
        "f": "#2F6F93",
        "o": "#007A59",
        "g": "#B04D00",
        "c": "#006AA6",
        "h": "#95557A",
        "grey": "#545B66",
    },
    "dark": {
        "i": "#EDB02E",
        "f": "#6CC0EF",
        "o": "#2BBF93",
        "g": "#F08A42",
        "c": "#62B2E6",
        "h": "#DE9CC1",
        "grey": "#A9B1BD",
    },
}

# Six hues for curves of activation functions, kept apart from the six letters.
CURVES = {
    "light": {
        "indigo": "#3B2A9E",
        "rose": "#B03A55",
        "teal": "#1F7A70",
        "olive": "#6E6A14",
        "plum": "#8A2A86",
        "slate": "#4A5568",
    },
    "dark": {
        "indigo": "#A9A0F2",
        "rose": "#F08CA0",
        "teal": "#4FC1B0",
        "olive": "#C9C24A",
        "plum": "#DB93D6",
        "slate": "#B4BECC",
    },
}


def contrast(one, other):
    """Contrast ratio of two colours "#RRGGBB", 1 to 21, as WCAG 2 defines it."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour):
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts
    ]
    return sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
