# SPDX-License-Identifier: MIT
"""The open task of lab 6: a guest that measures its machine from inside.

EL2's trace (make TRACE=1) shows what it should have found.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median

from ...core.kit import KIT
from ...model.elf import symbols
from ...model.schedule import SLICE, STOP, Figures, Schedule, entries, schedule
from ...qemu.inspection import Watch
from ..boot_checks import switches_off
from ..check import Boot, Check, Evidence
from ..open_tasks import extra
from ..transcript import lines_of, mailbox, stops, vms

OBSERVER = "observer"
WINDOW = ("from", "to")
MEASURED = ("stolen us", "losses", "slice us", "delay us")

TURN_EVERY_US = 1200  # of each neighbour, in the longest round: four slices
TURNS_OFF = 2

LIMIT_US = 25_000  # until its VM is off; its neighbours run for 30 ms
SHORTEST_US = 10_000  # of the window
INTERRUPTS = 10
LOSSES_OFF = 1  # how far a value may be off
SLICE_PERCENT = 5
STOLEN_PERCENT = 3  # of the window
DELAY_OFF_US = 10
MOMENT_US = 5  # from an interrupt at EL2 until its guest has read the counter

LAST_LINES = {
    "brief_hog": "brief_hog: done",
    "hog": "hog: done, virtual time ran backwards 0 times, counted: yes",
    "punctual_ticks": "punctual_ticks: 32 ticks, 0 early, 0 late, 0 others",
}


@dataclass(frozen=True)
class Place:
    """A boot of the observer."""

    words: str
    guests: str
    slice_us: int

    @property
    def boot(self) -> Boot:
        return Boot(make=(f"GUESTS={self.guests}", f"SLICE_US={self.slice_us}", "TRACE=1"))

    def __str__(self) -> str:
        return f"{self.words}, with slices of {self.slice_us} us"



def _places() -> list[Place]:
    """The slices depend on the observer's sources, so no table of values fits them."""
    folder = "lab06-guests/open/guests"
    sources = [path.read_bytes() for base in (KIT, KIT / "solutions")
               for path in sorted((base / folder).rglob("*.[chS]"))]
    drawn = zlib.crc32(b"".join(sources)).to_bytes(4, "big")
    machines = (("next to a hog", f"{OBSERVER} hog"),
                ("next to a hog that ends early", f"{OBSERVER} brief_hog"),
                ("next to punctual_ticks", f"{OBSERVER} punctual_ticks"),
                ("among three hogs", f"hog {OBSERVER} hog hog"),
                ("alone", OBSERVER))
    return [Place(words, guests, 150 + (zlib.crc32(drawn + bytes([n])) % 101))
            for n, (words, guests) in enumerate(machines)]


PLACES = _places()
FIRST, *OTHERS = (place.boot for place in PLACES)


@dataclass(frozen=True)
class Absence:
    """The observer did not have the CPU, in us, and why its turn had ended."""

    start: float
    end: float
    why: str

    @property
    def length(self) -> float:
        return self.end - self.start


@dataclass(frozen=True)
class Seen:
    """What the observer logged in a boot, and what the trace shows."""

    evidence: Evidence
    vm: int
    guests: Sequence[str]

    @cached_property
    def logged(self) -> dict[str, int]:
        return mailbox(self.evidence.run.text, self.vm)

    @cached_property
    def hertz(self) -> int:
        state = self.evidence.run.state("last")
        return state["CNTFRQ_EL0"] if state else 0

    @cached_property
    def schedule(self) -> Schedule:
        """Its time 0 is that of CNTVCT_EL0 but for a few us: EL2 has just made the VMs."""
        state = self.evidence.run.state("last")
        assert state
        names = symbols(self.evidence.image.read_bytes())
        return schedule(*entries(state, names), self.hertz)

    @property
    def figures(self) -> Figures:
        return self.schedule.of(self.vm)

    @property
    def window(self) -> tuple[float, float]:
        start, end = (self.logged[key] * 1e6 / self.hertz for key in WINDOW)
        return start, end

    @property
    def absences(self) -> list[Absence]:
        turns = self.figures.turns
        return [Absence(turn.end, later.start, turn.why) for turn, later in zip(turns, turns[1:])]

    @property
    def in_window(self) -> list[Absence]:
        start, end = self.window
        parts = [replace(absence, start=max(absence.start, start), end=min(absence.end, end))
                 for absence in self.absences]
        return [absence for absence in parts if absence.length > 0]

    @property
    def delays(self) -> list[tuple[float, float]]:
        """How late the observer gets each interrupt of its timer: the least and the most.

        EL2 makes it pending and resumes the observer, unless its slice ends at that moment.
        """
        found = []
        turns = self.figures.turns
        for irq in self.figures.handed:
            resumes = [turn.start for turn in turns if turn.start > irq.time]
            is_cut = any(turn.why == SLICE and irq.time <= turn.end < irq.time + MOMENT_US
                         for turn in turns)
            latest = resumes[0] if is_cut and resumes else irq.time
            found.append((irq.latency, latest - irq.due))
        return found

    def is_loss(self, absence: Absence) -> bool:
        """True if another guest had the CPU."""
        return any(turn.vcpu != self.vm and turn.start < absence.end and absence.start < turn.end
                   for turn in self.schedule.turns)


