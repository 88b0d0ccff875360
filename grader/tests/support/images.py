# SPDX-License-Identifier: MIT
"""Made-up ELF files."""

from __future__ import annotations

from dataclasses import dataclass

from grader.model.elf import (
    EXECUTE, FILE_HEADER, PROGRAM_HEADER, PT_LOAD, READ, SECTION_HEADER, SHT_SYMTAB, SYMBOL, WRITE,
    segments,
)  # fmt: skip


@dataclass
class Load:
    """A segment to be: its contents, then zeros up to `size`."""

    address: int
    flags: int
    size: int
    contents: bytes = b""


def elf(loads: list[Load], names: dict[str, int] | None = None) -> bytes:
    """An AArch64 executable with these segments and symbols."""
    body = bytearray(FILE_HEADER.size + PROGRAM_HEADER.size * len(loads))
    for number, load in enumerate(loads):
        header = (PT_LOAD, load.flags, len(body), load.address, load.address)
        at = FILE_HEADER.size + PROGRAM_HEADER.size * number
        PROGRAM_HEADER.pack_into(body, at, *header, len(load.contents), load.size, 4096)
        body += load.contents
    strings, entries = b"\0", SYMBOL.pack(0, 0, 0, 0, 0, 0)
    for name, value in (names or {}).items():
        entries += SYMBOL.pack(len(strings), 0, 0, 0, value, 0)
        strings += name.encode() + b"\0"
    string_at, symbol_at = len(body), len(body) + len(strings)
    body += strings + entries
    sections = len(body)
    body += SECTION_HEADER.pack(*[0] * 10)
    body += SECTION_HEADER.pack(0, 3, 0, 0, string_at, len(strings), 0, 0, 1, 0)
    body += SECTION_HEADER.pack(0, SHT_SYMTAB, 0, 0, symbol_at, len(entries), 1, 0, 8, SYMBOL.size)
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    sizes = (FILE_HEADER.size, PROGRAM_HEADER.size, len(loads), SECTION_HEADER.size, 3, 1)
    FILE_HEADER.pack_into(body, 0, ident, 2, 183, 1, 0x1000, FILE_HEADER.size, sections, 0, *sizes)
    return bytes(body)


TEXT = Load(0x1000, READ | EXECUTE, 0x1000, b"\x11" * 0x1000)
BSS = Load(0x6000, READ | WRITE, 0x1000)


def contents(data: bytes) -> list[bytes]:
    return [data[s.offset : s.offset + s.file_size] for s in segments(data)]
