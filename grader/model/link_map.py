# SPDX-License-Identifier: MIT
"""Read the linker's map: the place and the source of each section in an image.

Symbols do not show it, because a local symbol may have any name. The linker knows the
object of every section, and make names each object after its source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

# GNU ld: " .text.say  0x40000b70  0xbc build/obj/default/common/lib/say.c.o", on two lines if long.
# lld: "40000b70 40000b70 bc 16  build/obj/default/common/lib/say.c.o:(.text.say)".
GNU = r"(?m)^ {}\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S+)$"
LLD = r"(?m)^ *([0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+) +\d+ +(\S+):\({}\)$"
CODE, ANY = r"\.text\S*", r"\S+"
# Each set of compiler options has its directory of objects.
SOURCE = re.compile(r"(?:^|/)obj/[^/]+/(.+?\.[cS])\.o$")


@dataclass(frozen=True)
class Piece:
    """A section of one object: with -ffunction-sections and -fdata-sections, one symbol."""

    start: int
    size: int
    source: str  # "lab04-traps/main.c"; empty without a source

    @property
    def end(self) -> int:
        return self.start + self.size


def map_of(image: Path) -> Path:
    return image.with_suffix(".map")


def pieces(text: str, sections: str = CODE) -> list[Piece]:
    """Return the code sections of an image, or others, sorted by address."""
    found = []
    for row in (GNU, LLD):
        for start, size, file in re.findall(row.format(sections), text):
            match = SOURCE.search(file)
            piece = Piece(int(start, 16), int(size, 16), match[1] if match else "")
            if piece.start and piece.size:
                found.append(piece)
    return sorted(found, key=lambda piece: piece.start)
