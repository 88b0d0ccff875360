# SPDX-License-Identifier: MIT
"""The verdict on a mutant, from the results of a grading. It runs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from ...grading.evaluate import NOT_BUILT
from ...labs.check import Outcome, Result
from . import Mutant

# Share of the killed mutants whose first failure names the mistake.
NAMED_AT_LEAST = 0.95


class Kind(Enum):
    """The outcome for a mutant."""

    NAMED = "killed and named"
    MISNAMED = "killed, misnamed"
    SURVIVED = "survived"
    UNSEEN = "unseen"  # as expected
    ERROR = "error"  # in the table or in the grading


@dataclass(frozen=True)
class Verdict:
    """A mutant and its outcome, with a reason if there is more to say."""

    mutant: Mutant
    kind: Kind
    reason: str = ""


def is_of(check_id: str, expected: str) -> bool:
    """True if `expected` is the check or its task."""
    return check_id == expected or check_id.startswith(expected + ".")


def judge(mutant: Mutant, results: Sequence[Result]) -> Verdict:
    """Return the verdict on a mutant, from the results of its lab by task."""
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    if any(result.seen == NOT_BUILT for result in results):
        first = failed[0].seen if failed else NOT_BUILT
        return Verdict(mutant, Kind.ERROR, f"it does not build: {first}")
    crashed = [result.seen for result in results if result.outcome is Outcome.NOT_JUDGED]
    if crashed:
        return Verdict(mutant, Kind.ERROR, crashed[0])
    if all(result.outcome is Outcome.PASSED for result in results):
        if mutant.unseen:
            return Verdict(mutant, Kind.UNSEEN, mutant.unseen)
        return Verdict(mutant, Kind.SURVIVED, f"{mutant.expect} passes")
    first = f"{failed[0].check.id}: {failed[0].seen}" if failed else "nothing failed"
    if mutant.unseen:
        reason = f"it has an effect, so its entry is out of date: {first}"
        return Verdict(mutant, Kind.ERROR, reason)
    if failed and is_of(failed[0].check.id, mutant.expect):
        return Verdict(mutant, Kind.NAMED)
    return Verdict(mutant, Kind.MISNAMED, f"expected {mutant.expect} to fail first, not {first}")


def all_right(verdicts: Iterable[Verdict]) -> bool:
    """True if every mutant with an effect is killed, and nearly all are named."""
    kinds = [verdict.kind for verdict in verdicts]
    named, misnamed = kinds.count(Kind.NAMED), kinds.count(Kind.MISNAMED)
    if Kind.ERROR in kinds or Kind.SURVIVED in kinds:
        return False
    return named >= NAMED_AT_LEAST * (named + misnamed)
