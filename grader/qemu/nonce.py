# SPDX-License-Identifier: MIT
"""The nonce of a boot: a number that the grader draws, and that given code puts into its lines.

Before the first instruction it is written to `boot_nonce` of the image (inspection.py); say()
of common/lib then prints `[test 00c0ffee...]` in place of `[test]`. A transcript that
is printed by heart does not know it.
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
CUT_OFF = re.compile(r"^(\[[a-z]+\d*) ([0-9a-f]*)\Z", re.M)  # as a boot may be, within a nonce

# It says nothing for the stage, and may come from anywhere.
UNHEARD = ("panic",)

FORGED = "(not from the kit's code) "
OURS = "[start] "  # the grader's own code in front of the stage: preamble.py
EARLY = "(before the stage's first line) "


def draw() -> int:
    """A nonce. 16 digits without a leading 0, so that each takes as long to print."""
    return secrets.randbelow(15 << 60) + (1 << 60)


@dataclass
class Heard:
    """Patterns of what was said, in this order; some of it may be lost on its way to the UART."""

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
    """The transcript without its nonces, and with what does not count marked as such.

    That is: a line that should carry the nonce and does not; what stands before the first
    line that does, as nothing prints before the given main.c; and, if the boot had a
    witness, what was not `said` in this order. Those are patterns (witness.py).
    """
    if not nonce:
        return text
    word = f"{nonce:016x}"
    heard = None if said is None else Heard(said)

    def judge(match: re.Match[str]) -> str:
        tag, seen = match.groups()
        if seen == word:
            end = text.find("\n", match.end())
            line = f"[{tag}]{text[match.end() : end if end >= 0 else None]}"
            true = heard is None or tag in UNHEARD or heard.next_is(line.rstrip("\r"))
            return f"[{tag}]" if true else f"{FORGED}[{tag}]"
        return FORGED + match.group(0) if re.fullmatch(GIVEN, tag) else match.group(0)

    first = next((m.start() for m in TAG.finditer(text) if m.group(2) == word), len(text))
    lines = text[:first].splitlines(keepends=True)
    early = "".join(line if line.startswith(OURS) else EARLY + line for line in lines)
    text = text[first:]
    whole = early + TAG.sub(judge, text)
    return CUT_OFF.sub(lambda end: end[1] if word.startswith(end[2]) else end[0], whole)
