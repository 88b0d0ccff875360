# SPDX-License-Identifier: MIT
"""Which part of the hypervisor an instruction belongs to.

Most of a switch is one function to the linker, because its parts are in line. But the
compiler notes for every instruction the line that it comes from, and all functions
that the line was put into: addr2line reads that, also of assembly.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..core.kit import GraderError
from ..core.process import Limits, Nursery

ENTRY, DISPATCH, SERVICE, SCHEDULER = "entry and exit", "dispatch", "service", "scheduler"
EL1, FP, KEYS, GIC = "EL1 registers", "FP and SIMD", "keys", "GIC"
TIMERS, STAGE_2, OTHER = "timers", "stage 2", "other"
COMPONENTS = (ENTRY, DISPATCH, SERVICE, SCHEDULER, EL1, FP, KEYS, GIC, TIMERS, STAGE_2, OTHER)

UNKNOWN = "??"  # what addr2line calls a file that it does not know

# By source file. Headers of helpers are not here: they count for whoever uses them.
FILES = {
    "world_switch.S": ENTRY,
    "traps.c": DISPATCH,
    "hypercall.c": SERVICE, "guest_memory.c": SERVICE, "abort.c": SERVICE, "aperture.c": SERVICE,
    "vuart.c": SERVICE, "sysreg_trap.c": SERVICE, "id_registers.c": SERVICE, "inject.c": SERVICE,
    "sched.c": SCHEDULER,
    "fpsimd.h": FP,
    "gic.c": GIC, "gic.h": GIC, "vgic.c": GIC, "vgic.h": GIC,
    "vtimer.c": TIMERS, "slice.c": TIMERS,
    "stage2.c": STAGE_2,
    "context.c": STAGE_2,  # but for the parts below: VTTBR_EL2, and whose state is loaded
}  # fmt: skip
# In context.c by what the function's name begins with: el1_save(), el1_load().
PARTS = {"el1": EL1, "fp": FP, "keys": KEYS, "vgic": GIC, "vtimer": TIMERS}


@dataclass(frozen=True)
class Place:
    """A function, and the file that it is in."""

    function: str
    file: str

    @property
    def component(self) -> str:
        """Nothing if the file is not one of a component's."""
        part = self.function.partition("_")[0] if self.file == "context.c" else ""
        return PARTS.get(part) or FILES.get(self.file) or ""


def component(places: Iterable[Place]) -> tuple[str, str]:
    """Of an instruction, and the function that decides it: the innermost that says something."""
    places = list(places)
    for place in places:
        if place.component:
            return place.component, place.function
    return OTHER, places[-1].function if places else "?"


def addr2line(by_clang: bool) -> str:
    """The tool; GNU's takes some functions that clang has put in line for their callers."""
    gnu, llvm = os.environ.get("CROSS", "") + "addr2line", "llvm-addr2line"
    installed = sorted(map(str, Path("/usr/lib").glob(f"llvm-*/bin/{llvm}")))
    names = [llvm, *installed] if by_clang else [gnu, "addr2line", llvm]
    found = next(filter(shutil.which, names), "")
    if not found:
        raise GraderError(f"{names[0]} is missing: it comes with {'LLVM' if by_clang else 'binutils'}")
    return found


def sources(
    image: Path, pcs: Sequence[int], by_clang: bool, nursery: Nursery
) -> dict[int, list[Place]]:
    """Where each instruction comes from, the innermost function first."""
    tool = addr2line(by_clang)
    argv = [tool, "-a", "-f", "-i", "-e", str(image), *map(hex, pcs)]
    ended = nursery.run(argv, Limits())
    found = parse(ended.stdout.decode("utf-8", "replace"))
    if ended.status or len(found) != len(set(pcs)):
        said = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GraderError(f"{tool} cannot read {image}: {said[0] if said else 'it says nothing'}")
    return with_files(found)


def with_files(found: dict[int, list[Place]]) -> dict[int, list[Place]]:
    """clang gives line 0, and any file, to what it has merged: the file is the function's."""
    files = {p.function: p.file for places in found.values() for p in places if p.file != UNKNOWN}
    return {
        pc: [replace(p, file=files.get(p.function, UNKNOWN)) if p.file == UNKNOWN else p for p in places]
        for pc, places in found.items()
    }


def parse(text: str) -> dict[int, list[Place]]:
    """An address stands on a line of its own, then two lines a function: its name, file:line.

    Assembly may have no name but the mark $x, "instructions from here on".
    """
    found: dict[int, list[Place]] = {}
    function, places = "", []
    for line in text.splitlines():
        if line.startswith("0x"):
            function, places = "", found.setdefault(int(line, 16), [])
        elif not function:
            function = line
        else:
            path, _, number = line.rpartition(":")
            file = Path(path).name if number != "0" else UNKNOWN
            places.append(Place(file if function.startswith("$") else function, file))
            function = ""
    return found
