"""The JavaScript computes what lstm_core computes, saturated tails included."""

import json

import pytest

from lstm_core.widgets import EXPLORABLES
from lstm_core.widgets.cell import sequence
from tests.widgets import fixtures
from tests.widgets.harness import check, plant, run_node, write_modules


@pytest.fixture(scope="module")
def expected():
    return json.dumps(fixtures.everything(), allow_nan=False)


@pytest.fixture
def modules(tmp_path, expected):
    return write_modules(tmp_path, expected, *EXPLORABLES)


def test_agrees_with_lstm_core(modules):
    report = check("engine", modules)
    assert report["wrong"] == []
    assert report["compared"] > 10_000


def test_every_export_has_a_fixture(modules):
    assert check("engine", modules)["unproved"] == []


@pytest.mark.parametrize(
    ("module", "good", "bad"),
    [
        ("engine.js", "e / ((1 + e) * (1 + e))", "logistic(z) * (1 - logistic(z))"),
        ("engine.js", "4 * logistic1(2 * z)", "1 - Math.tanh(z) ** 2"),
        ("engine.js", "-logistic1(z) * Math.tanh", "logistic1(z) * Math.tanh"),
        ("engine.js", "(Math.sign(z) + 1) / 2", "z > 0 ? 1 : 0"),
        ("engine.js", "hard_sigmoid_02: clipped(0.2,", "hard_sigmoid_02: clipped(0.1,"),
        ("engine.js", "Math.log1p(", "Math.log(1 + "),
        ("engine.js", "times(times(dc, t.c_prev)", "times(times(dc, t.c)"),
        ("engine.js", "add(dc_next, times(ds", "add(times(dc_next, t.f), times(ds"),
        ("engine.js", "c: times(dc, t.f) }", "c: dc }"),
        ("engine.js", "add(dstate.h, dhs[t])", "dhs[t]"),
        ("engine.js", "map(t.c, on.output.d1)", "map(t.s, on.output.d1)"),
        ("squasher.js", "gain * gain * row.d2", "gain * row.d2"),
        ("squasher.js", "share * row.steepest", "share"),
        ("cell.js", "h: [0], c: [0]", "h: [1], c: [0]"),
        ("cell.js", 'state.tied && k === "g" ? "i"', 'state.tied && k === "g" ? "g"'),
        ("cell.js", "i.value(a) * g.value(a)", "g.value(a)"),
        ("cell.js", "u * v || 0", "u * v"),
        ("cell.js", "most > 1e6 ? Infinity : most", "most"),
    ],
)
def test_a_planted_bug_is_found(modules, module, good, bad):
    plant(modules / module, good, bad)
    assert check("engine", modules)["count"] > 0


def test_an_export_without_a_fixture_is_found(modules):
    path = modules / "engine.js"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "export const more = 1;\n", encoding="utf-8")
    assert check("engine", modules)["unproved"] == ["more"]


def test_both_languages_read_a_sequence_alike(modules):
    texts = [
        "1, 0; -1", "(()())··", " f(a[0]) ", "1 2 3", "−2", "1e1", ".5", "", " , ",
        "1, two", "101", "nan", "1__0", "()" * 21, "1e999", "[", "0x10", "1_0",
        "infinity", "+5", "1.", ".",
    ]  # fmt: skip
    program = modules / "read.mjs"
    program.write_text(
        'import { sequence } from "./kit.js";\n'
        "const read = (text) => {\n"
        "  try { return sequence(text).xs } catch { return null }\n};\n"
        f"console.log(JSON.stringify({json.dumps(texts)}.map(read)));\n",
        encoding="utf-8",
    )
    assert run_node(program) == [_read(text) for text in texts]


def _read(text):
    try:
        return sequence(text)
    except ValueError:
        return None
