# SPDX-License-Identifier: MIT
"""Translation tables as pgtable.h promises them, and as they are in the machine.

A `Dump` has the tables that contract_tables() of grader/qemu/driver/lab02.c recorded; the grader's
own walker reads it. A `Model` has the blocks and pages that should be mapped, and no tables.
"""

from __future__ import annotations

import struct
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Optional

from ..model.page_tables import (
    ADDRESS, ENTRIES, IGNORED, LAST_LEVEL, PAGE, Leaf, WalkError, leaves, size_at,
)  # fmt: skip
from ..model.snapshot import Memory
from ..qemu import call_script
from ..qemu.call_script import Result

BLOCK = size_at(2)
GIB = size_at(1)
PA_LIMIT = 1 << 48
E_INVALID, E_NO_MEMORY, E_EXISTS, E_NOT_FOUND = -1, -2, -3, -4  # error.h
ERRORS = {0: "ok", E_INVALID: "E_INVALID", E_NO_MEMORY: "E_NO_MEMORY",
          E_EXISTS: "E_EXISTS", E_NOT_FOUND: "E_NOT_FOUND"}  # fmt: skip


def error_name(error: int) -> str:
    return ERRORS.get(error, str(error))


def either(errors: set[int]) -> str:
    return " or ".join(map(error_name, sorted(errors, reverse=True)))


@dataclass(frozen=True)
class Shape:
    """The level and size of a table's root, and how many bits of address it translates."""

    start_level: int
    root_pages: int
    input_bits: int

    def __str__(self) -> str:
        pages = f"{self.root_pages} page{'s' * (self.root_pages > 1)}"
        return f"{self.input_bits} bits of address, a root of {pages} at level {self.start_level}"

    @property
    def limit(self) -> int:
        return 1 << self.input_bits

    def holds(self, address: int, size: int) -> bool:
        """True if [address, address + size) can be mapped or unmapped."""
        return not (address | size) % PAGE and size > 0 and address + size <= self.limit


