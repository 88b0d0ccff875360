# SPDX-License-Identifier: MIT
"""Instruction logs: instructions named by their encoding, and rules of order checked."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from grader.grading.run import Options, Workshop
from grader.labs import tables
from grader.labs.check import Boot, Evidence
from grader.labs.execution_order import ORDERS, eret_is_fenced, executed_in_order
from grader.labs.lab06.execution_order import ORDERS_6
from grader.model.elf import EXECUTE, FILE_HEADER, PROGRAM_HEADER, PT_LOAD, READ
from grader.qemu.boot import Ending, Run
from grader.qemu.instruction_log import Order, Plan, events, name_of, qemu_options, ranges
from grader.tests.support.build import BUILD

# As the assembler encodes them, "op0=3, L=1" and all.
ENCODINGS = {
    0xD5033FDF: "isb", 0xD50330FF: "sb", 0xD69F03E0: "eret", 0xD503207F: "wfi",
    0xD5033A9F: "dsb ishst", 0xD5033F9F: "dsb sy", 0xD503379F: "dsb nsh", 0xD5033BBF: "dmb ish",
    0xD50C8323: "tlbi vae2is", 0xD50C8021: "tlbi ipas2e1is", 0xD508831F: "tlbi vmalle1is",
    0xD50C871F: "tlbi alle2", 0xD50C87DF: "tlbi vmalls12e1", 0xD508751F: "ic iallu",
    0xD5087621: "dc ivac", 0xD50B7E21: "dc civac", 0xD5087801: "at s1e1r", 0xD50C78A2: "at s12e1w",
    0xD5387401: "mrs par_el1", 0xD538CC01: "mrs icc_iar1_el1", 0xD51CC001: "msr vbar_el2",
    0xD51C2101: "msr vttbr_el2", 0xD51CE23F: "msr cnthp_ctl_el2", 0xD51BE321: "msr cntv_ctl_el0",
    0xD503201F: "", 0x8B010000: "", 0xD50342DF: "msr daifset", 0xD50342FF: "msr daifclr",
    0x00000000: "",
    0xD50B7421: "dc zva",
}  # fmt: skip


@pytest.mark.parametrize(("word", "name"), ENCODINGS.items(), ids=lambda x: f"{x}")
def test_instructions_are_told_by_their_encoding(word: int, name: str) -> None:
    assert name_of(word) == name


RULE = Order("tlbi.*", "dsb ish", r"say\(\)", "with no DSB")


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("", "tlbi x|dsb ish|say()"),
        ("", "tlbi x|tlbi y|isb|dsb ish|say()|say()"),
        (None, "say()|dsb ish|say()"),
        (None, "tlbi x"),
        ("say() follows tlbi y, with no DSB", "tlbi x|dsb ish|tlbi y|isb|say()"),
        ("say() follows tlbi x, with no DSB", "tlbi x|dsb nsh|say()|dsb ish"),
    ],
)
def test_a_rule_is_kept_broken_or_not_put_to_the_test(fault: str | None, seen: str) -> None:
    assert RULE.fault(seen.split("|")) == fault


def test_a_task_s_rules_that_nothing_was_put_to_say_so() -> None:
    check = executed_in_order("lab01.2.x", 1, "", "", "")
    assert check.test
    silent = Evidence(Run(b"", "", Ending.OFF), Path("/nowhere"))
    assert "none of these instructions was executed; the machine powered itself off" in check.test(
        silent)


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("", "begin|tlbi x|dsb ish|say()|end|tlbi x|say()"),
        (None, "tlbi x|say()|begin|dsb ish|end"),
        ("say() follows tlbi x, with no DSB", "tlbi x|begin|tlbi x|say()"),
    ],
)
def test_a_rule_may_hold_from_one_event_to_another(fault: str | None, seen: str) -> None:
    assert replace(RULE, begin="begin", end="end").fault(seen.split("|")) == fault


def test_a_rule_of_a_vm_is_kept_by_its_own_instructions_alone() -> None:
    """Neither by EL2's, nor by another VM's, nor by what its handlers do."""
    rule = replace(RULE, who="vm0")
    for other in ("dsb ish", "vm1 dsb ish", "vm0 exception|vm0 dsb ish|vm0 eret"):
        seen = f"vm0 tlbi x|{other}|vm0 say()"
        assert rule.fault(seen.split("|")) == "say() follows tlbi x, with no DSB"
    assert rule.fault(
        "vm0 tlbi x|say()|vm0 exception|vm0 eret|vm0 dsb ish|vm0 say()".split("|")) == ""


DUMP = """\
Trace 0: 0x7f [0000/0000000041000000/00/ff] f
 PC=0000000041000000 X00=0000000000000003 X01=0000000000005000
X02=0000000000005020
X29=0000000000000000 X30=0000000000000000  SP=0000000000000000
PSTATE=600003c9 -ZC- EL1h
Trace 0: 0x7f [0000/0000000041000004/00/ff] f
 PC=0000000041000004 X00=0000000000000003 X01=0000000000005000
