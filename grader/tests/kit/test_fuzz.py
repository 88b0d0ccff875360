# SPDX-License-Identifier: MIT
"""make fuzz in short: a fixed number of files for each reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.quality.made_files import SEEDS
from grader.quality.readers import fuzz as fuzzing
from grader.quality.readers.build import cannot_sanitize
from grader.tests.support.build import BUILD

# libFuzzer's choices depend on its seed only, so a run is the same everywhere.
LIMITS = ("-runs=20000", "-seed=1")


@pytest.fixture(scope="module")
def program() -> Path:
    if problem := cannot_sanitize():
        pytest.skip(problem)
    return fuzzing.build_fuzzer(BUILD / "fuzz")


@pytest.mark.parametrize("format_", SEEDS)
def test_no_made_up_file_breaks_a_reader(program: Path, format_: str, tmp_path: Path) -> None:
    campaign = fuzzing.fuzz(program, format_, tmp_path, *LIMITS)
    assert campaign.complaint == ""
    assert campaign.runs >= 20000
    # As much as the seeds reach, and more.
    assert campaign.edges >= {"cpio": 50, "fdt": 150, "elf": 75, "image": 30}[format_]
