# SPDX-License-Identifier: MIT
"""EL2's own data: its VMs, its vCPUs, its table. By type information, so a field may move.

To be read inside machine.physical(). A pointer that leads nowhere is None or a
Complaint: with the student's code half written, any of them may.
"""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import gdb

from ..model.layout import Layout, layout_of

from . import stopped_machine
from .complaint import Complaint


def image() -> Path:
    return Path(gdb.current_progspace().filename or "")


def layout() -> Layout:
    """The memory map that the image was built for."""
    try:
        return layout_of(image())
    except (OSError, KeyError):
        raise Complaint("make's file `parts` is not beside the image: which slot sizes?") from None


def variable(name: str) -> Optional[gdb.Value]:
    """A variable of EL2; None if this stage has none of that name."""
    symbol = gdb.lookup_static_symbol(name) or gdb.lookup_global_symbol(name)
    try:
        # A global may be known by its declaration alone: then gdb's expressions find it.
        return symbol.value() if symbol and symbol.is_variable else gdb.parse_and_eval(f"::{name}")
    except gdb.error:
        return None


def address_of(symbol: str) -> Optional[int]:
    """Where a linker symbol or a function is."""
    try:
        return int(gdb.parse_and_eval(f"(unsigned long)&'{symbol}'"))
    except gdb.error:
        return None


def struct(name: str) -> gdb.Type:
    try:
        return gdb.lookup_type(f"struct {name}")
    except gdb.error:
        raise Complaint(f"this stage has no struct {name}") from None


def target(pointer: gdb.Value) -> Optional[gdb.Value]:
    """What a pointer points at, if that is in RAM."""
    size = pointer.type.target().strip_typedefs().sizeof
    return pointer.dereference() if stopped_machine.in_ram(int(pointer), size) else None


def text(pointer: gdb.Value, limit: int = 32) -> str:
    """A C string, of which nothing is taken for granted."""
    raw = stopped_machine.read(int(pointer), limit)
    if raw is None:
        return f"(0x{int(pointer):x}, not in RAM)"
    return printable(raw.split(b"\0")[0])


def printable(raw: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "?" for byte in raw)


def vms() -> list[gdb.Value]:
    """The VMs in use. Lab 3 brings them."""
    array = variable("vms")
    if array is None:
        raise Complaint("this stage has no VMs: they come with lab 3")
    low, high = array.type.range()
    return [array[n] for n in range(low, high + 1) if int(array[n]["in_use"])]


def vm(text_: str) -> gdb.Value:
    """By number, as `vm1`, or by name."""
    found = vms()
    for candidate in found:
        number = str(int(candidate["id"]))
        if text_ in (number, f"vm{number}", text(candidate["name"])):
            return candidate
    there = ", ".join(f"{int(v['id'])} ({text(v['name'])})" for v in found)
    raise Complaint(f"there is no VM {text_} now: " + (there or "none has been created yet"))


def vcpus() -> list[gdb.Value]:
    """All that were created. Lab 4 brings them."""
    array, count = variable("vcpus"), variable("vcpu_count")
    if array is None or count is None:
        raise Complaint("this stage has no vCPUs: they come with lab 4")
    low, high = array.type.range()
    if int(count) > high + 1 - low:
        raise Complaint(f"vcpu_count is {int(count)}, and there is room for {high + 1 - low}")
    return [array[n] for n in range(int(count))]


def vcpu(number: str) -> gdb.Value:
    found = vcpus()
    if number.isdigit() and int(number) < len(found):
        return found[int(number)]
    raise Complaint(f"there is no vCPU {number} now: "
                    + (f"0 to {len(found) - 1}" if found else "none has been created yet"))


def vcpu_of(vm_: gdb.Value) -> Optional[gdb.Value]:
    """The newest vCPU of a VM: in the six labs a VM has one."""
    if variable("vcpus") is None:
        return None
    mine = [v for v in vcpus() if int(v["vm"]) == int(vm_.address)]
    return mine[-1] if mine else None


def loaded() -> int:
    """The address of the loaded vCPU: this_cpu()->loaded. 0 if nobody is, or nobody can tell."""
    try:
        cpu = gdb.Value(stopped_machine.need("TPIDR_EL2")).cast(struct("cpu").pointer())
    except Complaint:
        return 0
    found = target(cpu)
    return 0 if found is None else int(found["loaded"])


def owner(vcpu_: gdb.Value) -> str:
    """"vm1 memwalk_os"."""
    vm_ = target(vcpu_["vm"])
    return f"vm{int(vm_['id'])} {text(vm_['name'])}" if vm_ is not None else \
        f"no VM (its vm is 0x{int(vcpu_['vm']):x})"


def enum_name(value: gdb.Value, prefix: str) -> str:
    """"blocked" of VCPU_BLOCKED; the number if it is no value of that type."""
    name = str(value)
    return name[len(prefix):].lower() if name.startswith(prefix) else f"{int(value)} (no state at all)"