X02=0000000000005020
PSTATE=600003c9 -ZC- EL1h
"""


def test_stores_and_cache_maintenance_are_told_by_the_memory_that_they_are_for() -> None:
    regions = {"count": range(0x5008, 0x5010), "entry": range(0x5020, 0x6000)}
    names = {0x41000000: ["vm2 store"], 0x41000004: ["f()", "dc civac"]}
    words = {0x41000000: 0xF9000420, 0x41000004: 0xD50B7E22}  # str x0, [x1, #8]; dc civac, x2
    assert list(events(DUMP, Plan(names, words, regions))) == ["vm2 store count", "f()",
                                                               "dc civac entry"]
    words[0x41000000] = 0xF900043F  # str xzr, [x1, #8]
    assert next(events(DUMP, Plan(names, words, regions))) == "vm2 store count 0"
    words[0x41000000] = 0xC89FFC40  # stlr x0, [x2]
    assert list(events(DUMP, Plan(names, words, regions)))[:2] == ["vm2 dmb release",
                                                                   "vm2 store entry"]


def test_accesses_to_the_redistributor_are_events() -> None:
    log = """\
gicv3_redist_write GICv3 redistributor 0x0 write: offset 0x10180 data 0xffffffff size 4 secure 0
Trace 0: 0x7f [0000/0000000041000000/00/ff] f
gicv3_redist_read GICv3 redistributor 0x0 read: offset 0x0 data 0x2 size 4 secure 0
gicv3_redist_badwrite GICv3 redistributor 0x0 write: offset 0x10420 data 0xa0 size 1 secure 0: error
"""
    plan = Plan({0x41000000: ["isb"]}, devices=True)
    assert list(events(log, plan)) == ["write gicr_icenabler0", "isb", "read gicr_ctlr",
                                       "bad gicr+0x10420"]


RULES = {**ORDERS, **ORDERS_6}


@pytest.mark.parametrize("lab", sorted({int(task[3:5]) for task in RULES}))
def test_every_rule_is_put_to_the_test_by_the_solutions(lab: int) -> None:
    """And each task that has rules has a check for them."""
    checks = [c for c in tables()[lab] if c.boot.logged and not c.boot.scripted and c.task in RULES]
    options = Options((lab,), lab, BUILD)
    found = Workshop(options).evidence({lab: {check.boot: False for check in checks}})[lab]
    for check in checks:
        evidence = found[check.boot]
        assert isinstance(evidence, Evidence)
        unused = [rule for rule in RULES[check.task] if rule.fault(evidence.executed) is None]
        # The solutions use the TLBI that reaches all cores.
        assert [rule for rule in unused if "(?<!is)" not in rule.first] == []
    assert {check.task for check in checks} == {task for task in RULES if int(task[3:5]) == lab}


def test_one_instruction_at_a_time_is_said_as_this_qemu_wants_it(tmp_path: Path) -> None:
    for version, options in (("7.2.9", ["-singlestep"]),
                             ("8.1.0", ["-accel", "tcg,one-insn-per-tb=on"])):
        stub = tmp_path / version
        stub.write_text(f"#!/bin/sh\necho QEMU emulator version {version}\n")
        stub.chmod(0o755)
        assert qemu_options(str(stub), Plan({0x40000000: ["x"]}))[:-4] == options


def test_neighbours_are_logged_as_one_range() -> None:
    near, far = 0x40000014, 0x40000040
    assert ranges([far, 0x40000000, near]) == [range(0x40000000, near + 4), range(far, far + 4)]
    assert ranges([]) == []


def fenced(tmp_path: Path, *words: int) -> str:
    """The verdict on an image whose code is these words."""
    code = struct.pack(f"<{len(words)}I", *words)
    header = FILE_HEADER.pack(b"\x7fELF\x02\x01\x01" + bytes(9), 2, 183, 1, 0x40000000, 64, 0, 0,
                              64, 56, 1, 64, 0, 0)
    program = PROGRAM_HEADER.pack(PT_LOAD, READ | EXECUTE, 120, 0x40000000, 0x40000000, len(code),
                                  len(code), 4)
    path = tmp_path / "image.elf"
    path.write_bytes(header + program + code)
    return eret_is_fenced(Evidence(Run(b"", "", Ending.OFF), path))


ERET, ISB, SB, DSB = 0xD69F03E0, 0xD5033FDF, 0xD50330FF, 0xD503379F


def test_a_fence_behind_eret_is_sb_or_dsb_and_isb(tmp_path: Path) -> None:
    assert fenced(tmp_path, ERET, DSB, ISB) == ""
    assert fenced(tmp_path, ERET, SB) == ""
    assert fenced(tmp_path, ISB, ERET, ISB) == "no barrier after the ERET at 0x40000004"
    assert fenced(tmp_path, ERET, DSB) == "no barrier after the ERET at 0x40000000"
    assert fenced(tmp_path, DSB, ISB) == "there is no ERET"


def test_boots_that_are_traced_say_so() -> None:
    assert str(Boot(logged=True)) == "with its instructions logged"
