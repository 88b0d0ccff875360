# SPDX-License-Identifier: MIT
"""The mistakes that students make: how each shows, what it is, where to mend it.

labNN/mistakes.py holds the `MISTAKES` of lab NN. From them come the first paragraph of a grading,
the table in "Debug it" of the handout, the table in the instructor's guide, and what `make hint`
says about usual mistakes. The mutants of a row test it: each must fail the row's check first, and
the first paragraph must then give the row's cause.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Optional

from .course import additions

FOLDER = Path(__file__).parent
HOLES = FOLDER / "holes.txt"


@dataclass(frozen=True)
class Mistake:
    """One mistake. Texts are Markdown, for one cell of a table.

    Several mistakes may fail the same check first. Then the first row counts whose `sign`, a
    regular expression, is found in what the check saw, or else in the transcript; a row without
    a sign comes last.
    """

    check: str  # the check that fails first: "lab01.6.once"
    cause: str  # what is wrong; it names the function or register
    shows: str = ""  # what a student sees in a run; empty if only the grader sees it
    sign: str = ""
    task: str = ""  # whose code is wrong, if it is not the check's task: "lab02.3"
    function: str = ""  # where, if the task has several: "walk_table", or a file: "vectors.S"
    mutants: tuple[str, ...] = ()  # names in grader/quality/mutants/ of the lab

    @property
    def text(self) -> str:
        """The cause for a terminal."""
        plain = self.cause.replace("`", "")
        if not self.cause.startswith("`"):
            plain = plain[:1].upper() + plain[1:]
        return plain + ("" if plain.endswith((".", "?")) else ".")


@dataclass(frozen=True)
class Hole:
    """A function, or a file outside of functions, that the student writes."""

    task: str
    file: str
    function: str = ""


@lru_cache(maxsize=None)
def mistakes(lab: int) -> tuple[Mistake, ...]:
    """Return the rows of a lab, the course's first; none if it has no table."""
    name, of_course = f"lab{lab:02}", additions(lab).mistakes
    if not (FOLDER / name / "mistakes.py").exists():
        return of_course
    return (*of_course, *import_module(f".{name}.mistakes", __package__).MISTAKES)


@lru_cache(maxsize=None)
def holes() -> tuple[Hole, ...]:
    """Return every hole of every lab."""
    lines = [line.split() for line in HOLES.read_text().splitlines()[1:]]
    return tuple(Hole(task, file, *(name.rstrip("()") for name in rest))
                 for task, file, *rest in lines)


def likely(check: str, task: str, seen: str, text: str) -> Optional[Mistake]:
    """Return the row for a first failure: what the check saw, and the transcript of its boot.

    `task` is the one that the check blames.
    """
    rows = [row for row in mistakes(int(check[3:5])) if row.check in (check, task)]
    for found in (signs(rows, seen), signs(rows, text), (row for row in rows if not row.sign)):
        if row := next(found, None):
            return row
    return None


def signs(rows: Iterable[Mistake], text: str) -> Iterator[Mistake]:
    """Return the rows whose sign is in the text."""
    return (row for row in rows if row.sign and re.search(row.sign, text, re.MULTILINE))
