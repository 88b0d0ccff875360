# SPDX-License-Identifier: MIT
"""A grading up to its first failure, which is the one that a whole grading shows first.

Most mistakes fail in the usual boot. Then of the other boots only those are needed
that a check before this failure looks at.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile

from ..check import Boot, Check, Outcome, Result
from ..evaluate import Found, evaluate, open_task
from ..grading import Workshop, boots_of, by_task, selected
from ..labs import tables
from .verdict import is_of


def up_to_first_failure(lab: int, expect: str, workshop: Workshop) -> list[Result]:
    """Results of a lab, by task, with its first failure; all of them if nothing fails.

    What `expect` names is looked at early, because it is likely to fail.
    """
    table = tables()[lab]
    found: dict[Boot, Found] = {}
    wanted = [check for check in table if is_of(check.id, expect)]
    while True:
        # With what they need.
        chosen = selected(table, {check.id for check in wanted})
        found |= workshop.evidence({lab: set(boots_of(chosen)) - set(found)})[lab]
        results = evaluate([check for check in table if check.boot in found], found)
        wanted = [check for check in needed(table, results, found) if check.boot not in found]
        if not wanted:
            return sorted(results, key=lambda result: by_task(result.check))


def needed(
    table: list[Check], results: list[Result], found: Mapping[Boot, Found]
) -> list[Check]:
    """The checks without which the first failure is not known: all before it."""
    if any(open_task(boot) for boot in found.values()):
        return table  # where a hole is told depends on all boots
    failed = {result.check.id for result in results if result.outcome is Outcome.FAILED}
    return list(takewhile(lambda check: check.id not in failed, sorted(table, key=by_task)))
