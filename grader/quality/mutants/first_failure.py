# SPDX-License-Identifier: MIT
"""A grading up to its first failure, which is the one that a whole grading shows first.

Most mistakes fail in the usual boot. Then of the other boots only those are needed
that a check before this failure looks at, and the machine only if one does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import takewhile

from ...grading.evaluate import Found, evaluate, open_task
from ...grading.run import Workshop, boots_of, by_task, selected
from ...labs import tables
from ...labs.check import Boot, Check, Evidence, Outcome, Result
from .verdict import is_of


def up_to_first_failure(lab: int, expect: str, workshop: Workshop) -> list[Result]:
    """Results of a lab, by task, with its first failure; all of them if nothing fails.

    What `expect` names is looked at early, because it is likely to fail.
    """
    table = tables()[lab]
    found: dict[Boot, Found] = {}
    wanted = [check for check in sorted(table, key=by_task) if is_of(check.id, expect)]
    # The machine is looked at in the first boots at once where that is needed in the end.
    looks = [*before({wanted[0].id}, table), *wanted]
    while True:
        boots = boots_of(selected(table, {check.id for check in wanted}))
        looked_at = {check.boot for check in looks if check.machine}
        missing = [boot for boot in boots if boot not in found or boot in looked_at]
        found |= workshop.evidence({lab: {boot: boot in looked_at for boot in missing}})[lab]
        results = evaluate([check for check in table if can_judge(check, found)], found)
        looks = wanted = [c for c in needed(table, results, found) if not can_judge(c, found)]
        if not wanted:
            return sorted(results, key=lambda result: by_task(result.check))


def can_judge(check: Check, found: Mapping[Boot, Found]) -> bool:
    """What it looks at is there, or the reason why nothing is."""
    evidence = found.get(check.boot)
    if isinstance(evidence, Evidence) and check.machine:
        return evidence.inspected is not None
    return evidence is not None


def needed(
    table: list[Check], results: list[Result], found: Mapping[Boot, Found]
) -> list[Check]:
    """The checks without which the first failure is not known: all before it."""
    if any(open_task(boot) for boot in found.values()):
        return table  # where a hole is told depends on all boots
    return before({r.check.id for r in results if r.outcome is Outcome.FAILED}, table)


def before(ids: Collection[str], table: list[Check]) -> list[Check]:
    """The checks, by task, that come before the first of these; all if none of them comes."""
    return list(takewhile(lambda check: check.id not in ids, sorted(table, key=by_task)))
