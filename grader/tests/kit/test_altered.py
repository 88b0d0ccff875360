# SPDX-License-Identifier: MIT
"""The tables of labs 2 to 6 on transcripts that are right but for one thing.

Each case is a transcript of the solutions with a change, the checks that it must
cost, and words of the report. All other checks must still pass.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

import pytest

from grader.grading.evaluate import evaluate
from grader.grading.run import Options, Workshop
from grader.labs import tables
from grader.labs.check import Boot, Evidence, Outcome, Result
from grader.labs.lab06.checks import EDGES_OF_LOG, LONG, WITH_BOTH
from grader.tests.support.build import BUILD
from grader.tests.support.made_up import seen



@lru_cache(maxsize=None)
def evidence(lab: int, boot: Boot = Boot()) -> Evidence:
    found = Workshop(Options((lab,), lab, BUILD)).evidence({lab: {boot: False}})[lab][boot]
    assert isinstance(found, Evidence)
    return found


def altered(lab: int, old: str, new: str, boot: Boot = Boot()) -> list[Result]:
    """The checks of one boot, on its transcript with every match of `old` changed."""
    right = evidence(lab, boot)
    text, count = re.subn(old, new, right.run.text, flags=re.M)
    assert count, "the transcript has changed: mend this test"
    own = [check for check in tables()[lab] if check.boot == boot and not check.machine]
    known = {check.id for check in own}
    checks = [
        replace(check, boot=Boot(), needs=check.needs if check.needs in known else "")
        for check in own
    ]
    run = replace(seen(text).run, exceptions=right.run.exceptions)
    return evaluate(checks, {Boot(): replace(right, run=run)})


def failed(results: list[Result]) -> dict[str, str]:
    """What is said of the checks that failed: those not reached have nothing to say."""
    return {
        result.check.id.partition(".")[2]: result.seen
        for result in results
        if result.outcome is Outcome.FAILED
    }


PATTERN = r"^(\[vm9\] pattern: 42 .*), 0 differences"
SCHED = r"^(\[sched\] vm{} \w+: ){} turns, (\d+) us; ended by slice {}, by wait {}"


def found(what: str) -> str:
    """A pattern guest that found a difference, in place of one that found none."""
    return rf"[vm9] pattern: {what}\n\g<1>, 9 differences"


LAB_2 = [
    (r"(attributes of RW-: 0x)0040", r"\g<1>0000", "2.execute_never", "of RW-: 0x0000"),
    (r"(attributes of device R-X: 0x)0040", r"\g<1>0000", "2.execute_never", "device R-X"),
    (r"(attributes of R--: 0x\w+)7c0", r"\g<1>740", "2.read_only", "R--: 0x0040000000000740"),
    (r"(attributes of RW-: 0x\w+)740", r"\g<1>7c0", "2.read_only", "RW-: 0x00400000000007c0"),
    (r"(attributes of R-X: 0x\w+)7c0", r"\g<1>4c0", "2.shareable", "R-X: 0x00000000000004c0"),
    (r"(attributes of R-X: 0x\w+)7c0", r"\g<1>3c0", "2.access_flag", "R-X"),
    (r"(attributes of device RW-: 0x\w+)444", r"\g<1>440", "2.index", "device RW-"),
    (r"invalidated \d+ times", "invalidated 0 times", "3.split", "invalidated 0 times"),
    (r"^(\[plain\] 0x3000206000.* attributes 0x0000000000000)404", r"\g<1>400", "3.hole",
     "0x3000206000..0x3000400fff had attributes 0x404, now 0x400"),
    (r"^(\[plain\] 0x3000206000.* -> 0x0)40206", r"\g<1>40205", "3.hole",
     "0x3000206000..0x3000400fff is mapped to 0x40205000"),
    (r"^\[plain\] 0x3000206000.*\n", "", "3.hole", "only this is left: 0x30001ff000..0x3000204fff"),
    (r"^(\[plain\] 0x30001ff000.* -> 0x0)401ff000(.* block)", r"\g<1>401fe000\g<2>", "3.pa 3.hole",
     "0x0401fe000"),
    (r"^(\[el2\] 0x040000000.* attributes 0x)0000(0{9}7c0)", r"\g<1>0040\g<2>", "4.image",
     "0x40000000 (text) is R--, not R-X"),
    (r"^\[el2\] 0x008000000.*\n", "", "4.devices", "the GIC distributor is not mapped"),
    (r"read the guard after bss: .*", "read the guard after bss: done", "5.guards", "bss: done"),
]
LAB_3 = [
    ("SL0 for level 1: yes", "SL0 for level 1: no", "1.start", "SL0 for level 1: no"),
    (r"(attributes of RWX: 0x\w+)7fc", r"\g<1>7c0", "2.memory_type", "RWX: 0x00000000000007c0"),
    (r"(attributes of RWX: 0x\w+)7fc", r"\g<1>4fc", "2.memory_type", "RWX: 0x00000000000004fc"),
    (r"(attributes of device RW-: 0x\w+)4c4", r"\g<1>4fc", "2.memory_type", "device RW-"),
    (r"(attributes of RWX: 0x\w+)7fc", r"\g<1>3fc", "2.access_flag", "RWX"),
    (r"(attributes of R-X: 0x\w+)77c", r"\g<1>7fc", "2.access", "R-X: 0x00000000000007fc"),
    (r"(attributes of RW-: 0x\w+)7fc", r"\g<1>73c", "2.access", "RW-"),
    (r"(attributes of R--: 0x)0040", r"\g<1>0000", "2.execute", "R--"),
    (r"(attributes of R--: 0x)0040", r"\g<1>0020", "2.execute", "R--"),
    ("VMID 2", "VMID 1", "3.vmids", "VMID 1"),
    (r"0x041803fff ->", "0x041804fff ->", "3.map",
     "reaches into the guard behind the slot of VM 1"),
    (r"0x0413fffff ->", "0x0413fefff ->", "3.map", "but the slot of VM 0 ends at 0x413fffff"),
    (r"^\[stage2\] 0x041404000.*\n", "", "3.map", "blue does not map the slot of VM 1"),
    (r"-> 0x041000000", "-> 0x041200000", "3.map", "red maps 0x41000000..0x413fffff to 0x41200000"),
    (
        r"^(\[stage2\] 0x)040e00000(\.\.0x)040e00fff(.*)",
        r"\g<0>\n\g<1>040e02000\g<2>040e02fff\g<3>",
        "3.map",
        "red maps 0x40e02000..0x40e02fff: the mailbox of VM 1",
    ),
    (r"^(\[stage2\] .*)0x0040(0{9}7fc)", r"\g<1>0x0000\g<2>", "3.permissions",
     "attributes 0x7fc at 0x40e00000..0x40e00fff: not those of RW-"),
    (r", 2 blocks", ", 1024 pages", "4.blocks", "0 blocks and 1024 pages, not 2 and 0"),
    (r"VMs: \d+,", "VMs: 1,", "4.walk", "1 pages"),
    (r"shared by two: 0", "shared by two: 1", "4.disjoint", "shared by two: 1"),
    ("UART: fault in stage 2, status 0x05", "UART: fault in stage 2, status 0x04", "5.devices",
     "status 0x04"),
    ("reads it: stage-2 translation fault, level 3, HPFAR names it: yes", "reads it: done",
     "5.forgotten", "reads it: done"),
]
LAB_4 = [
    ("registers changed: none", "registers changed: x2 SP", "7.registers", "changed: x2 SP"),
    ("0 of 31 registers wrong, EL2 lost 0", "0 of 31 registers wrong, EL2 lost 1",
     "2.world_switch", "EL2 lost 1"),
    (r"IPA 0x40000000,", "IPA 0x40001000,", "7.ipa_image", "write of IPA 0x40001000; it was a"),
    (r"read of IPA (0x4301c)123", r"read of IPA \g<1>000", "7.ipa_guard", "IPA 0x4301c123"),
    (r"fetch from (IPA 0x43424000)", r"write of \g<1>", "7.ipa_other 7.every_vm", "it was a fetch"),
    (r"^(\[trap\] vm6 .*)", r"[vm6] peek: the access succeeded\n\g<1>", "7.wrote_el2", "succeeded"),
    (r"^\[trap\] vm7 .*", "[vm7] peek: the access succeeded", "7.ipa_guard 7.nothing_through"
     " 7.every_vm", "[vm7] peek: the access succeeded"),
    (r"^(\[vm9\] .*)", r"[vm3] smc: SYSTEM_OFF returned\n\g<1>", "7.off_for_good", "returned"),
    (r"^\[trap\] vm9 .*\n", "", "7.every_vm", "vm9, survivor, did not stop"),
    (r"PC 0x4342", "PC 0x4142", "7.every_vm", "not in its slot"),
    ("moved by 0 bytes", "moved by 96 bytes", "7.stack", "moved by 96 bytes"),
    (r"^\[vm4\] .* SVE.*\n", "", "7.fp", "a vector"),
    ("cntp_ctl_el0: UNDEFINED", "cntp_ctl_el0: done", "7.timer_and_pmu", "cntp_ctl_el0: done"),
    ("ldrsw 0xffffffff89abcdef", "ldrsw 0x89abcdef", "7.signs", "ldrsw 0x89abcdef"),
]
LAB_5 = [
    ("EL1: 0 registers wrong, the first: none", "EL1: 1 registers wrong, the first: tpidr_el1",
     "1.registers", "the first: tpidr_el1"),
    ("after deactivation: 26 again", "after deactivation: 1023 again", "4.deactivated", "1023"),
    (PATTERN, found("tpidr_el0 is 0x1, was 0x2"), "8.el1", "vm9: tpidr_el0 is 0x1, was 0x2"),
    (PATTERN, found("S3_0_C12_C1_1 is 0x1, was 0x2"), "8.el1", "S3_0_C12_C1_1"),
    (PATTERN, found("FP state is 0x1, was 0x0"), "8.fp", "FP state"),
    (PATTERN, found("APGAKEYHI_EL1 is 0x1, was 0x0"), "8.keys", "APGAKEYHI_EL1"),
    (PATTERN, found("icc_ap1r0_el1 is 0x1, was 0x0"), "8.vgic", "icc_ap1r0_el1"),
    (PATTERN, found("a pending interrupt is 0x3ff, was 0x4"), "8.vgic", "a pending interrupt"),
    (PATTERN, found("cntv_cval_el0 is 0x1, was 0x0"), "8.timer", "cntv_cval_el0"),
    (r"^\[vm10\] pattern.*\n", "", "8.el1",
     "vm10, pattern, did not run to its end"),
    (r"^\[trap\] vm2 .*\n", "", "8.everybody", "vm2, sums, did not end"),
    (r"^\[trap\] vm2 stopped: .* \(", "[trap] vm2 stopped: read of IPA 0x0 (", "8.everybody",
     "vm2, sums, was stopped: read of IPA 0x0"),
    (SCHED.format(1, r"\d+", r"\d+", 0), r"\g<1>99 turns, \g<2> us; ended by slice 98, by wait 0",
     "6.fair", "turns, vm1 99"),
    (SCHED.format(0, r"(\d+)", r"\d+", 0),
     r"\g<1>\g<2> turns, \g<3> us; ended by slice 1, by wait 0",
     "6.slices", "ended by slice 1"),
    (SCHED.format("[01]", r"(\d+)", r"(\d+)", 0),
     r"\g<1>\g<2> turns, 900 us; ended by slice \g<4>, by wait 0", "6.length", "turns in 900 us"),
    (SCHED.format(7, r"(\d+)", r"(\d+)", 20),
     r"\g<1>\g<2> turns, \g<3> us; ended by slice \g<4>, by wait 0", "8.waits",
     "20 sleeps, 0 turns ended by wait"),
    (SCHED.format(8, r"\d+", r"(\d+)", 20),
     r"\g<1>2000 turns, \g<2> us; ended by slice \g<3>, by wait 20", "8.waits", "but 2000 turns"),
    (r"idle: 20 times, \d+ us", "idle: 20 times, 190 us", "8.idle", "idle for 190 us of 26000"),
    (r"idle: 20 times", "idle: 4711 times", "8.idle", "idle 4711 times for 20 sleeps"),
    (r"0 early, late", "1 early, late", "8.sleeper 8.sleeper_alone", "1 early"),
    (r"^(\[vm5\] .*), 0 not taken", r"\g<1>, 2 not taken", "7.sgis_1", "2 not taken once each"),
    (r"^\[vm3\] signer.*", r"\g<0>\n\g<0>", "6.signer", "2 times"),
    (r"^\[vm13\] ticks: 46", "[vm13] ticks: 45", "8.ticks_0", "45 of 46"),
]
LAB_6 = [
    (r"^\[vm1\] memwalk_os: round 3,.*\n", "", "4.rounds 5.memwalk_mailbox", "rounds: 1, 2, 4"),
    (r"(round 3, \d+ words, heap) ok", r"\g<1> WRONG", "4.rounds 5.memwalk_mailbox", "heap WRONG"),
    (r"3 faults met", "4 faults met", "4.rounds", "8192 words, 4 faults"),
    (r"(round 5, .* keys) ok", r"\g<1> WRONG", "5.counter_mailbox", "keys WRONG"),
    (r"^\[vm0\] counter_os: done\n", "", "4.off", "vm0 ended before it was done"),
    (r"^\[trap\] vm0 .*", "[trap] vm0 stopped: read of IPA 0x0 (PC 0x0)", "1.off 4.off",
     "read of IPA"),
    (r"work 24576", "work 1", "4.reports", "report 3: work 1"),
    (r"^\[report\] vm1 task 2 memwalk: sequence 8.*\n", "", "4.reports 5.exits",
     "7 reports, not 8"),
    (r"^\[vm0\] counter_os: up", r"[vm0] [report] vm0 task 1 x\n\g<0>",
     "4.whole", "[report] vm0 task 1 x"),
    (r"^\[trap\] vm1 stopped: PSCI SYSTEM_OFF", "[trap] vm1 stopped: PSCI CPU_OFF", "1.off 4.off",
     "PSCI CPU_OFF"),
    (r"^\[vm0\] counter_os: done\n", r"\g<0>[vm0] counter_os: exception in slot 4 at 0x1\n",
     "1.off 4.off", "after its last line"),
    (r"^\[vm1\] memwalk_os: done", r"[vm1] memwalk_os: EC 0x25 in slot 4 at 0x0, FAR 0x0\n\g<0>",
     "4.expected", "EC 0x25 in slot 4"),
    (r"^(\[exits\] vm1 .*)", r"\g<1> smc 0", "5.exits", "smc 0"),
    (r"^\[mailbox\] vm0 counter_os: el = 0x1", r"\g<0>\n\g<0>", "5.one_entry", "counter_os: el"),
    (r"counter_os: el = 0x1", "counter_os: el = 0x2", "5.counter_identity", "el = 0x2, not 0x1"),
    (r"(memwalk_os: sp) = .*", r"\g<1> = 0x40000000", "5.memwalk_identity", "sp = 0x40000000"),
    (r"(memwalk_os: heap va) = .*", r"\g<1> = 0x1", "5.memwalk_identity", "heap va = 0x1"),
    (r"counter_os: ticks = .*", "counter_os: ticks = 0xff", "5.counter_mailbox", "ticks = 0xff"),
    (r"counter_os: work = .*", "counter_os: work = 0x1", "5.counter_mailbox", "work = 0x1, not 0x"),
    (r"stray interrupts = 0x0", "stray interrupts = 0x1", "5.counter_mailbox",
     "stray interrupts = 0x1"),
    (r"last far = .*", "last far = 0x0", "5.memwalk_mailbox", "last far = 0x0, not 0x2000000000"),
    (r"^\[mailbox\] vm1 memwalk_os: faults.*\n", "", "5.memwalk_mailbox", "has no 'faults'"),
    (r"^(\[exits\] vm1 .*hvc) \d+", r"\g<1> 34", "5.exits", "8 reports, hvc 34"),
    (r"^(\[exits\] vm0 .*data abort) \d+", r"\g<1> 7", "5.exits", "data abort 7"),
    (r"^(\[exits\] vm1 .*irq) \d+", r"\g<1> 1", "5.exits", "irq 1,"),
    (r"^\[exits\] vm1 .*\n", "", "5.exits", "no [exits] line of vm1"),
    (r"^\[exits\] .*\n", "", "5.exits 6.order", ""),
    (r"^(\[sched\] vm0 .*)by wait \d+, else 1", r"\g<1>by wait 0, else 9", "5.sleeps", "0 turns"),
    (r"^\[sched\] vm1 .*\n", "", "5.schedule", "vm [0]"),
    (r"^(\[sched\] vm1 \S+ )\d+", r"\g<1>7", "5.schedule", "do not add up"),
    (r"\Z", "[sched] more\n", "6.order", "[boot] [sched]"),
    (r"\[boot\] every.*\n", "", "6.last", ""),
    (r"^(\[end\] vm1 .*), \d+ table", r"\g<1>, 0 table", "6.freed", "0 table pages"),
    (r"^(\[end\] vm1 .*), \d+ table", r"\g<1>, 241 table", "6.freed", "241 table pages"),
    (r"^\[end\] vm0 .*\n", "", "6.freed", "vm0, counter_os, is not destroyed"),
]


@pytest.mark.parametrize("lab", [2, 3, 4, 5, 6])
def test_the_transcript_of_the_solutions_passes_unaltered(lab: int) -> None:
    assert failed(altered(lab, r"\Z", "")) == {}


@pytest.mark.parametrize(
    ("lab", "old", "new", "ids", "words"),
    [(lab, *case)
     for lab, cases in enumerate((LAB_2, LAB_3, LAB_4, LAB_5, LAB_6), 2) for case in cases],
)
def test_one_thing_wrong_costs_the_checks_it_concerns(
    lab: int, old: str, new: str, ids: str, words: str
) -> None:
    reported = failed(altered(lab, old, new))
    assert set(reported) == set(ids.split())
    assert any(words in text for text in reported.values()), reported


WITH_HOSTILE = [
    (r"^(\[trap\] vm2 .* IPA) 0x\w+", r"\g<1> 0x1", "6.stopped_both", "it wrote IPA 0x41000000"),
    (r"^\[vm2\] hostile: still here.*\n", "", "6.stopped_both", "vm2 ended too early"),
    (r"^\[trap\] vm2 .*", r"[vm2] hostile: wrote the other VM's memory\n\g<0>",
     "6.stopped_both", "wrote the other VM's memory"),
    (r"^(\[mailbox\] vm2 hostile): no mailbox", r"\g<1>: x = 0x1", "5.refused_both", "x = 0x1"),
    (r"^\[vm2\] hostile: \[vm0\] forged", "[boot] forged", "5.refused_both", "[boot] forged"),
    (r"(forged line)(\[boot\])", "\\g<1>\r\\g<2>", "5.refused_both", "[boot] forged"),
    (r"^\[vm0\] counter_os: round 8.*\n", "", "6.unharmed_both", "vm0's rounds"),
    (r"bad_mailbox: \(bad key\)", "bad_mailbox: yyyyyy", "5.bad_keys", "yyyyyy"),
    (r"^\[mailbox\] vm3 bad_mailbox: good .*\n", "", "5.bad_keys", "(bad key)"),
    (r"^\[end\] vm3 .*\n", "", "6.every_vm", "vm3, bad_mailbox, is not destroyed"),
    (r"(memwalk_os: wrong words) = 0x0", r"\g<1> = 0x1", "6.unharmed_both", "wrong words = 0x1"),
]


@pytest.mark.parametrize(("old", "new", "name", "words"), WITH_HOSTILE)
def test_what_a_hostile_guest_changed_is_told(old: str, new: str, name: str, words: str) -> None:
    reported = failed(altered(6, old, new, WITH_BOTH))
    assert set(reported) == {name}
    assert words in reported[name]


LEDGER = [
    (r"(24 characters: -1 0 0 0) -1, count 3", r"\g<1> 0, count 4", "2.keys",
     "-1 0 0 0 0, count 4"),
    (r"(a key again: 0, value) 6", r"\g<1> 2", "2.keys", "value 2"),
    (r"(one more:) -1", r"\g<1> 0", "2.full", "one more: 0"),
    (r"^\[vm0\] ledger: one more.*\n", "", "2.full", "its last line"),
    (r"number is there", "number is missing", "2.keys", "is missing"),
    (r"task 3 fifteen_letters", "task 3 fifteen_letter", "2.record", "'fifteen_letter'"),
    (r"(a bad one:) -3", r"\g<1> 0", "2.record", "a bad one: 0"),
    (r"^\[mailbox\] vm0 ledger: 126.*\n", "", "5.full", "126 of 127 entries"),
    (r"ledger: k{23}", "ledger: (bad key)", "5.full", "23 characters"),
]


@pytest.mark.parametrize(("old", "new", "name", "words"), LEDGER)
def test_what_log_c_does_at_its_edges_is_told(old: str, new: str, name: str, words: str) -> None:
    reported = failed(altered(6, old, new, EDGES_OF_LOG))
    assert set(reported) == {name}
    assert words in reported[name]


COUNTER_EDGES = [
    (r"round 2, \d+ ticks", "round 2, 3 ticks", "3.rounds", "round 2: 3 ticks after"),
    (r"(round 5, .* keys) ok", r"\g<1> WRONG", "3.rounds", "keys WRONG"),
    (r"^\[trap\] vm0 .*", "[trap] vm0 stopped: read of IPA 0x0 (PC 0x0)", "3.inside",
     "that is a device"),
    (r"^\[vm0\] counter_os: done", r"[vm0] counter_os: exception in slot 4 at 0x1\n\g<0>",
     "3.expected", "exception in slot 4"),
    (r"counter: sequence 4,", "counter: sequence 5,", "3.reports", "report 4: sequence 5"),
    (r"(counter: sequence 8, work \d+), at \d+", r"\g<1>, at 1", "3.reports", "at 1 ns"),
    (r"(sequence 8, work) \d+", r"\g<1> 1", "3.reports", "report 8: work 1"),
    (r"(at \d+)\d ns", r"\g<1> ns", "3.time", "100 ticks of 1 ms in"),
    (r"(sequence (?:3[5-9]|4\d|50), work \d+, at \d+)(\d{6} ns)", r"\g<1>0\g<2>", "3.time",
     "later at the end"),
    (r"^\[report\] .*\n", "", "3.reports", "no report of vm0"),
]


@pytest.mark.parametrize(("old", "new", "ids", "words"), COUNTER_EDGES)
def test_what_counter_os_does_wrong_alone_is_told(old: str, new: str, ids: str, words: str) -> None:
    reported = failed(altered(6, old, new, LONG))
    assert set(reported) == set(ids.split())
    assert any(words in text for text in reported.values()), reported


def test_guests_that_do_not_take_turns_are_told_apart_from_those_that_do() -> None:
    text = evidence(6).run.text
    rounds = sorted(re.findall(r"^\[vm\d\] \w+: round .*\n", text, re.M))
    rest = re.sub(r"^\[vm\d\] \w+: round .*\n", "", text, flags=re.M)
    one_by_one = rest.replace("[vm0] counter_os: up", "".join(rounds) + "[vm0] counter_os: up")
    checks = [check for check in tables()[6] if check.boot == Boot() and not check.machine]
    found = {Boot(): seen(one_by_one, image=evidence(6).image)}
    assert "4.interleaved" in failed(evaluate(checks, found))


def test_boots_that_differ_are_shown_where_they_do() -> None:
    right = evidence(6)
    (check,) = [check for check in tables()[6] if check.id == "lab06.6.again"]
    assert check.test and check.boot.times == 4
    other = seen(right.run.text.replace("round 3", "round 33")).run
    assert check.test(replace(right, again=(right.run, right.run))) == ""
    assert "round 33" in check.test(replace(right, again=(right.run, other)))
