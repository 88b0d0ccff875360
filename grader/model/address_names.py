# SPDX-License-Identifier: MIT
"""Describe what is at an address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Optional

from ..core.kit import KIT
from .layout import Layout, numbers

PLATFORM = numbers(KIT / "common/include/platform.h")
DEVICES = (("the GIC's distributor", "GICD"), ("the GIC's redistributors", "GICR"),
           ("the UART", "UART"))
# The one machine's RAM; `-m` says how much.
RAM_BASE = PLATFORM["RAM_BASE"]
MEGABYTES = re.search(r"-m (\d+)M", (KIT / "common/make/qemu.args").read_text())
RAM_END = RAM_BASE + (int(MEGABYTES[1]) << 20 if MEGABYTES else 0)
# hyp.ld's sections, each between two symbols.
SECTIONS = (("text", "text_start", "text_end"), ("rodata", "rodata_start", "rodata_end"),
            ("data", "data_start", "data_end"), ("bss", "bss_start", "bss_end"),
            ("stack", "stack_bottom", "stack_top"),
            ("emergency stack", "emergency_stack_bottom", "emergency_stack_top"))


@dataclass(frozen=True)
class Places:
    """A machine's memory map and, if known, an image's sections."""

    layout: Layout
    symbols: Mapping[str, int] = field(default_factory=dict)

    def at(self, address: int) -> str:
        """"EL2's text", "the guard behind the slot of VM 0", "the UART"."""
        for name, prefix in DEVICES:
            if 0 <= address - PLATFORM[f"{prefix}_BASE"] < PLATFORM[f"{prefix}_SIZE"]:
                return name
        for name, start, end in SECTIONS:
            if self.symbols.get(start, 0) <= address < self.symbols.get(end, 0):
                return f"EL2's {name}"
        return self.guard_of_el2(address) or _whose(address, self.layout)

    def guard_of_el2(self, address: int) -> Optional[str]:
        """The gap after one of EL2's sections. It has no symbol."""
        ends = {self.symbols[end]: name for name, _, end in SECTIONS if end in self.symbols}
        below = [end for end in ends if end <= address]
        inside = address < self.symbols.get("image_end", 0)
        return f"the guard behind EL2's {ends[max(below)]}" if below and inside else None


def _whose(address: int, layout: Layout) -> str:
    """Return the memory map's name for an address, also where there is no memory."""
    in_ram = RAM_BASE <= address < RAM_END
    return layout.whose(address) if in_ram else "neither RAM nor a device that the kit uses"


def why_not(address: int, layout: Layout, vm: int) -> str:
    """Return why stage 2 of a VM does not or should not map an address."""
    slot, guard, mailbox = layout.slot(vm), layout.guard(vm), layout.mailbox(vm)
    where = _whose(address, layout)
    if address in guard:
        return f"the slot of VM {vm} ends at 0x{slot.end - 1:x}; this is the guard behind it"
    if address in slot or address in mailbox:
        return f"this is {where}, which is its own: it should be mapped"
    if 0 <= address - PLATFORM["UART_BASE"] < PLATFORM["UART_SIZE"]:
        return "this is the virtual UART, which stays unmapped: EL2 emulates each access"
    return (f"this is {where}; VM {vm} has 0x{slot.start:x} to 0x{slot.end - 1:x}"
            f" and its mailbox at 0x{mailbox.start:x}")
