# SPDX-License-Identifier: MIT
"""What a class gets: scores.csv, class.html, and for each student a page and a JSON file.

All are made of the results and nothing else: the same results give the same files, byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

from ..core import atomic_write
from ..core.kit import GraderError
from .pages import class_page, student_page
from .scores import Score, as_csv, difference
from .similar import Pair


def collect(scores: Sequence[Score], labs: Sequence[int], others: Sequence[str],
            pairs: Optional[Sequence[Pair]], folder: Path) -> list[str]:
    """Write all files. Return who has other points than in the files of last time."""
    changes: list[str] = []
    students = folder / "students"
    try:
        for score in scores:
            path = students / f"{score.page}.json"
            changes += difference(_old(path), score) if path.exists() else []
            atomic_write.write(path, as_json(score))
            atomic_write.write(path.with_suffix(".html"), student_page(score))
        names = {score.page for score in scores}
        for left in students.glob("*.*"):  # of students who are gone
            if left.stem not in names:
                left.unlink()
        atomic_write.write(folder / "class.html", class_page(scores, labs, others, pairs))
        atomic_write.write(folder / "scores.csv", as_csv(scores, labs))
    except OSError as error:
        raise GraderError(f"{error.strerror}: {error.filename}: the results are kept; the same "
                          "command continues") from None
    return changes


def _old(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def as_json(score: Score) -> str:
    record = score.record
    found: dict[str, Any] = {
        "student": score.student,
        "submission": score.source,
        "status": score.status,
        "total": score.total if record else None,
        "maximum": score.maximum if record else None,
        "adjustments": [{"what": a.what, "points": a.points, "reason": a.reason}
                        for a in score.adjustments],
        "counts": {str(lab): "reference" if score.on_reference(lab) else "own"
                   for lab in score.numbers},
        "checks": {name: {"points": check["points"], "maximum": check["maximum"],
                          "result": check["result"]} for name, check in score.checks.items()}
        if record else {},
        "result": record,
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"
