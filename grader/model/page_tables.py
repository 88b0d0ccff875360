# SPDX-License-Identifier: MIT
"""The grader's table walker: VMSAv8-64, 4 KiB granule, independent of the kit's code.

Arm ARM, "Translation table walk" and "VMSAv8-64 translation table format descriptors".
It reads tables in a Memory as the hardware would, and joins equal mappings into runs
that a check compares with the expected ones.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Optional

from .snapshot import Memory, State

PAGE_SHIFT, LAST_LEVEL, ENTRIES = 12, 3, 512
PAGE = 1 << PAGE_SHIFT
VALID, TABLE_OR_PAGE = 1, 2
ADDRESS = (1 << 48) - PAGE  # bits 47 to 12
BADDR = (1 << 48) - 2  # of a TTBR: bits 47 to 1
T0SZ = 0x3F  # of TCR_EL2 and VTCR_EL2
IGNORED = 0xF << 55 | 0xF << 59  # software bits, PBHA, and a table's limits
MANY = 1 << 18  # leaves: 1 GiB of pages. More means a table that contains itself
MANY_TABLES = 4096  # 1 GiB needs 515


class WalkError(Exception):
    """The hardware could not walk a table, or the grader has not read it. One line."""


@dataclass(frozen=True)
class Leaf:
    """A block or page: it maps [start, end) to `pa`; `bits` are its attributes."""

    start: int
    end: int
    pa: int
    bits: int
    level: int

    def follows(self, other: Leaf) -> bool:
        """True if this mapping continues the other one."""
        return (
            self.start == other.end
            and self.bits == other.bits
            and self.pa - other.pa == self.start - other.start
        )

    def __str__(self) -> str:
        return f"0x{self.start:x}..0x{self.end - 1:x}"


def size_at(level: int) -> int:
    """Bytes that an entry at a level covers."""
    return PAGE << 9 * (LAST_LEVEL - level)


def leaves(memory: Memory, root: int, start_level: int, input_bits: int) -> Iterator[Leaf]:
    """Return every block and page, sorted by address.

    More than one table's worth of entries at the start level means that the root is
    several adjacent tables ("Concatenated translation tables").
    """
    entries = (1 << input_bits) // size_at(start_level)
    if entries == 0:
        raise WalkError(
            f"{input_bits} bits of address do not reach an entry at level {start_level}")
    alignment = max(64, entries * 8)
    if root % alignment:
        raise WalkError(f"the root table at 0x{root:x} is not aligned to {alignment} bytes")
    tables = iter(range(MANY_TABLES))
    for count, leaf in enumerate(table(memory, root, start_level, 0, entries, tables)):
        if count == MANY:
            raise WalkError(f"the table at 0x{root:x} has more than {MANY} entries: is it its own?")
        yield leaf


def table(
    memory: Memory, at: int, level: int, start: int, entries: int, left: Iterator[int]
) -> Iterator[Leaf]:
    """Yield the leaves of a table and its subtables. `left` tables may still be read."""
    if next(left, None) is None:
        raise WalkError(
            f"more than {MANY_TABLES} tables, of which 0x{at:x} is one: does one refer to itself?")
    raw = memory.read(at, entries * 8)
    if raw is None:
        raise WalkError(f"the level-{level} table at 0x{at:x} is not in EL2's memory")
    if level == LAST_LEVEL:
        yield from pages(raw, start)
        return
    for here, entry in _valid(raw, level, start):
        output = entry & ADDRESS
        if entry & TABLE_OR_PAGE:
            yield from table(memory, output, level + 1, here, ENTRIES, left)
            continue
        if level == 0:
            raise WalkError(
                f"0x{here:x}: 0x{entry:x} is no descriptor at level {level}: bit 1 is 0")
        if output % size_at(level):
            raise WalkError(
                f"0x{here:x}: a level-{level} block whose PA 0x{output:x} is not aligned")
        yield _leaf_of(here, entry, level)


def tables(memory: Memory, root: int, start_level: int, input_bits: int) -> Iterator[int]:
    """Return every page that contains a table, the root first."""
    entries = (1 << input_bits) // size_at(start_level)
    todo = [(root, start_level, entries)]
    for count, (at, level, entries) in enumerate(todo):
        if count == MANY_TABLES:
            raise WalkError(f"more than {MANY_TABLES} tables: does one refer to itself?")
        yield from range(at, at + entries * 8, PAGE)
        raw = memory.read(at, entries * 8)
        if raw is None:
            raise WalkError(f"the level-{level} table at 0x{at:x} is not in EL2's memory")
        if level < LAST_LEVEL:
            below = (entry for _, entry in _valid(raw, level, 0) if entry & TABLE_OR_PAGE)
            todo += [(entry & ADDRESS, level + 1, ENTRIES) for entry in below]


@lru_cache(maxsize=256)
def pages(raw: bytes, start: int) -> tuple[Leaf, ...]:
    """Return the leaves of a last-level table. Cached, because most tables rarely change."""
    found = []
    for here, entry in _valid(raw, LAST_LEVEL, start):
        if not entry & TABLE_OR_PAGE:
            raise WalkError(
                f"0x{here:x}: 0x{entry:x} is no descriptor at level {LAST_LEVEL}: bit 1 is 0")
        found.append(_leaf_of(here, entry, LAST_LEVEL))
    return tuple(found)


def _valid(raw: bytes, level: int, start: int) -> Iterator[tuple[int, int]]:
    """Yield the valid entries of a table, each with its first address."""
    size = size_at(level)
    for index, entry in enumerate(struct.unpack(f"<{len(raw) // 8}Q", raw)):
        if entry & VALID:
            yield start + index * size, entry


def _leaf_of(start: int, entry: int, level: int) -> Leaf:
    return Leaf(start, start + size_at(level), entry & ADDRESS, entry & ~ADDRESS & ~IGNORED & ~3,
                level)


def el2_leaves(state: State) -> list[Leaf]:
    """Return what the hardware finds from TTBR0_EL2."""
    bits = 64 - (state["TCR_EL2"] & T0SZ)
    return list(leaves(state.memory, state["TTBR0_EL2"] & BADDR, stage1_start_level(bits), bits))


def stage1_start_level(bits: int) -> int:
    """The start level of a stage-1 walk of 31 to 48 bits: above 12 each level translates 9."""
    return 1 if bits <= 39 else 0


def s2_leaves(state: State, vttbr: int) -> list[Leaf]:
    """Return what the hardware finds in stage 2 with this VTTBR_EL2."""
    return list(leaves(state.memory, vttbr & BADDR, 1, 64 - (state["VTCR_EL2"] & T0SZ)))


def runs(found: Iterator[Leaf]) -> list[Leaf]:
    """Join leaves that continue each other."""
    joined: list[Leaf] = []
    for leaf in found:
        if joined and leaf.follows(joined[-1]):
            last = joined.pop()
            leaf = Leaf(last.start, leaf.end, last.pa, last.bits, max(last.level, leaf.level))
        joined.append(leaf)
    return joined


def at(found: list[Leaf], address: int) -> Optional[Leaf]:
    """Return the leaf that maps an address."""
    return next((leaf for leaf in found if leaf.start <= address < leaf.end), None)


# --- what the attributes of a leaf mean -----------------------------------------


@dataclass(frozen=True)
class Meaning:
    """A leaf's attributes, decoded: "R-X", and Normal write-back or a device."""

    permissions: str
    memory: str  # "normal", "device", or a description
    accessed: bool
    inner_shareable: bool


