# SPDX-License-Identifier: MIT
"""No register or memory of a guest shows in another: one writes all, others read all.

Every encoding of a system register is tried, so registers that the kit does not know, of
extensions that a newer QEMU has, are among them.
"""

from __future__ import annotations

import re
from subprocess import DEVNULL, run

import pytest

from grader.core.process import Nursery
from grader.grading.build import build_stage
from grader.qemu.boot import machine_flags, qemu
from grader.tests.support.build import BUILD

# Stage 5 takes two guests in each of its first two scenes, and ends where it finds no more.
GUESTS = {
    4: "read_all dirty_all read_all",
    5: "dirty_all read_all read_all dirty_all",
    6: "dirty_all read_all read_all",
}
READERS = {4: (0, 2), 5: (1, 2), 6: (1, 2)}
DIRTY = {4: 1, 5: 0, 6: 0}


@pytest.fixture(scope="module", params=sorted(GUESTS))
def stage(request: pytest.FixtureRequest) -> tuple[int, str]:
    lab = request.param
    built = build_stage(lab, 6, BUILD, [f"GUESTS={GUESTS[lab]}"], Nursery(), "registers")
    assert not built.error, built.error
    # Not by boot(): so many exceptions are a storm to it.
    command = [qemu(), *machine_flags(), "-kernel", str(built.image)]
    return lab, run(command, stdin=DEVNULL, capture_output=True, text=True, timeout=600).stdout


def lines_of(text: str, vm: int) -> list[str]:
    return re.findall(rf"^\[vm{vm}[^\]]*\] (.*)$", text, re.MULTILINE)


def test_readers_see_the_same_before_and_after_one_that_writes_all(stage: tuple[int, str]) -> None:
    lab, text = stage
    first, second = (lines_of(text, vm) for vm in READERS[lab])
    assert len(first) > 30, text[-1000:]
    assert first == second
    assert "read_all: not zero: 0 words of the work buffer, 0 of the mailbox" in first
    assert "read_all: Q0 to Q31 0x0" in first


def test_what_a_guest_wrote_is_still_there_after_others_ran(stage: tuple[int, str]) -> None:
    lab, text = stage
    for vm in (*READERS[lab], DIRTY[lab]):
        last = lines_of(text, vm)[-1]
        assert re.fullmatch(r"\w+: 0 of \d+ registers changed", last), (vm, last)


def test_a_guest_with_a_gic_can_write_every_register_that_generates_sgis(stage: tuple[int,
                                                                                      str]) -> None:
    lab, text = stage
    count = 0 if lab == 4 else 3
    assert f"dirty_all: {count} registers that generate SGIs" in lines_of(text, DIRTY[lab])


def test_a_stage_without_guests_for_its_scenes_says_so(stage: tuple[int, str]) -> None:
    lab, text = stage
    if lab == 5:
        assert "GUESTS names 4 guests, too few for scene 3" in text
