# SPDX-License-Identifier: MIT
"""The whole kit, in its usual build: full marks, one transcript, other machines."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from grader.core.kit import KIT, LAB_DIRS
from grader.core.process import Nursery
from grader.grading.build import build_stage
from grader.grading.evaluate import evaluate
from grader.grading.run import Options, grade
from grader.labs import tables
from grader.labs.check import Boot, Evidence
from grader.qemu.boot import Ending, Run, boot
from grader.tests.support.gradings import LABS, lost, usual_checks

BUILD = KIT / "build/test/kit"


def image(lab: int) -> Path:
    built = build_stage(lab, lab, BUILD, ["WERROR=1"], Nursery())
    assert not built.error
    return built.image


@contextmanager
def every_core_busy() -> Iterator[None]:
    """A process that does nothing but run, for each core."""
    cores = os.cpu_count() or 1
    busy = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(cores)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


@pytest.mark.parametrize("lab", LABS)
def test_every_stage_with_its_labs_solved_gets_full_marks(lab: int) -> None:
    grading = grade(Options(labs=(lab,), solved=lab, build=BUILD, make=("WERROR=1",)))
    assert lost(grading) == []
    assert (grading.points, grading.maximum) == (100, 100)


@pytest.mark.parametrize("lab", LABS)
def test_three_boots_print_the_same_bytes_also_on_a_busy_host(lab: int) -> None:
    idle = [boot(image(lab)) for _ in range(2)]
    with every_core_busy():
        busy = boot(image(lab))
    assert idle[0].raw == idle[1].raw == busy.raw
    assert {run.ending for run in (*idle, busy)} == {Ending.OFF}
    assert {run.stderr for run in (*idle, busy)} == {""}


OTHER_MACHINES = [("-smp", "4", "-m", "2G"), ("-smp", "1", "-m", "256M")]


@pytest.mark.parametrize("machine", OTHER_MACHINES, ids=" ".join)
def test_every_stage_passes_on_other_machines(machine: tuple[str, ...]) -> None:
    usual = Options(labs=LABS, solved=6, build=BUILD, make=("WERROR=1",), only=usual_checks())
    assert lost(grade(replace(usual, qemu=machine))) == []


@pytest.mark.parametrize("ending", list(Ending))
@pytest.mark.parametrize("lab", LABS)
def test_a_stage_that_says_nothing_gets_no_points(lab: int, ending: Ending) -> None:
    nothing = Run(b"", "", ending)
    silence = Evidence(nothing, image(lab), inspected=nothing)
    results = evaluate(tables()[lab], {check.boot: silence for check in tables()[lab]})
    assert [result.check.id for result in results if result.points] == []


@pytest.mark.parametrize("lab", LABS)
def test_an_image_is_the_same_bit_for_bit_wherever_it_is_built(lab: int, tmp_path: Path) -> None:
    there = build_stage(lab, lab, tmp_path / "elsewhere", ["WERROR=1"], Nursery())
    assert not there.error
    assert there.image.read_bytes() == image(lab).read_bytes()


@pytest.mark.parametrize("lab", LABS)
def test_make_run_in_a_lab_runs_that_lab(lab: int) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    argv = ["make", "run", f"SOLVED={lab}", f"BUILD={BUILD.relative_to(KIT)}", "WERROR=1"]
    ran = subprocess.run(argv, cwd=KIT / LAB_DIRS[lab], env=env, capture_output=True)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout == boot(image(lab)).raw.replace(b"\r\n", b"\n")


@pytest.mark.parametrize("lab", LABS)
def test_a_stage_refuses_entry_at_el1_in_one_line(lab: int) -> None:
    run = boot(image(lab), Boot(level=1).qemu_options())
    assert run.ending is Ending.OFF
    (line,) = run.text.splitlines()
    assert line.startswith("[boot] refused: entered at EL1")