def everywhere(test: Callable[[Seen], str]) -> Callable[[Evidence], str]:
    """A rule about each boot of the observer: the first that it does not hold for."""

    def first_wrong(evidence: Evidence) -> str:
        for place, each in zip(PLACES, (evidence, *evidence.also)):
            numbers = vms(each.run.text).get(OBSERVER)
            wrong = test(Seen(each, numbers[0], place.guests.split())) if numbers else str(each.run)
            if wrong:
                return f"{place}: {wrong}"
        return ""

    return first_wrong


def _ends(seen: Seen) -> str:
    """The observer ends in time and has logged everything, and its neighbours end as usual."""
    run = seen.evidence.run
    wrong = _wrong_end(seen, seen.vm)
    if wrong:
        return wrong
    if not run.state("last"):
        return str(run)
    if seen.schedule.lost:
        return "EL2's trace is too small for all interrupts of this run"
    turns = seen.figures.turns
    if not turns:
        return f"EL2's trace has no turn of {OBSERVER}"
    end = turns[-1].end
    if end > LIMIT_US:
        return f"{OBSERVER} ends after {end / 1000:.1f} ms, the limit is {LIMIT_US // 1000} ms"
    missing = [key for key in (*WINDOW, *MEASURED) if key not in seen.logged]
    if missing:
        return f"the mailbox of {OBSERVER} has no {missing[0]!r}"
    start, stop = seen.window
    if start < turns[0].start or stop > end or stop - start < SHORTEST_US:
        return (f"{OBSERVER} ran until {end / 1000:.1f} ms and logs a window from"
                f" {start / 1000:.1f} to {stop / 1000:.1f} ms")
    for name, numbers in vms(run.text).items():
        for vm in numbers if name in LAST_LINES else ():
            said = lines_of(run.text, vm)[-1:]
            wrong = _wrong_end(seen, vm)
            if wrong or said != [LAST_LINES[name]]:
                return wrong or f"vm{vm} is disturbed: {''.join(said) or 'it prints nothing'}"
    return _absent(seen) or switches_off(seen.evidence)


def _absent(seen: Seen) -> str:
    """The neighbours ran in the window, each until its end."""
    start, end = seen.window
    for vm, name in enumerate(seen.guests):
        turns = seen.schedule.of(vm).turns
        until = min(end, turns[-1].end) if turns and turns[-1].why == STOP else end
        count = sum(turn.end > start and turn.start < until for turn in turns)
        expected = int((until - start) / TURN_EVERY_US) - TURNS_OFF
        if vm != seen.vm and count < expected:
            return (f"vm{vm} {name} has {count} turns in the window, not {expected} or more:"
                    " the observer must share the machine")
    return ""


def _wrong_end(seen: Seen, vm: int) -> str:
    stop = stops(seen.evidence.run.text).get(vm)
    if not stop:
        return f"vm{vm} did not end; {seen.evidence.run}"
    return "" if "PSCI SYSTEM_OFF" in stop.why else f"vm{vm} was stopped: {stop.why}"


def ends_and_measures(evidence: Evidence) -> str:
    """All boots end well, and their values differ."""
    wrong = everywhere(_ends)(evidence)
    if wrong:
        return wrong
    found = set()
    for each in (evidence, *evidence.also):
        box = mailbox(each.run.text, vms(each.run.text)[OBSERVER][0])
        found.add(tuple(box[key] for key in MEASURED))
    return "" if len(found) > 1 else "the values are the same in all boots, which differ"


