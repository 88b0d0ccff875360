# SPDX-License-Identifier: MIT
"""Decoders of registers and tables, tested against the manual and each other."""

from __future__ import annotations

import random
import re

import pytest

from grader.commands.explain import happened
from grader.commands.explain_prose import paragraph
from grader.core.kit import KIT
from grader.model import control_registers, descriptor, page_tables, syndrome, sysreg_names
from grader.model.address_names import Places
from grader.model.descriptor import Kind
from grader.model.exception_report import Report, parse
from grader.model.layout import Layout, numbers
from grader.model.snapshot import Memory
from grader.model.syndrome import Syndrome
from grader.qemu.exception_log import Taken
from grader.model.table_walk import TABLES_AT_MOST, Map, Regime, steps
from grader.tests.support.documents import anchors

PLACES = Places(Layout(slot_pages=1024, guard_pages=4),
                {"text_start": 0x40000000, "text_end": 0x40007000})
ROOT = 0x40020000


def c_table(path: str, prefix: str) -> dict[int, str]:
    """A table of names in a C source: [EC_WFX] = "wfx"."""
    codes = numbers(KIT / "common/include/esr.h")
    rows = re.findall(rf'\[({prefix}\w+)\]\s*= "([^"]*)"', (KIT / path).read_text())
    return {codes[name]: text for name, text in rows}


def test_classes_are_called_as_the_kit_calls_them() -> None:
    assert syndrome.CLASSES == c_table("lab01-boot/syndrome.c", "EC_")
    short = {code: name for code, name in syndrome.SHORT.items() if code < 64}
    codes = c_table("lab06-guests/exit_names.c", "EC_")
    assert short == {code: name for code, name in codes.items() if code != 64}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0x96000010, "data abort from the same EL: read, external abort"),
        (0x93C08047, "data abort from a lower EL: write, translation fault, level 3"),
        (0x8200000F,
         "instruction abort from a lower EL: instruction fetch, permission fault, level 3"),
        (0x5A000060, "HVC64: #0x60"),
        (0x62300001 | 0x3 << 17 | 0x0 << 14, "system register access trapped: MRS S3_0_C0_C0_3"),
        (0x623A3016, "system register access trapped: MSR ICC_SGI1R_EL1"),
        (0xFE000000, "reserved"),
        (0, "unknown reason"),
    ],
)
def test_a_syndrome_in_one_line(value: int, words: str) -> None:
    assert Syndrome(value).summary == words


def test_fields_of_an_emulated_store() -> None:
    text = "\n".join(Syndrome(0x93C08047).lines())
    for line in ("EC     0x24", "SAS       3      8 bytes", "SRT       0      x0 or w0",
                 "SF        1",
                 "WnR       1      a write", "DFSC      0x07   translation fault, level 3"):
        assert line in text
    # Without ISV the fields of the instruction mean nothing.
    assert "SRT" not in "\n".join(Syndrome(0x92000007).lines())


def test_any_value_is_decoded() -> None:
    chance = random.Random(1)
    for _ in range(2000):
        value = chance.getrandbits(64)
        assert Syndrome(value).lines()
        for decode in (*control_registers.EL2.values(), *control_registers.EL1.values()):
            assert isinstance(decode(value), list)
        for level in range(4):
            assert descriptor.words(value, level)


def test_an_mrs_names_its_register() -> None:
    assert sysreg_names.read_by(0xD5381004) == "SCTLR_EL1"
    assert sysreg_names.read_by(0xD53C4024) == "ELR_EL2"
    assert sysreg_names.read_by(0xD5182003) == ""  # an MSR


def test_two_readers_of_the_manual_agree_about_attributes() -> None:
    """The grader's own decoder knows nothing of this one."""
    chance, mair = random.Random(2), 0x04FF
    for _ in range(2000):
        bits = chance.getrandbits(64) & ~descriptor.ADDRESS
        theirs = page_tables.stage1_el2(bits, mair)
        ours = descriptor.stage1_el2(bits, mair)
        assert ours.permissions == theirs.permissions
        assert (theirs.memory == "normal") == ours.memory.startswith("Normal write-back")
        assert theirs.accessed == (not any("AF is 0" in remark for remark in ours.remarks))
        theirs, ours = page_tables.stage2(bits), descriptor.stage2(bits)
        assert theirs.permissions.replace("?", "X") == ours.permissions
        assert theirs.inner_shareable or "inner" not in ours.memory


def memory(entries: dict[int, int]) -> Memory:
    """Three tables from ROOT on; `entries` by address."""
    raw = bytearray(3 * 4096)
    for at, entry in entries.items():
        raw[at - ROOT : at - ROOT + 8] = entry.to_bytes(8, "little")
    return Memory({ROOT: bytes(raw)})


def stage2(bits: int = 39) -> Regime:
    return Regime("stage 2", ROOT, 1, bits, descriptor.stage2)


TABLES = {
    ROOT + 8: ROOT + 0x1003,
    ROOT + 0x1000 + 8 * 8: 0x410007FD,  # a block
    ROOT + 0x1000 + 9 * 8: ROOT + 0x2003,
    ROOT + 0x2000: 0x412007FF,  # a page
    ROOT + 0x2008: 0x412017FD,  # a reserved encoding
}


