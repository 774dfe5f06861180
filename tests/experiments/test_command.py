"""The command line as a reader meets it: results, resuming, and one clear sentence."""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from lstm_core.experiments import __main__ as experiments
from lstm_core.experiments import kept, results
from lstm_core.experiments.run import run
from tests.experiments import toy
from tests.experiments.command import (
    ROOT,
    SCRIPT,
    ended,
    main,
    numbers,
    runs,
    sentence,
    start,
)


@pytest.fixture
def here(capsys):
    """The command in this process, which is faster where no part has to run."""

    def ended(*arguments):
        code = main([str(one) for one in arguments])
        return code, *capsys.readouterr()

    return ended


linux = pytest.mark.skipif(sys.platform == "win32", reason="signals are of POSIX")


def test_a_run_writes_a_result_that_says_everything(tmp_path):
    code, out, err = ended("run", "gains", "--seeds", "3:9", "--out", tmp_path)
    assert code == 0, err
    assert out.startswith("gains: holds. The gain is ")
    assert len(err.splitlines()) == 6 and "[6/6] gains: seed" in err
    result = json.loads((tmp_path / "gains.json").read_text("utf-8"))
    assert result["verdict"] == "holds" and result["kind"] == "experiment"
    assert result["seeds"] == [3, 4, 5, 6, 7, 8] and result["quick"] is False
    effect = result["effects"][0]
    assert effect["low"] < effect["value"] < effect["high"] and effect["n"] == 6
    assert effect["method"] == "paired t over 6 seeds"
    assert result["settings"]["seed 3"] == {"seed": 3, "shift": 2.0}
    assert {"code", "python", "numpy"} <= set(result["versions"])
    assert result["parts"]["seed 3"]["gone"] == "NaN"
    assert result["parts"]["seed 3"]["far"] == "Infinity"


def test_a_finished_part_is_never_computed_twice(tmp_path):
    marks, out = tmp_path / "marks", tmp_path / "out"
    marks.mkdir()
    ended("run", "gains", "--seeds", "0:3", "--out", out, marks=marks)
    first = numbers(out / "gains.json")
    code, _, err = ended("run", "gains", "--seeds", "0:3", "--out", out, marks=marks)
    assert (code, err) == (0, "")
    assert numbers(out / "gains.json") == first
    ended("run", "gains", "--seeds", "1:5", "--out", out, marks=marks)
    assert runs(marks) == {f"draw-{k}": 1 for k in range(5)}
    ended("run", "gains", "--seeds", "0:3", "--quick", "--out", tmp_path / "other",
          marks=marks)  # fmt: skip
    assert runs(marks)["draw-0"] == 2


def test_a_broken_kept_part_is_computed_again(tmp_path):
    ended("run", "gains", "--seeds", "0:3", "--out", tmp_path)
    first = numbers(tmp_path / "gains.json")
    for path in (tmp_path / "parts" / "gains").iterdir():
        path.write_text(path.read_text()[:40])
    code, _, err = ended("run", "gains", "--seeds", "0:3", "--out", tmp_path)
    assert code == 0 and "[3/3]" in err
    assert numbers(tmp_path / "gains.json") == first


def test_the_numbers_are_the_same_whatever_the_number_of_workers(tmp_path):
    for workers in (1, 3):
        code, _, err = ended(
            "run",
            "trained",
            "gains",
            "--seeds",
            "0:3",
            "--workers",
            workers,
            "--out",
            tmp_path / f"{workers}",
        )
        assert code == 0, err
    for name in ("trained.json", "gains.json"):
        assert numbers(tmp_path / "1" / name) == numbers(tmp_path / "3" / name)


def test_workers_have_one_thread(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    ended("run", "single-thread", "--seeds", "0:2", "--out", tmp_path)
    result = json.loads((tmp_path / "single-thread.json").read_text("utf-8"))
    assert result["parts"]["threads"] == {"OPENBLAS_NUM_THREADS": "1"}


def test_parts_that_measure_time_run_alone(tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    code, _, err = ended("run", "timed", "--workers", 3, "--out", tmp_path, marks=marks,
                         nap=0.05)  # fmt: skip
    assert code == 0, err
    parts = json.loads((tmp_path / "timed.json").read_text("utf-8"))["parts"]
    assert [parts[f"alone {k}"]["seen"] for k in range(4)] == [1] * 4


# --- what goes wrong ----------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("run", "gain"), ["unknown claim 'gain'", "gains"]),
        (("run", "gains", "nothing-like-it"), ["nothing-like-it"]),
        (("run", "gains", "--seeds", "20"), ["0:20", "'20'"]),
        (("run", "gains", "--seeds", "a:b"), ["'a:b'"]),
        (("run", "gains", "--seeds", "5:5"), ["two seeds"]),
        (("run", "gains", "--seeds", "9:2"), ["two seeds"]),
        (("run", "gains", "--seeds", "-4:2"), ["--seeds"]),
        (("run", "gains", "--seeds", "0:2000000"), ["999999"]),
        (("run", "gains", "--workers", "0"), ["from 1"]),
        (("run", "gains", "--workers", "2", "--dask", "tcp://x:1"), ["--workers"]),
        (("run",), ["CLAIM"]),
        (("dance",), ["dance"]),
        ((), ["COMMAND"]),
    ],
)
def test_a_wrong_command_is_refused(here, tmp_path, arguments, words):
    out = ("--out", tmp_path) if arguments[:1] == ("run",) else ()
    sentence(here(*arguments, *out), *words)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"format": 1}', '{"format": 99, "claim": "gains"}', "\x00\xff"],
)
def test_a_foreign_file_is_not_overwritten(here, tmp_path, content):
    path = tmp_path / "gains.json"
    path.write_text(content, "latin-1")
    sentence(here("run", "gains", "--out", tmp_path), "gains.json", "move it away")
    assert path.read_text("latin-1") == content
    assert [one.name for one in tmp_path.iterdir()] == ["gains.json"]
    sentence(here("report", "--out", tmp_path), "gains.json")


