# SPDX-License-Identifier: MIT
"""gdb for the hypervisor of beyond/: hyp vm, hyp vcpus, hyp vgic, hyp frames.

`make gdb LAB=beyond` loads it. Everything is found by type information, from guests[], cores[] and
the allocator's bitmap. The labs' commands (hyp.py) know the labs' tables, so they are not here.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import gdb

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.dont_write_bytecode = True  # nothing into the source tree

POWERS = {0: "on", 1: "off", 2: "on pending"}
STATES = {0: "runnable", 1: "blocked", 2: "stopped"}
PAGE, BLOCK = 1 << 12, 1 << 21


class Hyp(gdb.Command):
    """The hypervisor in words: hyp vm, hyp vcpus, hyp vgic, hyp frames."""

    def __init__(self) -> None:
        super().__init__("hyp", gdb.COMMAND_DATA, gdb.COMPLETE_COMMAND, True)

    def invoke(self, argument: str, from_tty: bool) -> None:
        raise gdb.GdbError("hyp: give a command: vm, vcpus, vgic or frames")


class Command(gdb.Command):
    """A subcommand of hyp; the docstring is its help text."""

    name = ""

    def __init__(self) -> None:
        super().__init__(f"hyp {self.name}", gdb.COMMAND_DATA)

    def invoke(self, argument: str, from_tty: bool) -> None:
        try:
            for line in self.lines(argument):
                gdb.write(f"{line}\n")
        except (gdb.error, gdb.MemoryError, RuntimeError, ValueError) as error:
            raise gdb.GdbError(f"hyp {self.name}: {error}") from None

    def lines(self, argument: str) -> Iterator[str]:
        raise NotImplementedError


def guests(argument: str) -> list[gdb.Value]:
    """The VMs that exist, or the one whose number was given."""
    table = gdb.parse_and_eval("'vm_table.c'::guests")
    low, high = table.type.range()
    found = [table[n] for n in range(low, high + 1) if table[n]["vm"]["in_use"]]
    if argument:
        found = [guest for guest in found if int(guest["vm"]["id"]) == int(argument, 0)]
    if not found:
        raise ValueError("no such VM now")
    return found


def vcores(guest: gdb.Value) -> list[gdb.Value]:
    return [guest["cpu"][n].dereference() for n in range(int(guest["cpu_count"]))]


def intids(bits: int, first: int = 0) -> str:
    """27, 33, 34 for a bank's word."""
    return ", ".join(str(first + n) for n in range(32) if bits >> n & 1) or "none"


class Vm(Command):
    """Show the VMs: hyp vm [N]
Name, memory by region, quota, VMID, and how each vCPU is."""

    name = "vm"

    def lines(self, argument: str) -> Iterator[str]:
        for guest in guests(argument):
            vm, memory = guest["vm"], guest["memory"]
            yield (f"vm{int(vm['id'])} {guest['name'].string()}: VMID {int(vm['s2']['vmid'])} of "
                   f"generation {int(memory['vmid']['generation'])}, quota "
                   f"{int(memory['quota']) >> 10} KiB")
            for n in range(int(memory["count"])):
                region = memory["region"][n]
                start, size = int(region["ipa"]), int(region["size"])
                yield (f"  IPA 0x{start:x} to 0x{start + size - 1:x}, {size >> 10} KiB"
                       + (", by MAP" if region["asked"] else ""))
            yield from (f"  {line(vcore)}" for vcore in vcores(guest))


def line(vcore: gdb.Value) -> str:
    vcpu, core = vcore["vcpu"], vcore["core"]
    loaded = int(core["cpu"]["loaded"]) == int(vcore.address)
    return (f"vCPU {int(vcore['index'])} on core {int(core['number'])}: "
            f"{POWERS.get(int(vcore['power']), '?')}, {STATES.get(int(vcpu['state']), '?')}, "
            f"{'loaded' if loaded else 'not loaded'}")


class Vcpus(Command):
    """List the vCPUs of all VMs: hyp vcpus [VM]"""

    name = "vcpus"

    def lines(self, argument: str) -> Iterator[str]:
        for guest in guests(argument):
            yield from (f"vm{int(guest['vm']['id'])} {line(vcore)}" for vcore in vcores(guest))


def bank_lines(bank: gdb.Value, first: int) -> Iterator[str]:
    """What is not zero in 32 interrupts."""
    for name in ("enabled", "pending", "line", "active", "in_lr", "lr_pending"):
        if value := int(bank[name]):
            yield f"    {name.replace('_', ' ')}: {intids(value, first)}"


class Vgic(Command):
    """Show the virtual GIC of each VM: hyp vgic [VM]
The distributor's groups, each bank of 32 interrupts that is not all zero, the routes of enabled
SPIs, and each redistributor with what is in its vCPU's list registers."""

    name = "vgic"

    def lines(self, argument: str) -> Iterator[str]:
        for guest in guests(argument):
            gic = guest["gic"]
            control = int(gic["ctlr"])
            yield (f"vm{int(guest['vm']['id'])}: group 0 {'on' if control & 1 else 'off'}, "
                   f"group 1 {'on' if control & 2 else 'off'}")
            low, high = gic["bank"].type.range()
            for n in range(1, high + 1):
                found = list(bank_lines(gic["bank"][n], 32 * n))
                if found:
                    yield f"  SPIs {32 * n} to {32 * n + 31}"
                    yield from found
            yield from self.redistributors(guest)

    def redistributors(self, guest: gdb.Value) -> Iterator[str]:
        for vcore in vcores(guest):
            gic = vcore["gic"]
            word = int(gic["word"])
            held = [int(gic["intid"][n]) for n in range(2)]
            yield (f"  vCPU {int(vcore['index'])}: {'asleep' if gic['asleep'] else 'awake'}, word "
                   f"{'MORE ' if word & 1 else ''}{'LESS' if word & 2 else ''}{'' if word else '0'}"
                   ", list registers "
                   + ", ".join("free" if n == 0xFFFFFFFF else str(n) for n in held))
            yield from bank_lines(gic["bank"], 0)


class Frames(Command):
    """Show physical memory: hyp frames
How many frames are free, and the runs of owned and free ones."""

    name = "frames"

    def lines(self, argument: str) -> Iterator[str]:
        base, count = (int(gdb.parse_and_eval(f"'frames.c'::{name}")) for name in ("base", "count"))
        free = int(gdb.parse_and_eval("'frames.c'::free_count"))
        if not count:
            raise ValueError("frames_init() has not run yet")
        yield f"{free} of {count} frames are free: {free >> 8} MiB"
        address = int(gdb.parse_and_eval("(unsigned long)&'frames.c'::owned"))
        words = gdb.selected_inferior().read_memory(address, (count + 63) // 64 * 8)
        bits = int.from_bytes(bytes(words), "little")
        start, owned = 0, bits & 1
        for frame in range(1, count + 1):
            if frame == count or (bits >> frame & 1) != owned:
                pa = base + start * PAGE
                yield (f"  0x{pa:x} to 0x{base + frame * PAGE - 1:x}: "
                       f"{(frame - start) * PAGE >> 10} KiB {'owned' if owned else 'free'}")
                start, owned = frame, 1 - owned


for command in (Hyp, Vm, Vcpus, Vgic, Frames):
    command()
gdb.execute("set confirm off")
gdb.execute("set pagination off")
gdb.execute("set print pretty on")
