# SPDX-License-Identifier: MIT
"""make moodle STUDENT=id: a row of one grading in build/grade/moodle.csv, for Moodle's gradebook.

Moodle imports the file under Grades, Import, CSV file: map `Email address` (or whatever KEY=
names) to the user, each lab to its grade item, and `Feedback` to the feedback of an item.
A student's row replaces an earlier one. Other rows stay.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

from ..commands.stage import command
from ..core import atomic_write
from ..core.kit import LAB_DIRS, GraderError

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would compute such a cell


def cell(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def columns(key: str) -> list[str]:
    return [key, *(f"Lab {lab}" for lab in LAB_DIRS), "Total", "Feedback"]


def row_of(report: dict[str, Any], key: str, student: str) -> dict[str, str]:
    """Return the row of a report. A lab that was not graded has an empty cell."""
    labs = {f"Lab {lab['lab']}": str(lab["points"]) for lab in report["labs"]}
    lost = [f"{check['id']} ({check['title']})" for lab in report["labs"]
            for check in lab["checks"] if check["result"] == "failed"]
    first = report["first_cause"]
    words = [f"First: {first['check']}: {first['likely']}"] if first else []
    words += [f"Lost: {', '.join(lost)}"] if lost else []
    return {key: cell(student), **labs, "Total": str(report["total"]),
            "Feedback": cell(" ".join(words))}


def with_row(text: str, key: str, row: dict[str, str]) -> str:
    """Return a CSV file with a row added or replaced."""
    rows = list(csv.DictReader(io.StringIO(text)))
    if rows and key not in rows[0]:
        raise GraderError(f"the file has no column '{key}': give its first column as KEY=")
    kept = [old for old in rows if old[key] != row[key]]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns(key), restval="", extrasaction="ignore",
                            lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(sorted([*kept, row], key=lambda each: each[key]))
    return out.getvalue()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make moodle", description=__doc__)
    parser.add_argument("--student", default="")
    parser.add_argument("--key", default="Email address")
    parser.add_argument("--folder", type=Path, required=True, help="with report.json")
    options = parser.parse_args(arguments)
    if not options.student:
        raise GraderError("whose grading is it? STUDENT=ada@example.org")
    report = options.folder / "report.json"
    if not report.exists():
        raise GraderError(f"there is no {report}: make grade SUBMISSION=dir comes first")
    path = options.folder / "moodle.csv"
    before = path.read_text("utf-8-sig") if path.exists() else ""
    row = row_of(json.loads(report.read_text("utf-8")), options.key, options.student)
    atomic_write.write(path, with_row(before, options.key, row))
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(command("moodle", main))
