"""The page of the names of the package: every part is there, and says what it is."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

from lstm_core import tasks
from tests.test_imports import CORE, modules

PAGE = Path(__file__).resolve().parent.parent / "book" / "api.md"


@pytest.fixture(scope="module")
def page():
    """What the first cell of the page defines."""
    (code,) = re.findall(
        r"^```{code-cell}.*\n:tags: \[hide-input\]\n(.*?)^```",
        PAGE.read_text("utf-8"),
        re.M | re.S,
    )
    names = {}
    exec(code, names)
    return names


def unsaid(page, found):
    """The names of a module, or the methods of a class, that the page leaves out."""
    return [name for name, each in found if not page["described"](name, each)]


def listed(page):
    return [name for names in page["MODULES"].values() for name in names.split()]


def test_every_part_of_the_core_is_on_the_page(page):
    """A package stands for its modules where it names what they define."""
    shown = set(listed(page))
    for name in modules():
        if name.split(".")[0] in CORE and name not in ("cells", "layers"):
            above = name.rpartition(".")[0]
            assert name in shown or above in shown, name


def test_every_name_says_what_it_is(page):
    for name in listed(page):
        module = importlib.import_module(f"lstm_core.{name}")
        assert inspect.getdoc(module), name
        assert unsaid(page, page["public"](module)) == [], name


@pytest.mark.parametrize("part", ["cells", "layers", "tasks"])
def test_every_method_says_what_it_does(page, part):
    for name in modules():
        if name.split(".")[0] != part:
            continue
        module = importlib.import_module(f"lstm_core.{name}")
        for kind, found in page["public"](module):
            own = {k: v for k, v in vars(found).items() if inspect.isfunction(v)}
            methods = [(k, v) for k, v in own.items() if not k.startswith("_")]
            assert unsaid(page, methods) == [], f"{name}.{kind}"


def test_a_name_without_a_word_is_found(page):
    def silent():
        pass

    assert unsaid(page, [("silent", silent)]) == ["silent"]


def test_an_example_keeps_its_lines_and_a_type_its_name(page):
    (entry,) = page["described"]("Adding", tasks.Adding)
    assert "Adding(T: int = 50, B: int = 32, dtype: type = numpy.float64)`" in entry
    number, mark = inspect.getdoc(tasks.Adding).splitlines()[2:4]
    assert f"  ~~~text\n  {number}\n  {mark}\n  ~~~" in entry
