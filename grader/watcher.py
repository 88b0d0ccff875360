# SPDX-License-Identifier: MIT
"""Runs inside gdb: guards one boot, or inspects one, and writes down what it saw.

gdb-multiarch executes this file in its own Python, which knows nothing of the
grader; the plan comes and the findings go as files, named by the environment
variable SCHISM_PLAN. debugger.py is the other side, and says what is in them.

The machine is at its reset vector, and first gets its nonce, written into the image.

Guarded, it has a budget of virtual time, which with instruction counting is one of
instructions: QEMU's PCI watchdog, which nobody else uses, pauses it when that is
used up. It is not stopped before: a stop at a breakpoint moves virtual time on.

Inspected, it is stopped at checkpoint(), at places in its guests, and for a while at the
ways into and out of guests. What it prints meanwhile does not count, and its budget
is twice as large.
"""

import json
import os
import struct

import gdb

WORD = (1 << 64) - 1
WFI = 0xD503207F

# QEMU's virt machine: configuration space of PCI bus 0, and where PCI memory begins.
# The watchdog is the only device besides the bridge: device 1.
PCI_CONFIG = 0x4010000000 + (1 << 15)
PCI_MEMORY = 0x10000000

# What QEMU tells of a machine that has powered itself off and is still there to be seen.
OFF = "SIGQUIT"

# How often a place in a guest is looked at: one that loops there would never end.
PASSES = 16

# Intel 6300ESB I/O Controller Hub, "Watchdog Timer": two stages; we need one.
WDT_CONFIG, WDT_LOCK = PCI_CONFIG + 0x60, PCI_CONFIG + 0x68
WDT_NO_INTERRUPT = 0x0003  # behind stage 1; the clock is 33 MHz / 2^15, about 1 kHz
WDT_ENABLE = 0x02
WDT_STAGE_1, WDT_STAGE_2, WDT_RELOAD = PCI_MEMORY, PCI_MEMORY + 4, PCI_MEMORY + 12
WDT_UNLOCK = (0x80, 0x86)
WDT_RESTART = 0x100
WDT_TICK_NS = (1 << 15) * 1_000_000_000 // 33_000_000


