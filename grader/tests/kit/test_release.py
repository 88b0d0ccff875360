# SPDX-License-Identifier: MIT
"""make release: what students get, and that nothing in it gives a hole away."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tarfile
import zipfile
from functools import lru_cache
from pathlib import Path

import pytest

from grader.core.kit import KIT, LAB_DIRS, copy_of_the_kit
from grader.core.released import MANIFEST, Files, sums
from grader.core.starters import END, HOLE, STARTER, marked
from grader.grading.submission import altered
from grader.grading.untrusted_folder import HandedIn
from grader.release.archive import tar_gz, zip_archive
from grader.release.files import LEFT_OUT_MK, Choice, finished_tree, for_students
from grader.release.folder import write_tree
from grader.tests.support.students import release, run

# Holes of which five successive lines are in a release: what students read anyway.
KNOWN = {
    ("lab01.2", "beyond/cores/secondary.S"),  # how a second core begins
    ("lab01.5", "lab06-guests/guests/runtime/vectors.S"),  # a guest's vector table
}
WITH_LEVEL_3 = {"lab01.5", "lab01.6", "lab03.3", "lab04.1", "lab05.6", "lab05.8", "lab06.2",
                "lab06.3", "lab06.5", "lab06.6"}  # nearly the answer
SUCCESSIVE = 5


@pytest.fixture(name="student", scope="module")
def fixture_student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kit of a student, of all labs."""
    kit = tmp_path_factory.mktemp("student") / "kit"
    write_tree(for_students(Choice()), kit)
    return kit


@pytest.fixture(name="instructor", scope="module")
def fixture_instructor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instructor's kit that is no clone."""
    return copy_of_the_kit(tmp_path_factory.mktemp("instructor"))


def squeezed(line: str) -> str:
    return " ".join(line.split())


@lru_cache(maxsize=None)
def holes() -> list[tuple[str, list[str]]]:
    """The task and the lines of each hole, without blank ones."""
    found: list[tuple[str, list[str]]] = []
    for text in marked().values():
        inside = False
        for line in text.splitlines():
            if match := HOLE.match(line):
                found.append((match[2], []))
                inside = True
            elif END.match(line):
                inside = False
            elif inside and line.strip() and not STARTER.match(line):
                found[-1][1].append(squeezed(line))
    return found


def given_away(files: Files) -> set[tuple[str, str]]:
    """The tasks, and the files that have five successive lines of one of their holes."""
    runs: dict[tuple[str, ...], set[str]] = {}
    for path, file in files.items():
        text = file.data.decode("utf-8", "replace")
        lines = [squeezed(line) for line in text.splitlines() if line.strip()]
        for at in range(len(lines) - SUCCESSIVE + 1):
            runs.setdefault(tuple(lines[at : at + SUCCESSIVE]), set()).add(str(path))
    return {
        (task, place)
        for task, lines in holes()
        for at in range(len(lines) - SUCCESSIVE + 1)
        for place in runs.get(tuple(lines[at : at + SUCCESSIVE]), ())
    }


def test_no_five_successive_lines_of_a_hole_are_released() -> None:
    assert given_away(for_students(Choice(hints=2))) == KNOWN


def test_with_all_hints_only_those_of_level_3_show_more() -> None:
    more = given_away(for_students(Choice())) - KNOWN
    assert {task for task, _ in more} == WITH_LEVEL_3
    assert all(place.endswith("/hints.md") for _, place in more)


def test_a_hole_that_is_given_away_is_found() -> None:
    """The finished tree has every hole of five lines or more."""
    found = {task for task, _ in given_away(finished_tree(6))}
    assert found == {task for task, lines in holes() if len(lines) >= SUCCESSIVE}


def test_nothing_of_the_instructors_is_released() -> None:
    files = for_students(Choice())
    names = [str(path) for path in files]
    unwanted = ("solutions", "grader/tests", "grader/quality", "grader/release/", ".ci", ".github",
                "CONTRIBUTING.md", "common/make/release.mk")
    assert [name for name in names if name.startswith(unwanted)] == []
    text = "".join(file.data.decode("utf-8", "replace") for path, file in files.items()
                   if path.suffix in (".md", ".mk") or path.name == "Makefile")
    assert "begin instructor" not in text and "<!-- student" not in text


