# SPDX-License-Identifier: MIT
"""Run a core instruction by instruction, by QEMU's gdb stub, while the other cores stand still.

QEMU holds interrupts back during such a step. Core 0 is the stub's thread 1.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Callable, TypeVar

from ..core.environment import clean
from ..core.kit import GraderError
from ..core.process import Ended, Limits, Nursery
from .gdbstub import Gone, Stub

LIMITS = Limits(cpu_seconds=60, wall_seconds=120)
SECONDS = 10  # until QEMU listens
PC, CPSR = 32, 33  # in the stub's order: x0 to x30, SP, then these
EL2 = 2
MOST_STEPS = 20000  # of one exit
T = TypeVar("T")


class Steps(Stub):
    """A stopped machine of which core 0 is looked at."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.ask("qXfer:features:read:target.xml:0,100")  # else it has no single registers

    def register(self, number: int) -> int:
        return int.from_bytes(bytes.fromhex(self.ask(f"p{number:x}")), "little")

    @property
    def pc(self) -> int:
        return self.register(PC)

    @property
    def el(self) -> int:
        return self.register(CPSR) >> 2 & 3

    def text(self, at: int) -> str:
        """A string of the guest, at a VA of now."""
        return bytes.fromhex(self.ask(f"m{at:x},20")).split(b"\0")[0].decode("ascii", "replace")

    def run_to(self, place: int) -> None:
        """Let the machine run until core 0 or another one comes to `place`."""
        if self.pc == place:
            self.step()  # else it would stop at once
        self.must(f"Z1,{place:x},4")
        said = self.ask("c")
        if said[:1] != "T":
            raise Gone
        self.must(f"z1,{place:x},4")
        self.must("Hg1")

    def step(self) -> None:
        if (said := self.ask("vCont;s:1"))[:1] != "T":
            raise GraderError(f"QEMU's gdb stub replies {said} to a step")

    def next_stay(self) -> list[int]:
        """The addresses of EL2's instructions from the next exit, or now, to its end."""
        for _ in range(MOST_STEPS):
            if self.el == EL2:
                break
            self.step()
        found: list[int] = []
        while self.el == EL2:
            if len(found) == MOST_STEPS:
                raise GraderError(f"an exit takes more than {MOST_STEPS} instructions")
            found.append(self.pc)
            self.step()
        return found


def stepping(argv: Sequence[str], folder: Path, look: Callable[[Steps], T]) -> T:
    """Start QEMU and call look() with the stopped machine."""
    address = folder / "steps"
    nursery = Nursery()
    words = [*argv, "-S", "-chardev", f"socket,id=gdb,path={address},server=on,wait=off",
             "-gdb", "chardev:gdb"]  # fmt: skip
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(nursery.run, words, LIMITS, env=clean())
        try:
            steps = _connected(address, running)
            with steps:
                return look(steps)
        except Gone:
            raise GraderError("the machine ended while it was looked at") from None
        finally:
            nursery.close()


def _connected(address: Path, running: Future[Ended]) -> Steps:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and not running.done():
        try:
            return Steps(address)
        except Gone:
            time.sleep(0.01)
    words = running.result().stderr.decode("utf-8", "replace").strip() if running.done() else ""
    raise GraderError(f"QEMU does not listen for gdb: {words or 'no message'}")
