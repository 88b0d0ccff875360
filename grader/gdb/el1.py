# SPDX-License-Identifier: MIT
"""EL1's registers of a vCPU: in the hardware while it is loaded, else in its context.

Lab 5's context has them in an array, in the order of EL1_REGISTERS, half of it the student's. Type
information does not have that order, so it is read from the code: it is the order of the MRS
instructions with which context_switch() fills the array.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Optional

import gdb

from ..model import sysreg_names
from . import el2_data, stopped_machine
from .complaint import Complaint

# Registers that save() moves after EL1's: keys, FP, list registers, timer.
_LATER = ("AP", "FPCR", "FPSR", "ICH_", "CNTV_")


class El1:
    """EL1's registers of a vCPU, or those in the core if there are no vCPUs yet."""

    def __init__(self, vcpu: Optional[gdb.Value]) -> None:
        self.vcpu = vcpu
        self.core = None if vcpu is None else el2_data.core_with(vcpu)
        self.live = vcpu is None or self.core is not None

    @property
    def runs(self) -> bool:
        """True if its core executes the guest now, not EL2."""
        return self.live and stopped_machine.current_el(self.core) < 2

    @property
    def where(self) -> str:
        if self.live:
            return "in the core"
        if self.context() is None:
            return "not saved: no context before lab 5"
        return "saved in its context"

    def get(self, name: str) -> Optional[int]:
        if self.live:
            return stopped_machine.register(name, self.core)
        context = self.context()
        if context is None:
            return None
        order = _saved_order()
        index = order.index(name) if name in order else None
        return None if index is None else int(context["el1"][index])

    def need(self, name: str) -> int:
        value = self.get(name)
        if value is not None:
            return value
        if self.live:
            raise Complaint(f"QEMU's gdb stub does not show {name}")
        if self.context() is None:
            raise Complaint("this vCPU is not loaded, and it has no context before lab 5")
        raise Complaint(f"this vCPU is not loaded, and context_switch() does not save {name}")

    def context(self) -> Optional[gdb.Value]:
        """The vCPU's context; None before lab 5 or for a bad pointer."""
        try:
            return None if self.vcpu is None else el2_data.target(self.vcpu["context"])
        except gdb.error:  # struct context is only declared
            return None


def _saved_order() -> tuple[str, ...]:
    for function in ("el1_save", "save", "context_switch"):
        order = _reads_of(function, str(el2_data.image()))
        if order:
            return order
    return ()


@lru_cache(maxsize=None)
def _reads_of(function: str, image: str) -> tuple[str, ...]:
    """Return the system registers that a function reads, up to the first that is not EL1's."""
    symbol = gdb.lookup_static_symbol(function) or gdb.lookup_global_symbol(function)
    if symbol is None or not symbol.is_function:
        return ()
    start = int(symbol.value().address)
    block = gdb.block_for_pc(start)
    # The innermost block may belong to an inlined function.
    while block is not None and (block.function is None or block.function.name != function):
        block = block.superblock
    if block is None:
        return ()
    raw = stopped_machine.read(start, block.end - start) or b""
    words = (int.from_bytes(raw[at : at + 4], "little") for at in range(0, len(raw), 4))
    found: list[str] = []
    for name in filter(None, map(sysreg_names.read_by, words)):
        if name.startswith(_LATER):
            break
        if name != "TPIDR_EL2":  # this_cpu()
            found.append(name)
    return tuple(found)
