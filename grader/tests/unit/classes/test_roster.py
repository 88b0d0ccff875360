# SPDX-License-Identifier: MIT
"""Who handed in what, by the names of course systems."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.classes.pages import page_name
from grader.classes.roster import entries
from grader.core.kit import GraderError


def found(folder: Path) -> dict[str, list[str]]:
    return {entry.student: [path.name for path in entry.paths] for entry in entries(folder)[0]}


@pytest.mark.parametrize("name, student", [
    ("Jane Doe_1234567_assignsubmission_file_", "Jane Doe_1234567"),
    ("submission_98765", "submission_98765"), ("schism-labs-octocat", "schism-labs-octocat"),
])
def test_folders_are_named_by_course_systems(tmp_path: Path, name: str, student: str) -> None:
    (tmp_path / name).mkdir()
    assert list(found(tmp_path)) == [student]


@pytest.mark.parametrize("name, student", [
    ("doejane_12_3456_work.zip", "doejane_12"), ("doejane_LATE_12_3456_a-1.tar.gz", "doejane_12"),
    ("octocat.bundle", "octocat"), ("a.b.tgz", "a.b"),
])
def test_archives_are_named_by_course_systems(tmp_path: Path, name: str, student: str) -> None:
    (tmp_path / name).touch()
    assert list(found(tmp_path)) == [student]


def test_several_files_of_one_student_are_one_submission(tmp_path: Path) -> None:
    for name in ("doejane_12_3456_uart.c", "doejane_12_3457_boot.S", "roejohn_13_3458_uart.c"):
        (tmp_path / name).touch()
    assert found(tmp_path) == {
        "doejane_12": ["doejane_12_3456_uart.c", "doejane_12_3457_boot.S"],
        "roejohn_13": ["roejohn_13_3458_uart.c"]}


def test_two_submissions_of_one_student_are_a_problem(tmp_path: Path) -> None:
    (tmp_path / "doe").mkdir()
    (tmp_path / "doe.zip").touch()
    (entry,), _ = entries(tmp_path)
    assert entry.problem == "2 submissions of doe: doe, doe.zip: keep one of them"


def test_what_is_no_submission_is_named_and_own_files_are_not(tmp_path: Path) -> None:
    (tmp_path / "doe").mkdir()
    for name in ("adjust.csv", ".DS_Store", "notes.txt"):
        (tmp_path / name).touch()
    assert entries(tmp_path)[1] == ["notes.txt"]


@pytest.mark.parametrize("name", ["nothing", "file"])
def test_a_folder_without_submissions_is_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GraderError) as error:
        entries(tmp_path / name)
    assert "\n" not in str(error.value)


def test_an_empty_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(GraderError, match="there is no submission: a folder or an archive"):
        entries(tmp_path)


@pytest.mark.parametrize("student", ["../../etc", "a b", "a/b", "\u202ex", ".", "Jürgen",
                                     "x" * 300])
def test_every_name_gets_a_page_in_the_folder(student: str) -> None:
    name = page_name(student)
    assert "/" not in name and not name.startswith(".") and name.isascii() and len(name) < 100
    assert name != page_name(f"{student}?")
