# SPDX-License-Identifier: MIT
"""The hyp commands of gdb and make explain: right answers, and one line where there are none."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from grader.debugger import debugger
from grader.kit import KIT

COMMANDS = [
    "hyp", "hyp regs", "hyp regs el1", "hyp esr", "hyp esr 0x96000045", "hyp walk 0x40000000",
    "hyp walk &vms", "hyp walk-s2 0 0x41000000", "hyp walk-s2 1 0x41400000", "hyp at 0 0x41000000",
    "hyp map", "hyp map 0", "hyp vcpus", "hyp vcpu 0", "hyp vgic", "hyp mailboxes", "hyp exits",
    "hyp guest-bt", "hyp symbols 0", "hyp symbols none", "hyp go nowhere", "hyp nonsense",
    "hyp walk", "hyp vcpu 99", "hyp vcpu x", "hyp walk-s2 77 0", "hyp regs el9",
]  # fmt: skip


def clean() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "PYTEST"))}


def session(lab: int, solved: int, commands: Sequence[str], at: str = "") -> dict[str, str]:
    """What each command says in one session of `make gdb`."""
    script = "".join(f"echo @{command}@\\n\n{command}\n" for command in commands) + "kill\nquit\n"
    argv = ["make", "gdb", f"LAB={lab}", f"SOLVED={solved}", "BUILD=build/test/gdb", f"AT={at}"]
    done = subprocess.run(
        argv, cwd=KIT, env=clean(), input=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=300,
    )  # fmt: skip
    said: dict[str, str] = {}
    for part in done.stdout.split("(gdb) @")[1:]:
        command, _, answer = part.partition("@\n")
        said[command] = answer.replace("(gdb) ", "")
    assert list(said) == list(commands), done.stdout[-2000:]
    assert "Traceback" not in done.stdout and "Python Exception" not in done.stdout, done.stdout
    return said


@pytest.fixture(scope="module")
def running() -> dict[str, str]:
    """Both guests of stage 6 are under way, and vm0's timer has fired."""
    more = ["hyp at 1 0x1000000000", "hyp walk-s2 0 0x41400000", "print vms[0]", "print *vcpu_ring()"]
    return session(6, 6, [*COMMANDS, *more], at="vgic_timer")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("hyp regs", "VM=1 (stage 2 on)"),
        ("hyp regs", "T0SZ=25 (39 bits of input address)"),
        ("hyp regs el1", "SCTLR_EL1"),
        ("hyp esr 0x96000045", "data abort from the same EL: write, translation fault, level 1"),
        ("hyp walk 0x40000000", "page at 0x40000000, R-X, Normal write-back"),
        ("hyp walk &vms", "is in EL2's bss"),
        ("hyp walk-s2 0 0x41000000", "block at 0x41000000, RWX"),
        ("hyp walk-s2 0 0x41400000", "the slot of VM 0 ends at 0x413fffff; this is the guard"),
        ("hyp walk-s2 77 0", "hyp walk-s2: there is no VM 77"),
        ("hyp at 1 0x1000000000", "guest VA 0x1000000000 is IPA 0x417f4000"),
        ("hyp map", "2 blocks: the slot of VM 0"),
        ("hyp map", "1 page: the mailbox of VM 1"),
        ("hyp vcpus", "vCPU 0, vm0 counter_os: runnable, loaded"),
        ("hyp vcpu 0", "x30 0x"),
        ("hyp vgic", "PPI 27 (CNTV, the guests' timer): enabled, pending, active"),
        ("hyp mailboxes", "heap va = 0x1000000000"),
        ("hyp exits", "vm1 memwalk_os: sysreg 1"),
        ("hyp guest-bt", "vm0:guest_start+0x"),
        ("hyp nonsense", "there is no command 'nonsense'"),
        ("hyp walk", "usage: hyp walk VA"),
        ("hyp", "hyp walk-s2 -- Walk stage 2 of a VM for an IPA"),
        ("print vms[0]", "counter_os"),
    ],
)
def test_a_command_answers_what_the_machine_holds(
    running: dict[str, str], command: str, words: str
) -> None:
    assert words in running[command]


