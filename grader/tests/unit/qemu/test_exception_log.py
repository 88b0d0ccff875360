# SPDX-License-Identifier: MIT
"""Interrupts from guests and their entries in QEMU's log."""

from __future__ import annotations

from grader.qemu.exception_budget import ExceptionCounter
from grader.qemu.exception_log import moves

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
"""
MOVES = [("irq", 0x4100_0098), ("entry", 0x4140_4000), ("entry", 0x4140_400C)]


def test_later_qemus_log_spsr_too() -> None:
    spsr = b"...with SPSR 0x800003c5\n...with ELR"
    assert list(moves(LOG.replace(b"...with ELR", spsr))) == MOVES


def test_only_interrupts_from_guests_to_el2_and_entries_of_guests_are_moves() -> None:
    assert list(moves(LOG)) == MOVES


def test_the_log_is_kept_however_it_is_cut() -> None:
    for cut in range(1, len(LOG)):
        counter = ExceptionCounter()
        for piece in (LOG[:cut], LOG[cut:], b""):
            counter(piece)
        assert list(moves(bytes(counter.log))) == MOVES
