# SPDX-License-Identifier: MIT
"""What a submission can reach while it is built, and the end of an endless build."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.core.kit import KIT, GraderError, copy_of_the_kit
from grader.core.process import Nursery
from grader.grading import sandbox
from grader.grading.submission import receive
from grader.tests.support.made_up import put

UART = "lab01-boot/uart.c"
ENV = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "PYTEST"))}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A submission of lab 1's solutions, and another one next to it."""
    for name in ("mine", "theirs"):
        for path in (KIT / "solutions/lab01-boot").glob("*.[chS]"):
            put(tmp_path / "class" / name, f"lab01-boot/{path.name}", path.read_text())
    return tmp_path / "class/mine"


def shell(wrapper: tuple[str, ...], script: str) -> str:
    ran = subprocess.run([*wrapper, "sh", "-c", script], capture_output=True, text=True)
    return ran.stdout + ran.stderr


def wrapper(tmp_path: Path, folder: Path) -> tuple[str, ...]:
    (tmp_path / "tree").mkdir()
    return sandbox.wrapper(tmp_path / "tree", folder, (), Nursery())


def test_there_is_nothing_but_tools(tmp_path: Path, folder: Path) -> None:
    said = shell(wrapper(tmp_path, folder),
                 f"ls -d /dev/* /proc /home /root /etc/passwd {KIT} {folder}")
    assert said.splitlines().count("/dev/null") == 1
    there = [line for line in said.splitlines() if "No such file" not in line]
    assert there == ["/dev/null"]


def test_a_tool_outside_of_the_system_can_run(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "tools/bin/my-gcc", "#!/bin/sh\ncat ${0%/bin/*}/lib/words\n")
    put(tmp_path, "tools/lib/words", "I run\n")
    put(tmp_path, "tools/secret", "")
    (tmp_path / "tools/bin/my-gcc").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/tools/bin:{os.environ['PATH']}")
    monkeypatch.setenv("CROSS", "my-")
    said = shell(wrapper(tmp_path, folder), f"my-gcc; ls {tmp_path}/tools")
    assert said.split() == ["I", "run", "bin", "lib"]


