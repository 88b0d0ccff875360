# SPDX-License-Identifier: MIT
"""A made-up machine with translation tables."""

from __future__ import annotations

import struct

from grader.model import vms
from grader.model.snapshot import Memory, State

BASE, PAGE, BLOCK, GIB = 0x4000_0000, 4096, 2 << 20, 1 << 30


def state(roots: dict[int, dict[int, int]], name: str = "x", **registers: int) -> State:
    """Tables at pages of BASE, each as its entries that are not 0; VM n has the root at page n + 2.

    EL2's root is page 0 and has 39 bits of VA; a VM's is two pages and has 40 of IPA.
    """
    raw = bytearray(16 * PAGE)
    for page, entries in roots.items():
        for index, entry in entries.items():
            struct.pack_into("<Q", raw, page * PAGE + index * 8, entry)
    raw[15 * PAGE - 16 : 15 * PAGE - 13] = b"red"
    for number, page in enumerate(page for page in (2, 4) if page in roots):
        vm = 15 * PAGE + number * vms.SIZE
        raw[vm + vms.IN_USE], raw[vm + vms.S2_VMID] = 1, number + 1
        struct.pack_into("<Q", raw, vm + vms.NAME, BASE + 15 * PAGE - 16)
        struct.pack_into("<Q", raw, vm + vms.S2_ROOT, BASE + page * PAGE)
    values = {
        **{"SCTLR_EL2": 1, "TTBR0_EL2": BASE, "TCR_EL2": 25, "MAIR_EL2": 0x4FF},
        **{"HCR_EL2": 0, "VTTBR_EL2": 0, "VTCR_EL2": 24},
    }
    return State(name, {**values, **registers}, Memory({BASE: bytes(raw)}))
