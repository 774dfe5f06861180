"""The notebooks beside the chapters: python tools/notebooks.py [--check].

A chapter is written in MyST Markdown, which JupyterLab and Colab show raw: numbers
glued into sentences, included code and references would vanish where students work.
Here Sphinx reads and runs the chapters as it does for the site, and what it understood
is written as plain Markdown and code cells, without outputs. The same chapters always
give the same bytes.
"""

import argparse
import hashlib
import os
import re
import sys
import tempfile
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from urllib.parse import parse_qsl

import nbformat
from docutils import nodes
from jupyter_book.config import get_final_config
from myst_nb.core.read import read_myst_markdown_notebook
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.util.docutils import docutils_namespace, patch_docutils

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from lstm_core.widgets import EXPLORABLES  # noqa: E402

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
INSTALL = """\
# In Google Colab this installs the code of the book; elsewhere it does nothing.
import importlib.util
import sys

if "google.colab" in sys.modules and not importlib.util.find_spec("lstm_core"):
    %pip install -q anywidget git+{address}@{branch}"""
PROGRESS = (
    """\
### What you have solved

Each notebook keeps its own list until it closes. `save()` writes it to a file, \
`progress.json` beside the notebook, and `load()` reads it, in this chapter or in \
another.""",
    """\
from lstm_core.exercises import load, progress, save

# load()
# save()
progress()""",
)


class Target(Builder):
    """Tells Sphinx what the pages become, so that its links lead there."""

    name = "notebooks"
    format = "ipynb"

    def get_outdated_docs(self):
        return []

    def get_target_uri(self, docname, typ=None):
        return docname + (".ipynb" if has_notebook(self.env, docname) else ".md")


def has_notebook(env, docname):
    """Chapters become notebooks; solutions do not, they would give answers away."""
    runs = "kernelspec" in env.metadata.get(docname, {})
    return runs and "solutions" not in docname.split("/")


# --- Markdown ---------------------------------------------------------------------


def escape(text):
    """Text in which Markdown finds nothing to format."""
    text = re.sub(r"([\\`*\[\]$])", r"\\\1", " ".join(text.split("\n")))
    text = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\_", text)
    return text.replace("&", "&amp;").replace("<", "&lt;")


def code_span(text):
    fence = "``" if "`" in text else "`"
    pad = " " if fence == "``" else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def indent(text, first, rest):
    """The lines of a text, the first after `first`, all others after `rest`."""
    top, *lines = text.split("\n")
    return "\n".join([first + top, *((rest + line).rstrip() for line in lines)])


def quote(text):
    return indent(text, "> ", "> ")


def latex(node):
    """A formula for MathJax, which knows no colours of slots."""
    text = re.sub(r"\\slot\{\w+\}", "", node.astext())
    return re.sub(r"\n\s*\n", "\n", text.strip())


def call(target):
    """The Python that sets a figure as the link does: cell?t=2 is Cell(t=2)."""
    name, _, state = target.partition("?")
    kinds = {kind.NAME: kind.__name__ for kind in EXPLORABLES}
    pairs = [f"{key}={literal(text)}" for key, text in parse_qsl(state)]
    return f"{kinds.get(name, name)}({', '.join(pairs)})"


def literal(text):
    if text in ("true", "false"):
        return text.capitalize()
    number = re.fullmatch(r"-?\d+(\.\d+)?", text)
    return text if number else f'"{text}"'


def plain_html(text):
    """Raw HTML without what only the site's style sheet gives a meaning."""
    return re.sub(r"""\s(?:class|style|id)=("[^"]*"|'[^']*')""", "", text).strip()


