# SPDX-License-Identifier: MIT
"""The address axis of a map: mappings, the guards between them, and breaks.

It has VAs of EL2 and IPAs of VMs next to each other, because the six labs map all of them to equal
PAs. Where a table does not, the map shows the PA.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import Optional

from ..model.layout import PAGE, Layout, Range, header
from ..model.platform_map import DEVICES, SECTIONS
from ..report.mappings import UNITS, Stretch, Table

MAPPED, GUARD, BREAK = "mapped", "guard", "break"
SMALL_GAP = 64 << 10  # a smaller gap between two mappings is a guard, a larger one a break


@dataclass(frozen=True)
class Row:
    """A part of the axis in which no mapping of any table starts or ends."""

    start: int
    end: int
    kind: str
    name: str
    owners: Sequence[str] = ()  # those who map its physical memory
    is_shared_by_vms: bool = False

    @property
    def size(self) -> str:
        return amount(self.end - self.start)

    @property
    def height(self) -> int:
        """Height in the picture, by the logarithm of the size."""
        return 19 + round(1.4 * log2(max(1, (self.end - self.start) // PAGE)))


def amount(count: int) -> str:
    """An exact size with a unit, or a rounded one if it is large."""
    shift, unit = next((s, u) for s, u in UNITS if count >> s >= 16 or not count % (1 << s))
    return f"{count >> shift} {unit}"


def regions(names: Mapping[str, int], layout: Optional[Layout] = None) -> list[Range]:
    """The regions with a name: devices, sections of EL2's image, in a layout the slots of VMs."""
    found = list(DEVICES)
    for section in SECTIONS:
        if section.start in names:
            words = f"EL2's {section.name}"
            found.append(Range(words, names[section.start], names[section.end]))
    for vm in range(header()["VM_MAX"] if layout else 0):
        assert layout
        for region, words in ((layout.mailbox(vm), "mailbox"), (layout.slot(vm), "slot")):
            found.append(Range(f"{words} of vm{vm}", region.start, region.end))
    return found


def rows(tables: Sequence[Table], known: Sequence[Range],
         layout: Optional[Layout] = None) -> list[Row]:
    stretches = [stretch for table in tables for stretch in table.stretches]
    edges = sorted({edge for stretch in stretches for edge in (stretch.start, stretch.end)})
    small = max(SMALL_GAP, layout.guard_pages * PAGE if layout else 0)
    found = []
    for start, end in zip(edges, edges[1:]):
        if any(s.start < end and start < s.end for s in stretches):
            owners = _owners(start, end, tables)
            shared = _is_shared_by_vms(start, end, tables)
            found.append(Row(start, end, MAPPED, name_of(start, known), owners, shared))
        elif end - start <= small:
            found.append(Row(start, end, GUARD, "guard"))
        else:
            found.append(Row(start, end, BREAK, f"nothing mapped in {amount(end - start)}"))
    return found


def name_of(start: int, known: Iterable[Range]) -> str:
    return next((region.name for region in known if start in region), "")


def _owners(start: int, end: int, tables: Sequence[Table]) -> list[str]:
    """The owners of all tables that map physical memory mapped at these addresses."""
    found: list[str] = []
    for table in tables:
        for stretch in table.stretches:
            if stretch.start < end and start < stretch.end:
                part = _cut(stretch, start, end)
                found += [table.owner, *table.shared_with(part, tables)]
    return [table.owner for table in tables if table.owner in found]


def _is_shared_by_vms(start: int, end: int, tables: Sequence[Table]) -> bool:
    """True if two VMs map some of the same physical memory, of what is mapped at these addresses.

    That EL2 maps memory of both there is right.
    """
    cuts = [_cut(s, start, end) for t in tables for s in t.stretches
            if s.start < end and start < s.end]  # fmt: skip
    spans = [
        (max(s.pa, cut.pa), min(s.pa + s.end - s.start, cut.pa + cut.end - cut.start), t.owner)
        for cut in cuts for t in tables if t.owner != "EL2"
        for s in t.stretches if s.overlaps(cut)
    ]  # fmt: skip
    return any(a != b and first < stop and begin < last
               for first, last, a in spans for begin, stop, b in spans)


def _cut(stretch: Stretch, start: int, end: int) -> Stretch:
    """The part of a stretch in [start, end)."""
    first = max(start, stretch.start)
    pa = stretch.pa + first - stretch.start
    return Stretch(first, min(end, stretch.end), pa, stretch.level, stretch.meaning)
