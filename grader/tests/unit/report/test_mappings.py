# SPDX-License-Identifier: MIT
"""Translation tables as rows, from hand-made tables in a hand-made memory."""

from __future__ import annotations

from grader.report.mappings import MANY, most_complete, size, tables
from grader.tests.support.snapshots import BASE, BLOCK, GIB, PAGE, state

AF, XN, INNER = 1 << 10, 1 << 54, 3 << 8
STAGE_2 = AF | INNER | 0xF << 2 | 1 << 6 | 1 << 7  # Normal, read and write
NAMES = {"vms": BASE + 15 * PAGE}


def test_leaves_of_one_kind_and_level_are_one_row() -> None:
    page = 3 | AF | XN | INNER
    entries = {0: BASE + PAGE | 3, 1: GIB | AF | 1 << 2 | 1}
    (el2,) = tables(state({0: entries, 1: {1: BLOCK | page & ~2, 2: 2 * BLOCK | page & ~2}}), NAMES)
    pages, block = el2.stretches
    assert (el2.owner, el2.title, el2.root) == ("EL2", "EL2, stage 1", BASE)
    assert (pages.start, pages.end, pages.pa, pages.level) == (BLOCK, 3 * BLOCK, BLOCK, 2)
    assert (pages.entries, pages.meaning.permissions) == ("2 blocks of 2 MiB", "RW-")
    assert (pages.memory, block.memory) == ("normal", "device")
    assert block.entries == "1 block of 1 GiB"


def test_each_vm_has_a_table_and_each_range_says_who_has_it_too() -> None:
    red = {1: GIB | STAGE_2 | 1}
    blue = {1: GIB | STAGE_2 | 1, 3: 3 * GIB | STAGE_2 | 1}
    found = tables(state({0: {1: GIB | AF | 1}, 2: red, 4: blue}), NAMES)
    el2, vm0, vm1 = found
    assert [table.title for table in found[1:]] == [
        "vm0 red, stage 2, VMID 1",
        "vm1 red, stage 2, VMID 2",
    ]
    assert el2.shared_with(el2.stretches[0], found) == ["vm0", "vm1"]
    assert vm0.shared_with(vm0.stretches[0], found) == ["EL2", "vm1"]
    assert vm1.shared_with(vm1.stretches[1], found) == []


def test_the_loaded_vm_is_told_and_so_is_a_table_that_is_no_vms() -> None:
    tables_of: dict[int, dict[int, int]] = {2: {}, 4: {}}
    loaded = tables(state(tables_of, HCR_EL2=1, VTTBR_EL2=2 << 48 | BASE + 4 * PAGE), NAMES)
    assert [t.title.endswith(", loaded") for t in loaded] == [False, False, True]
    stray = tables(state(tables_of, HCR_EL2=1, VTTBR_EL2=9 << 48 | BASE), NAMES)[-1]
    assert stray.title == "the table in VTTBR_EL2, of no VM, stage 2, VMID 9, loaded"


def test_odd_attributes_are_said() -> None:
    (el2,) = tables(state({0: {1: GIB | 1, 3: 3 * GIB | AF | 2 << 2 | 1}}), NAMES)
    assert el2.stretches[0].memory == "normal, not inner shareable, no access flag"
    assert el2.stretches[1].memory == "MAIR attribute 0x00"


def test_tables_that_cannot_be_walked_say_why() -> None:
    (el2,) = tables(state({}, TTBR0_EL2=BASE + 8), NAMES)
    assert "not aligned" in el2.error and not el2.stretches
    (el2,) = tables(state({}, TCR_EL2=0), NAMES)
    assert el2.error


def test_a_table_that_refers_to_itself_ends_and_says_so() -> None:
    (el2,) = tables(state({0: {n: BASE | AF | 3 for n in range(512)}}), NAMES)
    assert "is it its own?" in el2.error


def test_many_ranges_are_cut() -> None:
    entries = {n: n * GIB | AF | 1 for n in range(0, 512, 2)}
    (el2,) = tables(state({0: entries}), NAMES)
    assert (len(el2.stretches), el2.left_out) == (MANY, 256 - MANY)


def test_with_the_mmu_off_there_is_no_table() -> None:
    assert tables(state({}, SCTLR_EL2=0), NAMES) == []


def test_the_most_telling_state_has_most_vms_and_is_the_last_of_those() -> None:
    none, first, second = state({}, "0"), state({2: {}}, "1"), state({2: {}}, "2")
    assert most_complete([none, first, second, none], NAMES) is second
    assert most_complete([state({}, SCTLR_EL2=0)], NAMES) is None


def test_sizes_have_the_largest_unit() -> None:
    assert [size(n) for n in (PAGE, BLOCK, GIB)] == ["4 KiB", "2 MiB", "1 GiB"]
