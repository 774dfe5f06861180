"""The scripts that bring the static figures of a page to life, without a kernel.

A page loads one common script, `explorables.js`, and one for each large explorable that
it shows; a browser keeps them from page to page.  All are classic scripts, since a page
opened from disk may load no module: each hands over the texts of ES modules, and the
loader inside the common one mounts the figures (static/page.js).

The texts are minified where the package tdewolff-minify is installed, as it is where
the site is built, and left as they are elsewhere: they do the same.

Data too large to come with every page, such as trained weights, comes on demand.  An
explorable names it, `DATA = ("reader",)`, and `lstm_core/widgets/static/reader.json`
holds it; its module awaits it where it needs it:

    import { fetched } from "./kit.js";
    render(given) {
      ...
      const weights = await fetched(given, "reader");

On a page this loads a classic script from beside the common one, also from file://; in
Jupyter the data comes with the widget, as its trait `_data`.  `fetched` rejects with a
sentence when the data cannot be had.  `render` itself must not wait: it draws, returns
its cleanup, and shows what is fetched when it is there.
"""

import functools
import hashlib
import json

from lstm_core.widgets import assets
from lstm_core.widgets.between import BetweenLayers
from lstm_core.widgets.cell import Cell
from lstm_core.widgets.counterbench import CounterBench
from lstm_core.widgets.flow import Flow
from lstm_core.widgets.gate import Gate
from lstm_core.widgets.reader import Reader
from lstm_core.widgets.saturation import Saturation
from lstm_core.widgets.squasher import Squasher
from lstm_core.widgets.swaplab import SwapLab

EXPLORABLES = (
    Squasher,
    Cell,
    SwapLab,
    Gate,
    Flow,
    CounterBench,
    Saturation,
    Reader,
    BetweenLayers,
)
COMMON = "explorables.js"
# Texts weigh less when they are compressed together, so explorables share the common
# script; only these two are so large that pages without them are better off.
LARGE = ("cell", "swaplab")


def page_scripts(*names):
    """The scripts of a page, {file name: text}, in the order in which to include them.

    names: the explorables on the page (their `NAME`), and "predict" where it asks the
    reader questions; all of these unless given.  Include the files once, after the
    figures or with `defer`, side by side in one folder, `data_scripts` with them.
    """
    known = _modules()
    shown = [name for name in names or known if name in known]  # others stand still
    wanted = {file for name in shown for file in _files(name)}
    return {file: text for file, text in _scripts().items() if file in wanted}


@functools.cache
def data_scripts():
    """The scripts that are loaded on demand, {file name: text}."""
    texts = {}
    for name, file in _data_files().items():
        value = json.dumps(assets.data(name), ensure_ascii=False, separators=(",", ":"))
        into = f"(globalThis.explorableData ??= {{}})[{json.dumps(name)}]"
        texts[file] = f"{into} = {value};\n"
    return texts


def _modules():
    """The module of each explorable, and of the questions, {name: text}."""
    modules = {cls.NAME: cls.module() for cls in EXPLORABLES}
    return {**modules, "predict": assets.source("predict.js")}


def _files(name):
    """The scripts that one explorable needs."""
    return {COMMON, _home({name})}


def _home(users):
    """In which script a module comes that these explorables need."""
    first, *others = users
    return f"{first}.js" if first in LARGE and not others else COMMON


@functools.cache
def _scripts():
    """All scripts, {file name: text}; the loader comes last, when all else is there."""
    texts, users = {}, {}
    for name, text in _modules().items():
        for module, inside in {**assets.closure(text), f"{name}.js": text}.items():
            texts[module] = inside
            users.setdefault(module, set()).add(name)
    made = {file: {} for file in (*(f"{name}.js" for name in LARGE), COMMON)}
    for module, text in texts.items():
        made[_home(users[module])][module] = minified(text)
    files = {file: _handed_over(modules) for file, modules in made.items()}
    return {**files, COMMON: files[COMMON] + _loader()}


def minified(text):
    """The same program in fewer bytes, or as it is without the package for it."""
    try:
        import minify
    except ImportError:
        return text
    return minify.string("text/javascript", text)


def _handed_over(modules):
    """A classic script that keeps the texts of modules for the loader."""
    entries = [
        f"{json.dumps(name)}: {_literal(text)}" for name, text in modules.items()
    ]
    into = "(globalThis.explorableModules ??= {})"
    return f"Object.assign({into}, {{\n" + ",\n".join(entries) + "});\n"


def _literal(text):
    """A string in the quotes that the modules use least, so that few need an escape."""
    for special, written in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n")):
        text = text.replace(special, written)
    # "</script>" must not end the script of a page that writes it inline
    return "'" + text.replace("</", "<\\/") + "'"


def _loader():
    files = json.dumps(_data_files())
    loader = minified(assets.source("page.js"))
    return f"globalThis.explorableFiles = {files};\n{loader}"


def _data_files():
    """The script of each piece of data; its name changes with what it holds."""
    names = {name for cls in EXPLORABLES for name in cls.DATA}
    return {name: f"{name}-{_digest(assets.data(name))}.js" for name in sorted(names)}


def _digest(value):
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:8]
