# SPDX-License-Identifier: MIT
"""`hyp vm`, `hyp frames` and `hyp vgic` for the hypervisor of beyond/.

The other commands are the labs': el2_data.py finds VMs and vCPUs in either.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

import gdb

from ..model.address_names import Places
from ..model.table_walk import Map
from . import el2_data, regimes, stopped_machine
from .command import Command, address, say
from .complaint import Complaint
from .vgic import list_register

POWERS = {0: "on", 1: "off", 2: "on pending"}  # enum power
MORE, LESS = 1, 2  # GIC_MORE and GIC_LESS of distributor.h
FREE = 0xFFFFFFFF  # GIC_NONE
PAGE = 1 << 12


def of_the_vcpu(vcpu: gdb.Value) -> str:
    """What a vCPU of beyond/ has more than one of the labs, in a few words."""
    vcore = el2_data.vcore(vcpu)
    pending = [*_intids(int(vcore["gic"]["bank"]["pending"])), *held_by(vcore)]
    return (f", on core {int(vcore['core']['number'])}, power {power(vcore)}"
            + (f", pending or in a list register: {', '.join(pending)}" if pending else "")
            + (f", word: {word(vcore)}" if int(vcore["gic"]["word"]) else ""))


def power(vcore: gdb.Value) -> str:
    value = int(vcore["power"])
    return POWERS.get(value, f"{value} (not a valid power)")


def word(vcore: gdb.Value) -> str:
    """What other cores have left for its core to do."""
    bits = int(vcore["gic"]["word"])
    return " ".join(name for bit, name in ((MORE, "MORE"), (LESS, "LESS")) if bits & bit) or "none"


def held_by(vcore: gdb.Value) -> list[str]:
    """The INTIDs in its list registers, apart from the timer's."""
    held, (low, high) = vcore["gic"]["intid"], vcore["gic"]["intid"].type.range()
    found = [int(held[n]) for n in range(low, high + 1) if int(held[n]) != FREE]
    # Before its GIC is reset they are all 0.
    return [str(intid) for intid in found if intid or int(vcore["gic"]["bank"]["in_lr"]) & 1]


def vcores(guest: gdb.Value) -> list[gdb.Value]:
    return [guest["cpu"][n].dereference() for n in range(int(guest["cpu_count"]))]


def chosen(argument: tuple[str, ...]) -> list[gdb.Value]:
    """The VM that was named, or all."""
    found = [el2_data.vm(argument[0])] if argument else el2_data.vms()
    if not found:
        say("no VM exists now")
    return found


class Vm(Command):
    """Show the VMs, or one: hyp vm [VM]
Name, VMID, quota, regions of memory, apertures of devices, and how each vCPU is."""

    name, arguments, optional = "vm", ("VM",), 1

    def run(self, *argument: str) -> None:
        with stopped_machine.physical():
            for vm in chosen(argument):
                _vm(vm, el2_data.guest(vm))


def _vm(vm: gdb.Value, guest: gdb.Value) -> None:
    memory, vmid = guest["memory"], int(vm["s2"]["vmid"])
    generation = int(memory["vmid"]["generation"])
    say(f"vm{int(vm['id'])} {el2_data.text(vm['name'])}: "
        + (f"VMID {vmid} of generation {generation}" if generation else "no VMID yet")
        + f", may still map {size(int(memory['quota']))}"
        + (", it is ending" if int(guest["power"]["ending"]) else ""))
    for n in range(int(memory["count"])):
        region = memory["region"][n]
        say(f"  {span(int(region['ipa']), int(region['size']))}"
            + (", by MAP" if region["asked"] else ""))
    for start, length in apertures(vm):
        say(f"  {span(start, length)}, a device that EL2 emulates")
    for vcore in vcores(guest):
        state = el2_data.enum_name(vcore["vcpu"]["state"], "VCPU_")
        core = el2_data.core_with(vcore["vcpu"])
        say(f"  vCPU {int(vcore['index'])}: power {power(vcore)}, {state}, "
            f"core {int(vcore['core']['number'])}{', loaded' if core is not None else ''}")


def span(start: int, length: int) -> str:
    return f"IPA 0x{start:08x}..0x{start + length - 1:08x}, {size(length)}"


def size(count: int) -> str:
    return f"{count >> 20} MiB" if count and count % (1 << 20) == 0 else f"{count >> 10} KiB"


def apertures(vm: gdb.Value) -> Iterator[tuple[int, int]]:
    at = el2_data.target(vm["apertures"])
    for _ in range(64):  # a list that is broken may be a ring
        if at is None:
            return
        yield int(at["ipa"]), int(at["size"])
        at = el2_data.target(at["next"])


class Vgic(Command):
    """Show the virtual GIC of every VM, or of one: hyp vgic [VM]
The distributor's groups and what is not zero in each 32 interrupts, with their targets; then
each redistributor, its vCPU's word, and its list registers. (QEMU's gdb stub does not show
ICH_ registers: for a loaded vCPU the list registers are those from its load.)"""

    name, arguments, optional = "vgic", ("VM",), 1

    def run(self, *argument: str) -> None:
        with stopped_machine.physical():
            for vm in chosen(argument):
                guest = el2_data.guest(vm)
                _distributor(int(vm["id"]), guest["gic"])
                for vcore in vcores(guest):
                    _redistributor(vcore)


