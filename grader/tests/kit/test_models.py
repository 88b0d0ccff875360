# SPDX-License-Identifier: MIT
"""The models of beyond/ hold in every state, and spin refutes every mutant of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader.core.kit import KIT, GraderError
from grader.quality.model_mutants import MUTANTS, ModelMutant
from grader.quality.models import (
    PROGRESS, RUNS, SAFETY, SHORT, check, check_mutant, missing_tool, mutate,
)  # fmt: skip

SHORT_RUNS = [(model, macros) for model, runs in RUNS.items() for macros in runs[: SHORT[model]]]


@pytest.fixture(autouse=True)
def _spin() -> None:
    if problem := missing_tool():
        pytest.skip(problem)


@pytest.mark.parametrize("kind", [SAFETY, pytest.param(PROGRESS, marks=pytest.mark.long)])
@pytest.mark.parametrize(("model", "macros"), SHORT_RUNS)
def test_a_model_holds_in_every_state(model: str, macros: str, kind: str) -> None:
    found = check(KIT / "beyond", model, macros, kind)
    assert found.violation == ""
    assert found.states > 100_000  # a guest that never calls would leave a handful


@pytest.mark.parametrize(
    "mutant",
    [pytest.param(mutant, id=str(mutant), marks=[pytest.mark.long] if number % 4 else [])
     for number, mutant in enumerate(MUTANTS)],
)  # fmt: skip
def test_spin_refutes_a_mutant(mutant: ModelMutant) -> None:
    assert mutant.refuted_by in check_mutant(mutant).violation


def test_each_model_has_enough_mutants() -> None:
    assert all(sum(m.model == model for m in MUTANTS) >= 6 for model in RUNS)
    assert len({str(mutant) for mutant in MUTANTS}) == len(MUTANTS)


def test_an_edit_that_does_not_fit_is_an_error(tmp_path: Path) -> None:
    row = ModelMutant("old", "cores/power", "", "assertion", (("no such text", ""),))
    with pytest.raises(GraderError, match="0 times in power.pml"):
        mutate(row, tmp_path)


def test_a_model_that_does_not_parse_is_an_error(tmp_path: Path) -> None:
    shutil.copytree(KIT / "beyond/cores", tmp_path / "cores")
    with (tmp_path / "cores/power.pml").open("a") as text:
        text.write("inline broken( {\n")
    with pytest.raises(GraderError, match="spin fails"):
        check(tmp_path, "cores/power", "", SAFETY)
