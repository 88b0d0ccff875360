# SPDX-License-Identifier: MIT
"""Who handed in what: the submissions in a folder, by the names that course systems give them.

Moodle: `Jane Doe_1234567_assignsubmission_file_/`. Canvas: `doejane_LATE_123_456789_labs.zip`, or
several such files of one student. Gradescope and GitHub Classroom: one folder each, whose name is
the student's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core.kit import GraderError
from ..core.sanitize import short
from ..grading.archive import is_archive, without_kind

MOODLE = re.compile(r"(.+_\d+)_assignsubmission_\w+")
CANVAS = re.compile(r"([^_/]+)_(?:LATE_)?(\d+)_\d+_(.+)")
# Files of the course's own that may lie next to submissions.
OURS = frozenset({"adjust.csv", "submission_metadata.yml"})
SOURCES = (".c", ".h", ".S")


@dataclass(frozen=True)
class Entry:
    """A student, with a folder, an archive or some files; or why that cannot be graded."""

    student: str
    paths: tuple[Path, ...]
    problem: str = ""


def entries(folder: Path) -> tuple[list[Entry], list[str]]:
    """Return an entry for each student, by name, and what is no submission."""
    try:
        found = sorted(folder.iterdir())
    except OSError as error:
        raise GraderError(f"submissions {folder}: {error.strerror}") from None
    by_student: dict[str, list[Path]] = {}
    others = []
    for path in found:
        if path.name.startswith((".", "__")) or path.name in OURS:
            continue
        if student := _student(path):
            by_student.setdefault(student, []).append(path)
        else:
            others.append(short(path.name))
    if not by_student:
        raise GraderError(f"submissions {folder}: there is no submission: a folder or an archive"
                          " for each student")
    return [_entry(student, paths) for student, paths in sorted(by_student.items())], others


def _student(path: Path) -> str:
    """Return whose submission it is; nothing if it is none."""
    canvas = CANVAS.fullmatch(path.name)
    if path.is_dir() and not path.is_symlink():
        moodle = MOODLE.fullmatch(path.name)
        return short(moodle[1] if moodle else path.name)
    if canvas and (is_archive(path.name) or path.suffix in SOURCES):
        return short(f"{canvas[1]}_{canvas[2]}")
    return short(without_kind(path.name)) if is_archive(path.name) else ""


def _entry(student: str, paths: Sequence[Path]) -> Entry:
    wholes = [path for path in paths if path.is_dir() or is_archive(path.name)]
    if wholes and len(paths) > 1:
        names = ", ".join(short(path.name) for path in paths[:4])
        return Entry(student, tuple(paths), f"{len(paths)} submissions of {student}: {names}: "
                                            "keep one of them")
    return Entry(student, tuple(paths))
