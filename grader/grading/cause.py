# SPDX-License-Identifier: MIT
"""The first cause: what to mend first, and where.

The first failure in the order of the tasks, and the usual mistake that causes it. Other failures
often follow from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ..labs.check import Boot, Evidence, Outcome, Result
from ..labs.mistake import Hole, Mistake, holes, likely
from ..qemu.boot import Ending
from .evaluate import BootResult, before, open_task, task_number

OPEN = "This code is not written yet."
NAME = re.compile(r"\b\w+(?=\(\))|\b\w+\.[chS]\b")


@dataclass(frozen=True)
class Cause:
    """The first failure of a grading."""

    result: Result
    likely: str  # the usual mistake
    task: str  # whose code is wrong
    place: str  # of that code: function, file and line
    is_open: bool = False  # a hole that is still open
    run: str = ""  # how the boot ended, if EL2 did not end it and the result does not say so
    shown_by: Optional[Result] = None  # a failure in a later lab; then only that lab was graded

    @property
    def lab(self) -> int:
        return task_number(self.task)[0]


def first_cause(results: Sequence[Result], found: Mapping[Boot, BootResult],
                tree: Path) -> Optional[Cause]:
    """Return the first cause in a lab's results by task; None if nothing failed."""
    result = next((r for r in results if r.outcome is Outcome.FAILED), None)
    if not result:
        return None
    check = result.check
    evidence = found.get(check.boot)
    if hole := open_task(found[Boot()]) or (evidence and open_task(evidence)):
        if result.seen == hole.line and not before(result, hole):
            place = _place_of(_holes_of(hole.task, [hole.line]), tree)
            return Cause(result, OPEN, hole.task, place, is_open=True)
    if result.hint:  # it does not build
        return Cause(result, result.hint, check.task, "", is_open=True)
    row = usual_mistake(result, found)
    task = row.task if row and row.task else check.handout_task
    words = (f"{row.function}()", row.cause) if row else (result.seen, check.hint, check.wanted)
    place = _place_of(_holes_of(task, words), tree)
    run = _stopped(evidence) if isinstance(evidence, Evidence) else ""
    return Cause(result, row.text if row else check.hint, task, place,
                 run="" if run in result.seen else run)


def usual_mistake(result: Result, found: Mapping[Boot, BootResult]) -> Optional[Mistake]:
    """Return the row of the table of mistakes that explains a first failure, if one does."""
    evidence = found.get(result.check.boot)
    text = evidence.run.text if isinstance(evidence, Evidence) else ""
    return likely(result.check.id, result.check.handout_task, result.seen, text)


def _stopped(evidence: Evidence) -> str:
    """Return how a boot was stopped, nothing if EL2 powered the machine off."""
    return "" if evidence.run.ending is Ending.OFF else str(evidence.run)


def _holes_of(task: str, words: Sequence[str]) -> list[Hole]:
    """Return the holes of a task: those that the first of the texts names that names any, or all.

    A hole outside of functions is named by its file.
    """
    own = {hole.function or Path(hole.file).name: hole for hole in holes() if hole.task == task}
    for text in words:
        if named := [own[name] for name in dict.fromkeys(NAME.findall(text)) if name in own]:
            return named
    return list(own.values())


def _place_of(candidates: Sequence[Hole], tree: Path) -> str:
    """Return function, file and line of the first hole, and the names of the others."""
    if not candidates:
        return ""
    first, *others = candidates
    line = _line_of(tree / first.file, first.function) if first.function else 0
    name = f"{first.function}() in " if first.function else ""
    where = f"{name}{first.file}" + (f", line {line}" if line else "")
    names = [f"{hole.function}()" if hole.function else hole.file for hole in others[:4]]
    return f"{where}; or {', '.join(names)}" if names else where


def _line_of(path: Path, function: str) -> int:
    """Return the line where a function is defined, 0 if it is not found."""
    name = re.escape(function)
    start = re.compile(rf"^(?:{name}:|function\s+{name}\b|[A-Za-z_].*\b{name}\([^;]*$)")
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return 0
    return next((at for at, line in enumerate(lines, 1) if start.match(line)), 0)
