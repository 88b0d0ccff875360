# SPDX-License-Identifier: MIT
"""What the log of exceptions must show of the two hogs of lab 5."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.labs.check import Evidence
from grader.labs.lab05.rules import hogs_resume
from grader.qemu.boot import Ending, Run

HOG_0, HOG_1 = 0x4100_0000, 0x4140_4000


def irq(pc: int) -> str:
    return ("Taking exception 5 [IRQ] on CPU 0\n...from EL1 to EL2\n...with ESR 0x0/0x3800000\n"
            f"...with ELR 0x{pc:x}\n...to EL2 PC 0x40005480 PSTATE 0x3c9\n")


def entry(pc: int) -> str:
    return f"Exception return from AArch64 EL2 to AArch64 EL1 PC 0x{pc:x}\n"


def turns(*offsets: int) -> str:
    """Both hogs in turn, interrupted at these offsets."""
    log, at = "", 0
    for offset in offsets:
        log += "".join(entry(hog + at) + irq(hog + offset) for hog in (HOG_0, HOG_1))
        at = offset
    return log


def alone(hog: int) -> str:
    return "".join(entry(hog + at) + irq(hog + at + 4) for at in range(0, 400, 4))


ALONE = alone(HOG_0)
OTHER = ALONE.replace(entry(HOG_0 + 4), entry(0) + irq(0) + entry(HOG_0 + 4))


@pytest.mark.parametrize(
    "log, said",
    [
        (turns(*[8] * 11), ""),
        (turns(*range(8, 60, 4)), ""),
        (turns(*[8] * 20) + entry(HOG_0) + irq(HOG_0),
         "vm0 was interrupted at 0x41000008 and entered again at 0x41000000"),
        (turns(*[8] * 10), "only 19 times one of vm0, vm1 was interrupted after another one was"),
        (ALONE + alone(HOG_1), "only 1 times"),
        (OTHER, "only 0 times"),
        ("", "only 0 times"),
    ],
    ids=["one place", "many places", "another PC", "few turns", "one after the other",
         "others ran", "nothing"],
)
def test_hogs_are_interrupted_in_turn_and_resume_where_they_were(
    tmp_path: Path, log: str, said: str
) -> None:
    (tmp_path / "parts").write_text("CONFIG_SLOT_PAGES=1024 CONFIG_GUARD_PAGES=4 ")
    run = Run(b"", "", Ending.OFF, exceptions=log.encode())
    found = hogs_resume(Evidence(run, tmp_path / "hyp.elf"))
    assert found.startswith(said) and bool(found) == bool(said)
