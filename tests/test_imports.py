"""Imports point one way, and the core needs NumPy alone."""

import ast
import json
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "lstm_core"

# Part of the package → the other parts that it may import.
CORE = {
    "names": "",
    "tree": "",
    "expect": "tree",
    "draws": "expect",
    "data": "",
    "tasks": "ctc data expect losses",
    "activations": "names",
    "padding": "tree",
    "cells": "activations draws expect",
    "unroll": "expect padding tree",
    "layers": "activations draws expect padding unroll",
    "fused": "activations cells layers losses padding tree unroll",
    "ctc": "expect padding",
    "losses": "activations ctc expect",
    "optim": "expect tree",
    "train": "expect optim tree",
    "traces": "expect tree unroll",
    "counters": "activations cells layers",
    "gradcheck": "tree unroll",
}
EVERYTHING = " ".join(CORE)
LEAVES = {
    "running": "",
    "palette": "",
    "symbolic": "names",  # and never activations: two statements of one mathematics
    "plotting": "palette prose traces",
    "prose": "",
    "peers": EVERYTHING,
    "experiments": EVERYTHING + " palette peers plotting prose symbolic",
    "exercises": EVERYTHING + " experiments running symbolic",
    "widgets": EVERYTHING + " experiments palette plotting prose running",
    "labs": EVERYTHING + " experiments palette plotting prose widgets",
}
ARROWS = {"": ""} | CORE | LEAVES
# Part → the libraries that it may import beside NumPy.
LIBRARIES = {
    "symbolic": "sympy",
    "plotting": "matplotlib",
    "prose": "IPython",
    "exercises": "sympy",
    "experiments": "distributed matplotlib sympy torch",
    "widgets": "anywidget ipywidgets minify traitlets",
    "labs": "IPython anywidget ipywidgets matplotlib",
}


def modules():
    """Dotted name within the package → source; the package itself is ""."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        found[name] = path.read_text(encoding="utf-8")
    return found


def imported(source, known):
    """(modules of the package, other libraries) that a source imports, anywhere."""
    full = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            full |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"write the import in full, line {node.lineno}"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            within = {n for n in names if n.removeprefix("lstm_core.") in known}
            full |= within or {node.module}
    own = {n for n in full if n.split(".")[0] == "lstm_core"}
    libraries = {n.split(".")[0] for n in full - own} - set(sys.stdlib_module_names)
    return {n.removeprefix("lstm_core").removeprefix(".") for n in own}, libraries


def part(module):
    return module.split(".")[0]


def wrong_arrows(sources):
    """A sentence for every import that the tables do not allow."""
    wrong = []
    for module, source in sources.items():
        if part(module) not in ARROWS:
            wrong.append(f"{module}: say in ARROWS what it may import")
            continue
        own, libraries = imported(source, sources)
        allowed = {part(module), *ARROWS[part(module)].split()}
        wrong += [f"{module} → {other}" for other in own if part(other) not in allowed]
        known = {"numpy", *LIBRARIES.get(part(module), "").split()}
        wrong += [f"{module} → {other}" for other in libraries - known]
    return sorted(wrong)


def test_imports_follow_the_arrows():
    assert wrong_arrows(modules()) == []


def test_no_module_imports_itself_in_a_circle():
    sources = modules()
    graph = {name: imported(source, sources)[0] for name, source in sources.items()}
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize(
    ("module", "line", "sentence"),
    [
        ("symbolic", "import lstm_core.activations", "symbolic → activations"),
        ("symbolic", "from lstm_core import activations", "symbolic → activations"),
        ("unroll", "from lstm_core.cells.lstm import LSTM", "unroll → cells.lstm"),
        ("cells.gate", "import lstm_core.unroll", "cells.gate → unroll"),
        ("tree", "def f():\n    import sympy.core", "tree → sympy"),
        ("", "from lstm_core import tree", " → tree"),
        ("novelty", "", "novelty: say in ARROWS what it may import"),
    ],
)
def test_a_wrong_arrow_is_seen(module, line, sentence):
    sources = modules()
    before = wrong_arrows(sources)
    sources[module] = sources.get(module, "") + "\n" + line
    assert set(wrong_arrows(sources)) - set(before) == {sentence}


def test_a_circle_is_seen():
    with pytest.raises(CycleError):
        TopologicalSorter({"a": {"b"}, "b": {"a"}}).prepare()


def test_the_core_imports_no_leaf():
    for allowed in CORE.values():
        assert not set(allowed.split()) & set(LEAVES)


def loaded_by(statement):
    """The libraries outside the standard library that a fresh Python loads for it."""
    script = (
        "import json, sys\nbefore = set(sys.modules)\n"
        f"{statement}\n"
        "new = set(sys.modules) - before\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in new})))"
    )
    command = [sys.executable, "-W", "error", "-c", script]
    run = subprocess.run(
        command, cwd=PACKAGE.parent, capture_output=True, text=True, check=True
    )
    return set(json.loads(run.stdout)) - set(sys.stdlib_module_names)


def test_importing_the_package_loads_numpy_at_most():
    assert loaded_by("import lstm_core") <= {"lstm_core", "numpy"}


def test_the_whole_core_needs_numpy_alone():
    names = [name for name in modules() if part(name) in CORE]
    statement = "\n".join(f"import lstm_core.{name}" for name in names)
    assert loaded_by(statement) == {"lstm_core", "numpy"}


def test_a_worker_starts_with_numpy_alone():
    statement = "import lstm_core.experiments.run, lstm_core.experiments.claims"
    # multiprocessing has a second name for the main module
    assert loaded_by(statement) - {"__mp_main__"} == {"lstm_core", "numpy"}


def test_a_leaf_would_be_seen():
    assert "sympy" in loaded_by("import lstm_core.symbolic")
