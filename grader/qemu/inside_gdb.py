# SPDX-License-Identifier: MIT
"""Runs inside gdb: watch one boot and write the findings.

gdb-multiarch executes this file in its own Python, without the grader's modules except for
the `hyp` commands of a plan. The environment variable SCHISM_PLAN names the file with the
plan, which names the file for the findings. inspection.py is the other side and documents both.

A machine at its reset vector first gets its nonce and its budget (time_budget.py).
Inspected, it is stopped at checkpoint(), at places in its guests, and for a while at the
ways into and out of guests. What it prints meanwhile does not count, and its budget
is twice as large.

A machine that stands still, because its budget is used up, is looked at once.
"""

import importlib
import json
import os
import struct
import sys

import gdb

WORD = (1 << 64) - 1
WFI = 0xD503207F

# QEMU's report of a machine that has powered itself off and can still be read.
OFF = "SIGQUIT"


class Watcher:
    """Watches one boot from reset to its end."""

    def __init__(self, plan):
        self.plan = plan
        self.inferior = gdb.selected_inferior()
        self.findings = open(plan["findings"], "w", encoding="utf-8")
        self.count = 0
        self.dumped = 0  # bytes of memory
        self.checkpoints = []
        self.stop = None
        self.ways = []
        self.places = {}
        self.reads = []  # what a flip waits for

    def tell(self, finding):
        """Write a finding as one line, so that a killed boot keeps its findings."""
        print(json.dumps(finding), file=self.findings, flush=True)

    def physical(self, on):
        """Make gdb's memory accesses physical, including devices."""
        gdb.execute(f"maintenance packet Qqemu.PhyMemMode:{int(on)}", to_string=True)

    def write(self, writes):
        self.physical(True)
        for address, data in writes:
            self.inferior.write_memory(address, bytes.fromhex(data))
        self.physical(False)

    def run(self):
        """Run from stop to stop. Return how the boot ended."""
        gdb.execute("handle SIGALRM stop print nopass", to_string=True)  # the watchdog's
        gdb.execute("set breakpoint always-inserted on")  # not again at each stop
        gdb.events.stop.connect(self.stopped)
        self.write(self.plan["at_reset"])
        open(self.plan["begun"], "w", encoding="utf-8").close()
        self.checkpoints = [gdb.Breakpoint(f"*{at}", internal=True)
                            for at in self.plan["checkpoints"]]
        for address in map(int, self.plan["places"]):
            self.places[address] = gdb.Breakpoint(f"*{address}", internal=True)
        fault = self.fault(*self.plan["fault"])
        while True:
            self.stop = None
            try:
                gdb.execute("continue", to_string=True)
            except gdb.error:
                return {"how": "gone"}  # powered off, or stopped by the grader
            if self.stop is None:
                return {"how": "gone"}
            if self.is_read():
                self.flip()
                continue
            if fault and fault in getattr(self.stop, "breakpoints", ()):
                return self.ended({"how": "budget"})
            if not isinstance(self.stop, gdb.SignalEvent):
                self.look(register("pc"))
                continue
            self.select_boot_core()
            if self.stop.stop_signal == OFF:
                return self.ended({"how": "gone"})
            return self.ended(self.used_up())

    def fault(self, vector, place):
        """Stop at the first exception of the instruction at `place`, if one is wanted."""
        if not place:
            return None
        breakpoint = gdb.Breakpoint(f"*{vector}", internal=True)
        breakpoint.condition = f"$ELR_EL2 == {place}"
        return breakpoint

    def stopped(self, event):
        self.stop = event

    def select_boot_core(self):
        """Select the boot core: an outside stop may select any core, and the others never run."""
        min(self.inferior.threads(), key=lambda thread: thread.num).switch()

    def look(self, pc):
        plan = self.plan
        if pc in plan["checkpoints"]:
            name = self.text(register("x0"))
            memory = plan["memory"].get(name, plan["image"])
            self.note(name, plan["registers"], memory, back=register("x30"))
            if plan["switches"] and not self.ways:
                self.prepare_ways()
            if name in plan["writes"]:
                writes = plan["writes"].pop(name)
                self.write(writes)
                self.note(f"{name}, written", plan["registers"],
                          [(at, len(data) // 2) for at, data in writes])
            return
        if pc in self.places:
            name = plan["places"][str(pc)]
            more = self.draw(*plan["drawn"][name]) if name in plan["drawn"] else {}
            self.note(name, plan["registers"], [], **more)
            if name == plan["switches_after"]:
                self.places.pop(pc).delete()
                for breakpoint in self.ways:
                    breakpoint.enabled = True
            elif self.places[pc].hit_count == plan["passes"]:
                self.places.pop(pc).delete()
            elif name in plan["skipped"]:
                gdb.execute(f"set var $pc = {pc + 4}")
            if plan["flip"] and plan["flip"]["after"] == name and not self.reads:
                self.reads = [
                    gdb.Breakpoint(f"*(long *){at}", gdb.BP_WATCHPOINT, gdb.WP_READ, internal=True)
                    for at in plan["flip"]["reads"]
                ]
            return
        way = "entry" if pc == plan["guest_enter"] else "exit"
        vcpu = register("x0") if way == "entry" else register("sp")
        words = self.general(way)
        state = words.pop() if len(words) > 31 else 0
        self.note(way, plan["context"], [], vcpu=vcpu, slot=pc & 0x7FF, x=words, state=state)
        plan["switches"] -= 1
        if plan["switches"] == 0:
            for breakpoint in self.ways:
                breakpoint.delete()

    def draw(self, name, numbers):
        """Load the next number into the register of a place. Return what all registers hold."""
        if numbers:
            gdb.execute(f"set var ${name} = {numbers.pop()}")
        return {"x": self.general("exit")}

    def is_read(self):
        """True if the stop is at a read that a flip waits for."""
        return isinstance(self.stop, gdb.BreakpointEvent) and self.stop.breakpoint in self.reads

    def flip(self):
        """Invert all bits of the word, without the program's knowledge."""
        address = self.plan["flip"]["address"]
        for breakpoint in self.reads:
            breakpoint.enabled = False
        self.physical(True)
        word = self.inferior.read_memory(address, 8).tobytes()
        self.physical(False)
        self.write([(address, bytes(byte ^ 0xFF for byte in word).hex())])
        self.note("flipped", self.plan["registers"], [])

    def prepare_ways(self):
        """Set breakpoints at guest_enter() and at the vectors for a guest's exceptions and IRQs.

        EL2 is stopped. In a guest gdb would take the bits of a pointer's signature out of the
        addresses, and a guest's TCR_EL1 says which bits these are.
        """
        vectors = register("VBAR_EL2")
        places = [self.plan["guest_enter"], vectors + 0x400, vectors + 0x480]
        self.ways = [gdb.Breakpoint(f"*{place}", internal=True) for place in places]
        for breakpoint in self.ways:
            breakpoint.enabled = False

    def general(self, way):
        """Return the guest's x0 to x30. At an entry they are in the vCPU, before its state."""
        if way == "exit":
            return [register(f"x{n}") for n in range(31)]
        try:
            size = struct.calcsize(self.plan["vcpu"])
            raw = self.inferior.read_memory(register("x0"), size)
            return list(struct.unpack(self.plan["vcpu"], raw))
        except gdb.MemoryError:
            return []

    def note(self, name, registers, memory, **more):
        files = []
        self.dumped += sum(size for _, size in memory)
        if self.dumped > self.plan["dumps"]:  # enough was read: let the machine run
            while self.checkpoints:
                self.checkpoints.pop().delete()
            return
        for start, size in memory:
            file = f"{self.plan['folder']}/{self.count}-{start:x}"
            said = gdb.execute(f'monitor pmemsave {start} {size} "{file}"', to_string=True)
            if os.path.getsize(file) != size:  # QEMU does not always report it
                raise gdb.GdbError(
                    f"a dump of memory is cut short: is the disk full? {said.strip()}")
            files.append([start, file])
        self.count += 1
        values = {n: v for n in registers if (v := register(n)) is not None}
        words = self.device_words() if memory else {}
        self.tell({"name": name, "registers": values, "memory": files, "words": words, **more})

    def device_words(self):
        """Return device registers by address."""
        self.physical(True)
        try:
            return {
                str(address): struct.unpack("<I", self.inferior.read_memory(address, 4))[0]
                for address in self.plan["words"]
            }
        finally:
            self.physical(False)

    def text(self, address):
        """Return the string at an address, as far as it is readable."""
        try:
            raw = self.inferior.read_memory(address, 32).tobytes()
        except gdb.MemoryError:
            return f"0x{address:x}"
        return raw.split(b"\0")[0].decode("ascii", "replace")

    def ended(self, how):
        """Handle the end: the machine is stopped and does nothing more."""
        if self.plan["at_end"]:
            self.note("last", self.plan["registers"], self.plan["image"])
        if self.plan["commands"]:
            self.answer(self.plan["commands"])
        return how

    def answer(self, commands):
        """Run commands of grader/gdb, as a student can at this place."""
        gdb.execute(f"symbol-file {self.plan['image_file']}", to_string=True)
        sys.path.insert(0, self.plan["kit"])
        sys.dont_write_bytecode = True  # before the packages of hyp.py, which says so too late
        importlib.import_module("grader.gdb.hyp")
        for command in commands:
            try:
                self.tell({"answer": gdb.execute(command, to_string=True)})
            except gdb.error as error:
                self.tell({"answer": str(error)})

    def kill(self):
        """End QEMU.

        gdb's kill does not work: since QEMU 8.2 it is a shutdown, which shutdown=pause turns
        into a pause.
        """
        try:
            gdb.execute("monitor quit", to_string=True)
        except gdb.error:
            pass  # QEMU has ended, perhaps before it could reply

    def used_up(self):
        """The budget is used up. Find out if the core sleeps, and where it is."""
        pc = register("pc")
        found = {"how": "asleep" if self.is_after_wfi(pc) else "budget", "pc": pc, "chain": []}
        self.tell({"stands": found})  # gdb may crash on an image's symbols
        try:
            gdb.execute(f"symbol-file {self.plan['image_file']}", to_string=True)
            frame = gdb.newest_frame()
            while frame and len(found["chain"]) < 64:
                found["chain"].append(frame.name() or "?")
                frame = frame.older()
        except gdb.error:
            pass  # without frames the address is enough
        return found

    def is_after_wfi(self, pc):
        """True if the PC is after a WFI: the core sleeps while virtual time passes."""
        try:
            return struct.unpack("<I", self.inferior.read_memory(pc - 4, 4))[0] == WFI
        except gdb.MemoryError:
            return False


def register(name):
    """Return a register's value, or None if the machine lacks it."""
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
    gdb.execute("set remotetimeout 60")  # on a busy host two seconds are too short
    gdb.execute(f"target remote {plan['socket']}", to_string=True)
    watcher = Watcher(plan)
    stands = plan["stands_still"]
    try:
        if stands:
            watcher.select_boot_core()
        watcher.tell({"end": watcher.ended(watcher.used_up()) if stands else watcher.run()})
    except Exception as error:
        print(f"trouble: {error}", file=sys.stderr)  # gdb prints its own message at the end
        raise
    finally:
        watcher.kill()


main()
