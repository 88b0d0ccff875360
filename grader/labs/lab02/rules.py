# SPDX-License-Identifier: MIT
"""What the checks of lab 2 look for. Each rule returns what is wrong, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...model.elf import PAGE, symbols
from ..check import Evidence

ROW = re.compile(
    r"^\[(\w+)\] (0x[0-9a-f]+)\.\.(0x[0-9a-f]+) -> (0x[0-9a-f]+) attributes (0x[0-9a-f]+), ", re.M
)
KIND = re.compile(r"^\[test\] attributes of (.+): (0x[0-9a-f]+)$", re.M)
SPLIT = "[test] unmap a page of the block: "
# Descriptor fields of stage 1: Arm ARM, "Attribute fields in stage 1 Block and Page descriptors".
ATTR_INDEX = 7 << 2
READ_ONLY = 1 << 7  # AP[2]
SHARED = 3 << 8
ACCESS_FLAG = 1 << 10
NEVER_EXECUTE = 1 << 54
NORMAL, DEVICE = 0 << 2, 1 << 2  # el2_mmu.h: MAIR_INDEX_*

# Name, first and last symbol, permissions: what hyp.ld promises.
SECTIONS = [
    ("text", "text_start", "text_end", "R-X"),
    ("rodata", "rodata_start", "rodata_end", "R--"),
    ("data", "data_start", "data_end", "RW-"),
    ("bss", "bss_start", "bss_end", "RW-"),
    ("stack", "stack_bottom", "stack_top", "RW-"),
    ("emergency stack", "emergency_stack_bottom", "emergency_stack_top", "RW-"),
]
# platform.h
DEVICES = [
    ("UART", 0x0900_0000, 0x0900_1000),
    ("GIC distributor", 0x0800_0000, 0x0801_0000),
    ("GIC redistributors", 0x080A_0000, 0x0900_0000),
]


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
        write = "-" if self.attributes & READ_ONLY else "W"
        return f"R{write}{'-' if self.attributes & NEVER_EXECUTE else 'X'}"

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
        if not row.is_device and row.attributes & SHARED != SHARED:
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
        for section, start, end, permissions in SECTIONS:
            if values[start] <= page < values[end]:
                wanted, name = permissions, section
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
    for name, start, end in DEVICES:
        at = start
        for row in rows:
            if row.start <= at <= row.end:
                if row.permissions != "RW-" or row.pa != row.start:
                    return f"the {name} is {row.permissions} at 0x{row.pa + at - row.start:x}"
                at = row.end + 1
        if at < end:
            return f"the {name} is not mapped as a device at 0x{at:x}"
    for row in rows:
        if not any(start <= row.start and row.end < end for _, start, end in _merged()):
            return f"{row} is mapped as a device, but no device is there"
    return ""


def _merged() -> list[tuple[str, int, int]]:
    """The devices, adjacent ones joined: the printed table may join them."""
    joined: list[tuple[str, int, int]] = []
    for device in sorted(DEVICES, key=lambda device: device[1]):
        if joined and joined[-1][2] == device[1]:
            device = (device[0], joined.pop()[1], device[2])
        joined.append(device)
    return joined
