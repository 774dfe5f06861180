"""What `pip install .` brings: the whole package, and nothing else."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NEEDED = ("pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel of a copy, for a build leaves its traces beside the sources."""
    copy = tmp_path_factory.mktemp("copy")
    for name in NEEDED:
        shutil.copy(ROOT / name, copy)
    shutil.copytree(
        ROOT / "lstm_core",
        copy / "lstm_core",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    # The pinned setuptools is installed: no network, no second copy of it.
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--quiet",
        "--no-build-isolation",
        "--disable-pip-version-check",
        ".",
    ]
    subprocess.run(command, cwd=copy, check=True)
    with zipfile.ZipFile(next(copy.glob("*.whl"))) as opened:
        yield opened


def test_every_file_is_in_it(wheel):
    package = [path for path in (ROOT / "lstm_core").rglob("*") if path.is_file()]
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in package
        if "__pycache__" not in path.parts
    }
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == expected


def test_it_works_away_from_the_repository(wheel, tmp_path):
    wheel.extractall(tmp_path)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import lstm_core; "
        "from lstm_core import widgets; "
        "assert lstm_core.__file__.startswith(sys.argv[1]), lstm_core.__file__; "
        "assert widgets.page_scripts() and widgets.stylesheet()"
    )
    subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(tmp_path)],
        cwd=tmp_path,
        check=True,
    )


def test_it_has_both_licences(wheel):
    name = next(name for name in wheel.namelist() if name.endswith("/LICENSE"))
    text = wheel.read(name).decode()
    assert "MIT License" in text
    assert "CC BY 4.0" in text
