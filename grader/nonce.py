# SPDX-License-Identifier: MIT
"""The nonce of a boot: a number that the grader draws, and that given code puts into its lines.

Before the first instruction it is written to `boot_nonce` of the image (debugger.py); say()
of common/lib then prints `[test 00c0ffee...]` in place of `[test]`. A transcript that
is printed by heart does not know it.
"""

from __future__ import annotations

import re
import secrets

# Tags that only say() prints. A guest's is that of its virtual UART: [vm3].
GIVEN = r"boot|test|uart|vectors|mmu|pages|el2|stage2|plain|vm|vm\d+|scene|todo|panic"
TAG = re.compile(r"^\[([a-z]+\d*)(?: ([0-9a-f]{16}))?\]", re.M)
CUT_OFF = re.compile(r"^(\[[a-z]+\d*) ([0-9a-f]*)\Z", re.M)  # as a boot may be, within a nonce

FORGED = "(not from the kit's code) "
OURS = "[start] "  # the grader's own code in front of the stage: start.py
EARLY = "(before the stage's first line) "


def draw() -> int:
    """A nonce. 16 digits without a leading 0, so that each takes as long to print."""
    return secrets.randbelow(15 << 60) + (1 << 60)


def genuine(text: str, nonce: int) -> str:
    """The transcript without its nonces, and with what does not count marked as such.

    That is: a line that should carry the nonce and does not; and what stands before
    the first line that does, as nothing prints before the given main.c.
    """
    if not nonce:
        return text
    word = f"{nonce:016x}"

    def judge(match: re.Match[str]) -> str:
        tag, seen = match.groups()
        if seen == word:
            return f"[{tag}]"
        return FORGED + match.group(0) if re.fullmatch(GIVEN, tag) else match.group(0)

    first = next((m.start() for m in TAG.finditer(text) if m.group(2) == word), len(text))
    lines = text[:first].splitlines(keepends=True)
    early = "".join(line if line.startswith(OURS) else EARLY + line for line in lines)
    whole = early + TAG.sub(judge, text[first:])
    return CUT_OFF.sub(lambda end: end[1] if word.startswith(end[2]) else end[0], whole)
