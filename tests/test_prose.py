"""Numbers in sentences: how they are written, and that the book finds them."""

import pytest
from myst_nb.ext import glue as myst

from lstm_core import prose


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
