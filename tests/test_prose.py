"""Numbers in sentences: how they are written, and that the book finds them."""

import pytest
from myst_nb.ext import glue as myst

from lstm_core import prose
from lstm_core.experiments.claim import Effect
from lstm_core.experiments.results import Result


@pytest.mark.parametrize(
    "value, text",
    [
        (0, "0"),
        (19, "19"),
        (-3.0, "−3"),
        (-0.25, "−0.25"),
        (0.0066148, "0.00661"),
        (1234.56, "1235"),
        (1.7e-17, "1.7 × 10⁻¹⁷"),
        (-2.0e-9, "−2 × 10⁻⁹"),
        (4.25e20, "4.25 × 10²⁰"),
    ],
)
def test_numbers_read_like_a_sentence(value, text):
    assert prose.number(value) == text


def test_the_record_is_that_of_myst_nb(monkeypatch):
    """The same bundle and metadata as `myst_nb.glue`, which the build reads."""
    sent = []

    def catch(data, raw, metadata):
        sent.append((data, metadata))

    monkeypatch.setattr("IPython.display.display", catch)
    monkeypatch.setattr(myst, "ipy_display", catch)
    prose.glue(far_tail=1.7e-17)
    myst.glue("far-tail", "1.7 × 10⁻¹⁷", display=False)
    assert sent[0] == sent[1]


def effect(value, low, high, n=20, method="paired t over 20 seeds"):
    return Effect("loss", value, low, high, method, n)


@pytest.mark.parametrize(
    "given, text",
    [
        (effect(12.43, 9.8, 15.04), "12.4 (95 % interval 9.8 to 15.0, n = 20)"),
        (effect(-0.5, -1, 0), "−0.5 (95 % interval −1.0 to 0.0, n = 20)"),
        (effect(0.9, -1e-9, 1), "0.9 (95 % interval 0.0 to 1.0, n = 20)"),
        (effect(170, 100, 240), "170 (95 % interval 100 to 240, n = 20)"),
        (
            effect(0.0123, 0.0119, 0.0125),
            "0.01230 (95 % interval 0.01190 to 0.01250, n = 20)",
        ),
        (
            effect(2e-9, 1e-9, 3e-9),
            "2 × 10⁻⁹ (95 % interval 1 × 10⁻⁹ to 3 × 10⁻⁹, n = 20)",
        ),
        (effect(1, 0.8316, 1), "1.00 (95 % interval 0.83 to 1.00, n = 20)"),
        (effect(0, 0, 0), "0 (no spread, n = 20)"),
        (effect(0.25, 0.25, 0.25, 1, "exact"), "0.25 (exact)"),
    ],
)
def test_an_effect_reads_like_a_sentence(given, text):
    assert prose.effect_text(given) == text


def test_a_page_gets_the_effect_and_the_plain_numbers():
    numbers = {"reached": 12, "note": "all", "curve": [1.0, 2.0]}
    outcome = ("holds", "It does.", (effect(12.43, 9.8, 15.04),), numbers, {})
    result = Result("toy", "experiment", *outcome, [], False, {}, {}, 0.1)
    texts = prose.of(result)
    assert texts["effect"].startswith("12.4 (95 %") and texts["low"] == "9.8"
    assert (texts["reached"], texts["note"], texts["n"]) == (12, "all", 20)
    assert "curve" not in texts
