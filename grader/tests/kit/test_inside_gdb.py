# SPDX-License-Identifier: MIT
"""gdb with QEMU: budgets that name the loop, true states, and a gdb that fails."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest

from grader.core.kit import KIT, GraderError, copy_of_the_kit
from grader.core.process import Ended
from grader.grading.build import image_of
from grader.grading.run import Options, Workshop, grade
from grader.labs.check import Outcome
from grader.model.elf import instructions, symbols
from grader.qemu.boot import Ending, Run, boot
from grader.qemu.inspection import Session, Watch
from grader.tests.support.build import BUILD

STUCK = '\tprintf("spinning\\n");\n\tfor (;;)\n\t\t;\n'
ASLEEP = '\tfor (;;)\n\t\t__asm__ volatile("wfi");\n'
TALKS = '\tfor (;;)\n\t\tprintf("forever\\n");\n'


def run(image: Path, folder: Path, **more) -> Run:
    session = Session(image, folder, Watch(), nonce=0x1234567812345678, **more)
    return boot(image, session=session)


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield copy_of_the_kit(tmp_path_factory.mktemp("watcher"))


def stage_1(kit: Path, instead_of_init: str = "") -> Path:
    """Stage 1, solved; exception_init() does something else."""
    path = kit / "solutions/lab01-boot/exception.c"
    text = (KIT / "solutions/lab01-boot/exception.c").read_text()
    right = "\twrite_sysreg(vbar_el2, hyp_vectors);\n"
    assert right in text
    path.write_text(text.replace(right, right + instead_of_init))
    command = ["make", "build", "LAB=1", "SOLVED=1"]
    subprocess.run(command, cwd=kit, check=True, capture_output=True)
    return image_of(1, 1, kit / "build")


def test_a_stage_that_loops_is_stopped_at_its_budget_and_the_function_named(
    kit: Path, tmp_path: Path
) -> None:
    seen = run(stage_1(kit, STUCK), tmp_path)
    assert (seen.ending, seen.where) == (Ending.BUDGET, "exception_init()")
    assert "million instructions" in str(seen) and "spinning" in str(seen)


def test_a_machine_that_sleeps_for_ever_is_told_from_one_that_runs(
    kit: Path, tmp_path: Path
) -> None:
    assert run(stage_1(kit, ASLEEP), tmp_path).ending is Ending.ASLEEP


def test_a_stage_that_prints_for_ever_ends_at_one_of_the_budgets(
    kit: Path, tmp_path: Path
) -> None:
    assert run(stage_1(kit, TALKS), tmp_path).ending in (Ending.BYTES, Ending.BUDGET)


def test_a_guarded_boot_prints_what_an_unguarded_one_does(kit: Path, tmp_path: Path) -> None:
    image = stage_1(kit)
    guarded = run(image, tmp_path)
    assert guarded.text == boot(image).text
    assert "[test 1234567812345678]" in guarded.raw.decode()
    assert guarded.states == ()


def test_an_inspected_boot_shows_registers_and_memory(kit: Path, tmp_path: Path) -> None:
    image = stage_1(kit)
    seen = run(image, tmp_path, inspect=True)
    assert [state.name for state in seen.states] == ["boot", "vectors"]
    names = symbols(image.read_bytes())
    state = seen.states[1]
    assert state["VBAR_EL2"] == names["hyp_vectors"]
    assert state.memory.word(names["boot_nonce"]) == 0x1234567812345678
    with pytest.raises(KeyError):
        state["NO_SUCH_EL9"]


def test_an_inspected_boot_stops_at_places_too_but_not_for_ever(kit: Path, tmp_path: Path) -> None:
    image = stage_1(kit)
    at = symbols(image.read_bytes())["console_putc"]
    watch = Watch(places=lambda image: {at: "a character"})
    seen = boot(image, session=Session(image, tmp_path, watch, inspect=True))
    found = [state for state in seen.states if state.name == "a character"]
    assert len(found) == 4 and seen.ending is Ending.OFF
    assert {state["pc"] for state in found} == {at}


def test_an_instruction_can_be_left_out(kit: Path, tmp_path: Path) -> None:
    image = stage_1(kit)
    (smc,) = instructions(image.read_bytes(), bytes.fromhex("030000d4"))
    watch = Watch(places=lambda image: {smc: "off"}, skipped=("off",))
    seen = boot(image, session=Session(image, tmp_path, watch, inspect=True))
    assert [state["pc"] for state in seen.states if state.name == "off"] == [smc]
    assert seen.ending is not Ending.OFF


def test_a_gdb_that_fails_is_one_line(
    kit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = tmp_path / "gdb-stub"
    stub.write_text("#!/bin/sh\necho first >&2\necho no luck today >&2\nexit 1\n")
    stub.chmod(0o755)
    monkeypatch.setenv("GDB", str(stub))
    image = stage_1(kit)
    with pytest.raises(GraderError, match="^gdb failed: no luck today$"):
        run(image, tmp_path, inspect=True)


def test_a_missing_gdb_is_named_with_the_remedy(
    kit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GDB", "no-such-gdb")
    image = stage_1(kit)
    assert run(image, tmp_path).ending is Ending.OFF  # guarded: there is no need of it
    with pytest.raises(GraderError, match=r"no-such-gdb.*setup\.sh"):
        run(image, tmp_path, inspect=True)


def test_a_place_to_stop_at_exists_for_every_task() -> None:
    from grader.labs.breakpoints import FIRST_GUEST, PLACES, SECOND_GUEST

    workshop = Workshop(Options((6,), 6, BUILD))
    for lab in range(1, 7):
        built = workshop.build((lab, ()))
        names = symbols(built.image.read_bytes())
        places = {place for task, place in PLACES.items() if task.startswith(f"lab{lab:02}")}
        assert places - {FIRST_GUEST, SECOND_GUEST} <= set(names)


def test_it_is_the_boot_core_that_is_looked_at_whichever_gdb_selects() -> None:
    only = {"lab05.8.context"}
    options = Options(labs=(5,), solved=5, build=BUILD, qemu=("-smp", "4"), only=only)
    (result,) = [r for lab in grade(options).labs for r in lab.results]
    assert result.outcome is Outcome.PASSED, result.seen


def test_a_gdb_that_dies_of_an_image_s_symbols_leaves_what_it_saw(tmp_path: Path) -> None:
    session = Session(Path("image.elf"), tmp_path, Watch())
    stands = {"stands": {"how": "budget", "pc": 4, "chain": []}}
    (tmp_path / "findings").write_text(json.dumps(stands) + "\n")
    assert session.found(Ended(-11, b"", b""), cut=False).how == "budget"
    with pytest.raises(GraderError, match="gdb failed: the disk is full"):
        session.found(Ended(1, b"", b"the disk is full\n"), cut=False)


def test_a_script_in_an_image_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "a.S").write_text(f"""
	.globl	_start
_start:	b	.
	.section ".debug_gdb_scripts", "MS", @progbits, 1
	.byte	4
	.ascii	"gdb.inlined-script\\nopen('{tmp_path}/reached', 'w')\\n"
	.byte	0
""")
    image = tmp_path / "a.elf"
    cross = next(filter(which,
                        ("aarch64-none-elf-gcc", "aarch64-elf-gcc", "aarch64-linux-gnu-gcc")))
    flags = ["-nostdlib", "-static", "-Wl,-Ttext=0x40000000", "-Wl,--build-id=none"]
    subprocess.run([cross, *flags, "-o", image, tmp_path / "a.S"], check=True)
    assert boot(image, session=Session(image, tmp_path, Watch())).ending is Ending.BUDGET
    assert not (tmp_path / "reached").exists()
