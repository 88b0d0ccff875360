# SPDX-License-Identifier: MIT
"""Trouble of the host is no score, and trouble of one check, boot or lab no other one's."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from grader.core import host_trouble
from grader.core.kit import KIT, GraderError
from grader.core.limits import Limits
from grader.core.process import Nursery
from grader.grading.build import build_stage
from grader.grading.crash import crash_of
from grader.grading.evaluate import evaluate, open_task
from grader.grading.run import Grading, LabResult
from grader.labs.check import Boot, Evidence
from grader.model.page_tables import WalkError, leaves
from grader.model.snapshot import Memory
from grader.qemu.boot import Ending, boot
from grader.qemu.instruction_log import MOST_RANGES, Plan, qemu_options, ranges
from grader.report import json_report, scoreboard
from grader.tests.support.made_up import check, judged, letters, put, seen

ENV = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "PYTEST"))}


# Of one check, of one boot


def fails(_: Evidence) -> str:
    raise RuntimeError("a bug\nin two lines")


def test_an_error_in_one_check_leaves_the_others_as_they_are() -> None:
    checks = [check("1.a", "one"), check("2.b", test=fails, wanted="w"), check("3.c", "missing")]
    results = judged(checks, "one\n")
    assert [result.outcome.value for result in results] == ["passed", "not judged", "failed"]
    words = ("an error of the grader, please report it: RuntimeError: a bug in two lines in "
             "tests/kit/test_trouble.py:")
    assert results[1].seen.startswith(words) and "in fails" in results[1].details


def test_an_error_in_one_boot_leaves_the_others_as_they_are() -> None:
    four = Boot(smp=4)
    checks = [check("1.a", "one"), check("2.b", "one", boot=four)]
    results = evaluate(checks, {Boot(): seen("one\n"), four: crash_of(RuntimeError("x"))})
    assert [result.outcome.value for result in results] == ["passed", "not judged"]
    results = evaluate(checks, {Boot(): crash_of(RuntimeError("x")), four: seen("one\n")})
    assert [result.outcome.value for result in results] == ["not judged", "passed"]


def test_what_needs_a_check_that_was_not_judged_is_not_judged_itself() -> None:
    checks = [check("1.a", test=fails, wanted="w"), check("2.b", "one", needs="lab01.1.a"),
              check("2.c", "two", needs="lab01.1.a")]  # fmt: skip
    assert [r.outcome.value for r in judged(checks, "one\n")] == ["not judged", "not judged",
                                                                  "not reached"]


def test_points_that_were_not_judged_are_never_silently_lost() -> None:
    results = judged([check("1.a", "one"), check("2.b", test=fails, wanted="w", points=7)], "one\n")
    grading = Grading(0, [LabResult(1, results)])
    assert (grading.points, grading.maximum, grading.all_right) == (10, 17, False)
    words = "not judged because of an error of the grader: checks of 7 points, not in the total"
    assert words in scoreboard.text(grading, terminal=False)
    assert json_report.as_json(grading)["labs"][0]["checks"][1]["result"] == "not judged"


def test_a_task_of_5000_digits_is_no_task() -> None:
    line = f"[todo] TODO(lab01.{'9' * 5000}): x\n"
    assert open_task(seen(line)) is None
    assert open_task(seen("[todo] TODO(lab99.1): x\n")) is None
    assert letters(judged([check("1.a", "one")], f"one\n{line}")) == "P"


def test_thousands_of_places_fit_a_command_line() -> None:
    places = list(range(0x4000_0000, 0x4000_0000 + 20_000 * 64, 64))
    assert len(ranges(places)) <= MOST_RANGES
    assert max(map(len, qemu_options("qemu-system-aarch64",
                                     Plan(dict.fromkeys(places, ["here"]))))) < 64 << 10


def test_tables_that_lead_to_nothing_but_tables_are_not_walked_for_ever() -> None:
    root, empty = 0x4000_0000, 0x4000_1000
    everywhere = (root | 3).to_bytes(8, "little") * 511 + (empty | 3).to_bytes(8, "little")
    page = (root + 0x2000 | 3).to_bytes(8, "little") * 512
    memory = Memory({root: everywhere, empty: bytes(4096), root + 0x2000: page})
    for start in (root, root + 0x2000):
        with pytest.raises(WalkError):
            list(leaves(memory, start, 0, 48))
    to_empty = (empty | 3).to_bytes(8, "little") * 512
    with pytest.raises(WalkError):
        tables = {root: ((root + 0x2000) | 3).to_bytes(8, "little") * 512, root + 0x2000: to_empty,
                  empty: bytes(4096)}
        tables[root + 0x2000] = ((root + 0x3000) | 3).to_bytes(8, "little") * 512
        tables[root + 0x3000] = to_empty
        list(leaves(Memory(tables), root, 0, 48))


# Of the host


def test_a_disk_without_room_is_known_without_a_compiler(tmp_path: Path) -> None:
    assert host_trouble.no_room(tmp_path, Limits(file_bytes=1 << 20)) == ""
    assert "No such file" in host_trouble.no_room(Path("/proc/no"), Limits(file_bytes=1 << 20))
    assert host_trouble.no_room(tmp_path, Limits(file_bytes=1 << 62)).endswith(f": {tmp_path}")


def test_memory_that_the_kernel_took_is_known(tmp_path: Path,
                                              monkeypatch: pytest.MonkeyPatch) -> None:
    events = tmp_path / "memory.events"
    events.write_text("low 0\noom 3\noom_kill 2\noom_group_kill 0\n")
    monkeypatch.setattr(host_trouble, "COUNTERS", (events, tmp_path / "absent"))
    assert host_trouble.killed_for_memory() == 2
    assert host_trouble.out_of_memory(2) == ""
    assert host_trouble.out_of_memory(1) == "the host has run out of memory"


def test_a_compiler_that_builds_nothing_at_all_is_no_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one whose cc1 is gone: its version it can still tell."""
    put(tmp_path, "bin/broken-gcc", "#!/bin/sh\ncase $1 in -dump*) echo 12.2.0;; *) echo "
                                    "broken-gcc: error: no cc1 >&2; exit 1;; esac\n")
    (tmp_path / "bin/broken-gcc").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    with pytest.raises(GraderError, match="not because of its code: broken-gcc: error: no cc1"):
        build_stage(1, 1, tmp_path / "build", ["CROSS=broken-"], Nursery())


