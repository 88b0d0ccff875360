# SPDX-License-Identifier: MIT
"""make diff: the reader's tour names every file once, headers first."""

from __future__ import annotations

import os
import subprocess

import pytest

from grader.commands.difference import files, sentence, tour
from grader.core.kit import KIT, LAB_DIRS


@pytest.mark.parametrize("lab", LAB_DIRS)
def test_every_source_of_the_lab_is_named_once(lab: int) -> None:
    added = [file.path for file in files(lab)]
    assert sorted(added) == sorted((KIT / LAB_DIRS[lab]).rglob("*.[chS]"))
    assert [file.path for file in files(lab) if not file.purpose] == [], "a comment at its head"
    for file in added:
        header = file.with_suffix(".h")
        if header in added:
            assert added.index(header) <= added.index(file)
    assert added[-1].stem in ("main", "selftest")


@pytest.mark.parametrize("lab", LAB_DIRS)
def test_the_tour_says_what_is_the_student_s_and_what_the_program_does_new(lab: int) -> None:
    lines = list(tour(lab))
    assert lines[0].startswith(f"Stage {lab}, {LAB_DIRS[lab]}: ")
    starred = [line.split()[1] for line in lines if line.startswith("* lab")]
    assert sorted(starred) == sorted(
        str(path.relative_to(KIT / "solutions"))
        for path in (KIT / "solutions" / LAB_DIRS[lab]).rglob("*.[chS]") if "open" not in path.parts
    )
    assert (f"hyp_main(), compared with stage {lab - 1}:" in lines) == (lab > 1)
    assert max(map(len, lines)) <= 130


def test_a_sentence_is_that_of_the_comment_at_the_head() -> None:
    assert sentence("/* Stage 2: tables. More. */\nint x;\n") == "Stage 2: tables"
    assert sentence("\n/*\n * Over two\n * lines.\n */\n") == "Over two lines"
    assert sentence("int x;\n/* Not at the head. */\n") == ""


def test_the_command_prints_it() -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    done = subprocess.run(["make", "diff", "LAB=3"], cwd=KIT, env=env, capture_output=True,
                          text=True)
    assert done.returncode == 0
    assert done.stdout.splitlines() == list(tour(3))
