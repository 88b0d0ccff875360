# SPDX-License-Identifier: MIT
"""Submissions that play a lab instead of doing it, and what they get for it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from grader.core.kit import KIT, LAB_DIRS
from grader.core.starters import starters

MOST = 10  # points of 100 that a cheat may get

# The call in a hole, with the function if it is in one.
CALL = re.compile(r'\btodo(?:_later)?[(\t]"lab0\d\.\d", "(?:(\S+) in )?[^"]*"(?:\);)?')


def stubbed(path: str, bodies: Mapping[str, str] = {}) -> str:
    """The starter of a file with these bodies in the holes of functions, and nothing in others."""
    return CALL.sub(lambda call: bodies.get(call[1], ""), starters()[Path(path)])


def graded(lab: int, folder: Path, files: Mapping[str, str]) -> dict[str, dict]:
    """Submit the files of a lab, and take earlier labs from the solutions. The checks by name."""
    for name, text in files.items():
        path = folder / LAB_DIRS[lab] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    report = folder / "report.json"
    argv = [sys.executable, "-m", "grader", "--lab", str(lab), "--solved", str(lab - 1),
            "--submission", str(folder), "--build", str(folder / "build"), "--report", str(report)]
    done = subprocess.run(argv, cwd=KIT, capture_output=True, text=True, check=False)
    assert report.exists(), done.stderr
    (result,) = json.loads(report.read_text())["labs"]
    return {check["id"].partition(".")[2]: check for check in result["checks"]}


def passed(checks: Mapping[str, dict]) -> dict[str, int]:
    """The points of each check that passed."""
    return {name: check["points"]
            for name, check in checks.items() if check["result"] == "passed"}
