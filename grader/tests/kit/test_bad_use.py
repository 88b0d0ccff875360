# SPDX-License-Identifier: MIT
"""Bad use of make: one clear line and a status that is not 0."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.core.kit import copy_of_the_kit
from grader.tests.support.made_up import stub_qemu
from grader.tests.support.making import make, path_without


@pytest.mark.parametrize("target", ["run", "build", "grade", "demo", "clean"])
@pytest.mark.parametrize("lab", ["0", "9", "x", "1 2", "-1"])
def test_a_lab_that_does_not_exist_is_refused(target: str, lab: str) -> None:
    status, lines = make(target, f"LAB={lab}")
    assert status
    (line,) = lines
    assert f"LAB={lab}: there are labs 1 to 6" in line


@pytest.mark.parametrize("solved", ["x", "7", "-1"])
def test_a_wrong_number_of_solved_labs_is_refused(solved: str) -> None:
    status, (line,) = make("run", "LAB=1", f"SOLVED={solved}")
    assert status
    assert f"SOLVED={solved}: give the number of labs to take from solutions/, 0 to 6" in line


@pytest.mark.parametrize(
    ("target", "missing", "words"),
    [
        ("build", "-gcc", "AArch64 GCC is missing"),
        ("run", "-gcc", "AArch64 GCC is missing"),
        ("run", "qemu-system-aarch64", "QEMU is missing"),
        ("grade", "qemu-system-aarch64", "QEMU is missing"),
    ],
)
def test_a_missing_tool_is_named_with_the_remedy(
    tmp_path: Path, target: str, missing: str, words: str
) -> None:
    build = f"BUILD={tmp_path}/build"
    (tmp_path / "bin").mkdir()
    path = path_without(tmp_path / "bin", missing)
    status, (line,) = make(target, "LAB=1", "SOLVED=1", build, PATH=path)
    assert status
    assert words in line and line.endswith(": run ./setup.sh")


@pytest.mark.parametrize("target", ["run", "grade"])
def test_a_qemu_that_is_too_old_is_named_with_both_versions(tmp_path: Path, target: str) -> None:
    qemu = stub_qemu(tmp_path, "exit 1")
    qemu.write_text(qemu.read_text().replace("7.2.0", "6.2.0"))
    status, (line,) = make(target, "LAB=1", "SOLVED=1", f"BUILD={tmp_path}/b", QEMU=str(qemu))
    assert status
    assert "QEMU 6.2.0 is too old" in line and "7.2 or newer" in line
    assert line.endswith(": run ./setup.sh")


def test_a_command_that_does_not_exist_is_refused() -> None:
    status, (line,) = make("fly", "LAB=1")
    assert status and "No rule to make target 'fly'" in line


def test_a_guest_that_does_not_exist_is_refused() -> None:
    status, (line,) = make("run", "LAB=6", "SOLVED=6", "GUESTS=absent")
    assert status and "there is no guest 'absent'" in line


def test_an_edit_that_has_no_effect_is_named(tmp_path: Path) -> None:
    kit = copy_of_the_kit(tmp_path)
    arguments = ("build", "LAB=2", "SOLVED=1")
    assert make(*arguments, tree=kit) == (0, [])
    path = kit / "lab01-boot/uart.c"
    path.write_text(path.read_text() + "\n")
    image = kit / "build/lab02-solved1/hyp.elf"
    os.utime(image, (path.stat().st_mtime - 5,) * 2)  # a clock may be coarse
    said = "build: you changed lab01-boot/uart.c, but SOLVED=1 takes solutions/lab01-boot/uart.c"
    status, lines = make(*arguments, tree=kit)
    assert status == 0 and said in lines
    status, lines = make("build", "LAB=1", tree=kit)
    assert status == 0 and said not in lines


def test_slots_that_the_machine_has_no_memory_for_are_named() -> None:
    _, lines = make("run", "LAB=6", "SOLVED=6", "SLOT_PAGES=60000")
    assert lines[-1] == (
        "[panic] VM memory at 0x4fa64000..0x5e4c3fff ends beyond the machine's:"
        " SLOT_PAGES is too large, or -m too small"
    )
