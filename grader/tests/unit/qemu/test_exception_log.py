# SPDX-License-Identifier: MIT
"""QEMU's log of exceptions: what was taken, and where guests were interrupted and entered."""

from __future__ import annotations

import pytest

from grader.commands.exceptions import STORM, Log, is_uart, words
from grader.qemu.exception_budget import ExceptionCounter
from grader.qemu.exception_log import exceptions, moves

LOG = b"""Taking exception 5 [IRQ] on CPU 0
...from EL1 to EL2
...with ESR 0x0/0x3800000
...with ELR 0x41000098
...to EL2 PC 0x40005480 PSTATE 0x3c9
Exception return from AArch64 EL2 to AArch64 EL1 PC 0x41404000
Taking exception 5 [IRQ] on CPU 0
...from EL1 to EL1
...with ESR 0x0/0x3800000
...with ELR 0x41404004
...to EL1 PC 0x41404280 PSTATE 0x3c5
Exception return from AArch64 EL1 to AArch64 EL1 PC 0x41404004
Taking exception 2 [Data Abort] on CPU 0
...from EL1 to EL2
...with ESR 0x24/0x93810046
...with FAR 0x9000000
...with ELR 0x41404008
...to EL2 PC 0x40005400 PSTATE 0x3c9
Exception return from AArch64 EL2 to AArch64 EL0 PC 0x4140400c
Taking exception 13 [Secure Monitor Call] on CPU 0
...from EL2 to EL3
...handled as PSCI call
"""
SPSR = b"...with SPSR 0x800003c5\n"
MOVES = [("irq", 0x4100_0098), ("entry", 0x4140_4000), ("entry", 0x4140_400C)]


def test_later_qemus_log_spsr_too() -> None:
    with_spsr = LOG.replace(b"...with ELR", SPSR + b"...with ELR")
    assert list(moves(with_spsr)) == MOVES
    assert list(exceptions(with_spsr.decode())) == list(exceptions(LOG.decode()))


def test_only_interrupts_from_guests_to_el2_and_entries_of_guests_are_moves() -> None:
    assert list(moves(LOG)) == MOVES


def test_the_log_is_kept_however_it_is_cut() -> None:
    for cut in range(1, len(LOG)):
        counter = ExceptionCounter(keep=True)
        for piece in (LOG[:cut], LOG[cut:], b""):
            counter(piece)
        assert list(moves(bytes(counter.log))) == MOVES


def test_the_log_is_kept_only_if_it_is_wanted() -> None:
    counter = ExceptionCounter()
    assert counter(LOG) == b"" and not counter.log


def test_each_exception_is_described_by_what_it_is() -> None:
    irq, _, abort, smc = exceptions(LOG.decode())
    assert (abort.source, abort.target, abort.registers["FAR"]) == (1, 2, 0x9000000)
    assert words(abort) == "data abort from a lower EL: write, translation fault, level 2"
    assert words(irq) == "IRQ"
    assert smc.psci and words(smc) == "SMC, a PSCI call, which QEMU's firmware handles"
    assert [is_uart(taken) for taken in (irq, abort, smc)] == [False, True, False]


def test_a_record_that_was_cut_off_is_left_out() -> None:
    cut = LOG + b"Taking exception 4 [Data Abort] on CPU 0\n...from E"
    assert list(exceptions(cut.decode())) == list(exceptions(LOG.decode()))


def record(source: int, target: int) -> bytes:
    return (
        b"Taking exception 3 [Prefetch Abort] on CPU 0\n...from EL%d to EL%d\n"
        b"...with ESR 0x21/0x86000010\n...with FAR 0x200\n...with ELR 0x200\n"
        b"...to EL%d PC 0x200 PSTATE 0x3c9\n" % (source, target, target)
    )


@pytest.mark.parametrize("spsr", [b"", SPSR])
@pytest.mark.parametrize("piece", [100, 1 << 16])
@pytest.mark.parametrize(("target", "storm"), [(1, True), (2, False)])
def test_an_exception_that_comes_again_and_again_stops_the_run(
    piece: int, target: int, storm: bool, spsr: bytes
) -> None:
    """But not exits of a guest, which EL2 may return from to the same instruction."""
    text = record(1, target).replace(b"...with ELR", spsr + b"...with ELR") * (STORM + 3)
    log = Log()
    kept: list[bytes | None] = []
    while text and None not in kept:
        kept.append(log(text[:piece]))
        text = text[piece:]
    assert (log.is_storm, None in kept) == (storm, storm)
    assert not storm or len(list(exceptions(log.text))) == STORM + 1