def test_every_link_of_a_page_leads_somewhere() -> None:
    for choice in (Choice(), Choice(labs=2)):
        files = for_students(choice)
        there = {place for path in files for place in (path, *path.parents)}
        dead = [
            f"{path}: {link}"
            for path, file in files.items() if path.suffix == ".md"
            for link in re.findall(r"\]\(([^)#\s]+)", file.data.decode())
            if "://" not in link
            and Path(os.path.normpath(path.parent / link)) not in there
        ]
        assert dead == []


def test_a_picture_that_is_left_out_takes_its_caption_along() -> None:
    text = for_students(Choice(labs=2))[Path("README.md")].data.decode()
    assert "the finished hypervisor at work" not in text
    assert "](docs/report.png)\n\n*`make grade`: the report" in text


def test_the_list_names_every_file_with_its_sum(student: Path) -> None:
    names = {path.relative_to(student) for path in student.rglob("*") if path.is_file()}
    assert set(sums((student / MANIFEST).read_text())) == names - {MANIFEST}
    subprocess.run(["sha256sum", "--quiet", "--check", str(MANIFEST)], cwd=student, check=True)


def test_the_same_kit_gives_the_same_bytes(instructor: Path, tmp_path: Path) -> None:
    """In another place, at another time, with another umask, by an environment of its own."""
    first = release(instructor, tmp_path / "one")
    other = Path(shutil.copytree(instructor, tmp_path / "other place/kit"))
    for path in [other, *other.rglob("*")]:
        path.chmod(0o700 if path.is_dir() or os.access(path, os.X_OK) else 0o600)
        os.utime(path, (1, 1))
    second = release(other, tmp_path / "two", "TZ=Asia/Kathmandu", "LC_ALL=C")
    assert first == second
    assert {name for name in first if name.startswith("schism")} == {
        f"schism-labs-{(KIT / 'VERSION').read_text().strip()}{end}" for end in (".tar.gz", ".zip")}


def test_both_archives_have_the_same_files() -> None:
    files = for_students(Choice(labs=1))
    with tarfile.open(fileobj=io.BytesIO(tar_gz(files, "kit"))) as tar:
        members = {item.name: (item.mode, (item.uid, item.uname)) for item in tar}
    with zipfile.ZipFile(io.BytesIO(zip_archive(files, "kit"))) as packed:
        names = {item.filename: item.external_attr >> 16 & 0o777 for item in packed.infolist()}
    assert {name: mode for name, (mode, _) in members.items()} == names
    assert set(names) == {f"kit/{path}" for path in files}
    assert names["kit/setup.sh"] == 0o755 and names["kit/Makefile"] == 0o644
    assert {owner for _, owner in members.values()} == {(0, "")}


def test_the_labs_own_files_do_not_count(instructor: Path, tmp_path: Path) -> None:
    """An instructor tries something out in a lab; a release has the starter all the same."""
    first = release(instructor, tmp_path / "one")
    mine = instructor / "lab01-boot/uart.c"
    starter = mine.read_text()
    mine.write_text("/* the answer */\n")
    (instructor / "scores.csv").write_text("Ada,600\n")
    try:
        assert release(instructor, tmp_path / "two") == first
    finally:
        mine.write_text(starter)
        (instructor / "scores.csv").unlink()


def test_a_clone_names_what_git_does_not_track(tmp_path: Path) -> None:
    kit = copy_of_the_kit(tmp_path)
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=kit, check=True)
    (kit / "docs/mine.md").write_text("# Mine\n")
    (kit / "scores.csv").write_text("Ada,600\n")
    done = run(kit, "release", f"BUILD={tmp_path}/out")
    assert "not in it, because git does not track it: docs/mine.md\n" in done.stdout
    assert "scores.csv" not in done.stdout


