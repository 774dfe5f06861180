"""Every notebook runs on Binder: in an environment made as Binder makes it."""
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MEGABYTES = 400
# What repo2docker puts into every image before a repository's own requirements.
IMAGE = ("jupyterlab==4.6.6", "notebook==7.6.5", "ipywidgets==8.1.9")
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "_build", "__pycache__", "build",
                                  "*.egg-info", ".ipynb_checkpoints", ".*_cache")
NOTEBOOKS = sorted((ROOT / "book").glob("**/*.ipynb"))

EXECUTE = """
import sys, nbformat
from nbclient import NotebookClient
path, folder = sys.argv[1:]
notebook = nbformat.read(path, as_version=4)
NotebookClient(notebook, timeout=300, resources={"metadata": {"path": folder}}).execute()
"""

# Bytes of every package that these need, down to the last, with its bytecode.
MEASURE = """
import sys
from importlib import metadata
from packaging.requirements import Requirement
todo, done, total = sys.argv[1:], set(), 0
while todo:
    requirement = Requirement(todo.pop())
    name = requirement.name.lower().replace("_", "-")
    if name in done or requirement.marker and not requirement.marker.evaluate({"extra": ""}):
        continue
    done.add(name)
    package = metadata.distribution(name)
    todo += package.requires or []
    files = [file.locate() for file in package.files or []]
    total += sum(file.stat().st_size for file in files if file.exists())
print(total)
"""


def recipe():
    """A hash of what the environment is made of."""
    total = hashlib.sha256(repr((IMAGE, sys.version_info[:2])).encode())
    for path in [*sorted((ROOT / ".binder").iterdir()), ROOT / "pyproject.toml"]:
        total.update(path.read_bytes())
    return total.hexdigest()[:12]


def as_on_binder(venv, clone):
    """Variables of a terminal on Binder, with nothing of this run's own Python."""
    foreign = ("PYTHON", "VIRTUAL_ENV", "JUPYTER", "MPLBACKEND", "BOOK_")
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(foreign)}
    return kept | {"PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}",
                   "PIP_DISABLE_PIP_VERSION_CHECK": "1", "REPO_DIR": str(clone)}


def binder_env(folder):
    """The Python of an environment made from .binder in `folder`, and the clone in it.

    Both are kept for the next run; `folder` is named after the recipe.
    """
    venv, clone, done = folder / "venv", folder / "clone", folder / "done"
    shutil.rmtree(clone, ignore_errors=True)
    shutil.copytree(ROOT, clone, ignore=LEFT_OUT)
    python = venv / "bin/python"
    if not done.exists():
        def run(*command):
            made = subprocess.run(command, cwd=clone, env=as_on_binder(venv, clone),
                                  text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
            assert made.returncode == 0, made.stdout[-4000:]

        run(sys.executable, "-m", "venv", "--clear", venv)
        run(python, "-m", "pip", "install", "-q", *IMAGE)
        run(python, "-m", "pip", "install", "-q", "-r", ".binder/requirements.txt")
        run(clone / ".binder/postBuild")
        done.write_text("")
    return python, clone


def execute(python, notebook, folder):
    """Run a notebook with a real kernel; return what went wrong, or nothing."""
    clone = Path(python).parents[2] / "clone"
    done = subprocess.run([python, "-c", EXECUTE, notebook, folder], text=True,
                          env=as_on_binder(Path(python).parents[1], clone),
                          cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout if done.returncode else ""


@pytest.fixture(scope="session")
def binder():
    if os.name == "nt":
        pytest.skip("needs bash: Binder runs Linux")
    everything = ROOT / "_build/binder"
    folder = everything / recipe()
    if everything.exists():
        for old in everything.iterdir():
            if old != folder:
                shutil.rmtree(old)
    folder.mkdir(parents=True, exist_ok=True)
    return binder_env(folder)


def megabytes(python, requirements):
    """The size on disk of what a list of requirements installs."""
    measured = subprocess.run([python, "-c", MEASURE, *requirements], check=True,
                              text=True, stdout=subprocess.PIPE)
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


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(binder, path):
    python, clone = binder
    copy = clone / path.relative_to(ROOT)
    assert execute(python, copy, copy.parent) == ""


@pytest.mark.parametrize("code, outcome", [
    ("import lstm_core, matplotlib, sympy, anywidget", ""),
    ("import jupyter_book", "ModuleNotFoundError"),
    ("import lstm_core; assert 'clone' in lstm_core.__file__", ""),
    ("import pathlib; assert pathlib.Path.cwd().name == 'book'", ""),
])
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
