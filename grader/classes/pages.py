# SPDX-License-Identifier: MIT
"""The pages of a class: one for each student, and one for the instructor. Made of scores alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Optional

import jinja2

from ..core.kit import LAB_DIRS
from ..core.sanitize import short
from ..labs import tables
from ..labs.check import Outcome
from ..report.html_page import TEMPLATES as REPORT_TEMPLATES
from .keys import digest
from .scores import Score, tasks_of
from .similar import Pair

TEMPLATES = Path(__file__).with_name("templates")
MOST_MISSED = 25
STEPS = 10  # of a histogram
PLAIN = re.compile(r"[A-Za-z0-9][\w.-]{0,80}", re.ASCII)


def page_name(student: str) -> str:
    """Return the name of a student's page, without an ending; no two students share one."""
    if PLAIN.fullmatch(student):
        return student
    plain = re.sub(r"[^\w.-]+", "-", student, flags=re.ASCII).strip("-.")[:60]
    return f"{plain or 'student'}-{digest([(student, b'')])[:8]}"


@dataclass(frozen=True)
class TaskRow:
    """How a class did in a task: how many have all, some and none of its points."""

    task: str
    maximum: int
    full: int
    some: int
    none: int


@dataclass(frozen=True)
class Missed:
    """A check, and who failed it."""

    check: str
    title: str
    failed: int


@lru_cache(maxsize=1)
def environment() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader([TEMPLATES, REPORT_TEMPLATES]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["short"] = short
    found.globals.update(lab_dirs=LAB_DIRS, Outcome=Outcome)
    return found


def student_page(score: Score) -> str:
    """Return a student's page: every lab as it counts, and what was lost."""
    return environment().get_template("student.html.j2").render(score=score)


def class_page(scores: Sequence[Score], labs: Sequence[int], others: Sequence[str],
               pairs: Optional[Sequence[Pair]]) -> str:
    """Return the instructor's page. `pairs` is None if similar submissions were not looked for."""
    graded = [score for score in scores if score.record]
    totals = [score.total for score in graded]
    maximum = max((score.maximum for score in graded), default=0)
    return environment().get_template("class.html.j2").render(
        scores=scores, graded=graded, labs=labs, others=others, pairs=pairs, maximum=maximum,
        mean=sum(totals) / len(totals) if totals else 0,
        median=sorted(totals)[len(totals) // 2] if totals else 0,
        histogram=histogram(totals, maximum), tasks=task_rows(graded, labs),
        missed=most_missed(graded), stuck=stuck(graded),
        pages={score.student: score.page for score in scores},
    )


def histogram(totals: Sequence[int], maximum: int) -> list[tuple[str, int, float]]:
    """Return bars: from where to where, how many, and the height as a part of the highest."""
    if not maximum:
        return []
    counts = Counter(min(max(total, 0) * STEPS // maximum, STEPS - 1) for total in totals)
    highest = max(counts.values(), default=1)
    edges = [maximum * step // STEPS for step in range(STEPS + 1)]
    return [(f"{edges[step]} to {edges[step + 1] - (step < STEPS - 1)}", counts[step],
             counts[step] / highest) for step in range(STEPS)]


def task_rows(scores: Sequence[Score], labs: Sequence[int]) -> list[TaskRow]:
    rows = []
    for task in tasks_of(labs):
        maximum = sum(check.points for check in tables()[int(task[3:5])] if check.task == task)
        points = [score.tasks.get(task, 0) for score in scores]
        full, none = points.count(maximum), points.count(0)
        rows.append(TaskRow(task, maximum, full, len(points) - full - none, none))
    return rows


def most_missed(scores: Sequence[Score]) -> list[Missed]:
    failed: Counter[str] = Counter()
    titles: dict[str, str] = {}
    for score in scores:
        for name, check in score.checks.items():
            if check["result"] == Outcome.FAILED.value:
                failed[name] += 1
                titles[name] = check["title"]
    order = sorted(failed, key=lambda name: (-failed[name], name))
    return [Missed(name, titles[name], failed[name]) for name in order[:MOST_MISSED]]


def stuck(scores: Sequence[Score]) -> list[tuple[str, list[Score]]]:
    """Return the students by the task of their first cause: whom to help with what."""
    by_task: dict[str, list[Score]] = {}
    for score in scores:
        cause: Optional[Mapping[str, Any]] = score.record and score.record["first_cause"]
        if cause:
            by_task.setdefault(cause["task"], []).append(score)
    return sorted(by_task.items())
