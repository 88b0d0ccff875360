# SPDX-License-Identifier: MIT
"""The rules of table_order.py with made-up effects, and stores by their encoding."""

from __future__ import annotations

import pytest

from grader.labs.table_order import TableInTree, TableRules
from grader.qemu.memory_effects import STORE, Effect, Store, effect_of, stored

ROOT, LEAF = 0x4002_0000, 0x4002_1000
S2_LEAF, VMID = 0x4003_0000, 9
TABLES = {ROOT: TableInTree(0, 2, None), LEAF: TableInTree(0, 3, None),
          S2_LEAF: TableInTree(0, 3, VMID)}
PAGE_3 = 3 << 12  # what entry 3 of a last-level table translates
VALID, OTHER, TABLE = 0x5000_0403, 0x6000_0403, LEAF | 3
RETURN = Effect("record()")


def put(table: int, index: int, value: int) -> Effect:
    return Effect(STORE, value, table + 8 * index, 8)


def does(*names: str) -> list[Effect]:
    """ "tlbi vae2is 3": its operand is 3."""
    words = (name.rpartition(" ") if name[-1].isdigit() and name.count(" ") > 1 else (name, "", "0")
             for name in names)
    return [Effect(name, int(operand, 0)) for name, _, operand in words]


def faults(*effects: Effect) -> list[str]:
    return [words for _, words in TableRules(TABLES).run([*effects, RETURN])]


MAPPED = [put(LEAF, 3, VALID), *does("dsb ishst")]
S2_MAPPED = [put(S2_LEAF, 3, VALID), *does("dsb ishst"), Effect("msr vttbr_el2", VMID << 48)]


@pytest.mark.parametrize(
    "names",
    [
        "dsb ishst|tlbi vae2is 3|dsb ish|isb",
        "dsb sy|tlbi vale2is 3|dsb sy|isb",
        "dsb nshst|tlbi vae2 3|dsb nsh|isb",
        "dsb ishst|tlbi alle2is|dsb ish|isb",
        "dsb ishst|tlbi vae2is 9|tlbi vae2is 3|dsb ish|isb",
    ],
)
def test_an_entry_of_el2_is_forgotten(names: str) -> None:
    assert faults(*MAPPED, put(LEAF, 3, 0), *does(*names.split("|"))) == []


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        ("dsb ishst", "VA 0x3000 is unmapped, but no TLBI of it follows"),
        ("tlbi vae2is 3|dsb ish|isb", "has no DSB before it that waits for the store"),
        ("dsb ishst|tlbi vae2is 3|isb", "no DSB waits for TLBI VAE2IS"),
        ("dsb ishst|tlbi vae2is 3|dsb ishst|isb", "no DSB waits for TLBI VAE2IS"),
        ("dsb ishst|tlbi vae2is 3|dsb nsh|isb", "no DSB waits for TLBI VAE2IS"),
        ("dsb ishst|tlbi vae2is 3|dsb ish", "no ISB follows"),
        ("dsb ishst|tlbi vae2is 0x3000|dsb ish|isb", "has operand 0x3000, not 0x3"),
        ("dsb ishst|tlbi alle1is|dsb ish|isb", "no TLBI of it follows"),
    ],
)
def test_an_entry_of_el2_is_not_forgotten(names: str, wanted: str) -> None:
    said = faults(*MAPPED, put(LEAF, 3, 0), *does(*names.split("|")))
    assert len(said) == 1 and wanted in said[0]


S2_ROOT, WRITE, SOFTWARE = 0x4004_0000, 1 << 7, 1 << 55
ENTERED = {**TABLES, S2_ROOT: TableInTree(0, 2, VMID)}


@pytest.mark.parametrize(
    ("new", "names", "wanted"),
    [
        (VALID | WRITE, "dsb ishst|tlbi ipas2e1is 3|dsb ish|tlbi vmalle1is|dsb ish|isb", ""),
        (VALID | WRITE | SOFTWARE, "dsb ishst|tlbi vmalls12e1is|dsb ish|isb", ""),
        (VALID | SOFTWARE, "dsb ishst", ""),
        (VALID | WRITE, "dsb ishst", "IPA 0x3000 is made writable, but no TLBI of it follows"),
        (VALID | WRITE, "dsb ishst|tlbi ipas2e1is 3|dsb ish|isb", "no TLBI VMALLE1IS follows"),
        (OTHER | WRITE, "dsb ishst|tlbi vmalls12e1is|dsb ish|isb", "without a break"),
    ],
)
def test_a_permission_of_stage_2_changes_without_a_break(new: int, names: str,
                                                         wanted: str) -> None:
    effects = [*S2_MAPPED, put(S2_ROOT, 0, S2_LEAF | 3), *does("dsb ishst"), put(S2_LEAF, 3, new),
               *does(*names.split("|"))]
    said = [words for _, words in TableRules(ENTERED).run([*effects, RETURN])]
    assert wanted in (said[0] if said else "") and bool(said) == bool(wanted)