@dataclass(frozen=True)
class Dump:
    """All tables of one struct pgtable at one moment."""

    shape: Shape
    tables: dict[int, dict[int, int]]  # by address: entries that are not 0, by index
    root: int

    @cached_property
    def leaves(self) -> list[Leaf]:
        """Return the blocks and pages that the grader's walker finds, or raise WalkError."""
        pieces = {}
        for at, entries in self.tables.items():
            size = self.shape.root_pages * ENTRIES if at == self.root else ENTRIES
            words = [0] * size
            for index, value in entries.items():
                words[index] = value
            pieces[at] = struct.pack(f"<{size}Q", *words)
        return list(leaves(Memory(pieces), self.root, self.shape.start_level,
                           self.shape.input_bits))

    def leaf(self, address: int) -> Optional[Leaf]:
        return next((leaf for leaf in self.leaves if leaf.start <= address < leaf.end), None)

    def stops(self, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
        """The stops of a walk of [start, end): start, end, level and entry of each."""
        return self.below(self.root, self.shape.start_level, start, end)

    def below(self, table: int, level: int, start: int,
              end: int) -> Iterator[tuple[int, int, int, int]]:
        entries, size = self.tables[table], size_at(level)
        first = start - start % size
        for here in range(first, end, size):
            index = here // size % (ENTRIES * (self.shape.root_pages if table == self.root else 1))
            entry = entries.get(index, 0)
            low, high = max(here, start), min(here + size, end)
            if is_table(entry, level) and entry & ADDRESS in self.tables:
                yield from self.below(entry & ADDRESS, level + 1, low, high)
            else:
                yield low, high, level, entry

    @cached_property
    def tabled(self) -> set[int]:
        """The 2 MiB regions that have a table of pages, which may be empty."""
        return set(self.tables_at(self.root, self.shape.start_level, 0))

    def tables_at(self, table: int, level: int, start: int) -> Iterator[int]:
        for index, entry in self.tables[table].items():
            here = start + index * size_at(level)
            if is_table(entry, level) and entry & ADDRESS in self.tables:
                if level == LAST_LEVEL - 1:
                    yield here
                else:
                    yield from self.tables_at(entry & ADDRESS, level + 1, here)


def is_table(entry: int, level: int) -> bool:
    return level < LAST_LEVEL and entry & 3 == 3


def dump_of(shape: Shape, result: Result) -> Dump:
    """The tables that a call of contract_tables() recorded."""
    tables, root = {}, 0
    for at, _, *pairs in result.of_kind(call_script.TABLE):
        root = root or at
        tables[at] = dict(zip(pairs[::2], pairs[1::2]))
    return Dump(shape, tables, root)


class Mapped(NamedTuple):
    """A block or page of the model."""

    size: int
    pa: int
    bits: int


@dataclass
class Model:
    """The blocks and pages that should be mapped, by their start address."""

    shape: Shape
    mapped: dict[int, Mapped] = field(default_factory=dict)

    def overlaps(self, start: int, size: int) -> bool:
        return any(at < start + size and at + m.size > start for at, m in self.mapped.items())

    def map(self, start: int, pa: int, size: int, bits: int, tabled: Container[int]) -> None:
        """Map by pages where a table of pages exists, even if a block would fit."""
        at, end = start, start + size
        while at < end:
            fits = at % BLOCK == 0 and end - at >= BLOCK and (pa + at - start) % BLOCK == 0
            step = BLOCK if fits and at not in tabled else PAGE
            self.mapped[at] = Mapped(step, pa + at - start, bits)
            at += step

    def unmap(self, start: int, size: int, tables: int) -> tuple[bool, list[int]]:
        """Unmap with `tables` free pages. Return if they sufficed, and which mappings changed."""
        gone: list[int] = []
        end = start + size
        for at in sorted(self.mapped):
            one = self.mapped[at]
            if at + one.size <= start or at >= end:
                continue
            if at < start or at + one.size > end:
                if not tables:
                    return False, gone
                tables -= 1
                self.split(at)
                for page in range(max(at, start), min(at + one.size, end), PAGE):
                    del self.mapped[page]
            else:
                del self.mapped[at]
            gone.append(at)
        return True, gone

    def split(self, at: int) -> None:
        block = self.mapped.pop(at)
        for offset in range(0, BLOCK, PAGE):
            self.mapped[at + offset] = Mapped(PAGE, block.pa + offset, block.bits)

    def at(self, address: int) -> Optional[Mapped]:
        page, block = address - address % PAGE, address - address % BLOCK
        one = self.mapped.get(block)
        return one if one and one.size == BLOCK else self.mapped.get(page)

    def fault(self, dump: Dump) -> str:
        """Where the machine's table differs from the model."""
        try:
            found = dump.leaves
        except WalkError as error:
            return str(error)
        if self.mapped == {leaf.start: (leaf.end - leaf.start, leaf.pa, leaf.bits)
                           for leaf in found}:
            return ""
        seen: set[int] = set()
        for leaf in found:
            words = self.leaf_fault(leaf)
            if words:
                return words
            seen.update(range(leaf.start, leaf.end, PAGE) if leaf.start not in self.mapped
                        else [leaf.start])
        missing = next((at for at in sorted(self.mapped) if at not in seen), None)
        if missing is None:
            return ""
        one = self.mapped[missing]
        what = "the block" if one.size == BLOCK else "page"
        return f"{what} 0x{missing:x} is not mapped, but should be mapped to 0x{one.pa:x}"

    def leaf_fault(self, leaf: Leaf) -> str:
        what = "the block" if leaf.level < LAST_LEVEL else "page"
        one = self.at(leaf.start)
        if not one:
            return f"{what} 0x{leaf.start:x} is mapped to 0x{leaf.pa:x}, but should not be mapped"
        if leaf.level == 1:
            return f"0x{leaf.start:x} is mapped by a block of 1 GiB"
        if one.size == BLOCK and leaf.level == LAST_LEVEL:
            return f"0x{leaf.start - leaf.start % BLOCK:x} is mapped by pages, but a block fits"
        for at in range(leaf.start, leaf.end, one.size):
            one = self.mapped.get(at)
            if not one:
                return f"page 0x{at:x} is mapped, by the block 0x{leaf.start:x}, but should not be"
            pa = leaf.pa + at - leaf.start
            if pa != one.pa:
                return f"{what} 0x{at:x} is mapped to 0x{pa:x}, not to 0x{one.pa:x}"
            if leaf.bits != one.bits:
                return f"{what} 0x{at:x} has attributes 0x{leaf.bits:x}, not 0x{one.bits:x}"
        return ""


def descriptor(leaf: Leaf) -> int:
    return leaf.pa | leaf.bits | (3 if leaf.level == LAST_LEVEL else 1)


def without_ignored(entry: int) -> int:
    return entry & ~IGNORED
