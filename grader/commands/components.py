# SPDX-License-Identifier: MIT
"""The component of the hypervisor that an instruction belongs to.

Most of a switch is one function for the linker, because its parts are inlined. The compiler's debug
information has the line of every instruction and the functions into which it was inlined; addr2line
reads it, for assembly too.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..core.kit import GraderError
from ..core.process import Limits, Nursery

ENTRY, DISPATCH, SERVICE, SCHEDULER = "entry and exit", "dispatch", "service", "scheduler"
EL1, FP, KEYS, GIC = "EL1 registers", "FP and SIMD", "keys", "GIC"
TIMERS, STAGE_2, OTHER = "timers", "stage 2", "other"
COMPONENTS = (ENTRY, DISPATCH, SERVICE, SCHEDULER, EL1, FP, KEYS, GIC, TIMERS, STAGE_2, OTHER)

UNKNOWN = "??"  # addr2line's name of an unknown file

# By source file. Helper headers are not here: they count for the code that uses them.
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
    "context.c": STAGE_2,  # apart from the parts below: VTTBR_EL2, and the loaded vCPU
}  # fmt: skip
# In context.c by the start of the function's name: el1_save(), el1_load().
PARTS = {"el1": EL1, "fp": FP, "keys": KEYS, "vgic": GIC, "vtimer": TIMERS}


@dataclass(frozen=True)
class Place:
    """A function and its file."""

    function: str
    file: str
    path: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)

    @property
    def component(self) -> str:
        """Empty if the file belongs to no component."""
        part = self.function.partition("_")[0] if self.file == "context.c" else ""
        return PARTS.get(part) or FILES.get(self.file) or ""


def component(places: Iterable[Place]) -> tuple[str, str]:
    """The component of an instruction, and the innermost function that has one."""
    places = list(places)
    for place in places:
        if place.component:
            return place.component, place.function
    return OTHER, places[-1].function if places else "?"


def addr2line(by_clang: bool) -> str:
    """Find the tool. GNU's confuses some functions that clang has inlined with their callers."""
    gnu, llvm = os.environ.get("CROSS", "") + "addr2line", "llvm-addr2line"
    installed = sorted(map(str, Path("/usr/lib").glob(f"llvm-*/bin/{llvm}")))
    names = [llvm, *installed] if by_clang else [gnu, "addr2line", llvm]
    found = next(filter(shutil.which, names), "")
    if not found:
        package = "LLVM" if by_clang else "binutils"
        raise GraderError(f"{names[0]} is missing: it comes with {package}")
    return found


def sources(
    image: Path, pcs: Sequence[int], by_clang: bool, nursery: Nursery
) -> dict[int, list[Place]]:
    """The functions that each instruction comes from, the innermost first."""
    tool = addr2line(by_clang)
    argv = [tool, "-a", "-f", "-i", "-e", str(image), *map(hex, pcs)]
    ended = nursery.run(argv, Limits())
    found = parse(ended.stdout.decode("utf-8", "replace"))
    if ended.status or len(found) != len(set(pcs)):
        said = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GraderError(f"{tool} cannot read {image}: {said[0] if said else 'no message'}")
    return _with_files(found)


def _with_files(found: dict[int, list[Place]]) -> dict[int, list[Place]]:
    """clang gives merged code line 0 and an arbitrary file: use the file of the function."""
    files = {p.function: p.file for places in found.values() for p in places if p.file != UNKNOWN}
    return {
        pc: [replace(p, file=files.get(p.function, UNKNOWN)) if p.file == UNKNOWN else p
             for p in places]
        for pc, places in found.items()
    }


def parse(text: str) -> dict[int, list[Place]]:
    """Parse a line with the address, then two lines for each function: its name, file:line.

    Assembly may have only the mark $x, the start of instructions, as its name.
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
            name = file if function.startswith("$") else function
            digits = number.partition(" ")[0]  # a discriminator may follow
            places.append(Place(name, file, path, int(digits) if digits.isdecimal() else 0))
            function = ""
    return found
