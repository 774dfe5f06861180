"""The colours can be told from the page, and one letter keeps one hue."""

import re

import pytest

from lstm_core import palette

LETTERS = set("ifogch")
CASES = [
    (theme, name, table[theme], least)
    for theme in palette.SURFACES
    for name, table, least in (
        ("LINES", palette.LINES, 3),
        ("TEXT", palette.TEXT, 4.5),
        ("CURVES", palette.CURVES, 4.5),
    )
]


@pytest.mark.parametrize(("theme", "name", "colours", "least"), CASES)
def test_contrast_is_enough_on_every_surface(theme, name, colours, least):
    for letter, colour in colours.items():
        for surface in palette.SURFACES[theme]:
            ratio = palette.contrast(colour, surface)
            assert ratio >= least, f"{name} {letter} on {surface}: {ratio:.2f}"


def test_contrast_knows_its_ends():
    assert palette.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert palette.contrast("#777777", "#777777") == 1
    assert palette.contrast("#E69F00", "#FFFFFF") < 3  # why LINES and TEXT exist


def test_every_letter_has_every_shade():
    assert set(palette.COLOURS) == LETTERS
    for theme in palette.SURFACES:
        assert set(palette.LINES[theme]) == LETTERS
        assert set(palette.TEXT[theme]) == LETTERS | {"grey"}
    assert len(set(palette.COLOURS.values())) == len(LETTERS)


def test_colours_are_written_alike():
    tables = [palette.COLOURS, *palette.LINES.values(), *palette.TEXT.values()]
    for table in tables + list(palette.CURVES.values()):
        assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in table.values())
