"""Figures take the page's ink and font, say what they show, and share no ids."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from lstm_core import palette, plotting

SVG = "{http://www.w3.org/2000/svg}"


def drawn(name="curve", colour=palette.LINES["light"]["g"]):
    fig, ax = plotting.figure()
    z = np.linspace(-3, 3, 50)
    ax.plot(z, np.tanh(z), color=colour)
    ax.fill_between(z, 0, 1, color="black", alpha=0.1)
    ax.text(0, 0.5, "tanh & <b>")
    ax.set_xlabel("z")
    return plotting.show(fig, name, alt='It "rises" from -1 to 1.', caption="A < B.")


def test_text_is_text_in_the_pages_font_and_colour():
    svg = drawn().svg
    words = [element.text for element in ET.fromstring(svg).iter(f"{SVG}text")]
    assert "z" in words and "tanh & <b>" in words
    assert "DejaVu" not in svg and "#000" not in svg
    assert svg.count("currentColor") > 10


def test_nothing_paints_a_background():
    for element in ET.fromstring(drawn().svg).iter():
        assert "#ffffff" not in str(element.attrib).lower()


def test_a_colour_of_the_palette_has_a_dark_shade():
    svg = drawn().svg
    light, dark = (palette.LINES[mode]["g"] for mode in ("light", "dark"))
    name = light.lower()[1:]
    assert f"stroke: var(--{name})" in svg
    assert f"#curve{{--{name}:{light.lower()}}}" in svg
    assert 'html[data-theme="dark"] #curve' in svg and f"--{name}:{dark}" in svg


def test_a_colour_outside_the_palette_stays():
    svg = drawn(colour="#123456").svg
    assert "#123456" in svg and "<style>" not in svg


POINTS = re.compile(r"(?:[Mlmz ]|(?=-))(-?[\d.]+)(?: |(?=-))(-?[\d.]+)|z")


def corners(path):
    """The points of a path of straight lines, given from the one before."""
    points, at = [], np.zeros(2)
    for x, y in POINTS.findall(path):
        if x:
            at = at + [float(x), float(y)]
            points.append(at)
    return np.array(points)


def curve_of(svg):
    """The longest path of straight lines."""
    return corners(max(re.findall(r' d="([^"C]+)"', svg), key=len))


def test_a_line_passes_each_point_to_a_tenth():
    fig, ax = plotting.figure()
    steps = np.random.default_rng(0).uniform(-1, 1, 500).cumsum()
    ax.plot(steps, color="black")
    svg = plotting.show(fig, "walk", alt="A walk.").svg
    place = ax.transData.transform(np.column_stack([np.arange(500), steps]))
    wanted = place * 72 / fig.dpi * [1, -1] + [0, fig.get_figheight() * 72]
    # Matplotlib leaves out points that lie on a line between others
    far = np.abs(curve_of(svg)[:, None] - wanted).max(-1).min(1)
    assert far.max() < 0.06 and len(far) > 300


def test_steps_start_anew_where_the_pen_is_lifted():
    path = "M 0 265.68 \nL 0.04 -0.51 \nL 0 265.68 \nz\nM 1 2\nL 3.36 2\n"
    assert plotting._steps(path) == "M0 265.7l0-266.2 0 266.2zm1-263.7l2.4 0"


def test_a_dot_is_a_line_without_length():
    path = "M 1 2 \nL 1 2 \nM 4 2 \nL 4 2 \nM 4 3\nL 5 3\nL 5 3"
    assert plotting._steps(path) == "M1 2h0m3 0h0m0 1l1 0 0 0"


def test_numbers_that_are_no_places_keep_their_hundredths():
    fig, ax = plotting.figure()
    ax.scatter([0, 1], [0, 1], color="black", alpha=0.25, s=3)
    svg = plotting.show(fig, "dots", alt="Two dots.").svg
    assert "0.25" in svg and re.search(r"C ?-?\d*\.\d\d", svg)
    assert "rotate(-0" not in svg


def test_ids_are_the_figures_own_and_all_references_hold():
    one, other = (drawn(name).svg for name in ("one", "other"))
    ids = [re.findall(r'\bid="([^"]+)"', svg) for svg in (one, other)]
    assert not set(ids[0]) & set(ids[1])
    for svg, known in zip((one, other), ids, strict=True):
        assert len(known) == len(set(known))
        assert set(re.findall(r'(?:href="|url\()#([^")]+)', svg)) <= set(known)


def test_the_same_figure_is_the_same_text():
    assert drawn().svg == drawn().svg


def test_a_picture_has_a_name_for_those_who_do_not_see_it():
    picture = drawn()
    assert ET.fromstring(picture.svg).get("aria-label") == 'It "rises" from -1 to 1.'
    assert "<figcaption>A &lt; B.</figcaption>" in picture._repr_html_()
    assert repr(picture) == '[Figure: It "rises" from -1 to 1.]'


@pytest.mark.parametrize("bad", [{"alt": " "}, {"name": "two words"}, {"name": "1st"}])
def test_a_figure_without_alt_text_or_with_a_bad_name_is_refused(bad):
    fig, _ = plotting.figure()
    with pytest.raises(ValueError, match="expected"):
        plotting.show(fig, **{"name": "ok", "alt": "ok", **bad})
