# SPDX-License-Identifier: MIT
"""Traces: instructions told by their encoding, and rules of order held against them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from grader.build import build_stage
from grader.check import Boot, Evidence
from grader.elf import EXECUTE, FILE_HEADER, PROGRAM_HEADER, PT_LOAD, READ
from grader.kit import KIT
from grader.labs import tables
from grader.labs.order import ORDERS, TRACED, eret_is_fenced, in_order, orders_of
from grader.machine import Ending, Run, boot, qemu
from grader.process import Limits, Nursery
from grader.trace import LOG_BYTES, Order, events, name_of, places, qemu_options, ranges

# As the assembler encodes them, "op0=3, L=1" and all.
ENCODINGS = {
    0xD5033FDF: "isb", 0xD50330FF: "sb", 0xD69F03E0: "eret", 0xD503207F: "wfi",
    0xD5033A9F: "dsb ishst", 0xD5033F9F: "dsb sy", 0xD503379F: "dsb nsh", 0xD5033BBF: "dmb ish",
    0xD50C8323: "tlbi vae2is", 0xD50C8021: "tlbi ipas2e1is", 0xD508831F: "tlbi vmalle1is",
    0xD50C871F: "tlbi alle2", 0xD50C87DF: "tlbi vmalls12e1", 0xD508751F: "ic iallu",
    0xD5087621: "dc ivac", 0xD50B7E21: "dc civac", 0xD5087801: "at s1e1r", 0xD50C78A2: "at s12e1w",
    0xD5387401: "mrs par_el1", 0xD538CC01: "mrs icc_iar1_el1", 0xD51CC001: "msr vbar_el2",
    0xD51C2101: "msr vttbr_el2", 0xD51CE23F: "msr cnthp_ctl_el2", 0xD51BE321: "msr cntv_ctl_el0",
    0xD503201F: "", 0x8B010000: "", 0xD5034FDF: "", 0x00000000: "",
}  # fmt: skip


@pytest.mark.parametrize(("word", "name"), ENCODINGS.items(), ids=lambda x: f"{x}")
def test_instructions_are_told_by_their_encoding(word: int, name: str) -> None:
    assert name_of(word) == name


RULE = Order("tlbi.*", "dsb ish", r"say\(\)", "with no DSB")


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ("", "tlbi x|dsb ish|say()"),
        ("", "tlbi x|tlbi y|isb|dsb ish|say()|say()"),
        (None, "say()|dsb ish|say()"),
        (None, "tlbi x"),
        ("say() follows tlbi y, with no DSB", "tlbi x|dsb ish|tlbi y|isb|say()"),
        ("say() follows tlbi x, with no DSB", "tlbi x|dsb nsh|say()|dsb ish"),
    ],
)
def test_a_rule_is_kept_broken_or_not_put_to_the_test(told: str | None, seen: str) -> None:
    assert RULE.fault(seen.split("|")) == told


def test_a_task_s_rules_that_nothing_was_put_to_say_so() -> None:
    check = in_order("lab01.2.x", 1, "", "", "")
    assert check.test
    silent = Evidence(Run(b"", "", Ending.OFF), Path("/nowhere"))
    assert "nothing of it was executed; the machine powered itself off" in check.test(silent)


@pytest.mark.parametrize("lab", sorted({int(task[3:5]) for task in ORDERS}))
def test_every_rule_is_put_to_the_test_by_the_solutions(lab: int) -> None:
    """And each task that has rules has a check for them."""
    image = build_stage(lab, lab, KIT / "build/test/order", ["WERROR=1"], Nursery()).image
    found = places(image, orders_of(lab))
    limits = Limits(output_bytes=LOG_BYTES)
    run = boot(image, qemu_options(qemu(), found), limits=limits)
    seen = list(events(run.stderr, found))
    unused = [rule for rule in orders_of(lab) if rule.fault(seen) is None]
    # The solutions use the TLBI that reaches all cores.
    assert [rule for rule in unused if "(?<!is)" not in rule.first] == []
    tasks = {check.task for check in tables()[lab] if check.boot.traced}
    assert tasks == {task for task in ORDERS if int(task[3:5]) == lab}


def test_one_instruction_at_a_time_is_said_as_this_qemu_wants_it(tmp_path: Path) -> None:
    for version, options in (("7.2.9", ["-singlestep"]), ("8.1.0", ["-accel", "tcg,one-insn-per-tb=on"])):
        stub = tmp_path / version
        stub.write_text(f"#!/bin/sh\necho QEMU emulator version {version}\n")
        stub.chmod(0o755)
        assert qemu_options(str(stub), [0x40000000])[:-4] == options


def test_neighbours_are_logged_as_one_range() -> None:
    near, far = 0x40000014, 0x40000040
    assert ranges([far, 0x40000000, near]) == [range(0x40000000, near + 4), range(far, far + 4)]
    assert ranges([]) == []


def fenced(tmp_path: Path, *words: int) -> str:
    """The verdict on an image whose code is these words."""
    code = struct.pack(f"<{len(words)}I", *words)
    header = FILE_HEADER.pack(b"\x7fELF\x02\x01\x01" + bytes(9), 2, 183, 1, 0x40000000, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    program = PROGRAM_HEADER.pack(PT_LOAD, READ | EXECUTE, 120, 0x40000000, 0x40000000, len(code), len(code), 4)
    path = tmp_path / "image.elf"
    path.write_bytes(header + program + code)
    return eret_is_fenced(Evidence(Run(b"", "", Ending.OFF), path))


ERET, ISB, SB, DSB = 0xD69F03E0, 0xD5033FDF, 0xD50330FF, 0xD503379F


def test_a_fence_behind_eret_is_sb_or_dsb_and_isb(tmp_path: Path) -> None:
    assert fenced(tmp_path, ERET, DSB, ISB) == ""
    assert fenced(tmp_path, ERET, SB) == ""
    assert fenced(tmp_path, ISB, ERET, ISB) == "no barrier behind the ERET at 0x40000004"
    assert fenced(tmp_path, ERET, DSB) == "no barrier behind the ERET at 0x40000000"
    assert fenced(tmp_path, DSB, ISB) == "there is no ERET"


def test_boots_that_are_traced_say_so() -> None:
    assert str(Boot(traced=True)) == "with its instructions logged"
