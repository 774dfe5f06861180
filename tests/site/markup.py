"""What must hold of the files of the site: a check returns a list of what is wrong."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

# What the theme writes into _static is never opened as a page.
NOT_PAGES = "_static"
# Text in these is code, or is not read by anyone.
SILENT = "script, style, template, code, pre, kbd, annotation, svg style"
RAW = {
    r"`": "a backtick, so Markdown that was not read",
    r"\$": "a dollar sign, so mathematics that was not read",
    r"\\[A-Za-z([\]){}]": "a backslash, so TeX that was not typeset",
    r":{3,}|~{3,}": "the fence of a directive",
    r"\{[A-Za-z][\w:-]*\}": "the name of a role or a directive",
    r"\]\(": "a Markdown link",
    r"(?<!\w)\*\*\w|\w\*\*(?!\w)": "Markdown's stars",
}
LEFTOVERS = {
    r"Traceback": "a traceback",
    r" object at 0x[0-9a-f]+": "an object that nobody gave a form",
    r"<Figure size": "the name of a figure in place of the figure",
}


def read(path):
    return BeautifulSoup(Path(path).read_text(encoding="utf-8"), "html.parser")


def pages(root):
    """Paths of all pages below `root`, relative and sorted."""
    every = (path.relative_to(root) for path in Path(root).rglob("*.html"))
    return sorted(path.as_posix() for path in every if NOT_PAGES not in path.parts)


def redirect(soup):
    """Where a page that only leads on leads to, or None."""
    tag = soup.find(
        "meta", attrs={"http-equiv": re.compile("^refresh$", re.IGNORECASE)}
    )
    return tag and tag["content"].partition("url=")[2]


def head(soup):
    """Language, title and description are there."""
    found = []
    if not (soup.html and soup.html.get("lang", "").strip()):
        found.append("the page does not say its language")
    if not (soup.title and soup.title.get_text(strip=True)):
        found.append("the page has no title")
    description = soup.find("meta", attrs={"name": "description"})
    if not (description and description.get("content", "").strip()):
        found.append("the page has no description")
    return found


def described(soup):
    """Every image says in words what it shows."""
    found = []
    for image in soup.select("img"):
        words = image.get("alt")
        where = image.get("src", "")[:80]
        if words is None or (not words.strip() and image.find_parent("figure")):
            found.append(f"the image {where} has no alternative text")
        elif re.search(r"\.(png|svg|jpe?g|gif|webp)$", words.strip()):
            found.append(f"the image {where} has a file name for alternative text")
    for drawing in soup.select("svg"):
        hidden = drawing.find_parent(attrs={"aria-hidden": "true"})
        if hidden or drawing.get("aria-hidden") == "true" or drawing.find_parent("svg"):
            continue
        named = drawing.get("aria-label") or drawing.get("aria-labelledby")
        if not (drawing.get("role") == "img" and (named or drawing.find("title"))):
            found.append(f"a drawing says nothing in words: {str(drawing)[:100]}")
    return found


def _around(text, match):
    return text[max(0, match.start() - 30) : match.end() + 30].replace("\n", " ")


def _matches(text, patterns):
    return [
        f"{meaning} is left: …{_around(text, match)}…"
        for pattern, meaning in patterns.items()
        if (match := re.search(pattern, text))
    ]


def prose(soup):
    """The text of a page without its code."""
    copy = BeautifulSoup(str(soup.body or soup), "html.parser")
    for tag in copy.select(SILENT):
        tag.replace_with(" ")
    return copy.get_text()


def finished(soup):
    """No mark-up, no TeX and no error message is left in the text."""
    everything = (soup.body or soup).get_text()
    return _matches(prose(soup), RAW) + _matches(everything, LEFTOVERS)


def anchors(soup):
    """Everything on a page that a link can lead to."""
    return {tag["id"] for tag in soup.select("[id]")} | {
        tag["name"] for tag in soup.select("a[name]")
    }


def _references(soup):
    for tag in soup.select("[href], [src], [poster], [data]"):
        for key in ("href", "src", "poster", "data"):
            if value := tag.get(key):
                yield tag, value
    for tag in soup.select("[srcset]"):
        for part in tag["srcset"].split(","):
            yield tag, part.split()[0]
    if target := redirect(soup):
        yield soup, target


def dead_links(root):
    """Every link and every file that a page names is there, anchors included."""
    root = Path(root).resolve()
    soups = {root / name: read(root / name) for name in pages(root)}
    known = {path: anchors(soup) for path, soup in soups.items()}
    found = []
    for path, soup in soups.items():
        for _, reference in _references(soup):
            if why := _dead(path, reference, known, root):
                found.append(f"{path.relative_to(root).as_posix()}: {reference}: {why}")
    return found


def _dead(page, reference, known, root):
    parts = urlsplit(reference)
    if parts.scheme in ("data", "mailto"):
        return None
    if parts.scheme or parts.netloc:
        return None if parts.scheme == "https" and parts.netloc else "not over https"
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.is_relative_to(root):
        return "leads out of the site"
    if not target.is_file():
        return "there is no such file"
    # The address of an explorable carries its state behind a question mark.
    anchor = unquote(parts.fragment).partition("?")[0]
    if anchor and target in known and anchor not in known[target]:
        return "there is no such place on the page"
    return None


# Where each button leads, after the repository's owner and name.
BINDER = r"https://mybinder\.org/v2/gh/{where}/[\w.-]+\?urlpath=lab/tree/(?P<file>.+)"
COLAB = r"https://colab\.research\.google\.com/github/{where}/blob/[\w.-]+/(?P<file>.+)"


def launch_links(soup):
    """The addresses that run or fetch the notebook of a page."""
    links = [tag for tag in soup.select("a[href]") if ".ipynb" in tag["href"]]
    return [tag["href"] for tag in links if not tag.find_parent("article")]


def launches(built, root, name, repository):
    """Binder, Colab and a download, each of the notebook that is there."""
    where = re.escape(urlsplit(repository).path.strip("/"))
    links = launch_links(read(built / f"{name}.html"))
    found = []
    for title, pattern in (("Binder", BINDER), ("Colab", COLAB)):
        matches = [re.fullmatch(pattern.format(where=where), link) for link in links]
        files = [unquote(match["file"]) for match in matches if match]
        if files != [f"{name}.ipynb"]:
            found.append(f"{title} opens {files} of {where}, not {name}.ipynb: {links}")
    local = [link for link in links if not urlsplit(link).scheme]
    if local != [f"{name.rpartition('/')[2]}.ipynb"]:
        found.append(f"the download is {local}")
    notebook, copy = root / f"{name}.ipynb", built / f"{name}.ipynb"
    if not notebook.is_file():
        found.append(f"there is no notebook {name}.ipynb in the repository")
    elif not copy.is_file() or copy.read_bytes() != notebook.read_bytes():
        found.append("the notebook to download is not the one of the repository")
    return found


def no_dead_widgets(soup):
    """Nothing waits for a kernel or for a server that is not there."""
    waiting = (
        'script[type*="widget"], .jupyter-widgets, .widget-subarea, .thebe, '
        'script[src*="thebe"], script[src*="require"]'
    )
    return [f"this needs a kernel: {str(tag)[:100]}" for tag in soup.select(waiting)]


def no_ids_twice(soup):
    """An id stands once on a page, glyphs of inline figures included."""
    seen, twice = set(), set()
    for tag in soup.select("[id]"):
        (twice if tag["id"] in seen else seen).add(tag["id"])
    return [f"the id {name!r} stands more than once" for name in sorted(twice)]


CHECKS = (head, described, finished, no_dead_widgets, no_ids_twice)


def wrong(soup):
    """All that is wrong with one page."""
    return [sentence for check in CHECKS for sentence in check(soup)]
