# SPDX-License-Identifier: MIT
"""The book: README.md, the handouts and docs/ as web pages, and as one page for the PDF.

common/make/book.mk calls Sphinx. A page's text is written for a repository host, and stays so:
links between pages, pictures and mermaid blocks are adapted here.
"""

import hashlib
import os
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

KIT = Path(__file__).resolve().parents[2]
# Where readers of a published book find the files that are no pages of it, up to the commit.
REPOSITORY = os.environ.get("BOOK_REPOSITORY", "").rstrip("/")

project = "Schism Labs"
author = "the Schism Labs authors"
release = version = (KIT / "VERSION").read_text().strip()
project_copyright = "the Schism Labs authors; text CC BY 4.0, code MIT"

extensions = ["myst_parser"]
include_patterns = ["index.md", "CONTRIBUTING.md", "docs/*.md", "lab*/README.md"]
myst_heading_anchors = 3
nitpicky = True
highlight_language = "none"

html_theme = "furo"
html_title = f"Schism Labs {version}"
html_static_path = ["static"]
html_css_files = ["book.css"]
html_use_index = False
html_copy_source = False
html_show_sphinx = False
templates_path = []
if os.environ.get("BOOK_PAPER"):
    html_theme, html_css_files, templates_path = "basic", ["paper.css"], ["paper"]


class Drawings(SphinxTransform):
    """Show the drawing of a mermaid block (make drawings) in its place."""

    default_priority = 200

    def apply(self):
        for block in list(self.document.findall(nodes.literal_block)):
            if block.get("language") != "mermaid":
                continue
            lab = self.env.docname.split("/")[0]
            digest = hashlib.sha256(block.astext().strip().encode()).hexdigest()[:8]
            uri = f"/docs/book/drawings/{lab}-{digest}.svg"
            block.replace_self(nodes.image(uri=uri, alt=block.astext(), classes=["drawing"]))


class LinksToFiles(SphinxTransform):
    """Make a link to a file that is no page lead to the repository, or else to a copy."""

    default_priority = 300

    def apply(self):
        links = (addnodes.download_reference, addnodes.pending_xref)
        for link in list(self.document.findall(lambda node: isinstance(node, links))):
            path = self.path_of(link)
            target = os.path.relpath(path, self.env.srcdir)
            if target.removesuffix(".md") in self.env.found_docs or not os.path.isfile(path):
                continue  # a page, or an error that Sphinx reports
            if REPOSITORY:
                new = nodes.reference("", "", refuri=f"{REPOSITORY}/{target}")
            else:
                new = addnodes.download_reference("", "", reftarget=f"/{target}",
                                                  refdoc=self.env.docname)
            new += link.children
            link.replace_self(new)

    def path_of(self, link):
        """Return the path that the writer meant; MyST gives pages from the top, without .md."""
        target = link["reftarget"].partition("#")[0]
        if link.get("refdomain") == "doc":
            target = f"/{target}.md"
        return str(self.env.relfn2path(target or ".", self.env.docname)[1])


def setup(app):
    app.add_transform(Drawings)
    app.add_transform(LinksToFiles)
