"""Stripped JavaScript is the same program: the tests of the widgets all run it."""

import pytest

from lstm_core.widgets import assets
from lstm_core.widgets.strip import _STRING, squeeze, strip
from tests.widgets.test_engine import run_node

MODULES = sorted(path.name for path in assets.STATIC.glob("*.js"))


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        ("a;  // one\n\n    b;\n", "a;\nb;\n"),
        ("/* one\n two */ a", "a\n"),
        ("a /* one */ + b", "a + b\n"),
        ("a /* one\n two */ ++b", "a\n++b\n"),
        ('f("  // no comment");', 'f("  // no comment");\n'),
        (r"f('\'  // no')", r"f('\'  // no')" + "\n"),
        ("`a\n    b // c ${d /* e */}`;  f", "`a\n    b // c ${d /* e */}`; f\n"),
        ("`${g(`}  ${'`'}`)}  b`;  f", "`${g(`}  ${'`'}`)}  b`; f\n"),
        (r"`\`  ${a}`;  f", r"`\`  ${a}`; f" + "\n"),
        ("x = /[/'  ]+\\/  /g;  y", "x = /[/'  ]+\\/  /g; y\n"),
        ("return  /'/.test(a)", "return /'/.test(a)\n"),
        ("b = (a)  / 2;  c = d[0] / '/'", "b = (a) / 2; c = d[0] / '/'\n"),
        ("const o = {\n  f() {\n  },\n};", "const o = {\nf() {\n},\n};\n"),
    ],
)
def test_only_comments_and_indentation_go(text, stripped):
    assert strip(text) == stripped


@pytest.mark.parametrize(
    ("text", "squeezed"),
    [
        ("const { a, b } = c (d);\ne = [\na,\n];\n", "const{a,b}=c(d);e=[a,];\n"),
        ("if (a) {\nb = `  ${ c }  `;\n}\nd", "if(a){b=`  ${ c }  `;}\nd\n"),
        ("a + +b - -c + ++d", "a+ +b- -c+ ++d\n"),
        ("a\n++b\nc++\n(d)", "a\n++b\nc++\n(d)\n"),
        ("x = a\n? b\n: c\n.d", "x=a?b:c.d\n"),
        ("return\n.5\nreturn a\n.b", "return\n.5\nreturn a.b\n"),
        ("a = 1 .b + 2\n.c", "a=1 .b+2\n.c\n"),
        ("return /a /.test(b) / /c/ in d", "return/a /.test(b)/ /c/ in d\n"),
        ('return "a" in b ? "  c" : 1 in d', 'return "a" in b?"  c":1 in d\n'),
    ],
)
def test_blanks_go_where_the_program_stays_the_same(text, squeezed):
    assert squeeze(text) == squeezed
    assert squeeze(squeezed) == squeezed


@pytest.mark.parametrize("text", ["a = `${", "a = 'b\n'", "a = `b", "a = /b\n/"])
def test_a_literal_without_an_end_is_refused(text):
    with pytest.raises(ValueError, match="expected the end of the literal"):
        strip(text)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_keeps_its_words_and_loses_bytes(name):
    text = (assets.STATIC / name).read_text("utf-8")
    once = strip(text)
    assert strip(once) == once
    assert len(once) < len(text)
    assert set(_STRING.findall(once)) <= set(_STRING.findall(text))
    twice = squeeze(once)
    assert squeeze(twice) == twice and len(twice) < len(once)
    assert _STRING.findall(twice) == _STRING.findall(once)
    assert "".join(twice.split()) == "".join(once.split())


PROGRAM = r"""
const slash = 6 / 3 / 2;  // halves /* not */
const pattern = "a/ b".replace(/\/  */g, () => "/ /");
const text = `one
    two ${`three
      ${[1, 2].map((k) => {
        // doubled
        return `${k * 2}  `;
      }).join("")}`}  // kept`;
let n = 1
++n
let m = n - -n + +n
++m
const late = () => {
  return
  n
};
const o = {
  m,
  late,
}
;[n] = [n + 1]
const done = { slash, pattern, text, n, object: typeof /x'/, o: [o.m, o.late()] };
console.log(JSON.stringify(done));
"""


def test_a_stripped_program_says_the_same(tmp_path):
    said = []
    once = strip(PROGRAM)
    for name, text in (("whole", PROGRAM), ("once", once), ("twice", squeeze(once))):
        path = tmp_path / f"{name}.mjs"
        path.write_text(text, encoding="utf-8")
        said.append(run_node(path))
    assert said[0] == said[1] == said[2]
    assert said[0]["text"].startswith("one\n    two three\n      2  4  ")
    assert said[0]["o"] == [7, None] and len(said[0]) == 6
    assert "doubled" not in strip("f(); // doubled")


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("    two", "two"),
        ("  // k", "// k"),
        ("++n", "n"),
        ("/\\/ ", "/"),
        ("return\nn", "return n"),
    ],
)
def test_a_program_that_is_not_the_same_is_found(tmp_path, good, bad):
    assert good in strip(PROGRAM)
    whole, other = tmp_path / "whole.mjs", tmp_path / "other.mjs"
    whole.write_text(PROGRAM, encoding="utf-8")
    other.write_text(strip(PROGRAM).replace(good, bad, 1), encoding="utf-8")
    assert run_node(whole) != run_node(other)
