# SPDX-License-Identifier: MIT
"""make trace LAB=n: every exception of a run, a line each.

QEMU's log has the exceptions with their levels. The syndrome is decoded as in gdb, and addresses
are shown as functions of EL2 and the guests. Lines that repeat are folded (folding.py). A guest's
accesses to its UART, two for a character, are short and equal lines, unless each is wanted in
full. A run whose exceptions come to nothing is stopped.
"""

from __future__ import annotations

import argparse
import sys
from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Optional

from ..core.kit import GraderError
from ..core.process import Ended, Limits, Nursery
from ..core.sanitize import short
from ..grading.evaluate import TODO
from ..model.elf import symbols
from ..model.function_names import function_at
from ..model.guest_programs import guest_elf
from ..model.layout import header, layout_of
from ..model.syndrome import DABT_LOWER, HVC64, SVC64, Syndrome
from ..qemu.boot import machine_flags, qemu
from ..qemu.exception_log import NEXT, RECORD, Taken, exceptions
from .folding import asked_names, asked_vm, folded, name_of
from .stage import Stage, command

LIMITS = Limits(output_bytes=64 << 20, cpu_seconds=20, wall_seconds=60)
COUNT = 200
STORM = 1000  # exceptions in a row from one instruction, each taken at the level it came from

# QEMU's names of exceptions without a syndrome.
ASYNCHRONOUS = {"IRQ": "IRQ", "FIQ": "FIQ", "SError": "SError", "Virtual IRQ": "virtual IRQ"}


@dataclass(frozen=True)
class Program:
    """A linked program, with the name of its VM, or "" for EL2."""

    elf: Path
    vm: str = ""

    def place(self, address: int) -> str:
        function = function_at(self.elf, address)
        return f"{self.vm} {function}".lstrip() if function else f"0x{address:x}"


class Programs:
    """EL2 and the guests of a stage, by address."""

    def __init__(self, stage: Stage) -> None:
        data = stage.image.read_bytes()
        start, end = (symbols(data)[name] for name in ("text_start", "text_end"))
        self.regions = [(range(start, end), Program(stage.image))]
        for number, name in stage.guests.items():
            slot = layout_of(stage.image).slot(number)
            program = Program(guest_elf(stage.image, number, name), f"vm{number}")
            self.regions.append((range(slot.start, slot.end), program))

    def place(self, address: int) -> str:
        for region, program in self.regions:
            if address in region:
                return program.place(address)
        return f"0x{address:x}"

    def vm(self, taken: Taken) -> str:
        """Return the VM in which an exception was taken; empty for EL2."""
        at = taken.registers.get("ELR", 0)
        return next((program.vm for region, program in self.regions if at in region), "")


@dataclass
class Log:
    """QEMU's log while it comes; None stops QEMU, as the same exception comes again and again."""

    raw: bytearray = field(default_factory=bytearray)
    seen: int = 0  # bytes of whole records that were looked at
    last: tuple[bytes, ...] = ()
    again: int = 0

    def __call__(self, data: bytes) -> Optional[bytes]:
        self.raw += data
        for match in RECORD.finditer(self.raw, self.seen, max(self.raw.rfind(NEXT), 0)):
            source, target, _ = match.groups()
            same = source == target and match.groups() == self.last
            self.again = self.again + 1 if same else 0
            self.last = match.groups()
            self.seen = match.end()
            if self.is_storm:
                return None
        return data  # it counts against the limit of output

    @property
    def is_storm(self) -> bool:
        return self.again >= STORM

    @property
    def text(self) -> str:
        """All of it; of a storm to the same record, however it came in pieces."""
        return self.raw[: self.seen if self.is_storm else None].decode("utf-8", "replace")


def logged(image: Path) -> tuple[Ended, Log]:
    """Boot the stage: return how it ended, with the UART as stdout, and the log of exceptions."""
    log = Log()
    argv = [qemu(), *machine_flags(), "-kernel", str(image), "-d", "int"]
    return Nursery().run(argv, LIMITS, log_filter=log), log


