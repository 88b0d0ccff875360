# SPDX-License-Identifier: MIT
"""The open task of lab 4: a PL031 real-time clock for each VM, compared with a model of it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Optional, Union

from ...qemu.call_script import Call, Results, Script
from ..check import Check
from ..contract import Case, Contract, Judge
from ..contract_checks import kept
from ..open_tasks import extra
from ..table_model import E_EXISTS

IPA, SIZE = 0x0901_0000, 0x1000
DR, MR, LR, CR, IMSC, RIS, MIS, ICR = range(0, 0x20, 4)
NAMES = {DR: "RTCDR", MR: "RTCMR", LR: "RTCLR", CR: "RTCCR", IMSC: "RTCIMSC", RIS: "RTCRIS",
         MIS: "RTCMIS", ICR: "RTCICR"}  # fmt: skip
ID = dict(zip(range(0xFE0, SIZE, 4), (0x31, 0x10, 0x04, 0x00, 0x0D, 0xF0, 0x05, 0xB1)))
ID_NAMES = {at: f"RTC{'PCell' if at & 0x10 else 'Periph'}ID{at // 4 % 4}" for at in ID}
HOLES = (0x020, 0x1C0, 0x7F8, 0xFDC, DR + 1, MR + 2, LR + 1, 0xFE2)
TURN = 1 << 32  # RTCDR has 32 bits

# Not the rate of QEMU's counter: a device must not have that in its code.
HZ = 54_000_000
START = 12 * HZ + 3 * HZ // 10
LEAD = 7 * HZ + HZ // 2  # of the second now() function
LAST = (1 << 64) - 1 - LEAD  # the largest time of the first one
NO_APERTURE = (1 << 64) - 1  # in x1 of an access: lab04_open.c
TWICE = NO_APERTURE - 1
MOST = 500  # instructions of an access


@dataclass(frozen=True)
class Read:
    offset: int
    vm: int = 0
    size: int = 4


@dataclass(frozen=True)
class Write:
    offset: int
    value: int
    vm: int = 0
    size: int = 4


@dataclass(frozen=True)
class Pass:
    """Time passes."""

    ticks: int


@dataclass(frozen=True)
class Create:
    """A new VM in the slot of an earlier one, or a second clock for the same VM."""

    vm: int = 0
    again: bool = False
    second: bool = False  # with the other now()


Step = Union[Read, Write, Pass, Create]


def mask(size: int) -> int:
    return (1 << 8 * size) - 1


def seconds(count: float) -> Pass:
    return Pass(int(count * 10) * HZ // 10)


class Clock:
    """A PL031 after a reset."""

    def __init__(self, lead: int = 0) -> None:
        self.lead = lead
        self.regs = {MR: 0, LR: 0, CR: 0, IMSC: 0, RIS: 0}
        self.time = 0

    def run(self, now: int, ticks: int) -> None:
        passed = (now + self.lead + ticks) // HZ - (now + self.lead) // HZ
        if self.regs[CR] and passed:
            until = (self.regs[MR] - self.time - 1) % TURN + 1
            self.regs[RIS] |= int(passed >= until)
            self.time = (self.time + passed) % TURN

    def read(self, offset: int) -> int:
        if offset == DR:
            return self.time
        if offset == MIS:
            return self.regs[RIS] & self.regs[IMSC]
        return self.regs.get(offset, ID.get(offset, 0))

    def write(self, offset: int, value: int) -> None:
        value %= TURN
        if offset in (MR, LR):
            self.regs[offset] = value
            self.time = value if offset == LR else self.time
            self.regs[RIS] |= int(self.time == self.regs[MR])
        elif offset == CR:
            self.regs[CR] |= value & 1
        elif offset == IMSC:
            self.regs[IMSC] = value & 1
        elif offset == ICR:
            self.regs[RIS] &= ~value & 1


@dataclass(frozen=True)
class Use(Case):
    """New VMs, accesses to their clocks, and time that passes."""

    steps: tuple[Step, ...]
    vms: tuple[int, ...] = (0,)
    most: Optional[int] = None  # instructions of an access

    @property
    def all_steps(self) -> tuple[Step, ...]:
        return (*map(Create, self.vms), *self.steps)

    def write(self, script: Script) -> Judge:
        now = START
        clocks: dict[int, Clock] = {}
        calls: list[tuple[Call, int]] = []  # for each step, with what it returns
        script.about = self.words(1)
        script.call("lab04_time", now, LEAD)
        for at, step in enumerate(self.all_steps, 1):
            script.about = self.words(at)
            value = 0
            if isinstance(step, Pass):
                for clock in clocks.values():
                    clock.run(now, step.ticks)
                now += step.ticks
                call = script.call("lab04_time", now, LEAD)
            elif isinstance(step, Create):
                value = E_EXISTS if step.again else 0
                if not step.again:
                    clocks[step.vm] = Clock(LEAD * step.second)
                call = script.call("lab04_again" if step.again else "lab04_vm", step.vm,
                                   step.second)
            elif isinstance(step, Read):
                value = clocks[step.vm].read(step.offset) & mask(step.size)
                call = script.call("lab04_read", step.vm, step.offset, step.size)
            else:
                clocks[step.vm].write(step.offset, step.value)
                call = script.call("lab04_write", step.vm, step.offset, step.size, step.value)
            calls.append((call, value))
        return lambda results: self.fault(results, calls)

    def fault(self, results: Results, calls: Sequence[tuple[Call, int]]) -> str:
        for at, (step, (call, wanted)) in enumerate(zip(self.all_steps, calls), 1):
            result = results[call]
            wrong = ""
            if isinstance(step, Create) and result.error != wanted:
                wrong = f" returns {result.error}, not {wanted}"
            elif isinstance(step, (Read, Write)):
                found = result.x0 & mask(step.size)
                cost = result.x1
                if step.offset >= SIZE:
                    wrong = ("" if result.x1 == NO_APERTURE else
                             f": the VM has an aperture at 0x{IPA + step.offset:08x}")
                elif result.x1 == NO_APERTURE:
                    wrong = f": the VM has no aperture at 0x{IPA + step.offset:08x}"
                elif isinstance(step, Read) and found != wanted:
                    wrong = f" reads {_number(found)}, not {_number(wanted)}"
                elif self.most is not None and cost == TWICE:
                    wrong = " calls now() more than once"
                elif self.most is not None and cost > self.most:
                    wrong = f" executes {cost} instructions, {self.most} are the limit"
            if wrong:
                return self.words(at) + wrong
        return ""

    def words(self, count: int) -> str:
        """The last of `count` steps, after those before it."""
        *before, last = [self.step_words(step) for step in self.all_steps[:count]]
        before = before[len(self.vms) :]
        more = f"{len(before) - 8} steps and " if before[8:] else ""
        return f"after {more}{', '.join(before[-8:])}: {last}" if before else last

    def step_words(self, step: Step) -> str:
        if isinstance(step, Pass):
            tenths, rest = divmod(step.ticks * 10, HZ)
            return f"{step.ticks} ticks" if rest else f"{tenths / 10:.16g} s"
        if isinstance(step, Create):
            words = f"vrtc_create() for {'the same' if step.again else 'a new'} VM {step.vm}"
            return words + " with another now()" * step.second
        what = {**NAMES, **ID_NAMES}.get(step.offset, f"offset 0x{step.offset:03x}")
        what += f" of VM {step.vm}" if self.vms[1:] else ""
        what += f" ({step.size} byte{'s' * (step.size > 1)})" if step.size != 4 else ""
        return what if isinstance(step, Read) else f"{what} = {_number(step.value)}"

    def simpler(self) -> Iterable[Case]:
        """Without half of the steps, a quarter, one; then with shorter times."""
        count = len(self.steps)
        for size in sorted({max(1, count // part) for part in (2, 4, count or 1)}, reverse=True):
            for first in range(0, count if count > 1 else 0, size):
                yield replace(self, steps=self.steps[:first] + self.steps[first + size :])
        for at, step in enumerate(self.steps):
            if isinstance(step, Pass) and step.ticks not in (HZ, 2 * HZ):
                for other in (seconds(1), seconds(2), Pass(step.ticks // HZ * HZ)):
                    if other != step:
                        yield replace(self, steps=(*self.steps[:at], other, *self.steps[at + 1 :]))


def _number(value: int) -> str:
    return str(value) if value < 10_000 else f"0x{value:x}"


ANY_TIME = (seconds(0.1), seconds(0.5), seconds(0.6), seconds(1), seconds(1), seconds(2),
            seconds(3.7), Pass(1), Pass(HZ - 1), seconds(1000), seconds(TURN - 1), seconds(TURN),
            seconds(TURN + 2), seconds(3 * TURN + 1))


def _any_value(rng: random.Random) -> int:
    """Small, or close to the wrap-around: values meet often."""
    return rng.choice((0, 1, 2, 3, 5, TURN - 1, TURN - 2, rng.randrange(TURN)))


def _any_size(rng: random.Random, offset: int) -> int:
    """Of an aligned access: of 4 bytes where possible, and at times another one."""
    sizes = [size for size in (4, 1, 2, 8) if offset % size == 0]
    return rng.choice((sizes[0], rng.choice(sizes)))


def _steps(rng: random.Random, count: int, writes: Sequence[int], reads: Sequence[int],
           vms: Sequence[int] = (0,)) -> list[Step]:
    steps: list[Step] = []
    for _ in range(count):
        vm, offset = rng.choice(vms), rng.choice(writes)
        each: tuple[Step, ...] = (Write(offset, _any_value(rng), vm),
                                  rng.choice(ANY_TIME), Read(rng.choice(reads), vm))
        steps.append(rng.choice(each))
    return steps


def _draw_registers(rng: random.Random) -> list[Case]:
    plain = (MR, LR, CR, IMSC)
    cases: list[Case] = [Use(tuple(map(Read, ID))),
                         *(Use((Write(each, 1), Create(), Read(each))) for each in plain),
                         Use((Write(MR, 5), Write(LR, 5), Create(), *map(Read, NAMES))),
                         Use((Write(MR, 6 << 32 | 5, size=8), Write(LR, 8 << 32 | 7, size=8),
                              Write(CR, 1), *(Read(each, size=8) for each in (DR, MR, LR, CR)),
                              Read(MR), Read(LR)))]
    for _ in range(12):
        steps: list[Step] = []
        for _ in range(20):
            offset = rng.choice((*plain, *plain, *ID, *HOLES, ICR))
            size = _any_size(rng, offset)
            value = rng.randrange(1 << 8 * size)
            steps.append(Write(offset, value, size=size))
            offset = rng.choice((offset, rng.choice((*plain, *ID, *HOLES, ICR))))
            steps.append(Read(offset, size=_any_size(rng, offset)))
        cases.append(Use(tuple(steps)))
    return cases


def _draw_times(rng: random.Random) -> list[Case]:
    on = Write(CR, 1)
    cases: list[Case] = [
        Use((on, Write(LR, 100), seconds(1000), Read(DR))),
        Use((Write(LR, 100), Read(DR), seconds(5), Read(DR), on, Read(DR), seconds(1), Read(DR))),
        Use((on, Write(LR, TURN - 1), seconds(1), Read(DR), seconds(TURN + 5), Read(DR))),
        Use((on, seconds(0.6), Write(LR, 7), seconds(0.1), Read(DR), Pass(HZ - 1), Read(DR),
             Pass(1), Read(DR), seconds(0.9), Read(DR), Pass(HZ // 10), Read(DR))),
        Use((on, Write(LR, 7), Write(DR, 9), Read(DR), Write(CR, 0), seconds(3), Read(DR))),
        Use((on, Write(LR, 9), Pass(1 << 63), Read(DR), Pass(LAST - START - (1 << 63)), Read(DR))),
    ]
    for count in (6, 6, 12, 12, 24, 24, 60, 60):
        steps = _steps(rng, count, (LR, LR, CR, DR, MR), (DR, DR, DR, LR))
        cases.append(Use((*steps[: count // 3], on, *steps[count // 3 :])))
    return cases


def _draw_matches(rng: random.Random) -> list[Case]:
    on, look = Write(CR, 1), Read(RIS)
    cases: list[Case] = [
        Use((on, Write(MR, 3), seconds(2), look, seconds(1), look, seconds(1), look)),
        Use((on, Write(MR, 3), seconds(5), look, Write(ICR, 1), look, seconds(1), look)),
        Use((on, Write(MR, 3), seconds(3), Write(ICR, 1), look, seconds(TURN), look)),
        Use((on, Write(MR, 3), seconds(5), Write(MR, 9), look)),
        Use((on, Write(MR, 3), seconds(5), Write(LR, 0), look)),
        Use((Write(MR, 3), look, Write(LR, 3), look, Write(ICR, 1), Write(MR, 3), look)),
        Use((on, Write(MR, 2), seconds(2), Read(MIS), Write(IMSC, 1), Read(MIS), look,
             Write(IMSC, 0), Read(MIS), look, Write(RIS, 0), look, Read(ICR))),
        Use((on, Write(MR, 1), Write(IMSC, 1), seconds(1), Read(MIS))),
        Use((Write(LR, 0), Write(ICR, 0), look, Write(ICR, 2), look, Write(ICR, 3), look)),
        Use((Write(LR, 1 << 32 | 5, size=8), Write(MR, 5), look)),
        Use((Write(LR, 5), Write(MR, 1 << 32 | 5, size=8), look)),
        Use((on, Write(MR, 5), seconds(1 << 38), look)),
    ]
    for count in (6, 6, 8, 8, 12, 12, 24, 24, 60, 60, 60, 60):
        steps = _steps(rng, count, (LR, MR, MR, ICR, ICR, IMSC, RIS, MIS), (RIS, RIS, MIS, DR))
        at = rng.randrange(count // 2)
        cases.append(Use((*steps[:at], on, *steps[at:])))
    return cases


def _draw_vms(rng: random.Random) -> list[Case]:
    everyone = tuple(range(16))
    live = (Write(CR, 1, 1), Write(MR, 5, 1))
    cases: list[Case] = [
        Use((*(Write(MR, 100 + vm, vm) for vm in everyone), *(Read(MR, vm) for vm in everyone)),
            everyone),
        Use((*live, *(Create(2),) * 16, Write(MR, 9, 2), Read(MR, 1), seconds(3), Read(DR, 1)),
            (1, 2)),
        Use((Create(2, second=True), *live, Write(CR, 1, 2), seconds(0.6), Read(DR, 1), Read(DR, 2),
             seconds(0.4), Read(DR, 1), Read(DR, 2)), (1, 2)),
        Use((Create(second=True), Create(), Write(CR, 1), seconds(0.2), Read(DR), seconds(0.5),
             Read(DR))),
        Use((Read(SIZE),)),
        Use((Write(MR, 5), Create(again=True), Read(MR))),
        Use((Write(CR, 1), Create(again=True, second=True), seconds(0.2), Read(DR))),
    ]
    for count in (8, 8, 16, 40, 40):
        vms = tuple(rng.sample(range(16), 3))
        on = (Write(CR, 1, vm) for vm in vms[1:])
        steps = _steps(rng, count, (LR, MR, MR, ICR, IMSC, CR), (DR, MR, LR, RIS, MIS, CR), vms)
        look = (Read(each, vm) for vm in vms[1:] for each in NAMES)
        cases.append(Use((*on, *steps, Create(vms[1]), *look), vms))
    return cases


def _draw_costs(_: random.Random) -> list[Case]:
    start: list[Step] = [Write(CR, 1), Write(MR, 5), Write(ICR, 1)]
    accesses: list[Step] = [*map(Read, (*NAMES, 0xFE0, 0xFFC)), *(Write(each, 1) for each in NAMES),
                            Write(LR, TURN - 1), Write(MR, TURN - 1)]
    return [Use((*start, passed, each), most=MOST) for each in accesses
            for passed in (seconds(1), seconds(100), seconds(10**10), Pass(LAST - START))]


def _rate(script: Script) -> None:
    script.about = "vrtc_create()"
    script.call("lab04_rate", HZ)


REGISTERS = Contract("lab04.8.registers", _draw_registers, _rate)
TIMES = Contract("lab04.8.time", _draw_times, _rate)
MATCHES = Contract("lab04.8.match", _draw_matches, _rate)
VMS = Contract("lab04.8.vms", _draw_vms, _rate)
COSTS = Contract("lab04.8.cost", _draw_costs, _rate)
CONTRACTS = (REGISTERS, TIMES, MATCHES, VMS, COSTS)

CHECKS: list[Check] = [
    extra(kept(
        REGISTERS, 2, "The clock identifies itself, and its registers keep what is written",
        "Each case is a new VM in the slot of an earlier one: its registers are 0 but for the"
        " identification. RTCMR, RTCLR, RTCIMSC and RTCCR read back; all other offsets ignore"
        " writes and read as 0.",
        "vuart.c shows an aperture. An access of another size is one to all 32 bits of a register.",
    )),
    extra(kept(
        TIMES, 3, "RTCDR counts the seconds of now() from the value written to RTCLR",
        "A second passes when now() reaches a multiple of CNTFRQ_EL0. The clock stands still until"
        " RTCCR.EN is written as 1, wraps around at 32 bits, and never stops. In these cases now()"
        " starts at 12.3 s.",
        "Divide now() by CNTFRQ_EL0 and keep whole seconds, in 64 bits. Do not loop over them.",
    ), needs=REGISTERS.name),
    extra(kept(
        MATCHES, 3, "RTCRIS is set when RTCDR becomes RTCMR, also between two accesses",
        "And when a write to RTCLR or RTCMR leaves them equal. Bit 0 of a write to RTCICR clears it"
        " until the next such moment. RTCMIS is RTCRIS & RTCIMSC.",
        "First account for the seconds since the last access, in each access that sets or shows"
        " the time, RTCMR, RTCRIS or RTCMIS. If RTCICR or RTCIMSC comes last: only bit 0 of"
        " RTCICR clears RTCRIS, and RTCIMSC changes RTCMIS alone.",
    ), needs=TIMES.name),
    extra(kept(
        VMS, 1, "Each VM has a clock of its own, with its own now()",
        "What one VM writes changes nothing for another. vrtc_create() changes nothing for VMs"
        " with another id, and nothing at all if it fails. The aperture is VRTC_SIZE long.",
        "Keep one device with its now() for each of VM_MAX ids. Initialize it after"
        " aperture_add() has succeeded.",
    ), needs=MATCHES.name),
    extra(kept(
        COSTS, 1, f"An access takes {MOST} instructions at most, however long ago the last one was",
        "Measured for each register after 1, 100, 10^10 seconds, and at the largest now(). An"
        " access calls now() once at most.",
        "Compute what the passed seconds did: do not count them one by one. A second may pass"
        " between two calls of now().",
    ), needs=MATCHES.name),
]
