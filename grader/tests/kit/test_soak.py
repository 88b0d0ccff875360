# SPDX-License-Identifier: MIT
"""make soak: gradings that are equal, one that is not, and one that gives no score."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.labs import tables
from grader.quality.soak import main
from grader.tests.support.build import BUILD
from grader.tests.support.commands import Commands

# The first run prints all lines, and the others forget the last one.
FORGETFUL = """
printf 'hello\\r\\n'
! mkdir {first} 2>/dev/null || printf 'bye\\r\\n'
"""


def soak(commands: Commands, *args: str) -> tuple[int, list[str], str]:
    done = commands.run(commands.env["PYTHON"], "-m", "grader.quality.soak", "--solved", "1", *args)
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_equal_gradings_are_counted(commands: Commands) -> None:
    commands.qemu(r"printf 'hello\r\nbye\r\n'")
    status, lines, error = soak(commands, "--times", "3")
    assert (status, error) == (0, "")
    assert lines == ["3 of 3 gradings, every core busy: 100 of 100 points"]


def test_another_result_is_named_with_the_check(commands: Commands, tmp_path: Path) -> None:
    commands.qemu(FORGETFUL.format(first=tmp_path / "first"))
    status, lines, _ = soak(commands, "--times", "2")
    assert status == 1
    seen = "the machine powered itself off; its last line: hello"
    assert lines[0] in (
        f"soak: grading 2: lab01.2.bye: passed at first, then failed: {seen}",
        f"soak: grading 2: lab01.2.bye: failed at first, then passed: {seen}",
    )
    assert lines[1].startswith("1 of 2 gradings, every core busy: ")


def test_no_score_is_one_line(commands: Commands) -> None:
    commands.qemu("echo broken >&2; exit 3")
    status, lines, error = soak(commands, "--times", "2")
    assert (status, lines) == (2, [])
    assert error == "soak: grade: QEMU died (status 3): broken\n"


@pytest.mark.parametrize("times", ["1", "-3", "x"])
def test_bad_use_is_one_line(commands: Commands, times: str) -> None:
    status, _, error = soak(commands, "--times", times)
    assert status == 2
    assert len(error.splitlines()) <= 4 and times in error


@pytest.mark.long
def test_the_solutions_get_one_and_the_same_result(capsys: pytest.CaptureFixture[str]) -> None:
    """The short form of `make soak SOLVED=6`."""
    assert main(["--times", "2", "--solved", "6", "--build", str(BUILD)]) == 0
    maximum = 100 * len(tables())
    line = f"2 of 2 gradings, every core busy: {maximum} of {maximum} points\n"
    assert capsys.readouterr().out == line
