# SPDX-License-Identifier: MIT
"""What lab 6's rules find in QEMU's log of exceptions."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.labs.check import Evidence
from grader.labs.lab06.rules import ticks_are_taken
from grader.qemu.boot import Ending, Run
from grader.tests.support.images import elf

VECTORS = 0x4100_1000
WORK, SLEEP = 0x4100_0900, 0x4100_092C


def tick(pc: int, vector: int = VECTORS + 0x280, kind: str = "14 [Virtual IRQ]") -> str:
    return (f"Taking exception {kind} on CPU 0\n...from EL1 to EL1\n...with ESR 0x0/0x3800000\n"
            f"...with ELR 0x{pc:x}\n...to EL1 PC 0x{vector:x} PSTATE 0x3c5\n")


@pytest.mark.parametrize(
    "log, said",
    [
        (tick(WORK) * 2 + tick(SLEEP) * 2, ""),
        (tick(WORK) + tick(SLEEP), "2 IRQs arrived at counter_os's vectors in 3 rounds"),
        (tick(SLEEP) * 6, "6 IRQs arrived at counter_os's vectors, all from 0x4100092c"),
        ((tick(WORK, VECTORS + 0x480) + tick(SLEEP, VECTORS + 0x480)) * 3, "no IRQ arrived"),
        ((tick(WORK, kind="5 [IRQ]") + tick(SLEEP, kind="5 [IRQ]")) * 3, "no IRQ arrived"),
        ("", "no IRQ arrived"),
    ],
    ids=["both", "few", "sleep alone", "another vector", "of EL2", "nothing"],
)
def test_ticks_of_work_and_of_sleep_arrive_at_the_guests_vectors(
    tmp_path: Path, log: str, said: str
) -> None:
    (tmp_path / "parts").write_text("CONFIG_ROUNDS=3 ")
    (tmp_path / "guest").mkdir()
    (tmp_path / "guest/0-counter_os.elf").write_bytes(elf([], {"os_vectors": VECTORS}))
    run = Run(b"", "", Ending.OFF, exceptions=log.encode())
    found = ticks_are_taken(Evidence(run, tmp_path / "hyp.elf"))
    assert found.startswith(said) and bool(found) == bool(said)
