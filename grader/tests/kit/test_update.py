# SPDX-License-Identifier: MIT
"""make update: a newer release reaches a student, whose text in holes is never lost."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.commands import update_plan
from grader.core.kit import copy_of_the_kit
from grader.core.released import MANIFEST
from grader.release.files import Choice, for_students
from grader.release.folder import write_tree
from grader.tests.support.students import release, run, solutions

UART = Path("lab01-boot/uart.c")
VECTORS = Path("lab01-boot/exception.c")
PRINTF = Path("common/lib/printf.c")
TYPO, MENDED = "Initialise", "Set up"


@dataclass(frozen=True)
class Releases:
    """Two releases: archives, and a student repository at the first and at the second."""

    old: Path
    new: Path
    old_repository: Path
    new_repository: Path


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(name="names", autouse=True, scope="module")
def fixture_names(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A person's name for git, and no settings of the host."""
    home = tmp_path_factory.mktemp("home")
    (home / ".gitconfig").write_text("[user]\n name = Ada\n email = ada@example.org\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield


def edit(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_text()
    for old, new in changes:
        assert old in text, f"{path} has no {old!r}"
        text = text.replace(old, new, 1)
    path.write_text(text)


def mend(kit: Path) -> None:
    """Make the next version: typos in given lines, in a hole's sentence and next to a hole."""
    (kit / "VERSION").write_text("0.9.1\n")
    solution = kit / "solutions" / UART
    text = solution.read_text()
    first = text.index("/* HOLE(lab01.4): ")
    line = text[first : text.index("\n", first)]
    edit(solution, (line, line.replace("): ", "): New words: ")),
         ("/* END(lab01.4) */\n", "/* END(lab01.4) */\n\t/* A new given line. */\n"))
    edit(kit / PRINTF, ("/*", "/* Mended. */\n/*"))
    (kit / "common/include/brand_new.h").write_text("/* New. */\n")
    (kit / "docs/words.md").unlink()


@pytest.fixture(name="releases", scope="module")
def fixture_releases(tmp_path_factory: pytest.TempPathFactory, names: None) -> Releases:
    folder = tmp_path_factory.mktemp("releases")
    kit, repository = copy_of_the_kit(folder), folder / "student.git"
    git(folder, "init", "-q", "--bare", "-b", "main", str(repository))
    release(kit, folder / "old", words=(f"OUT={repository}",))
    old_repository = shutil.copytree(repository, folder / "student-old.git")
    mend(kit)
    release(kit, folder / "new", words=(f"OUT={repository}",))
    [old], [new] = folder.glob("old/release/*.tar.gz"), folder.glob("new/release/*.zip")
    named = folder / "the teacher's files"
    named.mkdir()
    return Releases(*(Path(shutil.move(place, named))
                      for place in (old, new, old_repository, repository)))


def fill(kit: Path, path: Path, comments: bool = True) -> None:
    """Write the solution into the holes of a file, with a line that only this student has."""
    starter, texts = solutions(path)
    if path.suffix == ".c":
        texts = {name: (*lines, f"\t/* mine: {name[1]} */") for name, lines in texts.items()}
    text = starter.filled(texts)
    if not comments:
        text = "".join(line for line in text.splitlines(True)
                       if "/* TODO(" not in line and "/* END(" not in line)
    (kit / path).write_text(text)


@pytest.fixture(name="archive")
def fixture_archive(releases: Releases, tmp_path: Path) -> Path:
    """A student's kit from the first archive."""
    kit = tmp_path / "a student's kit"
    kit.mkdir()
    subprocess.run(["tar", "xf", str(releases.old), "-C", str(kit), "--strip-components=1"],
                   check=True)
    return kit


@pytest.fixture(name="clone")
def fixture_clone(releases: Releases, tmp_path: Path) -> Path:
    """A student's clone of the student repository, before the second release came to it."""
    origin = Path(shutil.copytree(releases.old_repository, tmp_path / "origin.git"))
    git(tmp_path, "clone", "-q", str(origin), "clone")
    return tmp_path / "clone"


def next_release(clone: Path, releases: Releases) -> None:
    """Bring the second release to the repository that the clone is of."""
    git(clone.parent / "origin.git", "fetch", "-q", str(releases.new_repository), "main:main")


def work(kit: Path) -> dict[Path, str]:
    """What a student does: holes, lines next to them, other given files, files of their own."""
    fill(kit, UART)
    fill(kit, VECTORS, comments=False)
    edit(kit / UART, ("\t/* END(lab01.4) */\n}", "\t/* END(lab01.4) */\n\t/* next to it */\n}"))
    edit(kit / PRINTF, ("/*", "/* My own printf. */\n/*"))
    (kit / "lab01-boot/mine.c").write_text("int mine;\n")
    (kit / "notes.txt").write_text("my notes\n")
    return {path: (kit / path).read_text() for path in (UART, VECTORS, PRINTF)}


def check_updated(kit: Path, before: dict[Path, str]) -> None:
    uart, vectors = (kit / UART).read_text(), (kit / VECTORS).read_text()
    for name, lines in solutions(UART)[1].items():
        assert "\n".join((*lines, f"\t/* mine: {name[1]} */")) in uart
    assert "New words: " in uart and uart.count("/* A new given line. */") == 1
    assert "next to it" not in uart and "todo(" not in uart and "<<<<" not in uart
    for name, lines in solutions(VECTORS)[1].items():
        assert "\n".join((*lines, f"\t/* mine: {name[1]} */")) in vectors
    assert "/* TODO(lab01.5)" in vectors  # the comments are back
    assert "Mended" in (kit / PRINTF).read_text()
    assert "My own" not in (kit / PRINTF).read_text()
    assert (kit / "common/include/brand_new.h").exists()
    assert not (kit / "docs/words.md").exists()
    assert (kit / "lab01-boot/mine.c").read_text() == "int mine;\n"
    assert (kit / "notes.txt").read_text() == "my notes\n"
    assert (kit / "VERSION").read_text() == "0.9.1\n"
    saved = kit / "before-update-1"
    assert (saved / UART).read_text() == before[UART]
    assert (saved / PRINTF).read_text() == before[PRINTF]
    assert not (saved / VECTORS).exists()


LINES = [
    f"{PRINTF}: your changes are outside of holes; saved as before-update-1/{PRINTF}",
    f"{UART}: your changes are outside of holes; saved as before-update-1/{UART}",
    "updated from release 0.9.0 to 0.9.1; your text in the holes of 2 files is kept",
]


def test_an_unpacked_archive(archive: Path, releases: Releases) -> None:
    before = work(archive)
    done = run(archive, "update", f"FROM={releases.new}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == LINES
    check_updated(archive, before)
    again = run(archive, "update", f"FROM={releases.new}")
    assert again.stdout == "nothing new: this kit is of that release\n"


def test_a_clone(clone: Path, releases: Releases) -> None:
    before = work(clone)
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "My work")
    next_release(clone, releases)
    done = run(clone, "update")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == LINES
    check_updated(clone, before)
    assert git(clone, "status", "--porcelain", "--untracked-files=no") == ""
    assert git(clone, "log", "-1", "--format=%s") == "Update to release 0.9.1 of Schism Labs"
    assert len(git(clone, "log", "-1", "--format=%P").split()) == 2
    assert run(clone, "update").stdout == "nothing new: this clone has the last release\n"
    git(clone, "pull", "-q")


def test_a_clone_that_takes_an_archive_leaves_the_commit_to_the_student(clone: Path,
                                                                        releases: Releases) -> None:
    before = work(clone)
    done = run(clone, "update", f"FROM={releases.new}")
    assert done.stdout.splitlines() == LINES
    check_updated(clone, before)


def test_an_archive_takes_a_repository(archive: Path, releases: Releases) -> None:
    before = work(archive)
    done = run(archive, "update", f"FROM={releases.new_repository}")
    assert done.stdout.splitlines() == LINES, done.stderr
    check_updated(archive, before)


def test_a_student_who_has_filled_only_holes_loses_and_saves_nothing(archive: Path,
                                                                     releases: Releases) -> None:
    fill(archive, UART)
    done = run(archive, "update", f"FROM={releases.new}")
    assert done.stdout == "updated from release 0.9.0 to 0.9.1; " \
        "your text in the holes of 1 file is kept\n"
    assert not (archive / "before-update-1").exists()


def test_an_updated_kit_grades_as_before(archive: Path, releases: Releases) -> None:
    for path in (archive / "lab01-boot").glob("*.[cS]"):
        if (archive / "grader/skeletons" / path.relative_to(archive)).exists():
            fill(archive, path.relative_to(archive))
    before = run(archive, "grade", "LAB=1", "CHECK=lab01.4")
    assert run(archive, "update", f"FROM={releases.new}").returncode == 0
    after = run(archive, "grade", "LAB=1", "CHECK=lab01.4")
    assert "Total: " in after.stdout
    assert after.stdout.split("Total: ")[1] == before.stdout.split("Total: ")[1]


def test_a_file_in_which_nobody_can_tell_is_left_alone(archive: Path, releases: Releases) -> None:
    (archive / UART).write_text("/* all my own */\n")
    done = run(archive, "update", f"FROM={releases.new}")
    assert done.stdout.splitlines()[0] == (
        f"{UART}: left alone: the kit's lines around the holes are not to be found; "
        f"the new one is before-update-1/new/{UART}")
    assert (archive / UART).read_text() == "/* all my own */\n"
    assert "New words" in (archive / "before-update-1/new" / UART).read_text()


def test_own_files_with_names_of_new_ones_are_saved(archive: Path, clone: Path,
                                                    releases: Releases) -> None:
    name = "common/include/brand_new.h"
    next_release(clone, releases)
    for kit, words in ((archive, (f"FROM={releases.new}",)), (clone, ())):
        (kit / name).write_text("/* my header */\n")
        done = run(kit, "update", *words)
        assert done.stdout.splitlines()[0] == (
            f"{name}: your file has the name of a new one of the kit; "
            f"saved as before-update-1/{name}"), done.stderr
        assert (kit / "before-update-1" / name).read_text() == "/* my header */\n"
        assert (kit / name).read_text() == "/* New. */\n"


def test_a_changed_file_that_the_kit_no_longer_has_stays(archive: Path, clone: Path,
                                                         releases: Releases) -> None:
    next_release(clone, releases)
    for kit, words in ((archive, (f"FROM={releases.new}",)), (clone, ())):
        (kit / "docs/words.md").write_text("my words\n")
        if kit == clone:
            git(kit, "commit", "-qam", "My words")
        done = run(kit, "update", *words)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("docs/words.md: left alone: you have changed it")
        assert (kit / "docs/words.md").read_text() == "my words\n"


def test_an_update_that_was_killed_is_done_again(archive: Path, releases: Releases) -> None:
    """The list of the release is written last: until then the update starts over."""
    before = work(archive)
    listed = (archive / MANIFEST).read_bytes()
    assert run(archive, "update", f"FROM={releases.new}").returncode == 0
    once = {path: path.read_bytes() for path in archive.rglob("*") if path.is_file()}
    (archive / MANIFEST).write_bytes(listed)  # as if killed before that
    again = run(archive, "update", f"FROM={releases.new}")
    assert again.returncode == 0, again.stderr
    assert {path: path.read_bytes() for path in archive.rglob("*") if path.is_file()} == once
    check_updated(archive, before)


def test_files_of_a_course_in_the_repository_are_merged_by_git(clone: Path, releases: Releases,
                                                               tmp_path: Path) -> None:
    """A workflow that the instructor has added, and changes after the student's clone."""
    next_release(clone, releases)
    git(tmp_path, "clone", "-q", "origin.git", "instructor")
    (tmp_path / "instructor/course.yml").write_text("on: push\n")
    git(tmp_path / "instructor", "add", "course.yml")
    git(tmp_path / "instructor", "commit", "-qm", "Grade on each push")
    git(tmp_path / "instructor", "push", "-q")
    fill(clone, UART)
    git(clone, "commit", "-qam", "My work")
    assert run(clone, "update").returncode == 0
    assert (clone / "course.yml").read_text() == "on: push\n"


def test_what_git_cannot_merge_leaves_the_clone_as_it_was(clone: Path, releases: Releases,
                                                          tmp_path: Path) -> None:
    """The instructor changes a workflow that the student has deleted."""
    git(tmp_path, "clone", "-q", "origin.git", "instructor")
    for text in ("on: push\n", "on: [push]\n"):
        (tmp_path / "instructor/course.yml").write_text(text)
        git(tmp_path / "instructor", "add", "course.yml")
        git(tmp_path / "instructor", "commit", "-qm", text)
        git(tmp_path / "instructor", "push", "-q", "--force")
        if not (clone / "course.yml").exists():
            git(clone, "pull", "-q")
    fill(clone, UART)
    git(clone, "rm", "-q", "course.yml")
    git(clone, "commit", "-qam", "My work")
    before = {path: (clone / path).read_bytes() for path in (UART, MANIFEST)}
    done = run(clone, "update")
    assert done.stderr.startswith("update: git cannot merge course.yml, which is not the kit's: ")
    assert {path: (clone / path).read_bytes() for path in before} == before
    assert git(clone, "status", "--porcelain", "--untracked-files=no") == ""
    assert git(clone, "log", "-1", "--format=%s") == "My work"


def test_a_release_leaves_the_courses_files_in_a_repository(tmp_path: Path) -> None:
    kit, repository = copy_of_the_kit(tmp_path), tmp_path / "the class's labs"
    release(kit, tmp_path / "one", words=(f"OUT={repository}",))
    (repository / "course.yml").write_text("on: push\n")
    refused = run(kit, "release", f"OUT={repository}")
    assert refused.returncode and "it has changes that are not committed" in refused.stderr
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "Grade on each push")
    mend(kit)
    release(kit, tmp_path / "two", words=(f"OUT={repository}",))
    assert (repository / "course.yml").exists() and not (repository / "docs/words.md").exists()
    assert git(repository, "log", "--format=%s").splitlines() == [
        "Release 0.9.1 of Schism Labs", "Grade on each push", "Release 0.9.0 of Schism Labs"]
    assert git(repository, "status", "--porcelain") == ""
    assert os.access(repository / "setup.sh", os.X_OK)


@pytest.mark.parametrize("source, complaint", [
    ("", "update: where is the new release? FROM=archive, folder or repository"),
    ("nowhere.zip", "update: FROM=nowhere.zip: there is no such file or folder"),
    ("docs", "update: docs: not a release of Schism Labs: it has no grader/released.sha256"),
    ("VERSION", "update: VERSION: not an archive, or damaged; get the release again"),
])
def test_what_is_no_release_is_refused_in_a_line(archive: Path, source: str,
                                                 complaint: str) -> None:
    done = run(archive, "update", f"FROM={source}")
    assert done.returncode and done.stderr.startswith(complaint), done.stderr
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize("damage", [
    lambda data: data[: len(data) // 2], lambda data: data[:-40000] + b"x" * 40000, lambda _: b"",
], ids=["cut", "spoiled", "empty"])
def test_a_damaged_archive_changes_nothing(archive: Path, releases: Releases, tmp_path: Path,
                                           damage: Callable[[bytes], bytes]) -> None:
    for source in (releases.old, releases.new):
        broken = tmp_path / source.name
        broken.write_bytes(damage(source.read_bytes()))
        before = (archive / MANIFEST).read_bytes()
        done = run(archive, "update", f"FROM={broken}")
        assert done.returncode and done.stderr.startswith(f"update: {broken}: "), done.stderr
        assert "Traceback" not in done.stderr
        assert (archive / MANIFEST).read_bytes() == before


def test_a_clone_with_open_changes_is_not_touched(clone: Path, releases: Releases) -> None:
    next_release(clone, releases)
    fill(clone, UART)
    before = (clone / UART).read_bytes()
    done = run(clone, "update")
    assert done.stderr.startswith(
        "update: you have changes that are not committed: git commit -am 'My work'")
    assert (clone / UART).read_bytes() == before and git(clone, "log", "--format=%s") == \
        "Release 0.9.0 of Schism Labs"


def test_a_filled_hole_that_the_new_release_lacks_is_saved(archive: Path) -> None:
    """Without a place in the new file the student's text is in the saved file, and is named."""
    fill(archive, UART)
    mine = (archive / UART).read_bytes()
    new = {path.relative_to(archive): update_plan.File(path.read_bytes())
           for path in archive.rglob("*") if path.is_file()}
    skeleton = new[update_plan.SKELETONS / UART].data.decode()
    start = skeleton.index("\t/* HOLE(lab01.4)")
    stop = skeleton.index("/* END(lab01.4) */\n") + len("/* END(lab01.4) */\n")
    new[update_plan.SKELETONS / UART] = update_plan.File(
        (skeleton[:start] + skeleton[stop:]).encode())
    new[UART] = update_plan.File(b"new\n")
    made = update_plan.plan(archive, new)
    assert made.saved == {UART: mine}
    assert made.notes[UART] == "the new one has no place for what you wrote for lab01.4"


def test_a_repository_that_a_student_made_of_an_archive(archive: Path, releases: Releases) -> None:
    """As from a template: its history and that of the releases have nothing in common."""
    git(archive, "init", "-q", "-b", "main")
    before = work(archive)
    git(archive, "add", "-A")
    git(archive, "commit", "-qm", "My work")
    done = run(archive, "update", f"FROM={releases.new_repository}")
    assert done.stdout.splitlines() == LINES, done.stderr
    check_updated(archive, before)
    assert git(archive, "status", "--porcelain", "--untracked-files=no") == ""
    again = run(archive, "update", f"FROM={releases.new_repository}")
    assert again.stdout == "nothing new: this clone has the last release\n"


def test_an_update_brings_more_labs_and_solutions_of_earlier_ones(tmp_path: Path) -> None:
    kit, next_one = tmp_path / "kit", tmp_path / "next"
    write_tree(for_students(Choice(labs=1)), kit)
    write_tree(for_students(Choice(labs=2, solved=1)), next_one)
    fill(kit, UART)
    done = run(kit, "update", f"FROM={next_one}")
    assert done.returncode == 0, done.stderr
    assert "todo(" not in (kit / UART).read_text()
    assert "[todo] TODO(lab02.1)" in run(kit, "run", "LAB=2", "SOLVED=1").stdout
    assert "Total: 0 of 100 points" in run(kit, "grade", "LAB=2").stdout


def test_an_update_that_has_fewer_labs_takes_nothing_that_was_written(tmp_path: Path) -> None:
    kit, next_one = tmp_path / "kit", tmp_path / "next"
    write_tree(for_students(Choice(labs=2)), kit)
    write_tree(for_students(Choice(labs=1)), next_one)
    path = Path("lab02-mmu/pgtable.c")
    fill(kit, path)
    text = (kit / path).read_text()
    done = run(kit, "update", f"FROM={next_one}")
    assert done.stdout.splitlines()[0] == (
        f"{path}: left alone: you have changed it, and the kit no longer has it")
    assert (kit / path).read_text() == text
    assert not (kit / "lab02-mmu/main.c").exists()
