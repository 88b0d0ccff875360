# SPDX-License-Identifier: MIT
"""The machine, with a QEMU that is a script: endings, noise, and QEMUs that fail."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.core.kit import KIT, GraderError
from grader.core.process import Limits
from grader.qemu.boot import boot, Ending, machine_flags, NOISE as NOISES, Run, SANDBOX
from grader.tests.support.made_up import stub_qemu

IMAGE = Path("image.elf")
NOISE = f'echo "qemu: warning: {NOISES[0].decode()}" >&2'
QUICK = Limits(output_bytes=10_000, cpu_seconds=1, wall_seconds=30)


@pytest.fixture
def qemu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Makes a script the QEMU of this test."""
    return lambda body: monkeypatch.setenv("QEMU", str(stub_qemu(tmp_path, body)))


def test_the_command_line_is_that_of_the_kit_with_the_options_last(qemu) -> None:
    qemu('for word; do echo "$word"; done')
    words = boot(IMAGE, ["-smp", "4"]).text.split()
    assert words == [*machine_flags(), *SANDBOX, "-d", "int", "-kernel", "image.elf", "-smp", "4"]
    assert "shift=3,sleep=off" in words


def test_a_qemu_without_seccomp_is_used_without_its_sandbox(qemu) -> None:
    qemu("")
    Path(os.environ["QEMU"]).write_text('#!/bin/sh\n[ "$1" != -sandbox ] || exit 1\necho "$@"\n')
    words = boot(IMAGE).text.split()
    assert words[0] == machine_flags()[0] and "-sandbox" not in words


def test_the_kit_has_one_command_line() -> None:
    run = (KIT / "common/make/run.sh").read_text()
    assert "qemu.args" in run and "-icount" not in run


def test_a_machine_that_powers_off_leaves_its_transcript(qemu) -> None:
    qemu(rf"printf 'one\r\ntwo\r\n'; {NOISE}")
    run = boot(IMAGE)
    assert run == Run(b"one\r\ntwo\r\n", "", Ending.OFF)
    assert (run.text, run.last_line) == ("one\ntwo\n", "two")


def test_only_the_noise_of_a_machine_at_rest_is_dropped(qemu) -> None:
    qemu(f"echo first >&2; {NOISE}; echo 'warning: real' >&2")
    assert boot(IMAGE).stderr == "first\nwarning: real"


@pytest.mark.parametrize(
    ("body", "ending"),
    [
        ("while :; do echo last; done", Ending.BYTES),
        ("echo last; while :; do :; done", Ending.CPU),
    ],
)
def test_a_machine_that_does_not_end_is_stopped_and_the_reason_told(
    qemu, body: str, ending: Ending
) -> None:
    qemu(body)
    run = boot(IMAGE, limits=QUICK)
    assert (run.ending, run.last_line) == (ending, "last")
    assert str(run) == f"the machine {ending.value}; its last line: last"


def test_behind_it_all_is_a_time_limit(qemu) -> None:
    qemu("echo last; exec sleep 1000")
    assert boot(IMAGE, limits=Limits(wall_seconds=0.3)).ending is Ending.WALL


def test_a_last_line_without_an_end_is_a_line() -> None:
    assert Run(b"one\r\nhalf a li", "", Ending.WALL).last_line == "half a li"
    assert Run(b"", "", Ending.WALL).last_line == ""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("echo first >&2; echo 'qemu: no luck' >&2; exit 1", "status 1): qemu: no luck"),
        ("echo half a transcript; exit 7", "status 7): without a message"),
        ("kill -SEGV $$", "signal 11): without a message"),
        (f"{NOISE}; exit 1", "status 1): without a message"),
    ],
)
def test_a_qemu_that_dies_is_no_fault_of_the_stage(qemu, body: str, words: str) -> None:
    qemu(body)
    with pytest.raises(GraderError) as error:
        boot(IMAGE)
    assert str(error.value) == f"QEMU died ({words}"


def test_a_missing_qemu_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QEMU", "no-such-qemu")
    with pytest.raises(GraderError, match=r"no-such-qemu.*setup\.sh"):
        boot(IMAGE)