def test_a_compiler_that_fails_once_is_no_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that the host kills: the next time it compiles the same file."""
    put(tmp_path, "bin/once-gcc", f"""#!/bin/sh
case "$*" in *-c*uart.c*) mkdir {tmp_path}/failed 2>/dev/null && exit 1 ;; esac
exec aarch64-linux-gnu-gcc "$@"
""")
    (tmp_path / "bin/once-gcc").chmod(0o755)
    for tool in ("ld", "objcopy"):
        (tmp_path / f"bin/once-{tool}").symlink_to(f"/usr/bin/aarch64-linux-gnu-{tool}")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    with pytest.raises(GraderError, match="did not build at first, but then it did"):
        build_stage(1, 1, tmp_path / "build", ["CROSS=once-"], Nursery())


# Two gradings in one place


def grade(build: Path, *args: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "grader", "--lab", "1", "--build", str(build), *args]
    return subprocess.run(argv, cwd=KIT, env=ENV, capture_output=True, text=True)


def test_a_second_grading_in_one_place_is_one_sentence(tmp_path: Path) -> None:
    put(tmp_path, "grade/lock", "")
    with open(tmp_path / "grade/lock", "r+", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = grade(tmp_path)
    line = (f"grade: another grading uses {tmp_path}: wait until it ends, or use another BUILD=\n")
    assert (result.returncode, result.stdout, result.stderr) == (2, "", line)


def test_of_two_gradings_at_once_one_has_a_score(tmp_path: Path) -> None:
    results = []
    threads = [threading.Thread(target=lambda: results.append(grade(tmp_path, "--solved", "1")))
               for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = sorted(result.returncode for result in results)
    assert statuses in ([0, 2], [0, 0])  # the second may have come too late to meet the first
    assert json.loads((tmp_path / "grade/report.json").read_text())["total"] == 100


# Of one machine

# QEMU 7.2 asserts that ICC_BPR1_EL1 is no 0, and lets a guest write one.
ABORTS = """
	.section .text.boot, "ax"
	.globl	_start
_start:
	mov	x0, #0xf
	msr	S3_4_C12_C9_5, x0	// ICC_SRE_EL2
	isb
	mov	x1, #0x08000000		// the distributor
	mov	w0, #0x12
	str	w0, [x1]
	movz	x1, #0x080b, lsl #16	// the redistributor's frame of SGIs
	mov	w0, #-1
	str	w0, [x1, #0x80]
	mov	w0, #0xffff
	str	w0, [x1, #0x100]
	mov	x0, #0xff
	msr	S3_0_C4_C6_0, x0	// ICC_PMR_EL1
	mov	x0, #8
	msr	S3_0_C12_C12_3, x0	// ICC_BPR1_EL1
	mov	x0, #1
	msr	S3_0_C12_C12_7, x0	// ICC_IGRPEN1_EL1
	msr	S3_0_C12_C11_5, x0	// ICC_SGI1R_EL1
	isb
	mrs	x0, S3_0_C12_C12_0	// ICC_IAR1_EL1
	b	.
	.section .bss.boot_cpu, "aw", %nobits
	.globl	boot_cpu
boot_cpu:
	.skip	64
"""


def test_a_stage_that_makes_qemu_abort_costs_its_boots_alone(tmp_path: Path) -> None:
    for path in (KIT / "solutions").rglob("lab0*/*.[chS]"):
        put(tmp_path / "mine", str(path.relative_to(KIT / "solutions")), path.read_text())
    put(tmp_path / "mine", "lab01-boot/boot.S", ABORTS)
    result = grade(tmp_path / "build", "--submission", str(tmp_path / "mine"))
    assert result.returncode == 1, result.stderr
    (lab,) = json.loads((tmp_path / "build/grade/report.json").read_text())["labs"]
    assert lab["points"] < 100
    assert Ending.DIED.value in result.stdout or Ending.BUDGET.value in result.stdout


def test_a_qemu_that_hangs_is_ended_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "qemu", "#!/bin/sh\necho last\nexec sleep 1000\n")
    (tmp_path / "qemu").chmod(0o755)
    monkeypatch.setenv("QEMU", str(tmp_path / "qemu"))
    run = boot(Path("image.elf"), limits=Limits(wall_seconds=300, idle_seconds=2))
    assert (run.ending, run.last_line) == (Ending.IDLE, "last")
