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


ALONE = "".join(entry(HOG_0 + at) + irq(HOG_0 + at + 4) for at in range(0, 40, 4))


@pytest.mark.parametrize(
    "log, said",
    [
        (turns(8, 12, 16, 8, 20), ""),
        (turns(8, 12, 16, 20) + entry(HOG_0) + irq(HOG_0),
         "vm0 was interrupted at 0x41000014 and entered again at 0x41000000"),
        (turns(8, 8, 8, 12), "at only 1 places"),
        (ALONE, "vm0 was interrupted, and resumed there after the other hog ran, at only 0"),
        ("", "at only 0 places"),
    ],
    ids=["right", "another PC", "one place", "alone", "nothing"],
)
def test_an_interrupted_hog_resumes_where_it_was(tmp_path: Path, log: str, said: str) -> None:
    (tmp_path / "parts").write_text("CONFIG_SLOT_PAGES=1024 CONFIG_GUARD_PAGES=4 ")
    run = Run(b"", "", Ending.OFF, exceptions=log.encode())
    found = hogs_resume(Evidence(run, tmp_path / "hyp.elf"))
    assert said in found and bool(found) == bool(said)
