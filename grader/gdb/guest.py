# SPDX-License-Identifier: MIT
"""`hyp guest-bt` and `hyp symbols`: a guest, while EL2 is stopped.

The guests are separate programs, build/labNN*/guest/SLOT-NAME.elf, linked for their slots. gdb does
not load their symbols by default: each has a main.c, a printf() and a panic(), so `break panic`
would set several breakpoints. `hyp guest-bt` reads names from the ELF file. `hyp symbols VM` loads
the symbols of a guest, with lines and variables, and `hyp symbols none` removes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Optional

import gdb

from ..model.elf import symbols
from ..model.function_names import function_at
from ..model.guest_programs import guest_elf

from . import stopped_machine, el2_data, regimes
from .command import Command, choices, say
from .complaint import Complaint
from .el1 import El1

FRAMES_AT_MOST = 32

loaded: dict[int, Path] = {}


def _elf_of(vm: gdb.Value) -> Path:
    number = int(vm["id"])
    path = guest_elf(el2_data.image(), number, el2_data.text(vm["name"]))
    if not path.exists():
        raise Complaint(f"VM {number} does not run a guest of this stage: there is no {path.name}")
    return path


class GuestBt(Command):
    """Show a guest's call chain: hyp guest-bt [VM]
By its frame pointers, from x29 and its PC: of the loaded guest, or of VM. gdb's own frames
and symbols do not change."""

    name, arguments, optional = "guest-bt", ("VM",), 1

    def run(self, *argument: str) -> None:
        with stopped_machine.physical():
            vm = el2_data.vm(argument[0]) if argument else _loaded_vm()
            vcpu = el2_data.vcpu_of(vm)
            if vcpu is None:
                raise Complaint(f"VM {int(vm['id'])} has no vCPU yet")
            chain(vm, El1(vcpu))


def _loaded_vm() -> gdb.Value:
    for vcpu in el2_data.vcpus():
        if int(vcpu.address) == el2_data.loaded():
            vm = el2_data.target(vcpu["vm"])
            if vm is not None:
                return vm
    raise Complaint("no vCPU is loaded: name a VM")


def chain(vm: gdb.Value, state: El1) -> None:
    assert state.vcpu is not None
    if state.runs:
        pc, frame, link = (stopped_machine.need(name, state.core) for name in ("pc", "x29", "x30"))
    else:
        pc = state.need("ELR_EL2")
        frame, link = (int(state.vcpu["x"][n]) for n in (29, 30))
    link = _unsigned(link)
    if not _path_or_none(vm):
        say("(no symbols: this VM does not run a guest of this stage)")
    say(_frame_line(vm, 0, pc))
    number = 1
    record = _read_record(vm, state, frame)
    # A leaf function has no frame record: then x30 is its return address. After a call that the
    # function made, x30 points into the function itself.
    if link and (record is None or link != record[1]) and _name_at(vm, link) != _name_at(vm, pc):
        say(_frame_line(vm, number, link) + "  (by x30)")
        number += 1
    while record is not None and number < FRAMES_AT_MOST:
        older, back = record
        if back == 0:
            return
        say(_frame_line(vm, number, back))
        number += 1
        if older == 0:
            return
        if older <= frame:
            say(f"  the chain ends here: the frame at 0x{frame:x} is followed by 0x{older:x}, "
                "below it")
            return
        frame, record = older, _read_record(vm, state, older)
    if record is None and frame:
        say(f"  the chain ends here: there is no frame record at x29 = 0x{frame:x}")


def _read_record(vm: gdb.Value, state: El1, va: int) -> Optional[tuple[int, int]]:
    """AAPCS64, "The Frame Pointer": the caller's x29, then the return address."""
    if va == 0 or va % 8:
        return None
    pa = regimes.va_to_pa(vm, state, va)
    raw = None if pa is None else stopped_machine.read(pa, 16)
    return None if raw is None else (int.from_bytes(raw[:8], "little"),
                                     _unsigned(int.from_bytes(raw[8:], "little")))


def _unsigned(address: int) -> int:
    """Without its pointer authentication code: above 48 bits all are equal to bit 55."""
    low = address & (1 << 48) - 1
    return low | 0xFFFF << 48 if address >> 55 & 1 else low


def _path_or_none(vm: gdb.Value) -> Optional[Path]:
    try:
        return _elf_of(vm)
    except Complaint:
        return None


def _name_at(vm: gdb.Value, pc: int) -> str:
    path = _path_or_none(vm)
    return "" if path is None else function_at(path, pc).split("+")[0]


def _frame_line(vm: gdb.Value, number: int, pc: int) -> str:
    number_of_vm, path = int(vm["id"]), _path_or_none(vm)
    if path is None or pc not in el2_data.layout().slot(number_of_vm):
        what = "outside its slot" if path else ""
    else:
        what = f"vm{number_of_vm}:{function_at(path, pc)}"
    line = gdb.find_pc_line(pc) if number_of_vm in loaded else None
    where = f" at {line.symtab.filename}:{line.line}" if line and line.symtab else ""
    return f"#{number:<2} 0x{pc:x} {what}{where}".rstrip()


class Symbols(Command):
    """Load the symbols of a guest, or remove them: hyp symbols VM|none
For its lines, variables and breakpoints. While they are loaded, `break` with a name that
both the guest and EL2 have, such as panic, means both."""

    name, arguments, optional = "symbols", ("VM",), 1

    def run(self, *argument: str) -> None:
        if argument == ("none",):
            for path in loaded.values():
                _unload(path)
            loaded.clear()
            return
        if argument:
            with stopped_machine.physical():
                if not el2_data.vms():
                    raise Complaint("no VM has been created yet: continue to guest_enter, "
                                    "then load its symbols")
                vm = el2_data.vm(argument[0])
                number, path = int(vm["id"]), _elf_of(vm)
            if number not in loaded:
                load(path)
                loaded[number] = path
        for number, path in sorted(loaded.items()):
            say(f"vm{number}: {path.name}")
        if not loaded:
            say("no guest's symbols are loaded: `hyp symbols VM` loads them")

    def complete(self, text: str, word: str) -> object:
        return [choice for choice in [*choices(), "none"] if choice.startswith(word)]


def load(path: Path) -> None:
    gdb.execute(f'add-symbol-file "{path}"', to_string=True)


def _unload(path: Path) -> None:
    """gdb identifies an added file by one of its addresses."""
    start = symbols(path.read_bytes())["guest_image_start"]
    gdb.execute(f"remove-symbol-file -a {start}", to_string=True)


@contextmanager
def borrowed(vm: gdb.Value) -> Iterator[None]:
    """Load a guest's symbols for a block: its types, if EL2's own code does not have them yet."""
    number, path = int(vm["id"]), _elf_of(vm)
    if number in loaded:
        yield
        return
    load(path)
    try:
        yield
    finally:
        _unload(path)
