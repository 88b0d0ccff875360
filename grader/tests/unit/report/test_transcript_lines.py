# SPDX-License-Identifier: MIT
"""Transcripts as rows: which line is about which check, what does not count, what is cut."""

from __future__ import annotations

from grader.labs.check import Check
from grader.qemu.nonce import genuine
from grader.report.transcript_lines import AROUND, HEAD, TAIL, Gap, Line, Row, found_at, rows_of
from grader.tests.support.made_up import check, judged

A, B, C = check("1.a", "alpha"), check("2.b", "beta: 1"), check("3.c", "gamma")


def rows(checks: list[Check], text: str) -> list[Row]:
    return rows_of(text, judged(checks, text))


def names(line: Row) -> tuple[list[str], list[str], list[str]]:
    assert isinstance(line, Line)
    passed, failed, missing = (
        [result.check.id[6:] for result in kind]
        for kind in (line.passed, line.failed, line.missing)
    )
    return passed, failed, missing


def test_each_line_knows_what_is_about_it() -> None:
    first, noise, second, third = rows([A, B, C], "alpha\n\nbeta: 2\ngamma\n")
    assert [names(row) for row in (first, noise, second, third)] == [
        (["1.a"], [], []),
        ([], [], []),
        ([], ["2.b"], []),
        (["3.c"], [], []),
    ]
    assert [row.number for row in (first, noise, second, third)] == [1, 2, 3, 4]


def test_a_missing_line_is_missed_in_front_of_the_next_one_or_at_the_end() -> None:
    assert [names(row)[2] for row in rows([A, B, C], "alpha\ngamma\n")] == [[], ["2.b"]]
    found = rows([A, B, C], "alpha\n")
    assert [names(row)[2] for row in found] == [[], ["2.b", "3.c"]]
    assert (found[1].number, found[1].text) == (0, "")
    assert [names(row)[2] for row in rows([A], "")] == [["1.a"]]


def test_a_marker_of_several_lines_is_at_each_of_them() -> None:
    two = check("1.a", "alpha\nbeta")
    assert [names(row)[0] for row in rows([two], "alpha\nbeta\nx\n")] == [["1.a"], ["1.a"], []]


def test_where_a_check_is_has_words_and_an_anchor() -> None:
    two = check("2.b", "beta\ndelta")
    found = found_at(rows([A, two, C], "alpha\nbeta\ndelta\n"))
    assert found["lab01.1.a"] == ("line 1", "1")
    assert found["lab01.2.b"] == ("lines 2 to 3", "2")
    assert found["lab01.3.c"] == ("at the end", "before-0")
    assert found_at(rows([A, B], "x\nalpha\n"))["lab01.2.b"] == ("at the end", "before-0")
    assert found_at(rows([A, C], "gamma\n"))["lab01.1.a"] == ("before line 1", "before-1")


def test_a_line_that_is_not_genuine_is_shown_as_printed_with_a_note() -> None:
    nonce = 0x1234567812345678
    text = genuine(f"\nearly\n[boot {nonce:x}] hello\n[test] forged\n[other] free\n", nonce)
    empty, *found = rows_of(text, [])
    assert (empty.text, empty.note) == ("", "")
    assert [row.text for row in found] == ["early", "[boot] hello", "[test] forged", "[other] free"]
    assert ["does not count" in row.note for row in found] == [True, False, True, False]


def test_a_long_transcript_is_cut_but_for_its_ends_and_the_lines_of_checks() -> None:
    before, behind = HEAD + 1000, 2000
    found = rows([A], "x\n" * before + "alpha\n" + "x\n" * behind)
    first, second = [row for row in found if isinstance(row, Gap)]
    assert (first.first, first.last) == (HEAD + 1, before - AROUND)
    assert (second.first, second.last) == (before + AROUND + 2, before + 1 + behind - TAIL)
    assert len(found) == HEAD + TAIL + 2 * AROUND + 1 + 2
    assert found_at(found)["lab01.1.a"] == (f"line {before + 1}", str(before + 1))


def test_a_mebibyte_of_anything_is_a_few_rows() -> None:
    for text in ("\n" * (1 << 20), "x" * (1 << 20), "\x1b[2J\r\n" * (1 << 17)):
        found = rows([A], text)
        assert len(found) <= HEAD + TAIL + 2
        assert sum(len(row.text) for row in found if isinstance(row, Line)) < 10_000
