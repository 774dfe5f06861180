"""The Python side: what is accepted, what is refused and how, what is shown still."""

import html
import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest
import traitlets

from lstm_core import activations, palette
from lstm_core.widgets import (
    EXPLORABLES,
    BetweenLayers,
    Cell,
    CounterBench,
    Flow,
    Gate,
    Reader,
    Saturation,
    Squasher,
    SwapLab,
    assets,
    page_scripts,
    rows,
    stylesheet,
)

BOTH = pytest.mark.parametrize("cls", EXPLORABLES, ids=lambda cls: cls.NAME)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Squasher(functions=["sigmoyd"]), "'sigmoyd': did you mean sigmoid"),
        (lambda: Squasher(functions=[]), "expected functions as a list of at least"),
        (lambda: Squasher(z=301), "expected z as a number from -300 to 300, got 301"),
        (lambda: Squasher(z=float("nan")), "expected z as a number from -300"),
        (lambda: Squasher(z="2"), "expected z as a number"),
        (lambda: Squasher(gain=True), "expected gain as a number"),
        (lambda: Squasher(steps=2.5), "expected steps as a whole number from 1 to 100"),
        (lambda: Squasher(zed=1), "unknown argument 'zed': did you mean z?"),
        (lambda: Squasher(preset="pear"), "unknown preset 'pear': did you mean pair?"),
        (lambda: Cell(candidate="tan"), "'tan': did you mean tanh"),
        (lambda: Cell(x="1, two"), "expected x as numbers from -100 to 100"),
        (lambda: Cell(x=""), "expected x with 1 to 40 steps, got 0"),
        (lambda: Cell(x="(" * 41), "expected x with 1 to 40 steps, got 41"),
        (lambda: Cell(b_f=1000), "expected b_f as a number from -100 to 100"),
        (lambda: Cell(tied="yes"), "expected tied as True or False, got 'yes'"),
        (lambda: Cell(gates="tempered_sigmoid(-1)"), "expected tempered_sigmoid(p)"),
        (lambda: SwapLab(H=0), "expected H as a whole number from 1 to 16, got 0"),
        (lambda: SwapLab(rate="abc"), "expected rate as a number from 1e-05 to 1"),
        (lambda: SwapLab(task="countin"), "unknown task 'countin': did you mean"),
        (lambda: SwapLab(B_candidate="tan"), "'tan': did you mean tanh"),
        (lambda: SwapLab(seed=-1), "whole number from 0 to 900000, got -1"),
        (lambda: SwapLab(candidate="tanh"), "unknown argument 'candidate'"),
        (lambda: Gate(function="sigmoyd"), "'sigmoyd': did you mean sigmoid"),
        (lambda: Gate(z=9), "expected z as a number from -8 to 8, got 9"),
        (lambda: Gate(k=0), "expected k as a number from 0.25 to 32"),
        (lambda: Gate(T=0), "expected T as a whole number from 1 to 100"),
        (lambda: Gate(preset="sharper"), "unknown preset 'sharper': did you mean"),
        (lambda: BetweenLayers(between="rel"), "did you mean relu"),
        (lambda: BetweenLayers(H=9), "expected H as a whole number from 2 to 8, got 9"),
        (lambda: BetweenLayers(preset="rely"), "did you mean relu"),
        (lambda: Flow(cell="lstn"), "unknown cell 'lstn': did you mean lstm?"),
        (lambda: Flow(ways=["alone"]), "unknown ways ['alone']"),
        (lambda: Flow(T=61), "expected T as a whole number from 2 to 60, got 61"),
        (lambda: Flow(forget_bias=9), "expected forget_bias as a number from -1 to 5"),
        (lambda: Flow(seed=0.5), "expected seed as a whole number"),
        (lambda: CounterBench(string="aXb"), "expected string of a and b, each with"),
        (lambda: CounterBench(string="a" * 2001), "at most 2000 characters, got 2001"),
        (lambda: CounterBench(string="a12001"), "at most 12000 symbols"),
        (lambda: CounterBench(string="a0"), "a letter of a and b"),
        (lambda: CounterBench(language="anbm"), "language 'anbm': did you mean"),
        (lambda: CounterBench(net="lstm"), "unknown net 'lstm'"),
        (lambda: CounterBench(K=0), "expected K as a number from 1 to 40, got 0"),
        (lambda: CounterBench(n=0), "expected n as a whole number from 1 to 4000"),
        (lambda: CounterBench(candidate="tan"), "'tan': did you mean tanh"),
        (lambda: Saturation(network="count"), "did you mean counting?"),
        (lambda: Saturation(slot="x"), "unknown slot 'x'"),
        (lambda: Saturation(scale=0), "expected scale as a number from 0.1 to 10"),
        (lambda: Saturation(margin=0.5), "expected margin as a number from 0.01 to"),
        (lambda: Reader(text="a" * 601), "text of at most 600 characters, got 601"),
        (lambda: Reader(text=3), "expected text of at most 600 characters, got 3"),
        (lambda: Reader(what="cc"), "unknown what 'cc'"),
        (lambda: Reader(cell=100), "expected cell as a whole number from 0 to 99"),
    ],
)
def test_what_is_wrong_is_refused_with_a_sentence(make, sentence):
    with pytest.raises((traitlets.TraitError, TypeError, ValueError)) as error:
        make()
    assert sentence in str(error.value)


