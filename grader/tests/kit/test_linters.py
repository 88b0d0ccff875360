# SPDX-License-Identifier: MIT
"""Linters over every tracked file, and for each linter one bad line that it must report."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from grader.core.kit import KIT

COLUMNS = 100
TRANSCRIPT = "grader/tests/unit/model/test_decoders.py"  # quotes a line of EL2's output
INCLUDES = [
    "common/include",
    *(str(path.relative_to(KIT)) for path in sorted(KIT.glob("lab[0-9][0-9]-*"))),
    "lab06-guests/guests",
    *(str(path.relative_to(KIT)) for path in sorted(KIT.glob("beyond/*")) if path.is_dir()),
]


@dataclass(frozen=True)
class Linter:
    """A program that prints a line for each fault in the files that it is given."""

    name: str
    argv: tuple[str, ...]
    files: tuple[str, ...]
    module: bool = False

    def __str__(self) -> str:
        return self.name

    def complaints(self, *files: str) -> list[str]:
        there = find_spec(self.name) if self.module else shutil.which(self.name)
        if not there:
            pytest.skip(f"{self.name} is missing: run ./setup.sh --dev")
        program = [sys.executable, "-m", self.name] if self.module else [self.name]
        argv = [*program, *self.argv, *files]
        done = subprocess.run(argv, cwd=KIT, capture_output=True, text=True)
        return (done.stdout + done.stderr).splitlines()


LINTERS = (
    Linter("pyflakes", (), ("*.py",), module=True),
    Linter(
        "mypy",
        ("--config-file=grader/mypy.ini", "--cache-dir=build/mypy", "--no-error-summary"),
        ("grader/*.py", "beyond/*.py"),
        module=True,
    ),
    Linter("shellcheck", (), ("*.sh", ".ci/run")),
    Linter(
        "cppcheck",
        (
            "--quiet",
            "--platform=unix64",
            "--enable=warning,portability",
            "--suppressions-list=grader/quality/cppcheck.txt",
            # Of the headers that come with the compiler and of C11 it knows nothing.
            "-DUINT64_C(c)=c##UL",
            "-D_Noreturn=__attribute__((noreturn))",
            *(f"-I{folder}" for folder in INCLUDES),
        ),
        ("*.c",),
    ),
)


def tracked(*patterns: str) -> list[str]:
    if not (KIT / ".git").exists():
        pytest.skip("this is no clone: nothing says which files belong to the kit")
    argv = ["git", "ls-files", "--", *patterns]
    return subprocess.run(
        argv, cwd=KIT, capture_output=True, text=True, check=True
    ).stdout.splitlines()


@pytest.mark.parametrize("linter", LINTERS, ids=str)
def test_no_linter_complains(linter: Linter) -> None:
    assert linter.complaints(*tracked(*linter.files)) == []


@pytest.mark.parametrize(
    ("name", "file", "line", "said"),
    [
        ("pyflakes", "grader/core/atomic_write.py", "import shutil", "imported but unused"),
        ("mypy", "grader/core/atomic_write.py", "number: int = 'word'", "Incompatible types"),
        ("shellcheck", "setup.sh", "rm $names", "SC2086"),
        ("cppcheck", "common/lib/string.c", "int late(void) { int a[2]; return a[2]; }",
         "out of bounds"),
    ],
)
def test_a_linter_reports_a_bad_line(
    name: str, file: str, line: str, said: str, tmp_path: Path
) -> None:
    (linter,) = (linter for linter in LINTERS if linter.name == name)
    copy = tmp_path / Path(file).name
    shutil.copy(KIT / file, copy)
    assert linter.complaints(str(copy)) == []
    with copy.open("a") as text:
        text.write(f"\n{line}\n")
    assert said in "\n".join(linter.complaints(str(copy)))


def long_lines(path: Path) -> list[str]:
    lines = enumerate(path.read_text().splitlines(), 1)
    return [f"{path}:{at}: {len(line)} columns" for at, line in lines if len(line) > COLUMNS]


def test_python_lines_have_at_most_100_columns(tmp_path: Path) -> None:
    files = [file for file in tracked("*.py") if file != TRANSCRIPT]
    assert [line for file in files for line in long_lines(KIT / file)] == []
    long = tmp_path / "long.py"
    long.write_text(f"{'x' * 100}\n{'x' * 101}\n")
    assert long_lines(long) == [f"{long}:2: 101 columns"]
