# SPDX-License-Identifier: MIT
"""course/labNN.py adds a check and a task to a lab, which still counts 100."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from grader.core.kit import copy_of_the_kit
from grader.core.starters import starters
from grader.tests.support.making import make

COURSE = '''
from grader.labs.check import Check

CHECKS = [
    Check("lab01.4.stage", 3, "The banner names the stage", "Print what main.c says.",
          pattern=r"\\[boot\\] Schism Labs, stage 1: .*", anywhere=True),
    Check("lab01.8.greets", 6, "The stage greets", "Return the text in greet().",
          line="[course] greet() returns {text}, {number} characters", section="tasks"),
]
AFTER = {"lab01.8.greets": "lab01.4.getc"}
PLACES = {"lab01.8": "greet"}
HINTS = {"lab01.8": ("Read greet.h.", "One return statement.", "return GREETING;")}
'''
GREET_H = '''/* SPDX-License-Identifier: MIT */
#ifndef GREET_H
#define GREET_H
/* Return "hello". */
const char *greet(void);
#endif
'''
GREET_C = '''// SPDX-License-Identifier: MIT
#include "greet.h"

const char *greet(void)
{
\t/* HOLE(lab01.8): Return the greeting. */
\treturn "hello";
\t/* END(lab01.8) */
}
'''


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit whose lab 1 has one more check and one more task."""
    kit = copy_of_the_kit(tmp_path_factory.mktemp("course"))
    (kit / "course").mkdir()
    (kit / "course/lab01.py").write_text(COURSE)
    (kit / "lab01-boot/greet.h").write_text(GREET_H)
    (kit / "solutions/lab01-boot/greet.c").write_text(GREET_C)
    main = kit / "lab01-boot/main.c"
    text = main.read_text().replace('#include "mmio.h"', '#include "greet.h"\n#include "mmio.h"')
    main.write_text(text.replace(
        "\n\texception_init();",
        '\n\tsay("course", "greet() returns %s, %d characters\\n", greet(), 5);'
        "\n\texception_init();"))
    status, lines = make("starters", tree=kit)
    assert status == 0 and "lab01-boot/greet.c: written" in lines
    return kit


