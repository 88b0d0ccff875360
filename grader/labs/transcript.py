# SPDX-License-Identifier: MIT
"""Facts from the transcript of a stage with guests: what each printed, and how it ended."""

from __future__ import annotations

import re
from dataclasses import dataclass

VM = re.compile(r"^\[vm\] (\d+): (\S+), VMID (\d+), ", re.M)
STOP = re.compile(r"^\[trap\] vm(\d+) stopped: (.*) \(PC (0x[0-9a-f]+)\)$", re.M)
ACCESS = re.compile(r"\b(read|write|fetch)\b.* IPA (0x[0-9a-f]+)")
REPORT = re.compile(
    r"^\[report\] vm(\d+) task (\d+) (\S+): sequence (\d+), work (\d+), at (\d+) ns$", re.M
)
MAILBOX = re.compile(r"^\[mailbox\] vm(\d+) (\S+): (.+) = (0x[0-9a-f]+)$", re.M)
EXITS = re.compile(r"^\[exits\] vm(\d+) (\S+):((?: [a-z][a-z ]* \d+)*)$", re.M)
EXIT_CLASS = re.compile(r"([a-z][a-z ]*) (\d+)")
SCHED = re.compile(
    r"^\[sched\] vm(\d+) (\S+): (\d+) turns, (\d+) us;"
    r" ended by slice (\d+), by wait (\d+), else (\d+)$",
    re.M,
)
END = re.compile(r"^\[end\] vm(\d+) \S+: destroyed, (\d+) table pages freed$", re.M)
IDLE = re.compile(r"^\[sched\] idle: (\d+) times, (\d+) us$", re.M)


@dataclass(frozen=True)
class Stop:
    """EL2's line about the end of a VM."""

    vm: int
    why: str
    pc: int

    @property
    def access(self) -> tuple[str, int] | None:
        """The access that stopped it, and its IPA."""
        match = ACCESS.search(self.why)
        return (match.group(1), int(match.group(2), 16)) if match else None


@dataclass(frozen=True)
class Report:
    """A line of telemetry."""

    vm: int
    task: int
    name: str
    sequence: int
    work: int
    ns: int


@dataclass(frozen=True)
class Turns:
    """A VM's line of the schedule summary."""

    vm: int
    name: str
    turns: int
    us: int
    by_slice: int
    by_wait: int
    otherwise: int


def vms(text: str) -> dict[str, list[int]]:
    """The numbers of the VMs that were loaded, by the name of their guest."""
    found: dict[str, list[int]] = {}
    for vm, name, _ in VM.findall(text):
        found.setdefault(name, []).append(int(vm))
    return found


def lines_of(text: str, vm: int) -> list[str]:
    """The lines that a VM printed."""
    prefix = f"[vm{vm}] "
    return [line[len(prefix) :] for line in text.splitlines() if line.startswith(prefix)]


def stops(text: str) -> dict[int, Stop]:
    """The first stop of each VM."""
    found: dict[int, Stop] = {}
    for vm, why, pc in STOP.findall(text):
        found.setdefault(int(vm), Stop(int(vm), why, int(pc, 16)))
    return found


def reports(text: str, vm: int) -> list[Report]:
    rows = [(int(a), int(b), c, int(d), int(e), int(f)) for a, b, c, d, e,
            f in REPORT.findall(text)]
    return [Report(*row) for row in rows if row[0] == vm]


def mailbox(text: str, vm: int) -> dict[str, int]:
    """The entries of a VM's mailbox that EL2 dumped."""
    rows = MAILBOX.findall(text)
    return {key: int(value, 16) for owner, _, key, value in rows if int(owner) == vm}


def exits(text: str, vm: int) -> dict[str, int]:
    """A VM's exits to EL2 by exception class; empty if they are not printed."""
    for owner, _, counts in EXITS.findall(text):
        if int(owner) == vm:
            return {name.strip(): int(count) for name, count in EXIT_CLASS.findall(counts)}
    return {}


def schedule(text: str) -> dict[int, Turns]:
    rows = [(int(vm), name, *map(int, rest)) for vm, name, *rest in SCHED.findall(text)]
    return {row[0]: Turns(*row) for row in rows}


def idle(text: str) -> tuple[int, int] | None:
    """How often EL2 was idle, and for how many microseconds in all."""
    found = [(int(times), int(us)) for times, us in IDLE.findall(text)]
    return (sum(times for times, _ in found), sum(us for _, us in found)) if found else None
