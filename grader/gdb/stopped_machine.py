# SPDX-License-Identifier: MIT
"""The stopped machine: its registers, and its RAM by physical address.

QEMU's stub reads memory as the core would at this moment, through the tables in use. Tables hold
physical addresses, and while a guest runs, its tables do not map EL2's data. So the commands read
physical memory. EL2 is mapped one to one, so its data has the same addresses there.

gdb shows a core as a thread, numbered from 1. Registers are those of the selected thread unless a
core is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Optional

import gdb

from ..model.snapshot import ALIASES

from ..model.platform_map import RAM_BASE, RAM_END
from .complaint import Complaint

WORD = (1 << 64) - 1


def require() -> None:
    """Complain unless there is a stopped machine."""
    thread = gdb.selected_thread()
    connection = getattr(gdb.selected_inferior(), "connection", None)
    if thread is None or connection is None or connection.type != "remote":
        raise Complaint("there is no machine (`make gdb` starts one; it ends with the stage)")
    if thread.is_running():
        raise Complaint("the machine is running: Ctrl-C stops it")
    # Read the frame now: gdb reads code for it, through the tables in use.
    gdb.newest_frame()


@contextmanager
def on_core(number: Optional[int]) -> Iterator[None]:
    """Select a core in the block, then what was selected before; None selects nothing else."""
    before = gdb.selected_thread()
    if number is None or not before or before.num == number + 1:
        yield
        return
    frame = gdb.selected_frame()
    thread = next((t for t in gdb.selected_inferior().threads() if t.num == number + 1), None)
    if thread is None:
        raise Complaint(f"the machine has no core {number}")
    thread.switch()
    try:
        yield
    finally:
        before.switch()
        if frame.is_valid():
            frame.select()


def register(name: str, core: Optional[int] = None) -> Optional[int]:
    """The current value, whichever frame is selected; None if QEMU does not show it."""
    with on_core(core):
        try:
            value = gdb.newest_frame().read_register(ALIASES.get(name, name))
            return int(value) & WORD
        except (ValueError, gdb.error):
            return None


def need(name: str, core: Optional[int] = None) -> int:
    value = register(name, core)
    if value is None:
        raise Complaint(f"QEMU's gdb stub does not show {name}")
    return value


def current_el(core: Optional[int] = None) -> int:
    return need("cpsr", core) >> 2 & 3


def _packet(text: str) -> str:
    return gdb.execute(f"maintenance packet {text}", to_string=True) or ""


@contextmanager
def physical() -> Iterator[None]:
    """Let memory accesses in the block use physical addresses; then restore the mode."""
    before = 'received: "1"' in _packet("qqemu.PhyMemMode")
    if 'received: "OK"' not in _packet("Qqemu.PhyMemMode:1"):
        raise Complaint("this target is not QEMU: it has no physical memory mode")
    try:
        yield
    finally:
        _packet(f"Qqemu.PhyMemMode:{int(before)}")


def in_ram(address: int, size: int = 1) -> bool:
    """Outside RAM a read may change a device, or returns 0 where nothing is."""
    return RAM_BASE <= address and address + size <= ram_end()


def ram_end() -> int:
    """The end of RAM: of the labs' machine, or as frames_init() of beyond/ has found it."""
    try:
        return max(RAM_END, int(gdb.parse_and_eval("'frames.c'::base + 4096 * 'frames.c'::count")))
    except gdb.error:
        return RAM_END


def read(pa: int, size: int) -> Optional[bytes]:
    """Read RAM, inside physical(); None for other addresses."""
    if not in_ram(pa, size):
        return None
    try:
        return gdb.selected_inferior().read_memory(pa, size).tobytes()
    except gdb.MemoryError:
        return None


def word(pa: int) -> Optional[int]:
    raw = read(pa, 8)
    return None if raw is None else int.from_bytes(raw, "little")


def device(address: int) -> int:
    """Read 32 bits of a device register that is safe to read."""
    raw = gdb.selected_inferior().read_memory(address, 4).tobytes()
    return int.from_bytes(raw, "little")
