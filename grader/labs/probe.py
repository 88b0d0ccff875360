# SPDX-License-Identifier: MIT
"""Probes: a stage's functions, called one by one in a stopped machine.

A lab's probes run in one boot of its usual image. Each starts at the place that it names and
restores registers and memory. A probe that loses the machine costs another boot.
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

# Given code that does not return, and that no probe should reach.
LAST = ("panic", "power_off", "todo_stop")


@dataclass(frozen=True)
class Probe:
    """`at`: "checkpoint NAME", or the entry of a function. `test` returns what is wrong."""

    name: str
    at: str
    test: Callable[[Prober], str]


@dataclass(frozen=True)
class Probing(Session):
    """A boot for probes: `faults` has an entry for each that was reached, empty if it passed."""

    probes: Sequence[Probe] = ()
    faults: dict[str, str] = field(default_factory=dict)

    def run(self, nursery: Nursery, partners: set[int] | None = None) -> Optional[Ended]:
        """While the machine is stopped this thread works, so this process counts as busy."""
        if partners is not None:
            partners.add(os.getpid())
        try:
            with Stub(self.address) as stub:
                stub.write(self.at_reset())
                self.begun.touch()
                self.try_all(Prober(stub, self.names, self.image,
                                    partners=set() if partners is None else partners))
                stub.ask(f"qRcmd,{b'quit'.hex()}")
        except Gone:
            pass
        return None

    def try_all(self, prober: Prober) -> None:
        """Run the probes up to a place that is not reached, or a probe that loses the machine."""
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
