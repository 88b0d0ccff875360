# SPDX-License-Identifier: MIT
"""The rules of lab 1, on made-up transcripts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.labs.lab01.rules import STATE, goes_on_as_usual
from grader.qemu.boot import Ending
from grader.tests.support.made_up import seen

USUAL = "[boot] stage 1\n[panic] BRK at 0x40001000\n"


@pytest.mark.parametrize(
    ("usual", "own", "wrong"),
    [
        ((USUAL, Ending.OFF), (USUAL, Ending.OFF), False),
        ((USUAL, Ending.OFF), (USUAL.replace("1000", "2000"), Ending.OFF), False),
        ((USUAL, Ending.OFF), (USUAL.replace("BRK", "SVC"), Ending.OFF), True),
        # A mistake of task 4, the order of CR and LF, leaves the nonces of the boots in the text.
        (("\r[uart 0123456789abcdef] x\n", Ending.OFF),
         ("\r[uart fedcba9876543210] x\n", Ending.OFF), False),
        ((USUAL, Ending.OFF), ("[boot] stage 1\n", Ending.OFF), True),
        ((USUAL, Ending.OFF), ("[boot] stage 1\n", Ending.CPU), True),
        ((USUAL, Ending.OFF), ("", Ending.ASLEEP), True),
        # A mistake of another task: both end in a storm, which is cut somewhere.
        ((USUAL * 2, Ending.BYTES), (USUAL, Ending.BYTES), False),
    ],
)
def test_a_boot_goes_on_like_the_usual_one(
    usual: tuple[str, Ending], own: tuple[str, Ending], wrong: bool
) -> None:
    evidence, other = (seen(f"{STATE}\n{text}", ending) for text, ending in (own, usual))
    assert bool(goes_on_as_usual(replace(evidence, usual=other.run))) == wrong
