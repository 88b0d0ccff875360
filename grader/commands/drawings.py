# SPDX-License-Identifier: MIT
"""make drawings: draw the mermaid pictures of the handouts for the book.

A repository host draws a mermaid block itself; the book shows `docs/book/drawings/` instead. For
maintainers, after a change of a block. Needs Chromium, and mermaid's `dist/mermaid.min.js`, which
`npm pack mermaid` downloads.
"""

from __future__ import annotations

import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ..core.kit import KIT, LAB_DIRS, GraderError

DRAWINGS = KIT / "docs/book/drawings"
BLOCK = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Labels are SVG text: an image in a page shows no HTML inside of SVG. The font is wide, so the
# text of a reader who lacks it still fits into its box.
FONT = "DejaVu Sans, Verdana, sans-serif"
CONFIG = {
    "themeCSS": ".edgeLabel rect { opacity: 1 !important }",
    "startOnLoad": False, "theme": "neutral", "htmlLabels": False, "deterministicIds": True,
    "fontFamily": FONT, "themeVariables": {"fontFamily": FONT, "fontSize": "14px"},
    "flowchart": {"htmlLabels": False, "useMaxWidth": False, "wrappingWidth": 400},
    "sequence": {"useMaxWidth": False}, "state": {"useMaxWidth": False},
}  # fmt: skip
# WeasyPrint, which makes the PDF, knows attributes better than styles: see plain().
PAGE = """<!DOCTYPE html><meta charset="utf-8"><script src="{mermaid}"></script><body><script>
const SHAPE = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity"];
const UNSET = {{"stroke-dasharray": "none", "opacity": "1", "stroke": "none", "fill-opacity": "1"}};
// Replace styles by attributes, and each line of text by a text around its own middle.
function plain(svg) {{
    const marked = svg.innerHTML;
    for (const marker of svg.querySelectorAll("marker, symbol, filter"))
        if (!marked.includes("url(#" + marker.id + ")")) marker.remove();
    const replaced = [];
    for (const shape of svg.querySelectorAll("rect, path, circle, ellipse, polygon, line")) {{
        const style = getComputedStyle(shape);
        const set = SHAPE.map((name) => [name, style.getPropertyValue(name)])
            .filter(([name, value]) => UNSET[name] !== value);
        replaced.push(() => {{
            SHAPE.forEach((name) => shape.removeAttribute(name));
            set.forEach(([name, value]) => shape.setAttribute(name, value.replace("px", "")));
        }});
    }}
    for (const text of svg.querySelectorAll("text")) {{
        const lines = [];
        const rows = [...text.children].filter((row) => row.tagName == "tspan");
        let at = 0;
        for (const row of rows.length ? rows : [text]) {{
            const count = row.getNumberOfChars();
            if (!count) continue;
            const [from, to] = [text.getStartPositionOfChar(at),
                                text.getEndPositionOfChar(at + count - 1)];
            const style = getComputedStyle(row), size = parseFloat(style.fontSize);
            const centred = getComputedStyle(text).dominantBaseline != "auto";
            const line = document.createElementNS(svg.namespaceURI, "text");
            const set = {{x: (from.x + to.x) / 2, y: from.y + (centred ? size * 0.35 : 0),
                "text-anchor": "middle", "font-size": size, fill: style.fill}};
            Object.entries(set).forEach(([name, value]) => line.setAttribute(name, value));
            line.textContent = row.textContent.trim();
            lines.push(line);
            at += count;
        }}
        replaced.push(() => text.replaceWith(...lines));
    }}
    replaced.forEach((replace) => replace());
    svg.querySelectorAll("style, foreignObject").forEach((node) => node.remove());
    for (const node of svg.querySelectorAll("*"))
        for (const name of ["class", "style", "filter"]) node.removeAttribute(name);
    svg.setAttribute("font-family", {font});
    return svg;
}}
(async () => {{
    mermaid.initialize({config});
    const drawn = [];
    for (const [n, text] of {texts}.entries()) {{
        const {{svg}} = await mermaid.render("drawing" + n, text);
        const box = document.body.appendChild(document.createElement("div"));
        box.innerHTML = svg;
        drawn.push(new XMLSerializer().serializeToString(plain(box.firstElementChild)));
    }}
    document.body.textContent = "drawn:" + JSON.stringify(drawn) + ":end";
}})().catch((error) => {{ document.body.textContent = "failed:" + error + ":end"; }});
</script>"""


def name_of(handout: str, block: str) -> str:
    """Name the drawing of a block in labNN-*/README.md after the block's text."""
    return f"{handout}-{hashlib.sha256(block.strip().encode()).hexdigest()[:8]}.svg"


def blocks() -> dict[str, str]:
    """Return the mermaid blocks of all handouts by the names of their drawings."""
    return {name_of(lab, block): block for lab in LAB_DIRS.values()
            for block in BLOCK.findall((KIT / lab / "README.md").read_text())}


def draw(texts: list[str], mermaid: Path) -> list[str]:
    """Return the SVG of each text, drawn in a browser."""
    browser = next(filter(shutil.which, BROWSERS), None)
    if not browser:
        raise GraderError("drawings: Chromium is missing: run ./setup.sh --dev")
    if not mermaid.is_file():
        raise GraderError("drawings: MERMAID=path/to/mermaid.min.js (npm pack mermaid has it)")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        config, listed = json.dumps(CONFIG), json.dumps(texts).replace("</", "<\\/")
        page.write_text(PAGE.format(mermaid=mermaid.resolve().as_uri(), config=config,
                                    texts=listed, font=json.dumps(FONT)))
        argv = [browser, "--headless", "--disable-gpu", "--disable-dev-shm-usage", "--dump-dom",
                "--virtual-time-budget=60000", f"--user-data-dir={folder}/profile",
                *(["--no-sandbox"] if os.geteuid() == 0 else []), page.as_uri()]
        shown = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    found = re.search(r"(drawn|failed):(.*):end", html.unescape(shown), re.DOTALL)
    if not found or found[1] == "failed":
        raise GraderError(f"drawings: mermaid failed: {found[2] if found else 'it drew nothing'}")
    return [tidy(svg) for svg in json.loads(found[2])]


def tidy(svg: str) -> str:
    """Give a drawing its natural size and a white ground, like the other pictures; shorten it."""
    head, rest = re.match(r"(<svg[^>]*>)(.*)", svg, re.DOTALL).groups()  # type: ignore[union-attr]
    rest = re.sub(r' data-[\w-]+="[^"]*"', "", rest)
    rest = re.sub(r"\d+\.\d{2,}", lambda number: f"{float(number[0]):.1f}", rest)
    left, top, width, height = re.search(r'viewBox="([^"]*)"', head)[1].split()  # type: ignore
    head = re.sub(r' (?:width|height|style)="[^"]*"', "", head)
    head = head[:-1] + f' width="{float(width):.0f}" height="{float(height):.0f}">'
    ground = f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="white"/>'
    return f"{head}\n<!-- CC BY 4.0, drawn by make drawings -->\n{ground}{rest}\n"


def main() -> int:
    wanted = blocks()
    try:
        drawn = draw(list(wanted.values()), Path(sys.argv[1]))
    except GraderError as error:
        print(error, file=sys.stderr)
        return 2
    for old in DRAWINGS.glob("*.svg"):
        if old.name not in wanted:
            old.unlink()
    for name, svg in zip(wanted, drawn):
        (DRAWINGS / name).write_text(svg)
        print(DRAWINGS.relative_to(KIT) / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
