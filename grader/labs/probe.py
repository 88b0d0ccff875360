# SPDX-License-Identifier: MIT
"""Probes: what a stage's functions do, called one by one in a machine that stands still.

A lab's probes run in one boot of its usual image, each from the place that it names, and
leave registers and memory as they were. One that loses the machine costs one boot more.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Optional

from ..core.process import Ended, Nursery
from ..qemu.gdbstub import Gone, Stub
from ..qemu.inferior_call import Lost, Prober
from ..qemu.inspection import Session

# Given code that does not return, and that no probe is to come to.
LAST = ("panic", "power_off", "todo_stop")


@dataclass(frozen=True)
class Probe:
    """`at`: "checkpoint NAME", or a function that is about to run. `test` returns what is wrong."""

    name: str
    at: str
    test: Callable[[Prober], str]


@dataclass(frozen=True)
class Probing(Session):
    """A boot for probes: `faults` has what each found that was reached, nothing if all is right."""

    probes: Sequence[Probe] = ()
    faults: dict[str, str] = field(default_factory=dict)

    def run(self, nursery: Nursery, company: set[int] | None = None) -> Optional[Ended]:
        """The machine stands still as long as this thread is at work: it is not idle then."""
        if company is not None:
            company.add(os.getpid())
        try:
            with Stub(self.socket) as stub:
                stub.write(self.at_reset())
                self.begun.touch()
                self.try_all(Prober(stub, self.names, self.image))
                stub.ask(f"qRcmd,{b'quit'.hex()}")
        except Gone:
            pass
        return None

    def try_all(self, prober: Prober) -> None:
        """Up to a place that the machine does not come to, or a probe that loses it."""
        for place, probes in groupby(self.probes, lambda probe: probe.at):
            if not self.reached(prober, place):
                return
            prober.home = prober.registers()
            prober.known.clear()
            prober.last = tuple(name for name in LAST if name in self.names)
            with prober.stops(prober.landing, *map(prober.address, prober.last)):
                for probe in probes:
                    try:
                        self.faults[probe.name] = probe.test(prober)
                    except Lost as lost:
                        self.faults[probe.name] = str(lost)
                        return
                    prober.undo()
            prober.last = ()
            prober.set_registers(prober.home)

    def reached(self, prober: Prober, place: str) -> bool:
        """Run to a checkpoint or a function."""
        kind, _, name = place.rpartition(" ")
        try:
            with prober.stops(prober.address(kind or name)):
                while kind and prober.text(prober.go().x[0]) != name:
                    prober.step()
                if not kind:
                    prober.go()
        except Lost:
            return False
        return True
