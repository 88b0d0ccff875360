# SPDX-License-Identifier: MIT
"""QEMU's log of exceptions (-d int): those taken, and the returns from them.

No gdb stops the machine for this log, so it is the same in every boot of an image. Between a
record's levels and ELR, QEMU 7.2 logs ESR, and FAR if there is one; QEMU 10 logs SPSR too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Union

NEXT = b"Taking exception"
# The levels and the preferred return address of an exception, in a log that may grow.
RECORD = re.compile(
    rb"^\.\.\.from EL(\d) to EL(\d)\n(?:\.\.\.with (?:ESR|FAR|SPSR) .*\n)*"
    rb"\.\.\.with ELR (.*)\n", re.M
)
TAKEN = re.compile(r"Taking exception \d+ \[(.*?)\](?: on CPU (\d+))?")
LEVELS = re.compile(r"\.\.\.from EL(\d) to EL(\d)$")
REGISTER = re.compile(r"\.\.\.with (ESR|FAR|ELR) (?:\w+/)?0x(\w+)$")  # ESR follows its class
VECTOR = re.compile(r"\.\.\.to EL\d PC 0x(\w+)")
PSCI = "...handled as PSCI call"
RETURN = re.compile(r"Exception return from AArch64 EL(\d) to AArch64 EL(\d) PC 0x(\w+)$")


@dataclass
class Taken:
    """An exception in the log. Levels are numbers; registers are those of the target level."""

    kind: str
    source: int = 0
    target: int = 0
    registers: dict[str, int] = field(default_factory=dict)
    vector: int = 0
    psci: bool = False
    core: int = 0

    @property
    def is_whole(self) -> bool:
        """False if the log was cut off in its record."""
        return self.psci or "ELR" in self.registers


@dataclass(frozen=True)
class Return:
    """A return from an exception, to the address `pc`."""

    source: int
    target: int
    pc: int


def events(log: str) -> Iterator[Union[Taken, Return]]:
    """The exceptions and the returns, in order."""
    taken = None
    for line in log.splitlines():
        if match := TAKEN.match(line):
            if taken and taken.is_whole:
                yield taken
            taken = Taken(match[1], core=int(match[2] or 0))
        elif match := RETURN.match(line):
            if taken and taken.is_whole:
                yield taken
            taken = None
            yield Return(int(match[1]), int(match[2]), int(match[3], 16))
        elif not taken:
            continue
        elif match := LEVELS.match(line):
            taken.source, taken.target = int(match[1]), int(match[2])
        elif match := REGISTER.match(line):
            taken.registers[match[1]] = int(match[2], 16)
        elif match := VECTOR.match(line):
            taken.vector = int(match[1], 16)
        elif line == PSCI:
            taken.psci = True
    if taken and taken.is_whole:
        yield taken


def exceptions(log: str) -> Iterator[Taken]:
    """The exceptions in the order in which they were taken."""
    return (event for event in events(log) if isinstance(event, Taken))


def moves(log: bytes) -> Iterator[tuple[str, int]]:
    """Yield ("irq", PC) for each IRQ from a guest and ("entry", PC) for each entry, in order."""
    for event in events(log.decode("ascii", "replace")):
        if isinstance(event, Taken):
            if event.kind == "IRQ" and event.source < 2 == event.target:
                yield "irq", event.registers["ELR"]
        elif event.target < 2 == event.source:
            yield "entry", event.pc


def virtual_irqs(log: bytes) -> Iterator[tuple[int, int]]:
    """Yield the address of the vector and the PC for each virtual IRQ that a guest takes."""
    for taken in exceptions(log.decode("ascii", "replace")):
        if taken.kind == "Virtual IRQ":
            yield taken.vector, taken.registers["ELR"]
