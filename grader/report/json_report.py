# SPDX-License-Identifier: MIT
"""The report: a grading as JSON. report.schema.json documents the fields.

Output of a student's code is escaped by core/sanitize.py. The report contains no host
name and no time, so equal gradings give equal files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Optional

from ..core import atomic_write
from ..core.sanitize import shown
from ..grading.cause import Cause
from ..grading.look import Look
from ..grading.run import Grading
from ..labs.breakpoints import gdb_command
from ..labs.check import Boot, Result
from ..labs.guests import described

SCHEMA = 1  # increased when a field changes its meaning or disappears


def wanted(result: Result) -> str:
    """Return what is right: a description, or the expected line."""
    check = result.check
    if check.wanted:
        return check.wanted
    line = check.line or check.pattern
    return f"no line: {line}" if check.forbidden else line


def hint(result: Result) -> str:
    return result.hint or result.check.hint


def same_stage(result: Result) -> str:
    """Return the variables of make that select the same stage."""
    open_task = " OPEN=1" if result.check.extra else ""
    return (f" SOLVED={result.solved}" if result.solved else "") + open_task


def gdb(result: Result) -> str:
    return gdb_command(result.check.handout_task) + same_stage(result)


def facts(result: Result) -> dict[str, str]:
    """Return what helps with a mistake, by the labels that every report uses."""
    check = result.check
    booted = {} if check.boot == Boot() else {"booted": ", ".join(map(str, check.boots))}
    if guests := described(check):
        booted["guests"] = guests
    found = {
        "wanted": wanted(result),
        "seen": result.seen,
        **booted,
        "hint": hint(result),
        "read": check.handout,
        "alone": f"make grade CHECK={check.id}{same_stage(result)}",
        "stop": gdb(result),
    }
    return {name: shown(fact) for name, fact in found.items()}


def first_cause(cause: Cause, look: Optional[Look]) -> dict:
    """Return what to mend first, as the report has it."""
    return {
        "check": cause.result.check.id,
        "lab": cause.lab,
        "task": cause.task,
        "place": shown(cause.place),
        "likely": shown(cause.likely),
        "look": {"command": look.command, "answer": shown(look.answer)} if look else None,
    }


def as_json(grading: Grading) -> dict:
    return {
        "schema": SCHEMA,
        "solved": grading.solved,
        "total": grading.points,
        "maximum": grading.maximum,
        "open_tasks": grading.open_tasks,
        "first_cause": first_cause(grading.cause, grading.look) if grading.cause else None,
        "notes": [shown(note) for note in grading.notes],
        "labs": [
            {
                "lab": lab.lab,
                "name": lab.name,
                "points": lab.points,
                "maximum": lab.maximum,
                "checks": [
                    {
                        "id": result.check.id,
                        "task": result.check.task,
                        "title": result.check.title,
                        "points": result.points,
                        "maximum": result.check.points,
                        "result": result.outcome.value,
                        "seen": shown(result.seen),
                        "wanted": shown(wanted(result)),
                        "hint": shown(hint(result)),
                        "handout": result.check.handout,
                        "gdb": gdb(result),
                    }
                    for result in lab.results
                ],
            }
            for lab in grading.labs
        ],
    }


def write(grading: Grading, path: Path) -> None:
    text = json.dumps(as_json(grading), indent=2, ensure_ascii=False)
    atomic_write.write(path, text + "\n")


def remember_complete(grading: Grading, path: Path) -> None:
    """Add the labs whose checks all pass, without their solutions, to the list in `path`."""
    before = json.loads(path.read_text()) if path.exists() else []
    now = [lab.lab for lab in grading.labs
           if grading.solved < lab.lab and 0 < lab.maximum == lab.points]
    if not set(now) <= set(before):
        atomic_write.write(path, json.dumps(sorted({*before, *now})) + "\n")
