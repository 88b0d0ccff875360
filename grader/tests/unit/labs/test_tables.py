# SPDX-License-Identifier: MIT
"""The tables of the labs, as data: complete, consistent, and helpful."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from grader.core.kit import KIT, LAB_DIRS
from grader.grading.evaluate import task_number
from grader.grading.markers import expression
from grader.labs import tables
from grader.labs.check import Check

OPEN = tables(open_tasks=True)
CHECKS = [check for table in (tables(), OPEN) for checks in table.values() for check in checks]

# How many tasks each lab has: the curriculum.
TASKS = {1: 6, 2: 6, 3: 5, 4: 7, 5: 8, 6: 6}


def by_id(check: Check) -> str:
    return check.id


def test_every_lab_has_a_directory() -> None:
    assert sorted(LAB_DIRS) == sorted(TASKS)
    assert set(tables()) <= set(LAB_DIRS)


def test_no_two_checks_have_one_id() -> None:
    assert [name for name, count in Counter(map(by_id, CHECKS)).items() if count > 1] == []


@pytest.mark.parametrize("lab", tables())
def test_a_lab_is_worth_100_points(lab: int) -> None:
    assert sum(check.points for check in tables()[lab]) == 100


@pytest.mark.parametrize("lab", OPEN)
def test_an_open_task_has_10_extra_points_after_those_of_its_lab(lab: int) -> None:
    assert sum(check.points for check in OPEN[lab]) == 10
    assert all(check.extra for check in OPEN[lab])
    assert not any(check.extra for check in tables()[lab])
    assert {task_number(check.task) for check in OPEN[lab]} == {(lab, TASKS[lab] + 1)}


@pytest.mark.parametrize("lab", tables())
def test_every_task_has_checks_and_every_check_a_task(lab: int) -> None:
    tasks = {task_number(check.task) for check in tables()[lab]}
    assert tasks == {(lab, task) for task in range(1, TASKS[lab] + 1)}


@pytest.mark.parametrize("lab", tables())
def test_a_proof_of_its_own_points_only_is_not_the_only_proof_of_a_task(lab: int) -> None:
    proofs = [check for check in tables()[lab] if check.proves]
    assert {c.task for c in proofs} == {c.task for c in proofs if c.for_task}


@pytest.mark.parametrize("check", CHECKS, ids=by_id)
def test_a_check_is_a_sentence_with_points_and_a_hint(check: Check) -> None:
    assert check.points > 0
    first = check.title.split()[0]
    assert not first[0].islower() or "_os" in first, "a sentence, which a guest's name may begin"
    assert not check.title.endswith(".")
    assert len(check.title) <= 90
    assert check.hint.endswith((".", "?")) and len(check.hint) > 20


@pytest.mark.parametrize("check", CHECKS, ids=by_id)
def test_a_check_is_one_thing(check: Check) -> None:
    """A marker by line or by pattern, or a function, which cannot say what it wants itself."""
    assert sum(map(bool, (check.line, check.pattern, check.test))) == 1
    if check.test:
        assert check.wanted
        assert not (check.anywhere or check.once or check.forbidden)
    else:
        assert not expression(check).search(""), "a marker that an empty transcript holds"
    assert not (check.forbidden and (check.once or check.anywhere))


@pytest.mark.parametrize("check", CHECKS, ids=by_id)
def test_a_check_that_silence_would_pass_needs_a_marker(check: Check) -> None:
    """Else a stage that does nothing would get points."""
    if check.forbidden:
        assert check.needs


@pytest.mark.parametrize("lab", tables())
def test_what_a_check_needs_is_another_check_of_its_lab(lab: int) -> None:
    """And an earlier one: needs are followed in the order of the table."""
    for table in (tables()[lab], OPEN.get(lab, [])):
        known: set[str] = set()
        for check in table:
            assert not check.needs or check.needs in known, check.id
            known.add(check.id)


# The reports of lab 6, task 2, come from loops that tasks 3 and 4 write.
SHOWN_BY_LATER_TASKS = {"lab06.2.counter", "lab06.2.memwalk"}


@pytest.mark.parametrize("check", CHECKS, ids=by_id)
def test_a_mistake_in_a_later_task_costs_no_points_of_an_earlier_one(check: Check) -> None:
    if check.needs and check.id not in SHOWN_BY_LATER_TASKS:
        assert task_number(check.needs.rpartition(".")[0]) <= task_number(check.task)


def test_a_hint_names_functions_that_are_there() -> None:
    files = [path for path in KIT.glob("[cls]*/**/*.[chS]") if "build" not in path.parts]
    there = set(re.findall(r"\w+", "\n".join(path.read_text() for path in files)))
    texts = {check.id: check.hint for check in CHECKS}
    texts.update((str(path), path.read_text()) for path in KIT.glob("grader/labs/*/hints.md"))
    for name, text in texts.items():
        assert set(re.findall(r"\b(\w+)\(\)", text)) <= there, name
