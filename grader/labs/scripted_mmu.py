# SPDX-License-Identifier: MIT
"""The start of scripts of lab 2 and later: MMU on, with the script's memory mapped."""

from __future__ import annotations

from ..qemu.call_script import Script

PROT_W = 1  # pgtable.h


def mmu_on(script: Script) -> None:
    """Switch the MMU on like main.c of labs 3 to 6, and keep the script readable."""
    start, end = script.places["SCRIPT_BASE"], script.places["LOG_END"]
    script.about = "el2_mmu_init()"
    script.call("el2_mmu_init")
    script.about = f"el2_map(0x{start:x}, 0x{start:x}, 0x{end - start:x}, PROT_W)"
    script.call("el2_map", start, start, end - start, PROT_W)
    script.about = "el2_mmu_enable()"
    script.call("el2_mmu_enable")
