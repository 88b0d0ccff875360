# SPDX-License-Identifier: MIT
"""The first cause of real gradings: solutions with a mistake in them, in a copy of the kit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader.core.kit import KIT, copy_of_the_kit
from grader.core.starters import starters
from grader.grading.build import Place
from grader.grading.look import Look
from grader.grading.run import Grading, Options, grade
from grader.labs import tables
from grader.quality.mutants import Mutant, mutants
from grader.quality.mutants.workplace import CPU_SECONDS, edited


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_the_kit(tmp_path_factory.mktemp("kit"))


def named(lab: int, name: str) -> Mutant:
    return next(m for m in mutants() if (m.lab, m.name) == (lab, name))


def graded(kit: Path, mutant: Mutant, *labs: int, looks: bool = False) -> Grading:
    """Grade a student's files: the solutions with this mistake."""
    for file in starters():
        shutil.copy(KIT / "solutions" / file, kit / file)
    for edit in mutant.edits:
        (kit / edit.file).write_text(edited((kit / edit.file).read_text(), edit))
    every = {check.id for lab in labs for check in tables()[lab]}  # as `make grade` selects them
    options = Options(labs, 0, kit / "build", Place(kit), only=every, cpu_seconds=CPU_SECONDS,
                      looks=looks)
    return grade(options)


def test_a_mistake_of_an_earlier_lab_is_named_there(kit: Path) -> None:
    """This one lets lab 3 start, and its first VM fail."""
    found = graded(kit, named(2, "indices of one table in a root of several"), 3)
    cause = found.cause
    assert cause and cause.lab == 2 and cause.shown_by
    assert cause.shown_by.check.lab == 3
    assert [lab.lab for lab in found.labs] == [3]


def looked(kit: Path, mutant: Mutant) -> Look:
    """What the machine shows of a mistake."""
    found = graded(kit, mutant, mutant.lab, looks=True)
    assert found.look
    return found.look


def test_the_machine_is_looked_at_where_it_faults_without_end(kit: Path) -> None:
    """Without the UART each report of a fault faults again."""
    seen = looked(kit, named(2, "UART forgotten"))
    assert seen.command == "hyp walk 0x9000000"
    assert "=> VA 0x9000000: level-2 entry is 0: translation fault, level 2" in seen.answer


def test_the_machine_is_looked_at_after_it_is_off(kit: Path) -> None:
    seen = looked(kit, named(3, "PS left at 32 bits"))
    assert seen.command == "hyp regs VTCR_EL2" and "PS=0 (32 bits of PA)" in seen.answer
