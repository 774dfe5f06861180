"""What the tests do where something is missing: say so, or fail when all must run."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BROWSER = "def test_page(browser):\n    pass\n"
MODULE = "import pytest\npytest.importorskip('no_such_module')\n"
EXPECTED = "import pytest\n@pytest.mark.xfail\ndef test_a():\n    assert False\n"


def run(folder, source, **environment):
    """Exit code and words of a pytest run of this source under our conftest.py."""
    (folder / "test_small.py").write_text(source)
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("BOOK_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", "-p", "tests.conftest",
         "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)],
        cwd=folder, env=kept | {"PYTHONPATH": str(ROOT)} | environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
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
