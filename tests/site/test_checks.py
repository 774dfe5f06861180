"""Each check of the site finds the fault that it is there for."""

import pytest

from tests.site import checks, drive, markup, weight
from tests.site.conftest import serve

GOOD = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>A page</title>
<meta name="description" content="A page with nothing wrong.">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><style>.search {min-height: 30px}
@media print {.search {display: none}}</style></head>
<body style="background: #fff; color: #000">
<main><article>%s<h1>A page</h1><p>Enough to read.</p>
<input type="search" aria-label="Search" class="search"></article></main>
</body></html>"""


def page_with(text):
    return markup.BeautifulSoup(GOOD % text, "html.parser")


# --- files ----------------------------------------------------------------------------


def test_a_page_with_nothing_wrong_passes(tmp_path):
    (tmp_path / "a.html").write_text(GOOD % "", encoding="utf-8")
    assert markup.wrong(page_with("")) == []
    assert markup.dead_links(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "why"),
    [
        (' lang="en"', "language"),
        ("<title>A page</title>", "title"),
        ("A page with nothing wrong.", "description"),
    ],
)
def test_an_empty_head_is_found(old, why):
    soup = markup.BeautifulSoup((GOOD % "").replace(old, ""), "html.parser")
    assert [why in sentence for sentence in markup.wrong(soup)] == [True]


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ('<img src="a.png">', "no alternative text"),
        ('<figure><img src="a.png" alt=""></figure>', "no alternative text"),
        ('<img src="a.png" alt="_images/a.png">', "a file name"),
        ("<svg><path/></svg>", "in words"),
        ("<p>the slope is $f'(z)$</p>", "dollar"),
        (r"<p>the slope is \(f\)</p>", "TeX"),
        (r"<p>the slope \sigma</p>", "TeX"),
        ("<p>see {doc}`one-step`</p>", "Markdown that was not read"),
        ("<p>{glue:text} is</p>", "role"),
        ("<p>:::{note}</p>", "fence"),
        ("<p>see [this](that)</p>", "Markdown link"),
        ("<p>it is **bold**</p>", "stars"),
        ("<pre>Traceback (most recent call last)</pre>", "traceback"),
        ("<pre>&lt;Cell object at 0x7f&gt;</pre>", "nobody gave a form"),
        (
            '<script type="application/vnd.jupyter.widget-view+json">{}</script>',
            "kernel",
        ),
        ('<p id="a"></p><p id="a"></p>', "more than once"),
    ],
)
def test_a_fault_in_the_text_is_found(fault, why):
    found = markup.wrong(page_with(fault))
    assert any(why in sentence for sentence in found), found


def test_code_may_look_like_mark_up():
    code = "<pre>$x$ {doc}`a` **b**</pre><code>\\sigma</code>"
    assert markup.wrong(page_with(code)) == []


@pytest.mark.parametrize(
    "fault",
    [
        '<a href="b.html">',
        '<a href="#nowhere">',
        '<a href="../a.html">',
        '<a href="http://example.org">',
        '<a href="#nowhere?z=1">',
        '<img src="b.png" alt="words">',
        '<meta http-equiv="refresh" content="0; url=b.html">',
    ],
)
def test_a_dead_link_is_found(tmp_path, fault):
    (tmp_path / "site").mkdir()
    (tmp_path / "a.html").write_text("outside", encoding="utf-8")
    (tmp_path / "site" / "a.html").write_text(GOOD % fault, encoding="utf-8")
    assert len(markup.dead_links(tmp_path / "site")) == 1


REPOSITORY = "https://github.com/someone/book"
LAUNCH = """<a href="https://mybinder.org/v2/gh/{0}/main?urlpath=lab/tree/book/a.ipynb"></a>
<a href="https://colab.research.google.com/github/{0}/blob/main/book/a.ipynb"></a>
<a href="a.ipynb"></a>"""


@pytest.fixture
def launched(tmp_path):
    """A built site with one chapter, and the repository that it is made from."""
    site, source = tmp_path / "site", tmp_path / "source"
    for folder in (site, source):
        (folder / "book").mkdir(parents=True)
        (folder / "book" / "a.ipynb").write_text("{}", encoding="utf-8")
    page = site / "book" / "a.html"
    page.write_text(LAUNCH.format("someone/book"), encoding="utf-8")
    return site, source, page


def test_launch_buttons_that_lead_somewhere_pass(launched):
    assert markup.launches(*launched[:2], "book/a", REPOSITORY) == []


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("tree/book/a.ipynb", "tree/book/a.md", "Binder"),
        ("main/book/a.ipynb", "main/book/b.ipynb", "Colab"),
        ("gh/someone", "gh/nobody", "Binder"),
        ('"a.ipynb"', '"b.ipynb"', "download"),
    ],
)
def test_a_launch_button_that_leads_nowhere_is_found(launched, old, new, why):
    site, source, page = launched
    page.write_text(page.read_text("utf-8").replace(old, new), encoding="utf-8")
    found = markup.launches(site, source, "book/a", REPOSITORY)
    assert any(why in sentence for sentence in found)


def test_a_notebook_that_is_not_there_is_found(launched):
    site, source, _ = launched
    (source / "book" / "a.ipynb").write_text("[]", encoding="utf-8")
    assert "not the one" in markup.launches(site, source, "book/a", REPOSITORY)[0]
    (source / "book" / "a.ipynb").unlink()
    assert (
        "there is no notebook" in markup.launches(site, source, "book/a", REPOSITORY)[0]
    )


def test_weight_counts_each_file_once_and_compressed(tmp_path):
    (tmp_path / "a.css").write_bytes(b"a" * 100_000)
    asked = ["x:/a.css", "x:/a.css?v=1", "y:/a.css", "x:/absent"]
    files = weight.files(asked, "x:/", tmp_path)
    assert files == {tmp_path / "a.css"}
    assert 50 < weight.total(files) < 1000


# --- pages in a browser ---------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def home(folder):
    with serve(folder) as address:
        yield address


@pytest.fixture(scope="module")
def reader(browser, home):
    context = checks.context(browser, home, viewport={"width": 360, "height": 740})
    yield context
    context.close()


@pytest.fixture
def open_page(folder, home, reader):
    """A function that opens a page with a fault in it."""
    with_page = []

    def open_one(fault):
        (folder / "page.html").write_text(GOOD % fault, encoding="utf-8")
        opened = checks.opened(reader, f"{home}page.html", home)
        with_page.append(opened)
        return opened.__enter__()

    yield open_one
    for opened in with_page:
        opened.__exit__(None, None, None)


def everything(page):
    return (
        checks.drawn(page)
        + checks.inaccessible(page)
        + checks.overflow(page)
        + checks.on_paper(page)
        + checks.small_text(page)
        + checks.small_targets(page)
        + checks.dead_controls(page)
    )


def test_a_sound_page_passes_in_the_browser(open_page):
    page, traffic = open_page("")
    assert everything(page) + traffic.wrong == []


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ('<script src="https://example.org/a.js"></script>', "leaves the site"),
        (
            '<style>@font-face {font-family: "A"; src: url(http://example.org/a)} '
            'p {font-family: "A"}</style>',
            "leaves the site",
        ),
        ("<script>console.error('oh')</script>", "console"),
        ("<script>throw new Error('oh')</script>", "a script failed"),
        (
            "<script>setTimeout(() => Promise.reject(new Error('oh')))</script>",
            "failed",
        ),
        ('<link rel="stylesheet" href="absent.css">', "404"),
        ('<img src="absent.png" alt="words">', "404"),
    ],
)
def test_bad_traffic_is_found(open_page, fault, why):
    _, traffic = open_page(fault)
    assert any(why in sentence for sentence in traffic.wrong), traffic.wrong


def test_a_file_missing_on_disk_is_found(browser, folder):
    (folder / "page.html").write_text(GOOD % '<script src="b.js"></script>', "utf-8")
    home = folder.as_uri() + "/"
    context = checks.context(browser, home)
    with checks.opened(context, f"{home}page.html", home) as (_, traffic):
        assert any("a file is missing" in sentence for sentence in traffic.wrong)
    context.close()


KATEX_FONT = """<style>@font-face {font-family: KaTeX_Main; src: url("absent.woff2")}
.katex {font-family: KaTeX_Main}</style><p><span class="katex">x</span></p>"""


@pytest.mark.parametrize(
    ("check", "fault", "why"),
    [
        ("drawn", "<h1>Another</h1>", "one h1"),
        ("drawn", '<input type="search" aria-label="b">', "one search field"),
        ("drawn", '<img src="data:image/png;base64,x" alt="b">', "image is not there"),
        ("drawn", '<p><span class="math">f(z)</span></p>', "not typeset"),
        ("drawn", '<p><span class="katex-error">f(z)</span></p>', "not typeset"),
        ("drawn", KATEX_FONT, "did not load"),
        ("drawn", '<p><span class="katex">x</span></p>', "none of its fonts"),
        ("drawn", '<figure class="explorable"></figure>', "not alive"),
        ("inaccessible", '<img src="data:," >', "image-alt"),
        ("inaccessible", '<p style="color: #999">pale</p>', "color-contrast"),
        ("inaccessible", "<button></button>", "button-name"),
        ("overflow", '<div style="width: 500px">wide</div>', "px wide"),
        ("overflow", "<pre>%s</pre>" % ("wide " * 40), "px wide"),
        ("small_text", '<p style="font-size: 12px">small</p>', "12.0 px"),
        ("small_text", '<div style="font-size: 8px">small</div>', "8.0 px"),
        (
            "small_text",
            '<svg role="img" width="100" viewBox="0 0 200 20">'
            '<text y="10" font-size="16">small</text></svg>',
            "8.0 px",
        ),
        (
            "small_targets",
            '<button style="padding: 0; font-size: 12px">a</button>',
            "px",
        ),
        ("on_paper", '<button type="button">Press</button>', "Press"),
        ("on_paper", '<nav class="bd-sidebar">Here</nav>', "bd-sidebar"),
        ("on_paper", '<button class="symbol">h</button>', "h"),
        ("on_paper", "<figure>whole?</figure>", "can be cut"),
        ("on_paper", "<figure><svg></svg><svg></svg></figure>", "can be cut"),
        ("on_paper", '<div style="width: 500px">wide</div>', "px wide"),
        ("dead_controls", '<button type="button">Dead</button>', "Dead"),
        ("dead_controls", "<select><option>Dead</select>", "Dead"),
    ],
)
def test_a_fault_that_shows_is_found(open_page, check, fault, why):
    page, _ = open_page(fault)
    found = getattr(checks, check)(page)
    assert any(why in sentence for sentence in found), found


def test_what_scrolls_in_its_own_box_is_no_overflow(open_page):
    page, _ = open_page('<pre style="overflow: auto">%s</pre>' % ("wide " * 40))
    assert checks.overflow(page) == []


# --- explorables ----------------------------------------------------------------------

FIGURE = """<figure class="explorable" id="toy"><div class="still"></div>
<label><span class="name">z</span><input type="range" min="0" max="4" value="1"></label>
<label>name <select><option>a</option><option>b</option></select></label>
<label><input type="checkbox">on</label>
<label><span class="name">n</span><input inputmode="decimal" value="3"></label>
<button type="button">More</button>
<output>1</output><figcaption>A toy.</figcaption></figure>
<script>
const figure = document.querySelector("#toy");
const say = () => {
  const [z, on, n] = figure.querySelectorAll("input");
  good = Number(n.value) || good;
  const name = figure.querySelector("select").value;
  const told = [z.value, on.checked, name, more, good].join(" ");
  figure.querySelector("output").textContent = told;
};
let [more, good] = [0, 3];
figure.oninput = say;
figure.querySelector("button").onclick = () => { more++; say(); };
say();
</script>"""


def test_a_figure_that_answers_passes(open_page):
    page, _ = open_page(FIGURE)
    (figure,) = drive.figures(page)
    assert drive.exercise(figure) == []
    assert drive.drag(figure) == []


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("figure.oninput = say;", "", "range “z” does nothing"),
        ("z.value, ", "", "range “z” does nothing"),
        ("on.checked, ", "", "checkbox “on” does nothing"),
        ("name, more", "more", "select-one “name"),
        ("more, good", "more", "number “n” does nothing"),
        ("more++; say();", "", "button “More” does nothing"),
        (
            '<button type="button"',
            '<button type="button" tabindex="-1"',
            "Tab does not",
        ),
        ('<button type="button"', '<button type="button" disabled', "does nothing"),
        ('type="range"', 'type="range" tabindex="-1"', "Tab does not"),
    ],
)
def test_a_control_that_does_nothing_is_found(open_page, old, new, why):
    assert old in FIGURE
    page, _ = open_page(FIGURE.replace(old, new))
    (figure,) = drive.figures(page)
    found = drive.exercise(figure)
    assert any(why in sentence for sentence in found), found


def test_a_point_that_cannot_be_dragged_is_found(open_page):
    page, _ = open_page(FIGURE.replace("figure.oninput = say;", ""))
    (figure,) = drive.figures(page)
    assert "cannot be dragged" in drive.drag(figure)[0]


@pytest.mark.parametrize(
    ("leak", "what"),
    [
        ("addEventListener('resize', () => 1)", "listeners"),
        ("document.addEventListener('keydown', () => 1, true)", "listeners"),
        ("matchMedia('print').addEventListener('change', () => 1)", "listeners"),
        ("setInterval(() => 1, 1000)", "intervals"),
        ("new ResizeObserver(() => 1).observe(document.body)", "observers"),
    ],
)
def test_what_is_left_behind_is_counted(open_page, leak, what):
    page, _ = open_page("")
    before = page.evaluate("probe.held()")
    page.evaluate(f"{{ {leak} }}")
    assert page.evaluate("probe.held()") == {**before, what: before[what] + 1}


def test_a_listener_that_was_taken_away_is_not_counted(open_page):
    page, _ = open_page("")
    before = page.evaluate("probe.held()")
    page.evaluate(
        """{
          const tell = () => 1;
          addEventListener("resize", tell);
          removeEventListener("resize", tell);
          clearInterval(setInterval(tell, 1000));
        }"""
    )
    assert page.evaluate("probe.held()") == before


def test_slow_drawing_is_measured(open_page):
    page, _ = open_page(FIGURE)
    page.evaluate(
        """figure.addEventListener("input", () => requestAnimationFrame(() => {
          const end = performance.now() + 20;
          while (performance.now() < end);
        }))"""
    )
    slider = page.query_selector("input[type=range]")
    assert min(page.evaluate("r => probe.moves(r, 5, 1)", slider)) >= 20
