# SPDX-License-Identifier: MIT
"""A bound on boots that hang does not depend on which of several boots ends first."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.grading.evaluate import BootResult, NotBooted, evaluate
from grader.grading.run import Options, Workshop, stops
from grader.labs import tables
from grader.labs.check import Boot, Evidence, Outcome
from grader.qemu.boot import Ending, Run

BOOTS = [Boot(), *(Boot(smp=number) for number in range(2, 6))]


def evidence(ending: Ending, times: int = 1) -> Evidence:
    run = Run(b"", "", ending)
    return Evidence(run, Path("hyp.elf"), again=(run,) * (times - 1))


def left(endings: list[Ending], patience: int) -> list[bool]:
    """Which boots are left out, of boots with these endings."""
    workshop = Workshop(Options((1,), patience=patience))
    found: dict[int, dict[Boot, BootResult]] = {
        1: {boot: evidence(ending) for boot, ending in zip(BOOTS, endings)}}
    workshop.leave_out([(1, boot) for boot in BOOTS], found)
    return [isinstance(found[1][boot], NotBooted) for boot in BOOTS]


OFF, HANG = Ending.OFF, Ending.BUDGET


@pytest.mark.parametrize("endings, patience, wanted", [
    ([HANG] * 5, 0, [False] * 5),
    ([HANG, OFF, HANG, HANG, OFF], 2, [False, False, False, True, True]),
    ([OFF] * 5, 1, [False] * 5),
    ([HANG, OFF, OFF, OFF, OFF], 1, [False, True, True, True, True]),
])
def test_boots_after_too_many_hangs_are_left_out(
    endings: list[Ending], patience: int, wanted: list[bool]
) -> None:
    assert left(endings, patience) == wanted


def test_a_boot_that_runs_several_times_counts_each_time() -> None:
    assert stops(evidence(HANG, 3)) == 3 and stops(evidence(OFF, 3)) == 0
    assert stops("does not build") == 0


def test_what_is_left_out_is_no_fault_of_its_checks() -> None:
    checks = tables()[1]
    found = {boot: NotBooted("not booted") for check in checks for boot in (*check.boots, Boot())}
    results = evaluate(checks, found)
    assert {result.outcome for result in results} == {Outcome.NOT_REACHED}
    assert {result.seen for result in results} == {"not booted"}
