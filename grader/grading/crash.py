# SPDX-License-Identifier: MIT
"""Errors of the grader itself.

An error in one check or boot leaves the others as they are. The checks that it spoils
are "not judged", which is not a mistake of the student: the end of the output names
them, and the exit status is 3.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path

GRADER = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Crash:
    """An exception as one line and as a traceback."""

    line: str
    details: str


def crash_of(error: Exception) -> Crash:
    """Describe the error, with its place, for a bug report."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {place(Path(frames[-1].filename))}:{frames[-1].lineno}" if frames else ""
    words = " ".join(str(error).split())[:200]
    details = traceback.format_exception(type(error), error, error.__traceback__)
    return Crash(
        f"an error of the grader, please report it: {type(error).__name__}: {words}{where}",
        "".join(details))


def place(file: Path) -> str:
    """Return the path of a file relative to grader/."""
    return str(file.relative_to(GRADER)) if GRADER in file.parents else file.name
