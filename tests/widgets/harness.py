"""A plain page with explorables, for tests that do not need the book's build."""

import inspect
import textwrap

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from lstm_core import widgets

PAGE = """<!doctype html>
<html lang="en" data-theme="{theme}">
<head><meta charset="utf-8"><title>Explorables</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ margin: 0; font: 16px/1.6 system-ui, sans-serif; }}
html[data-theme=dark] body {{ background: #14181e; color: #ced6dd; }}
html[data-theme=light] body {{ background: #fff; color: #222832; }}
main {{ max-width: 44rem; margin: 0 auto; padding: 1rem; }}
html[data-theme=dark] a {{ color: #8fb8f6; }}
</style>
<style>{css}</style></head>
<body><main><h1>Explorables</h1>
<p><a class="explore" href="{link}">A link that sets the figure</a></p>
{figures}
<p>The end.</p></main>
<script src="explorables.js"></script></body></html>
"""


# Short delays pass quickly, so that no test waits long for a read-out to speak.
HURRY = "((real) => { setTimeout = (f, ms, ...g) => real(f, ms / 10, ...g); })(setTimeout)"
SETTLE = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  await frame();
  await frame();
  await new Promise((go) => setTimeout(go, 400));
}"""


def listing(function, name):
    """A function's source as Sphinx shows it, in a container of the class `name`."""
    source = textwrap.dedent(inspect.getsource(function))
    code = highlight(source, PythonLexer(), HtmlFormatter())
    return f'<div class="{name} highlight-python notranslate">{code}</div>'


def write_page(folder, figures, theme="light", link="#squasher?z=1"):
    """Write page.html and explorables.js into a folder; returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "explorables.js").write_text(widgets.page_script(), encoding="utf-8")
    page = folder / "page.html"
    text = PAGE.format(
        theme=theme, css=widgets.stylesheet(), figures="\n".join(figures), link=link
    )
    page.write_text(text, encoding="utf-8")
    return page
