"""Parts on a real Dask cluster: a scheduler and three workers of this machine."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from lstm_core.experiments import results, sources, workers
from lstm_core.experiments.progress import Progress
from lstm_core.experiments.run import run, run_all
from tests.experiments import toy
from tests.experiments.command import ROOT, ended, main, numbers, runs, sentence

pytest.importorskip(
    "distributed", reason="needs Dask: run python tools/book.py env --peers"
)
linux = pytest.mark.skipif(sys.platform == "win32", reason="signals are of POSIX")


def dask(*arguments, **environment):
    """A process of Dask's own command, and the file with what it says."""
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *arguments], cwd=ROOT, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


class Cluster:
    """`dask scheduler` and some `dask worker`, as the documentation has them."""

    def __init__(self, marks, count=3):
        self.marks = marks
        self.scheduler = dask("scheduler", "--host", "127.0.0.1", "--port", "0",
                              "--no-dashboard", "--no-show")  # fmt: skip
        self.address = self.said(self.scheduler, r"Scheduler at:\s+(tcp://\S+)")
        self.workers = [self.start() for _ in range(count)]

    def start(self):
        nap = {"TOY_MARKS": str(self.marks), "TOY_NAP": "0.3"}
        process = dask("worker", self.address, "--nthreads", "1", "--no-nanny",
                       "--no-dashboard", "--local-directory", str(self.marks.parent),
                       **nap)  # fmt: skip
        self.said(process, "Registered to")
        return process

    def said(self, process, pattern):
        for line in process.stderr:
            if match := re.search(pattern, line):
                # What it says from here on must not fill the pipe
                process.drain = subprocess.Popen(
                    ["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL
                )
                return match[match.re.groups]
        raise AssertionError(f"the process ended with {process.wait()}")

    def stop(self):
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()
            process.stderr.close()
            process.drain.wait()


@pytest.fixture
def cluster(tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    made = Cluster(marks)
    yield made
    made.stop()


@linux
def test_a_cluster_gives_the_numbers_of_one_process(cluster, tmp_path):
    chosen = ("run", "trained", "gains", "--seeds", "0:4")
    code, out, err = ended(*chosen, "--dask", cluster.address, "--out", tmp_path / "d")
    assert code == 0, err
    assert len(runs(cluster.marks)) == 4, "the workers have not run the parts"
    code, _, err = ended(*chosen, "--workers", 1, "--out", tmp_path / "p")
    assert code == 0, err
    for name in ("trained.json", "gains.json"):
        assert numbers(tmp_path / "d" / name) == numbers(tmp_path / "p" / name)


class Killer(Progress):
    """Kills a worker of the cluster while parts of it are under way."""

    def __init__(self, cluster):
        super().__init__(12)
        self.cluster = cluster

    def part(self, *arguments, **options):
        super().part(*arguments, **options)
        if self.done == 3:
            os.kill(self.cluster.workers[0].pid, signal.SIGKILL)


def said(result):
    """All that a result says but its time, as text, where NaN equals itself."""
    return results.text(results.as_dict(result._replace(seconds=0)))


@linux
def test_a_worker_killed_in_mid_run_costs_only_its_part(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(toy, "MARKS", "")
    seen = Killer(cluster)
    with workers.on_cluster(cluster.address) as (pool, slots):
        assert slots == 3
        (end,) = run_all([toy.ALL["gains"]], None, False, pool, 100, tmp_path, seen)
    assert cluster.workers[0].wait() == -signal.SIGKILL
    assert end.failures == () and seen.done == 12
    alone = run(toy.ALL["gains"])
    assert said(end.result) == said(alone)
    counts = runs(cluster.marks)
    assert len(counts) == 12 and 12 <= sum(counts.values()) <= 14


@linux
def test_a_cluster_that_goes_away_is_said(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "PATIENCE", 10)  # as long it is looked for again
    with workers.on_cluster(cluster.address) as (pool, _):
        ends = run_all([toy.ALL["gains"]], None, False, pool, 100, tmp_path)
        cluster.stop()
        (end,) = ends
    assert end.result is None and len(end.failures) >= 9
    assert "failed: CancelledError: the cluster is gone" in end.failures[-1]


@linux
def test_a_worker_with_other_code_is_refused(cluster, monkeypatch):
    monkeypatch.setattr(sources.metadata, "version", lambda name: "0.1")
    with workers.on_cluster(cluster.address) as (pool, _):
        (end,) = run_all([toy.ALL["gains"]], range(2), False, pool, 100)
    assert "a worker differs: numpy is " in end.failures[0]
    assert "there and 0.1 here" in end.failures[0]


def test_no_cluster_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(workers, "PATIENCE", 2)
    begun = time.monotonic()
    code = main(["run", "gains", "--dask", "tcp://127.0.0.1:9", "--out",
                     str(tmp_path)])  # fmt: skip
    said = (code, *capsys.readouterr())
    sentence(said, "no Dask scheduler answers at", "127.0.0.1:9")
    assert time.monotonic() - begun < 20


def test_a_cluster_without_workers_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(workers, "PATIENCE", 10)  # it also has to answer
    (tmp_path / "marks").mkdir()
    cluster = Cluster(tmp_path / "marks", count=0)
    try:
        code = main(["run", "gains", "--dask", cluster.address, "--out",
                         str(tmp_path / "out")])  # fmt: skip
    finally:
        cluster.stop()
    sentence((code, *capsys.readouterr()), "has no workers", "dask worker tcp://")


def test_without_dask_the_sentence_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    code = main(["run", "gains", "--dask", "tcp://x:1", "--out", str(tmp_path)])
    sentence((code, *capsys.readouterr()), "lstm_core[dask]")
