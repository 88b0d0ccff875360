# SPDX-License-Identifier: MIT
"""Runs inside gdb: watches one boot, and writes down what it saw.

gdb-multiarch executes this file in its own Python, which knows nothing of the
grader; the plan comes and the findings go as files, named by the environment
variable SCHISM_PLAN. inspection.py is the other side, and says what is in them.

A machine at its reset vector first gets its nonce and its budget (time_budget.py).
Inspected, it is stopped at checkpoint(), at places in its guests, and for a while at the
ways into and out of guests. What it prints meanwhile does not count, and its budget
is twice as large.

A machine that stands still, because its budget is used up, is looked at once.
"""

import json
import os
import struct
import sys

import gdb

WORD = (1 << 64) - 1
WFI = 0xD503207F
VCPU = "<31Q32xI"  # struct vcpu of vcpu.h: x[], four words, state

# What QEMU tells of a machine that has powered itself off and is still there to be seen.
OFF = "SIGQUIT"


class Watcher:
    """One boot, from reset to its end."""

    def __init__(self, plan):
        self.plan = plan
        self.inferior = gdb.selected_inferior()
        self.findings = open(plan["findings"], "w", encoding="utf-8")
        self.count = 0
        self.dumped = 0  # bytes of memory
        self.checkpoints = []
        self.stop = None
        self.ways = []
        self.delayed = False  # the next alarm is no end, but the time to watch switches
        self.places = {}
        self.reads = []  # what a flip waits for

    def tell(self, finding):
        """A finding is a line: those of a boot that has to be killed are not lost."""
        print(json.dumps(finding), file=self.findings, flush=True)

    def physical(self, on):
        """Memory accesses of gdb reach devices, and translate nothing."""
        gdb.execute(f"maintenance packet Qqemu.PhyMemMode:{int(on)}", to_string=True)

    def write(self, writes):
        self.physical(True)
        for address, data in writes:
            self.inferior.write_memory(address, bytes.fromhex(data))
        self.physical(False)

    def run(self):
        """From stop to stop; answers how it ended."""
        gdb.execute("handle SIGALRM stop print nopass", to_string=True)  # the watchdog's
        gdb.execute("set breakpoint always-inserted on")  # and not anew at each stop
        gdb.events.stop.connect(self.stopped)
        self.write(self.plan["at_reset"])
        open(self.plan["begun"], "w", encoding="utf-8").close()
        self.checkpoints = [gdb.Breakpoint(f"*{at}", internal=True)
                            for at in self.plan["checkpoints"]]
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
            if self.is_read():
                self.flip()
                continue
            if not isinstance(self.stop, gdb.SignalEvent):
                self.look(register("pc"))
                continue
            self.select_boot_core()
            if self.stop.stop_signal == OFF:
                return self.ended({"how": "gone"})
            if self.delayed:
                self.delayed = False
                self.watch_switches()
                self.write(self.plan["budget"])
            else:
                return self.ended(self.used_up())

    def stopped(self, event):
        self.stop = event

    def select_boot_core(self):
        """A stop that no core asked for leaves any of them selected; the others never run."""
        min(self.inferior.threads(), key=lambda thread: thread.num).switch()

    def look(self, pc):
        plan = self.plan
        if pc in plan["checkpoints"]:
            name = self.text(register("x0"))
            memory = plan["memory"].get(name, plan["image"])
            self.note(name, plan["registers"], memory, back=register("x30"))
            if name in plan["writes"]:
                writes = plan["writes"].pop(name)
                self.write(writes)
                self.note(f"{name}, written", plan["registers"],
                          [(at, len(data) // 2) for at, data in writes])
            if name == plan["switches_behind"]:
                plan["skip"] -= 1
                if plan["skip"] == 0:
                    self.write(plan["delay"])
                    self.delayed = True
            return
        if pc in self.places:
            name = plan["places"][str(pc)]
            more = self.draw(*plan["drawn"][name]) if name in plan["drawn"] else {}
            self.note(name, plan["registers"], [], **more)
            if self.places[pc].hit_count == plan["passes"]:
                self.places.pop(pc).delete()
            elif name in plan["skipped"]:
                gdb.execute(f"set var $pc = {pc + 4}")
            if plan["flip"] and plan["flip"]["behind"] == name and not self.reads:
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
        """The register holds the next of the numbers; what all of them hold then."""
        if numbers:
            gdb.execute(f"set var ${name} = {numbers.pop()}")
        return {"x": self.general("exit")}

    def is_read(self):
        """The stop is at a word that a flip waits for."""
        return isinstance(self.stop, gdb.BreakpointEvent) and self.stop.breakpoint in self.reads

    def flip(self):
        """All bits of the word, and nobody knows."""
        address = self.plan["flip"]["address"]
        for breakpoint in self.reads:
            breakpoint.enabled = False
        self.physical(True)
        word = self.inferior.read_memory(address, 8).tobytes()
        self.physical(False)
        self.write([(address, bytes(byte ^ 0xFF for byte in word).hex())])
        self.note("flipped", self.plan["registers"], [])

    def watch_switches(self):
        """Stop at guest_enter(), and where synchronous exceptions and IRQs of a guest arrive."""
        vectors = register("VBAR_EL2")
        places = [self.plan["guest_enter"], vectors + 0x400, vectors + 0x480]
        self.ways = [gdb.Breakpoint(f"*{place}", internal=True) for place in places]

    def general(self, way):
        """The guest's x0 to x30; at an entry they are still in the vCPU, and its state comes after them."""
        if way == "exit":
            return [register(f"x{n}") for n in range(31)]
        try:
            return list(struct.unpack(VCPU, self.inferior.read_memory(register("x0"),
                                                                      struct.calcsize(VCPU))))
        except gdb.MemoryError:
            return []

    def note(self, name, registers, memory, **more):
        files = []
        self.dumped += sum(size for _, size in memory)
        if self.dumped > self.plan["dumps"]:  # enough was seen: the machine runs on
            while self.checkpoints:
                self.checkpoints.pop().delete()
            return
        for start, size in memory:
            file = f"{self.plan['folder']}/{self.count}-{start:x}"
            said = gdb.execute(f'monitor pmemsave {start} {size} "{file}"', to_string=True)
            if os.path.getsize(file) != size:  # QEMU does not always say so
                raise gdb.GdbError(
                    f"a dump of memory is cut short: is the disk full? {said.strip()}")
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
        return how

    def kill(self):
        """End QEMU.

        Not by gdb's kill: since 8.2 that is a shutdown, which shutdown=pause turns into a pause.
        """
        try:
            gdb.execute("monitor quit", to_string=True)
        except gdb.error:
            pass  # QEMU is gone, or was before it could say that it goes

    def used_up(self):
        """The budget is: is a core still at it, and where?"""
        pc = register("pc")
        found = {"how": "asleep" if self.behind_wfi(pc) else "budget", "pc": pc, "chain": []}
        self.tell({"stands": found})  # an image may have symbols that gdb does not survive
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
    gdb.execute("set remotetimeout 60")  # on a busy host two seconds are soon over
    gdb.execute(f"target remote {plan['socket']}", to_string=True)
    watcher = Watcher(plan)
    stands = plan["stands_still"]
    try:
        if stands:
            watcher.select_boot_core()
        watcher.tell({"end": watcher.ended(watcher.used_up()) if stands else watcher.run()})
    except Exception as error:
        print(f"trouble: {error}", file=sys.stderr)  # gdb has words of its own at its end
        raise
    finally:
        watcher.kill()


main()
