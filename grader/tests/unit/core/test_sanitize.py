# SPDX-License-Identifier: MIT
"""Whatever a stage prints can be shown, and does nothing but be shown."""

from __future__ import annotations

import pytest

from grader.core.sanitize import KEPT, LONG, short, escaped


@pytest.mark.parametrize("text", ["[vm0] x = 0x1f, 100 %", "a\tb\nc", "Grüße, 你好 — ✓", ""])
def test_text_for_people_stays_as_it_is(text: str) -> None:
    assert escaped(text) == text == short(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\0\a\x7f\x9b", r"\x00\x07\x7f\x9b"),
        ("over\rwritten", r"over\x0dwritten"),
        ("a\u202eb\u2066c\ufeff", r"a\u202eb\u2066c\ufeff"),
        ("\ud800\ufffe", r"\ud800\ufffe"),
    ],
)
def test_what_is_not_for_people_is_written_as_in_c(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_a_long_line_is_cut_in_its_middle_and_says_so() -> None:
    assert short("x" * LONG) == "x" * LONG
    cut = short("a" * KEPT + "b" * 1_000_000 + "c" * KEPT)
    assert cut.startswith("a" * KEPT + " ") and cut.endswith(" " + "c" * KEPT)
    assert "1000000 characters left out" in cut and "b" not in cut
