# SPDX-License-Identifier: MIT
"""What a grading of the whole kit is held against."""

from __future__ import annotations

from grader.grading.run import Grading
from grader.labs import tables
from grader.labs.check import Boot, Outcome

LABS = tuple(tables())


def lost(grading: Grading) -> list[str]:
    """What full marks would not have: in words, for the assertion."""
    results = [result for lab in grading.labs for result in lab.results]
    return [f"{r.check.id}: {r.seen}" for r in results if r.outcome is not Outcome.PASSED]


def usual_checks(labs: tuple[int, ...] = LABS) -> set[str]:
    """Those of the usual boot: what a change of the machine must not change."""
    return {c.id for lab in labs for c in tables()[lab] if c.boot == Boot()}
