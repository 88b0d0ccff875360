# SPDX-License-Identifier: MIT
"""What the checks of lab 3 look for. Each rule returns what is wrong, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ...model.layout import BLOCK, PAGE, Range, layout_of
from ...model.leaf_fields import (
    ACCESS_FLAG, DEVICE_nGnRE, INNER_SHAREABLE, MEMATTR, NORMAL_WB, S2_XN, S2_XN_EVERYWHERE,
    S2_XN_NOWHERE, S2AP_READ, S2AP_WRITE, SHAREABILITY,
)  # fmt: skip
from ..check import Evidence

VMS = ("red", "blue")
ROW = re.compile(
    r"^\[stage2\] (0x[0-9a-f]+)\.\.(0x[0-9a-f]+) -> (0x[0-9a-f]+) attributes (0x[0-9a-f]+)"
    r"(?:, (\d+) blocks?)?(?:, (\d+) pages?)?$",
    re.M,
)
KIND = re.compile(r"^\[test\] stage-2 attributes of (.+): (0x[0-9a-f]+)$", re.M)
PAGES = re.compile(r"^\[test\] pages of VMs: (\d+), ", re.M)


@dataclass(frozen=True)
class Row:
    """A line of a printed table: a run of mappings with equal attributes."""

    start: int
    end: int  # the last byte
    pa: int
    attributes: int
    blocks: int
    pages: int

    def __str__(self) -> str:
        return f"0x{self.start:x}..0x{self.end:x}"


def rows(evidence: Evidence) -> list[Row]:
    found = ROW.findall(evidence.run.text)
    return [Row(*(int(n or "0", 0) for n in numbers)) for numbers in found]


def tables(evidence: Evidence) -> list[list[Row]]:
    """The printed tables. IPAs rise within a table, so a lower IPA starts the next one."""
    found: list[list[Row]] = []
    for row in rows(evidence):
        if not found or row.start <= found[-1][-1].start:
            found.append([])
        found[-1].append(row)
    return found


def _own_memory(evidence: Evidence, row: Row) -> Range | None:
    """The slot or mailbox that matches this row exactly."""
    layout = layout_of(evidence.image)
    memory = [region for vm in range(len(VMS)) for region in layout.of_vm(vm)]
    return next((r for r in memory if (r.start, r.end - 1) == (row.start, row.end)), None)


def each_maps_its_own(evidence: Evidence) -> str:
    """Each VM's table maps its whole slot and mailbox, and nothing else."""
    layout, found = layout_of(evidence.image), tables(evidence)
    if not found:
        return str(evidence.run)
    for vm, (name, table) in enumerate(zip(VMS, found)):
        wanted = {region.start: region for region in layout.of_vm(vm)}
        for row in table:
            region = wanted.pop(row.start, None)
            if not region:
                return f"{name} maps {row}: {layout.whose(row.start)}"
            if row.pa != row.start:
                return f"{name} maps {row} to 0x{row.pa:x}"
            if row.end >= region.end:
                return f"{name} maps {row}, which reaches into {layout.whose(region.end)}"
            if row.end + 1 < region.end:
                return f"{name} maps {row}, but {region.name} ends at 0x{region.end - 1:x}"
        for region in wanted.values():
            return f"{name} does not map {region.name} at 0x{region.start:x}"
    return "" if len(found) == len(VMS) else f"{len(found)} tables map something, not 2"


def each_kind(wrong: Callable[[str, int], bool]) -> Callable[[Evidence], str]:
    """A rule about the attributes that the stage prints for each kind of mapping."""

    def test(evidence: Evidence) -> str:
        kinds = KIND.findall(evidence.run.text)
        for name, attributes in kinds:
            if wrong(name, int(attributes, 16)):
                return f"[test] stage-2 attributes of {name}: {attributes}"
        return "" if kinds else str(evidence.run)

    return test


def wrong_type(kind: str, bits: int) -> bool:
    if "device" in kind:
        return bits & MEMATTR != DEVICE_nGnRE
    return bits & MEMATTR != NORMAL_WB or bits & SHAREABILITY != INNER_SHAREABLE


def wrong_access(kind: str, bits: int) -> bool:
    return not bits & S2AP_READ or bool(bits & S2AP_WRITE) != ("W" in kind)


def wrong_execution(kind: str, bits: int) -> bool:
    allowed = kind.endswith("X") and "device" not in kind
    return bits & S2_XN != (S2_XN_EVERYWHERE if allowed else S2_XN_NOWHERE)


def permissions_are_right(evidence: Evidence) -> str:
    """Slots are RWX and mailboxes RW-, all of it Normal memory."""
    layout = layout_of(evidence.image)
    slots = [layout.slot(vm) for vm in range(len(VMS))]
    for row in rows(evidence):
        kind = "RWX" if any(row.start in slot for slot in slots) else "RW-"
        bits = row.attributes
        wrong = wrong_type(kind, bits) or wrong_access(kind, bits) or wrong_execution(kind, bits)
        if wrong or not bits & ACCESS_FLAG:
            return f"attributes 0x{bits:x} at {row}: not those of {kind}"
    return "" if rows(evidence) else str(evidence.run)


def blocks_are_used(evidence: Evidence) -> str:
    """2 MiB blocks are used wherever an aligned one fits, and pages elsewhere."""
    for row in rows(evidence):
        region = _own_memory(evidence, row)
        if not region:
            continue
        pages = region.pages - region.blocks * (BLOCK // PAGE)
        if (row.blocks, row.pages) != (region.blocks, pages):
            return (
                f"{row}: {row.blocks} blocks and {row.pages} pages,"
                f" not {region.blocks} and {pages}"
            )
    return "" if rows(evidence) else str(evidence.run)


def every_page_is_found(evidence: Evidence) -> str:
    """s2_walk() finds as many pages as the VMs have."""
    match = PAGES.search(evidence.run.text)
    if not match:
        return str(evidence.run)
    layout = layout_of(evidence.image)
    wanted = sum(region.pages for vm in range(len(VMS)) for region in layout.of_vm(vm))
    return "" if int(match.group(1)) == wanted else f"{match.group(1)} pages, not {wanted}"


def fault(what: str) -> str:
    """The line of an access of EL1 that faults in stage 2."""
    return f"EL1 {what}: stage-2 translation fault, level {{number}}, HPFAR names it: yes"
