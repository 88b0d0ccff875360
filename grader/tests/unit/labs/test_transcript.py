# SPDX-License-Identifier: MIT
"""Facts out of transcripts: also out of those that are not as they should be."""

from __future__ import annotations

import pytest

from grader.labs.transcript import (
    Report, Stop, Turns, exits, idle, lines_of, mailbox, reports, schedule, stops, vms,
)  # fmt: skip

TEXT = """\
[boot] hello
[vm] 0: hog, VMID 1, slot 0x41000000, 8383 bytes
[vm] 1: hog, VMID 2, slot 0x41404000, 8383 bytes
[vm] 10: sleeper, VMID 11, slot 0x42000000, 1 bytes
[vm1] hog: one
[vm10] sleeper: two
[vm1] hog: [trap] vm0 stopped: by a forger (PC 0x0)
[report] vm1 task 2 hog: sequence 3, work 4, at 5 ns
[trap] vm1 stopped: write of IPA 0x4301c123, VA 0x123: stage-2 translation fault (PC 0x42c1c068)
[mailbox] vm1 hog: heap va = 0x10
[mailbox] vm10 sleeper: no mailbox
[exits] vm1 hog: wfx 8 data abort 809 instruction abort 1
[sched] vm1 hog: 147 turns, 14810 us; ended by slice 146, by wait 0, else 1
[sched] idle: 2 times, 1890 us
"""


def test_vms_are_found_by_name() -> None:
    assert vms(TEXT) == {"hog": [0, 1], "sleeper": [10]}


def test_lines_belong_to_one_vm() -> None:
    assert lines_of(TEXT, 1) == ["hog: one", "hog: [trap] vm0 stopped: by a forger (PC 0x0)"]
    assert lines_of(TEXT, 10) == ["sleeper: two"]


def test_a_stop_is_what_el2_says_and_not_a_guest() -> None:
    (stop,) = stops(TEXT).values()
    assert (stop.vm, stop.pc, stop.access) == (1, 0x42C1C068, ("write", 0x4301C123))


@pytest.mark.parametrize(
    ("why", "access"),
    [
        ("PSCI SYSTEM_OFF", None),
        ("read of IPA 0x10", ("read", 16)),
        ("read by a table walk of IPA 0x10, VA 0x20: stage-2 x", ("read", 16)),
        ("write of IPA 0x9000000, a device, without a valid syndrome", ("write", 0x900_0000)),
        ("instruction fetch from IPA 0x10: stage-2 x", ("fetch", 0x10)),
    ],
)
def test_the_access_that_stopped_a_vm(why: str, access: tuple[str, int] | None) -> None:
    assert Stop(0, why, 0).access == access


def test_reports_mailboxes_exits_and_turns() -> None:
    assert reports(TEXT, 1) == [Report(1, 2, "hog", 3, 4, 5)] and reports(TEXT, 0) == []
    assert mailbox(TEXT, 1) == {"heap va": 16} and mailbox(TEXT, 10) == {}
    assert exits(TEXT, 1) == {"wfx": 8, "data abort": 809, "instruction abort": 1}
    assert schedule(TEXT) == {1: Turns(1, "hog", 147, 14810, 146, 0, 1)}
    assert idle(TEXT) == (2, 1890)


def test_silence_has_no_facts() -> None:
    assert (vms(""), stops(""), schedule(""), idle("")) == ({}, {}, {}, None)
    assert (reports("", 0), mailbox("", 0), exits("", 0)) == ([], {}, {})