def test_the_answers_of_each_lab_are_written_to_be_published(instructor: Path, student: Path,
                                                             tmp_path: Path) -> None:
    made = release(instructor, tmp_path)
    assert {name for name in made if name.endswith(".md")} == {
        f"answers-lab0{lab}.md" for lab in LAB_DIRS}
    locked = run(student, "answers", "LAB=2")
    assert locked.returncode and "once your instructor gives you answers-lab02.md" in locked.stderr
    (student / "answers-lab02.md").write_bytes(made["answers-lab02.md"])
    shown = run(student, "answers", "LAB=2")
    (student / "answers-lab02.md").unlink()
    assert shown.stdout.startswith("# Answers to the questions of lab 2\n\n1. ")


def test_a_part_of_the_labs_is_a_kit_of_its_own(tmp_path: Path) -> None:
    write_tree(for_students(Choice(labs=2)), tmp_path)
    assert sorted(path.name for path in tmp_path.glob("lab*")) == ["lab01-boot", "lab02-mmu"]
    assert not (tmp_path / "beyond").exists()
    assert "LAB=3: there are labs 1 to 2" in run(tmp_path, "run", "LAB=3").stderr
    assert "[todo] TODO(lab01.1)" in run(tmp_path, "run").stdout
    graded = run(tmp_path, "grade")
    assert graded.returncode == 0 and "Total: 0 of 200 points" in graded.stdout
    assert run(tmp_path, "linux").stderr.startswith("linux: only the instructor's kit has that")


@pytest.mark.parametrize("labs", [1, 2, 3, 4, 5])
def test_a_kit_of_any_first_labs_works(labs: int, tmp_path: Path) -> None:
    write_tree(for_students(Choice(labs)), tmp_path)
    graded = run(tmp_path, "grade", "CHECK=lab01.1")
    assert graded.returncode == 0 and "Total: 0 of 16 points" in graded.stdout, graded.stderr
    for words in ("diff", "hint TASK=1", "run", "restore FILE=lab01-boot/boot.S", "trace",
                  *(f"explain ESR={ec << 26 | fault:#x}" for ec in (0x15, 0x16, 0x18, 0x20, 0x24)
                    for fault in (4, 7, 0x4d))):
        done = run(tmp_path, *words.split())
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr and "No such file" not in done.stderr


def test_a_later_release_adds_solutions_of_earlier_labs(tmp_path: Path) -> None:
    write_tree(for_students(Choice(labs=2, solved=1)), tmp_path)
    assert [path.name for path in (tmp_path / "solutions").iterdir()] == ["lab01-boot"]
    assert "HOLE(" not in (tmp_path / "solutions/lab01-boot/uart.c").read_text()
    graded = run(tmp_path, "grade", "LAB=1", "SOLVED=1", "STRICT=1")
    assert graded.returncode == 0, graded.stdout + graded.stderr
    assert "[todo] TODO(lab02.1)" in run(tmp_path, "run", "LAB=2", "SOLVED=1").stdout
    line = "SOLVED=2: give the number of labs to take from solutions/, 0 to 1."
    assert line in run(tmp_path, "run", "LAB=2", "SOLVED=2").stderr


@pytest.mark.parametrize("words, complaint", [
    (["LABS=1 7"], "release: LABS=1 7: there are labs 1 to 6"),
    (["HINTS=4"], "release: HINTS=4: give a number from 0 to 3"),
    (["LABS=2", "SOLVED=3"], "release: SOLVED=3: give a number from 0 to 2"),
    (["OUT=Makefile"], "release: OUT=Makefile: "),
    (["OUT=docs"], "release: OUT=docs: not a git repository, and not empty"),
])
def test_a_release_that_cannot_be_is_refused_in_a_line(instructor: Path, words: list[str],
                                                       complaint: str) -> None:
    done = run(instructor, "release", *words)
    assert done.returncode and complaint in done.stderr and "Traceback" not in done.stderr


