# SPDX-License-Identifier: MIT
"""The open tasks: ours have full marks, what does nothing has none, and errors are sentences."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from grader.core.kit import KIT, LAB_DIRS, copy_of_the_kit
from grader.labs import tables

OPEN = tables(open_tasks=True)
STUBS = KIT / "grader/tests/support/stubs"
ROUND_ROBIN = """
#include "shares.h"
void sched_set_share(struct vcpu *vcpu, unsigned int share) { (void)vcpu, (void)share; }
"""

# A design that does not solve the task, and what its report says first.
NOTHING_DONE = {
    1: ("log.c", "after 1 line of 0 characters: log_end() returns 0, not 1"),
    2: ("page_pool.c", "takes page 0 from an aligned run of 2, but an aligned run of 1 was free"),
    3: ("dirty_log.c", "is done without a fault"),
    4: ("vrtc.c", "the VM has no aperture at 0x0901"),
    5: ("sched.c", "with shares 1 and 2 the vCPUs ran 50% and 50% of the time; 33% and 67% were"),
    6: ("guests/observer.c", "the values are the same in all boots, which differ"),
}


def make(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *words], cwd=tree, capture_output=True, text=True, check=False)


def report(build: Path) -> dict:
    return json.loads((build / "open/grade/report.json").read_text())


def test_ours_have_full_marks(tmp_path: Path) -> None:
    done = make(KIT, "grade", "OPEN=1", "SOLVED=6", f"BUILD={tmp_path}", "STRICT=1")
    assert done.returncode == 0, done.stdout + done.stderr
    found = report(tmp_path)
    assert found["open_tasks"] and found["total"] == found["maximum"] == 10 * len(OPEN)


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_the_kit(tmp_path_factory.mktemp("kit"))


def design(lab: int, name: str) -> str:
    """A stub, or the module that the usual stage has."""
    if lab == 2:
        return (KIT / LAB_DIRS[lab] / name).read_text()
    if lab == 5:
        return (KIT / "solutions" / LAB_DIRS[lab] / name).read_text() + ROUND_ROBIN
    return (STUBS / name).read_text()


@pytest.mark.parametrize("lab", [lab if lab in (2, 6) else pytest.param(lab, marks=pytest.mark.long)
                                 for lab in OPEN])
def test_a_design_that_does_not_solve_the_task_has_no_points(kit: Path, lab: int) -> None:
    name, words = NOTHING_DONE[lab]
    folder = kit / "solutions" / LAB_DIRS[lab] / "open"
    shutil.rmtree(folder)
    path = folder / name
    path.parent.mkdir(parents=True)
    path.write_text(design(lab, name))
    done = make(kit, "grade", f"LAB={lab}", "OPEN=1", f"SOLVED={lab}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert words in " ".join(done.stdout.split())
    assert report(kit / "build")["total"] == 0


@pytest.mark.parametrize("lab, name", [(2, "main.c"), (2, "selftest.S"), (2, "string.c"),
                                       (5, "context.c"), (6, "machine.c")])
def test_what_a_task_does_not_replace_is_one_sentence(kit: Path, lab: int, name: str) -> None:
    path = kit / LAB_DIRS[lab] / "open" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("/* nothing */\n")
    done = make(kit, "build", f"LAB={lab}", "OPEN=1")
    path.unlink()
    words = f"OPEN=1: {path.relative_to(kit)}: this open task does not replace {name}"
    assert words in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["run", "grade"])
def test_an_open_task_without_a_source_is_one_sentence(tmp_path: Path, command: str) -> None:
    done = make(KIT, command, "LAB=2", "OPEN=1", f"BUILD={tmp_path}")
    said = done.stdout + done.stderr
    assert 'OPEN=1: lab02-mmu/open/ has no source: see "Open task" in lab02-mmu/README.md' in said
