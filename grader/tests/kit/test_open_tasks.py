# SPDX-License-Identifier: MIT
"""The open tasks: ours have full marks, the given module has none, and errors are sentences."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from grader.core.kit import KIT, LAB_DIRS
from grader.labs import tables

OPEN = tables(open_tasks=True)
STUB = """#include "log.h"
void log_write(const char *line) { (void)line; }
uint64_t log_begin(void) { return 0; }
uint64_t log_end(void) { return 0; }
size_t log_read(uint64_t number, char *buffer, size_t size)
{
	(void)number, (void)buffer, (void)size;
	return LOG_GONE;
}
"""

IDLE_LOG = """
#include "dirty_log.h"
#include "error.h"

static bool on[VM_MAX];

int dirty_log_start(struct vm *vm)
{
	int error = on[vm->id] ? E_EXISTS : 0;

	on[vm->id] = true;
	return error;
}

bool dirty_log_fault(struct vm *vm, uint64_t ipa)
{
	return !vm && ipa;
}

size_t dirty_log_collect(struct vm *vm, uint64_t *ipas, size_t max)
{
	return vm && ipas && max ? 0 : 0;
}

int dirty_log_stop(struct vm *vm)
{
	int error = on[vm->id] ? 0 : E_NOT_FOUND;

	on[vm->id] = false;
	return error;
}
"""


def make(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *words], cwd=tree, capture_output=True, text=True, check=False)


def report(build: Path) -> dict:
    return json.loads((build / "open/grade/report.json").read_text())


def test_ours_have_full_marks(tmp_path: Path) -> None:
    done = make(KIT, "grade", "OPEN=1", "SOLVED=6", f"BUILD={tmp_path}", "STRICT=1")
    assert done.returncode == 0, done.stdout + done.stderr
    found = report(tmp_path)
    assert found["open_tasks"] and found["total"] == found["maximum"] == 10 * len(OPEN)


def graded(tmp_path: Path, lab: int, module: str, more: str = "") -> tuple[str, int]:
    """Hand in a module of the usual solution as the design. Return the report and the points."""
    tree = tmp_path / "kit"
    shutil.copytree(KIT, tree, ignore=shutil.ignore_patterns("build", ".git", "tests"))
    for each in range(1, lab + 1):
        shutil.copytree(tree / "solutions" / LAB_DIRS[each], tree / LAB_DIRS[each],
                        ignore=shutil.ignore_patterns("open"), dirs_exist_ok=True)
    given = (tree / LAB_DIRS[lab] / module).read_text()
    (tree / LAB_DIRS[lab] / "open").mkdir()
    (tree / LAB_DIRS[lab] / "open" / module).write_text(given + more)
    done = make(tree, "grade", f"LAB={lab}", "OPEN=1")
    assert done.returncode == 0, done.stdout + done.stderr
    return " ".join(done.stdout.split()), report(tree / "build")["total"]


def test_the_given_page_pool_keeps_no_runs_whole(tmp_path: Path) -> None:
    said, points = graded(tmp_path, 2, "page_pool.c")
    assert "takes page 0 from an aligned run of 2, but an aligned run of 1 was free" in said
    assert points == 0


def test_round_robin_ignores_shares(tmp_path: Path) -> None:
    said, points = graded(tmp_path, 5, "sched.c", """
#include "shares.h"
void sched_set_share(struct vcpu *vcpu, unsigned int share) { (void)vcpu, (void)share; }
""")
    assert ("with shares 1 and 2 the vCPUs ran 50% and 50% of the time; 33% and 67% were due"
            in said)
    assert points == 0


def test_a_log_that_finds_nothing_has_no_points(tmp_path: Path) -> None:
    """It write-protects nothing and returns success, so most of its costs are within limits."""
    tree = tmp_path / "kit"
    shutil.copytree(KIT, tree, ignore=shutil.ignore_patterns("build", ".git", "tests"))
    (tree / "lab03-stage2/open").mkdir()
    (tree / "lab03-stage2/open/dirty_log.c").write_text(IDLE_LOG)
    for lab in (1, 2, 3):
        shutil.copytree(tree / "solutions" / LAB_DIRS[lab], tree / LAB_DIRS[lab],
                        ignore=shutil.ignore_patterns("open"), dirs_exist_ok=True)
    done = make(tree, "grade", "LAB=3", "OPEN=1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "a write of page" in done.stdout and "is done without a fault" in " ".join(
        done.stdout.split())
CONSTANTS = """
#include "os.h"
#include "sysreg.h"

void os_exception(struct os_frame *frame) { (void)frame; }

void os_main(void)
{
	while (read_sysreg(cntvct_el0) < 12 * 62500)
		;
	guest_log_value("from", 62500);
	guest_log_value("to", 11 * 62500);
	guest_log_value("stolen us", 5000);	/* right next to a hog */
	guest_log_value("losses", 25);
	guest_log_value("slice us", 200);
	guest_log_value("delay us", 200);
}
"""


def test_a_guest_that_logs_constants_observes_nothing(tmp_path: Path) -> None:
    tree = tmp_path / "kit"
    shutil.copytree(KIT, tree, ignore=shutil.ignore_patterns("build", ".git", "tests"))
    own = tree / "solutions/lab06-guests/open/guests/observer"
    shutil.rmtree(own)
    own.with_suffix(".c").write_text(CONSTANTS)
    done = make(tree, "grade", "LAB=6", "OPEN=1", "SOLVED=6")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the values are the same in all boots, which differ" in done.stdout
def test_a_log_without_lines_has_no_points(tmp_path: Path) -> None:
    tree = tmp_path / "kit"
    shutil.copytree(KIT, tree, ignore=shutil.ignore_patterns("build", ".git", "tests"))
    (tree / "solutions/lab01-boot/open/log.c").write_text(STUB)
    done = make(tree, "grade", "LAB=1", "OPEN=1", "SOLVED=1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "after 1 line of 0 characters: log_end() returns 0, not 1" in done.stdout
    assert report(tree / "build")["total"] == 0


@pytest.mark.parametrize("command", ["run", "grade"])
def test_an_open_task_without_a_source_is_one_sentence(tmp_path: Path, command: str) -> None:
    done = make(KIT, command, "LAB=2", "OPEN=1", f"BUILD={tmp_path}")
    said = done.stdout + done.stderr
    assert 'OPEN=1: lab02-mmu/open/ has no source: see "Open task" in lab02-mmu/README.md' in said


def test_a_clock_that_is_not_there_gets_no_points(tmp_path: Path) -> None:
    tree = tmp_path / "kit"
    shutil.copytree(KIT, tree, ignore=shutil.ignore_patterns("build", ".git", "tests"))
    (tree / "solutions/lab04-traps/open/vrtc.c").write_text("""\
#include "vrtc.h"

int vrtc_create(struct vm *vm, uint64_t (*now)(void))
{
	return !vm || !now;
}
""")
    done = make(tree, "grade", "LAB=4", "OPEN=1", "SOLVED=4")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the VM has no aperture at 0x0901" in done.stdout
    assert report(tree / "build")["total"] == 0
