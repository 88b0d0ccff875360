# SPDX-License-Identifier: MIT
"""A PL011 that the grader simulates, for a driver executed one instruction at a time.

QEMU's sends at once: it is never busy, and its FIFO is never full. This one is slow, and
records how the driver uses it. Arm DDI 0183, chapter 3.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

from .inferior_call import WORD, Lost, Prober, Registers

BASE, SIZE = 0x0900_0000, 0x1000
DR, FR, IBRD, FBRD, LCR_H, CR, IMSC, ICR = 0x00, 0x18, 0x24, 0x28, 0x2C, 0x30, 0x38, 0x44
NAMES = {DR: "UARTDR", FR: "UARTFR", IBRD: "UARTIBRD", FBRD: "UARTFBRD", LCR_H: "UARTLCR_H",
         CR: "UARTCR", IMSC: "UARTIMSC", ICR: "UARTICR"}  # fmt: skip
TXFE, RXFF, TXFF, RXFE, BUSY = 1 << 7, 1 << 6, 1 << 5, 1 << 4, 1 << 3
UARTEN, TXE, RXE = 1 << 0, 1 << 8, 1 << 9
FEN, WLEN_8 = 1 << 4, 3 << 5

STEPS = 3000  # for one function of the driver: many times what it needs
PATIENCE = 100  # reads of the flags


@dataclass
class Pl011:
    """Its registers, its input, and for how many reads of UARTFR it is still busy.

    `slow`: so many reads until there is room again after each sent byte.
    """

    registers: dict[int, int] = field(default_factory=dict)
    received: list[int] = field(default_factory=list)  # with their error flags
    busy: int = 0
    slow: int = 0
    sent: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)  # what the driver did wrong
    divisor: tuple[int, int] = (0, 0)  # in effect
    emptied: bool = False  # the FIFOs were off, with the UART off
    cleared: int = 0  # interrupts
    reads: int = 0

    @property
    def on(self) -> bool:
        return bool(self.registers.get(CR, 0) & UARTEN)

    def read(self, offset: int) -> int:
        if offset == DR:
            return self.received.pop(0) if self.received else 0
        if offset != FR:
            return self.registers.get(offset, 0)
        self.reads += 1
        if self.reads > PATIENCE:
            raise Lost("it waits for a UART that is off" if not self.on else "it waits forever")
        busy = self.busy > 0
        self.busy -= busy and self.on  # it stays busy while it is off
        flags = BUSY | TXFF if busy else TXFE
        return flags | (RXFF if self.received else RXFE)

    def write(self, offset: int, value: int) -> None:
        name = NAMES.get(offset, f"0x{offset:x}")
        if offset == DR:
            if self.busy:
                self.faults.append("UARTDR is written while the FIFO is full")
            self.sent.append(value)
            self.busy = self.slow
            return
        if self.on and offset in (IBRD, FBRD, LCR_H):
            self.faults.append(f"{name} is written while the UART is on")
        if self.on and offset == CR and not value & UARTEN and self.busy:
            self.faults.append("the UART is switched off while it is busy")
        if offset == LCR_H:
            self.divisor = self.registers.get(IBRD, 0), self.registers.get(FBRD, 0)
            self.emptied |= not self.on and not value & FEN
        if offset == ICR:
            self.cleared |= value
        self.registers[offset] = value


@dataclass(frozen=True)
class Access:
    """The load or store of the next instruction."""

    address: int
    target: int  # the loaded or stored register
    load: bool
    base: int
    moved: int  # the base register after it


def access(word: int, registers: Registers) -> Optional[Access]:
    """Decode a load or store of one general register (Arm ARM, "Loads and stores")."""
    value = [*registers.x, registers.sp]
    base = word >> 5 & 31
    if word & 0x3F00_0000 == 0x3900_0000:  # unsigned immediate
        address = value[base] + ((word >> 10 & 0xFFF) << (word >> 30))
        moved = value[base]
    elif word & 0x3F20_0000 == 0x3800_0000:  # unscaled, post-indexed, pre-indexed
        offset = (word >> 12 & 0x1FF) - (word >> 11 & 0x200)
        kind = word >> 10 & 3
        address = value[base] + (0 if kind == 1 else offset)
        moved = value[base] + (offset if kind & 1 else 0)
    elif word & 0x3F20_0C00 == 0x3820_0800:  # register; a 32-bit extension is not decoded
        shift = (word >> 30) * (word >> 12 & 1)
        address = value[base] + ([*registers.x, 0][word >> 16 & 31] << shift)
        moved = value[base]
    else:
        return None
    return Access(address & WORD, word & 31, bool(word >> 22 & 3), base, moved & WORD)


def play(prober: Prober, uart: Pl011, function: str, *arguments: int) -> int:
    """Call a function of the driver. Return x0."""
    now = prober.begin(function, *arguments)
    for _ in range(STEPS):
        if now.pc == prober.landing:
            return now.x[0]
        found = access(prober.code.get(now.pc, 0), now)
        if not found or not BASE <= found.address < BASE + SIZE:
            now = prober.step()
            continue
        changed = {} if found.base == 31 else {f"x{found.base}": found.moved}
        if found.load:
            changed[f"x{found.target}"] = uart.read(found.address - BASE)
        else:
            uart.write(found.address - BASE, [*now.x, 0][found.target] & 0xFFFF_FFFF)
        now = now.at(now.pc + 4, **changed)
        prober.set_registers(now)
    raise Lost("it does not come to an end")
