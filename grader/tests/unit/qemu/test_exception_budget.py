# SPDX-License-Identifier: MIT
"""Exceptions without end, in what QEMU logs of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.qemu.boot import Ending, boot
from grader.qemu.exception_budget import BUDGET, ExceptionCounter
from grader.tests.support.made_up import stub_qemu

TAKEN = b"Taking exception 4 [Data Abort] on CPU 0\n...from EL1 to EL2\n...with ELR 0x41001848\n"
RETURN = b"Exception return from AArch64 EL2 to AArch64 EL1 PC 0x4100184c\n"


def test_of_the_log_nothing_is_kept_and_all_else_is() -> None:
    counter = ExceptionCounter()
    assert counter(b"one\n" + TAKEN + b"two\n" + RETURN) == b"one\ntwo\n"
    assert counter(b"Taking care\nthree") == b"Taking care\n"
    assert counter(b"") == b"three"


def test_a_log_may_come_in_pieces() -> None:
    counter, log = ExceptionCounter(), (TAKEN + b"one\n" + RETURN) * 2
    assert b"".join(counter(log[at : at + 7]) or b"" for at in range(0, len(log),
                                                                     7)) == b"one\none\n"
    assert counter.taken == 2


def test_it_storms_behind_its_budget() -> None:
    counter = ExceptionCounter()
    assert counter((TAKEN + RETURN) * BUDGET) == b""
    assert counter(TAKEN) is None


@pytest.mark.parametrize("piece", [7, 100, 10_000])
def test_where_it_storms_does_not_depend_on_the_pieces(piece: int) -> None:
    counter = ExceptionCounter(budget=3)
    log = b"".join(TAKEN.replace(b"1848", b"%04x" % n) + RETURN for n in range(9))
    for at in range(0, len(log), piece):
        if counter(log[at : at + piece]) is None:
            break
    assert counter.place == 0x41000003


def test_a_boot_in_a_storm_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = "echo last; while :; do echo '...with ELR 0x200'; done >&2"
    monkeypatch.setenv("QEMU", str(stub_qemu(tmp_path, body)))
    run = boot(Path("image.elf"))
    assert (run.ending, run.last_line, run.stderr) == (Ending.EXCEPTIONS, "last", "")
    assert run.where == "code at 0x200"
