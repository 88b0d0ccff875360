# SPDX-License-Identifier: MIT
"""`make grade` and `pytest grader` from outside, in a copy of the kit that gets broken.

Most runs have a script for QEMU: what is looked at is the grader, not the stage.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from grader.core.kit import KIT, copy_of_the_kit
from grader.tests.support.commands import TABLE, Commands
from grader.tests.support.made_up import Dom, validate
from grader.tests.support.processes import wait_for, wait_until_gone


def test_full_marks_end_with_status_0(commands: Commands) -> None:
    commands.qemu("echo hello; echo bye")
    result = commands.grade()
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[-1] == "Total: 100 of 100 points"
    assert commands.score == (100, 100)


def test_lost_points_end_with_status_1_and_a_report(commands: Commands) -> None:
    commands.qemu("echo hello")
    result = commands.grade()
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.splitlines()[-2] == "Total: 60 of 100 points"
    assert commands.score == (60, 100)


def test_pytest_grades_too_with_an_item_a_check(commands: Commands) -> None:
    commands.qemu("echo hello")
    result = commands.run(sys.executable, "-m", "pytest", "grader", "--solved=1", "-rf", "-v")
    assert result.returncode == 1
    assert "test_labs.py::test_check[lab01.1.hello] PASSED" in result.stdout
    assert "test_labs.py::test_check[lab01.2.bye] FAILED" in result.stdout
    assert "Total: 60 of 100 points" in result.stdout
    assert "Traceback" not in result.stdout
    assert commands.score == (60, 100)


def test_make_grade_hands_on_what_it_is_told(commands: Commands) -> None:
    commands.qemu("echo hello; echo bye")
    result = commands.run("make", "grade", "LAB=1", "SOLVED=1", "CHECK=lab01.2")
    assert result.returncode == 0, result.stderr
    assert "lab01.2.bye" in result.stdout and "lab01.1.hello" not in result.stdout
    assert commands.score == (40, 40)


def test_a_lab_is_complete_only_in_a_grading_of_all_its_checks(commands: Commands) -> None:
    commands.qemu("echo hello; echo bye")
    complete = commands.report.with_name("complete.json")
    complete.unlink(missing_ok=True)
    for only, known in (("lab01.2", False), ("lab01", True)):
        done = commands.run(sys.executable, "-m", "grader", "--lab", "1", "-k", only)
        assert done.returncode == 0, done.stderr
        assert complete.exists() is known


def test_make_grade_in_a_lab_grades_that_lab(commands: Commands) -> None:
    commands.qemu("echo hello; echo bye")
    result = commands.run("make", "-C", "lab01-boot", "grade", "SOLVED=1")
    assert result.returncode == 0, result.stderr
    assert "Lab 1, lab01-boot: 100 of 100 points" in result.stdout


def test_make_grade_with_lost_points_is_a_score_and_no_failure_of_make(commands: Commands) -> None:
    commands.qemu("echo hello")
    result = commands.run("make", "grade", "LAB=1", "SOLVED=1")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[-2] == "Total: 60 of 100 points"
    assert commands.score == (60, 100)


def test_make_grade_fails_for_lost_points_if_that_is_asked_for(commands: Commands) -> None:
    commands.qemu("echo hello")
    assert commands.run("make", "grade", "LAB=1", "SOLVED=1", "STRICT=1").returncode == 2
    assert commands.score == (60, 100)
    commands.qemu("echo hello; echo bye")
    assert commands.run("make", "grade", "LAB=1", "SOLVED=1", "STRICT=1").returncode == 0


@pytest.mark.parametrize("strict", [[], ["STRICT=1"]], ids=["usual", "strict"])
def test_make_grade_without_a_score_fails(commands: Commands, strict: list[str]) -> None:
    commands.qemu("echo trouble >&2; exit 1")
    result = commands.run("make", "grade", "LAB=1", "SOLVED=1", *strict)
    assert result.returncode == 2
    assert "grade: QEMU died (status 1): trouble" in result.stderr
    assert commands.reports == []


def test_a_reader_that_goes_away_is_no_error(commands: Commands) -> None:
    commands.qemu("echo hello; echo bye")
    shell = f"'{sys.executable}' -m grader --solved 1 2>err | true; cat err; rm err"
    assert commands.run("sh", "-c", shell).stdout == ""
    assert commands.score == (100, 100)


def test_on_a_terminal_the_first_failure_is_shown_before_the_report(commands: Commands) -> None:
    commands.qemu("echo hello")
    ours, terminal = os.openpty()
    with subprocess.Popen([sys.executable, "-m", "grader", "--solved", "1"], cwd=commands.kit,
                          env=commands.env, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        text = b""
        while data := read(ours):
            text += data
    os.close(ours)
    assert process.returncode == 1
    first, second, *_ = text.decode().splitlines()
    assert first.startswith("lab01.2.bye: ") and first.endswith(" (grading continues)")
    assert "First: lab 1, task 2. lab01.2.bye" in second


def read(terminal: int) -> bytes:
    """Return what comes next, nothing after the end."""
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end is closed
        return b""


# Reports


def test_a_grading_leaves_three_reports_that_agree(commands: Commands) -> None:
    commands.qemu("echo hello")
    commands.grade()
    assert commands.reports == ["report.json", "report.html", "junit.xml"]
    assert "60 of 100 points" in commands.report.with_name("report.html").read_text()
    suites = ElementTree.parse(commands.report.with_name("junit.xml")).getroot()
    assert (suites.get("tests"), suites.get("failures")) == ("2", "1")
    validate(json.loads(commands.report.read_text()))


def test_whatever_a_stage_prints_all_three_can_be_read(commands: Commands) -> None:
    nasty = r"hello\n<script>\033[31m]]>\001\377\n"
    commands.qemu(f"printf '{nasty}'; yes | head -c 100000")
    assert commands.grade().returncode == 1
    assert commands.score == (60, 100)
    ElementTree.parse(commands.report.with_name("junit.xml"))
    Dom(commands.report.with_name("report.html").read_text())


def test_without_jinja2_there_is_no_page_and_one_line_that_says_so(commands: Commands) -> None:
    (commands.folder / "jinja2.py").write_text("raise ImportError")
    commands.env["PYTHONPATH"] = str(commands.folder)
    commands.qemu("echo hello; echo bye")
    result = commands.grade()
    line = "grade: no report.html: jinja2 is missing: run ./setup.sh\n"
    assert (result.returncode, result.stderr) == (0, line)
    assert commands.score == (100, 100)
    assert commands.reports == ["report.json", "junit.xml"]


def test_a_crash_of_the_page_costs_the_page_alone(commands: Commands) -> None:
    template = commands.kit / "grader/report/templates/lab.html.j2"
    text = template.read_text()
    template.write_text("{{ 1 / 0 }}")
    commands.qemu("echo hello; echo bye")
    try:
        result = commands.grade()
    finally:
        template.write_text(text)
    assert result.returncode == 0
    assert result.stderr == (
        "grade: no report.html: the grader crashed: ZeroDivisionError: division by zero"
        " (details: build/grade/crash.txt)\n"
    )
    assert commands.reports == ["report.json", "junit.xml"]


def test_a_full_disk_leaves_no_report_and_no_part_of_one(commands: Commands) -> None:
    commands.qemu("echo hello; echo bye")
    folder = commands.report.parent
    assert commands.grade().returncode == 0  # the stage is built
    shell = f"ulimit -f 16; exec '{sys.executable}' -m grader --solved 1"  # blocks of 512 bytes
    result = commands.run("sh", "-c", shell)
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert line == f"grade: no report: File too large: {folder / 'report.html'}"
    assert commands.reports == []
    assert not [path for path in folder.iterdir() if path.name[-1].isdigit()]


# No score


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("echo hello; echo 'out of luck' >&2; exit 1", "grade: QEMU died (status 1): out of luck"),
        ("kill -ABRT $$", "grade: QEMU died (signal 6): without a message"),
    ],
)
def test_a_qemu_that_dies_is_one_line_and_no_score(
    commands: Commands, body: str, line: str
) -> None:
    commands.qemu(body)
    result = commands.grade()
    assert (result.returncode, result.stdout, result.stderr.splitlines()) == (2, "", [line])
    assert not commands.report.exists()


def test_a_missing_qemu_is_one_line_and_no_score(commands: Commands) -> None:
    commands.env["QEMU"] = "no-such-qemu"
    result = commands.grade()
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert "no-such-qemu" in line and line.endswith("run ./setup.sh")
    assert not commands.report.exists()


def test_a_missing_compiler_is_one_line_and_no_score(commands: Commands) -> None:
    commands.env["CROSS"] = "no-such-"
    result = commands.grade()
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert "no-such-gcc" in line and line.endswith("run ./setup.sh")


def test_a_check_that_crashes_is_named_and_the_others_are_judged(commands: Commands) -> None:
    table = commands.kit / "grader/labs/lab01/checks.py"
    commands.qemu("echo hello; echo bye")
    check = 'Check("lab01.3.x", 1, "T", "H", test=crashes, wanted="w")'
    table.write_text(f"{TABLE}\nCHECKS.append({check})\n")
    try:
        result = commands.grade()
    finally:
        table.write_text(TABLE)
    assert result.returncode == 3
    assert (
        "an error of the grader, please report it: RuntimeError: a bug in labs/lab01/checks.py:6"
        in result.stdout
    )
    (line,) = result.stderr.splitlines()
    assert line == (
        "grade: not judged because of an error of the grader: lab01.3.x (details:"
        " build/grade/crash.txt)"
    )
    assert "in crashes" in (commands.kit / "build/grade/crash.txt").read_text()
    assert commands.score == (100, 101)


def test_a_crash_of_the_grader_is_one_line_with_the_place_of_the_details(
    commands: Commands,
) -> None:
    commands.qemu("echo hello; echo bye")
    grading = commands.kit / "grader/grading/run.py"
    before = grading.read_text()
    grading.write_text(before.replace("    labs = {lab:",
                                      "    raise RuntimeError('a bug')\n    labs = {lab:", 1))
    try:
        result = commands.grade()
    finally:
        grading.write_text(before)
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line == "grade: the grader crashed: RuntimeError: a bug (details: build/grade/crash.txt)"
    assert "in grade" in (commands.kit / "build/grade/crash.txt").read_text()
    assert not commands.report.exists()


def test_a_report_that_cannot_be_written_is_no_score(commands: Commands) -> None:
    commands.qemu("echo hello; echo bye")
    result = commands.grade("--report", "/proc/no/report.json")
    assert result.returncode == 2
    assert "no report" in result.stderr and "Traceback" not in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_no_process_and_no_report(commands: Commands, number: int) -> None:
    commands.qemu(f"echo $$ >{commands.folder}/pid; exec sleep 1000")
    argv = [sys.executable, "-m", "grader", "--solved", "1"]
    child = subprocess.Popen(
        argv, cwd=commands.kit, env=commands.env, stdout=-1, stderr=-1, text=True
    )
    pid = int(wait_for(commands.folder / "pid"))
    child.send_signal(number)
    out, err = child.communicate()
    wait_until_gone(pid)
    assert (child.returncode, out, err) == (2, "", "grade: interrupted\n")
    assert commands.reports == []


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--lab", "9"], "--lab 9: the labs with checks are 1"),
        (["--solved", "x"], "--solved x: the number of labs to take, 0 to 6"),
        (["--solved", "7"], "--solved 7"),
        (["-k", "lab77"], "there is no such check"),
        (["-n", "2"], "leave out -n"),
    ],
)
def test_bad_use_is_one_line_and_status_2(
    commands: Commands, args: list[str], words: str
) -> None:
    result = commands.grade(*args)
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = [line for line in result.stderr.splitlines() if line]
    assert words in line


# A student's mistakes, on the real machine


@pytest.fixture(scope="module")
def broken_kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_the_kit(tmp_path_factory.mktemp("student"))


@pytest.fixture
def edit(broken_kit: Path) -> Iterator:
    """Changes a file of the kit for one test."""
    before: dict[Path, str] = {}

    def change(name: str, old: str, new: str) -> Commands:
        path = broken_kit / name
        before.setdefault(path, path.read_text())
        assert old in path.read_text(), f"{name} has changed: mend this test"
        path.write_text(path.read_text().replace(old, new, 1))
        commands = Commands(broken_kit, broken_kit.parent)
        del commands.env["GDB"]  # a real QEMU needs a real gdb
        return commands

    yield change
    for path, text in before.items():
        path.write_text(text)


def test_a_lab_that_does_not_compile_scores_0_and_the_others_are_graded(edit) -> None:
    commands = edit("solutions/lab02-mmu/pgtable.c", "int pt_map(", "itn pt_map(")
    result = commands.grade("--lab", "1", "--lab", "2", "--solved", "2")
    assert (result.returncode, result.stderr) == (1, "")
    assert "Lab 1, lab01-boot: 100 of 100 points" in result.stdout
    assert "Lab 2, lab02-mmu: 0 of 100 points" in result.stdout
    assert "solutions/lab02-mmu/pgtable.c" in result.stdout and "error: " in result.stdout
    assert result.stdout.count("error: ") == 2  # in the first paragraph, and at the check
    assert commands.score == (100, 200)


def test_an_open_hole_is_named_and_what_lies_behind_it_is_not_reached(edit) -> None:
    file = "solutions/lab02-mmu/el2_mmu.c"
    aligned = "	if (!IS_ALIGNED(va | pa, PAGE_SIZE)"
    edit(file, '#include "el2_mmu.h"', '#include "el2_mmu.h"\n#include "todo.h"')
    commands = edit(file, aligned, f'	todo("lab02.6", "break, forget, make");\n{aligned}')
    result = commands.grade("--lab", "2", "--solved", "2")
    assert result.returncode == 1
    assert "[todo] TODO(lab02.6): break, forget, make" in result.stdout
    assert "not reached: lab02.6 is still open" in result.stdout
    checks = json.loads(commands.report.read_text())["labs"][0]["checks"]
    lost = {check["task"] for check in checks if check["result"] != "passed"}
    assert "lab02.6" in lost
    assert {f"lab02.{task}" for task in range(1, 6)}.isdisjoint(lost)


def test_a_stage_that_prints_for_ever_is_stopped_and_told_so(edit) -> None:
    commands = edit("solutions/lab01-boot/exception.c", "frame->elr += 4;", "")
    result = commands.grade("--lab", "1", "-k", "lab01.6.once or lab01.6.stepped_over")
    assert result.returncode == 1
    assert "printed without end and was stopped" in result.stdout
    assert "add 4 to the frame's ELR" in result.stdout


def test_a_forgotten_carriage_return_costs_that_check_alone(edit) -> None:
    commands = edit("solutions/lab01-boot/uart.c", "		uart_putc('\\r');", "		(void)c;")
    result = commands.grade("--lab", "1")
    lost = {
        check["id"]
        for check in json.loads(commands.report.read_text())["labs"][0]["checks"]
        if check["result"] != "passed"
    }
    assert lost == {"lab01.4.crlf"}
    assert "line feeds have no carriage return before them" in result.stdout


@pytest.mark.parametrize("mebibytes", [1, pytest.param(4, marks=pytest.mark.long), 14])
def test_a_full_disk_is_one_line_and_no_score(mebibytes: int) -> None:
    """Full while it compiles, links, or looks at the machine."""
    small = "/mnt"  # in the sandbox; a TMPDIR with a long name is not used: core/scratch_folder.py
    argv = ["bwrap", "--bind", "/", "/", "--dev-bind", "/dev", "/dev"]
    argv += ["--size", str(mebibytes << 20), "--tmpfs", small, "--setenv", "TMPDIR", small]
    argv += [sys.executable, "-m", "grader", "--lab", "6", "--solved", "6", "--build", small]
    ours = ("MAKE", "PYTEST", "PYTHONUNBUFFERED")
    env = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    result = subprocess.run(argv, cwd=KIT, env=env, capture_output=True, text=True)
    (line,) = result.stderr.splitlines()
    assert (result.returncode, result.stdout) == (2, ""), result.stdout
    assert "No space left on device" in line or "is the disk full?" in line
