"""404.html: what a server shows for an address that leads nowhere.

The server shows it under the address that was asked for, at any depth, so the page
must find the root of the site by itself: from the repository's name, as GitHub serves
it, or else by asking which of the folders above holds the site's list of words.
"""

from html import escape
from pathlib import Path

PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="{title}: there is no such page.">
<meta name="robots" content="noindex">
<title>No such page — {title}</title>
<link rel="icon" href="data:,">
<script>
(async () => {{
  const root = (path) => {{
    const base = document.createElement("base");
    base.href = path;
    document.head.prepend(base);
  }};
  if (location.pathname.endsWith("/404.html")) return;
  root({root});
  const folders = location.pathname.split("/").slice(0, -1);
  for (let n = folders.length; n > 0; n--) {{
    const path = folders.slice(0, n).join("/") + "/";
    const there = await fetch(path + "searchindex.js", {{ method: "HEAD" }});
    if (there.ok) return root(path);
  }}
}})();
</script>
<style>
:root {{ color-scheme: light dark; }}
body {{
  font: 1.0625rem/1.62 system-ui, sans-serif; margin: 0 auto; max-width: 40rem;
  padding: 2rem 1.2rem;
}}
h1 {{ font-size: 1.7rem; line-height: 1.22; }}
li {{ margin: 0.35rem 0; }}
input {{
  border: 1px solid; border-radius: 0.3rem; box-sizing: border-box; display: block;
  font: inherit; margin-top: 0.3rem; padding: 0.4rem 0.6rem; width: 100%;
}}
</style>
</head>
<body><main>
<h1>There is no such page</h1>
<p>The address may be mistyped, or the page has moved.</p>
<form role="search" action="search.html">
<label>Search the book <input type="search" name="q"></label></form>
<nav aria-label="Pages of the book"><p>Or choose a page of <em>{title}</em>:</p>
<ul>
{links}
</ul></nav>
</main></body>
</html>
"""


def pages(app):
    """Names of all pages, in the order of the table of contents."""
    found = [app.config.master_doc.removesuffix(".md")]
    for name in found:
        inner = app.env.toctree_includes.get(name, ())
        found += [one for one in inner if one not in found]
    return found


def write(app, exception):
    if exception or app.builder.format != "html":
        return
    links = (
        f'<li><a href="{app.builder.get_target_uri(name)}">'
        f"{escape(app.env.titles[name].astext())}</a></li>"
        for name in pages(app)
    )
    name = app.config.html_theme_options["repository_url"].rpartition("/")[2]
    page = PAGE.format(
        lang=app.config.language,
        title=escape(app.config.html_title),
        links="\n".join(links),
        root='"/"' if name.endswith(".github.io") else f'"/{name}/"',
    )
    Path(app.outdir, "404.html").write_text(page, encoding="utf-8")


def setup(app):
    app.connect("build-finished", write, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
