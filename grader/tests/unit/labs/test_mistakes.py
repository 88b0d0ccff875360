# SPDX-License-Identifier: MIT
"""The tables of mistakes: each row is about a check, a hole and mutants that are there."""

from __future__ import annotations

import re

import pytest

from grader.labs import tables
from grader.labs.mistake import Mistake, holes, likely, mistakes
from grader.quality.mutants import mutants
from grader.quality.mutants.verdict import is_of

CHECKS = {check.id: check for table in tables().values() for check in table}
TASKS = {check.task for check in CHECKS.values()}
ROWS = [row for lab in tables() for row in mistakes(lab)]
rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.check)


@rows
def test_a_row_is_about_a_check_and_about_a_hole(row: Mistake) -> None:
    assert row.check in CHECKS or row.check in TASKS
    task = row.task or getattr(CHECKS.get(row.check), "handout_task", row.check)
    own = [hole for hole in holes() if hole.task == task]
    assert own
    names = [hole.function or hole.file.rpartition("/")[2] for hole in own]
    assert not row.function or row.function in names


@rows
def test_the_texts_of_a_row_fit_into_a_table(row: Mistake) -> None:
    for text in (row.cause, row.shows):
        assert "\n" not in text and "|" not in text and text.count("`") % 2 == 0
    assert not row.cause.endswith(".") and re.compile(row.sign, re.MULTILINE)


@rows
def test_the_mutants_of_a_row_fail_its_check_first(row: Mistake) -> None:
    known = {m.name: m for m in mutants() if m.lab == int(row.check[3:5])}
    for name in row.mutants:
        assert is_of(row.check, known[name].expect) or is_of(known[name].expect, row.check)


def test_no_mutant_is_of_two_rows() -> None:
    names = [(row.check[:5], name) for row in ROWS for name in row.mutants]
    assert len(names) == len(set(names))


@rows
def test_a_row_can_be_found(row: Mistake) -> None:
    """Of two rows for one check without a sign the second would never be shown."""
    if not row.sign:
        task = getattr(CHECKS.get(row.check), "handout_task", row.check)
        assert likely(row.check, task, "", "") is row
