# SPDX-License-Identifier: MIT
"""The nonce: what counts of a transcript, and that no given line goes without."""

from __future__ import annotations

import re

import pytest

from grader.core.kit import KIT
from grader.qemu.nonce import EARLY, FORGED, GIVEN, draw, genuine

NONCE = 0x1234_5678_9ABC_DEF0
TAG = f"{NONCE:016x}"


def test_a_nonce_always_takes_as_long_to_print() -> None:
    assert all(len(f"{draw():x}") == 16 for _ in range(100))


def test_true_lines_lose_their_nonce_and_others_stay_as_they_are() -> None:
    text = f"[boot {TAG}] one\n[trap] vm0 stopped\nplain\n[vm3 {TAG}] four\n"
    assert genuine(text, NONCE) == "[boot] one\n[trap] vm0 stopped\nplain\n[vm3] four\n"


def test_a_line_by_heart_or_with_another_nonce_is_marked() -> None:
    text = f"[boot {TAG}] one\n[test] BRK\n[test {NONCE ^ 1:016x}] BRK\n"
    assert genuine(text, NONCE).splitlines()[1:] == [
        f"{FORGED}[test] BRK",
        f"{FORGED}[test {NONCE ^ 1:016x}] BRK",
    ]


def test_what_comes_before_the_first_true_line_is_marked() -> None:
    text = f"[exception] EC 0x3c\n[boot {TAG}] one\n"
    assert genuine(text, NONCE) == f"{EARLY}[exception] EC 0x3c\n[boot] one\n"
    assert genuine("[boot] all\nby heart\n", NONCE).count(EARLY) == 2


@pytest.mark.parametrize("digits", [0, 1, 9, 15])
def test_a_boot_that_is_cut_off_within_its_nonce_does_not_tell_it(digits: int) -> None:
    text = f"[boot {TAG}] one\n[vm1 {TAG[:digits]}"
    assert genuine(text, NONCE) == "[boot] one\n[vm1"
    assert genuine(f"[boot {TAG}] one\n[vm1 77", NONCE) == "[boot] one\n[vm1 77"


def test_without_a_nonce_all_counts() -> None:
    assert genuine("[boot] one\n", 0) == "[boot] one\n"


SOURCES = [
    path
    for pattern in ("common/lib/*.c", "lab*/main.c", "lab*/selftest.c", "lab*/*.c")
    for path in sorted(KIT.glob(pattern))
    if not (KIT / "solutions" / path.relative_to(KIT)).exists()
]


@pytest.mark.parametrize("path", sorted(set(SOURCES)), ids=lambda path: str(path.relative_to(KIT)))
def test_given_code_prints_given_tags_by_say_alone(path) -> None:
    bare = re.compile(rf'(?:printf|early_puts)\("(?:\\[rn])*\[(?:{GIVEN})\]')
    assert not bare.search(path.read_text())
