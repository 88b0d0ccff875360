# SPDX-License-Identifier: MIT
"""Lab 2: EL2 behind its own MMU. In the order of the transcript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..check import Check, Evidence
from ..elf import PAGE, symbols
from .common import switches_off

ROW = re.compile(
    r"^\[el2\] (0x[0-9a-f]+)\.\.(0x[0-9a-f]+) -> (0x[0-9a-f]+) attributes (0x[0-9a-f]+), ", re.M
)
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
    """A line of the table that the stage prints."""

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


def mappings(evidence: Evidence) -> Iterator[Mapping]:
    for match in ROW.finditer(evidence.run.text):
        yield Mapping(*(int(number, 16) for number in match.groups()))


def attributes_are_right(evidence: Evidence) -> str:
    """Access flag, memory type and shareability of all that the table maps."""
    rows = list(mappings(evidence))
    for row in rows:
        if not row.attributes & ACCESS_FLAG:
            return f"no access flag at {row}"
        if row.attributes & ATTR_INDEX not in (NORMAL, DEVICE):
            return f"an AttrIndx that MAIR_EL2 does not define at {row}"
        if not row.is_device and row.attributes & SHARED != SHARED:
            return f"memory that is not inner shareable at {row}"
        if row.permissions == "RWX":
            return f"memory that is writable and executable at {row}"
    return "" if rows else str(evidence.run)


def image_is_mapped_as_linked(evidence: Evidence) -> str:
    """Each page of the image: the section's permissions, or unmapped if it is a guard."""
    values = symbols(evidence.image.read_bytes())
    rows = list(mappings(evidence))
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
    """UART and GIC, as device memory that can be written and not executed; nothing else is."""
    rows = [row for row in mappings(evidence) if row.is_device]
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
        if not any(start <= row.start and row.end < end for _, start, end in merged()):
            return f"{row} is mapped as a device and there is none"
    return ""


def merged() -> list[tuple[str, int, int]]:
    """The devices, those that touch as one: the printed table may join them."""
    joined: list[tuple[str, int, int]] = []
    for device in sorted(DEVICES, key=lambda device: device[1]):
        if joined and joined[-1][2] == device[1]:
            device = (device[0], joined.pop()[1], device[2])
        joined.append(device)
    return joined


def probe(name: str, points: int, title: str, what: str, answer: str, hint: str) -> Check:
    return Check(f"lab02.{name}", points, title, line=f"[test] {what}: {answer}", hint=hint)


def guard(name: str, where: str) -> Check:
    return probe(
        f"4.guard_{name}",
        1,
        f"The guard {where} is not mapped",
        f"read the guard {where}",
        "translation fault, level 3",
        "Sections end at a page already: rounding an end up once more maps the guard behind it.",
    )


XN = "Execute-never of EL2 is bit 54 (XN); bit 53, PXN, means nothing in this regime."
AP = "AP[2], bit 7, set means read-only; AP[1], bit 6, is RES1 at EL2 and says nothing of EL0."
RANGES = (
    "Check before the first entry is written: address, PA and size page-aligned, size not 0,"
    " and all of it below 2^input_bits."
)
OVERLAP = "Look at the whole range first (pt_walk() with visit_find_mapping()), then write."
MAIR = (
    "Byte n of MAIR_EL2 belongs to AttrIndx n: 0xff is Normal write-back, 0x04 Device-nGnRE."
    " The index stands in bits 4 to 2 of the descriptor."
)
BBM = (
    "Break (clear, DSB), forget (TLBI VAE2IS with the address >> 12, DSB, ISB), make: the old page"
    " shows as long as its TLB entry lives."
)