class Chapter:
    """Turns the document of one chapter into cells.

    Each kind of node has a method: `span_…` for what stands in a line, `block_…` for
    what stands by itself. A kind without one stops the build, so nothing is lost.
    """

    def __init__(self, builder, docname):
        self.builder, self.env, self.docname = builder, builder.env, docname
        source = Path(self.env.doc2path(docname)).read_text(encoding="utf-8")
        self.code = read_myst_markdown_notebook(source).cells
        self.cells, self.prose, self.sources = [], [], []
        self.level = 0

    # cells, in the order of the page

    def notebook(self, install):
        doctree = self.env.get_doctree(self.docname)
        for output in list(doctree.findall(is_output)):
            output.parent.remove(output)
        doctree = self.env.get_and_resolve_doctree(self.docname, self.builder, doctree)
        self.walk(doctree)
        if self.sources and not list(doctree.findall(nodes.citation)):
            entries = sorted(set(self.sources))
            self.prose += ["**References**", "\n".join(f"- {one}" for one in entries)]
        self.flush()
        self.cells.insert(1, nbformat.v4.new_code_cell(install))
        self.add_progress()
        notebook = nbformat.v4.new_notebook(cells=self.cells, metadata=METADATA)
        name_cells(notebook.cells)
        return notebook

    def add_progress(self):
        """The table of what is solved, after the last exercise."""
        checks = [
            k
            for k, cell in enumerate(self.cells)
            if cell.cell_type == "code" and "\ncheck(" in cell.source
        ]
        if checks:
            text, code = PROGRESS
            self.cells[checks[-1] + 1 : checks[-1] + 1] = [
                nbformat.v4.new_markdown_cell(text),
                nbformat.v4.new_code_cell(code),
            ]

    def walk(self, parent):
        for node in parent.children:
            kind = type(node).__name__
            if isinstance(node, nodes.section):
                self.flush()
                self.level += 1
                self.walk(node)
                self.level -= 1
            elif isinstance(node, nodes.title):
                self.prose.append(self.heading(node))
                # The title is a cell of its own, and the install cell comes next
                if self.level == 1:
                    self.flush()
            elif node.get("nb_element") == "cell_code":
                self.add_code(self.code[node["cell_index"]])
            elif kind.startswith("exercise"):
                self.exercise(node)
            elif not kind.startswith("solution"):
                self.prose.append(self.block(node))

    def flush(self):
        text = "\n\n".join(piece for piece in self.prose if piece)
        if text:
            self.cells.append(nbformat.v4.new_markdown_cell(text))
        self.prose = []

    def add_code(self, cell):
        """A code cell of the page, also one whose output alone the page shows.

        Cells tagged remove-cell do the page's own bookkeeping, such as the numbers in
        its sentences; they are not in the document and so not in the notebook.
        """
        self.flush()
        made = nbformat.v4.new_code_cell(cell.source)
        if "raises-exception" in cell.metadata.get("tags", ()):
            made.metadata["tags"] = ["raises-exception"]
        self.cells.append(made)

    def heading(self, node):
        number = self.env.toc_secnumbers.get(self.docname, {}).get("", ())
        first = f"{number[0]}. " if number and self.level == 1 else ""
        return f"{'#' * max(self.level, 1)} {first}{self.inline(node)}"

    def exercise(self, node):
        number = self.number(node, "exercise")
        title = next(iter(node.findall(nodes.title)), None)
        name = self.inline(title).strip() if title is not None else ""
        label = f"Exercise {number} {name}".replace("  ", " ").strip()
        self.prose.append(f"{'#' * (self.level + 1)} {label}")
        for child in node.children:
            if child is not title:
                self.walk(child if isinstance(child, nodes.section) else wrap(child))

    # what stands by itself

    def block(self, node):
        method = getattr(self, "block_" + type(node).__name__, None)
        if method is None:
            raise NotImplementedError(
                f"{self.docname}: the notebooks have no Markdown for a "
                f"{type(node).__name__}; add it to tools/notebooks.py or write the "
                "page without it."
            )
        return method(node)

    def blocks(self, parent):
        found = (self.block(child) for child in parent.children)
        return "\n\n".join(text for text in found if text)

    def nothing(self, node):
        return ""

    block_comment = block_target = block_index = block_meta = nothing
    block_substitution_definition = block_toctree = block_highlightlang = nothing

    def block_paragraph(self, node):
        text = self.inline(node).strip()
        return re.sub(r"^(#{1,6} |[-+>] |\d+[.)] )", r"\\\1", text)

    def block_container(self, node):
        return self.blocks(node)

    block_section = block_compound = block_glossary = block_container

    def block_title(self, node):
        return f"**{self.inline(node)}**"

    block_rubric = block_title

    def block_transition(self, node):
        return "" if "footnotes" in node["classes"] else "---"

    def block_raw(self, node):
        return plain_html(node.astext()) if node["format"] == "html" else ""

    def block_literal_block(self, node):
        names = {"ipython3": "python", "none": "", "default": ""}
        language = node.get("language", "")
        language = names.get(language, language)
        fence = "````" if "```" in node.astext() else "```"
        return f"{fence}{language}\n{node.astext().rstrip()}\n{fence}"

    def block_math_block(self, node):
        text = latex(node)
        text = re.sub(r"\\(begin|end)\{(align|gather)\*?\}", r"\\\1{\2ed}", text)
        text = re.sub(r"\\(?:begin|end)\{equation\*?\}", "", text).strip()
        if r"\\" in text and r"\begin" not in text:
            text = f"\\begin{{split}}\n{text}\n\\end{{split}}"
        number = self.number(node, "displaymath")
        tag = f" \\tag{{{number}}}" if number else ""
        return f"$$\n{text}{tag}\n$$"

    def block_bullet_list(self, node):
        return "\n".join(self.item(child, "- ") for child in node.children)

    def block_enumerated_list(self, node):
        start = node.get("start", 1)
        return "\n".join(
            self.item(child, f"{k}. ") for k, child in enumerate(node.children, start)
        )

    def item(self, node, bullet):
        text = self.blocks(node)
        text = re.sub(r"\n\n(?=- |1\. )", "\n", text)
        return indent(text, bullet, " " * len(bullet))

    def block_definition_list(self, node):
        return "\n".join(self.definition(child) for child in node.children)

    def definition(self, node):
        *terms, body = node.children
        names = ", ".join(self.inline(term) for term in terms)
        return indent(f"**{names}:** {self.blocks(body)}", "- ", "  ")

    def block_block_quote(self, node):
        return quote(self.blocks(node))

    def block_attribution(self, node):
        return "— " + self.inline(node)

    def block_admonition(self, node, name=None):
        title = next((c for c in node.children if isinstance(c, nodes.title)), None)
        name = self.inline(title) if title is not None else name or "Note"
        parts = [self.block(c) for c in node.children if c is not title]
        body = "\n\n".join(part for part in parts if part)
        if "dropdown" in node["classes"]:
            return f"<details><summary>{name}</summary>\n\n{body}\n\n</details>"
        return quote(f"**{name}**\n\n{body}".strip())

    block_topic = block_sidebar = block_admonition

    def named(name):
        return lambda self, node: self.block_admonition(node, name)

    block_note, block_tip, block_hint = named("Note"), named("Tip"), named("Hint")
    block_warning, block_caution = named("Warning"), named("Caution")
    block_important, block_attention = named("Important"), named("Attention")
    block_danger, block_error = named("Danger"), named("Error")
    block_seealso = named("See also")
    del named

    def block_predict(self, node):
        question, *choices, answer = node.children
        parts = [f"**Predict.** {self.inline(question)}", *map(self.block, choices)]
        parts += ["<details><summary>Answer</summary>", self.blocks(answer)]
        return "\n\n".join([*parts, "</details>"])

    block_predict_truth = block_paragraph

    def block_image(self, node):
        where = node["uri"]
        if "://" not in where:
            where = relpath(where, str(PurePosixPath(self.docname).parent))
        return f"![{escape(node.get('alt', ''))}]({where})"

    def block_figure(self, node):
        return self.blocks(node)

    def block_caption(self, node):
        number = self.number(node.parent, "figure")
        return (f"**Fig. {number}.** " if number else "") + self.inline(node)

    def block_legend(self, node):
        return self.blocks(node)

    def block_table(self, node):
        title = next((c for c in node.children if isinstance(c, nodes.title)), None)
        rows = [list(row.children) for row in node.findall(nodes.row)]
        if next(iter(node.findall(nodes.thead)), None) is None:
            rows.insert(0, [nodes.entry() for _ in rows[0]])
        rule = " | ".join(alignment(entry) for entry in rows[-1])
        lines = [" | ".join(map(self.entry, row)) for row in rows]
        lines = [f"| {line} |" for line in [lines[0], rule, *lines[1:]]]
        if title is None:
            return "\n".join(lines)
        number = self.number(node, "table")
        name = f"**Table {number}.** " if number else ""
        return name + self.inline(title) + "\n\n" + "\n".join(lines)

    def entry(self, node):
        text = "<br>".join(self.block(child) for child in node.children)
        formulas = re.split(r"((?<!\\)\$[^$]*\$)", text)
        for k, part in enumerate(formulas):
            bar = r"\\vert " if k % 2 else r"\|"
            part = part.replace(r"\|", r"\Vert ") if k % 2 else part
            formulas[k] = re.sub(r"(?<!\\)\|", bar, part)
        return "".join(formulas).replace("\n", " ")

    def block_footnote(self, node):
        label, *body = node.children
        text = "\n\n".join(self.block(child) for child in body)
        return f"<sup>{label.astext()}</sup> {text}"

    def block_citation(self, node):
        label, *body = node.children
        return f"- {' '.join(self.block(child) for child in body)}"

    # what stands in a line

    def inline(self, node):
        return "".join(self.span(child) for child in node.children)

    def span(self, node):
        method = getattr(self, "span_" + type(node).__name__, None)
        return method(node) if method else self.block(node)

    span_index = span_target = span_comment = nothing

    def span_Text(self, node):
        return escape(node.astext())

    def span_inline(self, node):
        return self.inline(node)

    span_abbreviation = span_generated = span_inline

    def span_emphasis(self, node):
        return f"*{self.inline(node)}*"

    span_title_reference = span_emphasis

    def span_strong(self, node):
        return f"**{self.inline(node)}**"

    def span_literal(self, node):
        return code_span(node.astext())

    def span_math(self, node):
        return f"${latex(node)}$".replace("\n", " ")

    def span_subscript(self, node):
        return f"<sub>{self.inline(node)}</sub>"

    def span_superscript(self, node):
        return f"<sup>{self.inline(node)}</sup>"

    def span_footnote_reference(self, node):
        return f"<sup>{node.astext()}</sup>"

    def span_reference(self, node):
        text = self.inline(node)
        if "explore" in node["classes"]:
            return f"{text} ({code_span(call(node['refuri'].lstrip('#')))})"
        if "bibtex-citation" in node.parent.get("classes", ()):
            self.sources.append(escape(node.get("reftitle", text)))
            return text
        where = self.address(node)
        return f"[{text}]({where})" if where else text

    span_number_reference = span_reference

    def span_download_reference(self, node):
        return f"[{self.inline(node)}]({node['reftarget']})"

    def address(self, node):
        """Where a reference leads from here; nothing for what Jupyter cannot reach."""
        if not node.get("internal"):
            where = node.get("refuri", "")
            return f"<{where}>" if re.search(r"[()\s]", where) else where
        page, _, anchor = node.get("refuri", "#" + node.get("refid", "")).partition("#")
        target = self.docname
        if page:
            folder = PurePosixPath(self.docname).parent
            target = normpath(f"{folder}/{page}").rpartition(".")[0]
        heading = self.section(target, anchor)
        return page + (f"#{heading}" if heading else "")

    def section(self, docname, anchor):
        """The anchor that Jupyter gives a section's heading, if that is plain text."""
        for section in self.env.get_doctree(docname).findall(nodes.section):
            title = section.next_node(nodes.title)
            if anchor in section["ids"] and len(title.children) == 1:
                return title.astext().replace(" ", "-")
        return ""

    def number(self, node, kind):
        numbers = self.env.toc_fignumbers.get(self.docname, {}).get(kind, {})
        found = next((numbers[name] for name in node["ids"] if name in numbers), ())
        return ".".join(map(str, found))


