"""Progress is shown, kept in a file, and never lost to a file of another kind."""

import json
from pathlib import Path

import pytest
import yaml

from lstm_core import exercises
from lstm_core.exercises import record
from lstm_core.exercises.mechanism import Exercise, Registry
from lstm_core.exercises.verdict import Wrong

ROOT = Path(__file__).parents[2]
NUMBERS = ("1.1", "1.2", "2.1", "2.2")


def judge(answer):
    if answer != "right":
        raise Wrong("right", "something else")
    return "Well done."


@pytest.fixture
def registry():
    return Registry(tuple(Exercise(n, "Do.", judge, ("look",)) for n in NUMBERS))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "progress.json"


def begin(registry):
    registry.check("1.1", "right")
    registry.check("2.1", "wrong")
    registry.check("2.2")
    return registry


def table(registry):
    return record.table(registry, ("one_step", "squashers"))


def test_the_table_tells_solved_tried_and_open(registry):
    first, second = table(begin(registry)).rows
    assert (first.solved, first.tried, first.open) == (("1.1",), (), ("1.2",))
    assert (second.solved, second.tried, second.open) == ((), ("2.1",), ("2.2",))
    said = repr(table(registry))
    assert said.startswith("Solved 1 of 4 exercises.")
    assert "1 one step" in said


def test_the_table_has_heads_and_a_caption(registry):
    shown = table(registry)._repr_html_()
    assert "<caption>Solved 0 of 4" in shown
    assert shown.count('scope="col"') == 4 and shown.count('scope="row"') == 2


def test_what_is_solved_stays_solved(registry):
    registry.check("1.1", "right")
    registry.check("1.1", "wrong")
    assert table(registry).rows[0].solved == ("1.1",)


def test_saved_progress_is_loaded_into_a_new_session(registry, file):
    assert record.save(begin(registry), file)
    fresh = Registry(tuple(registry.exercises.values()))
    notice = record.load(fresh, str(file))
    assert notice and "1 of 4" in repr(notice)
    assert (fresh.solved, fresh.tried) == ({"1.1"}, {"1.1", "2.1"})


def test_saving_keeps_what_the_file_already_says(registry, file):
    record.save(begin(registry), file)
    fresh = Registry(tuple(registry.exercises.values()))
    fresh.check("2.1", "right")
    assert record.save(fresh, file)
    found = json.loads(file.read_text())
    assert found == {"book": record.BOOK, "solved": ["1.1", "2.1"], "tried": []}


def test_exercises_of_another_edition_are_kept_in_the_file(registry, file):
    text = {"book": record.BOOK, "solved": ["10.1", "2.2", "x.y"], "tried": []}
    file.write_text(json.dumps(text))
    assert record.load(registry, file) and registry.solved == {"2.2"}
    record.save(registry, file)
    assert json.loads(file.read_text())["solved"] == ["2.2", "10.1", "x.y"]


FOREIGN = {
    "empty": b"",
    "text": b"my notes",
    "bytes": bytes(range(256)),
    "cut": b'{"book": "Sigmoid Gates, Tanh Candidates", "solved": ["1.1"',
    "list": b"[1, 2]",
    "another book": b'{"book": "Another", "solved": [], "tried": []}',
    "no lists": b'{"book": "Sigmoid Gates, Tanh Candidates"}',
    "numbers": b'{"book": "Sigmoid Gates, Tanh Candidates", "solved": [1], "tried":[]}',
    "deep": b"[" * 50_000,
    "large": b'{"a": "' + b"x" * 200_000 + b'"}',
    "notebook": (ROOT / "book/one-step.ipynb").read_bytes(),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_or_damaged_file_changes_nothing_and_is_not_overwritten(
    registry, file, kind
):
    file.write_bytes(FOREIGN[kind])
    begin(registry)
    before = (set(registry.solved), set(registry.tried))
    for notice in (record.load(registry, file), record.save(registry, file)):
        assert not notice
        assert "progress.json" in notice.text and "Nothing was" in notice.text
        assert len(notice.text) < 400 and "Traceback" not in notice.text
    assert (registry.solved, registry.tried) == before
    assert file.read_bytes() == FOREIGN[kind]
    assert [one.name for one in file.parent.iterdir()] == ["progress.json"]


class Hostile:
    def __fspath__(self):
        raise TypeError("no")

    def __repr__(self):
        raise RuntimeError("no")

    __str__ = __repr__


@pytest.mark.parametrize(
    "path", [None, 3, "", ".", "no/such/folder/p.json", "a\0b", "x" * 5000, Hostile()]
)
def test_a_path_that_is_none_gets_a_sentence(registry, tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    for notice in (record.load(registry, path), record.save(registry, path)):
        assert not notice and len(notice.text) < 400
    assert not list(tmp_path.iterdir())


def test_a_failed_write_leaves_the_old_file(registry, file, monkeypatch):
    record.save(registry, file)
    before = file.read_bytes()

    def replace(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(record.os, "replace", replace)
    notice = record.save(begin(registry), file)
    assert not notice and "No space left" in notice.text
    assert file.read_bytes() == before
    assert [one.name for one in file.parent.iterdir()] == ["progress.json"]


def test_the_file_is_offered_for_download(registry, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = record.save(registry, 'a"b.json')._repr_html_()
    assert '<a href="a&quot;b.json" download>' in shown
    assert "download" in record.save(registry, "progress.json").text


def test_the_book_and_its_files_have_one_name():
    assert yaml.safe_load((ROOT / "_config.yml").read_text())["title"] == record.BOOK


def test_every_exercise_of_the_book_is_in_the_table():
    rows = exercises.progress().rows
    listed = [n for row in rows for n in (*row.solved, *row.tried, *row.open)]
    assert sorted(listed) == sorted(exercises.REGISTRY.exercises)
    names = [row.name.replace(" ", "_") for row in rows]
    assert names == [n for n in exercises.CHAPTERS if n in names]
