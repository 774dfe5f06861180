"""The cell: one step of a scalar LSTM in equation, diagram, plot and numbers."""

from lstm_core.widgets import still
from lstm_core.widgets.base import Explorable


class Cell(Explorable):
    """One LSTM step of a scalar cell."""

    NAME = "cell"

    def still(self):
        return still.picture(40, "A cell"), "A cell"
