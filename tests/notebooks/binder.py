"""An environment made as Binder makes it, and what runs in it."""

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What repo2docker puts into every image before a repository's own requirements.
IMAGE = ("jupyterlab==4.6.6", "notebook==7.6.5", "ipywidgets==8.1.9")
LEFT_OUT = shutil.ignore_patterns(
    ".git",
    ".venv",
    "_build",
    "__pycache__",
    "build",
    "*.egg-info",
    ".ipynb_checkpoints",
    ".*_cache",
    ".hypothesis",  # other tests write and rename files there meanwhile
)

EXECUTE = """
import sys, nbformat
from nbclient import NotebookClient
path, folder = sys.argv[1:]
notebook = nbformat.read(path, as_version=4)
resources = {"metadata": {"path": folder}}
NotebookClient(notebook, timeout=300, resources=resources).execute()
"""


def recipe():
    """A hash of what the environment is made of.

    Of the package's own settings only those of its build matter: it is installed in
    place and without what it depends on.
    """
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]
    total = hashlib.sha256(repr((IMAGE, sys.version_info[:2], build)).encode())
    for path in sorted((ROOT / ".binder").iterdir()):
        total.update(path.read_bytes())
    return total.hexdigest()[:12]


def surroundings(venv, **more):
    """Variables of a terminal in an environment, with nothing of this run's Python."""
    foreign = ("PYTHON", "VIRTUAL_ENV", "JUPYTER", "IPYTHON", "MPLBACKEND", "BOOK_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(foreign)
    }
    path = f"{Path(venv) / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return kept | {"PATH": path, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **more}


def make(folder, run_id=None):
    """The Python of an environment made from .binder in `folder`, and the clone in it.

    Both are kept for the next run; `folder` is named after the recipe. Processes of one
    run, told by its `run_id`, share the clone: one of them may have a server in it.
    """
    venv, clone, done = folder / "venv", folder / "clone", folder / "done"
    python, used_by = venv / "bin/python", folder / "run"
    if run_id and used_by.exists() and used_by.read_text() == run_id:
        return python, clone
    used_by.unlink(missing_ok=True)
    shutil.rmtree(clone, ignore_errors=True)
    shutil.copytree(ROOT, clone, ignore=LEFT_OUT)
    if not done.exists():

        def run(*command):
            made = subprocess.run(
                command,
                cwd=clone,
                env=surroundings(venv, REPO_DIR=str(clone)),
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            assert made.returncode == 0, made.stdout[-4000:]

        run(sys.executable, "-m", "venv", "--clear", venv)
        run(python, "-m", "pip", "install", "-q", *IMAGE)
        run(python, "-m", "pip", "install", "-q", "-r", ".binder/requirements.txt")
        run(clone / ".binder/postBuild")
        done.write_text("")
    used_by.write_text(run_id or "")
    return python, clone


def kept():
    """The folder of this recipe's environment; those of other recipes are removed."""
    everything = ROOT / "_build/binder"
    folder = everything / recipe()
    if everything.exists():
        for old in everything.iterdir():
            if old != folder:
                shutil.rmtree(old)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def execute(python, notebook, folder, **more):
    """Run a notebook with a real kernel; return what went wrong, or nothing."""
    done = subprocess.run(
        [python, "-c", EXECUTE, notebook, folder],
        text=True,
        cwd=folder,
        env=surroundings(Path(python).parents[1], **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return done.stdout if done.returncode else ""