def is_output(node):
    return isinstance(node, nodes.Element) and (
        node.get("nb_element") == "cell_code_output"
    )


def wrap(node):
    """A parent for a single node, to walk over."""
    box = nodes.container()
    box.children = [node]
    return box


def alignment(entry):
    classes = entry.get("classes", ())
    return {"text-left": ":--", "text-center": ":-:", "text-right": "--:"}.get(
        next((name for name in classes if name.startswith("text-")), ""), "---"
    )


def name_cells(cells):
    """Names that stay while the content stays, wherever the cell moves."""
    seen = {}
    for cell in cells:
        content = (cell.cell_type + cell.source).encode()
        digest = hashlib.sha256(content).hexdigest()[:12]
        seen[digest] = seen.get(digest, 0) + 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"


# --- the whole book ---------------------------------------------------------------


def read_book(root, work):
    """What Sphinx makes of the book; from its last build where that still holds."""
    config, _ = get_final_config(
        user_yaml=root / "_config.yml",
        cli_config={
            "external_toc_path": (root / "_toc.yml").as_posix(),
            "latex_individualpages": False,
            "nitpicky": True,
        },
        sourcedir=root,
    )
    app = Sphinx(
        root,
        None,
        work / "notebooks",
        work / ".doctrees",
        "dummy",
        confoverrides=config,
        status=None,
        warningiserror=True,
        keep_going=True,
    )
    app.build()
    if app.statuscode:
        sys.exit("The chapters could not be read: the messages above say why.")
    app.builder = Target(app, app.env)
    app.builder.init()
    return app


