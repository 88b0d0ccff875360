# SPDX-License-Identifier: MIT
"""What the functions of lab 5 promise, tested without a guest: grader/qemu/driver/lab05.c.

The scripts act as the guest: they acknowledge and end interrupts in the list registers, set
its timer, and let EL2 handle exits that rarely happen on QEMU. QEMU does not trap a WFI while
a virtual interrupt is signalled, and its timer lines never go down late.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from ...model.vcpu import BLOCKED
from ...qemu.call_script import EVENT, Argument, Call, Results, Script
from ...qemu.inspection import EL1_CONTEXT
from ...qemu.inspection import KEYS as KEY_NAMES
from ..contract import Case, Contract, Judge

PENDING, ACTIVE, STATE = 1 << 62, 2 << 62, 3 << 62
HW, GROUP1, PRIORITY = 1 << 61, 1 << 60, 0xA0 << 48
VINTID = 0xFFFF_FFFF
SOFTWARE = GROUP1 | PRIORITY  # of a list register, without state and INTID
PPI_HYP_TIMER, PPI_VTIMER, SPURIOUS = 26, 27, 1023
TIMER = SOFTWARE | HW | PPI_VTIMER << 32 | PPI_VTIMER
VENG1, VPMR = 1 << 1, 24
OPEN = VENG1 | 0xF8 << VPMR  # ICH_VMCR_EL2 of a guest that takes every interrupt
UIE, EN = 1 << 1, 1
ENABLE, IMASK = 1, 2
RESULTS = ("TRAP_RESUME", "TRAP_RESCHEDULE", "TRAP_STOP")
RESUME, RESCHEDULE = 0, 1
NEVER = (1 << 64) - 1
HORIZON_US = 3600 * 1_000_000
SOON = 10**10  # ticks: minutes away at any counter frequency, and within the horizon


def _stage(script: Script) -> None:
    script.about = "gic_init(), vgic_init() and sched_init()"
    script.call("lab05_start")


def begin(script: Script, lr0: int = 0, lr1: int = 0, lr2: int = 0, vmcr: int = OPEN,
          waiting: int = 0) -> None:
    script.call("lab05_quiet")
    script.call("lab05_vgic", lr0, lr1, lr2, vmcr, waiting)


def _event(results: Results, call: Call, number: int = 0) -> tuple[int, ...]:
    return results[call].of_kind(EVENT)[number]


def _state_name(lr: int) -> str:
    return ("invalid", "pending", "active", "active and pending")[lr >> 62]


def _intids(mask: int) -> str:
    return ", ".join(str(n) for n in range(64) if mask >> n & 1) or "none"


# Parts of a context


@dataclass(frozen=True)
class Part:
    """One of context_parts in context.c, with its registers in the order of driver/lab05.c."""

    number: int
    name: str
    registers: tuple[str, ...]

    def __str__(self) -> str:
        return f"save() and load() of context_parts[{self.number}], {self.name}"


EL1 = Part(0, "EL1", (*EL1_CONTEXT, "ELR_EL2", "SPSR_EL2"))
FP = Part(1, "FP", (*(f"the {half} half of Q{n}" for n in range(32) for half in ("low", "high")),
                    "FPCR", "FPSR"))
KEYS = Part(2, "keys", tuple(KEY_NAMES))


@dataclass(frozen=True)
class PartMoves(Case):
    """Save two sets of drawn values to a context each, then load both over other values."""

    part: Part
    sets: tuple[tuple[int, ...], ...]
    marks: tuple[int, ...]  # fill the contexts before, outside the part too

    def write(self, script: Script) -> Judge:
        script.about, part = str(self.part), self.part.number

        def fill(words: Iterable[int]) -> Call:
            script.call("lab05_fill", part, script.words(*words))
            return script.call("lab05_registers", part)

        for number, mark in enumerate(self.marks):
            script.call("lab05_mark", number, mark)
        held, loaded = [], []
        for number, words in enumerate(self.sets):
            held.append(fill(words))
            script.call("lab05_save", part, number)
        for number, words in enumerate(self.sets):
            fill(~word for word in words)
            script.call("lab05_load", part, number)
            loaded.append(script.call("lab05_registers", part))
        outside = [script.call("lab05_outside", part, number, mark)
                   for number, mark in enumerate(self.marks)]

        def judge(results: Results) -> str:
            for before, after in zip(held, loaded):
                for name, was, now in zip(self.part.registers, _event(results, before),
                                          _event(results, after)):
                    if was != now:
                        return (f"{self.part}: {name} was 0x{was:x} when saved and is 0x{now:x}"
                                " after the load")
            for call in outside:
                if changed := results[call].of_kind(EVENT):
                    at, word = changed[0]
                    return (f"{self.part}: the word at 0x{at:x} of a struct context, outside the"
                            f" part, becomes 0x{word:x}")
            return ""

        return judge


def _draw_part(part: Part) -> Callable[[random.Random], Iterator[Case]]:
    def draw(rng: random.Random) -> Iterator[Case]:
        def numbers(count: int) -> tuple[int, ...]:
            return tuple(rng.getrandbits(64) for _ in range(count))

        for _ in range(4):
            yield PartMoves(part, (numbers(len(part.registers)), numbers(len(part.registers))),
                            numbers(2))

    return draw


def _fp_on(script: Script) -> None:
    script.about = "fp_enable()"
    script.call("fp_enable")


# EL2's timer


@dataclass(frozen=True)
class SliceTimer(Case):
    """slice_at() some ticks from now, then slice_stop(), with the timer in some state before."""

    ticks: int
    ctl: int

    DELAY = 200  # ticks: the deadline may be set as a distance, from a later value of the counter

    def __str__(self) -> str:
        return f"with CNTHP_CTL_EL2 0x{self.ctl:x} before"

    def write(self, script: Script) -> Judge:
        script.about = f"slice_at() and slice_stop() {self}"
        script.call("lab05_slice", NEVER >> 1, self.ctl)
        now = script.call("lab05_now")
        script.call("slice_at", now + self.ticks)
        on = script.call("lab05_slice_seen")
        script.call("slice_stop")
        off = script.call("lab05_slice_seen")

        def judge(results: Results) -> str:
            deadline = results[now].x0 + self.ticks & NEVER
            (cval, ctl), (_, stopped) = _event(results, on), _event(results, off)
            if ctl & (ENABLE | IMASK) != ENABLE:
                return f"slice_at() {self} leaves 0x{ctl:x} there, not ENABLE without IMASK"
            if not 0 <= cval - deadline <= self.DELAY:
                return f"slice_at(0x{deadline:x}): CNTHP_CVAL_EL2 is 0x{cval:x}"
            if stopped & (ENABLE | IMASK) == ENABLE:
                return (f"slice_stop() leaves CNTHP_CTL_EL2 0x{stopped:x}: the line goes up at the"
                        " deadline")
            return ""

        return judge


def _draw_slices(rng: random.Random) -> Iterator[Case]:
    for ctl in (0, ENABLE, IMASK, ENABLE | IMASK):
        for ticks in (-1, 0, rng.randrange(1, 1 << 12), rng.randrange(1 << 12, 1 << 30), 1 << 36):
            yield SliceTimer(ticks, ctl)


# List registers


@dataclass(frozen=True)
class Lists(Case):
    """Software interrupts: raised, acknowledged and ended by the guest, refilled."""

    lr0: int
    steps: tuple[tuple[str, int], ...]

    CALLS = {
        "raise": ("lab05_inject", "vgic_inject({})"),
        "take": ("lab05_acknowledge", "the guest takes {}"),
        "end": ("lab05_end", "the guest ends {}"),
        "refill": ("lab05_vgic_refill", "vgic_refill()"),
    }

    def __str__(self) -> str:
        return "; ".join(self.CALLS[what][1].format(intid) for what, intid in self.steps)

    def write(self, script: Script) -> Judge:
        script.about = str(self)
        begin(script, self.lr0)
        calls = []
        for what, intid in self.steps:
            done = script.call(self.CALLS[what][0], intid)
            calls.append((done, script.call("lab05_lists")))

        def judge(results: Results) -> str:
            model: tuple[set[int], set[int]] = (set(), set())
            for at, (done, lists) in enumerate(calls):
                self.follow(model, *self.steps[at], bool(results[done].x0 & 0xFF))
                fault = self.fault(model, self.steps[at][0], _event(results, lists))
                if fault:
                    return f"{Lists(self.lr0, self.steps[: at + 1])}: {fault}"
            return ""

        return judge

    def follow(self, model: tuple[set[int], set[int]], what: str, intid: int, taken: bool) -> None:
        """Update the sets of pending and active INTIDs."""
        pending, active = model
        if what == "raise":
            pending.add(intid)
        elif what == "take" and taken:
            pending.discard(intid)
            active.add(intid)
        elif what == "end":
            active.discard(intid)

    def fault(self, model: tuple[set[int], set[int]], what: str, seen: tuple[int, ...]) -> str:
        lr0, *lists, waiting, control = seen
        used = [(n, lr) for n, lr in enumerate(lists, 1) if lr & STATE]
        if len({lr & VINTID for _, lr in used}) < len(used):
            return f"INTID {used[0][1] & VINTID} is in both list registers"
        if lr0 != self.lr0:
            return f"list register 0, the timer's, is 0x{lr0:x}"
        for n, lr in used:
            if lr & ~(STATE | VINTID) != SOFTWARE:
                return (f"list register {n} is 0x{lr:x}, not 0x{SOFTWARE:x} (group 1, priority"
                        " 0xa0, no HW) with state and INTID")
            if waiting >> (lr & VINTID) & 1 and lr & PENDING:
                return f"INTID {lr & VINTID} is pending in list register {n} and also waits for one"
        pending = {lr & VINTID
                   for _, lr in used if lr & PENDING} | {n for n in range(32) if waiting >> n & 1}
        active = {lr & VINTID for _, lr in used if lr & ACTIVE}
        for name, now, wanted in (("active", active, model[1]), ("pending", pending, model[0])):
            if now != wanted:
                gone, more = sorted(wanted - now), sorted(now - wanted)
                return (f"INTID {gone[0]} is not {name} any more" if gone
                        else f"INTID {more[0]} is {name}")
        if what not in ("raise", "refill"):
            return ""
        for n, lr in used:
            if waiting >> (lr & VINTID) & 1:
                return (f"INTID {lr & VINTID} waits, but it is active in list register {n} and"
                        " could be pending there")
        if waiting and len(used) < len(lists):
            return f"INTID {_intids(waiting)} waits while a list register is free"
        if not control & EN or bool(control & UIE) != bool(waiting):
            return f"ICH_HCR_EL2 is 0x{control:x} while INTID {_intids(waiting)} waits"
        return ""

    def simpler(self) -> Iterable[Case]:
        for at in range(len(self.steps)):
            yield Lists(self.lr0, self.steps[:at] + self.steps[at + 1 :])
        for at, (what, intid) in enumerate(self.steps):
            if intid > 2 and (what, intid - 1):
                yield Lists(self.lr0, tuple((w, i - 1 if i == intid else i) for w, i in self.steps))


def _draw_lists(rng: random.Random) -> Iterator[Case]:
    for _ in range(60):
        few = rng.sample(range(16), rng.choice((2, 3, 3, 4, 6)))
        steps = []
        for _ in range(rng.randrange(3, 14)):
            what = rng.choice(("raise", "raise", "raise", "take", "take", "end", "refill"))
            steps.append((what, rng.choice(few)))
        yield Lists(rng.choice((0, TIMER | PENDING, TIMER | ACTIVE)), tuple(steps))


@dataclass(frozen=True)
class TimerList(Case):
    """vgic_timer() with the other list registers in use."""

    lr1: int

    def write(self, script: Script) -> Judge:
        script.about = "vgic_timer()"
        begin(script, 0, self.lr1)
        script.call("vgic_timer")
        seen = script.call("lab05_lists")

        def judge(results: Results) -> str:
            lr0, lr1, lr2, *_ = _event(results, seen)
            if lr0 != TIMER | PENDING:
                return (f"vgic_timer(): list register 0 is 0x{lr0:x}, not 0x{TIMER | PENDING:x}:"
                        " pending, HW, both INTIDs 27")
            return "" if (lr1, lr2) == (self.lr1,
                                        0) else "vgic_timer() changes list register 1 or 2"

        return judge


@dataclass(frozen=True)
class Wakes(Case):
    """vgic_wakes() by group enable, priority mask and interrupts."""

    lists: tuple[int, int, int]
    enabled: bool
    mask: int
    waiting: int = 0

    def __str__(self) -> str:
        states = ", ".join(_state_name(lr) for lr in self.lists)
        return (f"VENG1 {int(self.enabled)}, VPMR 0x{self.mask:x}, list registers {states},"
                f" waiting: {_intids(self.waiting)}")

    @property
    def wakes(self) -> bool:
        there = self.waiting or any(lr & PENDING for lr in self.lists)
        return bool(self.enabled and self.mask > 0xA0 and there)

    def set_up(self, script: Script) -> None:
        begin(script, *self.lists, self.enabled * VENG1 | self.mask << VPMR, self.waiting)

    def write(self, script: Script) -> Judge:
        script.about = f"vgic_wakes() with {self}"
        self.set_up(script)
        call = script.call("lab05_wakes")

        def judge(results: Results) -> str:
            wakes = bool(results[call].x0 & 0xFF)
            return ("" if wakes == self.wakes
                    else f"vgic_wakes() is {str(wakes).lower()} with {self}")

        return judge


def _draw_masks(rng: random.Random) -> Iterator[Wakes]:
    """Each pending interrupt alone, with priority masks around its priority."""
    alone = [tuple(lr | TIMER if n == 0 else lr | SOFTWARE | n for n, lr in enumerate(states))
             for states in ((PENDING, 0, 0), (0, PENDING, 0), (0, 0, PENDING),
                            (ACTIVE, ACTIVE, ACTIVE), (0, ACTIVE, 0))]
    for lists, enabled, mask in product(alone, (True, False), (0, 0x98, 0xA0, 0xA8, 0xF8)):
        first, second, third = (lr if lr & STATE else 0 for lr in lists)
        yield Wakes((first, second, third), enabled, mask)
    for waiting, enabled, mask in product((1, 1 << 15), (True, False), (0xA0, 0xA8)):
        active = (0, ACTIVE | SOFTWARE | 3, ACTIVE | SOFTWARE | 4)
        yield Wakes(active, enabled, mask, waiting)
        yield Wakes((0, 0, 0), enabled, mask, waiting)
    yield Wakes((0, 0, 0), True, 0xF8)


# Time


@dataclass(frozen=True)
class Timer:
    """CNTV_CVAL_EL0, CNTV_CTL_EL0, CNTVOFF_EL2."""

    cval: int
    ctl: int = ENABLE
    offset: int = 0

    def __str__(self) -> str:
        return f"CNTV_CTL 0x{self.ctl:x}, CVAL 0x{self.cval:x}, CNTVOFF 0x{self.offset:x}"

    def set_up(self, script: Script) -> None:
        script.call("lab05_timer", self.cval, self.ctl, self.offset)

    def deadline(self, now: int, horizon: int) -> int:
        """The deadline in physical time; `now` if it has passed."""
        if self.ctl & (ENABLE | IMASK) != ENABLE:
            return NEVER
        if self.cval <= now - self.offset:
            return now
        return NEVER if self.cval - (now - self.offset) > horizon else self.cval + self.offset


@dataclass(frozen=True)
class Deadline(Case):
    """vtimer_deadline(now), with a CVAL that is `more` plus CNTVCT, CNTVCT + horizon, or 0.

    `now` is the real time, so ISTATUS of the timer agrees with it.
    """

    start: str
    more: int
    ctl: int = ENABLE
    offset: int = 0

    def write(self, script: Script) -> Judge:
        script.about = (f"vtimer_deadline() with CVAL {self.start} + {self.more}, CNTV_CTL"
                        f" 0x{self.ctl:x}, CNTVOFF 0x{self.offset:x}")
        script.call("lab05_quiet")
        horizon = script.call("counter_ticks", HORIZON_US)
        more: Argument = self.more & NEVER
        if self.start == "horizon":
            more = horizon + self.more
        call = script.call("lab05_deadline", more, self.start != "0", self.ctl, self.offset)

        def judge(results: Results) -> str:
            cval, now, seen, after = _event(results, call)
            timer = Timer(cval, self.ctl, self.offset)
            wanted = timer.deadline(now, results[horizon].x0)
            if seen == wanted or seen <= wanted == now:
                return ""
            if seen <= now <= wanted <= after:  # it has passed meanwhile
                return ""
            words = "VTIMER_NEVER" if wanted == NEVER else f"0x{wanted:x}"
            return f"vtimer_deadline(0x{now:x}) is 0x{seen:x}, not {words}, with {timer}"

        return judge

    def simpler(self) -> Iterable[Case]:
        if self.offset:
            yield Deadline(self.start, self.more, self.ctl)


def _draw_deadlines(rng: random.Random) -> Iterator[Case]:
    for offset in (0, 1000):
        for ctl, more in product((0, ENABLE, IMASK, ENABLE | IMASK),
                                 (-1, rng.randrange(1 << 13, 1 << 20))):
            yield Deadline("now", more, ctl, offset)
        for more in (0, 1, 1 << 60, 1 << 63, (1 << 63) + 1, 3 << 62):
            yield Deadline("now", more, ENABLE, offset)
        # QEMU 7.2's timer fires again and again if CVAL + CNTVOFF wraps.
        for cval in (0, 1 << 63, NEVER - offset):
            yield Deadline("0", cval, ENABLE, offset)
        for more in (-1, 0, 1):
            yield Deadline("horizon", more, ENABLE, offset)


@dataclass(frozen=True)
class Fires(Case):
    timer: Timer

    def write(self, script: Script) -> Judge:
        script.about = f"vtimer_fires() with {self.timer}"
        script.call("lab05_quiet")
        self.timer.set_up(script)
        call = script.call("vtimer_fires")

        def judge(results: Results) -> str:
            wanted = self.timer.ctl == ENABLE and self.timer.cval == 0
            fires = bool(results[call].x0 & 0xFF)
            return ("" if fires == wanted
                    else f"vtimer_fires() is {str(fires).lower()} with {self.timer}")

        return judge


def _draw_fires(rng: random.Random) -> Iterator[Case]:
    for ctl, cval in product((0, ENABLE, IMASK, ENABLE | IMASK), (0, SOON)):
        yield Fires(Timer(cval, ctl))


# Exits


@dataclass(frozen=True)
class Wait(Case):
    """A trapped WFI or WFE."""

    what: str
    there: Wakes
    timer: Timer

    def __str__(self) -> str:
        return f"{self.what} with {self.there}, {self.timer}"

    def write(self, script: Script) -> Judge:
        script.about = str(self)
        self.there.set_up(script)
        self.timer.set_up(script)
        call = script.call("lab05_wait", ("WFI", "WFE").index(self.what), 0x5555)

        def judge(results: Results) -> str:
            result, state, wake_at, count, skipped, before, after = _event(results, call)
            done = self.there.wakes or self.timer.deadline(before, NEVER) == before
            blocks = self.what == "WFI" and not done
            wanted = RESUME if self.what == "WFI" and done else RESCHEDULE
            deadline = self.timer.deadline(before, NEVER) if blocks else 0
            if result != wanted:
                return (f"{self}: {RESULTS[result & 0xFF]}, not {RESULTS[wanted]}" if result < 3
                        else f"{self}: 0x{result:x}")
            if bool(state == BLOCKED) != blocks:
                return f"{self}: the vCPU is {'not ' if blocks else ''}blocked"
            if blocks and wake_at != deadline:
                return f"{self}: wake_at is 0x{wake_at:x}, not 0x{deadline:x}"
            if count != blocks:
                return f"{self}: ended_by_wait rises by {count}"
            return "" if skipped == 4 else f"{self}: ELR_EL2 moves by {skipped}"

        return judge


def _draw_waits(rng: random.Random) -> Iterator[Case]:
    nothing = Wakes((0, 0, 0), True, 0xF8)
    past, future, off = Timer(0), Timer(SOON), Timer(0, 0)
    for timer in (past, future, off, Timer(SOON - 1000, ENABLE, 1000), Timer(0, ENABLE | IMASK)):
        yield Wait("WFI", nothing, timer)
        yield Wait("WFE", nothing, timer)
    for there in rng.sample(list(_draw_masks(rng)), 30):
        yield Wait("WFI", there, rng.choice((future, future, off, past)))


@dataclass(frozen=True)
class SliceEnds(Case):
    """CNTHP interrupts a guest twice."""

    def write(self, script: Script) -> Judge:
        script.about = "an interrupt of CNTHP"
        begin(script)
        exits = []
        for _ in range(2):
            expired = script.call("lab05_expire")
            exits.append((expired, script.call("lab05_interrupt", 0)))

        def judge(results: Results) -> str:
            for count, (expired, call) in enumerate(exits, 1):
                if (pending := results[expired].x0) != PPI_HYP_TIMER:
                    first = "for the first time" if count == 1 else "again"
                    return (f"CNTHP expires {first}, and the pending interrupt is {pending}, not"
                            f" {PPI_HYP_TIMER}")
                result, ended, _, active, then = _event(results, call)
                if result & 0xFF != RESCHEDULE:
                    return f"an interrupt of CNTHP: {RESULTS[result & 3]}, not TRAP_RESCHEDULE"
                if ended != count:
                    return f"{count} interrupts of CNTHP: ended_by_slice is {ended}"
                if active >> PPI_HYP_TIMER & 1:
                    return "after an interrupt of CNTHP PPI 26 is still active"
                if then != SPURIOUS:
                    return (f"after an interrupt of CNTHP, interrupt {then} is pending: its line is"
                            " still up")
            return ""

        return judge


@dataclass(frozen=True)
class TimerComes(Case):
    """PPI 27 from a timer that fires or from a line that went down late; then another interrupt."""

    timer: Timer

    def __str__(self) -> str:
        return f"PPI 27 with {self.timer}"

    @property
    def fires(self) -> bool:
        return self.timer.ctl == ENABLE and not self.timer.cval

    def write(self, script: Script) -> Judge:
        script.about = str(self)
        begin(script)
        self.timer.set_up(script)
        if not self.fires:
            script.call("lab05_pend", PPI_VTIMER)
        first = script.call("lab05_interrupt", 1)

        def judge(results: Results) -> str:
            result, ended, lr0, active, then = _event(results, first)
            if result & 0xFF != RESUME or ended:
                return (f"{self}: {RESULTS[result & 3]}, ended_by_slice {ended}; the turn must"
                        " continue")
            if lr0 != (TIMER | PENDING if self.fires else 0):
                return f"{self}: list register 0 is 0x{lr0:x}"
            if bool(active >> PPI_VTIMER & 1) != self.fires:
                return f"{self}: after it the PPI is {'not ' if self.fires else 'still '}active"
            return (
                ""
                if then == PPI_HYP_TIMER
                else f"{self}: then CNTHP expires, and interrupt {then} is pending: was the"
                     " priority dropped?"
            )

        return judge


def _draw_timer_exits(rng: random.Random) -> Iterator[Case]:
    for timer in (Timer(0), Timer(SOON), Timer(0, 0), Timer(0, ENABLE | IMASK)):
        yield TimerComes(timer)


# The switch

NAMES = ("ICH_LR0", "ICH_LR1", "ICH_LR2", "ICH_AP1R0", "ICH_AP0R0", "ICH_VMCR",
         "CNTV_CVAL", "CNTV_CTL", "CNTVOFF")  # fmt: skip
FIELDS = ("vgic.lr[0]", "vgic.lr[1]", "vgic.lr[2]", "vgic.ap1r0", "vgic.ap0r0", "vgic.vmcr",
          "vtimer.cval", "vtimer.ctl", "vtimer.offset")  # fmt: skip
VGIC, VTIMER = range(6), range(6, 9)


@dataclass(frozen=True)
class Move(Case):
    """context_switch() between vCPUs with different register values."""

    mine: tuple[int, ...]
    others: tuple[int, ...]
    waiting: int
    part: range

    def write(self, script: Script) -> Judge:
        script.about = "context_switch()"
        script.call("lab05_quiet")
        call = script.call("lab05_move", script.words(*self.mine), script.words(*self.others),
                           self.waiting)

        def judge(results: Results) -> str:
            held, saved, given, loaded, (active, control) = results[call].of_kind(EVENT)
            for n in self.part:
                if saved[n] != held[n]:
                    return (f"context_switch() saves 0x{saved[n]:x} as {FIELDS[n]}; {NAMES[n]} was"
                            f" 0x{held[n]:x}")
                if loaded[n] != given[n]:
                    return (f"context_switch() leaves 0x{loaded[n]:x} in {NAMES[n]}; {FIELDS[n]} is"
                            f" 0x{given[n]:x}")
            wanted = bool(given[0] & STATE)
            if self.part is VGIC and bool(active) != wanted:
                was, will = _state_name(held[0]), _state_name(given[0])
                is_active = "active" if active else "not active"
                return (
                    f"context_switch() from list register 0 {was} to {will}: PPI 27 is {is_active}")
            if self.part is VGIC and control != (EN | UIE if self.waiting else EN):
                return (f"context_switch() to a vCPU for which INTID {_intids(self.waiting)} waits:"
                        f" ICH_HCR_EL2 is 0x{control:x}")
            return ""

        return judge


def _draw_words(rng: random.Random) -> tuple[int, ...]:
    def software() -> int:
        return rng.randrange(4) << 62 | SOFTWARE | rng.randrange(16)

    lr0 = rng.choice((0, TIMER | PENDING, TIMER | ACTIVE))
    vmcr = rng.choice((0, VENG1)) | rng.randrange(32) << VPMR + 3 | rng.randrange(
        3, 8) << 21 | rng.randrange(3, 8) << 18
    timer = (rng.randrange(1 << 40), rng.choice((0, ENABLE, IMASK, ENABLE | IMASK)),
             rng.randrange(1 << 20))
    return (lr0, software(), software(), 1 << rng.randrange(16, 24), 1 << rng.randrange(8, 16),
            vmcr, *timer)


def _draw_moves(part: range) -> Callable[[random.Random], Iterator[Case]]:
    def draw(rng: random.Random) -> Iterator[Case]:
        for _ in range(16):
            yield Move(_draw_words(rng), _draw_words(rng), rng.choice((0, 1 << 7)), part)

    return draw


EL1_MOVES = Contract("lab05.1.moves", lambda rng: [*_draw_part(EL1)(rng)])
FP_MOVES = Contract("lab05.2.moves", lambda rng: [*_draw_part(FP)(rng)], _fp_on)
KEYS_MOVE = Contract("lab05.3.moves", lambda rng: [*_draw_part(KEYS)(rng)])
SLICE_TIMER = Contract("lab05.5.timer", lambda rng: [*_draw_slices(rng)])
SLICE_ENDS = Contract("lab05.6.slice_ends", lambda rng: [SliceEnds()], _stage)
LISTS = Contract("lab05.7.lists", lambda rng: [*_draw_lists(rng)], _stage)
TIMER_LIST = Contract("lab05.7.timer_list",
                      lambda rng: [TimerList(0), TimerList(SOFTWARE | PENDING | 3)], _stage)
WAKES = Contract("lab05.7.wakes", lambda rng: [*_draw_masks(rng)], _stage)
MOVES = Contract("lab05.7.moves", lambda rng: [*_draw_moves(VGIC)(rng)], _stage)
DEADLINES = Contract("lab05.8.deadlines", lambda rng: [*_draw_deadlines(rng), *_draw_fires(rng)],
                     _stage)
WAITS = Contract("lab05.8.wfi", lambda rng: [*_draw_waits(rng)], _stage)
TIMER_EXITS = Contract("lab05.8.ppi27", lambda rng: [*_draw_timer_exits(rng)], _stage)
TIMER_MOVES = Contract("lab05.8.moves", lambda rng: [*_draw_moves(VTIMER)(rng)], _stage)
# In the order of the tasks: a script ends at an open hole.
CONTRACTS = (EL1_MOVES, FP_MOVES, KEYS_MOVE, SLICE_TIMER, SLICE_ENDS, LISTS, TIMER_LIST, WAKES,
             MOVES, DEADLINES, WAITS, TIMER_EXITS, TIMER_MOVES)
