"""The repository as a clone: what must stand in one place, and what must not stand."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def files():
    """Paths of the files that are, or are about to be, in the repository."""
    if not (ROOT / ".git").exists():
        pytest.skip("needs a git clone, and this is an unpacked archive")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def texts(files):
    for path in files:
        try:
            yield path, path.read_text("utf-8")
        except UnicodeDecodeError:
            continue


def naming(files, pattern):
    """The files whose text matches, relative to the root."""
    return {
        path.relative_to(ROOT).as_posix()
        for path, text in texts(files)
        if re.search(pattern, text)
    }


def repository_name():
    config = (ROOT / "_config.yml").read_text("utf-8")
    return re.search(r"(?m)^  url: https://[^/]+/(\S+)$", config).group(1)


def test_address_stands_in_one_place(files):
    places = naming(files, re.escape(repository_name()))
    generated = {place for place in places if place.endswith(".ipynb")}
    assert places - generated == {"_config.yml"}


def outputs(notebook):
    """The outputs and counts that running a notebook left in it."""
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [cell for cell in cells if cell["outputs"] or cell["execution_count"]]


def test_notebooks_have_no_outputs(files):
    for path in files:
        if path.suffix == ".ipynb":
            assert outputs(json.loads(path.read_text("utf-8"))) == [], path


def test_outputs_are_noticed():
    clean = {"cell_type": "code", "outputs": [], "execution_count": None}
    prose = {"cell_type": "markdown"}
    assert outputs({"cells": [clean, prose]}) == []
    assert outputs({"cells": [clean | {"execution_count": 1}]})
    assert outputs({"cells": [clean | {"outputs": [{}]}]})


@pytest.mark.parametrize(
    "what, pattern, allowed",
    [
        ("a note to oneself", r"\b(TO[D]O|FIX[M]E)\b", set()),
        ("a path of somebody's machine", r"/(work|Users)/(?!flows)\w", set()),
        (
            "a package index",
            r"(index-url|extra-index|find-links|PIP_INDEX_URL)\b",
            {"tests/tools/test_book.py", "tests/test_repository.py"},
        ),
        ("a merge conflict", r"(?m)^(<{7}|>{7}) ", set()),
    ],
)
def test_no_file_holds(files, what, pattern, allowed):
    assert naming(files, pattern) <= allowed, f"{what} in a file"


def test_no_large_file(files):
    assert [path for path in files if path.stat().st_size > MEGABYTE] == []


def links(text):
    """The relative targets of the Markdown links and pictures in a text."""
    targets = re.findall(r"\]\(([^)#\s]+)", text)
    return [target for target in targets if "://" not in target]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(name):
    text = (ROOT / name).read_text("utf-8")
    assert [link for link in links(text) if not (ROOT / link).exists()] == []


def test_links_are_found():
    assert links("[a](b.md) ![c](d/e.png) [f](https://g.org) [h](#i)") == [
        "b.md",
        "d/e.png",
    ]


def test_scripts_can_be_run(files):
    modes = subprocess.run(
        ["git", "ls-files", "-s", ".ci/run", ".binder/postBuild"],
        cwd=ROOT,
        check=True,
        text=True,
        stdout=subprocess.PIPE,
    )
    lines = modes.stdout.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("100755") for line in lines)


def test_code_in_the_readme_runs():
    text = (ROOT / "README.md").read_text("utf-8")
    blocks = re.findall(r"(?s)```python\n(.*?)```", text)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})


@pytest.mark.parametrize("name", [".ci/run", ".binder/postBuild"])
def test_scripts_stop_at_the_first_error(name):
    assert "\nset -euo pipefail\n" in (ROOT / name).read_text("utf-8")


def test_readme_gives_the_test_command_of_the_full_run():
    assert "make test" in (ROOT / "README.md").read_text("utf-8")
    assert (ROOT / ".ci/run").read_text("utf-8").rstrip().endswith("\nmake test")


@pytest.mark.parametrize("asked", [("check",), ("format", "--check")], ids=" ".join)
def test_ruff_finds_nothing(asked):
    ruff = [sys.executable, "-m", "ruff", *asked, "--no-cache", "--quiet"]
    found = subprocess.run(ruff, cwd=ROOT, text=True, stdout=subprocess.PIPE)
    assert found.returncode == 0, found.stdout
