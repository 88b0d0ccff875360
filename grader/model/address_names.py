# SPDX-License-Identifier: MIT
"""Describe what is at an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Optional

from .layout import Layout
from .platform_map import DEVICES, PLATFORM, RAM_BASE, RAM_END, SECTIONS



@dataclass(frozen=True)
class Places:
    """A machine's memory map and, if known, an image's sections. Without a layout: no slots."""

    layout: Optional[Layout]
    symbols: Mapping[str, int] = field(default_factory=dict)

    def at(self, address: int) -> str:
        """"EL2's text", "the guard behind the slot of VM 0", "the UART"."""
        for device in DEVICES:
            if address in device:
                return f"the {device.name}"
        for section in SECTIONS:
            if self.symbols.get(section.start, 0) <= address < self.symbols.get(section.end, 0):
                return f"EL2's {section.name}"
        return self.guard_of_el2(address) or self.whose(address)

    def whose(self, address: int) -> str:
        """The memory map's name for an address that is neither a device's nor EL2's."""
        return _whose(address, self.layout)

    def guard_of_el2(self, address: int) -> Optional[str]:
        """The gap after one of EL2's sections. It has no symbol."""
        ends = {self.symbols[s.end]: s.name for s in SECTIONS if s.end in self.symbols}
        below = [end for end in ends if end <= address]
        inside = address < self.symbols.get("image_end", 0)
        return f"the guard behind EL2's {ends[max(below)]}" if below and inside else None


def _whose(address: int, layout: Optional[Layout]) -> str:
    """Return the memory map's name for an address, also where there is no memory."""
    if not RAM_BASE <= address < RAM_END:
        return "neither RAM nor a device that the kit uses"
    return layout.whose(address) if layout else "RAM"


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
