# SPDX-License-Identifier: MIT
"""What the checks of lab 2 look for. Each rule returns what is wrong, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Optional

from ...model.elf import PAGE, symbols
from ...model.leaf_fields import (
    ACCESS_FLAG, AP_2, ATTR_INDEX, DEVICE, INNER_SHAREABLE, NORMAL, SHAREABILITY, XN,
)  # fmt: skip
from ...model.platform_map import DEVICES, SECTIONS
from ..check import Check, Evidence

ROW = re.compile(
    r"^\[(\w+)\] (0x[0-9a-f]+)\.\.(0x[0-9a-f]+) -> (0x[0-9a-f]+) attributes (0x[0-9a-f]+), ", re.M
)
KIND = re.compile(r"^\[test\] attributes of (.+): (0x[0-9a-f]+)$", re.M)
LINE = 64  # bytes: CTR_EL0.DminLine of QEMU's cores
SPLIT = "[test] unmap a page of the block: "


@dataclass(frozen=True)
class Mapping:
    """A line of a table that the stage printed."""

    start: int
    end: int  # the last byte
    pa: int
    attributes: int

    @property
    def is_device(self) -> bool:
        return self.attributes & ATTR_INDEX == DEVICE

    @property
    def permissions(self) -> str:
        write = "-" if self.attributes & AP_2 else "W"
        return f"R{write}{'-' if self.attributes & XN else 'X'}"

    def __str__(self) -> str:
        return f"0x{self.start:x}..0x{self.end:x}"


def _mappings(text: str, table: str = "el2") -> Iterator[Mapping]:
    for name, *numbers in ROW.findall(text):
        if name == table:
            yield Mapping(*(int(number, 16) for number in numbers))


def each_kind(wrong: Callable[[str, int], bool]) -> Callable[[Evidence], str]:
    """A rule about the attributes that the stage prints for each kind of mapping."""

    def test(evidence: Evidence) -> str:
        kinds = KIND.findall(evidence.run.text)
        for name, attributes in kinds:
            if wrong(name, int(attributes, 16)):
                return f"[test] attributes of {name}: {attributes}"
        return "" if kinds else str(evidence.run)

    return test


def hole_is_a_page(evidence: Evidence) -> str:
    """One page is missing in the middle of a former block, and nothing else has changed."""
    before, _, after = evidence.run.text.partition(SPLIT)
    rows = list(_mappings(after, "plain"))
    for old in _mappings(before, "plain"):
        parts = [row for row in rows if old.start <= row.start <= old.end]
        if parts == [old]:
            continue
        for row in parts:
            if row.attributes != old.attributes:
                return f"{row} had attributes 0x{old.attributes:x}, now 0x{row.attributes:x}"
            if row.pa - row.start != old.pa - old.start:
                return f"{row} is mapped to 0x{row.pa:x}"
        if len(parts) == 2 and parts[1].start - parts[0].end - 1 == PAGE:
            if parts[1].end == old.end:
                return ""
        return f"of {old} only this is left: {', '.join(map(str, parts)) or 'nothing'}"
    return "the table has no hole of a page" if rows else str(evidence.run)


def attributes_are_right(evidence: Evidence) -> str:
    """Access flag, memory type and shareability of each mapping."""
    rows = list(_mappings(evidence.run.text))
    for row in rows:
        if not row.attributes & ACCESS_FLAG:
            return f"no access flag at {row}"
        if row.attributes & ATTR_INDEX not in (NORMAL, DEVICE):
            return f"AttrIndx without a value in MAIR_EL2 at {row}"
        if not row.is_device and row.attributes & SHAREABILITY != INNER_SHAREABLE:
            return f"memory that is not inner shareable at {row}"
        if row.permissions == "RWX":
            return f"memory that is writable and executable at {row}"
    return "" if rows else str(evidence.run)


def image_is_mapped_as_linked(evidence: Evidence) -> str:
    """Each page of the image: the section's permissions, or unmapped if it is a guard."""
    values = symbols(evidence.image.read_bytes())
    rows = list(_mappings(evidence.run.text))
    for page in range(values["image_start"], values["image_end"], PAGE):
        wanted, name = "---", "a guard page"
        for section in SECTIONS:
            if values[section.start] <= page < values[section.end]:
                wanted, name = section.permissions, section.name
        row = next((row for row in rows if row.start <= page <= row.end), None)
        seen = row.permissions if row else "---"
        if seen != wanted:
            return f"0x{page:x} ({name}) is {seen}, not {wanted}"
        if row and (row.is_device or row.pa != row.start):
            return f"0x{page:x} ({name}) is {'device memory' if row.is_device else 'moved'}"
    return ""


def devices_are_mapped_as_devices(evidence: Evidence) -> str:
    """UART and GIC are device memory, writable and not executable; nothing else is."""
    rows = [row for row in _mappings(evidence.run.text) if row.is_device]
    for device in DEVICES:
        at = device.start
        for row in rows:
            if row.start <= at <= row.end:
                if row.permissions != "RW-" or row.pa != row.start:
                    where = f"0x{row.pa + at - row.start:x}"
                    return f"the {device.name} is {row.permissions} at {where}"
                at = row.end + 1
        if at < device.end:
            return f"the {device.name} is not mapped as a device at 0x{at:x}"
    joined = _joined()
    for row in rows:
        if not any(start <= row.start and row.end < end for start, end in joined):
            return f"{row} is mapped as a device, but no device is there"
    return ""


def every_line_is_invalidated(check: Check) -> Check:
    """The check, and as many DC IVAC before the MMU is on as the handout's range has lines."""

    def test(evidence: Evidence) -> Optional[str]:
        if fault := check.test and check.test(evidence):
            return fault
        names = symbols(evidence.image.read_bytes())
        lines = (names["emergency_stack_top"] - names["data_start"]) // LINE
        words = " ".join(name.replace(" ", "_") for name in evidence.executed)
        before = words.partition("el2_mmu_enable()")[2].partition("msr_sctlr_el2")[0]
        count = before.split().count("dc_ivac")
        return f"{count} of {lines} cache lines are invalidated" if count < lines else ""

    return replace(check, test=test)


def _joined() -> list[tuple[int, int]]:
    """Start and end of the devices, adjacent ones joined: the printed table may join them."""
    joined: list[tuple[int, int]] = []
    for device in sorted(DEVICES, key=lambda device: device.start):
        start = joined.pop()[0] if joined and joined[-1][1] == device.start else device.start
        joined.append((start, device.end))
    return joined
