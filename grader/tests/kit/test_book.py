# SPDX-License-Identifier: MIT
"""make book: every page, link, heading and picture of the web book, and what a browser shows."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest

from grader.commands import drawings
from grader.core.environment import clean
from grader.core.kit import KIT, copy_of_the_kit
from grader.tests.support.browser import browse

HANDOUTS = sorted(KIT.glob("lab0[1-6]-*/README.md"))
SOURCES = [*HANDOUTS, *sorted(KIT.glob("docs/*.md")), KIT / "CONTRIBUTING.md", KIT / "README.md"]
WIDTHS = (1400, 420)
# Reports how far a page goes beyond the window, and pictures that did not load.
MEASURE = """<script>
addEventListener("load", () => {
	const root = document.documentElement;
	root.dataset.beyond = root.scrollWidth - root.clientWidth;
	root.dataset.broken = [...document.images].filter((image) => !image.naturalWidth).length;
	root.dataset.images = document.images.length;
});
</script></head>"""


def make(*arguments: str, kit: Path = KIT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", "-s", "book", *arguments], cwd=kit, env=clean(),
                          capture_output=True, text=True)


def small_kit(folder: Path) -> Path:
    """A copy of the kit with a line in each document but the first page: soon made into a book."""
    kit = copy_of_the_kit(folder)
    for source in SOURCES[:-1]:
        (kit / source.relative_to(KIT)).write_text(f"# Title of {source.parent.name}\n")
    return kit


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the web book."""
    build = tmp_path_factory.mktemp("book")
    made = make(f"BUILD={build}")
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout == f"{build}/book/html/index.html\n"
    return build / "book/html"


