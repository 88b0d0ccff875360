# SPDX-License-Identifier: MIT
"""The grader's own mistakes: what they spoil, and what is said of them.

An error in one check or one boot leaves the others as they are. What it spoils is not
judged, which is another thing than a mistake of the student's: it is said at the end,
and the exit status is one of its own.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path

GRADER = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Crash:
    """An exception, in a line and in full."""

    line: str
    details: str


def crash_of(error: Exception) -> Crash:
    """The line says where the error is, for a report to us."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {place(Path(frames[-1].filename))}:{frames[-1].lineno}" if frames else ""
    words = " ".join(str(error).split())[:200]
    details = traceback.format_exception(type(error), error, error.__traceback__)
    return Crash(
        f"an error of the grader, please report it: {type(error).__name__}: {words}{where}",
        "".join(details))


def place(file: Path) -> str:
    """A file of the grader by its place in there."""
    return str(file.relative_to(GRADER)) if GRADER in file.parents else file.name
