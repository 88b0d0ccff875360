# SPDX-License-Identifier: MIT
"""Lines of a trace: numbered, with repetitions folded, and only those that are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..core.kit import GraderError
from ..model.syndrome import (
    BRK64, DABT_LOWER, DABT_SAME, HVC64, IABT_LOWER, IABT_SAME, SMC64, SVC64, SYSREG, WFX, Syndrome,
)  # fmt: skip
from ..qemu.exception_log import Taken

LONGEST = 4  # lines of a group that repeats
KINDS = {"IRQ": "irq", "FIQ": "fiq", "SError": "serror", "Virtual IRQ": "virq"}
CLASSES = {HVC64: "hvc", SMC64: "smc", SVC64: "svc", WFX: "wfx", SYSREG: "sysreg", BRK64: "brk",
           DABT_LOWER: "abort", DABT_SAME: "abort", IABT_LOWER: "abort", IABT_SAME: "abort"}
OTHER = "other"
NAMES = tuple(dict.fromkeys((*KINDS.values(), *CLASSES.values(), OTHER)))


def name_of(taken: Taken) -> str:
    """Return the name of an exception in ONLY=."""
    if taken.psci:
        return "smc"
    if taken.kind in KINDS:
        return KINDS[taken.kind]
    return CLASSES.get(Syndrome(taken.registers.get("ESR", 0)).ec, OTHER)


def asked_names(text: str) -> frozenset[str]:
    """Return the names in ONLY=irq,hvc; empty for all."""
    names = text.replace(",", " ").split()
    for name in names:
        if name not in NAMES:
            raise GraderError(f"ONLY={text}: there are {', '.join(NAMES)}")
    return frozenset(names)


def asked_vm(text: str, there: Iterable[int]) -> str:
    """Return "vm1" for VM=1; empty for all."""
    known = [str(number) for number in there]
    if text and text not in known:
        raise GraderError(f"VM={text}: " + (f"this stage has VMs {', '.join(known)}" if known
                                            else "this stage has no VM"))
    return f"vm{text}" if text else ""


def numbered(lines: Iterable[str]) -> Iterator[str]:
    """Number the lines; fold those that repeat."""
    return folded(list(enumerate(lines, 1)))


def folded(entries: Sequence[tuple[int, str]]) -> Iterator[str]:
    """Yield numbered lines, and after a group of lines how often it comes again."""
    at = 0
    while at < len(entries):
        size, times = repetition(entries, at)
        for number, text in entries[at : at + size]:
            yield f"{number:6}  {text}"
        if times > 1:
            what = "the same" if size == 1 else f"these {size}"
            yield f"{'':8}{what} {times - 1} more times"
        at += size * times


def repetition(entries: Sequence[tuple[int, str]], at: int) -> tuple[int, int]:
    """Return how many lines from `at` on repeat, and how often they are there in a row.

    A group of several lines must come three times, or folding would hide more than it saves.
    """
    for size in range(1, LONGEST + 1):
        group = [text for _, text in entries[at : at + size]]
        times, end = 1, at + size
        while [text for _, text in entries[end : end + size]] == group:
            times, end = times + 1, end + size
        if times > (1 if size == 1 else 2):
            return size, times
    return 1, 1
