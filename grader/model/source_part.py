# SPDX-License-Identifier: MIT
"""A part of a source: one function of a C or assembly file, with its line numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

LABEL = re.compile(r"^(?:function\s+)?(\w+)(?::|\s*$)")


@dataclass(frozen=True)
class Part:
    """Lines of a source, from line `first`."""

    first: int
    lines: tuple[str, ...]

    @property
    def numbered(self) -> list[str]:
        return [f"{number:4}  {line}" for number, line in enumerate(self.lines, self.first)]


def start_of(name: str) -> re.Pattern[str]:
    """Return what the first line of a function looks like, in C and in assembly."""
    word = re.escape(name)
    return re.compile(rf"^(?:{word}:|function\s+{word}\b|[A-Za-z_].*\b{word}\([^;]*$)")


def function(text: str, name: str, assembly: bool = False) -> Part | None:
    """Return a function with the comment before it; None if the source does not define it.

    It ends with the brace in column 1; in assembly, before the next label that is not local.
    """
    lines = text.splitlines()
    start = next((at for at, line in enumerate(lines) if start_of(name).match(line)), None)
    if start is None:
        return None
    after = range(start + 1, len(lines))
    if assembly:
        end = next((at for at in after if LABEL.match(lines[at]) or "endfunction" in lines[at]),
                   len(lines))
    else:
        end = next((at + 1 for at in after if lines[at].startswith("}")), len(lines))
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return Part(start + 1, tuple(lines[start:end]))


def around(text: str, pattern: str, lines: int = 4) -> Part | None:
    """Return the lines around the matches of a pattern, as one part; None without a match."""
    every = text.splitlines()
    found = [at for at, line in enumerate(every) if re.search(pattern, line)]
    if not found:
        return None
    first = max(0, found[0] - lines)
    return Part(first + 1, tuple(every[first : found[-1] + lines + 1]))
