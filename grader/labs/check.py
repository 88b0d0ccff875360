# SPDX-License-Identifier: MIT
"""What a check is, and what its result is.

A check is a statement about a stage. Most are markers: a line of the transcript. The others are
functions of the evidence of a boot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Optional, Union

from ..core.kit import LAB_DIRS
from ..qemu.boot import Run


# Machines whose highest exception level is another than EL2.
MACHINES = {
    1: "virt,virtualization=off,gic-version=3",
    3: "virt,secure=on,virtualization=on,gic-version=3",
}


@dataclass(frozen=True)
class Boot:
    """A configuration to boot; by default the usual one."""

    smp: Optional[int] = None  # cores, all of which enter
    memory: Optional[str] = None  # "2G"
    level: int = 2  # the exception level at which the machine enters, its highest
    junk: bool = False  # in .bss and in control registers at entry: qemu/preamble.py
    poison_ram: bool = False  # in the guests' memory at entry, instead of zeros
    make: tuple[str, ...] = ()  # variables of a separate build: ("GUARD_PAGES=8",)
    options: tuple[str, ...] = ()  # more options for QEMU
    logged: bool = False  # executed one instruction at a time, and logged: qemu/instruction_log.py
    scripted: bool = False  # runs the scripts of the lab's contracts: contract.py
    probed: bool = False  # stopped for the lab's probes: probe.py
    times: int = 1  # boots of one image, one after the other
    # Guests in which the first instruction of a function is replaced, or each of an instruction:
    # ("4-counter_os", "fp_fill", BRK), ("0-counter_os", WFI, NOP).
    patches: tuple[tuple[str, Union[str, int], int], ...] = ()

    def qemu_options(self) -> list[str]:
        options: list[str] = []
        if self.smp:
            options += ["-smp", str(self.smp)]
        if self.memory:
            options += ["-m", self.memory]
        if self.level != 2:
            options += ["-M", MACHINES[self.level]]
        return [*options, *self.options]

    def __str__(self) -> str:
        words = [*self.make, *self.qemu_options()]
        if self.junk:
            words.append("with junk in .bss and in control registers")
        if self.poison_ram:
            words.append("with the guests' memory poisoned")
        if self.logged:
            words.append("with its instructions logged")
        if self.scripted:
            words.append("with the grader's scripts")
        if self.probed:
            words.append("with its functions called one by one")
        if self.times > 1:
            words.append(f"{self.times} times")
        for guest, old, word in self.patches:
            place = f"at {old}()" if isinstance(old, str) else f"0x{word:x} for each 0x{old:x}"
            words.append(f"with a replaced instruction, {place}, in {guest}")
        return " ".join(words) or "as usual"


@dataclass(frozen=True)
class Evidence:
    """What a check may look at: a boot of a stage and its image."""

    run: Run
    image: Path
    again: tuple[Run, ...] = ()  # the other runs of several
    inspected: Optional[Run] = None  # another run, with the machine stopped and read
    executed: tuple[str, ...] = ()  # executed instructions, by the names of qemu/instruction_log.py
    contracts: Mapping[str, str] = field(default_factory=dict)  # the fault of each: contract.py
    probes: Mapping[str, str] = field(default_factory=dict)  # the fault that each found: probe.py
    usual: Optional[Run] = None  # the usual boot of the same stage
    also: tuple[Evidence, ...] = ()  # of the other boots that the check looks at


# Start and end of a piece of a transcript.
Span = tuple[int, int]

# The test of a check returns what is wrong; nothing if all is right.
Test = Callable[[Evidence], Optional[str]]


class NotReached(str):
    """A test's verdict that its evidence does not exist, because another check's did not."""


@dataclass(frozen=True)
class Check:
    """One row of a lab's table.

    A marker is a `line` (a template, see grading/markers.py) or, where that is not enough,
    a `pattern` (a regular expression for whole lines). Markers of one boot must
    appear in the order of the table, and each counts once.
    """

    id: str  # "lab01.4.banner": lab, task, name
    points: int
    title: str  # a sentence
    hint: str  # the usual mistake
    line: str = ""
    pattern: str = ""
    test: Optional[Test] = None
    wanted: str = ""  # for people; by default the marker's line
    anywhere: bool = False  # out of order
    once: bool = False  # a second one is wrong
    forbidden: bool = False  # must not appear
    needs: str = ""  # another check, without which this one proves nothing
    boot: Boot = Boot()
    also: tuple[Boot, ...] = ()  # more boots, for a test: Evidence.also
    section: str = ""  # of the handout, if it is not the task's
    machine: bool = False  # the test looks at Evidence.inspected, as its run
    exceptions: bool = False  # the test reads QEMU's log of exceptions
    proof: bool = True  # False if a stub passes it too, or if one slip in a done task fails it
    for_task: bool = True  # False if a few lines pass it: a proof of its own points only
    extra: bool = False  # of an open task: its points are not of the lab's 100

    @property
    def boots(self) -> tuple[Boot, ...]:
        return (self.boot, *self.also)

    @property
    def task(self) -> str:
        return self.id.rpartition(".")[0]

    @property
    def handout_task(self) -> str:
        """The task whose mistake it shows: that of `section`, if it names one."""
        name = self.section.removeprefix("task-")
        return f"lab{self.lab:02}.{name}" if name.isdigit() else self.task

    @property
    def lab(self) -> int:
        return int(self.id[3:5])

    @property
    def handout(self) -> str:
        section = self.section or f"task-{self.task.partition('.')[2]}"
        return f"{LAB_DIRS[self.lab]}/README.md#{section}"

    @property
    def is_marker(self) -> bool:
        return self.test is None

    @property
    def proves(self) -> bool:
        """True if it reads the machine or its log, or calls functions with random inputs."""
        looks = self.machine or self.exceptions or self.boot.scripted or self.boot.probed
        return looks and self.proof

    @property
    def in_order(self) -> bool:
        return self.is_marker and not (self.anywhere or self.forbidden)


class Outcome(Enum):
    """The outcome of a check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not reached"  # an earlier line is missing, which explains it
    NOT_JUDGED = "not judged"  # the grader itself failed


@dataclass(frozen=True)
class Result:
    """A check and its outcome, with what was seen if it failed.

    `place` is in the transcript of its boot: the line in question, or an empty span where a line
    should have been.
    """

    check: Check
    outcome: Outcome
    seen: str = ""
    hint: str = ""  # if a better one than the check's is known
    place: Optional[Span] = None
    solved: int = 0  # the last lab that was taken from solutions/
    details: str = ""  # about an error of the grader

    @property
    def points(self) -> int:
        return self.check.points if self.outcome is Outcome.PASSED else 0
