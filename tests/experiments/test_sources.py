"""A kept number is used only while everything that it depends on is as it was."""

import pytest

from lstm_core.experiments import kept, results, sources
from lstm_core.experiments.claim import Part
from lstm_core.experiments.run import run_all
from tests.experiments import toy
from tests.experiments.command import runs

MODULES = {
    "p": "",
    "p.claims": "from p import core\n",
    "p.core": '"""What it is."""\nimport p.deep as deep  # why\n\n'
    "def f():\n    return 1\n",
    "p.deep": "def g():\n    def h():\n        import p.late\n",
    "p.late": "x = 1\n",
    "p.other": "import p.core\n",
}


def digest(monkeypatch, **changed):
    """The digest of p.claims with some sources changed."""
    monkeypatch.setattr(sources, "_SOURCES", MODULES | {
        f"p.{name}": text for name, text in changed.items()
    })  # fmt: skip
    sources.code_of.cache_clear()
    found = sources.code_of("p.claims")[0]
    sources.code_of.cache_clear()
    return found


def test_what_a_module_reaches():
    assert sources.reached("p.claims", MODULES) == [
        "p", "p.claims", "p.core", "p.deep", "p.late"]  # fmt: skip


def test_code_of_the_book_is_reached():
    found = sources.reached("lstm_core.experiments.claims.gates", sources._SOURCES)
    assert {"lstm_core.cells.lstm", "lstm_core.fused", "lstm_core.optim"} <= set(found)
    assert not any(name.startswith("lstm_core.widgets") for name in found)


@pytest.mark.parametrize(
    "changed",
    [
        {"claims": "from p import core\nRATE = 2\n"},
        {"core": MODULES["p.core"].replace("return 1", "return 2")},
        {"deep": MODULES["p.deep"] + "y = 2\n"},
        {"late": "x = 2\n"},
        {"late": "x = 1.0\n"},
    ],
)
def test_changed_code_has_another_digest(monkeypatch, changed):
    assert digest(monkeypatch, **changed) != digest(monkeypatch)


@pytest.mark.parametrize(
    "changed",
    [
        {"other": "z = 3\n"},
        {"core": MODULES["p.core"].replace("# why", "# for another reason")},
        {"core": MODULES["p.core"].replace("What it is.", "What it was.")},
        {"core": MODULES["p.core"].replace("\n\ndef", "\n\n\ndef")},
    ],
)
def test_words_and_other_modules_do_not_count(monkeypatch, changed):
    assert digest(monkeypatch, **changed) == digest(monkeypatch)


def test_data_files_count(monkeypatch, tmp_path):
    before = sources._data("lstm_core.data")
    folder = tmp_path / "lstm_core" / "data"
    folder.mkdir(parents=True)
    (folder / "digits.npz").write_bytes(b"other digits")
    monkeypatch.setattr(sources, "PACKAGE", tmp_path / "lstm_core")
    assert sources._data("lstm_core.data") != before


def test_libraries_count_where_the_code_names_them():
    assert "numpy" in sources.fingerprint(toy.train)
    assert "torch" not in sources.fingerprint(toy.train)
    _, used = sources.code_of("lstm_core.symbolic")
    assert used == ("sympy",)


PART = Part("seed 0", toy.draw, {"seed": 0, "shift": 2.0})


def test_everything_a_number_depends_on_is_in_its_name(monkeypatch):
    gains, trained = toy.ALL["gains"], toy.ALL["trained"]
    base = kept.identity(gains, PART, False)
    others = [
        kept.identity(trained, PART, False),
        kept.identity(gains, PART, True),
        kept.identity(gains, PART._replace(key="seed 1"), False),
        kept.identity(gains, PART._replace(run=toy.train), False),
        kept.identity(gains, PART._replace(settings={"seed": 0, "shift": 1}), False),
    ]
    for name in ("code_of", "platform.python_version", "metadata.version"):
        with monkeypatch.context() as patch:
            changed = ("other", ("numpy",)) if name == "code_of" else "0.1"
            patch.setattr(f"lstm_core.experiments.sources.{name}", lambda *_: changed)
            others.append(kept.identity(gains, PART, False))
    names = {kept._path("", who) for who in (base, *others)}
    assert len(names) == 1 + len(others) == 9
    assert kept._path("", base) == kept._path("", kept.identity(gains, PART, False))


def test_changed_code_is_run_again(monkeypatch, tmp_path):
    (tmp_path / "marks").mkdir()
    monkeypatch.setattr(toy, "MARKS", str(tmp_path / "marks"))
    for code in ("one", "one", "two"):
        monkeypatch.setattr(sources, "code_of", lambda _, code=code: (code, ("numpy",)))
        list(run_all([toy.ALL["gains"]], range(2), folder=tmp_path / "parts"))
    assert runs(tmp_path / "marks") == {"draw-0": 2, "draw-1": 2}


def test_a_kept_part_comes_back_as_it_was(tmp_path):
    who = kept.identity(toy.ALL["gains"], PART, False)
    value = {"list": [1, 2.5, float("inf")], "text": "-0", "none": None}
    kept.save(tmp_path, who, kept.Finished(value, 1.5))
    assert kept.load(tmp_path, who) == kept.Finished(value, 1.5)
    assert kept.load(tmp_path, who | {"quick": True}) is None


def test_a_file_of_the_same_name_that_is_of_another_part_is_not_used(tmp_path):
    who = kept.identity(toy.ALL["gains"], PART, False)
    kept.save(tmp_path, who, kept.Finished({"value": 1.0}, 1.5))
    path = kept._path(tmp_path, who)
    results.write(path, results.read(path) | {"identity": who | {"key": "other"}})
    assert kept.load(tmp_path, who) is None


def test_stored_results_keep_their_parts_out_of_the_package(tmp_path):
    folder = kept.folder_beside(results.STORED)
    assert not folder.is_relative_to(sources.PACKAGE) and "_build" in folder.parts
    assert kept.folder_beside(tmp_path) == tmp_path / "parts"