def test_hints_up_to_level_2(tmp_path: Path) -> None:
    write_tree(for_students(Choice(labs=1, hints=2)), tmp_path)
    last = run(tmp_path, "hint", "LAB=1", "TASK=1", "LEVEL=2")
    assert "hint 2 of 2" in last.stdout and "shows more" not in last.stdout
    more = run(tmp_path, "hint", "LAB=1", "TASK=1", "LEVEL=3")
    assert more.stderr.startswith("hint: give LEVEL=1 or LEVEL=2\n")


COMMANDS = ["help", "version", "build", "run", "hint TASK=1", "answers", "explain ESR=0x96000045",
            "doctor", "compile_commands", "grade LAB=1", "restore FILE=lab01-boot/uart.c",
            "map", "timeline", "trace", "bench", "diff", "memory", "update", "clean"]


def left_out() -> list[str]:
    """The commands that a kit for students does not have."""
    text = for_students(Choice())[LEFT_OUT_MK].data.decode()
    [names] = re.findall(r"^LEFT_OUT := (.*)$", text, re.M)
    return names.split()


def test_the_page_of_commands_has_those_of_the_kit(student: Path) -> None:
    text = (student / "docs/commands.md").read_text()
    there = set(re.findall(r"^  make (\w+)", run(student, "help").stdout, re.M))
    assert set(re.findall(r"^\| `make (\w+)` ", text, re.M)) == there
    assert not {name for name in re.findall(r"`make (\w+)`", text)} & set(left_out())
    assert "update" in there


@pytest.mark.parametrize("words", [*COMMANDS, *left_out()])
def test_no_command_speaks_of_a_missing_folder(student: Path, words: str) -> None:
    done = run(student, *words.split())
    said = done.stdout + done.stderr
    assert "No such file" not in said and "No rule" not in said and "Traceback" not in said
    lines = [line for line in done.stderr.splitlines()
             if not line.startswith("make: *** [") and "lab0" not in line and "|" not in line]
    assert len(lines) <= 1
    if words.split()[0] in left_out():
        assert lines == [
            f"{words}: only the instructor's kit has that; make help lists what yours has"]


def test_a_student_restores_a_starter(student: Path) -> None:
    mine = student / "lab01-boot/uart.c"
    starter = mine.read_text()
    mine.write_text("/* mine */\n")
    (student / "lab01-boot/boot.S").write_text((student / "lab01-boot/boot.S").read_text() + "\n")
    done = run(student, "restore", "FILE=lab01-boot/uart.c")
    assert done.stdout == "lab01-boot/uart.c: written\n"
    assert mine.read_text() == starter


def test_a_students_kit_has_0_points_and_names_the_first_task(student: Path) -> None:
    run(student, "restore", "FILE=lab01-boot/boot.S")
    done = run(student, "grade", "LAB=1")
    assert done.returncode == 0
    assert "Total: 0 of 100 points" in done.stdout and "make hint LAB=1 TASK=1" in done.stdout


def test_a_released_kit_that_is_handed_in_has_no_changed_file(student: Path) -> None:
    """It lacks some parts of the kit's own files; a changed one is named all the same."""
    with HandedIn(student) as root:
        assert altered(root, set(marked())) == []
    hints = student / "grader/labs/lab01/hints.md"
    text = hints.read_text()
    hints.write_text(text + "more\n")
    with HandedIn(student) as root:
        assert altered(root, set(marked())) == [Path("grader/labs/lab01/hints.md")]
    hints.write_text(text)


def test_the_finished_tree_gets_full_marks(tmp_path: Path) -> None:
    done = run(KIT, "source", "LAB=2", f"BUILD={tmp_path}")
    assert done.returncode == 0, done.stderr
    tree = tmp_path / "source/lab02"
    text = "".join(path.read_text() for path in tree.glob("lab0*/*.[chS]"))
    assert "HOLE(" not in text and "TODO(" not in text and "STARTER:" not in text
    graded = run(tree, "grade", "STRICT=1")
    assert graded.returncode == 0, graded.stdout + graded.stderr
    assert "Total: 200 of 200 points" in graded.stdout
