"""{chapters} and {pull-link}: what a teacher wants to know, from where it is written.

{chapters} is a table of the chapters in the order of _toc.yml: how long each takes and
what it assumes, as its own "Before you start" says, and how many exercises it has, with
the sum of the minutes that each of them names.
{pull-link} is the address that opens a page of this repository on a JupyterHub:

    ```{pull-link} https://hub.example.org
    ```
"""

import re
from pathlib import Path
from urllib.parse import quote

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

START = re.compile(r"^\*\*Before you start\.\*\*\s+(.*?)\n\n", re.M | re.S)
TIME = re.compile(r"\s*Allow (\d+) minutes\.")
# The first line of every exercise.
EXERCISE = re.compile(
    r"^```\{exercise\} .+\n:label: ex-[\d-]+\n\n"
    r"\*About (\d+) minutes\. You learn to (.+)\.\*\n",
    re.M,
)


def pull_link(hub, address, branch, file):
    """Where a hub with nbgitpuller copies the repository and opens a file of it."""
    name = address.rsplit("/", 1)[1]
    return (
        f"{hub}/hub/user-redirect/git-pull?repo={quote(address, safe='')}"
        f"&branch={branch}&urlpath=lab/tree/{name}/{file}"
    )


def chapters(root):
    """The files of the numbered parts of the table of contents."""
    toc = yaml.safe_load(Path(root, "_toc.yml").read_text("utf-8"))
    numbered = [part for part in toc.get("parts", ()) if part.get("numbered")]
    return [Path(root, one["file"]) for part in numbered for one in part["chapters"]]


def facts(text):
    """What a chapter assumes, its minutes or "", and those of each of its exercises."""
    start = START.search(text)
    said = " ".join(start.group(1).split()) if start else ""
    time = TIME.search(said)
    exercises = [int(minutes) for minutes, _ in EXERCISE.findall(text)]
    return TIME.sub("", said).strip(), time.group(1) if time else "", exercises


class Chapters(SphinxDirective):
    def run(self):
        lines = [
            "| chapter | minutes to read | exercises | minutes for them | it assumes |",
            "|:--|--:|--:|--:|:--|",
        ]
        for path in chapters(self.env.srcdir):
            self.env.note_dependency(str(path))
            assumes, minutes, each = facts(path.read_text("utf-8"))
            counts = (str(len(each)), str(sum(each))) if each else ("–", "–")
            cells = (f"{{doc}}`{path.stem}`", minutes, *counts, assumes)
            lines.append(f"| {' | '.join(cells)} |")
        box = nodes.container()
        self.state.nested_parse(StringList(lines, self.env.docname), 0, box)
        for table in box.findall(nodes.table):
            table["classes"].append("chapters")
        return box.children


class PullLink(SphinxDirective):
    required_arguments = 1

    def run(self):
        options = self.config.html_theme_options
        address, branch = options["repository_url"], options["repository_branch"]
        link = pull_link(self.arguments[0], address, branch, "book/index.ipynb")
        return [nodes.literal_block(link, link, language="none")]


def setup(app):
    app.add_directive("chapters", Chapters)
    app.add_directive("pull-link", PullLink)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
