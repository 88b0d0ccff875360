# SPDX-License-Identifier: MIT
"""make trace LAB=n: every exception of a run, a line each.

QEMU's own log says what was taken, from where to where; the syndrome is put into
words as in gdb, and addresses into functions of EL2 and of the guests.
"""

from __future__ import annotations

import argparse
import re
import sys
from bisect import bisect_right
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
from ..model.layout import layout_of
from ..qemu.boot import machine_flags, qemu
from .stage import Stage, command

LIMITS = Limits(output_bytes=64 << 20, cpu_seconds=20, wall_seconds=60)
COUNT = 200

TAKEN = re.compile(r"^Taking exception (\d+) \[(.*?)\]")
DETAIL = re.compile(r"^\.\.\.(from EL(\d) to EL(\d)|with (ESR|FAR|ELR) (\S+)|handled as PSCI call)")
# QEMU's names of those that are told by what they are, not by a syndrome.
ASYNCHRONOUS = {"IRQ": "IRQ", "FIQ": "FIQ", "SError": "SError", "Virtual IRQ": "virtual IRQ"}


@dataclass
class Taken:
    """An exception, as the log has it. Levels are numbers; registers are of the target."""

    kind: str
    source: int = 0
    target: int = 0
    registers: dict[str, int] = field(default_factory=dict)
    psci: bool = False


@dataclass(frozen=True)
class Program:
    """A linked program: what is at an address, by the function before it."""

    name: str  # "" for EL2
    starts: list[tuple[int, str]]

    @staticmethod
    def of(elf: Path, name: str = "") -> Program:
        code = [(at, it) for it, at in symbols(elf.read_bytes()).items() if it[0] not in "$."]
        return Program(name, sorted(code))

    def place(self, address: int) -> str:
        at = bisect_right(self.starts, (address, "\x7f")) - 1
        if at < 0:
            return f"0x{address:x}"
        start, name = self.starts[at]
        offset = f"+0x{address - start:x}" if address > start else ""
        return f"{self.name} {name}{offset}".lstrip()


class Programs:
    """EL2 and the guests of a stage, each where it is linked."""

    def __init__(self, stage: Stage) -> None:
        data = stage.image.read_bytes()
        start, end = (symbols(data)[name] for name in ("text_start", "text_end"))
        self.regions = [(range(start, end), Program.of(stage.image))]
        for number, name in stage.guests.items():
            slot = layout_of(stage.image).slot(number)
            elf = stage.image.parent / "guest" / f"{number}-{name}.elf"
            self.regions.append((range(slot.start, slot.end), Program.of(elf, f"vm{number}")))

    def place(self, address: int) -> str:
        for region, program in self.regions:
            if address in region:
                return program.place(address)
        return f"0x{address:x}"


def logged(image: Path) -> Ended:
    """A boot: what the UART printed on stdout, the log of exceptions on stderr."""
    return Nursery().run([qemu(), *machine_flags(), "-kernel", str(image), "-d", "int"], LIMITS)


def exceptions(log: str) -> Iterator[Taken]:
    """In the order in which they were taken."""
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
    """What it was."""
    if taken.psci:
        return "SMC, a PSCI call, which QEMU's firmware answers"
    if taken.kind in ASYNCHRONOUS:
        return ASYNCHRONOUS[taken.kind]
    return Syndrome(taken.registers.get("ESR", 0)).summary


def line(taken: Taken, programs: Programs) -> str:
    """The levels, what, and where: the preferred return address is ELR."""
    levels = f"EL{taken.source}" if taken.psci else f"EL{taken.source} > EL{taken.target}"
    told = f"{levels:9}  {words(taken)}"
    if "ELR" in taken.registers:
        syndrome = Syndrome(taken.registers.get("ESR", 0))
        behind = taken.kind not in ASYNCHRONOUS and syndrome.ec in (SVC64, HVC64)
        told += f", {'before' if behind else 'at'} {programs.place(taken.registers['ELR'])}"
    if "FAR" in taken.registers:
        told += f", FAR 0x{taken.registers['FAR']:x}"
    return told


def numbered(lines: Iterable[str]) -> Iterator[str]:
    """Each with its number; those that are the same as the one before are counted."""
    number = 1
    for text, group in groupby(lines):
        yield f"{number:6}  {text}"
        more = len(list(group)) - 1
        if more:
            yield f"{'':8}the same {more} times more"
        number += 1 + more


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make trace", description=__doc__)
    parser.add_argument("image", type=Path)
    parser.add_argument("--count", default="", help=f"lines to print, {COUNT} if not given")
    options = parser.parse_args(arguments)
    if options.count and not options.count.isdecimal():
        raise GraderError(f"COUNT={options.count}: a number of lines, or 0 for all")
    count = int(options.count or COUNT)
    stage = Stage(options.image)
    ended = logged(stage.image)
    programs = Programs(stage)
    all_of_them = list(exceptions(ended.stderr.decode("utf-8", "replace")))
    shown = (line(taken, programs) for taken in all_of_them)
    for text in islice(numbered(shown), count or None):
        print(text)
    if count and len(all_of_them) > count:
        print(f"trace: {len(all_of_them)} in all: COUNT=0 shows every one", file=sys.stderr)
    hole = TODO.search(ended.stdout.decode("utf-8", "replace").replace("\r\n", "\n"))
    if hole:
        print(f"trace: the stage stopped at {short(hole[0]).partition('[todo] ')[2]}", file=sys.stderr)
    elif ended.stop:
        print(f"trace: the stage went on and was stopped: too much {ended.stop.value}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(command("trace", main))
