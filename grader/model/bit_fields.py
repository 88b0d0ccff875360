# SPDX-License-Identifier: MIT
"""A register as a list of decoded fields. control_registers.py has the registers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Optional, Union

Words = Union[None, str, Mapping[int, str], Callable[[int], str]]


@dataclass(frozen=True)
class Field:
    """Bits `high` to `low`. `words` give the meaning of each value, a string that of 1."""

    name: str
    high: int
    low: int
    words: Words = None
    zero: str = ""  # the meaning of 0, if it needs one

    def of(self, register: int) -> int:
        return register >> self.low & (1 << self.high - self.low + 1) - 1

    def meaning(self, value: int) -> str:
        if value == 0 and self.zero:
            return self.zero
        if callable(self.words):
            return self.words(value)
        if isinstance(self.words, Mapping):
            return self.words.get(value, "reserved")
        return self.words if self.words and value else ""

    def text(self, register: int) -> str:
        """"T0SZ=25 (39 bits)", or nothing for a flag that is 0 and has no meaning then."""
        value = self.of(register)
        meaning = self.meaning(value)
        if value == 0 and self.high == self.low and not meaning:
            return ""
        shown = str(value) if value < 10 or self.high - self.low < 7 else f"0x{value:x}"
        return f"{self.name}={shown}" + (f" ({meaning})" if meaning else "")


def flag(name: str, bit: int, one: str = "", zero: str = "") -> Field:
    return Field(name, bit, bit, one, zero)


def describe(register: int, fields: tuple[Field, ...]) -> list[str]:
    """Return the fields that show something."""
    return [text for field in fields if (text := field.text(register))]


def wrapped(parts: list[str], indent: int, width: int = 96) -> list[str]:
    """Join parts with commas and break them into lines."""
    lines: list[str] = []
    for number, part in enumerate(parts):
        part += "," if number + 1 < len(parts) else ""
        if lines and len(lines[-1]) + 1 + len(part) <= width:
            lines[-1] += " " + part
        else:
            lines.append(" " * indent + part)
    return lines


def named(value: Optional[int], absent: str = "not shown by QEMU") -> str:
    """A 64-bit value, or why it is missing."""
    return absent if value is None else f"0x{value:016x}"