@pytest.fixture
def made(tmp_path):
    """A folder with the result of gains."""
    results.save(run(toy.ALL["gains"]), tmp_path)
    return tmp_path


def test_a_result_of_another_claim_is_foreign(here, made):
    shutil.copy(made / "gains.json", made / "trained.json")
    sentence(here("run", "trained", "--out", made), "trained.json", "gains")


def test_a_quick_run_does_not_replace_a_full_one(here, made):
    first = (made / "gains.json").read_text("utf-8")
    sentence(here("run", "gains", "--quick", "--out", made), "full run")
    assert (made / "gains.json").read_text("utf-8") == first


def test_only_a_full_run_in_a_checkout_replaces_stored_results(monkeypatch, tmp_path):
    assert experiments.default_out(False, None) == results.STORED
    others = {experiments.default_out(True, None), experiments.default_out(False, (1,))}
    assert len(others) == 2
    assert all("_build" in folder.parts for folder in others)
    monkeypatch.setattr(kept, "ROOT", tmp_path)
    assert experiments.default_out(False, None) == Path("experiments")


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("in the way")
    sentence_after_parts(ended("run", "gains", "--out", tmp_path / "file" / "out"))


def sentence_after_parts(end):
    code, out, err = end
    assert (code, out) == (2, "")
    assert "could not read or write" in err.splitlines()[-1]
    assert "Traceback" not in err


@linux
def test_a_full_disk_is_said_and_nothing_is_half_written(tmp_path):
    ended("run", "gains", "--seeds", "0:4", "--out", tmp_path)
    before = (tmp_path / "gains.json").read_text("utf-8")

    def no_room():
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))

    end = ended("run", "gains", "--seeds", "0:5", "--out", tmp_path, preexec_fn=no_room)
    sentence_after_parts(end)
    assert str(tmp_path) in end[2].splitlines()[-1]
    assert (tmp_path / "gains.json").read_text("utf-8") == before
    assert not list(tmp_path.rglob("*.part"))


