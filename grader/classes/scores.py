# SPDX-License-Identifier: MIT
"""Scores of a class, from the results alone: the same results give the same scores.

Each lab counts as graded on the student's own earlier labs or on the reference's, whichever gives
more points.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Optional

from ..labs import tables
from ..labs.check import Outcome
from .adjust import Adjustment
from .job import Record

Lab = Mapping[str, Any]  # a lab of a report
# What a spreadsheet takes for a formula.
FORMULA = ("=", "+", "-", "@", "\t")
MOST_NAMED = 12  # checks in a line about what has changed


@dataclass(frozen=True)
class Score:
    """A student's score: a record, or why there is none."""

    student: str
    record: Optional[Record] = None
    error: str = ""
    adjustments: tuple[Adjustment, ...] = ()
    source: str = ""  # the name of the folder or archive
    page: str = field(default="")  # the name of the student's page

    @cached_property
    def labs(self) -> dict[int, Lab]:
        """The labs as they count."""
        return {lab: self._better(str(lab)) for lab in self.numbers}

    @property
    def numbers(self) -> list[int]:
        return sorted(map(int, self.record["own"])) if self.record else []

    def own(self, lab: int) -> Lab:
        assert self.record
        return self.record["own"][str(lab)]

    def reference(self, lab: int) -> Optional[Lab]:
        """The lab on the reference's earlier labs. None if it was not graded on them."""
        assert self.record
        return self.record["reference"].get(str(lab))

    def on_reference(self, lab: int) -> bool:
        """True if the lab counts as graded on the reference's earlier labs."""
        return self.labs[lab] is not self.own(lab)

    def _better(self, lab: str) -> Lab:
        own, reference = self.own(int(lab)), self.reference(int(lab))
        return reference if reference and reference["points"] > own["points"] else own

    @property
    def graded_points(self) -> int:
        return sum(lab["points"] for lab in self.labs.values())

    @property
    def maximum(self) -> int:
        return sum(lab["maximum"] for lab in self.labs.values())

    @property
    def adjusted(self) -> int:
        return sum(adjustment.points for adjustment in self.adjustments)

    @property
    def total(self) -> int:
        return self.graded_points + self.adjusted

    def lab_points(self, lab: int) -> int:
        """The points of a lab, with what was adjusted in it."""
        return self.labs[lab]["points"] + sum(
            a.points for a in self.adjustments if a.what.split(".")[0] == f"lab{lab:02}")

    @cached_property
    def checks(self) -> dict[str, Mapping[str, Any]]:
        return {check["id"]: check for lab in self.labs.values() for check in lab["checks"]}

    @cached_property
    def tasks(self) -> dict[str, int]:
        points: dict[str, int] = {}
        for check in self.checks.values():
            points[check["task"]] = points.get(check["task"], 0) + check["points"]
        return points

    @property
    def not_judged(self) -> list[str]:
        return [name for name, check in self.checks.items()
                if check["result"] == Outcome.NOT_JUDGED.value]

    @property
    def status(self) -> str:
        """"graded", or what keeps the score from being one."""
        if not self.record:
            return f"not graded: {self.error}"
        if self.not_judged:
            return f"incomplete: {len(self.not_judged)} checks were not judged"
        return "graded"


def known_names(labs: Sequence[int]) -> set[str]:
    """Return what an adjustment may name."""
    checks = {check.id for lab in labs for check in tables()[lab]}
    return {*checks, *(f"lab{lab:02}" for lab in labs), "total"}


def tasks_of(labs: Sequence[int]) -> list[str]:
    return list(dict.fromkeys(
        task for lab in labs for task in sorted({check.task for check in tables()[lab]},
                                                key=lambda name: int(name.split(".")[1]))))


def as_csv(scores: Sequence[Score], labs: Sequence[int]) -> str:
    """Return the table of scores. Without a score the cells are empty, which is not 0."""
    tasks = tasks_of(labs)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["student", "status", "total", "maximum", "adjusted",
                     *(f"lab{lab:02}" for lab in labs), *(f"lab{lab:02}_own" for lab in labs),
                     *(f"lab{lab:02}_reference" for lab in labs), *tasks, "submission"])
    for score in scores:
        writer.writerow([cell(score.student), cell(score.status), *_numbers(score, labs, tasks),
                         cell(score.source)])
    return out.getvalue()


def _numbers(score: Score, labs: Sequence[int], tasks: Sequence[str]) -> Iterator[object]:
    if not score.record:
        yield from [""] * (3 + 3 * len(labs) + len(tasks))
        return
    yield from (score.total, score.maximum, score.adjusted)
    yield from map(score.lab_points, labs)
    yield from (score.own(lab)["points"] for lab in labs)
    for lab in labs:
        reference = score.reference(lab)
        yield reference["points"] if reference else ""
    yield from (score.tasks.get(task, 0) for task in tasks)


def cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: names are the students' choice."""
    return f"'{text}" if text.startswith(FORMULA) else text


def difference(before: Mapping[str, Any], now: Score) -> list[str]:
    """Return what a new grading changed for a student, by check. `before` is the old file."""
    if not now.record:
        return []
    old = {name: check["points"] for name, check in before.get("checks", {}).items()}
    changed = [
        f"{name} {old[name]} -> {check['points']}"
        for name, check in now.checks.items()
        if name in old and old[name] != check["points"]
    ]
    if before.get("total") == now.total and not changed:
        return []
    more = f" and {len(changed) - MOST_NAMED} more" if len(changed) > MOST_NAMED else ""
    why = ", ".join(changed[:MOST_NAMED]) + more or "adjusted"
    return [f"{now.student}: {before.get('total')} -> {now.total}: {why}"]
