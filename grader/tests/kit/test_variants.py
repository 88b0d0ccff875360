# SPDX-License-Identifier: MIT
"""The whole kit, built otherwise: both compilers, all optimisations, other memory maps."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Optional

import pytest

from grader.core.kit import KIT, copy_of_the_kit
from grader.core.process import Nursery
from grader.grading.build import make, text_of
from grader.grading.run import Options, grade
from grader.labs import tables
from grader.quality.mutants.workplace import Gradings, Workplace, edited
from grader.quality.variants import Variant, variants
from grader.quality.variants.__main__ import lost as lost_by
from grader.tests.support.gradings import lost, usual_checks

LABS = tuple(tables())

COMPILERS = [
    pytest.param(("OPT=-Og",), marks=pytest.mark.long),
    pytest.param(("UBSAN=1",), marks=pytest.mark.long),
    pytest.param(("UBSAN=1", "OPT=-O0"), marks=pytest.mark.long),
    pytest.param(("LLVM=1",), marks=pytest.mark.long),
    pytest.param(("LLVM=1", "OPT=-O0"), marks=pytest.mark.long),
    pytest.param(("LLVM=1", "OPT=-Og"), marks=pytest.mark.long),
    ("LLVM=1", "UBSAN=1"),
]
# Slots and guards come with lab 3.
MEMORY = [
    pytest.param(("GUARD_PAGES=1",), marks=pytest.mark.long),
    pytest.param(("GUARD_PAGES=32",), marks=pytest.mark.long),
    pytest.param(("SLOT_PAGES=512",), marks=pytest.mark.long),
    ("SLOT_PAGES=2048", "GUARD_PAGES=7"),
]


def full_marks(
    variables: tuple[str, ...], labs: tuple[int, ...], only: Optional[set[str]] = None
) -> None:
    """Builds without a warning and passes, each variant in its own directory."""
    build = KIT / "build/test" / "_".join(variables).replace("=", "-")
    options = Options(labs, 6, build, make=("WERROR=1", *variables),
                      only=only or usual_checks(labs))
    assert lost(grade(options)) == []


@pytest.mark.parametrize("variables", COMPILERS, ids=" ".join)
def test_every_stage_passes_however_it_is_compiled(variables: tuple[str, ...]) -> None:
    if "LLVM=1" in variables and not shutil.which("clang"):
        pytest.fail("clang is missing: run ./setup.sh --dev", pytrace=False)
    full_marks(variables, LABS)


@pytest.mark.parametrize("variables", [
    ("OPT=-O0",), pytest.param(("LLVM=1",), marks=pytest.mark.long)], ids=" ".join)
def test_every_check_passes_however_it_is_compiled(variables: tuple[str, ...]) -> None:
    """With the scripts and the hostile guests, which the usual boot does not have."""
    full_marks(variables, LABS, {check.id for lab in LABS for check in tables()[lab]})


@pytest.mark.parametrize("variables", MEMORY, ids=" ".join)
def test_every_stage_with_guests_passes_with_other_slots_and_guards(
    variables: tuple[str, ...],
) -> None:
    """Stage 6 has all code of guests and slots, stage 3 has tests of its own for them."""
    full_marks(variables, (3, 6))


@pytest.mark.parametrize("lab", LABS)
def test_a_build_is_silent(lab: int, tmp_path: Path) -> None:
    """No warning of the linker either, which -Werror does not reach."""
    where = [f"LAB={lab}", f"SOLVED={lab}", f"BUILD={tmp_path}", "WERROR=1"]
    ended = make("build", where, Nursery())
    assert (ended.status, text_of(ended)) == (0, "")


def test_the_table_has_variants_of_every_lab_by_different_names() -> None:
    assert {variant.lab for variant in variants()} == set(LABS)
    names = [variant.name for variant in variants()]
    assert len(names) == len(set(names)) >= 20


@pytest.mark.parametrize("variant", variants(), ids=lambda variant: variant.name)
def test_every_edit_of_a_variant_still_fits(variant: Variant) -> None:
    texts: dict[str, str] = {}
    for edit in variant.edits:
        text = texts.setdefault(edit.file, (KIT / "solutions" / edit.file).read_text())
        texts[edit.file] = edited(text, edit)
    assert not [name for name, _ in variant.files if (KIT / name).exists()]


SAMPLE = ["bss wiped in C", pytest.param("lazy FP switching", marks=pytest.mark.long)]


@pytest.mark.parametrize("name", SAMPLE)
def test_a_variant_gets_full_marks(name: str, tmp_path: Path) -> None:
    """`make variants` grades all of them."""
    (variant,) = [variant for variant in variants() if variant.name == name]
    workplace = Workplace(copy_of_the_kit(tmp_path), Gradings())
    assert lost_by(workplace, replace(variant, also=())) == []
