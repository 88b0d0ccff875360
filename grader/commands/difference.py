# SPDX-License-Identifier: MIT
"""make diff LAB=n: a tour of what stage n adds to the stage before it.

It lists the files in reading order, a header before its code, with purpose and length; then the
stage's main.c, compared with that of the stage before.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

from ..core.kit import KIT, LAB_DIRS, has_solution
from ..core.starters import MANIFEST
from .stage import command

SOURCES = (".h", ".c", ".S")
COMMENT = re.compile(r"/\*(.*?)\*/", re.DOTALL)
WIDTH = 76  # of a sentence
LICENCE = re.compile(r"^.*SPDX-License-Identifier.*$", re.MULTILINE)
INCLUDE = re.compile(r'^#include "(\w+\.h)"', re.MULTILINE)
PROGRAM = re.compile(r"(main|selftest)\.\w")


@dataclass(frozen=True)
class File:
    """A source of the lab."""

    path: Path
    yours: bool  # it has holes

    @property
    def text(self) -> str:
        return self.path.read_text()

    @property
    def lines(self) -> int:
        """The number of lines that are not empty."""
        return sum(bool(line.strip()) for line in self.text.splitlines())

    @property
    def purpose(self) -> str:
        """The first sentence of its first comment, or of its header's if it has none."""
        found = sentence(LICENCE.sub("", self.text))
        header = self.path.with_suffix(".h")
        if not found and self.path != header and header.exists():
            found = sentence(LICENCE.sub("", header.read_text()))
        return found


def sentence(text: str) -> str:
    """The first sentence of the comment at the start of a text, on one line."""
    head = COMMENT.match(text.strip())
    if not head:
        return ""
    words = " ".join(line.strip().lstrip("*").strip() for line in head[1].splitlines())
    return shorten(words.strip().partition(". ")[0].rstrip(":."), WIDTH, placeholder=" ...")


def files(lab: int) -> list[File]:
    """The files that the lab adds, in reading order: an included header comes first."""
    folder = KIT / LAB_DIRS[lab]
    holes = set(re.findall(r"\S+\.[chS]\b", MANIFEST.read_text()))
    found = {
        path: File(path, str(path.relative_to(KIT)) in holes)
        for path in sorted(folder.rglob("*.[chS]"), key=_reading_order)
    }
    return [found[path] for path in _by_need(list(found))]


def _reading_order(path: Path) -> tuple[bool, bool, str, int]:
    """Modules, then guests, then the stage's program; a header before its code."""
    program = bool(PROGRAM.fullmatch(path.name)) and "guests" not in path.parts
    return program, "guests" in path.parts, str(path.with_suffix("")), SOURCES.index(path.suffix)


def _by_need(paths: list[Path]) -> Iterator[Path]:
    """The same files, with headers before the headers that include them."""
    headers = {path.name: path for path in paths if path.suffix == ".h"}
    done: set[Path] = set()

    def visit(path: Path) -> Iterator[Path]:
        if path in done:
            return
        done.add(path)
        if path.suffix == ".h":
            for name in INCLUDE.findall(path.read_text()):
                if name in headers and headers[name].parent == path.parent:
                    yield from visit(headers[name])
                    yield from body(headers[name])
        yield path

    def body(header: Path) -> Iterator[Path]:
        for suffix in SOURCES[1:]:
            code = header.with_suffix(suffix)
            if code in paths:
                yield from visit(code)

    for path in paths:
        yield from visit(path)


def tour(lab: int) -> Iterator[str]:
    """The lines to print."""
    added = files(lab)
    total, yours = sum(file.lines for file in added), sum(file.yours for file in added)
    size = f"{len(added)} files, {total} lines"
    yield f"Stage {lab}, {LAB_DIRS[lab]}: {size}; {yours} of them have tasks for you"
    yield ""
    width = max(len(str(file.path.relative_to(KIT))) for file in added)
    for file in added:
        name = str(file.path.relative_to(KIT))
        mark = "*" if file.yours else " "
        yield f"{mark} {name:{width}} {file.lines:5}  {file.purpose}".rstrip()
    yield ""
    yield "* has holes" + (
        "; the solution is the file of the same name in solutions/" if has_solution(lab) else "")
    if lab > 1:
        yield ""
        yield from program(lab)


def program(lab: int) -> Iterator[str]:
    """The body of hyp_main(), as a diff against the stage before."""
    before, now = (_body_of(KIT / LAB_DIRS[n] / "main.c") for n in (lab - 1, lab))
    yield f"hyp_main(), compared with stage {lab - 1}:"
    for line in difflib.unified_diff(before, now, lineterm="", n=2):
        if not line.startswith(("---", "+++", "@@")):
            yield f"  {line.expandtabs(4)}".rstrip()


def _body_of(path: Path) -> list[str]:
    text = path.read_text()
    return text[text.index("hyp_main(void)\n{") :].splitlines()[2:-1]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make diff", description=__doc__)
    parser.add_argument("lab", type=int, choices=LAB_DIRS)
    print("\n".join(tour(parser.parse_args(arguments).lab)))
    return 0


if __name__ == "__main__":
    sys.exit(command("diff", main))