def test_a_table_that_is_not_entered_needs_no_maintenance() -> None:
    effects = [*S2_MAPPED, put(S2_LEAF, 3, VALID | WRITE), *does("dsb ishst"),
               put(S2_ROOT, 0, S2_LEAF | 3), *does("dsb ishst")]
    assert TableRules(ENTERED).run([*effects, RETURN]) == []


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        ("dsb ishst|tlbi ipas2e1is 3|dsb ish|tlbi vmalle1is|dsb ish|isb", ""),
        ("dsb ishst|tlbi ipas2le1is 3|dsb ish|tlbi vmalle1is|dsb ish|isb", ""),
        ("dsb ishst|tlbi vmalls12e1is|dsb ish|isb", ""),
        ("dsb ishst|tlbi alle1is|dsb ish|isb", ""),
        ("dsb ishst|tlbi ipas2e1is 3|dsb ish|isb", "no TLBI VMALLE1IS follows"),
        ("dsb ishst|tlbi ipas2e1is 3|tlbi vmalle1is|dsb ish|isb", "with no DSB between"),
        ("dsb ishst|tlbi vmalle1is|dsb ish|isb", "with no TLBI IPAS2E1IS before it"),
        ("dsb ishst|tlbi ipas2e1is 0x3000|dsb ish|tlbi vmalle1is|dsb ish|isb",
         "has operand 0x3000"),
        ("tlbi ipas2e1is 3|dsb ish|tlbi vmalle1is|dsb ish|isb", "has no DSB before it"),
    ],
)
def test_an_entry_of_stage_2_is_forgotten_or_not(names: str, wanted: str) -> None:
    said = faults(*S2_MAPPED, put(S2_LEAF, 3, 0), *does(*names.split("|")))
    assert wanted in (said[0] if said else "") and bool(said) == bool(wanted)


def test_a_tlbi_is_of_the_vmid_that_is_in_vttbr() -> None:
    other = [Effect("msr vttbr_el2", 7 << 48),
             *does("dsb ishst", "tlbi vmalls12e1is", "dsb ish", "isb")]
    assert "with VMID 7 in VTTBR_EL2, not 9" in faults(*S2_MAPPED, put(S2_LEAF, 3, 0), *other)[0]


def test_no_valid_entry_becomes_another_at_once() -> None:
    assert "both valid, without a break" in faults(*MAPPED, put(LEAF, 3, OTHER),
                                                   *does("dsb ishst"))[0]


def test_an_entry_is_made_again_when_the_old_one_is_forgotten() -> None:
    gone = [*MAPPED, put(LEAF, 3, 0)]
    forgotten = does("dsb ishst", "tlbi vae2is 3", "dsb ish")
    assert faults(*gone, *forgotten, put(LEAF, 3, OTHER), *does("dsb ishst", "isb")) == []
    assert "is made valid again" in faults(*gone, *forgotten[:2], put(LEAF, 3, OTHER),
                                           *does("dsb ishst"))[0]


def test_a_table_is_put_in_when_its_contents_are_seen() -> None:
    alloc, link, dsb = Effect("page_alloc()"), put(ROOT, 0, TABLE), does("dsb ishst")
    assert faults(alloc, *dsb, link, *dsb) == []
    assert "is entered with no DSB" in faults(alloc, link, *dsb)[0]
    assert "is entered with no DSB" in faults(alloc, *dsb, put(LEAF, 3, VALID), link, *dsb)[0]


def test_new_entries_are_seen_on_return() -> None:
    assert faults(put(LEAF, 3, VALID)) == ["with no DSB for the stores to the table on return"]
    assert faults(put(LEAF, 3, VALID), *does("dsb ish")) == []


def test_pages_of_a_vm_go_back_when_its_vmid_is_forgotten() -> None:
    free = Effect("page_free()", S2_LEAF)
    assert faults(*S2_MAPPED, *does("dsb ishst", "tlbi vmalls12e1is", "dsb ish"), free) == []
    for names in (("dsb ishst", "tlbi vmalls12e1is"), ("dsb ishst", "tlbi vmalle1is", "dsb ish"),
                  ()):
        assert "is freed before" in faults(*S2_MAPPED, *does(*names), free)[0]


# As the assembler encodes them.
STORES = {
    0xF9000441: Store((1,), 2, 8, 8),  # str x1, [x2, #8]
    0xB9000BE0: Store((0,), 31, 4, 8),  # str w0, [sp, #8]
    0xF81F8C41: Store((1,), 2, 8, -8),  # str x1, [x2, #-8]!
    0xF8008441: Store((1,), 2, 8, 0),  # str x1, [x2], #8
    0xF8237841: Store((1,), 2, 8, 0, 3, 3),  # str x1, [x2, x3, lsl #3]
    0xF8236841: Store((1,), 2, 8, 0, 3, 0),  # str x1, [x2, x3]
    0xA9010C41: Store((1, 3), 2, 8, 16),  # stp x1, x3, [x2, #16]
    0xC89FFC41: Store((1,), 2, 8),  # stlr x1, [x2]
    0xF9400441: None,  # ldr x1, [x2, #8]
    0xA9410C41: None,  # ldp x1, x3, [x2, #16]
    0xD503201F: None,
}


@pytest.mark.parametrize(("word", "store"), STORES.items(), ids=lambda x: f"{x}")
def test_stores_are_told_by_their_encoding(word: int, store: Store | None) -> None:
    assert stored(word) == store


def test_a_store_has_an_address_and_a_value() -> None:
    registers = {"X01": 0x11, "X02": 0x1000, "X03": 0x33}
    assert list(effect_of(0xA9010C41, registers)) == [Effect(STORE, 0x11, 0x1010, 8),
                                                      Effect(STORE, 0x33, 0x1018, 8)]
    # xzr
    assert list(effect_of(0xF823785F, registers)) == [Effect(STORE, 0, 0x1000 + (0x33 << 3), 8)]
    assert list(effect_of(0xD50C8321, registers)) == [Effect("tlbi vae2is", 0x11)]
