# SPDX-License-Identifier: MIT
"""Names that only given code uses: what its lines and checkpoints are made with.

No file with holes needs them. One that defines or uses one is refused in plain words. That
is a courtesy: who computes the address instead is found out by witness.py.
"""

from __future__ import annotations

from pathlib import Path

from .elf import global_names
from .linkmap import SOURCE
from .witness import given_sources

KEPT = frozenset({"say", "early_say", "nonce_text", "boot_nonce", "checkpoint", "todo_report"})


def misuse(image: Path, tree: Path) -> str:
    """The first object that is not the kit's and has such a name; nothing if there is none."""
    parts = image.with_name("parts").read_text().split()
    sources = {part: match[1] for part in parts if (match := SOURCE.search(part))}
    given = given_sources(set(sources.values()))
    for part, source in sources.items():
        if source not in given:
            for name in sorted(KEPT & global_names((tree / part).read_bytes())):
                return f"{source} uses {name}, which is for given code alone"
    return ""
