# SPDX-License-Identifier: MIT
"""Markers: lines that a transcript must contain, in the order of the table.

A marker's `line` is literal text except for {hex} (0x1f), {number} (-12) and
{text} (the rest of the line or a part of it). It may have several lines.

A missing or misplaced line must cost only its own points. So the markers found are the
longest common sequence of table and transcript, not the hits of a search from marker to
marker.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import accumulate, islice
from typing import Optional

from ..labs.check import Check, Span

FIELDS = {"{hex}": r"0x[0-9a-f]+", "{number}": r"-?[0-9]+", "{text}": r".*"}
MANY = 10_000  # matches of one marker; more are a line in an endless loop
LOOKED_AT = 1000  # lines, to find the closest one


def expression(check: Check) -> re.Pattern[str]:
    """Return the regular expression of a marker. It matches complete lines."""
    return _whole_lines(check.pattern or _template(check.line))


def _template(line: str) -> str:
    parts = re.split("(" + "|".join(map(re.escape, FIELDS)) + ")", line)
    return "".join(FIELDS.get(part) or re.escape(part) for part in parts)


def _whole_lines(body: str) -> re.Pattern[str]:
    return re.compile(f"^(?:{body})$", re.MULTILINE)


def matches(check: Check, text: str) -> list[Span]:
    return [match.span() for match in islice(expression(check).finditer(text), MANY)]


def longest_sequence(candidates: Sequence[Sequence[Span]]) -> list[Optional[Span]]:
    """Return the match that counts for each marker, or None: the longest sequence.

    `chains[n]` is the earliest-ending way to find n of the markers so far, as a
    linked list (end, marker, span, rest).
    """
    chains: list[tuple] = [(0, None, None, None)]
    for marker, spans in enumerate(candidates):
        starts = [start for start, _ in spans]
        for n in reversed(range(len(chains))):  # long ones first: a marker counts once
            at = bisect_left(starts, chains[n][0])
            if at == len(spans):
                continue
            longer = (spans[at][1], marker, spans[at], chains[n])
            if n + 1 == len(chains):
                chains.append(longer)
            elif longer[0] < chains[n + 1][0]:
                chains[n + 1] = longer

    found: list[Optional[Span]] = [None] * len(candidates)
    _, marker, span, rest = chains[-1]
    while rest:
        found[marker] = span
        _, marker, span, rest = rest
    return found


def closest(check: Check, region: str) -> str:
    """Return the line of a region that resembles a marker most, or an empty string."""
    span = place_of_closest(check, region)
    return region[slice(*span)] if span else ""


def place_of_closest(check: Check, region: str) -> Optional[Span]:
    wanted = (check.line or check.pattern).splitlines()
    # If the first lines of a marker are there, the line after them is the wrong one.
    for count in range(len(wanted) - 1 if check.line else 0, 0, -1):
        begun = _whole_lines(_template("\n".join(wanted[:count]))).search(region)
        if begun:
            behind = begun.end() + 1
            last = region.rfind("\n", 0, begun.end()) + 1
            return _line_at(region, behind if behind < len(region) else last)
    lines = region.split("\n", LOOKED_AT)[:LOOKED_AT]
    for line in wanted if check.line else wanted[:1]:
        if best := _like(line, lines):
            starts = accumulate((len(each) + 1 for each in lines), initial=0)
            return _line_at(region, next(at for at, each in zip(starts, lines) if each == best))
    return None


def _like(wanted: str, lines: Sequence[str]) -> str:
    """Return a line with the same subject, else the most similar line, else nothing."""
    about = _subject(wanted)
    same = [line for line in lines if about and line.startswith(about)]
    close = same or get_close_matches(wanted, filter(None, lines), n=1, cutoff=0.7)
    return close[0] if close else ""


def _line_at(text: str, start: int) -> Span:
    """Return the span of the line that starts at `start`."""
    end = text.find("\n", start)
    return start, len(text) if end < 0 else end


def _subject(line: str) -> str:
    """Return the subject of a line such as `[vm1] guest: what: ...`, or nothing."""
    parts = line.split(": ")
    count = 2 if line.startswith("[vm") else 1
    return ": ".join([*parts[:count], ""]) if len(parts) > count else ""
