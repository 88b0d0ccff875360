# SPDX-License-Identifier: MIT
"""Names that an object of a student's may not have.

Some are used by given code alone: what its lines and checkpoints are made with. No file
with holes needs them, so to refuse them is a courtesy: who computes the address instead is
found out by qemu/witness.py. And a name with a blank or a line feed in it would write lines of
its own into the linker's map, which model/link_map.py believes.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..model.elf import global_names, names
from ..model.link_map import SOURCE
from ..qemu.witness import given_sources

PLAIN = re.compile(r"[!-~]*")
KEPT = frozenset({"say", "early_say", "nonce_text", "boot_nonce", "checkpoint", "todo_report"})


def misuse(image: Path, tree: Path) -> str:
    """The first object that is not the kit's and has such a name; nothing if there is none."""
    parts = image.with_name("parts").read_text().split()
    sources = {part: match[1] for part in parts if (match := SOURCE.search(part))}
    given = given_sources(set(sources.values()))
    for part, source in sources.items():
        if source not in given:
            data = (tree / part).read_bytes()
            for name in sorted(KEPT & global_names(data)):
                return f"{source} uses {name}, which is for given code alone"
            for name in sorted(names(data)):
                if not PLAIN.fullmatch(name):
                    return f"{source} has a symbol or section named {name!r}: a name has no blanks"
    return ""
