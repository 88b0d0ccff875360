# SPDX-License-Identifier: MIT
"""Where guests were interrupted and entered again, from QEMU's log of exceptions (-d int).

No gdb stops the machine for this log, so it is the same in every boot of an image.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# An IRQ that EL2 took from a guest, with the preferred return address; an entry of a guest.
MOVE = re.compile(
    rb"^Taking exception \d+ \[IRQ\] on CPU \d+\n"
    rb"\.\.\.from EL[01] to EL2\n"
    rb"(?:\.\.\.with (?:ESR|SPSR) .*\n)*"  # SPSR: QEMU 10
    rb"\.\.\.with ELR 0x(?P<irq>[0-9a-f]+)$"
    rb"|^Exception return from AArch64 EL2 to AArch64 EL[01] PC 0x(?P<entry>[0-9a-f]+)$",
    re.MULTILINE,
)


def moves(log: bytes) -> Iterator[tuple[str, int]]:
    """Yield ("irq", PC) for each IRQ from a guest and ("entry", PC) for each entry, in order."""
    for match in MOVE.finditer(log):
        kind = match.lastgroup or ""
        yield kind, int(match[kind], 16)