def words(taken: Taken) -> str:
    """Describe the exception."""
    if taken.psci:
        return "SMC, a PSCI call, which QEMU's firmware handles"
    if taken.kind in ASYNCHRONOUS:
        return ASYNCHRONOUS[taken.kind]
    return Syndrome(taken.registers.get("ESR", 0)).summary


def is_uart(taken: Taken) -> bool:
    """A guest's access to the UART that EL2 emulates, which both map at its own address."""
    ec = Syndrome(taken.registers.get("ESR", 0)).ec
    page = taken.registers.get("FAR", 0) & ~0xFFF
    return taken.kind not in ASYNCHRONOUS and ec == DABT_LOWER and page == header()["VUART_IPA"]


def line(taken: Taken, programs: Programs, fold: bool) -> str:
    """The levels, the exception and its address, from ELR, the preferred return address."""
    if fold and is_uart(taken):
        function = programs.place(taken.registers["ELR"]).partition("+")[0]
        return f"EL1 > EL2  data abort from a lower EL: the UART, in {function}"
    levels = f"EL{taken.source}" if taken.psci else f"EL{taken.source} > EL{taken.target}"
    text = f"{levels:9}  {words(taken)}"
    if "ELR" in taken.registers:
        syndrome = Syndrome(taken.registers.get("ESR", 0))
        is_next = taken.kind not in ASYNCHRONOUS and syndrome.ec in (SVC64, HVC64)
        text += f", {'before' if is_next else 'at'} {programs.place(taken.registers['ELR'])}"
    if "FAR" in taken.registers:
        text += f", FAR 0x{taken.registers['FAR']:x}"
    return text


def asked_lines(options: argparse.Namespace) -> tuple[int, int]:
    """COUNT and TAIL."""
    for name, number in (("COUNT", options.count), ("TAIL", options.tail)):
        if number and not number.isdecimal():
            raise GraderError(f"{name}={number}: give a number of lines, or 0 for all")
    return int(options.count or COUNT), int(options.tail or 0)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make trace", description=__doc__)
    parser.add_argument("image", type=Path)
    parser.add_argument("--count", default="", help=f"lines to print, {COUNT} by default")
    parser.add_argument("--tail", default="", help="lines to print from the end instead")
    parser.add_argument("--uart", action="store_true", help="each access to the UART on a line")
    parser.add_argument("--only", default="", help="names of exceptions, such as irq,hvc")
    parser.add_argument("--vm", default="", help="the number of the VM in which they are taken")
    options = parser.parse_args(arguments)
    count, tail = asked_lines(options)
    stage = Stage(options.image)
    names, vm = asked_names(options.only), asked_vm(options.vm, stage.guests)
    ended, log = logged(stage.image)
    programs = Programs(stage)
    all_of_them = list(exceptions(log.text))
    wanted = [(number, line(taken, programs, not options.uart))
              for number, taken in enumerate(all_of_them, 1)
              if (not names or name_of(taken) in names) and (not vm or programs.vm(taken) == vm)]
    shown = folded(wanted)
    for text in deque(shown, maxlen=tail) if tail else islice(shown, count or None):
        print(text)
    if not tail and any(shown):
        more = f"TAIL={count} shows the end, COUNT=0 every one"
        asked = f", {len(wanted)} of them asked for" if names or vm else ""
        print(f"trace: {len(all_of_them)} in all{asked}; {more}", file=sys.stderr)
    elif not wanted and all_of_them:
        print(f"trace: none of {len(all_of_them)} is asked for", file=sys.stderr)
    hole = TODO.search(ended.stdout.decode("utf-8", "replace").replace("\r\n", "\n"))
    if hole:
        task = short(hole[0]).partition("[todo] ")[2]
        print(f"trace: the stage stopped at {task}", file=sys.stderr)
    elif log.is_storm:
        why = "the same exception came again and again"
        print(f"trace: {why}, and the stage was stopped", file=sys.stderr)
    elif ended.stop:
        why = f"too much {ended.stop.value}"
        print(f"trace: the stage did not end and was stopped: {why}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(command("trace", main))
