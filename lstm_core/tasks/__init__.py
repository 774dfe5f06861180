"""Tasks: what networks are trained on, drawn from a seeded generator.

Every task is a frozen record with

    D, K           sizes of the input and of the output
    loss           the function of `lstm_core.losses` that it is learnt by
    draw(rng)      a `Batch` of B sequences, always the same from the same rng
    correct(ys, batch)   of outputs ys (T, B, K): which sequences are perfect,
                         booleans (B,), or (E, B) for an ensemble

and its docstring says what a perfect answer is.  rng is numpy's Generator or
`lstm_core.draws.Draws`; dtype is the type of xs, to be that of the parameters.
"""

from lstm_core.tasks.batch import Batch, exact, side_by_side
from lstm_core.tasks.digits import Columns, DigitStrings, Rows
from lstm_core.tasks.lags import Adding, TemporalOrder
from lstm_core.tasks.languages import Brackets, Runs
from lstm_core.tasks.memory import Copy, Register
from lstm_core.tasks.text import Text

__all__ = [
    "Adding",
    "Batch",
    "Brackets",
    "Columns",
    "Copy",
    "DigitStrings",
    "Register",
    "Rows",
    "Runs",
    "TemporalOrder",
    "Text",
    "exact",
    "side_by_side",
]
