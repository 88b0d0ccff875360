# SPDX-License-Identifier: MIT
"""Where gdb stops for a task."""

from __future__ import annotations

import pytest

from grader.labs import tables
from grader.labs.breakpoints import FIRST_GUEST, PLACES, SECOND_GUEST, gdb_command
from grader.model.layout import Layout


def test_every_task_has_a_place() -> None:
    every = [*tables().values(), *tables(open_tasks=True).values()]
    assert set(PLACES) == {check.task for table in every for check in table}


def test_the_guests_are_where_a_stage_is_built_for_by_default() -> None:
    layout = Layout(slot_pages=1024, guard_pages=4)
    for vm, place in enumerate((FIRST_GUEST, SECOND_GUEST)):
        assert place == f"'*0x{layout.slot(vm).start:x}'"


def test_a_task_without_a_place_stops_at_its_first_hole_or_at_the_start() -> None:
    assert gdb_command("lab05.99") == "make gdb LAB=5 AT=hyp_main"


def test_a_task_of_a_course_stops_at_its_hole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(PLACES, "lab03.1")
    assert gdb_command("lab03.1") == "make gdb LAB=3 AT=s2_init"
