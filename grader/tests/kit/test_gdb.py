# SPDX-License-Identifier: MIT
"""The hyp commands of gdb and make explain: right answers, and one line where there are none."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from grader.core.kit import KIT
from grader.qemu.inspection import debugger
from grader.tests.support.build import OWN
from grader.tests.support.processes import wait_until_gone

COMMANDS = [
    "hyp", "hyp regs", "hyp regs el1", "hyp regs tcr_el2 MAIR_EL2", "hyp exits 1", "hyp esr",
    "hyp esr 0x96000045", "hyp walk 0x40000000",
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
    argv = ["make", "gdb", f"LAB={lab}", f"SOLVED={solved}", OWN, f"AT={at}"]
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
    more = ["hyp at 1 0x1000000000", "hyp walk-s2 0 0x41400000", "print vms[0]",
            "print *vcpu_ring()", "hyp walk 0x41000000 in vms[0].s2", "hyp walk &vms in el2_pt",
            "hyp walk 0 in vms[0]", "set var vcpus[0].x[5] = (unsigned long)vcpus", "hyp vcpu 0 "]
    return session(6, 6, [*COMMANDS, *more], at="vgic_timer")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("hyp regs", "VM=1 (stage 2 on)"),
        ("hyp regs", "T0SZ=25 (39 bits of input address)"),
        ("hyp regs el1", "SCTLR_EL1"),
        ("hyp regs tcr_el2 MAIR_EL2", "Attr0=0xff (Normal write-back)"),
        ("hyp exits 1", "vm1 memwalk_os: sysreg 1"),
        ("hyp esr 0x96000045", "data abort from the same EL: write, translation fault, level 1"),
        ("hyp walk 0x40000000", "page at 0x40000000, R-X, Normal write-back"),
        ("hyp walk &vms", ": EL2's bss"),
        ("hyp walk-s2 0 0x41000000", "block at 0x41000000, RWX"),
        ("hyp walk-s2 0 0x41400000", "the slot of VM 0 ends at 0x413fffff; this is the guard"),
        ("hyp walk-s2 77 0", "hyp walk-s2: there is no VM 77"),
        ("hyp at 1 0x1000000000", "guest VA 0x1000000000 is IPA 0x417f4000"),
        ("hyp map", "2 blocks: the slot of VM 0"),
        ("hyp map", "1 page: the mailbox of VM 1"),
        ("hyp vcpus", "vCPU 0, vm0 counter_os: runnable, loaded"),
        ("hyp vcpu 0", "x30 0x"),
        ("hyp vgic", "PPI 27 (CNTV, the guests' timer): enabled, pending, active"),
        ("hyp vgic", "LR0, the timer's: cannot be read here; at its load "),
        ("hyp vgic", "=> PPI 27 is active, and LR0 was free when vm0 counter_os was loaded"),
        ("hyp walk 0x41000000 in vms[0].s2", "=> address 0x41000000 is PA 0x41000000"),
        ("hyp walk 0x41000000 in vms[0].s2", "RWX"),
        ("hyp walk &vms in el2_pt", "RW-, Normal write-back"),
        ("hyp walk 0 in vms[0]", "'vms[0]' is not a struct pgtable"),
        ("hyp vcpu 0 ", "addresses of EL2: x5 (EL2's "),
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


@pytest.fixture(scope="module")
def apart() -> dict[str, str]:
    """Stage 6 at the end of VM 1, where EL2's own tables and structs get broken one by one."""
    steps = [
        "maintenance packet Qqemu.PhyMemMode:1",
        "hyp guest-bt 1", "hyp vcpus", "hyp symbols 1", "break console_putc", "hyp guest-bt 1 ",
        "hyp symbols none", "break console_putc ", "hyp at 0 0x41400000",
        "print *(struct mailbox *)0x40e02000", "print *vms[1].s2.regime", "print vms[1].s2",
        "set var el2_pt.root[0] = (uint64_t)el2_pt.root | 3", "hyp map", "hyp walk 0x200000",
        "set var el2_pt.root[1] = 0xa5a5a5a5a5a5a5a5", "hyp walk 0x40000000",
        "set var el2_pt.root[2] = 0x80000341", "hyp walk 0x80000123",
        "set var *(uint64_t *)0x40e00008 = 500", "hyp mailboxes",
        "set var vcpu_count = 1000", "hyp vcpus ", "set var vcpu_count = 2",
        "set var vcpus[0].vm = (struct vm *)0x123", "hyp exits", "hyp guest-bt 0",
        "set var *(unsigned *)&vcpus[0].state = 77", "print vcpus[0]",
        "set var vms[0].s2.regime = 0", "hyp walk-s2 0 0x41000000",
        "set var vms[0].s2.root = (uint64_t *)0x9000000", "hyp walk-s2 0 0",
    ]  # fmt: skip
    return session(6, 6, steps, at="trap_stop")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("hyp guest-bt 1", "vm1:os_off+0x"),
        ("hyp vcpus", "vCPU 0, vm0 counter_os: runnable, not loaded, PC 0x410"),
        ("hyp guest-bt 1 ", "start.S:"),  # with its symbols there are lines
        ("hyp at 0 0x41400000", "the slot of VM 0 ends at 0x413fffff; this is the guard behind it"),
        ("print *(struct mailbox *)0x40e02000", "mailbox: 9 values"),
        ("print vms[1].s2", "40 bits, VMID 2"),
        ("hyp map", "AF is 0: every access faults"),
        ("hyp map", "1 block, 512 pages: the slot of VM 1"),  # what makes sense is still there
        ("hyp walk 0x40000000", "which is not aligned to its size"),
        ("hyp walk 0x80000123", "is PA 0x80000123, but AF is 0: access flag fault, level 1"),
        ("hyp mailboxes", "not a mailbox: count is 500, but there is room for 127"),
        ("hyp mailboxes", "wrong words = 0x0"),
        ("hyp vcpus ", "vcpu_count is 1000, but there is room for 16"),
        ("hyp exits", "no VM (its vm is 0x123): wfx"),
        ("hyp guest-bt 0", "VM 0 has no vCPU yet"),
        ("print vcpus[0]", "77 (not a valid state)"),
        ("hyp walk-s2 0 0x41000000", "has no stage-2 table"),
        ("hyp walk-s2 0 0", "has no stage-2 table: s2.root is 0x9000000, s2.regime 0x0"),
    ],
)
def test_what_is_broken_is_told_and_the_rest_is_shown(
    apart: dict[str, str], command: str, words: str
) -> None:
    assert words in apart[command]


