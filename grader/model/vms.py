# SPDX-License-Identifier: MIT
"""The VMs as EL2 keeps them in memory: the array `vms` of vm.c, struct vm of vm.h."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .layout import header
from .snapshot import Memory

# Offsets in struct vm, and its size.
IN_USE, NAME, S2_ROOT, S2_VMID, SIZE = 4, 8, 24, 36, 48
LONGEST_NAME = 32


@dataclass(frozen=True)
class Vm:
    """A VM that is in use, and the root of its stage 2."""

    number: int
    name: str
    root: int
    vmid: int

    @property
    def vttbr(self) -> int:
        return self.vmid << 48 | self.root


def vms(memory: Memory, names: Mapping[str, int]) -> list[Vm]:
    """Those in use; none if the image has no `vms`, or the memory was not read."""
    found = []
    for number in range(header()["VM_MAX"] if "vms" in names else 0):
        vm = names["vms"] + number * SIZE
        vmid = memory.read(vm + S2_VMID, 1)
        name, root = memory.word(vm + NAME), memory.word(vm + S2_ROOT)
        if is_in_use(memory, names, number) and vmid and root:
            found.append(Vm(number, string(memory, name or 0), root, vmid[0]))
    return found


def is_in_use(memory: Memory, names: Mapping[str, int], number: int) -> bool:
    return memory.read(names["vms"] + number * SIZE + IN_USE, 1) not in (None, b"\0")


def string(memory: Memory, at: int) -> str:
    """The string at an address, if one is there."""
    raw = memory.read(at, LONGEST_NAME) or b""
    return raw.split(b"\0")[0].decode("ascii", "replace")
