# SPDX-License-Identifier: MIT
"""A walk of translation tables, as the hardware makes it. Arm ARM, "Translation table walks".

Whatever is in memory, a walk ends: it goes down at most four levels, and a whole map
reads a limited number of tables, so that one that points at itself does not keep it forever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Optional

from .descriptor import ADDRESS, Attributes, Kind, kind, size_at, words

ENTRIES, ENTRY = 512, 8
TABLES_AT_MOST = 2000  # the kit's pool has 256 pages for all of them

Read = Callable[[int, int], Optional[bytes]]


@dataclass(frozen=True)
class Regime:
    """A table and how it is read. `to_pa` says where an output address lies: a guest's tables
    have intermediate physical ones."""

    name: str
    root: int
    start_level: int
    input_bits: int
    attributes: Callable[[int], Attributes]
    to_pa: Callable[[int], Optional[int]] = field(default=lambda address: address)

    @property
    def root_entries(self) -> int:
        """More than 512: adjacent tables at the root ("Concatenated translation tables")."""
        return max(1, (1 << self.input_bits) // size_at(self.start_level))

    def fits(self, address: int) -> bool:
        return address >> self.input_bits == 0


@dataclass(frozen=True)
class Step:
    """One level of a walk. `entry` is None where the table could not be read."""

    level: int
    table: int
    index: int
    entry: Optional[int]
    trouble: str = ""

    @property
    def kind(self) -> Kind:
        return Kind.INVALID if self.entry is None else kind(self.entry, self.level)

    @property
    def is_leaf(self) -> bool:
        return self.kind in (Kind.BLOCK, Kind.PAGE)

    @property
    def is_table(self) -> bool:
        return self.kind is Kind.TABLE

    @property
    def accessed(self) -> bool:
        return bool((self.entry or 0) >> 10 & 1)

    def output(self, address: int) -> int:
        """Where a leaf puts `address`."""
        size = size_at(self.level)
        return (self.entry or 0) & ADDRESS & ~(size - 1) | address % size

    def text(self, regime: Regime) -> str:
        where = f"level {self.level}: 0x{self.table:x}[{self.index}]"
        if self.entry is None:
            return f"{where}: {self.trouble}"
        attributes = f", {regime.attributes(self.entry)}" if self.is_leaf else ""
        return f"{where} = 0x{self.entry:016x}: {words(self.entry, self.level)}{attributes}"


def steps(regime: Regime, address: int, read: Read) -> list[Step]:
    """From the root to where the walk ends: at a leaf, or where there is none."""
    found: list[Step] = []
    table, entries = regime.root, regime.root_entries
    for level in range(regime.start_level, 4):
        index = address // size_at(level) % entries
        found.append(step(regime, level, table, index, read))
        if not found[-1].is_table:
            break
        table, entries = (found[-1].entry or 0) & ADDRESS, ENTRIES
    return found


def step(regime: Regime, level: int, table: int, index: int, read: Read) -> Step:
    pa = regime.to_pa(table)
    if pa is None:
        return Step(level, table, index, None, "stage 2 does not map this table")
    raw = read(pa + index * ENTRY, ENTRY)
    if raw is None:
        return Step(level, table, index, None, "this table is not in RAM")
    return Step(level, table, index, int.from_bytes(raw, "little"))


@dataclass
class Run:
    """Leaves that continue each other with equal attributes."""

    start: int
    end: int
    pa: int
    bits: int
    blocks: int = 0
    pages: int = 0

    def takes(self, start: int, pa: int, bits: int) -> bool:
        return start == self.end and bits == self.bits and pa - self.pa == start - self.start

    @property
    def parts(self) -> str:
        numbers = ((self.blocks, "block"), (self.pages, "page"))
        return ", ".join(f"{n} {what}{'s' if n > 1 else ''}" for n, what in numbers if n)


@dataclass
class Map:
    """All that a table maps: runs, and what was in the way of reading more."""

    regime: Regime
    read: Read
    runs: list[Run] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    tables: int = 0

    def build(self) -> "Map":
        self.table(self.regime.root, self.regime.start_level, 0, self.regime.root_entries)
        if self.tables >= TABLES_AT_MOST:
            self.trouble.append(f"more than {TABLES_AT_MOST} tables: does one point at itself?")
        return self

    def table(self, at: int, level: int, start: int, entries: int) -> None:
        if self.tables >= TABLES_AT_MOST:
            return
        self.tables += 1
        pa = self.regime.to_pa(at)
        raw = None if pa is None else self.read(pa, entries * ENTRY)
        if raw is None:
            why = "is not mapped by stage 2" if pa is None else "is not in RAM"
            self.trouble.append(f"the level-{level} table of 0x{start:x}, at 0x{at:x}, {why}")
            return
        for index, entry in _valid(raw):
            here = start + index * size_at(level)
            self.take(entry, level, here)

    def take(self, entry: int, level: int, here: int) -> None:
        what, output = kind(entry, level), entry & ADDRESS
        if what is Kind.TABLE:
            self.table(output, level + 1, here, ENTRIES)
        elif what is Kind.RESERVED:
            self.trouble.append(f"0x{here:x}: 0x{entry:x} is {words(entry, level)}")
        else:
            self.add(here, level, output, entry & ~ADDRESS & ~3, what)

    def add(self, here: int, level: int, pa: int, bits: int, what: Kind) -> None:
        if not self.runs or not self.runs[-1].takes(here, pa, bits):
            self.runs.append(Run(here, here, pa, bits))
        run = self.runs[-1]
        run.end = here + size_at(level)
        run.blocks += what is Kind.BLOCK
        run.pages += what is Kind.PAGE


def _valid(raw: bytes) -> Iterator[tuple[int, int]]:
    """Index and value of the entries whose bit 0 is set."""
    for index in range(len(raw) // ENTRY):
        entry = int.from_bytes(raw[index * ENTRY : index * ENTRY + ENTRY], "little")
        if entry & 1:
            yield index, entry
