# SPDX-License-Identifier: MIT
"""make trace LAB=n: every exception of a run, a line each.

QEMU's log has the exceptions with their levels. The syndrome is decoded as in gdb, and addresses
are shown as functions of EL2 and the guests.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path

from ..model.syndrome import HVC64, SVC64, Syndrome

from ..core.kit import GraderError
from ..core.process import Ended, Limits, Nursery
from ..core.sanitize import short
from ..grading.evaluate import TODO
from ..model.elf import symbols
from ..model.function_names import function_at
from ..model.layout import layout_of
from ..qemu.boot import machine_flags, qemu
from .stage import Stage, command

LIMITS = Limits(output_bytes=64 << 20, cpu_seconds=20, wall_seconds=60)
COUNT = 200

TAKEN = re.compile(r"^Taking exception (\d+) \[(.*?)\]")
DETAIL = re.compile(r"^\.\.\.(from EL(\d) to EL(\d)|with (ESR|FAR|ELR) (\S+)|handled as PSCI call)")
# QEMU's names of exceptions without a syndrome.
ASYNCHRONOUS = {"IRQ": "IRQ", "FIQ": "FIQ", "SError": "SError", "Virtual IRQ": "virtual IRQ"}


@dataclass
class Taken:
    """An exception in the log. Levels are numbers; registers are those of the target level."""

    kind: str
    source: int = 0
    target: int = 0
    registers: dict[str, int] = field(default_factory=dict)
    psci: bool = False


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
            elf = stage.image.parent / "guest" / f"{number}-{name}.elf"
            self.regions.append((range(slot.start, slot.end), Program(elf, f"vm{number}")))

    def place(self, address: int) -> str:
        for region, program in self.regions:
            if address in region:
                return program.place(address)
        return f"0x{address:x}"


def logged(image: Path) -> Ended:
    """Boot the stage: the UART is on stdout, the log of exceptions on stderr."""
    return Nursery().run([qemu(), *machine_flags(), "-kernel", str(image), "-d", "int"], LIMITS)


def exceptions(log: str) -> Iterator[Taken]:
    """The exceptions in the order in which they were taken."""
    taken = None
    for line in log.splitlines():
        if match := TAKEN.match(line):
            if taken:
                yield taken
            taken = Taken(match[2])
        elif taken and (match := DETAIL.match(line)):
            if match[2]:
                taken.source, taken.target = int(match[2]), int(match[3])
            elif match[4]:
                taken.registers[match[4]] = int(match[5].rpartition("/")[2], 16)
            else:
                taken.psci = True
    if taken:
        yield taken


def words(taken: Taken) -> str:
    """Describe the exception."""
    if taken.psci:
        return "SMC, a PSCI call, which QEMU's firmware handles"
    if taken.kind in ASYNCHRONOUS:
        return ASYNCHRONOUS[taken.kind]
    return Syndrome(taken.registers.get("ESR", 0)).summary


def line(taken: Taken, programs: Programs) -> str:
    """The levels, the exception and its address, from ELR, the preferred return address."""
    levels = f"EL{taken.source}" if taken.psci else f"EL{taken.source} > EL{taken.target}"
    text = f"{levels:9}  {words(taken)}"
    if "ELR" in taken.registers:
        syndrome = Syndrome(taken.registers.get("ESR", 0))
        is_next = taken.kind not in ASYNCHRONOUS and syndrome.ec in (SVC64, HVC64)
        text += f", {'before' if is_next else 'at'} {programs.place(taken.registers['ELR'])}"
    if "FAR" in taken.registers:
        text += f", FAR 0x{taken.registers['FAR']:x}"
    return text


def numbered(lines: Iterable[str]) -> Iterator[str]:
    """Number the lines; count those that are equal to the one before."""
    number = 1
    for text, group in groupby(lines):
        yield f"{number:6}  {text}"
        more = len(list(group)) - 1
        if more:
            yield f"{'':8}the same {more} more times"
        number += 1 + more


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make trace", description=__doc__)
    parser.add_argument("image", type=Path)
    parser.add_argument("--count", default="", help=f"lines to print, {COUNT} by default")
    options = parser.parse_args(arguments)
    if options.count and not options.count.isdecimal():
        raise GraderError(f"COUNT={options.count}: give a number of lines, or 0 for all")
    count = int(options.count or COUNT)
    stage = Stage(options.image)
    ended = logged(stage.image)
    programs = Programs(stage)
    all_of_them = list(exceptions(ended.stderr.decode("utf-8", "replace")))
    shown = (line(taken, programs) for taken in all_of_them)
    for text in islice(numbered(shown), count or None):
        print(text)
    if count and len(all_of_them) > count:
        print(f"trace: {len(all_of_them)} in all; COUNT=0 shows every one", file=sys.stderr)
    hole = TODO.search(ended.stdout.decode("utf-8", "replace").replace("\r\n", "\n"))
    if hole:
        task = short(hole[0]).partition("[todo] ")[2]
        print(f"trace: the stage stopped at {task}", file=sys.stderr)
    elif ended.stop:
        why = f"too much {ended.stop.value}"
        print(f"trace: the stage did not end and was stopped: {why}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(command("trace", main))
