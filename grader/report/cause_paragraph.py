# SPDX-License-Identifier: MIT
"""The paragraph about the first cause, for the terminal and for the page: a heading and facts."""

from __future__ import annotations

from typing import Optional

from ..core.kit import LAB_DIRS
from ..core.sanitize import shown
from ..grading.cause import Cause
from ..grading.look import Look
from .json_report import gdb, wanted

QUOTED = 200  # characters of a line


def cause_heading(first: Cause) -> str:
    check = first.result.check
    task = "open task" if check.extra else f"task {first.task[6:]}"
    return f"First: lab {first.lab}, {task}. {check.id}: {check.title}"


def cause_facts(first: Cause, look: Optional[Look]) -> dict[str, str]:
    """What is known of the first cause, by name; most facts have three lines at most."""
    result, check = first.result, first.result.check
    read = check.handout if check.task == first.task else f"{LAB_DIRS[first.lab]}/README.md"
    # An open task has no hints.
    hint = "" if check.extra else f"make hint LAB={first.lab} TASK={first.task[6:]}; "
    found = {
        "seen": quoted(result.seen),
        "run": quoted(first.run),
        "wanted": quoted(wanted(result)),
        "likely": first.likely,
        "where": first.place,
        "look": f"(gdb) {look.command}\n{look.answer}" if look else "",
        "so": f"{first.shown_by.check.id} fails too" if first.shown_by else "",
        "more": f"read {read}; {hint}{gdb(result)}",
    }
    return {name: shown(fact) for name, fact in found.items() if fact}


def quoted(text: str) -> str:
    """The first lines of a text, each at most as long as a line of the paragraph."""
    lines = [line if len(line) <= QUOTED else f"{line[:QUOTED]}..." for line in text.split("\n")]
    return "\n".join(lines[:3])
