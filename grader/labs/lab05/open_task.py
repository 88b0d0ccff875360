# SPDX-License-Identifier: MIT
"""The open task of lab 5: a scheduler by shares.

The scheduler is judged by the guests, grader/guests/stopwatch.c: each sees in its counter when
it ran. The time in which EL2 switches belongs to the turn that follows.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ...qemu.call_script import WORDS, Call, Results, Script
from ...qemu.inspection import NS_PER_INSTRUCTION
from ..check import Boot, Check, Evidence
from ..contract import Case, Contract, Judge
from ..contract_checks import kept, scripted
from ..open_tasks import extra
from .checks import SLEEPER
from .rules import all_guests_ended, idle_is_a_wait

VCPUS = 16
GUEST = "stopwatch"
SHARES = scripted("SLOT_PAGES=64", f"GUESTS={' '.join([GUEST] * VCPUS)}")

DEFAULT_SHARE = 100  # shares.h
US = 1000  # nanoseconds, the unit of all times
SLICE = 100 * US  # SLICE_US
COUNTS_OFF = 3
ERROR = 2  # slices by which two vCPUs may be off
MOST = 2000  # instructions of a switch
SWITCH = MOST * NS_PER_INSTRUCTION
LENGTH_US = 30_000
AFTER_EVENT = 1  # stopwatch.h
LAST_LINE = "[boot] stage 5 is complete: power off"


@dataclass(frozen=True)
class Member:
    """A vCPU of a set, and what its guest does."""

    share: int = 0  # 0: sched_set_share() is not called
    new_share: int = 0  # from the event on
    late: bool = False  # created by the event
    work_us: int = 0  # then it sleeps, or yields
    sleep_us: int = 0
    calls: bool = False  # makes the event
    asleep: bool = False  # ends with a WFI that nothing wakes

    @property
    def before(self) -> int:
        return self.share or DEFAULT_SHARE

    @property
    def after(self) -> int:
        return self.new_share or self.before

    def __str__(self) -> str:
        words = str(self.before) if self.share else f"{DEFAULT_SHARE} (never set)"
        if self.asleep:
            return f"{words} (sleeps forever at its end)"
        if self.sleep_us:
            return f"{words} (sleeps {self.sleep_us} us after each {self.work_us} us of work)"
        return f"{words} (yields after each {self.work_us} us)" if self.work_us else words


class Turn(NamedTuple):
    """By the physical counter. `begin` is when the turn before it ended."""

    begin: int
    start: int
    end: int
    vcpu: int
    after: int


class Counted(NamedTuple):
    """By the scheduler, at the end: struct sched_context."""

    turns: int
    ended_by_slice: int
    ended_by_wait: int
    stopped: int


def _counted(results: Results, call: Call) -> list[Counted]:
    return [Counted(*words) for words in results[call].of_kind(WORDS)[1::2]]


def _turns(results: Results, call: Call, count: int) -> list[Turn]:
    runs = results[call].of_kind(WORDS)[::2]
    if len(runs) < count:
        return []
    found = sorted((words[at], words[at + 1], vcpu, words[at + 2])
                   for vcpu, words in enumerate(runs) for at in range(0, len(words), 3))
    ends = [found[0][0], *(end for _, end, _, _ in found)] if found else []
    return [Turn(before, *words) for before, words in zip(ends, found)]


@dataclass(frozen=True)
class Window:
    """A time in which the same vCPUs exist, with the same shares."""

    turns: Sequence[Turn]
    low: float
    high: float
    shares: dict[int, int]  # by vCPU

    def pieces(self) -> Iterator[tuple[float, float, int]]:
        for turn in self.turns:
            low, high = max(turn.begin, self.low), min(turn.end, self.high)
            if low < high:
                yield low, high, turn.vcpu

    def ran(self, vcpu: int) -> float:
        return sum(high - low for low, high, who in self.pieces() if who == vcpu)

    def worst(self, vcpu: int, other: int) -> tuple[float, float, float]:
        """When `vcpu` got most beyond its part of the time of both: how much, from, until."""
        share, rest = self.shares[vcpu], self.shares[other]
        part = {vcpu: rest / (share + rest), other: -share / (share + rest)}
        more, least, since, worst = 0.0, 0.0, self.low, (0.0, self.low, self.low)
        for low, high, who in self.pieces():
            more += (high - low) * part.get(who, 0)
            if more <= least:
                least, since = more, high
            elif more - least > worst[0]:
                worst = more - least, since, high
        return worst


    def awake(self, vcpu: int) -> Iterator[Window]:
        """The parts in which a vCPU that sleeps is runnable."""
        own = [turn for turn in self.turns if turn.vcpu == vcpu]
        since = own[0].begin
        for before, turn in zip(own, own[1:]):
            if turn.after > AFTER_EVENT:
                yield replace(self, low=max(self.low, since), high=min(self.high, before.end))
                since = turn.after
        yield replace(self, low=max(self.low, since), high=min(self.high, own[-1].end))


@dataclass(frozen=True)
class Set(Case):
    """vCPUs that run together. All of them end at about the same time."""

    members: tuple[Member, ...]
    event_us: int = 0

    def write(self, script: Script) -> Judge:
        script.about = f"sched_run() {self}"
        script.call("lab05_open_begin")
        for each in self.members:
            script.call("lab05_open_add", each.share, each.new_share, each.late,
                        LENGTH_US - each.late * self.event_us, each.work_us, each.sleep_us,
                        each.calls * self.event_us, each.asleep)
        run = script.call("lab05_open_run")
        return lambda results: self.fault(_turns(results, run, len(self.members)),
                                          _counted(results, run))

    def fault(self, turns: Sequence[Turn], counted: Sequence[Counted] = ()) -> str:
        if len({turn.vcpu for turn in turns}) < len(self.members):
            return f"{self}, sched_run() returns before each vCPU has run"
        for window in self.windows(turns):
            if words := self.fault_in(window):
                return f"{self}{words}"
        return ""

    def windows(self, turns: Sequence[Turn]) -> list[Window]:
        low, high = turns[0].start, min({turn.vcpu: turn.end for turn in turns}.values())
        before = {n: each.before for n, each in enumerate(self.members) if not each.late}
        after = {n: each.after for n, each in enumerate(self.members)}
        event = next((turn for turn in turns if turn.after == AFTER_EVENT), None)
        if not event:
            return [Window(turns, low, high, before)]
        return [Window(turns, low, min(event.begin, high), before),
                Window(turns, event.start, high, after)]

    def fault_in(self, window: Window) -> str:
        always = [n for n in window.shares if not self.members[n].sleep_us]
        # A vCPU that sleeps may get less than its part.
        for vcpu, other in ((n, m) for n in window.shares for m in always if m != n):
            more, since, until = window.worst(vcpu, other)
            if more > 1.1 * ERROR * SLICE:
                return (self.percent(window) if len(always) == len(self.members) else "") or (
                    self.interval(window, vcpu, other, since, until))
        # But as much as its part while it is awake.
        for vcpu, other in ((n, m) for n in always for m in window.shares if m not in always):
            for awake in window.awake(other):
                more, since, until = awake.worst(vcpu, other)
                if more > 1.1 * ERROR * SLICE:
                    return self.interval(awake, vcpu, other, since, until)
        return next(filter(None, (self.late(window, turn) for turn in window.turns)), "")

    def percent(self, window: Window) -> str:
        """Of the whole time, if the difference is visible there."""
        times = [window.ran(n) for n in window.shares]
        got = [100 * time / sum(times) for time in times]
        due = [100 * share / sum(window.shares.values()) for share in window.shares.values()]
        if all(abs(one - other) < 2 for one, other in zip(got, due)):
            return ""
        return (f" the vCPUs ran {_list([f'{n:.0f}%' for n in got])} of the time;"
                f" {_list([f'{n:.0f}%' for n in due])} were due")

    def interval(self, whole: Window, vcpu: int, other: int, since: float, until: float) -> str:
        window = replace(whole, low=since, high=until)
        got = [window.ran(n) / SLICE for n in (vcpu, other)]
        shares = [window.shares[n] for n in (vcpu, other)]
        due = [sum(got) * share / sum(shares) for share in shares]
        begin = whole.turns[0].start
        return (f", from {_ms(since - begin)} to {_ms(until - begin)} vCPU {vcpu} ran for"
                f" {got[0]:.1f} slices and vCPU {other} for {got[1]:.1f}; {due[0]:.1f} and"
                f" {due[1]:.1f} were due, give or take {ERROR}")

    def late(self, window: Window, turn: Turn) -> str:
        """After its sleep a vCPU runs when the turn that had begun is over, and at most one more
        of each other vCPU."""
        each, waited = self.members[turn.vcpu], turn.start - turn.after
        if turn.after <= AFTER_EVENT or not window.low < turn.after < window.high:
            return ""
        part = window.shares[turn.vcpu] / sum(window.shares.values())
        used = each.work_us / (each.work_us + each.sleep_us)
        if 2 * used > part or waited <= len(self.members) * (SLICE + SWITCH):
            return ""
        return (f", vCPU {turn.vcpu} sleeps until {_ms(turn.after - window.turns[0].start)} and"
                f" runs {waited / SLICE:.1f} slices later; {len(self.members)} are the limit")

    def __str__(self) -> str:
        first = [each for each in self.members if not each.late]
        words = "with shares " + _list([str(each) for each in first])
        for n, each in enumerate(self.members):
            if each.late:
                words += f", and after {_ms(self.event_us * US)} a new vCPU of share {each}"
            elif each.new_share:
                words += (f", and after {_ms(self.event_us * US)} share {each.new_share} for vCPU"
                          f" {n}")
        return words

    def simpler(self) -> Iterable[Case]:
        """Without a vCPU; with a smaller share."""
        for n, each in enumerate(self.members):
            rest = self.members[:n], self.members[n + 1:]
            if len(self.members) > 2 and not each.calls:
                yield replace(self, members=(*rest[0], *rest[1]))
            for share in {1, 2, 3, each.share // 10} & set(range(1, each.share)):
                yield replace(self, members=(*rest[0], replace(each, share=share), *rest[1]))


def _list(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _ms(time: float) -> str:
    return f"{time / US / 1000:.1f} ms"


def _hogs(*shares: int) -> Set:
    return Set(tuple(map(Member, shares)))


def _draw_hogs(rng: random.Random) -> list[Case]:
    cases: list[Case] = [_hogs(1, 2, 3), _hogs(1, 10), _hogs(1, 1), _hogs(0, 50), _hogs(301, 200),
                         Set((Member(100, work_us=30), Member(100)))]
    for count in (2, 3, 4, 5):
        shares = [rng.choice((1, rng.randint(2, 9), rng.randint(10, 1000))) for _ in range(count)]
        cases.append(_hogs(*shares))
    return [*cases, Set((Member(5), Member(3), Member(2, work_us=70)))]


def _draw_sleepers(rng: random.Random) -> list[Case]:
    cases: list[Case] = [
        Set((Member(100, work_us=20, sleep_us=1300), Member(100))),
        Set((Member(100), Member(100, work_us=5000, sleep_us=6000))),
        Set((Member(10), Member(1, work_us=95, sleep_us=5))),
        Set((Member(30), Member(1, work_us=20, sleep_us=3500))),
        Set((Member(5), Member(3), Member(2, work_us=20, sleep_us=800))),
        Set((Member(10, work_us=50, sleep_us=9000), Member(10),
             Member(10, work_us=3000, sleep_us=4000))),
    ]
    for count in (1, 2, 3):
        shares = [rng.randint(1, 40) for _ in range(count)]
        own, work = rng.randint(1, 40), rng.randint(10, 50)
        # EL2's work for it counts too: well below half of its share.
        sleep = 200 + 2 * (work + 40) * (own + sum(shares)) // own
        sleeper = Member(own, work_us=work, sleep_us=sleep)
        cases.append(Set((*map(Member, shares), sleeper)))
    return cases


def _draw_changes(_: random.Random) -> list[Case]:
    return [
        Set((Member(1000, calls=True), Member(1, 1000)), 10_000),
        Set((Member(3, 1, calls=True), Member(1, 3), Member(2)), 15_000),
        Set((Member(100, calls=True), Member(100), Member(late=True)), 10_000),
        Set((Member(20, calls=True), Member(1, late=True), Member(40, late=True)), 15_000),
        # While it sleeps; with a debt; its own, late in its slice; next to a vCPU with a debt.
        Set((Member(100, calls=True), Member(50, 400, work_us=2000, sleep_us=5000)), 8000),
        Set((Member(100, calls=True), Member(1, 1000, work_us=95, sleep_us=4000)), 2000),
        Set((Member(1, 1000, calls=True), Member(100)), 50),
        Set((Member(1000), Member(1), Member(1, calls=True), Member(late=True)), 50),
    ]


@dataclass(frozen=True)
class Turns(Set):
    """What tasks 6 and 8 say about turns."""

    def fault(self, turns: Sequence[Turn], counted: Sequence[Counted] = ()) -> str:
        if {turn.vcpu for turn in turns} != set(range(len(self.members))):
            return f"{self}, sched_run() returns before each vCPU has run"
        if turns[0].vcpu:
            return f"{self}, the first turn is that of vCPU {turns[0].vcpu}, not 0"
        own = [[turn for turn in turns if turn.vcpu == n] for n in range(len(self.members))]
        found = (self.length(n, own[n]) or self.count(n, own[n], counted[n])
                 for n in range(len(self.members)))
        return next((f"{self}, {words}" for words in found if words), "")

    def length(self, vcpu: int, own: Sequence[Turn]) -> str:
        """The first turn and the last one are cut off."""
        for turn in own[1:-1]:
            least = 0 if self.members[vcpu].work_us else 0.95 * SLICE
            if not (turn.end - turn.begin >= least and turn.end - turn.start <= 1.05 * SLICE):
                return (f"a turn of vCPU {vcpu} takes {(turn.end - turn.start) // US} us, and"
                        f" SLICE_US is {SLICE // US}")
        return ""

    def count(self, vcpu: int, own: Sequence[Turn], counted: Counted) -> str:
        sleeps = sum(turn.after > AFTER_EVENT for turn in own) + self.members[vcpu].asleep
        seen = {"turns": len(own), "ended_by_wait": sleeps}
        if not self.members[vcpu].work_us:
            seen["ended_by_slice"] = len(own) - 1
        for name, number in seen.items():
            logged = getattr(counted, name)
            if abs(logged - number) > COUNTS_OFF:
                return f"{name} of vCPU {vcpu} is {logged} at the end, and it had {number}"
        return "" if counted.stopped else f"vCPU {vcpu} is not stopped at the end"


def _draw_turns(_: random.Random) -> list[Case]:
    return [Turns((Member(1), Member(1))), Turns((Member(1), Member(2), Member(3))),
            Turns((Member(10), Member(10, work_us=30))),
            Turns((Member(1), Member(1, work_us=50, sleep_us=1500))),
            Turns((Member(1, asleep=True), Member(2)))]


@dataclass(frozen=True)
class Cost(Set):
    """The instructions from the last one of a guest to the first one of another guest."""

    def fault_in(self, window: Window) -> str:
        within = [turn for turn in window.turns if window.low < turn.end < window.high]
        longest = max((turn.start - before.end for before, turn in zip(within, within[1:])
                     if turn.vcpu != before.vcpu), default=0)
        count = longest // NS_PER_INSTRUCTION
        words = f", a switch takes {count} instructions, {MOST} are the limit"
        return words if count > MOST else ""

    def __str__(self) -> str:
        sleepers = sum(each.sleep_us > 0 for each in self.members)
        return f"with {len(self.members)} vCPUs, {sleepers} of which sleep"

    def simpler(self) -> Iterable[Case]:
        return ()


def _draw_costs(rng: random.Random) -> list[Case]:
    hogs = [Member(rng.randint(1, 1000)) for _ in range(VCPUS)]
    sleepers = [replace(each, work_us=20, sleep_us=2000) for each in hogs]
    return [Cost(tuple(hogs)), Cost((*hogs[:VCPUS // 2], *sleepers[VCPUS // 2:]))]


def _start(script: Script) -> None:
    script.about = "the set-up of the stage, up to sched_init()"
    script.call("lab05_open_start")


PROPORTION = Contract("lab05.9.proportion", _draw_hogs, _start)
SLEEP = Contract("lab05.9.sleep", _draw_sleepers, _start)
CHANGE = Contract("lab05.9.change", _draw_changes, _start)
COST = Contract("lab05.9.cost", _draw_costs, _start)
TURNS = Contract("lab05.9.turns", _draw_turns, _start)
CONTRACTS = (PROPORTION, SLEEP, CHANGE, COST, TURNS)


def _stage_ends(evidence: Evidence) -> str:
    """The usual guests run to their end, those that sleep wake in time, and EL2 can be idle."""
    lines = evidence.run.text.splitlines()
    if LAST_LINE not in lines:
        return str(evidence.run)
    late = next((line for line in lines if "] sleeper: " in line and SLEEPER not in line), "")
    return all_guests_ended(evidence) or late or idle_is_a_wait(evidence)


CHECKS: list[Check] = [
    extra(kept(
        PROPORTION, 4, "Runnable vCPUs get the core in proportion to their shares",
        f"Of the time that two of them get, each gets its part, in any interval, within {ERROR}"
        " slices.",
        "Charge a vCPU for the time that it ran, divided by its share, and run the one that has"
        " been charged least. Charge time, not turns: a turn may end early.",
        boot=SHARES,
    )),
    extra(kept(
        SLEEP, 2, "A vCPU that wakes runs soon, and sleep earns no credit",
        "With n other vCPUs: within n + 1 slices; and never more than its part, within"
        f" {ERROR} slices.",
        "When a vCPU wakes, compare its charge with where the others are now, and take the larger:"
        " sleep earns nothing, and a charge of long ago is no debt any more.",
        boot=SHARES,
    ), needs=PROPORTION.name),
    extra(kept(
        CHANGE, 1, "Shares can change, and vCPUs can be created, while others run",
        "The same proportion from then on.",
        "At a new share the same time ahead is another distance: scale it, also of a vCPU that"
        " sleeps or waits. A new vCPU begins where the others are, not at the largest charge.",
        boot=SHARES,
    ), needs=PROPORTION.name),
    extra(kept(
        COST, 1, f"A switch between two of {VCPUS} vCPUs has a bounded cost",
        f"At most {MOST} instructions from one guest to the next.",
        "A decision looks at each vCPU once, and does not depend on the shares.",
        boot=SHARES,
    ), needs=PROPORTION.name),
    extra(kept(
        TURNS, 1, "Turns begin, end and are counted as in tasks 6 and 8",
        "The first one is vCPU 0's; each ends after SLICE_US, WFI, WFE or a yield; turns,"
        " ended_by_slice and ended_by_wait count; a vCPU that can never wake is stopped.",
        "Take all of this over from your sched.c. WFE only yields.",
        boot=SHARES,
    ), needs=PROPORTION.name),
    extra(Check(
        "lab05.9.stage", 1, "Stage 5 runs to its end with this scheduler",
        "Run it: make run LAB=5 OPEN=1.", test=_stage_ends, wanted=LAST_LINE, boot=Boot(),
    ), needs=PROPORTION.name),
]