def _counts(seen: Seen) -> str:
    """Losses and slice."""
    losses = sum(map(seen.is_loss, seen.in_window))
    logged = seen.logged["losses"]
    if abs(logged - losses) > LOSSES_OFF:
        return f"{OBSERVER} logs losses = {logged}, the trace shows {losses}"
    lengths = [turn.length for turn in seen.figures.turns if turn.why == SLICE]
    if not lengths:
        return "no turn was ended by its slice"
    length, logged = median(lengths), seen.logged["slice us"]
    if abs(logged - length) > length * SLICE_PERCENT / 100:
        return f"{OBSERVER} logs slice us = {logged}, in the trace a slice has {length:.0f} us"
    return ""


def _stolen(seen: Seen) -> str:
    start, end = seen.window
    stolen = sum(absence.length for absence in seen.in_window)
    logged = seen.logged["stolen us"]
    if abs(logged - stolen) <= (end - start) * STOLEN_PERCENT / 100:
        return ""
    return (f"{OBSERVER} logs stolen us = {logged} in a window of {end - start:.0f} us, the trace"
            f" shows {stolen:.0f} us")


def _delay(seen: Seen) -> str:
    """The worst delay of an interrupt, if there were enough of them to know it."""
    delays, logged = seen.delays, seen.logged["delay us"]
    if len(delays) < INTERRUPTS:
        return f"{OBSERVER} gets {len(delays)} interrupts of its timer, {INTERRUPTS} are needed"
    least, most = max(least for least, _ in delays), max(most for _, most in delays)
    # It wanted the CPU then: it did not wait.
    longest = max((each.length for each in seen.absences if each.why == SLICE), default=0.0)
    if most < longest / 2:
        return (f"others have the CPU for up to {longest:.0f} us, and no interrupt is later than"
                f" {most:.0f} us: set deadlines that pass in that time")
    if least - DELAY_OFF_US <= logged <= most + DELAY_OFF_US:
        return ""
    worst = least if logged < least else most
    return f"{OBSERVER} logs delay us = {logged}, in the trace the worst is {worst:.0f} us"


WATCH = Watch(at_end=True, registers=("CNTFRQ_EL0",))


def _measured(name: str, points: int, title: str, test: Callable[[Evidence], str], wanted: str,
              hint: str, needs: str = "") -> Check:
    return extra(Check(f"lab06.7.{name}", points, title, test=test, wanted=wanted, hint=hint,
                       boot=FIRST, also=tuple(OTHERS)), needs)


CHECKS: list[Check] = [
    _measured(
        "ends", 2, "The observer ends in time, logs its values, and disturbs no other guest",
        ends_and_measures,
        f"in each boot all keys, a window of {SHORTEST_US // 1000} ms or more, PSCI SYSTEM_OFF"
        f" within {LIMIT_US // 1000} ms, and the other guests as usual",
        "Run that boot, with its GUESTS and SLICE_US, and read the [mailbox] and [trap] lines of"
        " the observer's VM. Return from os_main() when everything is logged.",
    ),
    _measured(
        "turns", 3, "The observer finds how often another guest ran, and the length of a slice",
        everywhere(_counts),
        f"losses: as in the trace, or {LOSSES_OFF} more or less; slice us: within"
        f" {SLICE_PERCENT}%",
        "A slice also ends if no other guest is ready: no loss, but EL2 takes some time. Several"
        " turns of others in a row are one loss, and may be shorter than a slice. The first turn"
        " in the window is cut off.",
        needs="lab06.7.ends",
    ),
    _measured(
        "stolen", 3, "The observer finds how much of its window others had the CPU",
        everywhere(_stolen),
        f"stolen us: right to {STOLEN_PERCENT}% of the window",
        "CNTVCT_EL0 also counts while others run. A turn of another guest may have any length, so"
        " add up what you observe, also at the end of the window.",
        needs="lab06.7.ends",
    ),
    _measured(
        "delay", 2, "The observer finds the worst delay of its timer interrupts",
        everywhere(_delay),
        f"delay us: right to {DELAY_OFF_US} us, of {INTERRUPTS} interrupts or more",
        "Read the counter first in os_exception(), and compare it with the deadline of that"
        " interrupt. Keep the most, not the last. Deadlines must also pass while others run.",
        needs="lab06.7.ends",
    ),
]
