# SPDX-License-Identifier: MIT
"""What a grading says of a mutant. Pure: it reads a report, and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ..check import Outcome
from ..evaluate import NOT_BUILT
from . import Mutant

# Of all mutants that are killed: the hint of the first failure names the mistake.
NAMED_AT_LEAST = 0.95

# A report, as report.py writes it.
Report = dict[str, Any]


class Kind(Enum):
    """What became of a mutant."""

    NAMED = "killed and named"
    MISNAMED = "killed, misnamed"
    SURVIVED = "survived"
    UNSEEN = "unseen"  # as its entry says
    ERROR = "error"  # of the table, or of the grading


@dataclass(frozen=True)
class Verdict:
    """A mutant and what became of it; `told` is in words, where there is more to say."""

    mutant: Mutant
    kind: Kind
    told: str = ""


def is_of(check_id: str, expected: str) -> bool:
    """`expected` is the check itself, or its task."""
    return check_id == expected or check_id.startswith(expected + ".")


def judge(mutant: Mutant, report: Report) -> Verdict:
    """The verdict on a mutant whose lab alone was graded."""
    (lab,) = report["labs"]
    failed = [check for check in lab["checks"] if check["result"] == Outcome.FAILED.value]
    if any(check["seen"] == NOT_BUILT for check in lab["checks"]):
        first = failed[0]["seen"] if failed else NOT_BUILT
        return Verdict(mutant, Kind.ERROR, f"it does not build: {first}")
    if lab["points"] == lab["maximum"]:
        if mutant.unseen:
            return Verdict(mutant, Kind.UNSEEN, mutant.unseen)
        return Verdict(mutant, Kind.SURVIVED, f"{mutant.expect} passes")
    first = f"{failed[0]['id']}: {failed[0]['seen']}" if failed else "nothing failed"
    if mutant.unseen:
        return Verdict(mutant, Kind.ERROR, f"it is seen, so its entry is out of date: {first}")
    if failed and is_of(failed[0]["id"], mutant.expect):
        return Verdict(mutant, Kind.NAMED)
    return Verdict(mutant, Kind.MISNAMED, f"not {mutant.expect} fails first, but {first}")


def all_right(verdicts: Iterable[Verdict]) -> bool:
    """Every mutant is killed that can be seen, and nearly all are named."""
    kinds = [verdict.kind for verdict in verdicts]
    named, misnamed = kinds.count(Kind.NAMED), kinds.count(Kind.MISNAMED)
    if Kind.ERROR in kinds or Kind.SURVIVED in kinds:
        return False
    return named >= NAMED_AT_LEAST * (named + misnamed)
