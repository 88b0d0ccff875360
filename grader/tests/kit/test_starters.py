# SPDX-License-Identifier: MIT
"""Starters are what is cut from the solutions, and a student can go task by task."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.core import starters
from grader.core.kit import KIT, copy_of_the_kit
from grader.labs import tables
from grader.labs.check import Check
from grader.tests.support.documents import LABS, TASKS

def steps(lab: int) -> list[object]:
    """The tasks one by one. LONG=1 leaves nothing out; else all but one are done, or in lab 1 none.

    With all of them done a lab is the solution, which test_submission.py grades in any case.
    """
    tasks = len(TASKS[lab])
    usual = {0, tasks - 1} if lab == 1 else {tasks - 1}
    return [
        pytest.param(lab, done, id=f"lab{lab:02d}-{done}-tasks",
                     marks=() if done in usual else pytest.mark.long)
        for done in range(tasks + 1)
    ]


STEPS = [step for lab in LABS for step in steps(lab)]


def test_every_starter_in_the_tree_is_what_the_solution_gives() -> None:
    drifted = [str(path) for path, text in starters.starters().items()
               if not (KIT / path).exists() or (KIT / path).read_text() != text]
    assert drifted == [], "make starters FORCE=1 cuts them again"


def test_the_list_of_files_with_holes_is_that_of_the_solutions() -> None:
    assert starters.MANIFEST.read_text() == starters.manifest(starters.starters())


def test_the_list_of_holes_is_that_of_the_solutions() -> None:
    assert starters.PLACES.read_text() == starters.places(starters.marked())


def test_a_file_that_was_deleted_is_named(tmp_path: Path) -> None:
    kit = copy_of_the_kit(tmp_path)
    (kit / "lab01-boot/uart.c").unlink()
    done = subprocess.run(["make", "build", "LAB=1"], cwd=kit, capture_output=True,
                          text=True, check=False)
    assert done.returncode != 0
    assert "lab01-boot/uart.c is missing: make restore FILE=lab01-boot/uart.c" in done.stderr


def test_a_starter_never_contains_what_stands_in_a_hole() -> None:
    text = "int f(void)\n{\n\t/* HOLE(lab01.1): Do it. */\n\treturn 42;\n\t/* END(lab01.1) */\n}\n"
    out, holes = starters.cut("#include <x.h>\n" + text, Path("lab01-boot/x.c"))
    assert "42" not in out
    assert 'todo("lab01.1", "f() in lab01-boot/x.c, read lab01-boot/README.md#task-1");' in out
    assert [hole.function for hole in holes] == ["f()"]


def test_a_filled_task_keeps_its_lines_and_loses_its_markers() -> None:
    text = ("#include <x.h>\nint f(void)\n{\n\t/* HOLE(lab01.1): Do it. */\n\treturn 42;\n"
            "\t/* END(lab01.1) */\n}\n")
    out, _ = starters.cut(text, Path("lab01-boot/x.c"), frozenset({"lab01.1"}))
    assert "return 42;" in out and "HOLE" not in out and "todo(" not in out


@pytest.mark.parametrize("text, complaint", [
    ("/* HOLE(lab01.1): a */\n/* HOLE(lab01.2): b */\n", "a hole inside hole"),
    ("/* HOLE(lab01.1): a */\n/* END(lab01.2) */\n", "without its HOLE"),
    ("/* END(lab01.1) */\n", "without its HOLE"),
    ("/* HOLE(lab01.1): a */\n", "has no END"),
])
def test_markers_that_make_no_sense_are_refused_with_the_line(text: str,
                                                              complaint: str) -> None:
    with pytest.raises(starters.StarterError, match=complaint):
        starters.cut(text, Path("lab01-boot/x.S"))


def written(text: str) -> int:
    """The lines of a solution that a student writes: not blank, no comment, no lone brace."""
    code = re.sub(r"/\*.*?\*/", "", "".join(
        re.findall(r"/\* HOLE\(.*?\*/\n(.*?)/\* END\(", text, re.S)), flags=re.S)
    return sum(line.strip() not in ("", "{", "}") for line in code.splitlines())


def test_what_a_student_writes_is_counted_without_comments_and_braces() -> None:
    assert written("int a;\n/* HOLE(lab01.1): Do\n * it. */\n\tint b;\n/* Why\n   so */\n{\n"
                   "\tb++; /* c */\n\n}\n/* END(lab01.1) */\nint d;\n") == 2


@pytest.mark.parametrize("lab", LABS)
def test_a_lab_asks_for_60_to_180_lines_and_its_handout_says_so(lab: int) -> None:
    lines = sum(written(path.read_text())
                for path in (KIT / "solutions").glob(f"lab{lab:02d}-*/**/*.[chS]"))
    assert 60 <= lines <= 180
    [handout] = KIT.glob(f"lab{lab:02d}-*/README.md")
    for said in re.findall(r"write about (\d+) lines", handout.read_text()):
        assert abs(int(said) - lines) <= 5


def test_a_students_file_is_kept_unless_it_is_named(tmp_path: Path) -> None:
    kit = copy_of_the_kit(tmp_path)
    mine = kit / "lab01-boot/uart.c"
    mine.write_text("/* mine */\n")
    run = [sys.executable, "grader/core/starters.py"]
    done = subprocess.run(run, cwd=kit, capture_output=True, text=True, check=True)
    assert "lab01-boot/uart.c: differs from the starter and is kept" in done.stdout
    assert mine.read_text() == "/* mine */\n"
    subprocess.run([*run, "--file", "lab01-boot/uart.c"], cwd=kit, check=True,
                   capture_output=True)
    assert "TODO(lab01.4)" in mine.read_text()


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_the_kit(tmp_path_factory.mktemp("tasks"))


def points(checks: list[Check], done: set[str]) -> int:
    return sum(check.points for check in checks if check.task in done)


@pytest.mark.parametrize("lab, done", STEPS)
def test_the_score_is_that_of_the_tasks_done_and_the_next_is_named(kit: Path, lab: int,
                                                                   done: int) -> None:
    filled = frozenset(TASKS[lab][:done])
    for path, text in starters.starters(filled).items():
        if path.parts[0].startswith(f"lab{lab:02d}"):
            # Only what changes, so that make builds only that.
            if (kit / path).read_text() != text:
                (kit / path).write_text(text)
    graded = subprocess.run([sys.executable, "-m", "grader", "--lab", str(lab),
                             "--solved", str(lab - 1)], cwd=kit, check=False,
                            capture_output=True, text=True)
    report = json.loads((kit / "build/grade/report.json").read_text())
    assert report["total"] == points(tables()[lab], set(filled)), graded.stdout
    if done < len(TASKS[lab]):
        first = re.search(r"TODO\((lab\d\d\.\d)\)", graded.stdout)
        assert first and first[1] == TASKS[lab][done], graded.stdout
    else:
        assert graded.returncode == 0