def test_symbols_of_a_guest_come_and_go(apart: dict[str, str]) -> None:
    assert "1-memwalk_os.elf" in apart["hyp symbols 1"]
    # Both have one, which is why make gdb does not load them by itself.
    assert "(2 locations)" in apart["break console_putc"]
    assert "locations" not in apart["break console_putc "]


def test_the_mode_of_gdb_is_as_it_was_behind_a_command() -> None:
    ask = "maintenance packet qqemu.PhyMemMode"
    said = session(3, 3, ["hyp map", ask, "maintenance packet Qqemu.PhyMemMode:1", "hyp map 0",
                          f"{ask} "],
                   at="checkpoint")
    assert 'received: "0"' in said[ask] and 'received: "1"' in said[f"{ask} "]


def test_a_guest_without_its_own_code_for_mailboxes_has_none() -> None:
    said = session(4, 4, ["hyp mailboxes"], at="checkpoint")
    assert "vm9 survivor: neither EL2 nor this guest has code for mailboxes yet" in said[
        "hyp mailboxes"]


def test_a_machine_that_is_gone_is_told_in_one_line() -> None:
    answer = session(1, 1, ["continue", "hyp regs", "echo"])["hyp regs"]
    assert answer.startswith("hyp regs: there is no machine (") and answer.count("\n") == 1


def test_symbols_of_a_vm_that_does_not_exist_yet_are_refused_with_the_remedy() -> None:
    answer = session(6, 6, ["hyp symbols 0"], at="gic_init")["hyp symbols 0"]
    assert answer.startswith("hyp symbols: no VM has been created yet: continue to guest_enter")


def test_the_entry_is_reached_although_the_machine_stands_there() -> None:
    said = session(1, 1, ["info symbol $pc"], at="lab01.1")
    assert said["info symbol $pc"].startswith("_start in section")


def test_a_place_that_is_not_reached_is_told_with_the_last_line() -> None:
    said = session(6, 6, ["hyp go trap_stop if vcpu->id == 77"], at="machine_load")
    answer = said["hyp go trap_stop if vcpu->id == 77"]
    assert "The stage has ended without reaching trap_stop" in answer
    assert "Its last line: [boot] every VM has stopped: power off" in answer


BROKEN = [
    "set var vms[0].s2.root = (uint64_t *)0xdead0000",
    "set var vms[1].s2.root = (uint64_t *)vms[1].s2.root[1]",
    "set var vms[1].name = (char *)8",
    "set var vcpu_ring()->context = (struct context *)0x123",
    "set var $VTTBR_EL2 = 0xffff000000000fff",
]

