# SPDX-License-Identifier: MIT
"""`hyp guest-bt` and `hyp symbols`: a guest, seen while EL2 is stopped.

The guests are programs of their own, in build/labNN*/guest/SLOT-NAME.elf, linked for
their slots. gdb does not load them by itself: each has a main.c, a printf() and a
panic() too, and `break panic` would mean all of them. `hyp guest-bt` reads names from
the ELF file and leaves gdb alone; `hyp symbols VM` loads one guest for those who want
its lines and variables, and `hyp symbols none` takes it away again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Optional

import gdb

from ..model.elf import symbols

from . import stopped_machine, el2_data, regimes
from .command import Command, choices, say
from .complaint import Complaint
from .el1 import El1

FRAMES_AT_MOST = 32
MARKS = ("guest_image_", "guest_rodata_", "guest_data_", "$")  # guest.ld's and the assembler's

loaded: dict[int, Path] = {}


def elf_of(vm: gdb.Value) -> Path:
    number = int(vm["id"])
    path = el2_data.image().parent / f"guest/{number}-{el2_data.text(vm['name'])}.elf"
    if not path.exists():
        raise Complaint(f"VM {number} is none of this stage's guests: there is no {path.name}")
    return path


@lru_cache(maxsize=None)
def names(path: Path) -> list[tuple[int, str]]:
    """Code and data of a guest by address."""
    found = symbols(path.read_bytes())
    return sorted((at, name) for name, at in found.items() if at and not name.startswith(MARKS))


def function(path: Path, pc: int) -> str:
    """"os_exception+0x14", or nothing outside of the image."""
    table = names(path)
    index = bisect_right(table, (pc, chr(0x10FFFF))) - 1
    if index < 0:
        return ""
    at, name = table[index]
    return name if pc == at else f"{name}+0x{pc - at:x}"


class GuestBt(Command):
    """Show a guest's call chain: hyp guest-bt [VM]
By its frame pointers, from x29 and the PC that it stopped at: of the loaded guest, or of
VM. gdb's own frames and symbols are not touched."""

    name, arguments, optional = "guest-bt", ("VM",), 1

    def run(self, *argument: str) -> None:
        with stopped_machine.physical():
            vm = el2_data.vm(argument[0]) if argument else loaded_vm()
            vcpu = el2_data.vcpu_of(vm)
            if vcpu is None:
                raise Complaint(f"VM {int(vm['id'])} has no vCPU yet")
            chain(vm, El1(vcpu))


def loaded_vm() -> gdb.Value:
    for vcpu in el2_data.vcpus():
        if int(vcpu.address) == el2_data.loaded():
            vm = el2_data.target(vcpu["vm"])
            if vm is not None:
                return vm
    raise Complaint("no vCPU is loaded: say which VM")


def chain(vm: gdb.Value, state: El1) -> None:
    assert state.vcpu is not None
    runs = state.live and stopped_machine.current_el() < 2
    if runs:
        pc, frame, link = (stopped_machine.need(name) for name in ("pc", "x29", "x30"))
    else:
        pc = state.need("ELR_EL2")
        frame, link = (int(state.vcpu["x"][n]) for n in (29, 30))
    if not path_or_none(vm):
        say("(no symbols: this VM is none of the stage's guests)")
    say(frame_line(vm, 0, pc))
    number = 1
    record = read_record(vm, state, frame)
    # A leaf makes no frame record: then x30 is where it returns to. Behind a call it
    # made, x30 points into itself.
    if link and (record is None or link != record[1]) and name_at(vm, link) != name_at(vm, pc):
        say(frame_line(vm, number, link) + "  (by x30)")
        number += 1
    while record is not None and number < FRAMES_AT_MOST:
        older, back = record
        if back == 0:
            return
        say(frame_line(vm, number, back))
        number += 1
        if older == 0:
            return
        if older <= frame:
            say(f"  the chain ends here: the frame at 0x{frame:x} is followed by 0x{older:x}, below it")
            return
        frame, record = older, read_record(vm, state, older)
    if record is None and frame:
        say(f"  the chain ends here: there is no frame record at x29 = 0x{frame:x}")


def read_record(vm: gdb.Value, state: El1, va: int) -> Optional[tuple[int, int]]:
    """AAPCS64, "The Frame Pointer": the caller's x29, then the return address."""
    if va == 0 or va % 8:
        return None
    pa = regimes.va_to_pa(vm, state, va)
    raw = None if pa is None else stopped_machine.read(pa, 16)
    return None if raw is None else (int.from_bytes(raw[:8], "little"), int.from_bytes(raw[8:], "little"))


def path_or_none(vm: gdb.Value) -> Optional[Path]:
    try:
        return elf_of(vm)
    except Complaint:
        return None


def name_at(vm: gdb.Value, pc: int) -> str:
    path = path_or_none(vm)
    return "" if path is None else function(path, pc).split("+")[0]


def frame_line(vm: gdb.Value, number: int, pc: int) -> str:
    number_of_vm, path = int(vm["id"]), path_or_none(vm)
    if path is None or pc not in el2_data.layout().slot(number_of_vm):
        what = "outside of its slot" if path else ""
    else:
        what = f"vm{number_of_vm}:{function(path, pc)}"
    line = gdb.find_pc_line(pc) if number_of_vm in loaded else None
    where = f" at {line.symtab.filename}:{line.line}" if line and line.symtab else ""
    return f"#{number:<2} 0x{pc:x} {what}{where}".rstrip()


class Symbols(Command):
    """Load the symbols of a guest, or take them away: hyp symbols VM|none
For its lines, variables and breakpoints. While they are there, a name that the guest and
EL2 both have, such as panic, means both to `break`."""

    name, arguments, optional = "symbols", ("VM",), 1

    def run(self, *argument: str) -> None:
        if argument == ("none",):
            for path in loaded.values():
                unload(path)
            loaded.clear()
            return
        if argument:
            with stopped_machine.physical():
                vm = el2_data.vm(argument[0])
                number, path = int(vm["id"]), elf_of(vm)
            if number not in loaded:
                load(path)
                loaded[number] = path
        for number, path in sorted(loaded.items()):
            say(f"vm{number}: {path.name}")
        if not loaded:
            say("of no guest: `hyp symbols VM` loads those of one")

    def complete(self, text: str, word: str) -> object:
        return [choice for choice in [*choices(), "none"] if choice.startswith(word)]


def load(path: Path) -> None:
    gdb.execute(f'add-symbol-file "{path}"', to_string=True)


def unload(path: Path) -> None:
    """By an address of its: gdb knows an added file by that."""
    start = symbols(path.read_bytes())["guest_image_start"]
    gdb.execute(f"remove-symbol-file -a {start}", to_string=True)


@contextmanager
def borrowed(vm: gdb.Value) -> Iterator[None]:
    """The types of a guest for a moment, where EL2's own code does not have one yet."""
    number, path = int(vm["id"]), elf_of(vm)
    if number in loaded:
        yield
        return
    load(path)
    try:
        yield
    finally:
        unload(path)
