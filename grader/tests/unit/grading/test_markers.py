# SPDX-License-Identifier: MIT
"""Markers: templates, whole lines, order, and which match counts."""

from __future__ import annotations

import pytest

from grader.grading.markers import MANY, closest, expression, longest_sequence, matches
from grader.tests.support.made_up import check


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("[boot] a (b) * c?", "[boot] a (b) * c?"),
        ("at {hex}", "at 0x1f"),
        ("{number} bytes", "-12 bytes"),
        ("{number} bytes", "0 bytes"),
        ("ends in {text}", "ends in tears"),
        ("ends in {text}", "ends in "),
        ("one\ntwo {hex}", "one\ntwo 0x0"),
        ("{unknown} {hex}", "{unknown} 0xa"),
    ],
)
def test_a_template_is_literal_but_for_its_fields(line: str, text: str) -> None:
    assert expression(check("1.a", line)).search(text)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("a.c", "abc"),
        ("at {hex}", "at 1f"),
        ("at {hex}", "at 0xFG"),
        ("{number} bytes", "many bytes"),
        ("boot", "reboot"),
        ("boot", "boots"),
        ("one\ntwo", "one\n\ntwo"),
    ],
)
def test_a_template_takes_nothing_else_and_only_whole_lines(line: str, text: str) -> None:
    assert not expression(check("1.a", line)).search(text)


def test_a_pattern_is_a_regular_expression_for_whole_lines() -> None:
    expr = expression(check("1.a", pattern="a|b+"))
    assert expr.search("x\nbbb\ny") and not expr.search("ab") and not expr.search("xa")


def test_a_line_is_found_wherever_it_stands() -> None:
    assert matches(check("1.a", "b"), "b\na\nb") == [(0, 1), (4, 5)]


def test_a_line_printed_for_ever_is_not_counted_for_ever() -> None:
    assert len(matches(check("1.a", "a"), "a\n" * (MANY + 5))) == MANY


def spans(*starts: int) -> list[tuple[int, int]]:
    return [(start, start + 1) for start in starts]


@pytest.mark.parametrize(
    ("candidates", "found"),
    [
        ([], []),
        ([[]], [None]),
        ([[0], [1], [2]], [0, 1, 2]),
        # one is missing: its neighbours do not suffer
        ([[0], [], [2]], [0, None, 2]),
        # one is too early: it alone is lost, though a search from marker to marker
        # that began with the first would lose two
        ([[5], [1], [2]], [None, 1, 2]),
        ([[0], [9], [1], [2]], [0, None, 1, 2]),
        # a marker of which there are two leaves the second to the next one
        ([[0, 3], [0, 3]], [0, 3]),
        ([[0, 3], [0, 3], [0, 3]], [0, 3, None]),
        # the same line twice, and what stands between them
        ([[0, 4], [2], [0, 4]], [0, 2, 4]),
        # the earliest place, so that most is left for the others
        ([[1, 5], [3, 7]], [1, 3]),
    ],
)
def test_as_many_markers_count_as_can_follow_each_other(
    candidates: list[list[int]], found: list[int | None]
) -> None:
    result = longest_sequence([spans(*starts) for starts in candidates])
    assert [span and span[0] for span in result] == found


def test_a_match_that_begins_inside_the_one_before_does_not_follow_it() -> None:
    assert longest_sequence([[(0, 10)], [(5, 15)]]).count(None) == 1
    assert longest_sequence([[(0, 10)], [(10, 15)]]) == [(0, 10), (10, 15)]


def test_order_is_quick_on_a_stage_that_prints_for_ever() -> None:
    many = [spans(*range(MANY)) for _ in range(60)]
    assert [span and span[0] for span in longest_sequence(many)] == list(range(60))


def test_the_line_that_looks_most_like_the_marker_is_shown() -> None:
    marker = check("1.a", "[test] write text: permission fault, level 3")
    region = "[boot] hello\n[test] write text: translation fault, level 3\n[test] done\n"
    assert closest(marker, region) == "[test] write text: translation fault, level 3"
    assert closest(marker, "[boot] hello\n") == ""
    assert closest(marker, "") == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("it begins 1\nsecond no\nthird\n", "second no"),
        ("it begins 1\nsecond 2\nbird\n", "bird"),
        ("it begins 1\n", "it begins 1"),
        ("noise\nit begins no number\nsecond 2\nthird\n", "it begins no number"),
    ],
)
def test_of_a_marker_of_several_lines_the_first_wrong_one_is_shown(text: str, shown: str) -> None:
    marker = check("1.a", "it begins {number}\nsecond {number}\nthird")
    assert closest(marker, text) == shown


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("[test] read it: done", "[test] write it: done\n[test] read it: a very long fault\n"),
        ("[vm1] probe: NULL: -2",
         "[vm1] probe: a name: -2\n[vm1] probe: NULL: 4711, which is odd\n"),
    ],
)
def test_a_line_about_the_same_thing_is_shown_however_it_goes_on(line: str, text: str) -> None:
    assert closest(check("1.a", line), text) == text.splitlines()[1]


def test_what_a_guest_is_called_is_not_what_its_line_is_about() -> None:
    assert closest(check("1.a", "[vm1] probe: done"), "[vm1] probe: 17 bottles of beer\n") == ""