# Where it is stopped, and what is unfinished there.
STATES: dict[str, tuple[int, int, str, list[str]]] = {
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
    argv = [debugger(), "-nx", "-q", "-batch", "-x", str(KIT / "grader/gdb/hyp.py")]
    argv += [word for command in ("hyp map", "hyp regs", "hyp vcpus") for word in ("-ex", command)]
    done = subprocess.run(argv, capture_output=True, text=True)
    lines = (done.stdout + done.stderr).splitlines()
    assert len(lines) == 3 and all("make gdb" in line for line in lines), lines


def test_a_check_is_a_place() -> None:
    said = session(4, 4, ["print $pc"], at="lab04.4")
    assert "trap_handle" in said["print $pc"]


def explain(*words: str, given: str = "") -> tuple[int, str]:
    done = subprocess.run(
        ["make", "explain", *words], cwd=KIT, env=clean(), input=given, capture_output=True,
        text=True
    )
    text = done.stdout + "".join(
        line for line in done.stderr.splitlines(True) if not line.startswith("make")
    )
    return done.returncode, " ".join(text.split())


def test_a_syndrome_becomes_a_paragraph() -> None:
    status, text = explain("ESR=0x96000045", "FAR=0x1234")
    assert status == 0
    assert "EL2 tried a write, which caused a translation fault at level 1 of EL2's stage 1" in text
    assert "lab02-mmu/README.md" in text


PEEK = ("[trap] vm7 stopped: read of IPA 0x4301c123, VA 0x4301c123: stage-2 translation fault"
        " (PC 0x42c1c068)\n")


def test_a_report_becomes_a_paragraph() -> None:
    status, text = explain(given=PEEK)
    assert status == 0
    assert "the guard behind the slot of VM 7" in text and "lab06-guests/README.md#task-2" in text
    assert "hyp walk-s2" not in text  # nothing was booted


def test_with_a_lab_it_shows_the_walk_that_led_to_it() -> None:
    status, text = explain("LAB=4", "SOLVED=4", OWN, given="[panic] x\n" + PEEK)
    assert status == 0, text
    assert "IPA 0x4301c123: level-3 entry is 0: translation fault, level 3" in text
    assert "the slot of VM 7 ends at 0x4301bfff; this is the guard behind it" in text


def test_with_a_lab_it_names_function_file_and_line() -> None:
    # Of peek_guard's only load, which the report names.
    status, text = explain("LAB=4", "SOLVED=4", "BUILD=build/test/gdb", given=PEEK)
    assert status == 0, text
    assert re.search(r"0x42c1c068 is in \w+\+?\w*, [\w/.-]+:\d+\.", text), text


def test_a_self_test_that_ends_a_vm_is_healthy() -> None:
    test = "an SError stops the VM: yes, a class without a row too: yes"
    row = "[trap] vm0 stopped: reserved, EC 0x3f (PC 0x41000a00)\n"
    status, text = explain(given=f"{row}[test] {test}\n")
    assert status == 0 and f"on purpose, and it reports: {test}" in text
    assert "a row is missing" not in text
    status, text = explain(given=row)
    assert "self-test sets it on purpose" in text and "a row is missing" not in text
    status, text = explain(given=row.replace("reserved, EC 0x3f", "HVC, EC 0x16"))
    assert "a row is missing in the table `handlers`" in text


def test_a_guest_that_ends_after_an_exception_is_not_a_normal_end() -> None:
    trap = "[trap] vm0 stopped: PSCI SYSTEM_OFF (PC 0x410018a0)\n"
    last = "counter_os: exception in slot 4 at 0x41000200"
    status, text = explain(given=f"[vm0] {last}\n{trap}")
    assert status == 0 and "normal end" not in text and f"Its last line: {last}" in text
    assert "normal end of a VM" in explain(given=f"[vm0] done\n{trap}")[1]


def test_what_the_stage_does_not_do_is_told() -> None:
    status, text = explain("LAB=1", "SOLVED=1", OWN, "ESR=0x96000010", "FAR=0x1")
    assert status == 0
    assert "This did not happen when the stage was booted to its end." in text


@pytest.mark.parametrize("words", [["ESR=zzz"], ["ESR=0x96000045", "FAR=x"], ["FILE=/nowhere"], []])
def test_what_cannot_be_explained_is_one_line(words: list[str]) -> None:
    status, text = explain(*words)
    assert status == 2
    assert text.startswith("explain: ") and len(text) < 160


def test_the_files_are_short() -> None:
    for path in Path(KIT / "grader/gdb").glob("*.py"):
        assert len(path.read_text().splitlines()) <= 300, path.name


def child_of(parent: int, name: str) -> int:
    """The process of that name that a process, or one of its children, has started; 0 if none."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            before, _, rest = stat.read_text().rpartition(")")
        except OSError:
            continue
        if int(rest.split()[1]) == parent and rest.split()[0] != "Z":
            pid = int(stat.parent.name)
            if before.partition("(")[2].startswith(name):
                return pid
            if found := child_of(pid, name):
                return found
    return 0


@pytest.mark.skipif(not shutil.which("setpriv"), reason="util-linux is not here")
def test_a_gdb_that_is_killed_leaves_no_machine_behind() -> None:
    argv = ["make", "gdb", "LAB=1", "SOLVED=1", OWN]
    child = subprocess.Popen(
        argv, cwd=KIT, env=clean(), start_new_session=True, stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    machine = 0
    while not machine:
        time.sleep(0.02)
        machine = child_of(child.pid, "qemu")
    os.kill(child_of(child.pid, "gdb"), signal.SIGKILL)
    child.communicate()
    wait_until_gone(machine)
