"""The workflows, as far as they can be run without GitHub."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools import book

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def steps(path):
    workflow = yaml.safe_load(path.read_text("utf-8"))
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_have_versions(path):
    actions = [step["uses"] for step in steps(path) if "uses" in step]
    assert actions
    assert all(re.search(r"@v\d+$", action) for action in actions)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_commands_exist(path):
    targets = re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"))
    for script in [step["run"] for step in steps(path) if "run" in step]:
        for arguments in re.findall(r"tools/book\.py (.+)", script):
            book.parse(arguments.split())
        for target in re.findall(r"\bmake ([a-z]+)", script):
            assert target in targets


def git(*args, cwd):
    name = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(
        ["git", *name, *args], cwd=cwd, check=True, text=True, stdout=subprocess.PIPE
    )
    return done.stdout


@pytest.fixture
def fork(tmp_path):
    """A fork as a bare repository, and the clone that the runner makes of it."""
    bare, clone = tmp_path / "fork.git", tmp_path / "clone"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", bare], check=True)
    subprocess.run(
        ["git", "clone", "-q", bare, clone], check=True, stderr=subprocess.DEVNULL
    )
    (clone / "tools").mkdir()
    (clone / "book").mkdir()
    shutil.copy(ROOT / "tools/book.py", clone / "tools")
    shutil.copy(ROOT / "_config.yml", clone)
    shutil.copy(ROOT / ".gitignore", clone)
    (clone / "requirements.txt").write_text("")
    (clone / "book/a.ipynb").write_text("{}")
    # In place of the real one, which runs the whole book to write the notebooks.
    (clone / "tools/notebooks.py").write_text(
        "open('book/a.ipynb', 'w').write(open('_config.yml').read())\n"
    )
    git("checkout", "-q", "-B", "main", cwd=clone)
    git("add", "--all", cwd=clone)
    git("commit", "-q", "-m", "The book", cwd=clone)
    git("push", "-q", "origin", "main", cwd=clone)
    return bare, clone


def deploy(clone, folder):
    """Run the step of the Pages workflow that sets the address."""
    script = next(
        step["run"]
        for step in steps(ROOT / ".github/workflows/pages.yml")
        if "address" in step.get("run", "")
    )
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    python = programs / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    given = {
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "me/mine",
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
    }
    subprocess.run(
        ["bash", "-e", "-c", script], cwd=clone, check=True, env=os.environ | given
    )


@pytest.mark.skipif(os.name == "nt", reason="needs bash: the step runs on Linux")
def test_a_fork_gets_its_own_address_once(fork, tmp_path):
    bare, clone = fork
    deploy(clone, tmp_path)
    for name in ("_config.yml", "book/a.ipynb"):
        assert "https://github.com/me/mine\n" in git("show", f"main:{name}", cwd=bare)
    commits = git("log", "--oneline", "main", cwd=bare).splitlines()
    assert len(commits) == 2
    deploy(clone, tmp_path)
    assert git("log", "--oneline", "main", cwd=bare).splitlines() == commits
