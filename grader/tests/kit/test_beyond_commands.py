# SPDX-License-Identifier: MIT
"""The commands of LAB=beyond and LAB=linux agree with what EL2 counts, and say what they cannot."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from grader.commands import linux_costs, vm_costs
from grader.commands.vm_steps import Exit, by_chapter, owner
from grader.commands.components import Place
from grader.core.kit import KIT, GraderError
from grader.model.schedule import (
    CORE_SHIFT, END, ENTRY, IDLE, IRQ, NO_VCPU, RUN, WAKE, Entry, in_ring, ring_size, schedule,
)  # fmt: skip
from grader.model.vcpu import RUNNABLE
from grader.tests.support.build import BUILD, OWN
from grader.tests.support.making import make
from grader.vms.packages import BUSYBOX, KERNEL, Packages

SVG = "{http://www.w3.org/2000/svg}"
VMS = "VMS=counter_os memwalk_os"
DOWNLOADS = KIT / "build/linux"  # one for all workers
MHZ = 1_000_000


@pytest.fixture(scope="module", autouse=True)
def tools() -> None:
    if not shutil.which("dtc"):
        pytest.skip("dtc is missing: run ./setup.sh")


def said(*arguments: str) -> str:
    status, lines = make(*arguments, "LAB=beyond", OWN)
    assert status == 0, lines
    return "".join(f"{line}\n" for line in lines)


# --- timeline -----------------------------------------------------------------
SCHED = re.compile(r"^\[sched\] (vm\d\.\d) on core (\d): (\d+) turns, (\d+) us; "
                   r"ended by slice (\d+), by wait (\d+), else (\d+)$", re.M)
IDLE_LINE = re.compile(r"^\[sched\] core (\d) idle: (\d+) times, (\d+) us$", re.M)


def rows_of(text: str, first: str) -> list[list[str]]:
    """The rows of the table whose heading begins with a word."""
    block = text[re.search(rf"^{first} ", text, re.M).start() :].split("\n\n")[0]
    return [line.split() for line in block.splitlines()[1:]]


def test_a_timeline_agrees_with_what_el2_prints() -> None:
    text = said("timeline", VMS)
    traced = said("run", VMS, "TRACE=1", f"BEYOND={BUILD.relative_to(KIT)}/beyond-trace")
    vcpus = rows_of(text, "vCPU")
    for row, line in zip(vcpus, SCHED.findall(traced)):
        vm, core, turns, microseconds, *ends = line
        assert [row[0], row[2], row[3], *row[6:9]] == [vm, core, turns, *ends]
        assert abs(int(row[4]) - int(microseconds)) <= 1 + int(turns)
    assert len(vcpus) == 2
    for row, (core, times, microseconds) in zip(rows_of(text, "core"), IDLE_LINE.findall(traced)):
        assert (row[0], row[3]) == (core, times)
        # EL2 counts from the end of the turn: the end of a VM, which is wiped, lies between.
        assert int(row[2]) <= int(microseconds) + 1
    root = ElementTree.parse(BUILD / "beyond-trace/timeline.svg").getroot()
    drawn = [r for r in root.iter(f"{SVG}rect") if r.get("class", "").startswith("turn")]
    assert len(drawn) == sum(int(row[3]) for row in vcpus)


def test_entries_of_two_cores_are_two_schedules() -> None:
    found = [
        Entry(0, RUN, 0, 0, 0), Entry(2, RUN, 1, 1, 0, 1), Entry(5, IRQ, 1, 0, 0, 1),
        Entry(8, END, 0, RUNNABLE, 0), Entry(9, END, 1, RUNNABLE, 0, 1), Entry(10, IDLE, 9, 0, 0),
        Entry(12, IRQ, NO_VCPU, 26, 0), Entry(13, WAKE, 9, 0, 0),
    ]  # fmt: skip
    seen = schedule(found, 0, MHZ)
    assert [(t.core, t.start, t.end) for t in seen.turns] == [(0, 0, 8), (1, 1, 9)]
    assert [(i.core, i.start, i.end) for i in seen.idles] == [(0, 10, 13)]
    assert [(i.core, i.vcpu) for i in seen.interrupts] == [(0, NO_VCPU), (1, 1)]


def test_an_entry_has_its_core_above_its_event() -> None:
    raw = ENTRY.pack(1, 3 << CORE_SHIFT | RUN, 5, 6, 7) + bytes((ring_size() - 1) * ENTRY.size)
    assert in_ring(raw, 1) == ([Entry(1, RUN, 5, 6, 7, 3)], 0)


def unfolded(text: str) -> list[str]:
    """The lines of a trace, each as often as it came."""
    lines: list[str] = []
    for line in text.splitlines():
        if more := re.match(r" +(?:the same|these (\d+)) (\d+) more times$", line):
            lines += lines[-int(more[1] or 1):] * int(more[2])
        else:
            lines.append(line)
    return lines


# --- trace, map ---------------------------------------------------------------
def test_a_trace_has_each_exit_that_el2_counts() -> None:
    exits = re.findall(r"^\[exits\] vm\d\.\d:(.*)$", said("run", VMS), re.M)
    counted = sum(int(n) for line in exits for n in re.findall(r" (\d+)\b", line))
    text = said("trace", VMS, "COUNT=0", "UART=1")
    taken = re.findall(r"^ *\d+  core ([01])  EL[01] > EL2 ", text, re.M)
    # The IRQs of an idle core are none of a VM, and EL2 takes them without an exception.
    assert sum(" > EL2 " in line for line in unfolded(text)) == counted
    assert set(taken) == {"0", "1"}
    folded = said("trace", VMS, "COUNT=9")
    assert "data abort from a lower EL: the page of VA 0x9000000" in folded
    assert re.search(r"^trace: \d+ in all; TAIL=9 shows the end, COUNT=0 every one$", folded, re.M)


def test_a_map_shows_memory_that_no_two_vms_share() -> None:
    text = said("map", VMS)
    vms = text.split("\n\n")[2:4]
    assert [vm.splitlines()[0].split(",")[0] for vm in vms] == ["vm0 counter_os", "vm1 memwalk_os"]
    for vm, other in zip(vms, ("vm1", "vm0")):
        assert " PA 0x4" in vm and "also EL2" in vm and other not in vm
    picture = (BUILD / "beyond/map.svg").read_text()
    assert "PA 0x40" in picture and 'fill="#b00020" font-weight="bold">' not in picture


# --- gdb ----------------------------------------------------------------------
COMMANDS = [
    "hyp vm", "hyp vm 1", "hyp vm stranger", "hyp vcpus", "hyp vcpu 0", "hyp vgic", "hyp frames",
    "hyp frames 0x40400000", "hyp frames 0x9000000", "hyp map 0", "hyp walk &cores",
    "hyp walk-s2 0 0x41000000", "hyp walk-s2 0 0x9000000", "hyp walk-s2 0 0x50000000",
    "hyp at 0 0x41000000", "hyp guest-bt", "hyp exits", "hyp regs", "hyp mailboxes",
]  # fmt: skip


@pytest.fixture(scope="module")
def session() -> dict[str, str]:
    """What each command says when vm0 gets an interrupt of its timer."""
    script = "".join(f"echo @{command}@\\n\n{command}\n" for command in COMMANDS)
    argv = ["make", "gdb", "LAB=beyond", OWN, VMS, "AT=vgic_timer"]
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "PYTEST"))}
    done = subprocess.run(argv, cwd=KIT, env=env, input=f"{script}kill\nquit\n", text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    assert "Traceback" not in done.stdout and "Python Exception" not in done.stdout, done.stdout
    found = {}
    for part in done.stdout.split("(gdb) @")[1:]:
        command, _, answer = part.partition("@\n")
        found[command] = answer.replace("(gdb) ", "")
    assert list(found) == COMMANDS, done.stdout[-2000:]
    return found


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("hyp vm", "vm0 counter_os: VMID 1 of generation 1"),
        ("hyp vm", "IPA 0x41000000..0x413fffff, 4 MiB"),
        ("hyp vm", "a device that EL2 emulates"),
        ("hyp vm", "  vCPU 0: power on, runnable, core 0, loaded"),
        ("hyp vm 1", "there is no VM 1 now"),  # it has ended
        ("hyp vm stranger", "there is no VM stranger now"),
        ("hyp vcpus", "vCPU 0, vm0.0 counter_os: runnable, loaded, PC 0x"),
        ("hyp vcpus", "vCPU 1, vm1.0 memwalk_os: "),
        ("hyp vcpus", ", on core 1, power off"),
        ("hyp vcpu 0", "EL1's registers in the core"),
        ("hyp vgic", "vm0: its device tree has no GIC"),
        ("hyp vgic", "LR0, the timer: at its load "),
        ("hyp frames", " frames are free: "),
        ("hyp frames 0x40400000", "a frame that is owned\n  vm0 counter_os has it at IPA "),
        ("hyp frames 0x9000000", "0x9000000 is the UART"),
        ("hyp map 0", "in use now"),
        ("hyp walk &cores", ": EL2's bss"),
        ("hyp walk-s2 0 0x41000000", "that is a frame that is owned"),
        ("hyp walk-s2 0 0x9000000", "a device is here, which stays unmapped"),
        ("hyp walk-s2 0 0x50000000", "this is in no region of VM 0"),
        ("hyp at 0 0x41000000", "=> IPA 0x41000000 is PA 0x404"),
        ("hyp guest-bt", "#0  0x410"),
        ("hyp exits", "vm0.0 counter_os: "),
        ("hyp regs", "the registers of vm0.0 counter_os, which is loaded"),
        ("hyp mailboxes", "there is no command 'mailboxes'"),
    ],
)
def test_gdb_knows_the_structures_of_beyond(session: dict[str, str], command: str,
                                            words: str) -> None:
    assert words in session[command]


# --- bench --------------------------------------------------------------------
@pytest.fixture(scope="module")
def measured() -> vm_costs.Measured:
    status, output = make("beyond_build", OWN)
    assert status == 0, output
    status, output = make("conformance_build", "GUEST=costs/costs", OWN)
    assert status == 0, output
    return vm_costs.measure(BUILD / "beyond/hyp.elf", BUILD / "conformance/costs/costs.elf")


def test_loops_and_single_steps_agree(measured: vm_costs.Measured) -> None:
    """A round of a loop has an instruction or two that a single exit has not."""
    assert set(measured.steps) == {row.name for row in vm_costs.ROWS}
    for row in vm_costs.ROWS:
        if not row.steps and row.name not in ("sgi to oneself", vm_costs.SWITCH):
            assert 0 <= measured.one[row.name] - len(measured.steps[row.name].pcs) <= 4, row
    assert len(measured.steps["timer"].pcs) < len(measured.steps[vm_costs.SWITCH].pcs)


def test_an_exit_costs_as_much_on_four_cores(measured: vm_costs.Measured) -> None:
    verdicts = [row[4] for row in vm_costs.table(measured)[1:]]
    assert not [words for words in verdicts if "four cores" in words]


def test_each_instruction_belongs_to_a_chapter(measured: vm_costs.Measured) -> None:
    for name, it in measured.steps.items():
        assert sum(it.of_chapters().values()) == sum(it.of_functions().values()) == len(it.pcs)
        assert "other" not in it.of_chapters(), name


def test_no_cost_is_over_its_budget(measured: vm_costs.Measured) -> None:
    least = vm_costs.budget()
    assert list(vm_costs.exceeded(measured, least)) == []
    assert set(least) == {row.name for row in vm_costs.ROWS}


def made_up(one: int, four: int) -> vm_costs.Measured:
    names = [row.name for row in vm_costs.ROWS]
    steps = {name: Exit([0] * one, {0: ("cores", "run")}) for name in names}
    return vm_costs.Measured(dict.fromkeys(names, one), dict.fromkeys(names, four), steps)


def test_a_missed_aim_and_dear_cores_are_named() -> None:
    row = next(row for row in vm_costs.ROWS if row.name == "hvc")
    assert vm_costs.verdict(row, 110, 121) == ""
    assert vm_costs.verdict(row, 112, 124) == "aim missed by 2, too dear on four cores"
    (line,) = [line for line in vm_costs.exceeded(made_up(106, 106), {"hvc": 100})]
    assert line == ("HVC, PSCI_VERSION: 106 instructions, over 5% more than the 100 of "
                    "vm_budget.json")
    assert list(vm_costs.exceeded(made_up(105, 105), {"hvc": 100})) == []
    assert '"hvc": 90' in vm_costs.lowered(made_up(106, 106), {"hvc": 90})
    titles = {row.name: row.title for row in vm_costs.ROWS}
    assert by_chapter(made_up(3, 3).steps, titles)[1][1] == "3"


def test_an_inlined_helper_belongs_to_its_user() -> None:
    inlined = [Place("read_sysreg", "sysreg.h"), Place("lock_take", "lock.h"),
               Place("gicd_read", "gicd.c")]  # fmt: skip
    assert owner(inlined) == ("cores", "lock_take")
    assert owner([inlined[0]]) == ("other", "read_sysreg")


def packages() -> None:
    if not shutil.which("gcc"):
        pytest.skip("gcc is missing")
    try:
        Packages(DOWNLOADS, "").get([KERNEL, BUSYBOX])
    except GraderError as error:
        pytest.skip(f"Debian's packages cannot be had here: {error}")


def test_el2_adds_little_to_a_whole_linux() -> None:
    packages()
    (BUILD / "linux").unlink(missing_ok=True)
    (BUILD / "linux").symlink_to(DOWNLOADS)
    status, lines = make("bench", "LAB=linux", OWN)
    assert status == 0, lines
    rows = [re.split(r"  +", line) for line in lines[1 : 1 + len(linux_costs.BOOTS)]]
    for boot, row in zip(linux_costs.BOOTS, rows):
        bare, guest, set_up, running, wiping = (int(cell.replace(",", "")) for cell in row[1:6])
        assert row[0] == boot.title and abs(guest - bare) < 0.01 * bare
        assert running < boot.aim / 100 * bare and 0 < set_up < wiping
        more = f"{100 * ((guest + set_up + running) / bare - 1):.2f}%"
        assert row[6] == more
    assert any(line.startswith("quiet, 2 vCPUs on 2 cores: exits of vCPU 1: ") for line in lines)


@pytest.mark.parametrize("api", [1, 2])
def test_the_plugin_compiles_for_old_and_new_qemu(api: int, tmp_path: Path) -> None:
    if not shutil.which("gcc"):
        pytest.skip("gcc is missing")
    argv = ["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-DAPI={api}",
            str(linux_costs.PLUGIN), "-o", str(tmp_path / "count.so")]  # fmt: skip
    subprocess.run(argv, check=True)


def test_wiping_and_setting_up_are_apart() -> None:
    bare, vm = linux_costs.Count(1000, {}, {}, ""), linux_costs.Count(990, {}, {}, "")
    at_boot = Counter({linux_costs.WIPING: 500, ("systems", "give"): 15})
    later = Counter({linux_costs.WIPING: 300, ("cores", "run"): 12})
    pair = linux_costs.Pair(linux_costs.BOOTS[0], bare, vm, at_boot, later)
    assert (pair.wiping, pair.set_up, pair.running) == (800, 15, 12)
    assert (round(pair.more, 3), round(pair.more_while_running, 3)) == (1.7, 0.2)
    assert linux_costs.table([pair])[1][7] == "<= 0.2%, missed"


# --- what they cannot ---------------------------------------------------------
@pytest.mark.parametrize("arguments", [("hint", "LAB=beyond"), ("grade", "LAB=beyond"),
                                       ("run", "LAB=linux"), ("map", "LAB=linux")],
                         ids=" ".join)  # fmt: skip
def test_other_commands_are_refused(arguments: Sequence[str]) -> None:
    status, lines = make(*arguments, OWN)
    assert status != 0
    assert any(f"{arguments[1]}: there are " in line for line in lines), lines


def test_the_costs_in_the_text_are_those_of_the_budget() -> None:
    text = (KIT / "beyond/README.md").read_text()
    least = vm_costs.budget()
    for row in vm_costs.ROWS:
        assert f"| {row.title} | {least[row.name]} | {row.aim or ''} | {row.others} |" in text
