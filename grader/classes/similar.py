# SPDX-License-Identifier: MIT
"""Submissions that resemble each other, by Debian's similarity-tester.

It compares what students wrote: the lines in holes, and files of their own. What the kit gave is
the same for all. A pair is a reason to read both, and not proof of anything: short holes have few
right answers.
"""

from __future__ import annotations

import difflib
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Optional

from ..core.kit import GraderError
from ..core.environment import clean
from ..core.limits import Limits
from ..core.process import Nursery
from ..grading import sandbox

PROGRAM = "sim_c"
LIMITS = Limits(cpu_seconds=300, wall_seconds=600, memory_bytes=2 << 30, output_bytes=64 << 20)
LEAST = 70  # percent
MOST_PAIRS = 200
RUN = 30  # tokens in a row that must be equal
FOUND = re.compile(r"^(\d+)\.c consists for (\d+) % of (\d+)\.c material$", re.MULTILINE)

Pair = tuple[str, str, int]  # two students and the percentage


def written(files: Mapping[Path, bytes], texts: Mapping[Path, str]) -> str:
    """Return what the student wrote: lines that are not in the starter, and own files."""
    parts = []
    for path, data in sorted(files.items()):
        text = data.decode("utf-8", "replace")
        given = texts.get(path, "").splitlines()
        matcher = difflib.SequenceMatcher(None, given, text.splitlines(), autojunk=False)
        lines = text.splitlines()
        for kind, _, _, start, end in matcher.get_opcodes():
            if kind in ("insert", "replace"):
                parts += lines[start:end]
    return "\n".join(parts) + "\n"


def similar(texts: Mapping[str, str], nursery: Nursery, safe: bool = True) -> Optional[list[Pair]]:
    """Return the pairs that resemble each other most. None without the program.

    `texts` has what each student wrote. Equal texts are one to the program.
    """
    if not shutil.which(PROGRAM):
        return None
    students = sorted(texts)
    with tempfile.TemporaryDirectory(prefix="schism-similar-") as folder:
        for number, student in enumerate(students):
            (Path(folder) / f"{number}.c").write_text(texts[student], "utf-8", "replace")
        names = [f"{number}.c" for number, student in enumerate(students) if texts[student].strip()]
        command = [*(sandbox.for_files(Path(folder)) if safe else ()), PROGRAM,
                   "-p", "-a", "-r", str(RUN), "-t", str(LEAST), *names]
        ended = nursery.run(command, LIMITS, cwd=Path(folder), env=clean())
    if ended.status or ended.stop:
        words = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GraderError(f"{PROGRAM} failed: {words[-1] if words else ended.stop}")
    best: dict[tuple[str, str], int] = {}
    for first, percent, second in FOUND.findall(ended.stdout.decode("utf-8", "replace")):
        one, other = sorted((students[int(first)], students[int(second)]))
        best[one, other] = max(best.get((one, other), 0), int(percent))
    pairs: Sequence[Pair] = [(one, other, percent) for (one, other), percent in best.items()]
    return sorted(pairs, key=lambda pair: (-pair[2], pair[:2]))[:MOST_PAIRS]
