"""What the tests do where something is missing: say so, or fail when all must run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import conftest
from tools import book

ROOT = Path(__file__).resolve().parent.parent
BROWSER = "def test_page(browser):\n    pass\n"
MODULE = "import pytest\npytest.importorskip('no_such_module')\n"
EXPECTED = "import pytest\n@pytest.mark.xfail\ndef test_a():\n    assert False\n"


def run(folder, source, **environment):
    """Exit code and words of a pytest run of this source under our conftest.py."""
    (folder / "test_small.py").write_text(source)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("BOOK_")
    }
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-rs",
            "-p",
            "tests.conftest",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            str(folder),
            str(folder),
        ],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT)} | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return done.returncode, " ".join(done.stdout.split())


@pytest.mark.parametrize("source", [BROWSER, MODULE])
def test_a_skip_is_a_failure_where_everything_must_run(tmp_path, source):
    code, _ = run(tmp_path, source, BOOK_BROWSER="/no/browser")
    assert code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    code, words = run(tmp_path, source, BOOK_BROWSER="/no/browser", BOOK_COMPLETE="1")
    assert code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    assert "BOOK_COMPLETE allows no skipped test" in words


def test_an_expected_failure_is_none(tmp_path):
    assert run(tmp_path, EXPECTED, BOOK_COMPLETE="1")[0] == pytest.ExitCode.OK


def test_without_a_browser_it_says_how_to_get_one(tmp_path):
    _, words = run(tmp_path, BROWSER, BOOK_BROWSER="/no/browser")
    assert "1 skipped" in words
    assert "install Chromium or Chrome" in words


LOCKED = """
import sys, time
from pathlib import Path
from tests.conftest import one_at_a_time

folder = Path(sys.argv[1])
mine = folder / f"{sys.argv[2]}.inside"
with one_at_a_time("a", folder):
    print(len(list(folder.glob("*.inside"))))
    mine.touch()
    time.sleep(1.5)
    mine.unlink()
"""


def test_one_process_at_a_time(tmp_path):
    jobs = [
        subprocess.Popen(
            [sys.executable, "-c", LOCKED, tmp_path, name],
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
        )
        for name in "12"
    ]
    met = [job.communicate(timeout=120)[0] for job in jobs]
    assert met == ["0\n", "0\n"]


def test_what_takes_longest_is_there_and_starts_first(request):
    tests = ROOT / "tests"
    assert all((tests / name).exists() for name in conftest.LONGEST)
    assert conftest.place(tests / "site/test_pages.py") == 0
    assert conftest.place(tests / "widgets/test_flow.py") < len(conftest.LONGEST)
    assert conftest.place(tests / "cells/test_gru.py") == len(conftest.LONGEST)
    places = [conftest.place(item.path) for item in request.session.items]
    assert places == sorted(places)


def test_tests_run_in_three_processes(tmp_path):
    folder = tmp_path / "tests"
    folder.mkdir()
    code = (
        "import os, pathlib, time\ndef test_a():\n"
        "    pathlib.Path(str(os.getpid())).touch()\n    time.sleep(1)\n"
    )
    for name in "abc":
        (folder / f"test_{name}.py").write_text(code)
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            *book.TOGETHER,
            "-p",
            "no:cacheprovider",
            "-W",
            "error",
            str(folder),
        ],
        cwd=tmp_path,
        text=True,
        stdout=subprocess.PIPE,
    )
    assert ran.returncode == 0, ran.stdout
    assert len([path for path in tmp_path.iterdir() if path.name.isdigit()]) == 3
