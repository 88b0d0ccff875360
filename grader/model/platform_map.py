# SPDX-License-Identifier: MIT
"""The one machine's memory map (platform.h), and the sections of EL2's image (hyp.ld)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..core.kit import KIT
from .layout import Range, numbers

PLATFORM = numbers(KIT / "common/include/platform.h")
RAM_BASE = PLATFORM["RAM_BASE"]
MEGABYTES = re.search(r"-m (\d+)M", (KIT / "common/make/qemu.args").read_text())
RAM_END = RAM_BASE + (int(MEGABYTES[1]) << 20 if MEGABYTES else 0)


def _device(name: str, prefix: str) -> Range:
    base = PLATFORM[f"{prefix}_BASE"]
    return Range(name, base, base + PLATFORM[f"{prefix}_SIZE"])


DEVICES = (
    _device("GIC distributor", "GICD"),
    _device("GIC redistributors", "GICR"),
    _device("UART", "UART"),
)


@dataclass(frozen=True)
class Section:
    """A section of the image: its name, the symbols of its ends, EL2's permissions."""

    name: str
    start: str
    end: str
    permissions: str


SECTIONS = (
    Section("text", "text_start", "text_end", "R-X"),
    Section("rodata", "rodata_start", "rodata_end", "R--"),
    Section("data", "data_start", "data_end", "RW-"),
    Section("bss", "bss_start", "bss_end", "RW-"),
    Section("stack", "stack_bottom", "stack_top", "RW-"),
    Section("emergency stack", "emergency_stack_bottom", "emergency_stack_top", "RW-"),
)
