# SPDX-License-Identifier: MIT
"""Compilers and linkers that people have: what they add by default, and what they do not know."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from grader.core.kit import KIT
from grader.core.process import Nursery
from grader.grading.build import build_stage
from grader.model.elf import segments
from grader.tests.support.build import BUILD

# What distributions turn on, in their compilers or in files of options.
HARDENED = (
    "-mbranch-protection=standard -mharden-sls=all -fstack-clash-protection"
    " -fstack-protector-strong -ftrivial-auto-var-init=pattern"
    " -fzero-call-used-regs=used-gpr -D_FORTIFY_SOURCE=3 -fPIE -fcommon -moutline-atomics"
)
YOUNG = ("-ftrivial-auto-var-init=", "-fzero-call-used-regs=", "-mharden-sls=")


def prefix() -> str:
    made = subprocess.run(
        ["make", "-s", "-f", "-", "all"], cwd=KIT, capture_output=True, text=True, check=True,
        input="include common/make/tools.mk\nall: ; @echo $(CROSS)",
    )  # fmt: skip
    return made.stdout.strip()


def tool_chain(folder: Path, **scripts: str) -> str:
    """CROSS of tools that are ours, but for those that are scripts; $real is ours."""
    for tool in ("gcc", "ld", "objcopy"):
        real = shutil.which(f"{prefix()}{tool}")
        path = folder / f"some-{tool}"
        path.write_text(f'#!/bin/sh\nreal="{real}"\n{scripts.get(tool, "")}\nexec "$real" "$@"\n')
        path.chmod(0o755)
    return f"CROSS={folder}/some-"


def refuses(*options: str) -> str:
    """A script that knows none of these options."""
    patterns = "|".join(f"{option}*" for option in options)
    return f'for word; do case $word in {patterns}) echo "unknown $word" >&2; exit 1 ;; esac; done'


def memory(build: Path, *variables: str) -> list[tuple[int, bytes]]:
    """What the finished hypervisor puts into memory."""
    built = build_stage(6, 6, build, variables, Nursery())
    assert built.error == ""
    data = built.image.read_bytes()
    return [(s.address, data[s.offset : s.offset + s.file_size]) for s in segments(data)]


def test_what_a_compiler_adds_by_default_is_taken_back(tmp_path: Path) -> None:
    cross = tool_chain(tmp_path, gcc=f'set -- {HARDENED} "$@"')
    assert memory(tmp_path / "build", cross) == memory(BUILD)


def test_tools_that_do_not_know_an_option_are_not_given_it(tmp_path: Path) -> None:
    help_of_old = 'case $1 in --help) "$real" --help | grep -v rwx; exit ;; esac\n'
    cross = tool_chain(
        tmp_path,
        gcc=refuses(*YOUNG),
        ld=help_of_old + refuses("--no-warn-rwx-segments"),
    )
    assert memory(tmp_path / "build", cross, "WERROR=1") == memory(BUILD)


def test_a_tool_is_asked_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    cross = tool_chain(tmp_path, gcc=f'echo "$@" >> {log}')
    memory(tmp_path / "build", cross)
    asked = [line for line in log.read_text().splitlines() if "/dev/null" in line]
    memory(tmp_path / "build", cross)
    again = [line for line in log.read_text().splitlines() if "/dev/null" in line]
    assert asked and again == asked


@pytest.mark.parametrize("value", ["true", "1"])
def test_a_ci_system_makes_no_warning_an_error(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flags(*variables: str) -> str:
        argv = ["make", "-nB", "build", "LAB=1", "SOLVED=1", *variables]
        return subprocess.run(argv, cwd=KIT, capture_output=True, text=True, check=True).stdout

    monkeypatch.setenv("CI", value)
    assert "-Werror" not in flags()
    assert "-Werror" in flags("WERROR=1")
