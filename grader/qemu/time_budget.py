# SPDX-License-Identifier: MIT
"""A boot's budget of virtual time, which counts instructions with -icount.

QEMU's PCI watchdog, which no stage uses, pauses the machine when the budget is used up. It
is locked, so a stage cannot disable it, and its other registers are not mapped. The
machine is not stopped earlier, because a stop at a breakpoint advances virtual time.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

# QEMU's virt machine: configuration space of PCI bus 0, and where PCI memory begins.
# The watchdog is the only device next to the bridge: device 1.
PCI_CONFIG = 0x40_1000_0000 + (1 << 15)
PCI_COMMAND, PCI_BAR_0 = PCI_CONFIG + 0x04, PCI_CONFIG + 0x10
PCI_MEMORY = 0x1000_0000
MEMORY_SPACE = 0x0002  # of the command register

# Intel 6300ESB I/O Controller Hub, "Watchdog Timer": two stages; we need one.
CONFIG, LOCK = PCI_CONFIG + 0x60, PCI_CONFIG + 0x68
NO_INTERRUPT = 0x0003  # after stage 1; the clock is 33 MHz / 2^15, about 1 kHz
ENABLE, UNTIL_RESET = 0x02, 0x01
STAGE_1, STAGE_2, RELOAD = PCI_MEMORY, PCI_MEMORY + 4, PCI_MEMORY + 12
UNLOCK = (0x80, 0x86)
RESTART = 0x100
TICK_NS = (1 << 15) * 1_000_000_000 // 33_000_000

OPTIONS = ("-device", "i6300esb", "-no-reboot")  # a reset would disable the watchdog

# An address, and the bytes to write there.
Write = tuple[int, bytes]


def budget(nanoseconds: int) -> list[Write]:
    """Return the writes to physical memory that start a budget or replace one."""
    return [
        (PCI_BAR_0, struct.pack("<I", PCI_MEMORY)),
        (PCI_COMMAND, struct.pack("<H", MEMORY_SPACE)),
        *_unlocked(STAGE_1, struct.pack("<I", nanoseconds // TICK_NS)),
        *_unlocked(STAGE_2, struct.pack("<I", 1)),
        (CONFIG, struct.pack("<H", NO_INTERRUPT)),
        (LOCK, struct.pack("<B", ENABLE | UNTIL_RESET)),
        *_unlocked(RELOAD, struct.pack("<H", RESTART)),  # it may be running already
        (PCI_COMMAND, struct.pack("<H", 0)),
    ]


def _unlocked(register: int, data: bytes) -> Iterator[Write]:
    for word in UNLOCK:
        yield RELOAD, struct.pack("<H", word)
    yield register, data