def test_kit_and_submissions_are_masked_among_the_tools_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in /usr/lib, which is there under the name of /lib as well."""
    put(tmp_path, "tools/bin/my-gcc", "")
    (tmp_path / "tools/bin/my-gcc").chmod(0o755)
    put(tmp_path, "tools/lib/kit/solutions/uart.c", "")
    put(tmp_path, "tools/lib/class/mine/uart.c", "")
    put(tmp_path, "tools/lib/class/theirs/uart.c", "")
    (tmp_path / "tools/lib64").symlink_to("lib")
    monkeypatch.setenv("PATH", f"{tmp_path}/tools/bin:{os.environ['PATH']}")
    monkeypatch.setenv("CROSS", "my-")
    monkeypatch.setattr(sandbox, "KIT", tmp_path / "tools/lib/kit")
    said = shell(wrapper(tmp_path, tmp_path / "tools/lib/class/mine"),
                 f"cd {tmp_path}/tools; find . -type f")
    assert said.split() == ["./bin/my-gcc"]


def test_a_kit_below_opt_hides_its_solutions(tmp_path: Path, folder: Path) -> None:
    kit = copy_of_the_kit(tmp_path)
    put(folder, UART, '#include "/opt/kit/solutions/lab01-boot/uart.c"\n')
    argv = ["bwrap", "--dev-bind", "/", "/", "--tmpfs", "/opt", "--bind", str(kit), "/opt/kit"]
    argv += ["--chdir", "/opt/kit", sys.executable, "-m", "grader", "--lab", "1"]
    argv += ["--submission", str(folder), "--build", str(tmp_path / "build")]
    ran = subprocess.run(argv, env=ENV, capture_output=True, text=True)
    assert "Total: 0 of 100 points" in ran.stdout, ran.stderr
    assert "error: /opt/kit/solutions/lab01-boot/uart.c: No such file" in ran.stdout


def test_a_sandbox_that_does_not_start_is_one_sentence_with_the_way_out(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "bin/bwrap",
        "#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    (tmp_path / "bin/bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    with pytest.raises(GraderError) as error:
        receive(folder, tmp_path / "tree", 0)
    (line,) = str(error.value).splitlines()
    assert "does not start (bwrap: setting up uid map: Permission denied): allow" in line
    assert "kernel.apparmor_restrict_unprivileged_userns=0" in line


# Sources that use more than there is


def graded(folder: Path, *args: str, **env: str) -> tuple[int, dict, float]:
    """Exit status, report and seconds of processor time of the grading of a submission."""
    build = folder.parent.parent / "build"
    argv = [sys.executable, "-m", "grader", "--submission", str(folder), "--build", str(build),
            *args]
    before = os.times()
    ran = subprocess.run(argv, cwd=KIT, env={**ENV, **env}, capture_output=True, text=True)
    after = os.times()
    path = build / "grade/report.json"
    assert path.exists(), ran.stderr
    used = sum(after[2:4]) - sum(before[2:4])
    return ran.returncode, json.loads(path.read_text()), used


def failures(report: dict, lab: int = 0) -> list[str]:
    return [check["seen"] for check in report["labs"][lab]["checks"] if check["result"] == "failed"]


ENDLESS = """
#define A(x) x x x x x x x x x x
#define B(x) A(A(A(A(A(A(A(A(A(x)))))))))
int f(int x) { return B(+x) 0; }
"""
GREEDY = "char a[1 << 30] = { 1 };\nint f(int x) { return a[x]; }\n"
LARGE = "__asm__(\".data\\n.zero 0x10000000\");\n"
UNLOADED = "__asm__(\".section .unloaded\\n.zero 0x30000000\");\n"
FAR = "__asm__(\".section .far, \\\"awR\\\", %nobits\\n.skip 0x40000000\");\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ENDLESS, "needs more than 10 s of processor time|needs more than 1024 MiB of memory"),
        (GREEDY, "lab01-boot/own.c: error: to build it "),
        (LARGE, "lab01-boot/own.c: error: to build it makes a file of more than 16 MiB"),
        (UNLOADED, "lab01-boot/own.c: error: to build it makes a file of more than 16 MiB"),
        (FAR, "hyp.elf: error: a segment at 0x40|the EL2 image runs into the mailboxes"),
    ],
    ids=["endless", "greedy", "large", "unloaded", "far"],
)
def test_a_source_that_uses_too_much_costs_its_lab(folder: Path, text: str, words: str) -> None:
    put(folder, "lab01-boot/own.c", text)
    status, report, used = graded(folder, "--lab", "1")
    assert (status, report["total"]) == (1, 0)
    (seen,) = failures(report)
    assert any(word in seen for word in words.split("|")), seen
    assert used < 30


@pytest.mark.long
def test_a_build_that_does_not_end_is_not_begun_again(folder: Path) -> None:
    """All stages have the source in them."""
    put(folder, "lab01-boot/own.c", ENDLESS)
    started = time.monotonic()
    _, report, used = graded(folder)
    assert report["total"] == 0
    assert used < 30 or time.monotonic() - started < 30
    assert all("lab01-boot/own.c: error: to build it needs more" in failures(report, lab)[0]
               for lab in range(6))


WORDS = [
    "No space left on device",
    "\x1b[31mred\x1b]0;title\x07",
    *(
        pytest.param(words, marks=pytest.mark.long)
        for words in (
            "Disk quota exceeded",
            "x: run ./setup.sh",
            "bwrap: setting up uid map: Permission denied",
            "Killed signal terminated program cc1",
        )
    ),
]


@pytest.mark.parametrize("words", WORDS)
def test_a_compiler_s_words_are_the_student_s(folder: Path, words: str) -> None:
    put(folder, UART, f"#error {words}\n")
    status, report, _ = graded(folder, "--lab", "1")
    assert (status, report["total"]) == (1, 0)
    (seen,) = failures(report)
    assert "error: #error" in seen and "\x1b" not in seen


HOSTILE_ENV = {
    "CPATH": "/nowhere", "C_INCLUDE_PATH": "/nowhere", "GCC_EXEC_PREFIX": "/nowhere/",
    "LIBRARY_PATH": "/nowhere",
    "COMPILER_PATH": "/nowhere", "GUESTS": "absent", "ROUNDS": "x", "SLOT_PAGES": "1",
    "PYTEST_ADDOPTS": "-k nothing",
    "MAKEFLAGS": "n -- GUESTS=absent", "CDPATH": "/", "BASH_ENV": "/nowhere", "CFLAGS": "-Werror",
    "LANG": "de_DE.UTF-8",
    "LC_ALL": "de_DE.UTF-8", "SOURCE_DATE_EPOCH": "x", "GCC_COLORS": "error=01;31",
    "MAKEFILES": "/etc/passwd",
    "PYTEST_PLUGINS": "nothing", "DEPENDENCIES_OUTPUT": "/nowhere", "CI": "true",
    "OPT": "-Onothing",
}  # fmt: skip


def test_the_environment_changes_no_score(folder: Path) -> None:
    _, usual, _ = graded(folder, "--lab", "1")
    status, report, _ = graded(folder, "--lab", "1", **HOSTILE_ENV)
    assert (status, report) == (0, usual)
    assert report["total"] == 100
