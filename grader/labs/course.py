# SPDX-License-Identifier: MIT
"""A course's own checks and tasks: course/labNN.py, one file for a lab.

    from grader.labs.check import Check

    CHECKS = [Check("lab05.10.greets", 4, "The stage greets", "Print the greeting in greet().",
                    line="[course] hello from {text}")]
    AFTER = {"lab05.10.greets": "lab05.1.switch"}
    PLACES = {"lab05.10": "greet"}
    HINTS = {"lab05.10": ("Which function ...", "First ...", "Nearly the answer ...")}

CHECKS may be of the lab's tasks or of new ones. Their lines may be anywhere in the transcript,
unless AFTER names the check whose line comes before. PLACES are where gdb stops for a new task,
and HINTS are the three levels of `make hint`. MISTAKES, if there are any, are rows as in
mistakes.py. docs/course.md has the steps for a new task.

The points of such a lab are scaled, so that the lab still counts 100.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from ..core.kit import KIT, GraderError
from .check import Check

FOLDER = KIT / "course"
FIELDS = ("{hex}", "{number}", "{text}")  # placeholders of a line: grading/markers.py
PLACEHOLDER = re.compile(r"\{[A-Za-z_]\w*\}")
ID = re.compile(r"lab(\d\d)\.(\d{1,2})\.[a-z0-9_]+")
SCALE = 100  # points of a lab


@dataclass(frozen=True)
class Additions:
    """What a course adds to a lab."""

    checks: tuple[Check, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, Sequence[str]] = field(default_factory=dict)
    mistakes: tuple[Any, ...] = ()
    after: Mapping[str, str] = field(default_factory=dict)


@lru_cache(maxsize=None)
def additions(lab: int) -> Additions:
    """Return what the course adds to a lab. Raise GraderError if its file is wrong."""
    path = FOLDER / f"lab{lab:02}.py"
    if not path.exists():
        return Additions()
    module = _load(path)
    found = Additions(tuple(getattr(module, "CHECKS", ())), dict(getattr(module, "PLACES", {})),
                      dict(getattr(module, "HINTS", {})), tuple(getattr(module, "MISTAKES", ())),
                      dict(getattr(module, "AFTER", {})))
    if fault := fault_of(lab, found):
        raise GraderError(f"course/{path.name}: {fault}")
    return found


def with_course(lab: int, table: Sequence[Check]) -> list[Check]:
    """Return a lab's table with the course's checks, each in its place."""
    added, found = additions(lab), list(table)
    for check in added.checks:
        names = [each.id for each in found]
        if check.id in names:
            raise GraderError(
                f"course/lab{lab:02}.py: {check.id}: the lab has a check of this name")
        before = added.after.get(check.id)
        if before is None:
            found.append(replace(check, anywhere=check.is_marker and not check.forbidden))
        elif before in names:
            found.insert(names.index(before) + 1, check)
        else:
            raise GraderError(f"course/lab{lab:02}.py: AFTER: there is no check {before}")
    return found


def _load(path: Path) -> Any:
    module = ModuleType(f"course_{path.stem}")
    sys.modules[module.__name__] = module  # dataclasses look their module up
    try:
        exec(compile(path.read_text("utf-8"), str(path), "exec"), module.__dict__)
    except Exception as error:
        line = getattr(error, "lineno", None) or _line_in(path, error)
        where = f", line {line}" if line else ""
        raise GraderError(
            f"course/{path.name}{where}: {type(error).__name__}: {error}") from None
    return module


def _line_in(path: Path, error: Exception) -> int:
    """Return the last line of this file in an error's traceback."""
    found, step = 0, error.__traceback__
    while step:
        if step.tb_frame.f_code.co_filename == str(path):
            found = step.tb_lineno
        step = step.tb_next
    return found


def fault_of(lab: int, found: Additions) -> str:
    """Return in words what is wrong with a course's additions; nothing if all is right."""
    known: set[str] = set()
    for check in found.checks:
        match = ID.fullmatch(check.id)
        if not match or int(match[1]) != lab:
            return f"{check.id}: an id in this file looks like lab{lab:02}.1.name"
        if check.id in known:
            return f"{check.id}: two checks have this id"
        known.add(check.id)
        if not isinstance(check.points, int) or check.points < 1:
            return f"{check.id}: {check.points} points: give a whole number, 1 or more"
        if fault := fault_of_line(check):
            return f"{check.id}: {fault}"
    for task, levels in found.hints.items():
        if isinstance(levels, str) or len(levels) != 3:
            return f"HINTS of {task}: give three texts, for LEVEL=1 to LEVEL=3"
    return ""


def fault_of_line(check: Check) -> str:
    """Return what is wrong with how a check says what it looks for."""
    if not check.test and not check.line and not check.pattern:
        return "it looks for nothing: give line=, pattern= or test="
    if check.test and not check.wanted:
        return "say in wanted= what is right, since a test has no line"
    unknown = [name for name in PLACEHOLDER.findall(check.line) if name not in FIELDS]
    if unknown:
        return f"unknown placeholder {unknown[0]}; there are {', '.join(FIELDS)}"
    try:
        re.compile(check.pattern)
    except re.error as error:
        return f"the pattern is no regular expression: {error}"
    return ""
