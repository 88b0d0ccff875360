# SPDX-License-Identifier: MIT
"""beyond/memory on the machine, and the mistakes of beyond_mutants.py."""

from __future__ import annotations

import pytest

from grader.core.kit import KIT
from grader.quality.beyond_mutants import MUTANTS
from grader.tests.support.build import OWN
from grader.tests.support.making import make

# The memory of one run is wiped 1,000 times, so a short one is most of a long one.
ROUNDS = "MEMORY_ROUNDS=5000"


def test_frames_come_back_zero_and_random_calls_agree_with_a_model() -> None:
    status, output = make("memory", ROUNDS, "WERROR=1", OWN)
    assert status == 0, output
    assert output[-1] == "[memory] all is well"
    assert "[memory] 1000 VMs came and went, 4 generations of VMIDs" in output


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mistake_can_be_planted(mutant: object) -> None:
    for edit in mutant.edits:  # type: ignore[attr-defined]
        assert (KIT / edit.file).read_text().count(edit.old) == 1, edit.file


def test_there_are_enough_mistakes_and_each_has_its_own_name() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert len(names) == len(set(names)) >= 200
    assert sum(bool(mutant.known) for mutant in MUTANTS) >= 20
