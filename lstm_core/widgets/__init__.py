"""Explorables: pictures that move, in Jupyter and on the static page alike.

`Squasher`, `Cell`, `SwapLab`, `Gate`, `Flow`, `CounterBench`, `Saturation`,
`Reader` and `BetweenLayers` are widgets (on anywidget, so with traits, `observe` and
`link`) whose drawing and arithmetic happen in the page: no kernel is needed.
`page_scripts()`, `data_scripts()` and `stylesheet()` are the files that bring their
static figures to life on a web page, also one opened from disk.
"""

from lstm_core.widgets.assets import stylesheet
from lstm_core.widgets.between import BetweenLayers
from lstm_core.widgets.cell import Cell
from lstm_core.widgets.counterbench import CounterBench
from lstm_core.widgets.flow import Flow
from lstm_core.widgets.gate import Gate
from lstm_core.widgets.page import EXPLORABLES, data_scripts, page_scripts
from lstm_core.widgets.reader import Reader
from lstm_core.widgets.saturation import Saturation
from lstm_core.widgets.squasher import Squasher
from lstm_core.widgets.swaplab import SwapLab

__all__ = [
    "EXPLORABLES",
    "BetweenLayers",
    "Cell",
    "CounterBench",
    "Flow",
    "Gate",
    "Reader",
    "Saturation",
    "Squasher",
    "SwapLab",
    "data_scripts",
    "page_scripts",
    "stylesheet",
]
