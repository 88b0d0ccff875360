# SPDX-License-Identifier: MIT
"""The schedule of a run, from EL2's trace in memory (lab05-vcpu/trace.h).

In the labs all of it is of core 0. beyond/cores/trace.c puts the core's number into each entry.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..core.kit import KIT, GraderError
from .layout import numbers
from .snapshot import State
from .vcpu import BLOCKED, STOPPED

# enum trace_event, struct trace_entry.
RUN, END, IRQ, HANDED, INJECT, IDLE, WAKE = range(1, 8)
ENTRY = struct.Struct("<QIIQQ")
CORE_SHIFT = 16  # of the core's number, above the event
NO_VCPU = 0xFFFFFFFF

SLICE_TIMER, GUEST_TIMER = 26, 27  # PPIs, platform.h
LR_PENDING = 1 << 62  # ICH_LR<n>_EL2.State
EC_WFX, EC_HVC = 0x01, 0x16
SLICE, WAIT, YIELD, STOP = "slice", "wait", "yield", "stop"


@dataclass(frozen=True)
class Entry:
    """An entry of the trace. Its time is in ticks of CNTPCT_EL0."""

    time: int
    event: int
    vcpu: int
    arg: int
    detail: int
    core: int = 0

    @staticmethod
    def unpacked(raw: bytes, at: int) -> Entry:
        time, event, vcpu, arg, detail = ENTRY.unpack_from(raw, at)
        core = event >> CORE_SHIFT
        return Entry(time, event & (1 << CORE_SHIFT) - 1, vcpu, arg, detail, core)


@dataclass(frozen=True)
class Turn:
    """A vCPU ran from `start` to `end`, and why it stopped. Times are in microseconds."""

    vcpu: int
    start: float
    end: float
    why: str
    core: int = 0

    @property
    def length(self) -> float:
        return self.end - self.start


@dataclass(frozen=True)
class Idle:
    """EL2 itself waited."""

    start: float
    end: float
    core: int = 0


@dataclass(frozen=True)
class Interrupt:
    """An interrupt that EL2 took, while a vCPU ran or to end its own wait, or that it injected."""

    time: float
    intid: int
    vcpu: int  # NO_VCPU if none ran
    due: float = 0.0  # when its timer fired
    to_guest: bool = False  # EL2 made it pending in a list register
    software: bool = False
    core: int = 0

    @property
    def latency(self) -> float:
        """The time from the timer's deadline until EL2 takes the interrupt."""
        return self.time - self.due


@dataclass(frozen=True)
class Schedule:
    turns: Sequence[Turn] = ()
    idles: Sequence[Idle] = ()
    interrupts: Sequence[Interrupt] = ()
    lost: int = 0  # entries overwritten by newer ones
    begin: float = 0.0  # of the first entry that is left
    end: float = 0.0
    vcpus: Sequence[int] = field(default_factory=tuple)

    def of(self, vcpu: int) -> Figures:
        turns = [turn for turn in self.turns if turn.vcpu == vcpu]
        irqs = [irq for irq in self.interrupts if irq.vcpu == vcpu]
        return Figures(turns, irqs)


@dataclass(frozen=True)
class Figures:
    """Totals of a vCPU's turns and interrupts."""

    turns: Sequence[Turn]
    interrupts: Sequence[Interrupt]

    @property
    def ran(self) -> float:
        return sum(turn.length for turn in self.turns)

    @property
    def average(self) -> float:
        return self.ran / len(self.turns) if self.turns else 0.0

    def ended_by(self, why: str) -> int:
        return sum(turn.why == why for turn in self.turns)

    @property
    def arrived(self) -> int:
        return sum(not irq.software for irq in self.interrupts)

    @property
    def handed(self) -> list[Interrupt]:
        return [irq for irq in self.interrupts if irq.to_guest]

    @property
    def latencies(self) -> list[float]:
        return [irq.latency for irq in self.handed if not irq.software]


def ring_size() -> int:
    return numbers(KIT / "lab05-vcpu/trace.h")["TRACE_ENTRIES"]


def entries(state: State, names: Mapping[str, int]) -> tuple[list[Entry], int]:
    """Return the ring's entries, the oldest first, and how many older ones are lost."""
    if "trace_ring" not in names:
        raise GraderError("the image has no trace: it was built without TRACE=1")
    count = state.memory.word(names["trace_count"]) or 0
    raw = state.memory.read(names["trace_ring"], ring_size() * ENTRY.size) or b""
    return in_ring(raw, count)


def in_ring(raw: bytes, count: int) -> tuple[list[Entry], int]:
    """The same for the ring's bytes, into which `count` entries have been written."""
    size = ring_size()
    kept = min(count, size)
    order = (n % size for n in range(count - kept, count))
    return [Entry.unpacked(raw, n * ENTRY.size) for n in order], count - kept


def schedule(found: Sequence[Entry], lost: int, hertz: int) -> Schedule:
    """Build the schedule. Times are in microseconds since the first entry."""
    if not found:
        return Schedule(lost=lost)
    cores = [[entry for entry in found if entry.core == core]
             for core in sorted({entry.core for entry in found})]
    first = min(mine[0].arg if mine[0].event == RUN else mine[0].time for mine in cores)
    clock = Clock(first, hertz)
    turns = [turn for mine in cores for turn in turns_of(mine, clock)]
    return Schedule(
        turns,
        [idle for mine in cores for idle in _idles_of(mine, clock)],
        [irq for mine in cores for irq in _interrupts_of(mine, clock)],
        lost,
        0.0,
        clock(max(mine[-1].time for mine in cores)),
        sorted({turn.vcpu for turn in turns}),
    )


@dataclass(frozen=True)
class Clock:
    """Microseconds since `zero`."""

    zero: int
    hertz: int

    def __call__(self, ticks: int) -> float:
        return (ticks - self.zero) * 1e6 / self.hertz


def turns_of(found: Sequence[Entry], clock: Clock) -> Iterator[Turn]:
    """The turns of one core. Skip those whose start was overwritten."""
    begun = None
    for before, entry in zip([None, *found], found):
        if entry.event == RUN:
            begun = entry
        elif entry.event == END and begun:
            yield Turn(entry.vcpu, clock(begun.arg), clock(entry.time), why(entry, before),
                       entry.core)
            begun = None


def why(end: Entry, before: Entry | None) -> str:
    """Return why a turn ended, from the vCPU's state and ESR_EL2 of its last exception."""
    if end.arg == STOPPED:
        return STOP
    if end.arg == BLOCKED:
        return WAIT
    by_timer = before and (before.event, before.arg) == (HANDED, SLICE_TIMER)
    return SLICE if by_timer else YIELD


def _idles_of(found: Sequence[Entry], clock: Clock) -> Iterator[Idle]:
    begun = None
    for entry in found:
        if entry.event == IDLE:
            begun = entry
        elif entry.event == WAKE and begun:
            yield Idle(clock(begun.time), clock(entry.time), entry.core)
            begun = None


def _interrupts_of(found: Sequence[Entry], clock: Clock) -> Iterator[Interrupt]:
    for entry, following in zip(found, [*found[1:], None]):
        if entry.event == IRQ:
            handed = following if entry.arg == GUEST_TIMER else None
            pending = bool(handed and handed.event == HANDED and handed.detail & LR_PENDING)
            due = clock(entry.detail) if entry.detail else clock(entry.time)
            yield Interrupt(clock(entry.time), entry.arg, entry.vcpu, due, pending,
                            core=entry.core)
        elif entry.event == INJECT:
            now = clock(entry.time)
            yield Interrupt(now, entry.arg, entry.vcpu, now, True, True, entry.core)
