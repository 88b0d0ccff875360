# SPDX-License-Identifier: MIT
"""The lines of a transcript, each with the results of its checks.

Of a long transcript the beginning, the end and every line with a result remain.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Union

from ..core.sanitize import short
from ..labs.check import Outcome, Result
from ..qemu.nonce import EARLY, FORGED

HEAD, TAIL = 300, 100  # lines that are kept of a long transcript
AROUND = 2  # lines before and after a line with a result

NOTES = {
    FORGED: "does not count: it has a tag of the given code, but other code printed it",
    EARLY: "does not count: printed before the given code's first line",
}


@dataclass(frozen=True)
class Line:
    """A line and its number from 1. Number 0 is a missing line after the last one."""

    number: int
    text: str
    note: str = ""  # why the line does not count, or empty
    results: tuple[Result, ...] = ()

    @property
    def passed(self) -> list[Result]:
        return [result for result in self.results if result.outcome is Outcome.PASSED]

    @property
    def failed(self) -> list[Result]:
        """The results for which this is the closest line, or a forbidden one."""
        found = self.passed + self.missing
        return [result for result in self.results if result not in found]

    @property
    def missing(self) -> list[Result]:
        """The results whose line is missing before this one."""
        return [result for result in self.results if _is_empty(result)]


@dataclass(frozen=True)
class Gap:
    """Lines that are left out."""

    first: int
    last: int

    @property
    def count(self) -> int:
        return self.last - self.first + 1


Row = Union[Line, Gap]


def rows_of(text: str, results: Sequence[Result]) -> list[Row]:
    """Return the rows of a transcript with the results of its boot."""
    lines = text.split("\n")
    starts = list(accumulate((len(line) + 1 for line in lines[:-1]), initial=0))
    if lines[-1] == "":
        lines.pop()
    about: dict[int, list[Result]] = {}
    for result in results:
        for at in places(result, starts):
            about.setdefault(at, []).append(result)
    return list(_cut(lines, about))


def places(result: Result, starts: list[int]) -> range:
    """Return the indices of the lines of a result."""
    if not result.place:
        return range(0)
    start, end = result.place
    first = bisect_right(starts, start) - 1
    return range(first, bisect_right(starts, max(start, end - 1)))


def _is_empty(result: Result) -> bool:
    """True if the line of the result is missing."""
    return result.place is not None and result.place[0] == result.place[1]


def _cut(lines: list[str], about: dict[int, list[Result]]) -> Iterator[Row]:
    kept = {*range(min(HEAD, len(lines))), *range(max(0, len(lines) - TAIL), len(lines))}
    for at in about:
        kept.update(range(max(0, at - AROUND), min(len(lines), at + AROUND + 1)), [at])
    expected = 0
    for at in sorted(kept):
        if at > expected:
            yield Gap(expected + 1, at)
        results = tuple(about.get(at, ()))
        if at < len(lines):
            yield Line(at + 1, *genuine(lines[at]), results)
        else:
            yield Line(0, "", "", results)
        expected = at + 1


def genuine(line: str) -> tuple[str, str]:
    """Return a line safe to show, and why it does not count (qemu/nonce.py)."""
    for words, note in NOTES.items():
        if line.startswith(words):
            line = line[len(words) :]
            return short(line), note if line.strip() else ""
    return short(line), ""


def found_at(rows: Sequence[Row]) -> dict[str, tuple[str, str]]:
    """Return where the result of each check is: a description, and the end of the anchor."""
    there: dict[str, list[int]] = {}
    found = {}
    for row in rows:
        if isinstance(row, Gap):
            continue
        for result in row.missing:
            where = f"before line {row.number}" if row.number else "at the end"
            found[result.check.id] = (where, f"before-{row.number}")
        for result in (*row.passed, *row.failed):
            there.setdefault(result.check.id, []).append(row.number)
    for check, (first, *more) in there.items():
        words = f"lines {first} to {more[-1]}" if more else f"line {first}"
        found[check] = (words, str(first))
    return found
