# SPDX-License-Identifier: MIT
"""What a student wrote into the holes of a file, and the same text in a newer starter.

A hole of a starter begins after its TODO line and ends before its END line. A student may have
deleted these lines: then the given lines around the hole show where it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from .starters import cut

# A line with code on it is no marker.
MARKER = re.compile(r"^\s*/\* (TODO|END)\((lab\d\d\.\d)\)(?:(?!\*/).)*\*/\s*$")

# Of a hole: its task, its function, and its number among those with the same two.
Name = tuple[str, str, int]
Lines = tuple[str, ...]


class Unclear(Exception):
    """The holes of a file cannot be found."""


@dataclass(frozen=True)
class Starter:
    """A starter as it was cut: the lines, and the line numbers of each hole's two markers."""

    lines: Lines
    holes: dict[Name, tuple[int, int]]

    @classmethod
    def of(cls, skeleton: str, path: Path) -> Starter:
        text, holes = cut(skeleton, path)
        lines = tuple(text.splitlines())
        at = [number for number, line in enumerate(lines) if MARKER.search(line)]
        seen: Counter[tuple[str, str]] = Counter()
        found: dict[Name, tuple[int, int]] = {}
        for hole, first, last in zip(holes, at[::2], at[1::2]):
            key = hole.task, hole.function
            found[(*key, seen[key])] = first, last
            seen[key] += 1
        return cls(lines, found)

    def text(self, name: Name) -> Lines:
        """Return what is in a hole of the starter."""
        first, last = self.holes[name]
        return self.lines[first + 1 : last]

    def filled(self, texts: Mapping[Name, Lines]) -> str:
        """Return the starter with these texts in its holes."""
        out, end = [], 0
        for name, (first, last) in self.holes.items():
            out += [*self.lines[end : first + 1], *texts.get(name, self.text(name))]
            end = last
        return "\n".join([*out, *self.lines[end:]]) + "\n"


@dataclass(frozen=True)
class Written:
    """What a student wrote into each hole, and the lines around the holes, without blank ones."""

    texts: dict[Name, Lines]
    given: Lines


def written(starter: Starter, text: str) -> Written:
    """Take a student's file apart. Raise Unclear if that is impossible."""
    lines = lines_of(text)
    spans = _by_markers(starter, lines) or list(_by_given_lines(starter, lines))
    texts: dict[Name, Lines] = {}
    given: list[str] = []
    end = 0
    for name, (first, last) in zip(starter.holes, spans):
        texts[name] = tuple(line for line in lines[first:last] if not MARKER.search(line))
        given += lines[end:first]
        end = last
    given += lines[end:]
    return Written(texts, tuple(line for line in given if line.strip() and not MARKER.search(line)))


def lines_of(text: str) -> Lines:
    """Return the lines of a student's file, which may have the ends of another system."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    return tuple(lines if lines[-1] else lines[:-1])


def given_lines(starter: Starter) -> Lines:
    """Return the lines of a starter around its holes."""
    return written(starter, "\n".join(starter.lines)).given


def _by_markers(starter: Starter, lines: Lines) -> list[tuple[int, int]]:
    """Return where each hole is if the student has kept every marker; else nothing."""
    found = [(number, match.groups()) for number, line in enumerate(lines)
             if (match := MARKER.search(line))]
    wanted = [match.groups() for line in starter.lines if (match := MARKER.search(line))]
    if [words for _, words in found] != wanted:
        return []
    at = [number for number, _ in found]
    return [(first + 1, last) for first, last in zip(at[::2], at[1::2])]


def _by_given_lines(starter: Starter, lines: Lines) -> Iterator[tuple[int, int]]:
    """Yield where each hole is by the given lines next to it."""
    closed: list[str] = []
    markers: list[int] = []
    end = 0
    for first, last in starter.holes.values():
        closed += starter.lines[end : first + 1]
        markers.append(len(closed) - 1)
        end = last
    closed += starter.lines[end:]
    place = {-1: -1, len(closed): len(lines)}  # the two ends of the file
    for block in SequenceMatcher(None, closed, lines, autojunk=False).get_matching_blocks():
        for step in range(block.size):
            place[block.a + step] = block.b + step
    before = -1
    for todo in markers:
        start = _next_to(place, closed, todo, -1) + 1
        stop = _next_to(place, closed, todo + 1, 1)
        while start < stop and not lines[start].strip():
            start += 1
        while start < stop and not lines[stop - 1].strip():
            stop -= 1
        if not before < start <= stop:
            raise Unclear
        yield start, stop
        before = stop


def _next_to(place: Mapping[int, int], closed: Sequence[str], marker: int, step: int) -> int:
    """Return the place of a marker, or of the given line next to it, which is not a blank one."""
    if marker in place:
        return place[marker]
    number = marker + step
    while 0 <= number < len(closed) and not closed[number].strip():
        number += step
    if number not in place:
        raise Unclear
    return place[number]