def test_a_refused_value_changes_nothing():
    widget = Squasher(z=1.5)
    with pytest.raises(traitlets.TraitError):
        widget.z = 1e6
    assert widget.z == 1.5


def test_values_of_numpy_and_activations_are_taken():
    widget = Squasher(functions=[activations.get("relu"), "relu", "tanh"])
    widget.z = np.float32(0.5)
    assert widget.functions == ["relu", "tanh"]
    assert widget.z == 0.5 and type(widget.z) is float
    cell = Cell(x=np.array([1.0, -0.5]), gates="hard_sigmoid", f="sigmoid")
    assert cell.x == "1, -0.5"
    assert (cell.i, cell.f, cell.o) == ("hard_sigmoid", "sigmoid", "hard_sigmoid")


def test_traits_are_synced_and_observed():
    widget = Cell()
    seen = []
    widget.observe(seen.append, "b_f")
    widget.b_f = 1
    assert [change["new"] for change in seen] == [1.0]
    assert {"b_f", "x", "t", "i"} <= set(widget.get_state())


@BOTH
def test_every_preset_is_valid_and_another_state(cls):
    states = [cls(preset=name).state() for name in cls.PRESETS]
    assert len({json.dumps(state, sort_keys=True) for state in states}) == len(states)


@BOTH
def test_docstring_names_every_key_and_preset(cls):
    text = cls.__doc__
    for key in (*cls.fields(), *cls.PRESETS):
        assert re.search(rf"\b{re.escape(key)}\b", text), key


@BOTH
@pytest.mark.parametrize("start", ["default", "preset"])
def test_still_figure_says_what_it_shows(cls, start):
    widget = cls() if start == "default" else cls(preset=list(cls.PRESETS)[2])
    bundle = widget._repr_mimebundle_()
    data, _ = bundle
    assert "application/vnd.jupyter.widget-view+json" in data
    figure = ElementTree.fromstring(data["text/html"])
    assert figure.attrib["class"] == "explorable"
    assert figure.attrib["data-explorable"] == figure.attrib["id"] == cls.NAME
    assert json.loads(figure.attrib["data-state"]) == widget.state()
    picture = figure.find("div")[0]
    assert picture.attrib["role"] == "img"
    assert re.search(r"\d\.\d", picture.attrib["aria-label"])
    assert picture.attrib["aria-label"] == figure.findtext("figcaption")
    assert not figure.findall(".//input") and not figure.findall(".//button")
    drawn = [n for n in picture.iter() if n.tag in ("polyline", "path", "span")]
    assert len(drawn) >= 2
    assert not [node for node in picture.iter() if "id" in node.attrib]


def test_the_still_figure_tells_the_numbers_of_lstm_core():
    caption = Squasher(functions=["sigmoid"], z=2).still()[1]
    assert caption == "At z = 2.00 sigmoid σ is 0.881 and its slope 0.105."
    assert "= 0.999, and h" in Cell().still()[1]


def test_an_anchor_is_escaped():
    text = Squasher(anchor='a"b').figure()
    assert ElementTree.fromstring(text).attrib["id"] == 'a"b'


def test_rows_cover_the_table():
    assert tuple(rows.ROWS) == activations.NAMES
    looks = [(row["hue"], row["dash"]) for row in rows.ROWS.values()]
    hues = set(palette.CURVES["light"])
    assert {hue for hue, _ in looks} <= hues
    assert {row["group"] for row in rows.ROWS.values()} == set(rows.GROUPS)


def test_functions_of_a_preset_look_different():
    for name in Squasher.PRESETS:
        names = Squasher(preset=name).functions
        looks = {(rows.ROWS[k]["hue"], rows.ROWS[k]["dash"]) for k in names}
        assert len(looks) == len(names), name


@BOTH
def test_jupyter_gets_one_module_without_neighbours(cls):
    text = cls()._esm
    assert not assets.imports(text)
    assert 'from "data:text/javascript;base64,' in text
    assert "https:" not in text.replace("http://www.w3.org", "")


def test_the_scripts_of_the_page_can_be_written_inline():
    text = "".join(page_scripts().values())
    assert "</" not in text
    assert "http" not in text.replace("http://www.w3.org", "")
    assert "url(" not in stylesheet() and "@import" not in stylesheet()


def test_the_style_sheet_has_the_colours_of_the_palette():
    text = stylesheet()
    assert text.count("--f-line: " + palette.LINES["light"]["f"]) == 1
    assert text.count("--f-line: " + palette.LINES["dark"]["f"]) == 2
    assert "colours */" not in text.replace("/* The explorables", "")


def test_html_in_a_state_is_escaped():
    text = Cell(x="<b>(</b>)").figure()
    assert "<b>" not in text
    assert html.escape("<b>(</b>)") in text
