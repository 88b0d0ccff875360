# SPDX-License-Identifier: MIT
"""Values that self-tests and the grader put into registers and memory, to recognise them later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from .elf import JUNK

REGISTERS = 31
ALL = (1 << 64) - 1


@dataclass(frozen=True)
class Pattern:
    """One value a register: xN holds `first` + N * `step`."""

    first: int
    step: int
    source: str  # where the assembly or C code has it
    meaning: str  # who writes it

    def register(self, value: int) -> Optional[int]:
        number, rest = divmod(value - self.first, self.step)
        return number if rest == 0 and 0 <= number < REGISTERS else None


PATTERNS = (
    Pattern(0xA5A5_0000, 0x101, "lab01-boot/selftest.S",
            "which lab 1's self-test writes before its BRK"),
    Pattern(0x1111_0000_0000_0000, 0x101, "lab04-traps/selftest.c",
            "which lab 4's self-test of the world switch gives to a guest"),
    Pattern(ALL - 0x1111_0000_0000_0000, -0x101, "lab04-traps/selftest.c",
            "which the guest of lab 4's self-test of the world switch leaves there"),
    Pattern(0x5A5A_0000, 0x107, "lab04-traps/guests/registers/check.S",
            "which lab 4's guest `registers` writes before its hypercall"),
)
STACK = 0xA5A5_A5A0  # SP when the machine starts, in some boots of the grader
FILL = tuple(int.from_bytes(bytes([JUNK]) * size, "little") for size in (4, 8))


def meaning(value: int) -> str:
    """Return which value this is, "" for any other."""
    for pattern in PATTERNS:
        if (number := pattern.register(value)) is not None:
            return f"the value of x{number} {pattern.meaning}"
    if value in FILL:
        return ("what the grader writes into .bss before a boot, so this memory was not wiped or "
                "was used too early")
    if 0 <= STACK - value < 0x1000:
        return "near SP as the grader sets it before a boot, so `_start` has not set SP"
    return ""
