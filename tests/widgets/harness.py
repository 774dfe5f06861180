"""A plain page with explorables, for tests that do not need the book's build."""

import inspect
import re
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
{scripts}</body></html>
"""


# Short delays pass quickly, so that no test waits long for a read-out to speak.
HURRY = (
    "((real) => { setTimeout = (f, ms, ...g) => real(f, ms / 10, ...g); })(setTimeout)"
)
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
    """Write page.html and its scripts into a folder; returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(figures)
    shown = re.findall(r'data-explorable="(\w+)"', text)
    needed = widgets.page_scripts(*shown, *["predict"] * ("data-predict" in text))
    for name, script in {**needed, **widgets.data_scripts()}.items():
        (folder / name).write_text(script, encoding="utf-8")
    page = folder / "page.html"
    written = PAGE.format(
        theme=theme,
        css=widgets.stylesheet(),
        figures=text,
        link=link,
        scripts="".join(f'<script src="{name}"></script>' for name in needed),
    )
    page.write_text(written, encoding="utf-8")
    return page
