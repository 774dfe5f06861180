"""Every notebook runs by itself: a copy in an empty folder, as Colab opens it.

The packages are Binder's, and `lstm_core` is installed as pip installs it, so a
notebook that passes here needs no file beside it and none that the package leaves out.
"""

import json
import subprocess
import sys

import nbformat
import pytest
import yaml

from tests.notebooks.binder import ROOT, execute

NOTEBOOKS = sorted((ROOT / "book").glob("**/*.ipynb"))

# What Colab's kernel has loaded before the first cell.
COLAB = """
import sys, types
sys.modules["google.colab"] = types.ModuleType("google.colab")
"""

# Run a cell where %pip only says what it would install; lstm_core may be out of reach.
FIRST_CELL = """
import json, sys, types
from IPython.core.interactiveshell import InteractiveShell
cell, colab, installed = json.loads(sys.argv[1])
if colab:
    sys.modules["google.colab"] = types.ModuleType("google.colab")
if not installed:
    sys.path[:] = [p for p in sys.path if "lstm" not in p]
    sys.meta_path[:] = [f for f in sys.meta_path if "editable" not in repr(f)]
shell = InteractiveShell.instance()
asked = []
shell.register_magic_function(asked.append, "line", "pip")
shell.run_cell(cell).raise_error()
print(json.dumps(asked))
"""


@pytest.fixture(scope="session")
def colab(binder, tmp_path_factory):
    """A folder for PYTHONPATH: the package as installed, and what Colab has loaded."""
    _, clone = binder
    folder = tmp_path_factory.mktemp("colab")
    made = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--no-deps",
            "--target",
            folder,
            "--no-build-isolation",
            "--disable-pip-version-check",
            clone,
        ],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert made.returncode == 0, made.stdout[-4000:]
    (folder / "sitecustomize.py").write_text(COLAB, "utf-8")
    return str(folder)


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(binder, colab, path, tmp_path):
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    assert execute(binder[0], copy, tmp_path, PYTHONPATH=colab) == ""
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


ALONE = """
import sys, pathlib, lstm_core
assert "google.colab" in sys.modules
assert "clone" not in lstm_core.__file__, lstm_core.__file__
assert not pathlib.Path("../_config.yml").exists()
"""


def test_a_notebook_finds_no_repository_around_it(binder, colab, tmp_path):
    cell = nbformat.v4.new_code_cell(ALONE)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "a.ipynb")
    assert execute(binder[0], tmp_path / "a.ipynb", tmp_path, PYTHONPATH=colab) == ""


@pytest.mark.parametrize("in_colab", [True, False])
@pytest.mark.parametrize("installed", [True, False])
def test_the_first_cell_installs_what_is_missing_in_colab_only(
    tmp_path, in_colab, installed
):
    notebook = nbformat.read(NOTEBOOKS[0], as_version=4)
    asked = json.dumps([notebook.cells[1].source, in_colab, installed])
    home = dict.fromkeys(("IPYTHONDIR", "HOME"), str(tmp_path))
    ran = subprocess.run(
        [sys.executable, "-c", FIRST_CELL, asked],
        cwd=tmp_path,
        env=home,
        text=True,
        check=True,
        stdout=subprocess.PIPE,
    )
    repository = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]
    wanted = f"install -q anywidget git+{repository['url']}@{repository['branch']}"
    assert json.loads(ran.stdout.splitlines()[-1]) == (
        [wanted] if in_colab and not installed else []
    )


def test_all_notebooks_have_the_same_first_cell():
    cells = {nbformat.read(path, as_version=4).cells[1].source for path in NOTEBOOKS}
    assert len(cells) == 1
