# SPDX-License-Identifier: MIT
"""The guests of a stage: programs that make builds next to its image, each for its slot.

The number of a slot is also that of the VM and of its vCPU.
"""

from __future__ import annotations

import re
from pathlib import Path


def guests_of(image: Path) -> dict[int, str]:
    """The names of the guests by slot, from make's list of a stage's parts."""
    parts = image.with_name("parts")
    text = parts.read_text() if parts.exists() else ""
    return {int(slot): name for slot, name in re.findall(r"\b(\d+)-(\w+):", text)}


def guest_elf(image: Path, slot: int, name: str) -> Path:
    """Where the ELF file of a guest is."""
    return image.parent / "guest" / f"{slot}-{name}.elf"
