# SPDX-License-Identifier: MIT
"""A grading up to its first failure, which is also the first failure of a full grading.

Most mistakes fail in the usual boot. Then only those other boots are needed that a check before
this failure looks at, and the machine is inspected only if such a check needs it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import takewhile

from ...grading.evaluate import BootResult, evaluate, open_task
from ...grading.run import Workshop, boots_of, by_task, selected
from ...labs import tables
from ...labs.check import Boot, Check, Evidence, Outcome, Result
from .verdict import is_of


Graded = tuple[list[Result], dict[Boot, BootResult]]


def up_to_first_failure(lab: int, expect: str, workshop: Workshop) -> Graded:
    """Results of a lab by task, up to its first failure; all of them if nothing fails.

    Also what was found in the boots.

    Start with the checks of `expect`, because they are likely to fail.
    """
    table = tables()[lab]
    found: dict[Boot, BootResult] = {}
    wanted = [check for check in sorted(table, key=by_task) if is_of(check.id, expect)]
    # Inspect the machine in the first boots already if a check will need it.
    looks = [*before({wanted[0].id}, table), *wanted]
    while True:
        boots = boots_of(selected(table, {check.id for check in wanted}))
        looked_at = {check.boot for check in looks if check.machine}
        missing = [boot for boot in boots if boot not in found or boot in looked_at]
        found |= workshop.evidence({lab: {boot: boot in looked_at for boot in missing}})[lab]
        results = evaluate([check for check in table if _can_judge(check, found)], found)
        looks = wanted = [c for c in _needed(table, results, found) if not _can_judge(c, found)]
        if not wanted:
            return sorted(results, key=lambda result: by_task(result.check)), found


def _can_judge(check: Check, found: Mapping[Boot, BootResult]) -> bool:
    """True if its evidence exists, or the reason why there is none."""
    evidence = found.get(check.boot)
    if isinstance(evidence, Evidence) and check.machine:
        return evidence.inspected is not None
    return evidence is not None


def _needed(
    table: list[Check], results: list[Result], found: Mapping[Boot, BootResult]
) -> list[Check]:
    """The checks that are needed to find the first failure: all before it."""
    if any(open_task(boot) for boot in found.values()):
        return table  # all boots decide where an open hole is reported
    return before({r.check.id for r in results if r.outcome is Outcome.FAILED}, table)


def before(ids: Collection[str], table: list[Check]) -> list[Check]:
    """The checks, by task, before the first of these; all if there is none."""
    return list(takewhile(lambda check: check.id not in ids, sorted(table, key=by_task)))
