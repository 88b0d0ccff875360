# SPDX-License-Identifier: MIT
"""The state of a stopped machine: registers and the parts of memory that were read."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Optional

# QEMU's gdb stub has these under the names that AArch32 and AArch64 share.
ALIASES = {
    "SCTLR_EL1": "SCTLR",
    "CPACR_EL1": "CPACR",
    "VBAR_EL1": "VBAR",
    "CNTKCTL_EL1": "CNTKCTL",
    "CSSELR_EL1": "CSSELR",
    "AMAIR_EL1": "AMAIR0",
}
ARM_ARM = {alias: name for name, alias in ALIASES.items()}


@dataclass(frozen=True)
class Memory:
    """Pieces of physical memory by start address."""

    pieces: Mapping[int, bytes] = field(default_factory=dict)

    def read(self, pa: int, size: int) -> Optional[bytes]:
        """Return `size` bytes from `pa`, or None if they were not read."""
        for start, piece in self.pieces.items():
            if start <= pa and pa + size <= start + len(piece):
                return piece[pa - start : pa - start + size]
        return None

    def word(self, pa: int) -> Optional[int]:
        """Return the 64 bits at `pa`."""
        raw = self.read(pa, 8)
        return None if raw is None else struct.unpack("<Q", raw)[0]


@dataclass(frozen=True)
class State:
    """The machine at one point of its run.

    At a checkpoint `name` is the checkpoint's. "entry" is guest_enter() about to run,
    "exit" an exception from a guest just taken: then there are also the address of the
    vCPU, the guest's x0 to x30, and the offset in the vector table; at an entry also the
    vCPU's state.
    """

    name: str
    registers: Mapping[str, int]
    memory: Memory = Memory()
    words: Mapping[int, int] = field(default_factory=dict)  # device registers, by address
    vcpu: int = 0
    x: tuple[int, ...] = ()
    slot: int = 0
    state: int = 0  # of the vCPU, at an entry
    back: int = 0  # the return address of checkpoint()

    def __getitem__(self, register: str) -> int:
        """Return a register by its Arm ARM name. Raise KeyError if the machine lacks it."""
        return self.registers[ALIASES.get(register, register)]