@linux
def test_a_worker_that_dies_costs_only_its_part(tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    code, out, err = ended("run", "dies-once", "dies", "gains", "--out", tmp_path,
                           "--workers", 2, marks=marks)  # fmt: skip
    assert code == 1
    assert "dies: 'die' lost its worker 2 times" in err
    assert "dies-once: holds" in out and "gains: holds" in out
    assert not (tmp_path / "dies.json").exists()
    # Once more where both died at once, which nobody is blamed for
    assert runs(marks)["die"] in (2, 3) and runs(marks)["die-once"] == 2
    again = ended("run", "dies-once", "gains", "--out", tmp_path, marks=marks)
    assert again[0] == 0 and again[2] == ""


def test_a_part_that_fails_is_named_and_the_rest_goes_on(tmp_path):
    names = ("fails-to-run", "returns-strange-things", "cannot-be-judged", "gains")
    code, out, err = ended("run", *names, "--out", tmp_path)
    assert code == 1
    assert [line.split(":")[0] for line in out.splitlines()] == ["gains"]
    assert "fails-to-run: 'fail' failed: ZeroDivisionError: planted" in err
    assert "(toy.py, line " in err
    assert "returns-strange-things: 'strange' failed: TypeError" in err
    assert "cannot-be-judged: could not be judged: KeyError: 'planted'" in err
    assert {path.name for path in tmp_path.glob("*.json")} == {"gains.json"}


@linux
def test_ctrl_c_keeps_what_is_finished(tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    arguments = ("run", "gains", "--workers", 2, "--out", tmp_path)
    heard = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    # What runs in the background of a shell is deaf to Ctrl-C, and so are its children
    process = start(*arguments, marks=marks, nap=0.6, start_new_session=True,
                    preexec_fn=heard)  # fmt: skip
    seen = [process.stderr.readline() for _ in range(3)]
    # As a terminal does: to the command and to all its workers
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130 and all("gains" in line for line in seen)
    assert "Stopped; " in err and "of 12 parts are kept" in err
    assert "Traceback" not in err and not (tmp_path / "gains.json").exists()
    kept = len(list((tmp_path / "parts" / "gains").glob("*.json")))
    assert 3 <= kept < 12
    code, _, err = ended(*arguments, marks=marks)
    assert code == 0 and len(err.splitlines()) == 12 - kept


@linux
def test_no_worker_outlives_a_command_that_was_killed(tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    process = start("run", "gains", "--workers", 2, "--out", tmp_path, marks=marks,
                    nap=30)  # fmt: skip
    while not (workers := pids(marks)):
        time.sleep(0.05)
    process.kill()
    process.communicate()
    for _ in range(100):
        if not any(os.path.exists(f"/proc/{pid}") for pid in workers):
            break
        time.sleep(0.1)
    else:
        raise AssertionError(f"still there: {workers}")


def pids(marks):
    return {pid for path in marks.glob("*") for pid in path.read_text().split()}


# --- what is shown ------------------------------------------------------------------


@linux
def test_in_a_terminal_there_is_a_bar_with_the_time_left(tmp_path):
    leader, follower = pty.openpty()
    environment = dict(os.environ, TOY_NAP="0.1", COLUMNS="70", PYTHONPATH=str(ROOT))
    run = [sys.executable, "-c", SCRIPT, "run", "gains", "--out", str(tmp_path)]
    process = subprocess.Popen(run, cwd=ROOT, env=environment, stderr=follower,
                               stdout=subprocess.DEVNULL)  # fmt: skip
    assert process.wait(60) == 0
    os.close(follower)
    shown = os.read(leader, 100_000).decode()
    os.close(leader)
    frames = [frame for frame in shown.split("\r") if frame.startswith("[")]
    assert "12/12 parts" in frames[-1] and " left" not in frames[-1]
    assert any(" s left" in frame for frame in frames)
    assert all(len(frame.rstrip("\n")) <= 70 for frame in frames)


def test_json_is_json_and_nothing_else(here, tmp_path):
    code, out, _ = ended("run", "gains", "--seeds", "0:3", "--json", "--out", tmp_path)
    assert code == 0
    (result,) = json.loads(out)
    assert result["verdict"] in ("holds", "undecided") and result["seeds"] == [0, 1, 2]
    listed = json.loads(here("list", "--json")[1])
    assert listed[0]["id"] == "gains" and listed[0]["rule"] == "By its sign."


def test_the_report_shows_every_claim(here, made):
    code, out, _ = here("report", "--out", made)
    assert code == 0
    assert "gains" in out and "95 % interval" in out and "n = 12" in out
    assert out.splitlines()[-1] == "9 claims: 1 holds, 8 not run yet"
    rows = json.loads(here("report", "--json", "--out", made)[1])
    assert rows[0]["result"]["verdict"] == "holds" and "parts" not in rows[0]["result"]
    assert rows[1]["verdict"] == "not run yet" and "result" not in rows[1]


def test_results_are_judged_again_and_nothing_is_trained(here, made, monkeypatch):
    monkeypatch.setitem(toy.ALL, "gains", toy.claim("gains", toy.drawn(0)))
    before = results.load("gains", made)
    assert here("judge", "gains", "--out", made)[:2] == (0, "gains: holds. It is.\n")
    after = results.load("gains", made)
    assert after.sentence == "It is." != before.sentence
    assert after.redrawn == {"holds": 1.0}
    for name in ("parts", "seeds", "seconds", "versions", "settings"):
        assert getattr(after, name) == getattr(before, name)


def test_results_of_other_parts_are_not_judged(here, made, monkeypatch):
    monkeypatch.setitem(toy.ALL, "gains", toy.claim("gains", toy.timed))
    before = (made / "gains.json").read_text("utf-8")
    sentence(here("judge", "gains", "--out", made), "parts of gains", "run it")
    assert (made / "gains.json").read_text("utf-8") == before


def test_all_is_every_claim_once(tmp_path):
    code, out, err = ended("run", "all", "gains", "--quick", "--out", tmp_path)
    assert out.count("gains: ") == 1 and out.count("trained: ") == 1
    assert code == 1 and "fails-to-run" in err


def test_whoever_reads_may_stop_reading():
    script = "from lstm_core.experiments.__main__ import main; import sys"
    full = f"{sys.executable} -c '{script}; sys.exit(main())' report | head -1"
    end = subprocess.run(["bash", "-c", full], cwd=ROOT, capture_output=True, text=True)
    assert end.stderr == "" and len(end.stdout.splitlines()) == 1
