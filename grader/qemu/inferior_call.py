# SPDX-License-Identifier: MIT
"""Call functions of a stage in a stopped machine, through QEMU's gdb stub.

A transcript shows a function with the few inputs of a run. A direct call can have any
input, any state of the machine, and a device that the grader simulates. labs/probe.py
boots the machine.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import NoReturn, Optional

from ..model.instruction_words import ISB
from ..model.layout import Layout, layout_of
from .gdbstub import SIGALRM, Gone, Stub
from .instruction_log import code
from .preamble import REGISTERS, Register, move, msr_x0
from .time_budget import budget

# GDB Remote Serial Protocol, packet "g": x0 to x30, SP, PC, PSTATE of AArch64.
GENERAL = struct.Struct("<33QI")
SIGTRAP = 5
PACKET = 1024  # bytes of memory: QEMU takes packets of 4096 characters
WORD = (1 << 64) - 1

# 250 million instructions until a resumed machine must stop. At each stop some time passes
# as if the machine slept, so the budget is renewed after STOPS stops.
BUDGET_NS = 2_000_000_000
STOPS = 16  # in one budget

BLR_X9 = 0xD63F_0120
MRS = 1 << 21  # set in an MRS, clear in the MSR of the same register
CODE_WORDS = 40

# Replaces console_putc(). x9 points to a count, and the characters follow it:
# LDR X10, [X9]; ADD X11, X9, X10; STRB W0, [X11, #8]; ADD X10, X10, #1; STR X10, [X9]; RET.
KEEP_CHARACTER = (0xF940_012A, 0x8B0A_012B, 0x3900_2160, 0x9100_054A, 0xF900_012A, 0xD65F_03C0)
MOST_CHARACTERS = 3000
BRANCH = 0x1400_0000  # B, with the distance in words

# System registers that probes set or read; op0 is 3. Arm ARM, each register's "Accessing".
SYSTEM = {
    **REGISTERS,
    "ELR_EL2": Register(4, 4, 0, 1, 0),
    "SPSR_EL2": Register(4, 4, 0, 0, 0),
    "ESR_EL2": Register(4, 5, 2, 0, 0),
    "FAR_EL2": Register(4, 6, 0, 0, 0),
    "HPFAR_EL2": Register(4, 6, 0, 4, 0),
    "VBAR_EL2": Register(4, 12, 0, 0, 0),
    "PAR_EL1": Register(0, 7, 4, 0, 0),
    "TCR_EL1": Register(0, 2, 0, 2, 0),
    "TTBR0_EL1": Register(0, 2, 0, 0, 0),
    "TTBR1_EL1": Register(0, 2, 0, 1, 0),
    "MAIR_EL1": Register(0, 10, 2, 0, 0),
    "CTR_EL0": Register(3, 0, 0, 1, 0),
}


class Lost(Exception):
    """The machine did not reach the expected stop. The text says why."""


class Over(Lost):
    """The machine reached a function that does not return, and stopped there."""


@dataclass(frozen=True)
class Registers:
    """The general registers of the core."""

    x: tuple[int, ...]
    sp: int
    pc: int
    pstate: int

    def at(self, pc: int, **general: int) -> Registers:
        """Return a copy with another PC and the given x0=..., x30=..., sp=..."""
        x = tuple(general.get(f"x{n}", value) & WORD for n, value in enumerate(self.x))
        return replace(self, x=x, sp=general.get("sp", self.sp), pc=pc)


# Handles a stop before the last one. Returns changed registers, or None.
At = Callable[[Registers], Optional[Registers]]


def stray(registers: Registers) -> NoReturn:
    raise Lost(f"it stopped at 0x{registers.pc:x}")


@dataclass
class Prober:
    """A stopped machine: its registers, memory and functions."""

    stub: Stub
    names: Mapping[str, int]
    image: Path
    partners: set[int] = field(default_factory=set)  # QEMU is not idle while one of them works
    home: Registers = Registers((0,) * 31, 0, 0, 0)  # the state in which the machine was stopped
    known: dict[str, int] = field(default_factory=dict)  # results of calls made once at each place
    placed: tuple[int, ...] = ()  # the grader's code
    resumes: int = 0
    last: tuple[str, ...] = ()  # functions that never return
    written: list[tuple[int, bytes]] = field(default_factory=list)  # the old contents

    @cached_property
    def code(self) -> Mapping[int, int]:
        """The image's instructions by address."""
        return dict(code(self.image.read_bytes()))

    @cached_property
    def layout(self) -> Layout:
        return layout_of(self.image)

    def address(self, name: str) -> int:
        """Return the address of a function or variable."""
        if name not in self.names:
            raise Lost(f"the image has no {name}")
        return self.names[name]

    def in_stack(self, offset: int) -> int:
        """Return an address in the lower half of EL2's stack, which no call reaches."""
        return self.address("stack_bottom") + offset

    @property
    def landing(self) -> int:
        """The return address of calls: the reset vector, which is never executed again."""
        return self.address("_start")

    @property
    def own_code(self) -> int:
        """The place for the grader's code: the rest of _start."""
        return self.address("_start") + 16

    @property
    def more_code(self) -> int:
        """The place for a dozen more instructions."""
        return self.own_code + 4 * CODE_WORDS

    def registers(self) -> Registers:
        values = GENERAL.unpack(bytes.fromhex(self.stub.ask("g"))[: GENERAL.size])
        return Registers(values[:31], *values[31:])

    def set_registers(self, registers: Registers) -> None:
        packed = GENERAL.pack(*registers.x, registers.sp, registers.pc, registers.pstate)
        self.stub.must(f"G{packed.hex()}")

    def read(self, address: int, size: int) -> bytes:
        """Read memory as EL2 sees it. Return nothing if EL2 has not mapped it."""
        parts = [
            self.stub.ask(f"m{at:x},{min(PACKET, address + size - at):x}")
            for at in range(address, address + size, PACKET)
        ]
        text = "".join(parts)
        return bytes.fromhex(text) if len(text) == 2 * size else b""

    def words(self, address: int, count: int) -> tuple[int, ...]:
        """Read 64-bit words."""
        raw = self.read(address, 8 * count)
        return struct.unpack(f"<{count}Q", raw) if raw else (0,) * count

    def text(self, address: int) -> str:
        return self.read(address, 32).split(b"\0")[0].decode("ascii", "replace")

    def write(self, address: int, data: bytes) -> None:
        """Write memory until undo()."""
        self.written.append((address, self.read(address, len(data))))
        self.put(address, data)

    def put(self, address: int, data: bytes) -> None:
        for at in range(0, len(data), PACKET):
            part = data[at : at + PACKET]
            if self.stub.ask(f"M{address + at:x},{len(part):x}:{part.hex()}") != "OK":
                raise Lost(f"EL2 has no memory at 0x{address + at:x}")

    def write_words(self, address: int, *words: int) -> None:
        self.write(address, struct.pack(f"<{len(words)}Q", *(word & WORD for word in words)))

    def undo(self) -> None:
        """Restore memory as it was before the first write()."""
        self.placed = ()
        while self.written:
            self.put(*self.written.pop())

    @contextmanager
    def stops(self, *places: int) -> Iterator[None]:
        """Stop the machine at these addresses."""
        for place in places:
            self.stub.must(f"Z0,{place:x},4")
        try:
            yield
        except Over:
            self.stop_no_more(places)
            raise
        self.stop_no_more(places)

    def stop_no_more(self, places: Iterable[int]) -> None:
        for place in places:
            self.stub.must(f"z0,{place:x},4")

    def go(self) -> Registers:
        """Run to the next stop. Raise Lost if there is none or the stage ends."""
        return self.resumed("c")

    def step(self) -> Registers:
        """Execute one instruction. Virtual time stands still."""
        return self.resumed("s")

    def resumed(self, how: str) -> Registers:
        if self.resumes % STOPS == 0:
            self.stub.write(budget(BUDGET_NS))
        self.resumes += 1
        # While we wait for the machine, only QEMU can be at work: one that sleeps is idle.
        self.partners.discard(os.getpid())
        try:
            said = self.stub.ask(how)
        except Gone:
            said = "W00"
        finally:
            self.partners.add(os.getpid())
        if said[:1] in ("W", "X"):
            raise Lost("the machine was switched off")
        if said[:3] == f"T{SIGALRM:02x}":
            raise Lost("it does not come to an end")
        if said[:3] != f"T{SIGTRAP:02x}":
            raise Lost(f"the machine stopped for {said}")
        registers = self.registers()
        for name in self.last:
            if registers.pc == self.names.get(name):
                raise Over(f"it ends in {name}()")
        return registers

    def run_code(self, words: Iterable[int], at: At = stray, **general: int) -> Registers:
        """Execute the grader's instructions. Return the registers after them."""
        words = tuple(words)
        if words != self.placed:
            assert len(words) < CODE_WORDS
            back = self.landing - (self.own_code + 4 * len(words))
            code_ = [*words, BRANCH | back >> 2 & 0x3FF_FFFF]
            self.write(self.own_code, struct.pack(f"<{len(code_)}I", *code_))
            self.placed = words
        self.set_registers(self.home.at(self.own_code, **general))
        return self.come_back(at)

    def come_back(self, at: At = stray) -> Registers:
        """Run to the landing."""
        while (now := self.go()).pc != self.landing:
            if changed := at(now):
                self.set_registers(changed)
        return now

    def set_system(self, **values: int) -> None:
        """Set system registers by their names in the Arm ARM."""
        words = [msr_x0(SYSTEM[name]) | n for n, name in enumerate(values)]
        self.run_code([*words, ISB], stray, **{f"x{n}": v for n, v in enumerate(values.values())})

    def system(self, *names: str) -> tuple[int, ...]:
        words = [msr_x0(SYSTEM[name]) | MRS | n for n, name in enumerate(names)]
        return self.run_code(words).x[: len(names)]

    def call(
        self,
        function: str,
        *arguments: int,
        at: At = stray,
        system: Mapping[str, int] = {},
        then: Iterable[str] = (),
    ) -> tuple[int, ...]:
        """Call a function. Return x0 and, after the call, the system registers of `then`.

        System registers are set before it. `at` gives the registers with which to continue from a
        stop of the caller's; None: with those that there are.
        """
        words = [msr_x0(SYSTEM[name]) | 10 + n for n, name in enumerate(system)]
        words += [ISB, BLR_X9]
        words += [msr_x0(SYSTEM[name]) | MRS | 1 + n for n, name in enumerate(then)]
        general = {f"x{n}": value for n, value in enumerate(arguments)}
        general.update({f"x{10 + n}": value for n, value in enumerate(system.values())})
        now = self.run_code(words, at, x9=self.address(function), **general)
        return now.x[: 1 + len([*then])]

    def keep_characters(self, buffer: int) -> None:
        """Keep what is printed from now on in the machine's memory, and do not send it."""
        keeper, putc = self.more_code, self.address("console_putc")
        words = [*move(9, buffer), *KEEP_CHARACTER]
        self.write(keeper, struct.pack(f"<{len(words)}I", *words))
        self.write(putc, struct.pack("<I", BRANCH | (keeper - putc) >> 2 & 0x3FF_FFFF))
        self.write_words(buffer, 0)

    def printed(self, buffer: int) -> str:
        """Return the kept characters and forget them."""
        count = min(self.words(buffer, 1)[0], MOST_CHARACTERS)
        text = self.read(buffer + 8, count)
        self.write_words(buffer, 0)
        return text.decode("utf-8", "replace")

    def begin(self, function: str, *arguments: int) -> Registers:
        """Prepare the call of a function, which will return to the landing."""
        given = {f"x{n}": value for n, value in enumerate(arguments)}
        registers = self.home.at(self.address(function), **given, x30=self.landing)
        self.set_registers(registers)
        return registers
