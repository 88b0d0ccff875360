# SPDX-License-Identifier: MIT
"""Read an ELF image: segments and symbols. Make altered copies of it."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .layout import header

PT_LOAD = 1
SHT_SYMTAB = 2
STT_FUNC = 2
STB_LOCAL = 0
EXECUTE, WRITE, READ = 1, 2, 4  # p_flags
PAGE = 4096
JUNK = 0xA5
RAM = 0x4000_0000
MAX_IMAGE = 16 << 20
# movz w0, #0x8400, lsl #16; movk w0, #8: PSCI SYSTEM_OFF; smc #0; b .
POWER_OFF = struct.pack("<4I", 0x52B0_8000, 0x7280_0100, 0xD400_0003, 0x1400_0000)

# ELF-64 Object File Format: figures 2 (file header), 3 and 5 (sections, symbols), 6 (segments).
FILE_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SECTION_HEADER = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")


@dataclass(frozen=True)
class Segment:
    """A non-empty PT_LOAD. `header` is the file offset of its program header."""

    header: int
    flags: int
    offset: int
    address: int
    file_size: int
    size: int

    @property
    def end(self) -> int:
        return self.address + self.size

    @property
    def permissions(self) -> str:
        letters = zip("RWX", (READ, WRITE, EXECUTE))
        return "".join(c if self.flags & bit else "-" for c, bit in letters)


def file_header(data: bytes) -> tuple:
    if data[:6] != b"\x7fELF\x02\x01":
        raise ValueError("not a little-endian 64-bit ELF file")
    return FILE_HEADER.unpack_from(data)


def segments(data: bytes) -> list[Segment]:
    """Return the segments to load, sorted by address."""
    header = file_header(data)
    start, size, count = header[5], header[9], header[10]
    found = []
    for at in range(start, start + size * count, size):
        kind, flags, offset, address, _, file_size, memory_size, _ = PROGRAM_HEADER.unpack_from(
            data, at
        )
        if kind == PT_LOAD and memory_size:
            found.append(Segment(at, flags, offset, address, file_size, memory_size))
    return sorted(found, key=lambda segment: segment.address)


def symbols(data: bytes) -> dict[str, int]:
    """Return every named symbol and its value."""
    return {name: value for name, value, _, _ in _symbol_table(data)}


def global_names(data: bytes) -> set[str]:
    """Return the global names that an object defines or uses."""
    return {name for name, _, _, info in _symbol_table(data) if info >> 4 != STB_LOCAL}


def names(data: bytes) -> set[str]:
    """Return all names in an object: symbols, including local ones, and sections."""
    sections = _section_headers(data)
    strings = sections[file_header(data)[13]][4]
    places = [strings + section[0] for section in sections]
    found = {data[at : data.index(0, at)].decode("utf-8", "replace") for at in places}
    return found | {name for name, *_ in _symbol_table(data)}


def functions(data: bytes) -> list[tuple[str, int, int]]:
    """Yield name, value and size of each function."""
    return [(name, value, size) for name, value, size,
            info in _symbol_table(data) if info & 15 == STT_FUNC]


def _section_headers(data: bytes) -> list[tuple[int, ...]]:
    header = file_header(data)
    start, size, count = header[6], header[11], header[12]
    return [SECTION_HEADER.unpack_from(data, start + i * size) for i in range(count)]


def _symbol_table(data: bytes) -> Iterator[tuple[str, int, int, int]]:
    """Yield name, value, size and st_info of each named symbol."""
    sections = _section_headers(data)
    for section in sections:
        if section[1] != SHT_SYMTAB:
            continue
        names = sections[section[6]][4]
        for at in range(section[4], section[4] + section[5], SYMBOL.size):
            name, info, _, _, value, size = SYMBOL.unpack_from(data, at)
            if name:
                text = data[names + name : data.index(0, names + name)]
                yield text.decode("utf-8", "replace"), value, size, info


def instructions(data: bytes, word: bytes) -> list[int]:
    """Return the addresses of an instruction in executable segments."""
    found = []
    for segment in segments(data):
        code = data[segment.offset : segment.offset + segment.file_size]
        if segment.flags & EXECUTE:
            found += [segment.address + at for at in range(0, len(code), 4)
                      if code[at : at + 4] == word]
    return found


def with_contents(data: bytes) -> bytes:
    """Return the image with junk in .bss, on the stack and between its segments.

    QEMU zeroes what a segment has in memory and not in the file, so a stage that
    forgets to wipe its .bss would not be noticed, nor one that wipes what is next to it.
    """
    image = bytearray(data)
    loads = segments(data)
    ends = [*(segment.address for segment in loads[1:]), loads[-1].end]
    for segment, end in zip(loads, ends):
        size = end - segment.address
        if size == segment.file_size:
            continue
        contents = data[segment.offset : segment.offset + segment.file_size]
        image += bytes(-len(image) % PAGE)
        offset = len(image)
        image += contents + bytes([JUNK]) * (size - len(contents))
        fields = list(PROGRAM_HEADER.unpack_from(image, segment.header))
        fields[2], fields[5], fields[6] = offset, size, size
        PROGRAM_HEADER.pack_into(image, segment.header, *fields)
    return bytes(image)


def with_patch(data: bytes, guest: bytes, binary: bytes, old: str | int, word: int) -> bytes:
    """Return the image with another first instruction in a function of a guest.

    Or, if `old` is the encoding of an instruction, with another one in each of its places.
    `guest` is the guest's ELF file, and `binary` what of it is in the image. If it has no such
    function or instruction, the image stays as it is.
    """
    if isinstance(old, str):
        places = [at for name, at in symbols(guest).items() if name == old]
    else:
        places = instructions(guest, struct.pack("<I", old))
    image = bytearray(data)
    start = data.index(binary) - segments(guest)[0].address
    for at in places:
        struct.pack_into("<I", image, start + at, word)
    return bytes(image)


def with_start(data: bytes, address: int, code: Callable[[int], bytes]) -> bytes:
    """Return the image with code at `address` that runs first. It gets the entry point."""
    header = list(file_header(data))
    entry, start, size, count = header[4], header[5], header[9], header[10]
    added = code(entry)
    image = bytearray(data) + bytes(-len(data) % PAGE)
    offset = len(image)
    image += added + bytes(-len(added) % 8)
    header[4], header[5], header[10] = address, len(image), count + 1
    image += data[start : start + size * count]
    image += PROGRAM_HEADER.pack(
        PT_LOAD, READ | EXECUTE, offset, address, address, len(added), len(added), PAGE
    )
    FILE_HEADER.pack_into(image, 0, *header)
    return bytes(image)


def program(code: bytes) -> bytes:
    """Return an image with only this code, at the start of RAM."""
    size = FILE_HEADER.size + PROGRAM_HEADER.size
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    entry = (2, 183, 1, RAM, FILE_HEADER.size, 0, 0, FILE_HEADER.size, PROGRAM_HEADER.size, 1, 64,
             0, 0)
    segment = (PT_LOAD, READ | EXECUTE, size, RAM, RAM, len(code), len(code), 4)
    return FILE_HEADER.pack(ident, *entry) + PROGRAM_HEADER.pack(*segment) + code


def layout_fault(path: Path) -> str:
    """Return what is wrong with an image's segments: permissions, pages, guards."""
    loads = segments(path.read_bytes())
    for segment in loads:
        where = f"{segment.permissions} 0x{segment.address:x}..0x{segment.end - 1:x}"
        if segment.flags & WRITE and segment.flags & EXECUTE:
            return f"a segment that is writable and executable: {where}"
        if segment.address % PAGE or segment.size % PAGE:
            return f"a segment that does not start and end at a page: {where}"
    for low, high in zip(loads, loads[1:]):
        if high.address - low.end < PAGE:
            return f"no guard page between 0x{low.end - 1:x} and 0x{high.address:x}"
    return "" if loads else "an image without segments"


def image_fault(path: Path) -> str:
    """Return why an image cannot be loaded, or nothing. Other code relies on this check."""
    try:
        if path.stat().st_size > MAX_IMAGE:
            return f"{path.name}: error: an image of more than {MAX_IMAGE >> 20} MiB"
        found = segments(path.read_bytes())
    except (OSError, ValueError, struct.error) as error:
        return f"{path.name}: error: no image that can be read: {error}"
    first, last = RAM, header()["MAILBOX_BASE"]
    for segment in found:
        if segment.address < first or segment.end > last:
            where = f"0x{segment.address:x}..0x{segment.end - 1:x}"
            return (
                f"{path.name}: error: a segment at {where}, outside of 0x{first:x}..0x{last - 1:x}")
    return ""


def poison_ram(image: Path) -> list[str]:
    """Return QEMU options that fill 12 MiB from the first mailbox with junk at reset."""
    filler = image.with_name("poison.bin")
    filler.write_bytes(bytes([JUNK]) * (12 << 20))
    place = f"addr=0x{header()['MAILBOX_BASE']:x},force-raw=on"
    return ["-device", f"loader,file={filler},{place}"]
