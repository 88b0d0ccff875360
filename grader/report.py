# SPDX-License-Identifier: MIT
"""The report: a grading as JSON.

It says nothing of host or time, so equal gradings are equal files.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from .check import Result
from .grading import Grading
from .labs.places import gdb_command

SCHEMA = 1


def wanted(result: Result) -> str:
    """What would have been right, in words or as the line itself."""
    check = result.check
    if check.wanted:
        return check.wanted
    line = check.line or check.pattern
    return f"no line: {line}" if check.forbidden else line


def hint(result: Result) -> str:
    return result.hint or result.check.hint


def as_json(grading: Grading) -> dict:
    return {
        "schema": SCHEMA,
        "solved": grading.solved,
        "total": grading.points,
        "maximum": grading.maximum,
        "notes": list(grading.notes),
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
                        "seen": result.seen,
                        "wanted": wanted(result),
                        "hint": hint(result),
                        "handout": result.check.handout,
                        "gdb": gdb_command(result.check.handout_task),
                    }
                    for result in lab.results
                ],
            }
            for lab in grading.labs
        ],
    }


def write(grading: Grading, path: Path) -> None:
    """Write the report, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        draft.write_text(json.dumps(as_json(grading), indent=2, ensure_ascii=False) + "\n", "utf-8")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
