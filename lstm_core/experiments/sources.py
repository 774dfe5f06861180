"""What a number depends on: the code that made it and the versions of what ran it.

The code of a function is the module that it stands in and every module of the package
that this one imports, and that those import, and the data files beside them; comments,
docstrings and layout do not count.  A finished part is kept under a digest of it all,
so a number is never used again after the code that makes it has changed.

Chapter: claims.
"""

import ast
import hashlib
import platform
import re
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
LIBRARIES = ("numpy", "sympy", "torch", "keras")  # those that the code names count


def _read(folder):
    """Module → source, of a package that stands in `folder`."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = (folder.name, *path.relative_to(folder).with_suffix("").parts)
        name = ".".join(part for part in parts if part != "__init__")
        found[name] = path.read_text(encoding="utf-8")
    return found


# Read when this module is, so that a worker that has run for days tells the code that
# it has loaded, not the code that has been written since.
_SOURCES = _read(PACKAGE)


def fingerprint(function):
    """{"code": digest, "python": version, library: version} for a function."""
    code, libraries = code_of(function.__module__)
    found = {"code": code, "python": platform.python_version()}
    for library in libraries:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return found


@cache
def code_of(module):
    """(digest, names of libraries) of the code that a module can reach."""
    found = dict(_SOURCES)
    if module not in found:
        path = getattr(sys.modules.get(module), "__file__", None)
        found[module] = Path(path).read_text("utf-8") if path else ""
    trees = {name: _bare(found[name]) for name in reached(module, found)}
    total = hashlib.sha256()
    for name, tree in trees.items():
        total.update(f"{name} {tree}\n".encode() + _data(name))
    everything = "\n".join(trees.values())
    used = [one for one in LIBRARIES if re.search(f"'{one}[.']", everything)]
    return total.hexdigest()[:16], tuple(used)


def reached(module, sources):
    """The modules that one can reach by its imports, itself included, sorted."""
    found, todo = set(), [module]
    while todo:
        name = todo.pop()
        if name in sources and name not in found:
            found.add(name)
            todo += [name.rpartition(".")[0], *_imports(sources[name])]
    return sorted(found)


def _imports(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _bare(source):
    """The source as a tree without its docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_text(body[0]):
            body[0] = ast.Pass()
    return ast.dump(tree)


def _is_text(node):
    constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return constant and isinstance(node.value.value, str)


def _data(name):
    """A digest of the data files that stand beside the modules of a package."""
    total = hashlib.sha256()
    folder = PACKAGE.parent.joinpath(*name.split("."))
    if folder.is_dir():
        for path in sorted(folder.glob("*.npz")):
            total.update(path.name.encode() + path.read_bytes())
    return total.digest()
