# SPDX-License-Identifier: MIT
"""GitHub: annotations at the code, a summary table, and the points for GitHub Classroom.

Reads report.json. Annotations are commands on standard output. The table goes to the file that
GITHUB_STEP_SUMMARY names, and to GITHUB_OUTPUT goes `result`, in the form that the action
classroom-resources/autograding-grading-reporter reads: base64 of JSON.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..core.kit import KIT
from ..labs.mistake import Hole, holes
from ..model.source_part import function

MOST = 10  # GitHub shows as many of a step


def errors(report: dict[str, Any], tree: Path = KIT) -> Iterator[str]:
    """Yield an error for each failed check, at the first hole of its task."""
    failed = [check for lab in report["labs"] for check in lab["checks"]
              if check["result"] == "failed"]
    for check in failed[:MOST]:
        hole = next((hole for hole in holes() if hole.task == check["task"]), None)
        where = f"file={hole.file},line={line_of(hole, tree)}," if hole else ""
        text = "\n".join((check["title"], f"seen: {check['seen']}", f"wanted: {check['wanted']}",
                          check["hint"]))
        yield f"::error {where}title={of_property(check['id'])}::{of_data(text)}"


def line_of(hole: Hole, tree: Path) -> int:
    try:
        text = (tree / hole.file).read_text("utf-8", "replace")
    except OSError:
        return 1
    found = function(text, hole.function, hole.file.endswith(".S")) if hole.function else None
    return found.first if found else 1


def of_data(text: str) -> str:
    """Return a text as the runner's commands want it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def of_property(text: str) -> str:
    return of_data(text).replace(":", "%3A").replace(",", "%2C")


def table(report: dict[str, Any]) -> str:
    """Return the summary, in Markdown."""
    lines = [f"## Schism Labs: {report['total']} of {report['maximum']} points", "",
             "| lab | points | passed | failed | not reached |",
             "| --- | ---: | ---: | ---: | ---: |"]
    for lab in report["labs"]:
        counts = [sum(check["result"] == result for check in lab["checks"])
                  for result in ("passed", "failed", "not reached")]
        cells = [lab["name"], f"{lab['points']} of {lab['maximum']}", *map(str, counts)]
        lines.append(f"| {' | '.join(cells)} |")
    if first := report["first_cause"]:
        lines += ["", f"First: `{first['check']}`. {in_cell(first['likely'])}",
                  f"Where: {in_cell(first['place'])}" if first["place"] else ""]
    return "\n".join(lines) + "\n"


def in_cell(text: str) -> str:
    """Return a student's text so that Markdown and HTML show it as it is."""
    escaped = "".join(f"\\{c}" if c in "\\`*_[]|#" else c for c in text)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace("\n", " ")


def classroom(report: dict[str, Any]) -> str:
    """Return the result for the reporter: a test for each lab, with its points."""
    tests = [{"name": lab["name"], "score": lab["points"], "max_score": lab["maximum"],
              "status": "pass" if lab["points"] == lab["maximum"] else "fail",
              "message": f"{lab['points']} of {lab['maximum']} points"} for lab in report["labs"]]
    right = all(test["status"] == "pass" for test in tests)
    whole = {"version": 1, "status": "pass" if right else "fail", "max_score": report["maximum"],
             "tests": tests}
    return base64.b64encode(json.dumps(whole).encode()).decode()


def main(argv: list[str]) -> int:
    path = Path(argv[0] if argv else "build/grade/report.json")
    try:
        report = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        print(f"github: no report: {error}", file=sys.stderr)
        return 2
    print(*errors(report), sep="\n")
    for name, text in (("GITHUB_STEP_SUMMARY", table(report)),
                       ("GITHUB_OUTPUT", f"result={classroom(report)}\n")):
        if place := os.environ.get(name):
            with open(place, "a", encoding="utf-8") as file:
                file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
