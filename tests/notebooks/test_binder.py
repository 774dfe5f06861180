"""The environment of Binder is small, and has what a notebook looks for."""

import re
import subprocess

import pytest

from tests.notebooks.binder import IMAGE, ROOT, execute, make

MEGABYTES = 400
# Bytes of every package that these need, down to the last, with its bytecode.
MEASURE = """
import sys
from importlib import metadata
from packaging.requirements import Requirement
todo, done, total = sys.argv[1:], set(), 0
while todo:
    requirement = Requirement(todo.pop())
    name = requirement.name.lower().replace("_", "-")
    marker = requirement.marker
    if name in done or marker and not marker.evaluate({"extra": ""}):
        continue
    done.add(name)
    package = metadata.distribution(name)
    todo += package.requires or []
    files = [file.locate() for file in package.files or []]
    total += sum(file.stat().st_size for file in files if file.exists())
print(total)
"""


def megabytes(python, requirements):
    """The size on disk of what a list of requirements installs."""
    measured = subprocess.run(
        [python, "-c", MEASURE, *requirements],
        check=True,
        text=True,
        stdout=subprocess.PIPE,
    )
    return int(measured.stdout) / 1e6


def test_size(binder):
    """JupyterLab is not counted: it is in every image."""
    python, clone = binder
    lines = (clone / ".binder/requirements.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if "==" in line]
    assert megabytes(python, pins) <= MEGABYTES


def test_size_counts_what_a_package_needs(binder):
    python, _ = binder
    assert megabytes(python, ["mpmath"]) > 2
    assert megabytes(python, ["sympy"]) > megabytes(python, ["mpmath"]) + 30


def test_image_has_the_pins_of_the_requirements():
    pins = (ROOT / "requirements.txt").read_text("utf-8")
    for pin in IMAGE:
        name = pin.split("==")[0]
        if re.search(rf"(?m)^{name}==", pins):
            assert f"\n{pin}\n" in pins


FOUND = """
import pathlib
import lstm_core, matplotlib, sympy, anywidget
assert "clone" in lstm_core.__file__
assert pathlib.Path.cwd().name == "book"
"""


@pytest.mark.parametrize(
    "code, outcome",
    [
        (FOUND, ""),
        ("import jupyter_book", "ModuleNotFoundError"),
    ],
)
def test_what_a_notebook_finds(binder, tmp_path, code, outcome):
    import nbformat

    python, clone = binder
    cell = nbformat.v4.new_code_cell(code)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "a.ipynb")
    result = execute(python, tmp_path / "a.ipynb", clone / "book")
    assert outcome in result if outcome else result == ""


def test_expected_exceptions_are_allowed(binder, tmp_path):
    import nbformat

    python, clone = binder
    cell = nbformat.v4.new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "a.ipynb")
    assert execute(python, tmp_path / "a.ipynb", clone / "book") == ""


def test_processes_of_one_run_share_the_clone(tmp_path):
    (tmp_path / "done").touch()
    _, clone = make(tmp_path, "one")
    (clone / "open.ipynb").touch()
    make(tmp_path, "one")
    assert (clone / "open.ipynb").exists()
    make(tmp_path, "two")
    assert (clone / "_toc.yml").exists() and not (clone / "open.ipynb").exists()