BROKEN = [
    "set var vms[0].s2.root = (uint64_t *)0xdead0000",
    "set var vms[1].s2.root = (uint64_t *)vms[1].s2.root[1]",
    "set var vms[1].name = (char *)8",
    "set var vcpu_ring()->context = (struct context *)0x123",
    "set var $VTTBR_EL2 = 0xffff000000000fff",
]

# Where it is stopped, and what is unfinished there.
STATES = {
    "reset, before anything": (6, 6, "_start", []),
    "no MMU yet, and no VM": (2, 2, "el2_mmu_init", []),
    "tables half built": (2, 2, "visit_map", []),
    "a stage without VMs": (1, 1, "uart_init", []),
    "a VM, no guest": (3, 3, "s2_activate", []),
    "before the first vCPU": (5, 5, "gic_init", []),
    "a hole that is open": (4, 3, "todo_stop", []),
    "everything is the student's, and open": (5, 0, "todo_stop", []),
    "pointers to nowhere": (6, 6, "vgic_timer", BROKEN),
}


@pytest.mark.parametrize("state", STATES)
def test_in_a_broken_state_there_are_lines_and_no_traceback(state: str) -> None:
    lab, solved, at, broken = STATES[state]
    said = session(lab, solved, [*broken, *COMMANDS], at=at)
    silent = [command for command in COMMANDS if not said[command].strip()]
    assert silent in ([], ["hyp symbols none"])  # which has nothing to say if there were none


def test_without_a_machine_each_command_says_so_in_one_line() -> None:
    argv = [debugger(), "-nx", "-q", "-batch", "-x", str(KIT / "common/gdb/hyp.py")]
    argv += [word for command in ("hyp map", "hyp regs", "hyp vcpus") for word in ("-ex", command)]
    done = subprocess.run(argv, capture_output=True, text=True)
    lines = (done.stdout + done.stderr).splitlines()
    assert len(lines) == 3 and all("make gdb" in line for line in lines), lines


def test_a_check_is_a_place() -> None:
    said = session(4, 4, ["print $pc"], at="lab04.4")
    assert "trap_handle" in said["print $pc"]


def explain(*words: str, given: str = "") -> tuple[int, str]:
    done = subprocess.run(
        ["make", "explain", *words], cwd=KIT, env=clean(), input=given, capture_output=True, text=True
    )
    text = done.stdout + "".join(
        line for line in done.stderr.splitlines(True) if not line.startswith("make")
    )
    return done.returncode, " ".join(text.split())


def test_a_syndrome_becomes_a_paragraph() -> None:
    status, text = explain("ESR=0x96000045", "FAR=0x1234")
    assert status == 0
    assert "EL2 tried a write, and met a translation fault at level 1 of EL2's stage 1" in text
    assert "lab02-mmu/README.md" in text


def test_a_report_becomes_a_paragraph_and_the_walk_behind_it() -> None:
    line = "[trap] vm7 stopped: read of IPA 0x4301c123, VA 0x4301c123: stage-2 translation fault, level 3"
    status, text = explain(given=f"{line} (PC 0x42c1c010)\n")
    assert status == 0
    assert "the guard behind the slot of VM 7" in text
    status, text = explain("LAB=6", "SOLVED=6", "BUILD=build/test/gdb", given="[panic] x\n" + line.replace(
        "vm7", "vm0").replace("0x4301c123", "0x41400123") + " (PC 0x41000000)\n")
    assert status == 0, text


@pytest.mark.parametrize("words", [["ESR=zzz"], ["ESR=0x96000045", "FAR=x"], ["FILE=/nowhere"], []])
def test_what_cannot_be_explained_is_one_line(words: list[str]) -> None:
    status, text = explain(*words)
    assert status == 2
    assert text.startswith("explain: ") and len(text) < 160


def test_the_files_are_short() -> None:
    for path in Path(KIT / "common/gdb").glob("*.py"):
        assert len(path.read_text().splitlines()) <= 300, path.name