def grade(kit: Path, *args: str) -> tuple[dict, str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "PYTEST"))}
    done = subprocess.run([sys.executable, "-m", "grader", "--lab", "1", *args], cwd=kit, env=env,
                          capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    report = json.loads((kit / "build/grade/report.json").read_text())
    return report["labs"][0], done.stdout


def fill(kit: Path, tasks: Sequence[int]) -> None:
    """Solve these tasks of lab 1 in the student's files."""
    names = frozenset(f"lab01.{task}" for task in tasks)
    for path, text in starters(names).items():
        if path.parts[0] == "lab01-boot":
            (kit / path).write_text(text)
    if 8 in tasks:
        (kit / "lab01-boot/greet.c").write_text(GREET_C)


def results(lab: dict) -> dict[str, str]:
    return {check["id"]: check["result"] for check in lab["checks"]}


def test_solutions_get_100_and_the_new_checks_count(kit: Path) -> None:
    lab, _ = grade(kit, "--solved", "1")
    assert (lab["points"], lab["maximum"]) == (100, 100)
    assert sum(check["maximum"] for check in lab["checks"]) == 109
    assert results(lab)["lab01.8.greets"] == results(lab)["lab01.4.stage"] == "passed"


def test_starters_get_nothing_and_name_the_first_task(kit: Path) -> None:
    fill(kit, [])
    lab, said = grade(kit)
    assert (lab["points"], lab["maximum"]) == (0, 100)
    assert "lab01.1" in said.splitlines()[0]


def test_half_a_lab_gets_its_share(kit: Path) -> None:
    fill(kit, [1, 2, 3, 4])
    lab, said = grade(kit)
    raw = sum(check["points"] for check in lab["checks"])
    assert 0 < raw < 109 and lab["points"] == raw * 100 // 109


def test_a_line_out_of_order_is_named_as_such(kit: Path) -> None:
    path = kit / "course/lab01.py"
    try:
        path.write_text(COURSE.replace("lab01.4.getc", "lab01.6.masked"))
        lab, _ = grade(kit, "--solved", "1")
    finally:
        path.write_text(COURSE)
    (greets,) = (check for check in lab["checks"] if check["id"] == "lab01.8.greets")
    assert "the line is there, but out of order: line" in greets["seen"]


def test_the_new_task_alone_is_missing(kit: Path) -> None:
    fill(kit, [1, 2, 3, 4, 5, 6])
    lab, said = grade(kit)
    assert lab["points"] < 100
    assert results(lab)["lab01.8.greets"] == "failed"
    assert "TODO(lab01.8)" in said and "greet() in lab01-boot/greet.c" in said
    assert "make gdb LAB=1 AT=greet" in said


def test_gdb_stops_at_the_place_of_a_new_task(kit: Path) -> None:
    fill(kit, [1, 2, 3, 4, 5, 6, 8])
    _, lines = make("gdb", "LAB=1", "AT=lab01.8", tree=kit)
    assert [line for line in lines if "Breakpoint 1, greet" in line]


def test_the_hints_of_a_course_are_shown(kit: Path) -> None:
    status, lines = make("hint", "LAB=1", "TASK=8", "LEVEL=2", tree=kit)
    assert status == 0 and "One return statement." in lines
    status, lines = make("hint", "LAB=1", "TASK=7", tree=kit)
    assert status and "hint: lab 1 has TASK=1 to TASK=6 and TASK=8" in lines


WRONG = [
    ("line=\"[course] {what} of {text}\"",
     "unknown placeholder {what}; there are {hex}, {number}, {text}"),
    ("pattern=\"(\"", "the pattern is no regular expression"),
    ("", "it looks for nothing: give line=, pattern= or test="),
    ("test=len", "say in wanted= what is right, since a test has no line"),
]


@pytest.mark.parametrize(("how", "words"), WRONG)
def test_a_mistake_in_the_course_s_file_is_one_line(kit: Path, how: str, words: str) -> None:
    refused(kit, f'CHECKS = [Check("lab01.4.new", 2, "It is", "Do it.", {how})]',
            f"course/lab01.py: lab01.4.new: {words}")


def test_points_ids_and_syntax_are_checked(kit: Path) -> None:
    refused(kit, 'CHECKS = [Check("lab02.4.new", 2, "It is", "Do it.", "line")]',
            "course/lab01.py: lab02.4.new: an id in this file looks like lab01.1.name")
    refused(kit, 'CHECKS = [Check("lab01.4.new", 0, "It is", "Do it.", "line")]',
            "course/lab01.py: lab01.4.new: 0 points: give a whole number, 1 or more")
    refused(kit, 'CHECKS = [Check("lab01.4.banner", 1, "It is", "Do it.", "line")]',
            "course/lab01.py: lab01.4.banner: the lab has a check of this name")
    good = 'CHECKS = [Check("lab01.4.new", 1, "It is", "Do it.", "line")]'
    refused(kit, f'{good}\nAFTER = {{"lab01.4.new": "lab01.4.gone"}}',
            "course/lab01.py: AFTER: there is no check lab01.4.gone")
    refused(kit, f'{good}\nHINTS = {{"lab01.4": "one"}}',
            "course/lab01.py: HINTS of lab01.4: give three texts, for LEVEL=1 to LEVEL=3")
    refused(kit, "\n\nCHECKS = [", "course/lab01.py, line ")
    refused(kit, "\n\nCHECKS = nothing", "course/lab01.py, line 4: NameError")


def refused(kit: Path, text: str, words: str) -> None:
    path = kit / "course/lab01.py"
    try:
        path.write_text(f"from grader.labs.check import Check\n{text}\n")
        status, lines = make("grade", "LAB=1", tree=kit)
    finally:
        path.write_text(COURSE)
    assert status and lines == [line for line in lines if line.startswith("grade: ")], lines
    assert len(lines) == 1 and words in lines[0]
