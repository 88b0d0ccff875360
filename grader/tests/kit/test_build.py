# SPDX-License-Identifier: MIT
"""What the grader makes of make: variables, images, and the first thing that went wrong."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from grader.core.environment import clean
from grader.core.kit import KIT, GraderError
from grader.core.process import Nursery
from grader.grading.build import build_stage, first_error, image_of, outer_variables

COMPILER = """\
lab02-mmu/pgtable.c: In function 'pt_map':
lab02-mmu/pgtable.c:12:9: warning: unused variable 'x' [-Wunused-variable]
lab02-mmu/pgtable.c:14:25: error: expected ';' before 'return'
lab02-mmu/pgtable.c:20:1: error: expected '}' at end of input
make: *** [common/make/stage.mk:62: build/obj/default/lab02-mmu/pgtable.c.o] Error 1
"""
LINKER = """\
/usr/bin/aarch64-linux-gnu-ld: build/obj/default/lab01-boot/main.c.o: in function `hyp_main':
lab01-boot/main.c:17: undefined reference to `uart_getc'
make: *** [common/make/stage.mk:81: build/lab01/hyp.elf] Error 1
"""
ASSEMBLER = """\
lab01-boot/boot.S: Assembler messages:
lab01-boot/boot.S:28: Error: unknown mnemonic `movv' -- `movv x0,x1'
make: *** [common/make/stage.mk:62: build/obj/default/lab01-boot/boot.S.o] Error 1
"""
CLANG = """\
ld.lld: error: undefined symbol: uart_getc
>>> referenced by main.c:17
make: *** [x] Error 1
"""
HEADER = "a.c:1:10: fatal error: nothing.h: No such file or directory\ncompilation terminated.\n"
ENDLESS = """\
aarch64-linux-gnu-gcc: fatal error: CPU time limit exceeded signal terminated program cc1
compilation terminated.
make: *** [common/make/stage.mk:62: build/obj/default/lab01-boot/uart.c.o] Error 1
"""
MEMORY = """\
cc1: out of memory allocating 536870912 bytes after a total of 1556480 bytes
make: *** [common/make/stage.mk:62: build/obj/SLOT_PAGES-64/lab03-stage2/vm.c.o] Error 1
"""
NO_RULE = "make: *** No rule to make target 'lab01-boot/uart.c', needed by 'x.o'.  Stop.\n"


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (COMPILER, "lab02-mmu/pgtable.c:14:25: error: expected ';' before 'return'"),
        (LINKER, "lab01-boot/main.c:17: undefined reference to `uart_getc'"),
        (ASSEMBLER, "lab01-boot/boot.S:28: Error: unknown mnemonic `movv' -- `movv x0,x1'"),
        (CLANG, "ld.lld: error: undefined symbol: uart_getc"),
        (HEADER, "a.c:1:10: fatal error: nothing.h: No such file or directory"),
        (NO_RULE, "make: *** No rule to make target 'lab01-boot/uart.c', needed by 'x.o'.  Stop."),
        (ENDLESS, "lab01-boot/uart.c: error: to build it needs more than 10 s of processor time"),
        (MEMORY, "lab03-stage2/vm.c: error: to build it needs more than 1024 MiB of memory"),
        ("make: *** [x] Killed\n", "make: *** [x] Killed"),
        ("something odd\n", "something odd"),
        ("", "make failed and said nothing"),
    ],
)
def test_the_first_error_is_the_line_to_read(output: str, line: str) -> None:
    assert first_error(output) == line


def test_images_are_where_the_stage_rules_put_them() -> None:
    assert image_of(3, 0, Path("build")) == Path("build/lab03/hyp.elf")
    assert image_of(6, 2, Path("build")) == Path("build/lab06-solved2/hyp.elf")


# `make grade` runs the grader, which runs `make build`.


@pytest.mark.parametrize(
    ("flags", "variables"),
    [
        ("", []),
        ("rs --no-print-directory -j2 --jobserver-auth=3,4", []),
        (" -j2 --jobserver-auth=3,4 -- SOLVED=6 LAB=1 LLVM=1", ["LLVM=1"]),
        (r" -- OPT=-O0\ -g3 BUILD=elsewhere CHECK=lab01", ["OPT=-O0 -g3"]),
        ("-- OPT=-DIT='s", ["OPT=-DIT='s"]),
        (" -- GUESTS=quiet ROUNDS=3 NAME=value CROSS=x-", ["CROSS=x-"]),
    ],
)
def test_variables_given_to_make_grade_hold_for_its_builds(
    monkeypatch: pytest.MonkeyPatch, flags: str, variables: list[str]
) -> None:
    monkeypatch.setenv("MAKEFLAGS", flags)
    assert outer_variables() == variables


def test_an_environment_of_the_user_s_own_is_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = ("MAKEFLAGS", "MAKELEVEL", "MAKEFILES", "CPATH", "C_INCLUDE_PATH", "GCC_EXEC_PREFIX",
              "CDPATH",
              "BASH_ENV", "ENV", "GUESTS", "ROUNDS", "CI", "LIBRARY_PATH", "LANGUAGE",
              "PYTEST_ADDOPTS")
    for name in theirs:
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("CROSS", "y-")
    env = clean(MORE="z")
    assert not env.keys() & set(theirs)
    assert (env["CROSS"], env["MORE"], env["LC_ALL"]) == ("y-", "z", "C")
    assert env["PATH"] == os.environ["PATH"]


# Building


def test_a_stage_is_built_where_it_is_asked_for(tmp_path: Path) -> None:
    built = build_stage(1, 1, tmp_path, [], Nursery())
    assert built.error == ""
    assert built.image == tmp_path / "lab01-solved1/hyp.elf" and built.image.exists()


def test_a_missing_compiler_is_no_fault_of_the_student(tmp_path: Path) -> None:
    with pytest.raises(GraderError, match=r"missing.*run \./setup\.sh"):
        build_stage(1, 1, tmp_path, ["CROSS=no-such-"], Nursery())


def test_nothing_is_built_into_the_source_tree(tmp_path: Path) -> None:
    def sources() -> set[Path]:
        folders = ["common", "solutions", *(path.name for path in KIT.glob("lab0*"))]
        return {path for folder in folders for path in (KIT / folder).rglob("*.[doe]*")}

    before = sources()
    build_stage(1, 1, tmp_path, [], Nursery())
    assert {path for path in sources() - before if path.suffix in (".o", ".d", ".elf")} == set()


def test_no_two_files_of_tests_build_in_one_place() -> None:
    """They run in parallel, and a linker empties the image that another one boots."""
    users: dict[str, set[str]] = {}
    for path in (KIT / "grader/tests").rglob("test_*.py"):
        for name in re.findall(r"build/test/([\w-]+)", path.read_text()):
            users.setdefault(name, set()).add(path.name)
    assert {name: files for name, files in users.items() if len(files) > 1} == {}