class Page(HTMLParser):
    """What a page links to, what can be linked to in it, and its headings."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.headings: list[str] = []
        self.in_heading = False
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif name in ("href", "src") and value:
                self.links.append(value)
        # The first letter of the sign that links to a heading is no text of it.
        self.in_heading = tag in ("h1", "h2", "h3") or (self.in_heading and tag != "a")
        if tag in ("h1", "h2", "h3"):
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        self.in_heading = self.in_heading and tag not in ("h1", "h2", "h3")

    def handle_data(self, data: str) -> None:
        if self.in_heading:
            self.headings[-1] += data


page = lru_cache(maxsize=None)(Page)


def page_of(source: Path, book: Path) -> Path:
    name = source.relative_to(KIT).with_suffix(".html")
    return book / ("index.html" if source == KIT / "README.md" else name)


def test_every_document_is_a_page_with_its_headings(book: Path) -> None:
    for source in SOURCES:
        prose = re.sub(r"^```.*?^```$", "", source.read_text(), flags=re.M | re.S)
        wanted = re.findall(r"^#{1,3} (.*)$", prose, re.M)
        found = page(page_of(source, book)).headings
        assert [text for text in found if text in wanted] == wanted, source


def test_every_link_of_every_page_leads_somewhere(book: Path) -> None:
    pages = sorted(book.rglob("*.html"))
    assert len(pages) == len(SOURCES) + 1  # and search.html
    for path in pages:
        for link in page(path).links:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https", "data"):
                continue
            assert not parts.scheme and not parts.path.startswith("/"), link
            other = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert other.is_file(), f"{path}: {link}"
            if parts.fragment and other.suffix == ".html":
                assert unquote(parts.fragment) in page(other).anchors, f"{path}: {link}"


def test_a_link_between_documents_is_a_link_between_pages(book: Path) -> None:
    links = page(book / "lab01-boot/README.html").links
    assert "../docs/first-day.html" in links
    assert not [link for link in links if link.endswith(".md")]


def test_a_link_to_another_file_leads_to_a_copy_of_it(book: Path) -> None:
    copies = {path.read_text() for path in book.glob("_downloads/*/*")}
    linked = ("LICENSE", "LICENSE-docs", "solutions/README.md", "beyond/README.md",
              "beyond/vms/README.md")
    assert copies == {(KIT / name).read_text() for name in linked}


def test_every_mermaid_block_has_its_drawing_and_no_drawing_is_left_over(book: Path) -> None:
    drawn = {path.name for path in drawings.DRAWINGS.iterdir()}
    assert drawn == set(drawings.blocks()), "make drawings draws them again"
    assert drawn <= {path.name for path in book.glob("_images/*")}


def test_every_picture_of_a_handout_is_in_the_book(book: Path) -> None:
    for handout in HANDOUTS:
        sources = [Path(link).name for link in page(page_of(handout, book)).links]
        for name in re.findall(r"!\[[^\]]*\]\(([\w-]+\.svg)\)", handout.read_text()):
            # Of two pictures with one name, Sphinx numbers the second.
            assert any(re.fullmatch(rf"{Path(name).stem}\d*\.svg", it) for it in sources), name


def test_the_search_knows_a_register(book: Path) -> None:
    index = (book / "searchindex.js").read_text()
    assert "vttbr_el2" in index and "lab03-stage2/README" in index


def test_a_link_that_leads_nowhere_and_a_block_that_is_not_drawn_are_errors(tmp_path: Path) -> None:
    kit = small_kit(tmp_path)
    (kit / "docs/words.md").write_text("# Words\n\n[no page](nothing.md)\n")
    (kit / "lab01-boot/README.md").write_text("# Boot\n\n```mermaid\nflowchart LR\n```\n")
    made = make(kit=kit)
    assert made.returncode != 0
    assert re.search(r"words\.md:3: WARNING.*nothing", made.stderr)
    assert "image file not readable: docs/book/drawings/lab01-boot-" in made.stderr


def test_a_drawing_is_plain_svg_with_the_labels_of_its_block() -> None:
    for name, block in drawings.blocks().items():
        root = ElementTree.parse(drawings.DRAWINGS / name).getroot()
        tags = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert "text" in tags and not tags & {"style", "foreignObject", "script"}, name
        shown = {word for text in root.itertext() for word in re.findall(r"\w+", text)}
        for label in re.findall(r'"([^"]*)"', block):
            assert set(re.findall(r"\w+", label.replace("<br>", " "))) <= shown, label


def test_the_pdf_is_made_of_one_page_with_a_table_of_contents(tmp_path: Path) -> None:
    kit = small_kit(tmp_path)
    made = make("PDF=1", kit=kit)
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.splitlines()[-1] == "build/book/schism-labs.pdf"
    data = (kit / "build/book/schism-labs.pdf").read_bytes()
    assert data.startswith(b"%PDF-") and data.rstrip().endswith(b"%%EOF")
    paper = page(kit / "build/book/paper/index.html")
    inside = [unquote(link[1:]) for link in paper.links if link.startswith("#document-")]
    assert set(inside) <= paper.anchors
    for handout in HANDOUTS:
        assert f"document-{handout.relative_to(KIT).with_suffix('')}" in inside
    assert not any(link.startswith("index.html") for link in paper.links)


def test_a_published_book_links_to_the_files_of_the_repository(tmp_path: Path) -> None:
    kit = small_kit(tmp_path)
    made = make("BOOK_REPOSITORY=https://host/kit/blob/main", kit=kit)
    assert (made.returncode, made.stderr) == (0, "")
    links = page(kit / "build/book/html/index.html").links
    for name in ("LICENSE", "solutions/README.md"):
        assert f"https://host/kit/blob/main/{name}" in links


def test_without_sphinx_one_line_says_what_to_install(tmp_path: Path) -> None:
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\necho 3.11.2 7.2 13.3 3.1 3.1 4.10 2.5 1.0 6.67 - 0.18 2022\n")
    python.chmod(0o755)
    made = make(f"BUILD={tmp_path}", f"PYTHON={python}")
    assert made.returncode != 0
    first, *rest = made.stderr.splitlines()
    assert first == f"Sphinx is missing (looked in {python}): run ./setup.sh --book"
    assert all(line.startswith("make: ***") for line in rest)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["index", "lab05-vcpu/README", "docs/commands"])
def test_a_page_fits_the_window_and_shows_its_pictures(
    book: Path, name: str, width: int, tmp_path: Path
) -> None:
    text = (book / f"{name}.html").read_text().replace("</head>", MEASURE, 1)
    base = f'<head><base href="{(book / name).as_uri()}">'
    shown = browse(tmp_path, text.replace("<head>", base, 1), "--dump-dom",
                   f"--window-size={width},1000")
    found = {key: int(value) for key, value in re.findall(r'data-(\w+)="(\d+)"', shown[:2000])}
    assert found["beyond"] == 0 and found["broken"] == 0
    assert (found["images"] > 0) == (name != "docs/commands")


def test_a_search_in_a_book_on_the_disk_finds_pages(book: Path, tmp_path: Path) -> None:
    text = (book / "search.html").read_text()
    query = "<script>history.replaceState(null, '', location.href + '?q=VTTBR_EL2')</script>"
    folder = shutil.copytree(book, tmp_path / "copy")
    shown = browse(folder, text.replace("<head>", "<head>" + query, 1), "--dump-dom",
                   "--virtual-time-budget=10000")
    results = shown.partition('id="search-results"')[2]
    assert 'href="lab03-stage2/README.html' in results
