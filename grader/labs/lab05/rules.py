# SPDX-License-Identifier: MIT
"""What the checks of lab 5 look for: each rule says what is wrong, or nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from ...model.layout import options_of
from ..check import Evidence
from ..transcript import STOP, Turns, idle, lines_of, schedule, stops, vms

# labs.mk, GUESTS_5: the number is the VM's.
GUESTS = (
    "hog hog sums signer sgis sgis hog sleeper sleeper pattern pattern signer signer ticks ticks"
).split()
HOGS, SLEEPERS, PATTERNS = (0, 1), (7, 8), (9, 10)

# pattern: the first difference, by name; then the number of all.
DIFFERENCE = re.compile(r"pattern: (\S.*) is (0x[0-9a-f]+), was (0x[0-9a-f]+)")
VERDICT = re.compile(r"pattern: \d+ registers and FP, enough rounds: (\S+), (\d+) differences")
KEYS = re.compile(r"AP..KEY(LO|HI)_EL1")
VGIC = re.compile(r"icc_.*|a pending interrupt")
TIMER = re.compile(r"cntv_.*")
FP = re.compile(r"FP state")

SLEEPS, SLEEP_US = 20, 1300  # sleeper.c
# Of these 26 ms the sleeper alone is awake for less than 1 ms, unoptimised too.
IDLE_US = 20_000
TURNS = 1000

# Shorter slices; and in some slots guests of grader/guests: rival differs from the pattern
# guests where those are equal, nappers sleep long and at last for ever, bells ring slowly.
OTHERS = {2: "napper", 3: "napper", 6: "napper", 7: "bell", 11: "bell", 12: "bell", 14: "rival"}
NAPPERS = [vm for vm, name in OTHERS.items() if name == "napper"]


def everybody_ended(evidence: Evidence) -> str:
    """Each guest went to its end and switched itself off."""
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
    for vm, count in Counter(match.group(1) for match in STOP.finditer(text)).items():
        if count > 1:
            return f"vm{vm} was stopped {count} times"
    return ""


def sleep_for_ever(evidence: Evidence) -> str:
    """A timer that is off, masked or centuries away wakes nobody: EL2 stops who waits for it."""
    why = ("it is centuries away", "it is masked", "it is off")
    for vm, timer in zip(NAPPERS, why):
        said, stop = lines_of(evidence.run.text, vm), stops(evidence.run.text).get(vm)
        if any("cannot fire" in line for line in said):
            return f"vm{vm} was woken by its timer, although {timer}"
        if not stop or "asleep for ever" not in stop.why:
            return f"vm{vm} was stopped: {stop.why}" if stop else f"vm{vm}, napper, did not end; {evidence.run}"
    return ""


def no_difference(concerns: Callable[[str], bool]) -> Callable[[Evidence], str]:
    """The pattern guests came to an end, and found nothing changed that concerns us."""

    def test(evidence: Evidence) -> str:
        for vm in PATTERNS:
            said = lines_of(evidence.run.text, vm)
            for match in filter(None, map(DIFFERENCE.fullmatch, said)):
                name, now, before = match.groups()
                if concerns(name):
                    return f"vm{vm}: {name} is {now}, was {before}"
            verdict = next(filter(None, map(VERDICT.fullmatch, said)), None)
            if not verdict:
                return f"vm{vm}, pattern, did not come to its end; {evidence.run}"
            if verdict.group(1) != "yes":
                return f"vm{vm}: {verdict.group(0)}"
        return ""

    return test


def is_el1(name: str) -> bool:
    return not any(kind.fullmatch(name) for kind in (KEYS, VGIC, TIMER, FP))


def turns_of(evidence: Evidence, *wanted: int) -> list[Turns]:
    """What the schedule summary says of some VMs; empty if it is not all there."""
    rows = schedule(evidence.run.text)
    return [rows[vm] for vm in wanted] if all(vm in rows for vm in wanted) else []


def hogs_share(evidence: Evidence) -> str:
    """Two hogs that began together had as many turns, give or take one."""
    rows = turns_of(evidence, 0, 1)
    if not rows:
        return str(evidence.run)
    first, second = rows
    if abs(first.turns - second.turns) > 1:
        return f"vm0 had {first.turns} turns, vm1 {second.turns}"
    longer, shorter = max(first.us, second.us), min(first.us, second.us)
    if shorter * 10 < longer * 9:
        return f"vm0 ran for {first.us} us, vm1 for {second.us} us"
    return ""


def slices_end_turns(evidence: Evidence) -> str:
    """A guest that never traps loses the core all the same, turn by turn."""
    rows = turns_of(evidence, *HOGS)
    for row in rows:
        if row.turns < 20 or row.by_slice < row.turns - 2:
            return f"vm{row.vm} hog: {row.turns} turns, ended by slice {row.by_slice}"
    return "" if rows else str(evidence.run)


def turns_last_a_slice(evidence: Evidence) -> str:
    """Neither cut short by a timer that still fires, nor much longer than asked for."""
    slice_us = options_of(evidence.image)["CONFIG_SLICE_US"]
    rows = turns_of(evidence, *HOGS)
    for row in rows:
        if not row.turns * slice_us // 2 <= row.us <= row.turns * slice_us * 2:
            return f"vm{row.vm} hog: {row.turns} turns in {row.us} us, slices of {slice_us} us"
    return "" if rows else str(evidence.run)


def sleepers_wait(evidence: Evidence) -> str:
    """A sleeper's turns end by WFI, once a sleep; it is not polled."""
    rows = turns_of(evidence, *SLEEPERS)
    for row in rows:
        if row.by_slice + row.by_wait > row.turns:
            return f"vm{row.vm} sleeper: {row.turns} turns, but ended by slice {row.by_slice}, by wait {row.by_wait}"
        if row.by_wait < SLEEPS:
            return f"vm{row.vm} sleeper: {SLEEPS} sleeps, {row.by_wait} turns ended by wait"
        if row.turns > 10 * SLEEPS:
            return f"vm{row.vm} sleeper: {SLEEPS} sleeps, but {row.turns} turns"
    return "" if rows else str(evidence.run)


def many_turns(evidence: Evidence) -> str:
    """The states were switched often enough for the probes to mean something."""
    rows = turns_of(evidence, *range(len(GUESTS)))
    if not rows:
        return str(evidence.run)
    total = sum(row.turns for row in rows)
    return "" if total > TURNS else f"{total} turns in all"


def idle_is_a_wait(evidence: Evidence) -> str:
    """While the sleeper alone slept, EL2 waited: long, and not by asking again and again."""
    seen = idle(evidence.run.text)
    if not seen:
        return str(evidence.run)
    times, us = seen
    if us < IDLE_US:
        return f"idle for {us} us of {SLEEPS * SLEEP_US}"
    return "" if SLEEPS <= times <= 10 * SLEEPS else f"idle {times} times for {SLEEPS} sleeps"


def no_bad_access(evidence: Evidence) -> str:
    """QEMU splits an unaligned word into bytes, and says which have no register."""
    bad = next((event for event in evidence.trace if event.startswith("bad gicr")), None)
    if bad:
        return f"an access at offset {bad.partition('+')[2]} of the redistributor, where there is no register"
    reached = any("gicr" in event for event in evidence.trace)
    return "" if reached else f"the redistributor was not set up; {evidence.run}"
