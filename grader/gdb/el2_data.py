# SPDX-License-Identifier: MIT
"""EL2's own data: VMs, vCPUs, its table. Fields are found by type information.

In beyond/ a struct guest begins with a struct vm, and a struct vcore with a struct vcpu. So VMs and
vCPUs are the labs' structs here too, and guest() and vcore() return what they are part of.

Call these functions inside stopped_machine.physical(). A bad pointer is None or a Complaint: while
the student's code is incomplete, any pointer may be bad.
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
        why = "the slot sizes are unknown: make's file `parts` is not next to the image"
        raise Complaint(why) from None


def variable(name: str) -> Optional[gdb.Value]:
    """Return a variable of EL2; None if this stage does not have it."""
    symbol = gdb.lookup_static_symbol(name) or gdb.lookup_global_symbol(name)
    try:
        # gdb may know only the declaration of a global: then an expression finds it.
        return symbol.value() if symbol and symbol.is_variable else gdb.parse_and_eval(f"::{name}")
    except gdb.error:
        return None


def address_of(symbol: str) -> Optional[int]:
    """Return the address of a linker symbol or a function."""
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
    """Return what a pointer points to, if that is in RAM."""
    size = pointer.type.target().strip_typedefs().sizeof
    return pointer.dereference() if stopped_machine.in_ram(int(pointer), size) else None


def text(pointer: gdb.Value, limit: int = 32) -> str:
    """Read a C string that may be anything."""
    raw = stopped_machine.read(int(pointer), limit)
    if raw is None:
        return f"(0x{int(pointer):x}, not in RAM)"
    return _printable(raw.split(b"\0")[0])


def _printable(raw: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "?" for byte in raw)


def is_beyond() -> bool:
    """True for the hypervisor of beyond/."""
    return gdb.lookup_static_symbol("vcores") is not None


def static(file: str, name: str) -> gdb.Value:
    """A static variable of one file: other files may have one of that name."""
    return gdb.parse_and_eval(f"'{file}'::{name}")


def guest(vm_: gdb.Value) -> gdb.Value:
    """The struct guest of a VM of beyond/."""
    return vm_.address.cast(struct("guest").pointer()).dereference()


def vcore(vcpu_: gdb.Value) -> gdb.Value:
    """The struct vcore of a vCPU of beyond/."""
    return vcpu_.address.cast(struct("vcore").pointer()).dereference()


def has_vms() -> bool:
    return is_beyond() or variable("vms") is not None


def vms() -> list[gdb.Value]:
    """The VMs in use, from lab 3 on."""
    if not has_vms():
        raise Complaint("this stage has no VMs: they come in lab 3")
    array = static("vm_table.c", "guests") if is_beyond() else variable("vms")
    assert array is not None
    low, high = array.type.range()
    found = [array[n]["vm"] if is_beyond() else array[n] for n in range(low, high + 1)]
    return [vm for vm in found if int(vm["in_use"])]


def vm(text_: str) -> gdb.Value:
    """Find a VM by number, as `vm1`, or by name."""
    found = vms()
    for candidate in found:
        number = str(int(candidate["id"]))
        if text_ in (number, f"vm{number}", text(candidate["name"])):
            return candidate
    there = ", ".join(f"{int(v['id'])} ({text(v['name'])})" for v in found)
    raise Complaint(f"there is no VM {text_} now: " + (there or "none has been created yet"))


def vcpus() -> list[gdb.Value]:
    """All vCPUs that were created, from lab 4 on."""
    if is_beyond():
        array, count = static("vcore.c", "vcores"), static("vcore.c", "vcore_count")
    else:
        array, count = variable("vcpus"), variable("vcpu_count")
    if array is None or count is None:
        raise Complaint("this stage has no vCPUs: they come in lab 4")
    low, high = array.type.range()
    if int(count) > high + 1 - low:
        raise Complaint(f"vcpu_count is {int(count)}, but there is room for {high + 1 - low}")
    return [array[n]["vcpu"] if is_beyond() else array[n] for n in range(int(count))]


def vcpu(number: str) -> gdb.Value:
    found = vcpus()
    if number.isdigit() and int(number) < len(found):
        return found[int(number)]
    raise Complaint(f"there is no vCPU {number} now: "
                    + (f"0 to {len(found) - 1}" if found else "none has been created yet"))


def vcpu_of(vm_: gdb.Value) -> Optional[gdb.Value]:
    """The latest vCPU of a VM: in the six labs a VM has one. In beyond/ the one that is loaded on
    this core, or else the first.
    """
    if not is_beyond() and variable("vcpus") is None:
        return None
    mine = [v for v in vcpus() if int(v["vm"]) == int(vm_.address)]
    if is_beyond():
        mine.reverse()
        mine.sort(key=lambda v: int(v.address) == loaded())
    return mine[-1] if mine else None


def loaded() -> int:
    """The address of this core's loaded vCPU, this_cpu()->loaded; 0 if there is none or it is
    unknown.
    """
    try:
        cpu = gdb.Value(stopped_machine.need("TPIDR_EL2")).cast(struct("cpu").pointer())
    except Complaint:
        return 0
    found = target(cpu)
    return 0 if found is None else int(found["loaded"])


def core_with(vcpu_: gdb.Value) -> Optional[int]:
    """The core on which a vCPU is loaded; None if it is on none."""
    if is_beyond():
        core = vcore(vcpu_)["core"]
        return int(core["number"]) if int(core["cpu"]["loaded"]) == int(vcpu_.address) else None
    return 0 if int(vcpu_.address) == loaded() else None


def owner(vcpu_: gdb.Value) -> str:
    """"vm1 memwalk_os"; in beyond/ "vm1.0 linux", with its number in the VM."""
    vm_ = target(vcpu_["vm"])
    if vm_ is None:
        return f"no VM (its vm is 0x{int(vcpu_['vm']):x})"
    index = f".{int(vcore(vcpu_)['index'])}" if is_beyond() else ""
    return f"vm{int(vm_['id'])}{index} {text(vm_['name'])}"


def enum_name(value: gdb.Value, prefix: str) -> str:
    """"blocked" for VCPU_BLOCKED; the number if it is not a value of that type."""
    name = str(value)
    if name.startswith(prefix):
        return name[len(prefix):].lower()
    return f"{int(value)} (not a valid state)"
