# SPDX-License-Identifier: MIT
"""The kit's folder, the names of its labs, and the error of a grading without a score."""

from __future__ import annotations

import shutil
from pathlib import Path

KIT = Path(__file__).resolve().parents[2]
LAB_DIRS = {int(path.name[3:5]): path.name for path in sorted(KIT.glob("lab[0-9][0-9]-*"))}


def has_solution(lab: int) -> bool:
    """True if this kit has the solution of a lab. A kit for students has few or none."""
    return (KIT / "solutions" / LAB_DIRS.get(lab, "none")).is_dir()


class GraderError(Exception):
    """Grading is impossible, for a reason outside the student's code. One line says why."""


def copy_of_the_kit(folder: Path) -> Path:
    """Copy the kit, so that a caller can change it."""
    ignore = shutil.ignore_patterns(".git", "build", "__pycache__", ".pytest_cache")
    return Path(shutil.copytree(KIT, folder / "kit", ignore=ignore))
