# SPDX-License-Identifier: MIT
"""What the checks of lab 5 look for. Each rule returns what is wrong, or nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from ...model.layout import layout_of, options_of
from ...qemu.boot import Run
from ...qemu.exception_log import moves
from ..check import Evidence
from ..transcript import STOP, Turns, idle, lines_of, schedule, stops, vms

# GUESTS_5 of common/make/labs.mk, in the order of the VMs.
GUESTS = (
    "hog hog sums signer sgis sgis hog sleeper sleeper pattern pattern signer signer ticks ticks"
).split()

# A line of pattern names its first difference; the last line counts all of them.
DIFFERENCE = re.compile(r"pattern: (\S.*) is (0x[0-9a-f]+), was (0x[0-9a-f]+)")
VERDICT = re.compile(r"pattern: \d+ registers and FP, enough rounds: (\S+), (\d+) differences")
KEYS = re.compile(r"AP..KEY(LO|HI)_EL1")
VGIC = re.compile(r"icc_.*|a pending interrupt")
TIMER = re.compile(r"cntv_.*")
FP = re.compile(r"FP state")

SLEEPS, SLEEP_US = 20, 1300  # sleeper/main.c
# Alone, a sleeper is awake for less than 1 ms of these 26 ms, also without optimisation.
IDLE_US = 20_000
TURNS = 1000
INTERRUPTED_TURNS = 20  # of 300 of the two hogs

# The same scenes with guests of the grader in some slots: see grader/guests/.
OTHER_GUESTS = (
    "hog hog long_sleeper_far long_sleeper_masked sgis sgis long_sleeper_off punctual_ticks"
    " sleeper pattern pattern late_ticks punctual_ticks ticks edge_irqs"
).split()
# Why the timer of each cannot fire.
LONG_SLEEPERS = {
    "long_sleeper_far": "it fires centuries from now",
    "long_sleeper_masked": "it is masked",
    "long_sleeper_off": "it is off",
}


def vms_of(guest: str, guests: Sequence[str] = GUESTS) -> list[int]:
    """Return the numbers of the VMs that run a guest."""
    return [vm for vm, name in enumerate(guests) if name == guest]


HOGS = vms_of("hog")[:2]  # of the first scene
LAST_SCENE = range(GUESTS.index("pattern"), len(GUESTS))
SLEEPERS, PATTERNS = vms_of("sleeper"), vms_of("pattern")


def all_guests_ended(evidence: Evidence) -> str:
    """Each guest ran to its end and switched itself off."""
    text = evidence.run.text
    loaded = {vm: name for name, numbers in vms(text).items() for vm in numbers}
    if loaded != dict(enumerate(GUESTS)):
        return str(evidence.run)
    ended = stops(text)
    for vm, name in enumerate(GUESTS):
        if vm not in ended:
            return f"vm{vm}, {name}, did not end"
        if "PSCI SYSTEM_OFF" not in ended[vm].why:
            return f"vm{vm}, {name}, was stopped: {ended[vm].why}"
    counts = Counter(match.group(1) for match in STOP.finditer(text))
    for number, count in counts.items():
        if count > 1:
            return f"vm{number} was stopped {count} times"
    return ""


def endless_sleepers_are_stopped(evidence: Evidence) -> str:
    """EL2 stops a guest that waits for a timer that is off, masked or centuries away."""
    for name, timer in LONG_SLEEPERS.items():
        (vm,) = vms_of(name, OTHER_GUESTS)
        said, stop = lines_of(evidence.run.text, vm), stops(evidence.run.text).get(vm)
        if any("cannot fire" in line for line in said):
            return f"vm{vm} was woken by its timer, although {timer}"
        if not stop or "asleep forever" not in stop.why:
            return (f"vm{vm} was stopped: {stop.why}" if stop
                    else f"vm{vm}, {name}, did not end; {evidence.run}")
    return ""


def no_difference(concerns: Callable[[str], bool]) -> Callable[[Evidence], str]:
    """The pattern guests ran to their end and found no difference in what `concerns` selects."""

    def test(evidence: Evidence) -> str:
        for vm in PATTERNS:
            said = lines_of(evidence.run.text, vm)
            for match in filter(None, map(DIFFERENCE.fullmatch, said)):
                name, now, before = match.groups()
                if concerns(name):
                    return f"vm{vm}: {name} is {now}, was {before}"
            verdict = next(filter(None, map(VERDICT.fullmatch, said)), None)
            if not verdict:
                return f"vm{vm}, pattern, did not run to its end; {evidence.run}"
            if verdict.group(1) != "yes":
                return f"vm{vm}: {verdict.group(0)}"
        return ""

    return test


def is_el1(name: str) -> bool:
    return not any(kind.fullmatch(name) for kind in (KEYS, VGIC, TIMER, FP))


def turns_of(evidence: Evidence, *wanted: int) -> list[Turns]:
    """The lines of these VMs in the schedule summary; empty if one is missing."""
    rows = schedule(evidence.run.text)
    return [rows[vm] for vm in wanted] if all(vm in rows for vm in wanted) else []


def hogs_share(evidence: Evidence) -> str:
    """Two hogs that started together had the same number of turns, plus or minus one."""
    rows = turns_of(evidence, *HOGS)
    if not rows:
        return str(evidence.run)
    first, second = rows
    if abs(first.turns - second.turns) > 1:
        return f"vm{first.vm} had {first.turns} turns, vm{second.vm} {second.turns}"
    longer, shorter = max(first.us, second.us), min(first.us, second.us)
    if shorter * 10 < longer * 9:
        return f"vm{first.vm} ran for {first.us} us, vm{second.vm} for {second.us} us"
    return ""


def in_turn(run: Run, image: Path, vms: Sequence[int]) -> str:
    """These guests are interrupted in turn, and each is next entered where it was interrupted."""
    layout = layout_of(image)
    slots = {vm: layout.slot(vm) for vm in vms}
    left: dict[int, int] = {}  # where each guest was interrupted
    last, turns = -1, 0
    for kind, pc in moves(run.exceptions):
        vm = next((vm for vm, slot in slots.items() if pc in slot), -1)
        if vm < 0:
            continue
        if kind == "irq":
            turns += last not in (-1, vm)
            left[vm], last = pc, vm
        elif (at := left.pop(vm, pc)) != pc:
            return f"vm{vm} was interrupted at 0x{at:x} and entered again at 0x{pc:x}"
    if turns < INTERRUPTED_TURNS:
        names = ", ".join(f"vm{vm}" for vm in vms)
        return f"only {turns} times one of {names} was interrupted after another one was"
    return ""


def hogs_resume(evidence: Evidence) -> str:
    """Guests that never trap are interrupted in turn, and continue where they were interrupted."""
    return in_turn(evidence.run, evidence.image, HOGS)


def slices_end_turns(evidence: Evidence) -> str:
    """A guest that never traps still loses the core at the end of each slice."""
    rows = turns_of(evidence, *HOGS)
    for row in rows:
        if row.turns < 20 or row.by_slice < row.turns - 2:
            return f"vm{row.vm} hog: {row.turns} turns, ended by slice {row.by_slice}"
    return "" if rows else str(evidence.run)


def turns_last_a_slice(evidence: Evidence) -> str:
    """No turn is cut short by a timer that still fires, or much longer than SLICE_US."""
    slice_us = options_of(evidence.image)["CONFIG_SLICE_US"]
    rows = turns_of(evidence, *HOGS)
    for row in rows:
        if not row.turns * slice_us // 2 <= row.us <= row.turns * slice_us * 2:
            return f"vm{row.vm} hog: {row.turns} turns in {row.us} us, slices of {slice_us} us"
    return "" if rows else str(evidence.run)


def sleepers_wait(evidence: Evidence) -> str:
    """A sleeper's turns end by WFI, once for each sleep: EL2 does not poll it."""
    rows = turns_of(evidence, *SLEEPERS)
    for row in rows:
        if row.by_slice + row.by_wait > row.turns:
            return (f"vm{row.vm} sleeper: {row.turns} turns, but ended by slice {row.by_slice}, by"
                    f" wait {row.by_wait}")
        if row.by_wait < SLEEPS:
            return f"vm{row.vm} sleeper: {SLEEPS} sleeps, {row.by_wait} turns ended by wait"
        if row.turns > 10 * SLEEPS:
            return f"vm{row.vm} sleeper: {SLEEPS} sleeps, but {row.turns} turns"
    return "" if rows else str(evidence.run)


def many_turns(evidence: Evidence) -> str:
    """The states were switched often enough for the guests' tests to mean something."""
    rows = turns_of(evidence, *range(len(GUESTS)))
    if not rows:
        return str(evidence.run)
    total = sum(row.turns for row in rows)
    return "" if total > TURNS else f"{total} turns in all"


def idle_is_a_wait(evidence: Evidence) -> str:
    """While the only guest slept, EL2 waited, and did not poll."""
    seen = idle(evidence.run.text)
    if not seen:
        return str(evidence.run)
    times, us = seen
    if us < IDLE_US:
        return f"idle for {us} us of {SLEEPS * SLEEP_US}"
    return "" if SLEEPS <= times <= 10 * SLEEPS else f"idle {times} times for {SLEEPS} sleeps"


def no_bad_access(evidence: Evidence) -> str:
    """QEMU splits an unaligned word into bytes and logs those that hit no register."""
    bad = next((event for event in evidence.executed if event.startswith("bad gicr")), None)
    if bad:
        return (f"an access at offset {bad.partition('+')[2]} of the redistributor, which has no"
                " register there")
    reached = any("gicr" in event for event in evidence.executed)
    return "" if reached else f"the redistributor was not set up; {evidence.run}"
