# SPDX-License-Identifier: MIT
"""The function that an address is in, by the symbols of a program."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from pathlib import Path

from .elf import symbols

# Not functions: marks of guest.ld and of the assembler.
_MARKS = ("guest_image_", "guest_rodata_", "guest_data_", "$", ".")


@lru_cache(maxsize=None)
def _by_address(elf: Path) -> tuple[tuple[int, str], ...]:
    found = symbols(elf.read_bytes())
    return tuple(sorted((at, name) for name, at in found.items() if at
                        and not name.startswith(_MARKS)))


def function_at(elf: Path, address: int) -> str:
    """Return "os_exception+0x14"; nothing below the first symbol."""
    table = _by_address(elf)
    index = bisect_right(table, (address, chr(0x10FFFF))) - 1
    if index < 0:
        return ""
    start, name = table[index]
    return name if address == start else f"{name}+0x{address - start:x}"
