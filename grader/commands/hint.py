# SPDX-License-Identifier: MIT
"""make hint LAB=n TASK=t LEVEL=1..3: help in steps, from grader/labs/labNN/hints.md.

Level 1 names the register or section to read, level 2 the order of steps, and level 3 is nearly the
answer; a kit for students may lack it. Only the level asked for is shown.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

KIT = Path(__file__).resolve().parents[2]
HINTS = KIT / "grader/labs"


class HintError(Exception):
    """One line for the user."""


def parse(text: str) -> dict[tuple[int, int], str]:
    """The hints of a file by (task, level)."""
    hints: dict[tuple[int, int], str] = {}
    for task in re.split(r"^## Task (?=\d)", text, flags=re.M)[1:]:
        number = int(task.partition("\n")[0])
        for level in re.split(r"^### Level (?=\d)", task, flags=re.M)[1:]:
            hints[number, int(level[0])] = level[1:].strip()
    return hints


def of_course(lab: int) -> dict[tuple[int, int], str]:
    """The hints of course/labNN.py by (task, level)."""
    if not (KIT / f"course/lab{lab:02d}.py").exists():
        return {}
    sys.path.insert(0, str(KIT))  # make runs this file as a script
    from grader.core.kit import GraderError
    from grader.labs.course import additions
    try:
        found = additions(lab).hints
    except GraderError as error:
        raise HintError(f"hint: {error}") from None
    return {(int(task.partition(".")[2]), level): text
            for task, levels in found.items() for level, text in enumerate(levels, 1)}


def hint(lab: int, task: int, level: int) -> str:
    path = HINTS / f"lab{lab:02d}/hints.md"
    if not path.exists():
        raise HintError(f"hint: there are no hints for lab {lab}")
    hints = {**parse(path.read_text()), **of_course(lab)}
    tasks = sorted({t for t, _ in hints})
    if task not in tasks:
        own = [task for task in tasks if task - 1 not in tasks and task != tasks[0]]
        more = "".join(f" and TASK={task}" for task in own)
        last = own[0] - 1 if own else tasks[-1]
        while last not in tasks:
            last -= 1
        raise HintError(f"hint: lab {lab} has TASK={tasks[0]} to TASK={last}{more}")
    levels = sorted(number for of, number in hints if of == task)
    if level not in levels:
        raise HintError("hint: give " + " or ".join(f"LEVEL={number}" for number in levels))
    more = (f"\n\n(make hint LAB={lab} TASK={task} LEVEL={level + 1} shows more)"
            if level < levels[-1] else "")
    return f"Lab {lab}, task {task}, hint {level} of {levels[-1]}\n\n{hints[task, level]}{more}"


def main() -> int:
    try:
        lab, task, level = (int(word) for word in sys.argv[1:4])
        print(hint(lab, task, level))
    except BrokenPipeError:
        return 0  # the reader has closed the pipe
    except (ValueError, HintError) as error:
        print(error if isinstance(error, HintError)
              else "hint: give numbers for LAB=, TASK= and LEVEL=", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
