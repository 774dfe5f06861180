"""What all tests share: the built site, a browser, the libraries to compare with."""

import os

# Before NumPy: with several threads BLAS is slower here, and sums in another order.
for _name in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(_name + "_NUM_THREADS", "1")
os.environ.setdefault("KERAS_BACKEND", "torch")

import functools
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
COMPLETE = bool(os.environ.get("BOOK_COMPLETE"))

hypothesis.settings.register_profile(
    "default", deadline=None, derandomize=True, database=None
)
hypothesis.settings.register_profile(
    "weekly", deadline=None, database=None, max_examples=5000
)
hypothesis.settings.load_profile(
    "weekly" if os.environ.get("BOOK_WEEKLY") else "default"
)


# Files, and folders of files, that take longest start first, in this order: one that
# started late would keep one process busy at the end while the others have no more.
LONGEST = (
    "site/test_pages.py",
    "experiments/test_rerun.py",
    "notebooks/test_alone.py",
    "site/test_explorables.py",
    "widgets/test_contract.py",
    "exercises/test_all.py",
    "widgets/test_swaplab.py",
    "widgets/test_fuzz.py",
    "tools",
    "site",
    "notebooks",
    "widgets",
    "experiments",
)


@functools.cache
def place(path):
    """Where in the order of `LONGEST` a file of tests belongs."""
    named = [path.is_relative_to(ROOT / "tests" / name) for name in LONGEST]
    return [*named, True].index(True)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: place(item.path))


def _forbid_skip(report):
    if COMPLETE and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if report.longrepr else "no reason given"
        report.outcome = "failed"
        report.longrepr = f"BOOK_COMPLETE allows no skipped test. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    report = yield
    _forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    report = yield
    _forbid_skip(report)
    return report


@contextmanager
def one_at_a_time(name, folder=ROOT / "_build"):
    """Keep other processes out that ask for the same name: tests run in several."""
    folder.mkdir(exist_ok=True)
    with open(folder / f"{name}.lock", "a+") as lock:
        while not _locked(lock):
            time.sleep(0.2)
        yield  # closing the file, or the end of the process, unlocks it


def _locked(lock):
    try:
        if os.name == "nt":
            import msvcrt

            lock.seek(0)
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def built_site():
    """Path of the built pages, built first if anything they are made from changed."""
    command = [sys.executable, str(ROOT / "tools" / "book.py"), "--no-env", "build"]
    with one_at_a_time("site"):
        made = subprocess.run(
            command,
            cwd=ROOT,
            text=True,
            encoding="utf-8",
            errors="replace",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    if made.returncode:
        pytest.fail(
            "the site could not be built:\n" + made.stdout[-8000:], pytrace=False
        )
    return ROOT / "_build" / "html"


def browser_candidates():
    """Keyword arguments for Playwright's launch, one for each browser there may be."""
    if named := os.environ.get("BOOK_BROWSER"):
        return [{"executable_path": named}]
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = [{"executable_path": path} for path in map(shutil.which, names) if path]
    return found + [{"channel": "chrome"}, {"channel": "msedge"}, {}]


def launch(playwright, candidates):
    """The first browser that starts, or None."""
    from playwright.sync_api import Error

    for candidate in candidates:
        try:
            # Containers give /dev/shm too little room for a page.
            return playwright.chromium.launch(
                args=["--disable-dev-shm-usage"], **candidate
            )
        except Error:
            continue
    return None


@pytest.fixture(scope="session")
def browser():
    """A Chromium, Chrome or Edge under Playwright; where there is none, tests skip."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = launch(playwright, browser_candidates())
        if started is None:
            pytest.skip(
                "needs a browser: install Chromium or Chrome, or name one in "
                "the variable BOOK_BROWSER"
            )
        yield started
        started.close()


@pytest.fixture(scope="session")
def torch():
    return pytest.importorskip(
        "torch", reason="needs PyTorch: run python tools/book.py env --peers"
    )


@pytest.fixture(scope="session")
def keras(torch):
    return pytest.importorskip(
        "keras", reason="needs Keras: run python tools/book.py env --peers"
    )
