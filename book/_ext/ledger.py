"""{claim}`gate-range`: a link to that claim's card on the page of verdicts.

{claim}`the test <gate-range>` has words of its own.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

import lstm_core

PAGE = "book/claims"
CLAIMS = Path(lstm_core.__file__).parent / "experiments" / "claims"

log = logging.getLogger(__name__)


def known():
    """The ids of all claims, read without running what the claims import."""
    text = "".join(path.read_text("utf-8") for path in CLAIMS.glob("*.py"))
    return set(re.findall(r'\bid="([\w-]+)"', text))


class ClaimLink(SphinxRole):
    """A reference whose address is filled in when all pages are known."""

    def run(self):
        match = re.fullmatch(r"(?:(.+?)\s*<)?([\w-]+)>?", self.text, re.DOTALL)
        if not match or match[2] not in known():
            log.warning(
                "claim: there is no claim %r",
                self.text,
                location=self.get_location(),
                type="book",
            )
            return [nodes.Text(self.text)], []
        text = match[1] or match[2]
        link = nodes.reference(
            "", text, internal=True, classes=["claim"], refuri=match[2]
        )
        return [link], []


def fill_in(app, doctree, docname):
    """Let every link lead to the page of verdicts from where it stands."""
    for link in doctree.findall(nodes.reference):
        if "claim" in link["classes"]:
            page = app.builder.get_relative_uri(docname, PAGE)
            link["refuri"] = f"{page}#{link['refuri']}"


def setup(app):
    app.add_role("claim", ClaimLink())
    app.connect("doctree-resolved", fill_in)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
