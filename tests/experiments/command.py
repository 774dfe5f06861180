"""Start the command line on the toy claims, as a reader does, and watch it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from lstm_core.experiments import __main__ as experiments
from lstm_core.experiments import claims
from tests.experiments import toy

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = "import sys; from tests.experiments import command; sys.exit(command.main())"


def main(arguments=None):
    """The command line of the experiments, on these claims."""
    before = dict(claims.ALL), claims.NAMES
    claims.ALL.clear()
    claims.ALL.update(toy.ALL)
    claims.NAMES = tuple(toy.ALL)
    try:
        return experiments.main(arguments)
    finally:
        claims.ALL.clear()
        claims.ALL.update(before[0])
        claims.NAMES = before[1]


def start(*arguments, marks="", nap=0.0, **options):
    """The process, with pipes; marks and nap are for the toys."""
    environment = {**os.environ, "TOY_MARKS": str(marks), "TOY_NAP": str(nap)}
    environment["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-W", "error", "-c", SCRIPT, *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
    )  # fmt: skip


def ended(*arguments, **options):
    """(exit code, stdout, stderr)."""
    process = start(*arguments, **options)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def sentence(end, *words):
    """The command was refused, with exit code 2 and a sentence of these words."""
    code, out, err = end
    assert code == 2, err
    assert out == ""
    assert len(err.splitlines()) == 1 and err.strip().endswith((".", "?")), err
    for word in words:
        assert word in err, err


def runs(marks):
    """How often each part has run: name → count."""
    found = Path(marks).glob("*")
    return {path.name: len(path.read_text().splitlines()) for path in found}


def numbers(path):
    """A result without the time it took, which alone may differ."""
    record = json.loads(Path(path).read_text("utf-8"))
    del record["seconds"]
    return record
