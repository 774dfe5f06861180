"""A book of a few lines in a folder of its own, built like the real one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
HEAD = """---
myst:
  html_meta:
    description: "About {name}."
{kernel}---
"""
KERNEL = "file_format: mystnb\nkernelspec: {name: python3, display_name: Python 3}\n"
BIBLIOGRAPHY = "# Bibliography\n\n```{bibliography}\n```\n"
BUILD = "from jupyter_book.cli.main import main; main()"


class TinyBook:
    """The settings, extension, assets and sources of the book with other pages.

    `pages` maps the name of a page to its Markdown; one that has a code cell is run.
    """

    def __init__(self, folder, pages):
        self.folder = Path(folder)
        shutil.copy(ROOT / "_config.yml", self.folder)
        for part in ("_ext", "assets"):
            shutil.copytree(ROOT / "book" / part, self.folder / "book" / part)
        shutil.copy(ROOT / "book" / "references.bib", self.folder / "book")
        for name, text in {**pages, "bibliography": BIBLIOGRAPHY}.items():
            self.write(name, text)
        self.contents([name for name in pages if name != "index"])

    def write(self, name, text):
        path = self.folder / "book" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        kernel = KERNEL if "{code-cell}" in text else ""
        path.write_text(HEAD.format(name=name, kernel=kernel) + text, "utf-8")

    def contents(self, names):
        chapters = [{"file": f"book/{name}.md"} for name in names]
        last = [{"file": "book/bibliography.md"}]
        toc = {
            "format": "jb-book",
            "root": "book/index.md",
            "parts": [
                {"caption": "Part", "numbered": 1, "chapters": chapters},
                {"caption": "End", "chapters": last},
            ],
        }
        (self.folder / "_toc.yml").write_text(yaml.safe_dump(toc), "utf-8")

    def build(self, **variables):
        """Run Jupyter Book as the real book is built; messages are in `stdout`."""
        options = ("build", ".", "-W", "-n", "--keep-going")
        return self.run("-c", BUILD, *options, **variables)

    def run(self, *arguments, **variables):
        # The package comes from the repository, not from this folder
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=environment,
            text=True,
            encoding="utf-8",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def page(self, name):
        path = self.folder / "_build" / "html" / f"{name}.html"
        return path.read_text("utf-8")
