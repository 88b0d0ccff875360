# SPDX-License-Identifier: MIT
"""make run, gdb, trace and why with SUBMISSION=dir: a look at what a student handed in."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from grader.commands.shown_run import printed
from grader.core.kit import KIT
from grader.tests.support.making import make

UART, HYPERCALL = "lab01-boot/uart.c", "lab04-traps/hypercall.c"


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Solutions of labs 1 to 4 with a mistake in lab 4, in a folder with an awkward name."""
    folder = tmp_path_factory.mktemp("class") / "it's (1) & $HOME"
    for lab in sorted((KIT / "solutions").glob("lab0[1-4]-*")):
        shutil.copytree(lab, folder / lab.name, ignore=shutil.ignore_patterns("open"))
    edit(folder / HYPERCALL, "HYP_BAD_VALUE", "HYP_BAD_ADDRESS")
    edit(folder / UART, "/* HOLE(lab01.4)", "/* mine */ /* HOLE(lab01.4)")
    (folder / "lab01-boot/title.c").write_text("int title;\n")
    return folder


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def look(handed_in: Path, build: Path, *args: str) -> tuple[int, str]:
    # make would change $HOME in a value on its command line
    status, lines = make(*args, f"BUILD={build}", SUBMISSION=str(handed_in).replace("$", "$$"))
    return status, "\n".join(lines)


def test_the_submission_is_booted_and_not_the_starter(handed_in: Path, tmp_path: Path) -> None:
    status, said = look(handed_in, tmp_path / "b", "run", "LAB=4")
    assert status == 0
    assert "[boot] stage 4 is complete: power off" in said
    assert "submission: the student's own: lab01-boot/title.c" in said
    assert not (tmp_path / "b/lab04").exists()  # the tree's own stage was not built


def test_an_open_hole_of_the_submission_is_named(handed_in: Path, tmp_path: Path) -> None:
    _, said = look(handed_in, tmp_path / "b", "run", "LAB=5")
    assert "[todo] TODO(lab05.1)" in said


def test_trace_and_gdb_look_at_the_submission(handed_in: Path, tmp_path: Path) -> None:
    _, said = look(handed_in, tmp_path / "b", "trace", "LAB=4", "COUNT=2")
    assert "HVC64: #0x0, before vm0" in said
    _, said = look(handed_in, tmp_path / "b", "gdb", "LAB=1", "AT=uart_putc")
    assert "/* mine */" in said or "lab01-boot/uart.c:" in said


def test_timeline_builds_the_traced_stage_of_the_submission(
    handed_in: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "all"
    for lab in sorted((KIT / "solutions").glob("lab0?-*")):
        shutil.copytree(lab, folder / lab.name, ignore=shutil.ignore_patterns("open"))
    status, said = look(folder, tmp_path / "b", "timeline", "LAB=6")
    assert status == 0 and "timeline.svg" in said
    (made,) = tmp_path.glob("b/submissions/*/kit/build/lab06-trace/timeline.svg")
    assert "memwalk_os" in made.read_text()


def test_qemu_sees_neither_the_solutions_nor_the_submission(
    handed_in: Path, tmp_path: Path
) -> None:
    look(handed_in, tmp_path / "b", "run", "LAB=1")
    (script,) = tmp_path.glob("b/submissions/*/qemu")
    inside = script.read_text().replace("qemu-system-aarch64 \"$@\"", "ls \"$@\"")
    script.write_text(inside)
    for hidden in (KIT / "solutions", handed_in):
        done = subprocess.run(["sh", str(script), str(hidden)], capture_output=True, text=True)
        assert done.returncode and "No such file" in done.stderr


def test_a_stage_that_does_not_build_is_one_line(handed_in: Path, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(handed_in, folder)
    edit(folder / UART, "void uart_init(", "void void uart_init(")
    status, said = look(folder, tmp_path / "b", "run", "LAB=1")
    assert status
    assert "submission: the stage does not build: lab01-boot/uart.c:" in said


@pytest.mark.parametrize("goal", ["hint", "bench", "diff", "disasm", "restore", "test"])
def test_other_commands_refuse_a_submission(handed_in: Path, tmp_path: Path, goal: str) -> None:
    status, said = look(handed_in, tmp_path / "b", goal, "LAB=4")
    assert status and f"not with {goal}" in said and "SUBMISSION= works with grade why" in said


def test_a_submission_that_does_not_exist_is_one_line(tmp_path: Path) -> None:
    status, said = look(tmp_path / "absent", tmp_path / "b", "run", "LAB=1")
    assert status and said == f"submission: submission {tmp_path}/absent: there is no such folder"


def test_why_shows_the_check_the_transcript_and_the_code(handed_in: Path, tmp_path: Path) -> None:
    status, said = look(handed_in, tmp_path / "b", "why", "CHECK=lab04.6")
    assert status == 0
    assert "lab04.6.reports: A report shows all digits of its fields" in said
    assert "wanted  one line for a good record, HYP_BAD_VALUE and no line for a bad one" in said
    assert "x0 is -2, not -3" in said
    assert "Transcript, its end:" in said
    assert "lab04-traps/hypercall.c, task_report(), from line" in said
    assert "return answer(vcpu, HYP_BAD_ADDRESS);" in said
    assert 'todo("lab04.6", "task_report() in lab04-traps/hypercall.c' in said


def test_why_marks_the_line_of_a_marker(handed_in: Path, tmp_path: Path) -> None:
    folder = tmp_path / "late"
    shutil.copytree(handed_in, folder)
    edit(folder / "lab01-boot/exception.c", "SPSR 0x", "SPSR  0x")
    _, said = look(folder, tmp_path / "b", "why", "CHECK=lab01.6")
    assert "around the marked line:" in said
    assert [line for line in said.splitlines() if line.startswith("> ")]


def test_why_without_a_submission_is_about_the_tree(tmp_path: Path) -> None:
    status, lines = make("why", "CHECK=lab01.5.frame", f"BUILD={tmp_path}")
    said = "\n".join(lines)
    assert status == 0
    assert "lab01-boot/vectors.S: still the starter, from line" in said
    assert "lab01.1 is still open" in said


def test_why_of_a_passed_check_is_one_line(tmp_path: Path) -> None:
    status, lines = make("why", "CHECK=lab01.4.banner", "SOLVED=1", f"BUILD={tmp_path}")
    assert status == 0
    assert len(lines) == 1 and ": passed, " in lines[0]


@pytest.mark.parametrize(("check", "words"), [
    ("", "which check? CHECK=lab04.7.value, or a task: CHECK=lab04.7"),
    ("lab04.77", "there is no check lab04.77; there are "),
    ("nonsense", "there is no check nonsense"),
])
def test_a_check_that_does_not_exist_is_one_line(tmp_path: Path, check: str, words: str) -> None:
    status, (line,) = make("why", f"CHECK={check}", f"BUILD={tmp_path}")
    assert status and line.startswith(f"why: {words}")


def test_the_output_of_a_stage_cannot_steer_a_terminal() -> None:
    assert printed(b"\x1b]0;title\x07 ok\r\n") == "\\x1b]0;title\\x07 ok\n"