def test_a_walk_ends_at_a_leaf_or_says_where_it_stops() -> None:
    read = memory(TABLES).read
    found = steps(stage2(), 0x41123456, read)
    assert [s.level for s in found] == [1, 2] and found[-1].output(0x41123456) == 0x41123456
    assert steps(stage2(), 0x41200010, read)[-1].kind is Kind.PAGE
    assert steps(stage2(), 0x41201000, read)[-1].kind is Kind.RESERVED
    assert "invalid: it is 0" in steps(stage2(), 0x41202000, read)[-1].text(stage2())
    lost = steps(stage2(), 0x41200000,
                 memory({**TABLES, ROOT + 0x1000 + 9 * 8: 0xDEAD003}).read)[-1]
    assert "this table is not in RAM" in lost.text(stage2())


def test_two_walkers_find_the_same_runs() -> None:
    tables = {at: entry for at, entry in TABLES.items() if entry != 0x412017FD}
    ours = Map(stage2(), memory(tables).read).build()
    theirs = page_tables.runs(page_tables.leaves(memory(tables), ROOT, 1, 39))
    assert [(run.start, run.end, run.pa) for run in ours.runs] == [(t.start, t.end, t.pa)
                                                                   for t in theirs]
    assert (ours.runs[0].blocks, ours.runs[0].pages) == (1, 1)


def test_a_map_ends_whatever_the_tables_say() -> None:
    itself = Map(stage2(), lambda pa, size: (ROOT | 3).to_bytes(8, "little") * (size // 8)).build()
    assert itself.tables == TABLES_AT_MOST and "does one point at itself?" in itself.trouble[-1]
    chance = random.Random(3)
    junk = Map(stage2(40), lambda pa, size: chance.randbytes(size) if pa == ROOT else None).build()
    assert any("is not in RAM" in line for line in junk.trouble)


TRANSCRIPT = """
[exception] slot 4: current EL with SP_ELx, synchronous
[exception] EC 0x25 data abort from the same EL, ISS 0x0000047
[exception] ELR 0x40001234 SPSR 0x600003c9 FAR 0x8
[panic] unexpected exception in EL2: data abort from the same EL at 0x40001234
[trap 0123456789abcdef] vm1 stopped: instruction fetch from IPA 0x280: stage-2 translation fault (PC 0x280)
[trap] vm0 stopped: system register access trapped, EC 0x18 (PC 0x41000900)
[trap] vm2 stopped: write of IPA 0x9000000, a device, without a valid syndrome (PC 0x41808268)
[trap] vm0 stopped: PSCI SYSTEM_OFF (PC 0x41000028)
[panic] vm0 cannot be entered: HCR_EL2.VM is 0, stage 2 is off (0x0)
"""


def test_a_transcript_becomes_its_reports() -> None:
    found = parse(TRANSCRIPT)
    assert [report.vm for report in found] == [None, 1, 0, 2, 0, None]
    assert (found[0].far, found[0].elr) == (8, 0x40001234)
    assert found[1].ipa == 0x280 and found[2].bare and found[5].panic
    assert parse("nothing\n[trap] half a line\n[exception] EC zz") == []


def test_a_report_becomes_prose_that_names_the_usual_cause() -> None:
    null, vector, row, device, off, refused = (paragraph(report, PLACES)
                                               for report in parse(TRANSCRIPT))
    assert "a NULL pointer" in null and "in EL2's text" in null
    assert "VBAR_EL1 is 0: 0x280 is slot 5" in vector
    assert "a row is missing in the table `handlers`" in row
    assert "(ISV = 0)" in device
    assert "the normal end of a VM" in off
    assert "entry_check()" in refused


def every_paragraph() -> list[str]:
    """One for every class and every fault, from both sides and at many places."""
    texts = []
    for ec in range(64):
        for fsc in (0x00, 0x05, 0x09, 0x0F, 0x10, 0x15, 0x21, 0x30, 0x3F):
            for far in (0, 0x280, 0x9000000, 0x40000000, 0x41000000, 0x41400000, 0x40E00000,
                        1 << 60):
                esr_value = ec << 26 | 1 << 25 | fsc
                for report in parse(
                    f"[exception] EC 0x{ec:02x} x, ISS 0x{esr_value & 0x1FFFFFF:07x}\n"
                                    f"[exception] ELR 0x0 SPSR 0x0 FAR 0x{far:x}"):
                    report.hpfar = far >> 8 & ~0xF
                    texts.append(paragraph(report, PLACES))
    return texts


def test_every_exception_has_prose_that_leads_to_a_section_that_exists() -> None:
    texts = every_paragraph()
    for place in {p for text in texts for p in re.findall(r"Read: (\S+)\.$", text)}:
        path, _, anchor = place.partition("#")
        assert anchor in anchors((KIT / path).read_text()), place
    assert all("Read: " in text for text in texts)


TAKEN = Taken("Data Abort", 1, 2, {"ESR": 0x93C08047, "FAR": 0x9000000, "ELR": 0x41000010})


@pytest.mark.parametrize(
    ("esr", "far", "elr", "is_it"),
    [
        (0x93C08047, 0x9000000, None, True),
        (0x91C08047, None, 0x41000010, True),  # but for IL, which a report does not tell
        (0x93C08007, 0x9000000, None, False),
        (0x93C08047, 0x9000018, None, False),
        (0x93C08047, 0x9000000, 0x41000014, False),
    ],
)
def test_the_log_of_exceptions_has_it_or_not(esr: int, far: int, elr: int, is_it: bool) -> None:
    assert happened(Report("by hand", Syndrome(esr), far, elr=elr), [TAKEN]) == is_it


def test_of_what_has_no_syndrome_the_log_says_nothing() -> None:
    assert happened(Report("[trap] vm0 stopped", access="read", ipa=0x1000), [])