CHECKS = [
    Check(
        "lab02.2.attributes",
        6,
        "All mappings have access flag, a known memory type and the right shareability",
        test=attributes_are_right,
        wanted="AF set, AttrIndx 0 or 1, memory inner shareable, nothing writable and executable",
        hint="Without AF (bit 10) the first access faults; SH is bits 9 and 8; AttrIndx is an index"
        " into MAIR_EL2, not the attribute itself.",
    ),
    Check(
        "lab02.4.image",
        5,
        "Each section has its permissions, and nothing between them is mapped",
        test=image_is_mapped_as_linked,
        wanted="text R-X, rodata R--, data, bss and stacks RW-, the guards between them unmapped",
        needs="lab02.2.attributes",
        hint="One el2_map() a section, from its start to its end symbol; the emergency stack is one"
        " of its own.",
    ),
    Check(
        "lab02.4.devices",
        3,
        "UART and GIC are mapped as devices, and nothing else is",
        test=devices_are_mapped_as_devices,
        wanted="UART, distributor and redistributors: Device-nGnRE, RW-",
        needs="lab02.2.attributes",
        hint="Base and size stand in platform.h. Device memory never takes PROT_X.",
    ),
    Check(
        "lab02.5.on",
        6,
        "EL2 lives on behind the MMU",
        line="[mmu] on: 39 bits of VA, 48 bits of PA",
        hint="Silence here means that the first fetch or print with the MMU on faulted: tables not"
        " visible (DSB), old TLB entries (TLBI ALLE2), M set before TTBR0_EL2, or text not mapped.",
    ),
    probe(
        "2.read_text",
        1,
        "Code can be read",
        "read text",
        "done",
        "A stage-1 leaf is readable at EL2 whatever AP says; look at AF and the type bits.",
    ),
    probe(
        "2.write_text",
        3,
        "Code cannot be written",
        "write text",
        "permission fault, level 3",
        AP,
    ),
    probe(
        "2.write_rodata",
        3,
        "Constants cannot be written",
        "write rodata",
        "permission fault, level 3",
        AP,
    ),
    probe(
        "2.execute_rodata",
        4,
        "Constants cannot be executed",
        "execute rodata",
        "permission fault, level 3",
        XN,
    ),
    probe("2.write_data", 1, "Variables can be written", "write data", "done", AP),
    probe(
        "2.execute_data",
        2,
        "Variables cannot be executed",
        "execute data",
        "permission fault, level 3",
        XN,
    ),
    probe(
        "2.execute_uart",
        2,
        "A device cannot be executed",
        "execute the UART",
        "permission fault, level 3",
        XN + " Device memory gets it always: a speculative fetch is an access.",
    ),
    guard("text", "behind text"),
    guard("rodata", "behind rodata"),
    guard("data", "behind data"),
    guard("bss", "behind bss"),
    guard("below_stack", "below the stack"),
    guard("above_stack", "above the stack"),
    probe(
        "4.behind_image",
        1,
        "Nothing is mapped behind the image",
        "read behind the image",
        "translation fault, level {number}",
        "Map what hyp.ld names, not all of RAM.",
    ),
    probe(
        "4.address_0",
        1,
        "A null pointer faults",
        "read address 0",
        "translation fault, level {number}",
        "Map the devices that are used, not the whole first gigabyte.",
    ),
    probe(
        "1.beyond",
        3,
        "Addresses end at 39 bits",
        "read beyond the address size",
        "translation fault, level 0",
        "T0SZ is 64 minus the number of bits: 25 for 39 bits. One less, and walks still begin at"
        " level 1, in a table twice as long.",
    ),
    probe(
        "1.at_text",
        4,
        "AT S1E2R: code is Normal write-back memory at its own address",
        "AT S1E2R text",
        "PA is VA: yes, attributes 0xff",
        MAIR,
    ),
    probe(
        "1.at_stack",
        3,
        "AT S1E2R: the stack is Normal write-back memory at its own address",
        "AT S1E2R stack",
        "PA is VA: yes, attributes 0xff",
        MAIR,
    ),
    probe(
        "1.at_uart",
        4,
        "AT S1E2R: the UART is Device-nGnRE at its own address",
        "AT S1E2R UART",
        "PA is VA: yes, attributes 0x04",
        MAIR,
    ),
    probe(
        "4.at_guard",
        1,
        "AT S1E2R: a guard page does not translate",
        "AT S1E2R guard",
        "fault, status 0x07",
        "0x07 is a translation fault at level 3: the table of pages is there, the page is not.",
    ),
    probe(
        "3.unaligned",
        1,
        "An unaligned address is refused",
        "map an unaligned address",
        "invalid",
        RANGES,
    ),
    probe(
        "3.unaligned_size",
        1,
        "An unaligned size is refused",
        "map an unaligned size",
        "invalid",
        RANGES,
    ),
    probe("3.nothing", 1, "An empty range is refused", "map nothing", "invalid", RANGES),
    probe(
        "3.beyond",
        1,
        "A range beyond the address size is refused",
        "map beyond the address size",
        "invalid",
        RANGES,
    ),
    probe(
        "3.exists",
        2,
        "What is mapped is not mapped over",
        "map over the text",
        "exists",
        OVERLAP,
    ),
    probe(
        "3.half_exists",
        2,
        "A range of which a part is mapped is refused",
        "map over a range that is half in use",
        "exists",
        OVERLAP,
    ),
    probe(
        "3.all_or_nothing",
        2,
        "A refused request leaves nothing behind",
        "read that range's free half",
        "translation fault, level 3",
        OVERLAP,
    ),
    probe(
        "3.unmap_unaligned",
        1,
        "Unmapping an unaligned address is refused",
        "unmap an unaligned address",
        "invalid",
        RANGES,
    ),
    probe(
        "3.no_memory",
        2,
        "Without a page for a table, mapping says so",
        "map with no page left for tables",
        "no memory",
        "page_alloc() answers NULL when the pool is empty; hand E_NO_MEMORY up through the walk.",
    ),
    probe(
        "3.no_memory_undone",
        1,
        "A mapping that failed maps nothing",
        "read what that would have mapped",
        "translation fault, level {number}",
        "Unmap the range before E_NO_MEMORY is returned.",
    ),
    probe(
        "3.no_page_lost",
        2,
        "A mapping that failed loses no page",
        "pages lost by that",
        "0",
        "A table that was allocated and is not hung in anywhere is lost: hang it in at once.",
    ),
    probe(
        "3.levels",
        4,
        "A range gets the largest block that fits, and pages around it",
        "page, 2 MiB, page",
        "ok, at levels 3, 2, 3",
        "A block fits if this entry's part of the range is all of it and the PA is aligned to its"
        " size as well. Type bits: 0b01 for a block, 0b11 for a page and for a table.",
    ),
    probe(
        "3.split",
        3,
        "A block is split when a page of it is unmapped",
        "unmap one page of the block",
        "ok, now at level 3",
        "The new table maps what the block mapped, page by page, with the page's type bits: 0b11.",
    ),
    Check(
        "lab02.3.hole",
        2,
        "Only the unmapped page of the block is gone",
        line="[test] read below the hole: done\n"
        "[test] read the hole: translation fault, level 3\n"
        "[test] read above the hole: done",
        hint="Break before make: block out, TLBI and DSB, table in. Entry i of the table maps the"
        " block's PA + i pages.",
    ),
    Check(
        "lab02.3.unmap_all",
        2,
        "A range of blocks and pages is unmapped as a whole",
        line="[test] unmap all of it: ok\n"
        "[test] read below the hole: translation fault, level {number}",
        hint="The walk visits each entry of the range once, clipped to it; what is not mapped is"
        " passed over.",
    ),
    probe(
        "6.page_a",
        2,
        "An address can be mapped again",
        "a window on page A",
        "ok, shows 0xaaaa",
        BBM,
    ),
    probe(
        "6.page_b",
        5,
        "Pointed at another page, it shows that at once",
        "pointed at page B",
        "ok, shows 0xbbbb",
        BBM,
    ),
    Check(
        "lab02.6.unmapped",
        4,
        "Unmapped, it faults at once",
        line="[test] unmapped: ok\n[test] read the window: translation fault, level 3",
        hint="A stale TLB entry still answers: TLBI by VA, the operand is the address >> 12, then"
        " DSB and ISB.",
    ),
    probe(
        "6.not_found",
        1,
        "A page that is not mapped is not found",
        "point a page that is not mapped",
        "not found",
        "Look the page up first: E_NOT_FOUND if there is no leaf, or if it is not a page.",
    ),
    Check(
        "lab02.5.off",
        2,
        "The stage ends by itself, without a panic",
        test=switches_off,
        wanted="power-off",
        needs="lab02.6.not_found",
        hint="An exception that no probe expected ends in a panic: read its FAR and ELR.",
    ),
]
