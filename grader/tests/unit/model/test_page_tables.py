# SPDX-License-Identifier: MIT
"""The walker against hand-made tables of every format it meets."""

from __future__ import annotations

import struct

import pytest

from grader.model.page_tables import Leaf, WalkError, at, leaves, runs, stage1_el2, stage2, tables
from grader.model.snapshot import Memory

BASE, PAGE, BLOCK, GIB = 0x4000_0000, 4096, 2 << 20, 1 << 30
AF, RO, XN = 1 << 10, 1 << 7, 1 << 54


def memory(*tables: dict[int, int]) -> Memory:
    """Tables one after the other, from BASE on, each as its entries that are not 0."""
    raw = bytearray()
    for entries in tables:
        raw += struct.pack("<512Q", *(entries.get(i, 0) for i in range(512)))
    return Memory({BASE: bytes(raw)})


def walk(found: Memory, level: int = 1, bits: int = 39) -> list[Leaf]:
    return list(leaves(found, BASE, level, bits))


def table(n: int) -> int:
    return BASE + n * PAGE | 3


def test_an_empty_table_maps_nothing() -> None:
    assert walk(memory({})) == []


def test_a_level_1_block() -> None:
    assert walk(memory({1: GIB | AF | 1})) == [Leaf(GIB, 2 * GIB, GIB, AF, 1)]


def test_a_level_2_block_and_a_page() -> None:
    found = walk(memory({0: table(1)}, {3: 8 * BLOCK | AF | 1, 4: table(2)},
                        {5: 7 * PAGE | RO | 3}))
    assert found == [
        Leaf(3 * BLOCK, 4 * BLOCK, 8 * BLOCK, AF, 2),
        Leaf(4 * BLOCK + 5 * PAGE, 4 * BLOCK + 6 * PAGE, 7 * PAGE, RO, 3),
    ]


def test_attributes_are_what_is_neither_address_nor_type_nor_software() -> None:
    software = 0xF << 55
    (leaf,) = walk(memory({0: GIB | AF | XN | software | 1}))
    assert leaf.bits == AF | XN


def test_two_root_tables_side_by_side() -> None:
    found = walk(memory({}, {0: GIB | 1}), bits=40)
    assert [leaf.start for leaf in found] == [512 * GIB]


def test_a_walk_that_starts_at_level_0_and_at_level_2() -> None:
    assert walk(memory({0: table(1)}, {0: GIB | 1}), level=0, bits=48)[0].level == 1
    assert walk(memory({1: BLOCK | 1}), level=2, bits=30)[0].start == BLOCK


def test_the_pages_of_all_tables() -> None:
    found = memory({1: GIB | 1}, {0: table(2)}, {3: table(3)}, {})
    assert list(tables(found, BASE, 1, 40)) == [BASE + n * PAGE for n in range(4)]
    with pytest.raises(WalkError, match="does one refer to itself"):
        list(tables(memory({n: table(0) for n in range(512)}), BASE, 1, 39))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (memory({0: 0x8000_0003}), "the level-2 table at 0x80000000 is not in EL2's memory"),
        (memory({0: table(1)}, {0: table(2)}, {1: PAGE | 1}), "is no descriptor at level 3"),
        (memory({1: GIB + BLOCK | 1}), "a level-1 block whose PA 0x40200000 is not aligned"),
    ],
)
def test_what_the_hardware_could_not_walk_is_said(found: Memory, words: str) -> None:
    with pytest.raises(WalkError, match=words):
        walk(found)


def test_a_root_that_is_not_aligned_to_its_size_is_said() -> None:
    with pytest.raises(WalkError, match="not aligned to 8192 bytes"):
        list(leaves(memory({}, {}, {}), BASE + PAGE, 1, 40))


def test_runs_join_what_continues_in_both_addresses_and_attributes() -> None:
    pages = [Leaf(n * PAGE, (n + 1) * PAGE, n * PAGE, AF, 3) for n in range(4)]
    other = Leaf(4 * PAGE, 5 * PAGE, 9 * PAGE, AF, 3)
    assert runs(iter([*pages, other])) == [Leaf(0, 4 * PAGE, 0, AF, 3), other]
    assert at(pages, PAGE + 5) is pages[1] and at(pages, 4 * PAGE) is None


MAIR = 0x04FF


@pytest.mark.parametrize(
    ("bits", "permissions", "kind"),
    [
        (AF | 3 << 8 | RO, "R-X", "normal"),
        (AF | 3 << 8 | RO | XN, "R--", "normal"),
        (AF | 3 << 8 | XN, "RW-", "normal"),
        (AF | XN | 1 << 2, "RW-", "device"),
        (AF | 2 << 2, "RWX", "MAIR attribute 0x00"),
    ],
)
def test_stage_1_of_el2(bits: int, permissions: str, kind: str) -> None:
    meaning = stage1_el2(bits, MAIR)
    assert (meaning.permissions, meaning.memory, meaning.accessed) == (permissions, kind, True)
    assert meaning.inner_shareable == (bits >> 8 & 3 == 3)


@pytest.mark.parametrize(
    ("bits", "permissions", "kind"),
    [
        (0xF << 2 | 3 << 6, "RWX", "normal"),
        (0xF << 2 | 1 << 6 | 2 << 53, "R--", "normal"),
        (0x1 << 2 | 3 << 6 | 2 << 53, "RW-", "device"),
        (0x0 << 2, "--X", "MemAttr 0b0000"),
        (0xF << 2 | 1 << 6 | 1 << 53, "R-?", "normal"),
    ],
)
def test_stage_2(bits: int, permissions: str, kind: str) -> None:
    meaning = stage2(bits)
    assert (meaning.permissions, meaning.memory, meaning.accessed) == (permissions, kind, False)
