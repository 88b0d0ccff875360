# SPDX-License-Identifier: MIT
"""The grader's own guests: grader/guests/NAME.c, or NAME/main.S. Checks boot some of them.

The comment at the top of each begins with a sentence that says what the guest does.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..core.kit import KIT
from .check import Boot, Check

FOLDER = KIT / "grader/guests"
_COMMENT = re.compile(r"/\*(?! SPDX)[\s*]*(.*?)\*/", re.DOTALL)


def _source(name: str) -> Path:
    """Return the file of a guest with its comment; it does not exist for a guest of a lab."""
    path = FOLDER / f"{name}.c"
    return path if path.exists() else FOLDER / name / "main.S"


def purpose(name: str) -> str:
    """Return the first sentence of a guest's comment, without its full stop."""
    comment = _COMMENT.search(_source(name).read_text())
    assert comment, name
    words = " ".join(comment.group(1).replace("\n *", " ").split())
    return words.partition(". ")[0].rstrip(".")


def booted(boot: Boot) -> list[str]:
    """Return the grader's guests in a boot, each once."""
    lists = [value.split() for name, _, value in (v.partition("=") for v in boot.make)
             if name == "GUESTS"]  # fmt: skip
    names = dict.fromkeys(name for guests in lists for name in guests)
    return [name for name in names if _source(name).exists()]


def described(check: Check) -> str:
    """Describe the grader's guests in a check, a line each: those it names, or all it boots."""
    there = list(dict.fromkeys(name for boot in check.boots for name in booted(boot)))
    words = f"{check.title} {check.line} {check.wanted}"
    named = [name for name in there if re.search(rf"\b{name}\b", words)]
    return "\n".join(
        f"{name} ({_source(name).relative_to(KIT)}): {purpose(name)}" for name in named or there
    )
