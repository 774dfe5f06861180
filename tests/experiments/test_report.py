"""The ledger in a terminal and on its page, whatever results there are."""

import re

import pytest
from bs4 import BeautifulSoup

from lstm_core.experiments import claims, report, results, stats
from lstm_core.experiments.run import run
from tests.experiments import toy
from tests.tiny_book import ROOT, TinyBook

PAGE = """# Claims

```{code-cell} ipython3
:tags: [remove-input]

from lstm_core.experiments import report

report.cards()
```
"""


@pytest.fixture
def some(tmp_path, monkeypatch):
    """The toys, of which one has a result, in a folder."""
    monkeypatch.setattr(claims, "ALL", toy.ALL)
    results.save(run(toy.ALL["gains"]), tmp_path)
    return tmp_path


def test_it_is_there_before_any_result(tmp_path):
    rows = report.ledger(tmp_path)
    assert [row.id for row in rows] == list(claims.NAMES)
    assert {row.verdict for row in rows} == {report.PENDING}
    html = report.Cards(rows)._repr_html_()
    assert all(f'id="{row.id}"' in html for row in rows)


def test_a_row_says_who_says_so_and_what_came_out(some):
    (row, *others) = report.ledger(some)
    assert (row.statement, row.source, row.verdict) == ("It is so.", "A test.", "holds")
    assert re.fullmatch(r"gain: \d\.\d+ \(95 % interval .* to .*, n = 12\)", row.effect)
    assert row.command == "python -m lstm_core.experiments run gains"
    assert report.counts([row, *others]) == {"holds": 1, report.PENDING: 8}


def test_a_card_has_everything_and_no_markup_of_others(some):
    odd = report.ledger(some)[0]._replace(statement="`relu` < 1 & <b>so</b>")
    soup = BeautifulSoup(report.Cards([odd])._repr_html_(), "html.parser")
    card = soup.find(id="gains")
    words = card.get_text()
    assert "relu < 1 & <b>so</b>" in words and "paired t over 12 seeds" in words
    assert "experiments run gains" in words and card.find("b") is None
    assert [tag.get_text() for tag in card.find_all("code")][0] == "relu"
    assert card["class"] == ["holds"]


def test_cards_come_in_the_order_of_the_chapters(some, monkeypatch):
    order = {"gains": "later", "trained": "first"}
    shuffled = {name: toy.claim(name, toy.drawn(0)) for name in order}
    for name, chapter in order.items():
        object.__setattr__(shuffled[name], "chapter", chapter)
    monkeypatch.setattr(claims, "ALL", shuffled)
    monkeypatch.setattr(report, "pages", lambda: ["first", "later"])
    made = report.cards(some)
    assert [row.id for row in made.rows] == ["trained", "gains"]
    html = made._repr_html_()
    assert 'href="later.ipynb"' in html
    made.chapters = ("first",)
    assert "later.ipynb" not in made._repr_html_()


def test_pages_are_those_of_the_contents(tmp_path):
    (tmp_path / "_toc.yml").write_text(
        "chapters:\n  - file: book/one-step.md\n      - file: book/solutions/gates.md\n"
        "  - file: book/claims.md\n"
    )
    assert report.pages(tmp_path / "_toc.yml") == ["one-step", "claims"]
    assert report.pages(tmp_path / "nothing.yml") == []
    assert "one-step" in report.pages()


def test_every_claim_names_a_page_of_the_book():
    chapters = {path.stem for path in (ROOT / "book").glob("*.md")}
    planned = {"gates", "candidate", "output", "counter", "saturation", "gradients",
               "swap", "stacking", "history"}  # fmt: skip
    for claim in claims.ALL.values():
        assert claim.chapter in chapters | planned, claim.id


def test_an_outcome_without_effects_is_shown(tmp_path, monkeypatch):
    bare = run(toy.ALL["gains"])._replace(effects=())
    monkeypatch.setattr(claims, "ALL", {"gains": toy.ALL["gains"]})
    results.save(bare, tmp_path)
    (row,) = report.ledger(tmp_path)
    assert row.effect == "" and "Holds:" in report.Cards([row])._repr_html_()


def test_failures_are_shown(tmp_path, monkeypatch):
    lost = {
        "diverged": {"tanh": 0, "ReLU": 2},
        "did not learn": 3,
        "odd": {"a": [0, 4]},
    }
    assert report.failures_text(lost) == (
        "Seeds that failed: diverged: ReLU (2); did not learn: (3); odd: a (4)."
    )
    assert report.failures_text({"diverged": {"tanh": 0}}).startswith("No seed")
    assert report.failures_text({}) == ""
    monkeypatch.setattr(claims, "ALL", {"gains": toy.ALL["gains"]})
    results.save(run(toy.ALL["gains"])._replace(failures=lost), tmp_path)
    rows = report.ledger(tmp_path)
    assert "ReLU (2)" in report.as_text(rows)
    assert "ReLU (2)" in report.Cards(rows)._repr_html_()


def test_functions_are_called_as_in_the_chapters():
    code = "relu(x), activation='relu'"
    said = f"hard_tanh against sigmoid; {code}: tempered_sigmoid(16) (3)"
    words = "hard tanh against σ; relu(x), activation='relu': σ(16z) (3)"
    assert report.called(said) == words
    for row in report.ledger():
        told = row.sentence + row.effect + row.failures
        assert not re.search(r"\w_(sigmoid|tanh|relu)|sigmoid_", told), row.id


def test_the_exact_interval_of_all_is_told_with_its_n():
    assert "n = 20" in report.effect_text(stats.proportion("share", 20, 20))


def test_the_page_builds_and_is_linked_to(tmp_path):
    book = TinyBook(tmp_path, {
        "index": "# Start\n\nSee {claim}`gate-range` and {claim}`this <mask>`.\n",
        "claims": PAGE,
    })  # fmt: skip
    built = book.build()
    assert built.returncode == 0, built.stdout[-4000:]
    pages = tmp_path / "_build" / "html" / "book"
    start = BeautifulSoup((pages / "index.html").read_text("utf-8"), "html.parser")
    links = {tag["href"]: tag.get_text() for tag in start.select("a.claim")}
    assert links == {"claims.html#gate-range": "gate-range", "claims.html#mask": "this"}
    cards = BeautifulSoup((pages / "claims.html").read_text("utf-8"), "html.parser")
    assert cards.find(id="gate-range") and cards.find(id="mask")


def test_a_link_to_no_claim_stops_the_build(tmp_path):
    book = TinyBook(tmp_path, {
        "index": "# Start\n\nSee it.\n", "it": "# It\n\nSee {claim}`gate-rage`.\n",
    })  # fmt: skip
    built = book.build()
    assert built.returncode and "there is no claim 'gate-rage'" in built.stdout
