# SPDX-License-Identifier: MIT
"""adjust.csv: points that people add or take: for oral exams, late days and complaints.

Each row names a student, what is adjusted (a check, a lab or "total"), the points to add, negative
to take, and the reason. Results are not changed: the adjustments are applied when scores are
collected, and shown next to them.
"""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ..core.kit import GraderError
from ..core.sanitize import short

HEAD = ["student", "what", "points", "reason"]


@dataclass(frozen=True)
class Adjustment:
    """Points that a student gets or loses, and why."""

    student: str
    what: str  # a check, a lab such as "lab04", or "total"
    points: int
    reason: str


def adjustments(path: Path, students: Collection[str],
                known: Collection[str]) -> list[Adjustment]:
    """Read the file, if it exists. Raise GraderError for a row that cannot be applied."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise GraderError(f"{path}: it cannot be read: {short(str(error))}") from None
    found = []
    for number, row in enumerate(rows, 1):
        words = [word.strip() for word in row]
        if not any(words) or number == 1 and words == HEAD:
            continue
        where = f"{path.name}, line {number}"
        if len(words) != 4:
            raise GraderError(f"{where}: it needs four columns: {', '.join(HEAD)}")
        student, what, points, reason = words
        if student not in students:
            raise GraderError(f"{where}: there is no submission of {short(student)!r}")
        if what not in known:
            raise GraderError(f"{where}: {short(what)!r} is no check and no lab: write lab04.5.smc,"
                              " lab04 or total")
        try:
            found.append(Adjustment(student, what, int(points), short(reason)))
        except ValueError:
            raise GraderError(f"{where}: {short(points)!r} is no whole number of points") from None
        if not reason:
            raise GraderError(f"{where}: give the reason: the student will read it")
    return found
