# SPDX-License-Identifier: MIT
"""The nonce of a boot: a random number that given code prints in its lines.

Before the first instruction it is written to `boot_nonce` of the image (inspection.py); say()
of common/lib then prints `[test 00c0ffee...]` instead of `[test]`. A transcript copied
from an earlier run has the wrong number.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

# Tags that only say() prints. A guest's is that of its virtual UART: [vm3].
GIVEN = r"boot|test|uart|vectors|mmu|pages|el2|stage2|plain|vm|vm\d+|scene|todo|panic"
TAG = re.compile(r"^\[([a-z]+\d*)(?: ([0-9a-f]{16}))?\]", re.M)
CUT_OFF = re.compile(r"^(\[[a-z]+\d*) ([0-9a-f]*)\Z", re.M)  # a boot may be stopped within a nonce

# A panic earns no points, and any code may print it.
ANYWHERE = ("panic",)

FORGED = "(not from the kit's code) "
OURS = "[start] "  # the grader's own code before the stage: preamble.py
EARLY = "(before the stage's first line) "


def draw() -> int:
    """Draw a nonce. 16 digits without a leading 0, so that each takes as long to print."""
    return secrets.randbelow(15 << 60) + (1 << 60)


@dataclass
class Expected:
    """Patterns of the lines said, in order. Some lines may not reach the UART."""

    said: Sequence[str]
    at: int = 0
    LOST = 20

    def next_is(self, line: str) -> bool:
        for place in range(self.at, min(self.at + self.LOST, len(self.said))):
            if re.fullmatch(self.said[place], line):
                self.at = place + 1
                return True
        return False


def genuine(text: str, nonce: int, said: Optional[Sequence[str]] = None) -> str:
    """Return the transcript without nonces, with marks on lines that do not count.

    These are lines that lack a nonce, lines before the first nonce (nothing prints before
    the given main.c), and with a witness (witness.py) lines that are not in `said` in this
    order.
    """
    if not nonce:
        return text
    word = f"{nonce:016x}"
    expected = None if said is None else Expected(said)

    def judge(match: re.Match[str]) -> str:
        tag, seen = match.groups()
        if seen == word:
            end = text.find("\n", match.end())
            line = f"[{tag}]{text[match.end() : end if end >= 0 else None]}"
            true = expected is None or tag in ANYWHERE or expected.next_is(line.rstrip("\r"))
            return f"[{tag}]" if true else f"{FORGED}[{tag}]"
        return FORGED + match.group(0) if re.fullmatch(GIVEN, tag) else match.group(0)

    first = next((m.start() for m in TAG.finditer(text) if m.group(2) == word), len(text))
    lines = text[:first].splitlines(keepends=True)
    early = "".join(line if line.startswith(OURS) else EARLY + line for line in lines)
    text = text[first:]
    whole = early + TAG.sub(judge, text)
    return CUT_OFF.sub(lambda end: end[1] if word.startswith(end[2]) else end[0], whole)