class Watcher:
    """One boot, from reset to its end."""

    def __init__(self, plan):
        self.plan = plan
        self.inferior = gdb.selected_inferior()
        self.findings = open(plan["findings"], "w", encoding="utf-8")
        self.count = 0
        self.stop = None
        self.ways = []
        self.delayed = False  # the next alarm is no end, but the time to watch switches
        self.places = {}

    def tell(self, finding):
        """A finding is a line: those of a boot that has to be killed are not lost."""
        print(json.dumps(finding), file=self.findings, flush=True)

    def write(self, address, form, value):
        self.inferior.write_memory(address, struct.pack(form, value))

    def physical(self, on):
        """Memory accesses of gdb reach devices, and translate nothing."""
        gdb.execute(f"maintenance packet Qqemu.PhyMemMode:{int(on)}", to_string=True)

    def set_budget(self, nanoseconds):
        self.physical(True)
        self.write(PCI_CONFIG + 0x10, "<I", PCI_MEMORY)  # base address register 0
        self.write(PCI_CONFIG + 0x04, "<H", 0x0002)  # command: memory space on
        for register, ticks in ((WDT_STAGE_1, nanoseconds // WDT_TICK_NS), (WDT_STAGE_2, 1)):
            self.unlock()
            self.write(register, "<I", ticks)
        self.write(WDT_CONFIG, "<H", WDT_NO_INTERRUPT)
        self.write(WDT_LOCK, "<B", WDT_ENABLE)
        self.unlock()
        self.write(WDT_RELOAD, "<H", WDT_RESTART)  # it may be running already
        self.physical(False)

    def unlock(self):
        for word in WDT_UNLOCK:
            self.write(WDT_RELOAD, "<H", word)

    def run(self):
        """From stop to stop; answers how it ended."""
        gdb.execute("handle SIGALRM stop print nopass", to_string=True)  # the watchdog's
        gdb.events.stop.connect(self.stopped)
        if self.plan["nonce_at"]:
            self.write(self.plan["nonce_at"], "<Q", self.plan["nonce"])
        self.set_budget(self.plan["budget_ns"])
        for address in self.plan["checkpoints"]:
            gdb.Breakpoint(f"*{address}", internal=True)
        for address in map(int, self.plan["places"]):
            self.places[address] = gdb.Breakpoint(f"*{address}", internal=True)
        while True:
            self.stop = None
            try:
                gdb.execute("continue", to_string=True)
            except gdb.error:
                return {"how": "gone"}  # powered off, or stopped by the grader
            if self.stop is None:
                return {"how": "gone"}
            if not isinstance(self.stop, gdb.SignalEvent):
                self.look(register("pc"))
            elif self.stop.stop_signal == OFF:
                return self.ended({"how": "gone"})
            elif self.delayed:
                self.delayed = False
                self.watch_switches()
                self.set_budget(self.plan["budget_ns"])
            else:
                return self.ended(self.used_up())

    def stopped(self, event):
        self.stop = event

    def look(self, pc):
        plan = self.plan
        if pc in plan["checkpoints"]:
            name = self.text(register("x0"))
            self.note(name, plan["registers"], plan["memory"].get(name, plan["image"]))
            if name == plan["switches_behind"]:
                plan["skip"] -= 1
                if plan["skip"] == 0:
                    self.set_budget(plan["delay_ns"])
                    self.delayed = True
            return
        if pc in self.places:
            self.note(plan["places"][str(pc)], plan["context"], [])
            if self.places[pc].hit_count == PASSES:
                self.places.pop(pc).delete()
            return
        way = "entry" if pc == plan["guest_enter"] else "exit"
        vcpu = register("x0") if way == "entry" else register("sp")
        self.note(way, plan["context"], [], vcpu=vcpu, slot=pc & 0x7FF, x=self.general(way))
        plan["switches"] -= 1
        if plan["switches"] == 0:
            for breakpoint in self.ways:
                breakpoint.delete()

    def watch_switches(self):
        """Stop at guest_enter(), and where synchronous exceptions and IRQs of a guest arrive."""
        vectors = register("VBAR_EL2")
        places = [self.plan["guest_enter"], vectors + 0x400, vectors + 0x480]
        self.ways = [gdb.Breakpoint(f"*{place}", internal=True) for place in places]

    def general(self, way):
        """The guest's x0 to x30: at an entry they are still in the vCPU's frame."""
        if way == "exit":
            return [register(f"x{n}") for n in range(31)]
        try:
            return list(struct.unpack("<31Q", self.inferior.read_memory(register("x0"), 248)))
        except gdb.MemoryError:
            return []

    def note(self, name, registers, memory, **more):
        files = []
        for start, size in memory:
            file = f"{self.plan['folder']}/{self.count}-{start:x}"
            said = gdb.execute(f'monitor pmemsave {start} {size} "{file}"', to_string=True)
            if os.path.getsize(file) != size:  # QEMU does not always say so
                raise gdb.GdbError(f"a dump of memory is cut short: is the disk full? {said.strip()}")
            files.append([start, file])
        self.count += 1
        values = {n: v for n in registers if (v := register(n)) is not None}
        words = self.device_words() if memory else {}
        self.tell({"name": name, "registers": values, "memory": files, "words": words, **more})

    def device_words(self):
        """Registers of devices, by their address."""
        self.physical(True)
        try:
            return {
                str(address): struct.unpack("<I", self.inferior.read_memory(address, 4))[0]
                for address in self.plan["words"]
            }
        finally:
            self.physical(False)

    def text(self, address):
        """The string at an address, as far as it is one."""
        try:
            raw = self.inferior.read_memory(address, 32).tobytes()
        except gdb.MemoryError:
            return f"0x{address:x}"
        return raw.split(b"\0")[0].decode("ascii", "replace")

    def ended(self, how):
        """The machine stands still, and does nothing more."""
        if self.plan["at_end"]:
            self.note("last", self.plan["registers"], self.plan["image"])
        try:
            gdb.execute("kill", to_string=True)
        except gdb.error:
            pass  # QEMU was gone before it could say that it goes
        return how

    def used_up(self):
        """The budget is: is a core still at it, and where?"""
        pc = register("pc")
        found = {"how": "asleep" if self.behind_wfi(pc) else "budget", "pc": pc, "chain": []}
        try:
            gdb.execute(f"symbol-file {self.plan['image_file']}", to_string=True)
            frame = gdb.newest_frame()
            while frame and len(found["chain"]) < 64:
                found["chain"].append(frame.name() or "?")
                frame = frame.older()
        except gdb.error:
            pass  # no frames to be had: the address has to do
        return found

    def behind_wfi(self, pc):
        """A core that sleeps has its PC behind the WFI, and virtual time passes without it."""
        try:
            return struct.unpack("<I", self.inferior.read_memory(pc - 4, 4))[0] == WFI
        except gdb.MemoryError:
            return False


def register(name):
    """Its value, or None if this machine does not have it."""
    try:
        value = gdb.newest_frame().read_register(name)
    except ValueError:
        return None
    if value.type.code == gdb.TYPE_CODE_UNION:  # a vector register, as one number
        low, high = (int(value["d"]["u"][half]) & WORD for half in (0, 1))
        return high << 64 | low
    return int(value) & (1 << 8 * value.type.sizeof) - 1


def main():
    with open(os.environ["SCHISM_PLAN"], encoding="utf-8") as file:
        plan = json.load(file)
    gdb.execute(f"target remote {plan['socket']}", to_string=True)
    watcher = Watcher(plan)
    watcher.tell({"end": watcher.run()})


main()
