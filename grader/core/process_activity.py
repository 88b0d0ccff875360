# SPDX-License-Identifier: MIT
"""Watch a long-running child: does it still work, and how much time has it used?

A child may have children, and partners such as gdb next to QEMU. All of them are read
from /proc. A system without /proc never finds a child idle; there the time limit ends it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from .limits import Limits, Stop

LOOK = 1.0  # seconds between two looks
PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
WAITING = ("S", "Z", "X")  # proc(5): waits for an event, or is dead


@dataclass(frozen=True)
class Process:
    """A process in proc(5): its parent, and its ticks with those of ended children."""

    parent: int
    ticks: int


@dataclass
class Activity:
    """The activity of one child and its `partners` while it runs."""

    child: int
    limits: Limits
    partners: Collection[int]
    next_look: float = field(default_factory=lambda: time.monotonic() + LOOK)
    ticks: int = -1
    idle: int = 0  # looks in a row without work
    cpu_seconds: float = 0.0

    def look(self) -> Optional[Stop]:
        """Return why the child must be stopped, or None. Look once in LOOK seconds."""
        if time.monotonic() < self.next_look:
            return None
        self.next_look = time.monotonic() + LOOK
        everything = _processes()
        family = list(_descendants(everything, {self.child, *self.partners}))
        own = list(_descendants(everything, {self.child}))
        self.cpu_seconds = sum(everything[pid].ticks for pid in own) / TICKS
        ticks = sum(everything[pid].ticks for pid in family)
        asleep = bool(family) and ticks == self.ticks and all(map(_is_waiting, family))
        self.idle, self.ticks = self.idle + 1 if asleep else 0, ticks
        if self.limits.all_cpu_seconds and self.cpu_seconds > self.limits.all_cpu_seconds:
            return Stop.CPU
        if self.limits.idle_seconds and self.idle * LOOK >= self.limits.idle_seconds:
            return Stop.IDLE
        return None


def _processes() -> dict[int, Process]:
    """Return all processes by their number."""
    found = {}
    for pid in (int(name) for name in os.listdir(PROC) if name.isdigit()) if PROC.is_dir() else ():
        fields = _stat_of(PROC / str(pid))
        if fields:
            found[pid] = Process(int(fields[1]), sum(map(int, fields[11:15])))
    return found


def _stat_of(path: Path) -> list[str]:
    """Return the fields after the name (which may hold blanks); none if it has ended."""
    try:
        return (path / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return []


def _descendants(everything: dict[int, Process], roots: Collection[int]) -> Iterator[int]:
    """These processes and all their descendants."""
    children: dict[int, list[int]] = {}
    for pid, process in everything.items():
        children.setdefault(process.parent, []).append(pid)
    open_ends = [pid for pid in roots if pid in everything]
    seen: set[int] = set()
    while open_ends:
        pid = open_ends.pop()
        if pid not in seen:
            seen.add(pid)
            yield pid
            open_ends += children.get(pid, [])


def _is_waiting(pid: int) -> bool:
    """True if every thread of the process waits."""
    try:
        threads = list((PROC / str(pid) / "task").iterdir())
    except OSError:
        return True
    return all(fields[0] in WAITING for path in threads if (fields := _stat_of(path)))
