# SPDX-License-Identifier: MIT
"""Known values are recognised, and the sources still write them."""

from __future__ import annotations

import re

import pytest

from grader.core.kit import KIT
from grader.model.patterns import PATTERNS, STACK, meaning


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.source)
def test_the_sources_write_it(pattern) -> None:
    text = (KIT / pattern.source).read_text()
    first, step = re.search(r"(0x\w{8,16})\)? \+ \(?n\)? \* (0x\w+)", text).groups()
    assert int(step, 16) == abs(pattern.step)
    assert int(first, 16) in (pattern.first, pattern.first ^ ((1 << 64) - 1))


@pytest.mark.parametrize("value, words", [
    (0xA5A5_0101, "value of x1 which lab 1's self-test writes"),
    (0x1111_0000_0000_1E1E, "value of x30 which lab 4's self-test"),
    (0x1111_0000_0000_1E1E ^ ((1 << 64) - 1), "x30 which the guest"),
    (0x5A5A_0000 + 7 * 0x107, "x7 which lab 4's guest `registers`"),
    (0xA5A5_A5A5, ".bss"),
    (0xA5A5_A5A5_A5A5_A5A5, ".bss"),
    (STACK - 0x110, "_start"),
])
def test_a_value_is_recognised(value: int, words: str) -> None:
    assert words in meaning(value)


@pytest.mark.parametrize("value", [0, 0x4000_0000, 0xA5A5_0102, 0xA5A5_1F1F, STACK + 8])
def test_other_values_are_not(value: int) -> None:
    assert meaning(value) == ""
