# SPDX-License-Identifier: MIT
"""Decode translation table descriptors for people: VMSAv8-64, 4 KiB granule.

Arm ARM, "VMSAv8-64 translation table format descriptors". The grader's walker
(page_tables.py) is independent of this module on purpose: two implementations of one
manual find each other's mistakes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

PAGE_SHIFT, LAST_LEVEL = 12, 3
ADDRESS = (1 << 48) - (1 << PAGE_SHIFT)


class Kind(Enum):
    """The kind of an entry at its level."""

    INVALID = "invalid"
    TABLE = "table"
    BLOCK = "block"
    PAGE = "page"
    RESERVED = "reserved"  # the hardware treats it as invalid


def size_at(level: int) -> int:
    """Return how many bytes an entry at a level covers."""
    return 1 << PAGE_SHIFT + 9 * (LAST_LEVEL - level)


def kind(entry: int, level: int) -> Kind:
    if not entry & 1:
        return Kind.INVALID
    if entry & 2:
        return Kind.PAGE if level == LAST_LEVEL else Kind.TABLE
    return Kind.BLOCK if level in (1, 2) else Kind.RESERVED


@dataclass(frozen=True)
class Attributes:
    """What a leaf permits, and its memory type. `remarks` list what looks wrong."""

    permissions: str
    memory: str
    remarks: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ", ".join((self.permissions, self.memory, *self.remarks))


# MAIR_ELx.Attr<n>; other values are shown as numbers.
MAIR = {0x00: "Device-nGnRnE", 0x04: "Device-nGnRE", 0x08: "Device-nGRE", 0x0C: "Device-GRE",
        0x44: "Normal non-cacheable", 0xFF: "Normal write-back", 0xF0: "Normal tagged"}
# Stage 2: MemAttr[3:0] is the type itself, not an index.
MEMATTR = {0: "Device-nGnRnE", 1: "Device-nGnRE", 2: "Device-nGRE", 3: "Device-GRE",
           0x5: "Normal non-cacheable", 0xA: "Normal write-through", 0xF: "Normal write-back"}
SHARES = {0: "non-shareable", 1: "reserved SH", 2: "outer shareable", 3: "inner shareable"}


def common(entry: int, memory: str) -> tuple[str, tuple[str, ...]]:
    """Remarks: shareability matters only for Normal memory; AF = 0 always faults."""
    if memory.startswith("Normal"):
        memory += ", " + SHARES[entry >> 8 & 3]
    return memory, () if entry >> 10 & 1 else ("AF is 0: every access faults",)


def letters(read: bool, write: bool, execute: bool) -> str:
    return ("R" if read else "-") + ("W" if write else "-") + ("X" if execute else "-")


def _mair_name(entry: int, mair: int) -> str:
    index = entry >> 2 & 7
    byte = mair >> 8 * index & 0xFF
    return MAIR.get(byte, f"MAIR attribute 0x{byte:02x}") + f" (AttrIndx {index})"


def stage1_el2(entry: int, mair: int, wxn: bool = False) -> Attributes:
    """EL2's own regime: one privilege level, so AP[1] is RES1 and there is one XN bit."""
    memory, remarks = common(entry, _mair_name(entry, mair))
    write, execute = not entry >> 7 & 1, not entry >> 54 & 1
    if wxn and write and execute:
        remarks += ("not executable after all, as it is writable and SCTLR_EL2.WXN is 1",)
    if not entry >> 6 & 1:
        remarks += ("AP[1] is 0, which is RES1 at EL2",)
    if entry >> 53 & 1:
        remarks += ("bit 53 is PXN, RES0 at EL2: XN is bit 54",)
    return Attributes(letters(True, write, execute), memory, remarks)


def stage1_el1(entry: int, mair: int) -> Attributes:
    """EL1&0: AP[2:1] give write permission and access from EL0."""
    memory, remarks = common(entry, _mair_name(entry, mair))
    el0 = bool(entry >> 6 & 1)
    write = not entry >> 7 & 1
    # EL1 never executes what EL0 may write ("Instruction execution permissions").
    execute = not entry >> 53 & 1 and not (el0 and write)
    user = letters(el0, el0 and write, not entry >> 54 & 1)
    return Attributes(f"EL1 {letters(True, write, execute)}, EL0 {user}", memory, remarks)


def stage2(entry: int) -> Attributes:
    """Stage 2. In S2AP a 1 permits. XN[1:0]: 0 all, 2 none, 1 and 3 one of EL1 and EL0."""
    attribute = entry >> 2 & 0xF
    memory, remarks = common(entry, MEMATTR.get(attribute, f"MemAttr 0b{attribute:04b}"))
    never = entry >> 53 & 3
    if never & 1:
        remarks += (f"XN[1:0] is {never}: executable at {'EL0' if never == 1 else 'EL1'} alone",)
    return Attributes(letters(bool(entry >> 6 & 1), bool(entry >> 7 & 1), never != 2), memory,
                      remarks)


def words(entry: int, level: int) -> str:
    """Return the kind of an entry, without its attributes."""
    what, output = kind(entry, level), entry & ADDRESS
    if what is Kind.INVALID:
        return "invalid: it is 0" if entry == 0 else "invalid: bit 0 is 0"
    if what is Kind.RESERVED:
        return f"reserved: bits 1:0 are 0b01, and there is no block at level {level}"
    if what is Kind.TABLE:
        return f"the level-{level + 1} table is at 0x{output:x}"
    misplaced = output % size_at(level)
    return f"{what.value} at 0x{output:x}" + (", which is not aligned to its size" if misplaced
                                              else "")