def _distributor(number: int, gic: gdb.Value) -> None:
    if not gic["exists"]:
        say(f"vm{number}: its device tree has no GIC; each interrupt is enabled")
        return
    control = int(gic["ctlr"])
    say(f"vm{number}: group 0 {'on' if control & 1 else 'off'}, "
        f"group 1 {'on' if control & 2 else 'off'}")
    _, high = gic["bank"].type.range()
    for n in range(1, high + 1):
        used = _bank(gic["bank"][n], 32 * n)
        for m in (m for m in range(32) if used >> m & 1):
            route = int(gic["router"][32 * n + m])
            say(f"    {32 * n + m} goes to " + ("any vCPU" if route >> 31 & 1 else
                                                f"the vCPU with affinity 0x{route:x}"))


def _bank(bank: gdb.Value, first: int) -> int:
    """Show 32 interrupts; return those that are enabled."""
    lines = [f"    {name.replace('_', ' ')}: {', '.join(_intids(value, first))}"
             for name in ("enabled", "pending", "line", "active", "in_lr", "lr_pending")
             if (value := int(bank[name]))]
    if lines:
        say(f"  INTIDs {first} to {first + 31}")
    for line in lines:
        say(line)
    return int(bank["enabled"])


def _intids(bits: int, first: int = 0) -> list[str]:
    return [str(first + n) for n in range(32) if bits >> n & 1]


def _redistributor(vcore: gdb.Value) -> None:
    gic = vcore["gic"]
    say(f"  vCPU {int(vcore['index'])}: redistributor {'asleep' if gic['asleep'] else 'awake'}, "
        f"word: {word(vcore)}")
    _bank(gic["bank"], 0)
    loaded = el2_data.core_with(vcore["vcpu"]) is not None
    lrs, (low, high) = vcore["context"]["vgic"]["lr"], vcore["context"]["vgic"]["lr"].type.range()
    for n in range(low, high + 1):
        say(f"    LR{n}{', the timer' if n == 0 else ''}: {'at its load ' if loaded else ''}"
            + list_register(int(lrs[n])))


class Frames(Command):
    """Show physical memory: hyp frames [PA]
How many frames are free, and the runs of owned and free ones. With a PA, who has mapped it."""

    name, arguments, optional = "frames", ("PA",), 1

    def run(self, *argument: str) -> None:
        pa = address(argument[0]) if argument else None
        with stopped_machine.physical():
            if pa is None:
                _runs(Bitmap())
            else:
                _who_has(pa)


class Bitmap:
    """The allocator's: a bit for each frame that somebody owns."""

    def __init__(self) -> None:
        self.base, self.count, self.free = (
            int(el2_data.static("frames.c", name)) for name in ("base", "count", "free_count"))
        if not self.count:
            raise Complaint("frames_init() has not run yet")
        owned = el2_data.static("frames.c", "owned")
        raw = stopped_machine.read(int(owned.address), -(-self.count // 64) * 8) or b""
        self.bits = int.from_bytes(raw, "little")

    def is_owned(self, pa: int) -> Optional[bool]:
        """None if it is no frame's."""
        frame = (pa - self.base) // PAGE
        return bool(self.bits >> frame & 1) if 0 <= frame < self.count else None


def _runs(frames: Bitmap) -> None:
    say(f"{frames.free} of {frames.count} frames are free: {size(frames.free * PAGE)}")
    start = 0
    while start < frames.count:
        owned = frames.bits >> start & 1
        end = start + 1
        while end < frames.count and frames.bits >> end & 1 == owned:
            end += 1
        first = frames.base + start * PAGE
        say(f"  0x{first:08x}..0x{frames.base + end * PAGE - 1:08x}  "
            f"{size((end - start) * PAGE)} {'owned' if owned else 'free'}")
        start = end


def _who_has(pa: int) -> None:
    say(f"0x{pa:x} is {MachinePlaces(None, {}).at(pa)}")
    for vm in el2_data.vms():
        regime, _ = regimes.stage2(vm)
        for run in Map(regime, stopped_machine.read).build().runs:
            if run.pa <= pa < run.pa + run.end - run.start:
                say(f"  vm{int(vm['id'])} {el2_data.text(vm['name'])} has it at IPA "
                    f"0x{pa - run.pa + run.start:x}")


class MachinePlaces(Places):
    """The machine's memory map: RAM is frames here, not slots of VMs."""

    def whose(self, pa: int) -> str:
        owned = Bitmap().is_owned(pa)
        if owned is None:
            return "neither a frame nor a device that the kit uses"
        return "a frame that is owned" if owned else "a free frame"


def why_not(vm: gdb.Value, ipa: int) -> str:
    """Why stage 2 of a VM does not map an IPA."""
    for start, length in apertures(vm):
        if 0 <= ipa - start < length:
            return "a device is here, which stays unmapped: EL2 emulates each access"
    return f"this is in no region of VM {int(vm['id'])}: `hyp vm` lists them"
