# SPDX-License-Identifier: MIT
"""The verdict on a mutant, from the results of a grading. It runs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from ...grading.cause import usual_mistake
from ...grading.evaluate import NOT_BUILT, BootResult
from ...labs.check import Boot, Outcome, Result
from ...labs.mistake import mistakes
from . import Mutant

# Share of the killed mutants whose first failure names the mistake.
NAMED_AT_LEAST = 0.95
# Share of the killed mutants whose mistake the first paragraph of the grading names.
EXPLAINED_AT_LEAST = 0.97


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
    explained_as: str = ""  # by the first paragraph, if by something else than the mutant's row

    @property
    def killed(self) -> bool:
        return self.kind in (Kind.NAMED, Kind.MISNAMED)


def is_of(check_id: str, expected: str) -> bool:
    """True if `expected` is the check or its task."""
    return check_id == expected or check_id.startswith(expected + ".")


def judge(mutant: Mutant, results: Sequence[Result], found: Mapping[Boot, BootResult]) -> Verdict:
    """Return the verdict on a mutant, from its boots and the results of its lab by task."""
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
    explained_as = _explained_as(mutant, failed[0], found) if failed else "nothing"
    if failed and is_of(failed[0].check.id, mutant.expect):
        return Verdict(mutant, Kind.NAMED, explained_as=explained_as)
    reason = f"expected {mutant.expect} to fail first, not {first}"
    return Verdict(mutant, Kind.MISNAMED, reason, explained_as)


def _explained_as(mutant: Mutant, first: Result, found: Mapping[Boot, BootResult]) -> str:
    """Return how the first paragraph explains a mutant; nothing if by the row that lists it."""
    row = usual_mistake(first, found)
    if row and mutant.name in row.mutants:
        return ""
    if not any(mutant.name in row.mutants for row in mistakes(mutant.lab)):
        return "a mistake that stands in no row of mistakes.py"
    return row.text if row else f"the hint of {first.check.id}"


def all_right(verdicts: Iterable[Verdict]) -> bool:
    """True if every mutant with an effect is killed, and nearly all are named and explained."""
    verdicts = list(verdicts)
    kinds = [verdict.kind for verdict in verdicts]
    named, misnamed = kinds.count(Kind.NAMED), kinds.count(Kind.MISNAMED)
    if Kind.ERROR in kinds or Kind.SURVIVED in kinds:
        return False
    killed = named + misnamed
    explained = sum(verdict.killed and not verdict.explained_as for verdict in verdicts)
    return named >= NAMED_AT_LEAST * killed and explained >= EXPLAINED_AT_LEAST * killed