def stage1_el2(bits: int, mair: int) -> Meaning:
    """Of EL2's own regime: one XN bit, AP[2], AttrIndx into MAIR_EL2."""
    attribute = mair >> 8 * (bits >> 2 & 7) & 0xFF
    kinds = {0xFF: "normal", 0x04: "device"}
    memory = kinds.get(attribute, f"MAIR attribute 0x{attribute:02x}")
    writable, executable = not bits >> 7 & 1, not bits >> 54 & 1
    permissions = "R" + ("W" if writable else "-") + ("X" if executable else "-")
    return Meaning(permissions, memory, bool(bits >> 10 & 1), bits >> 8 & 3 == 3)


def stage2(bits: int) -> Meaning:
    """Of stage 2: S2AP, MemAttr and XN[1:0] are in the descriptor itself."""
    attribute = bits >> 2 & 0xF
    kinds = {0xF: "normal", 0x1: "device"}
    memory = kinds.get(attribute, f"MemAttr 0b{attribute:04b}")
    never = {0: "X", 2: "-"}.get(bits >> 53 & 3, "?")  # 1, 3: at one of EL1 and EL0 only
    permissions = ("R" if bits >> 6 & 1 else "-") + ("W" if bits >> 7 & 1 else "-") + never
    return Meaning(permissions, memory, bool(bits >> 10 & 1), bits >> 8 & 3 == 3)
