"""The script that brings the static figures of a page to life, without a kernel."""

import functools
import json

from lstm_core.widgets import assets
from lstm_core.widgets.cell import Cell
from lstm_core.widgets.flow import Flow
from lstm_core.widgets.gate import Gate
from lstm_core.widgets.squasher import Squasher
from lstm_core.widgets.swaplab import SwapLab

EXPLORABLES = (Squasher, Cell, SwapLab, Gate, Flow)


@functools.cache
def page_script():
    """The text of explorables.js: one classic script, all modules embedded.

    Include it once, after the figures or with `defer`.  It needs no network and works
    from file://.
    """
    modules = {f"{cls.NAME}.js": cls.module() for cls in EXPLORABLES}
    modules["predict.js"] = assets.source("predict.js")
    loader = assets.source("page.js")
    sources = {}
    for text in (loader, *modules.values()):
        sources.update(assets.closure(text))
    sources.update(modules)
    # "</script>" must not end the script of a page that writes it inline
    embedded = json.dumps(sources, ensure_ascii=False).replace("</", "<\\/")
    return loader.replace("/* SOURCES */ {}", embedded)