def generate(root=ROOT, out=ROOT):
    """Write the notebook of every chapter of `root` under `out`; return their paths.

    The address in the notebooks is always that of _config.yml: they are committed, so
    they must not depend on where they were made.
    """
    root, out = Path(root).resolve(), Path(out).resolve()
    os.environ.pop("BOOK_REPOSITORY", None)
    paths = []
    with patch_docutils(), docutils_namespace():
        app = read_book(root, root / "_build")
        options = app.config.html_theme_options
        install = INSTALL.format(
            address=options["repository_url"], branch=options["repository_branch"]
        )
        for docname in sorted(app.env.found_docs):
            if has_notebook(app.env, docname):
                notebook = Chapter(app.builder, docname).notebook(install)
                nbformat.validate(notebook)
                path = out / f"{docname}.ipynb"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
                paths.append(path)
    return paths


def differences(root=ROOT):
    """Names of notebooks that are not what their chapters give."""
    with tempfile.TemporaryDirectory() as folder:
        made = {
            p.relative_to(Path(folder).resolve()): p.read_bytes()
            for p in generate(root, folder)
        }
        kept = {p.relative_to(root): p.read_bytes() for p in committed(root)}
    return sorted(
        name.as_posix()
        for name in made.keys() | kept.keys()
        if made.get(name) != kept.get(name)
    )


def committed(root):
    found = (Path(root) / "book").rglob("*.ipynb")
    return [path for path in found if ".ipynb_checkpoints" not in path.parts]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; fail if a notebook is not up to date",
    )
    if parser.parse_args().check:
        stale = differences()
        if stale:
            print("Not what their chapters give (run make notebooks):", *stale)
        return 1 if stale else 0
    made = generate()
    for path in committed(ROOT):
        if path not in made:
            path.unlink()
            print(f"{path.relative_to(ROOT)} has no chapter any more: removed")
    print(f"Wrote {len(made)} notebooks beside their chapters in book/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
