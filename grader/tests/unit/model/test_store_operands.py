# SPDX-License-Identifier: MIT
"""Stores decoded from their encoding, as the assembler writes them."""

from __future__ import annotations

import pytest

from grader.model.store_operands import Store, is_store, stores

REGISTERS = {n: 0x1000 * n for n in range(31)} | {31: 0x9_0000}

STORES = {
    0xF9000420: (0x1008, 0),                 # str x0, [x1, #8]
    0xB900083F: (0x1008, 0),                 # str wzr, [x1, #8]
    0x39000C22: (0x1003, 0x2000),            # strb w2, [x1, #3]
    0x79000422: (0x1002, 0x2000),            # strh w2, [x1, #2]
    0xF81F8022: (0x0FF8, 0x2000),            # stur x2, [x1, #-8]
    0x38001422: (0x1000, 0x2000),            # strb w2, [x1], #1
    0x38001C22: (0x1001, 0x2000),            # strb w2, [x1, #1]!
    0xF8236822: (0x4000, 0x2000),            # str x2, [x1, x3]
    0xF8237822: (0x1000 + 0x18000, 0x2000),  # str x2, [x1, x3, lsl #3]
    0x38234822: (0x4000, 0x2000),            # strb w2, [x1, w3, uxtw]
    0xA9020C22: (0x1020, 0x2000),            # stp x2, x3, [x1, #32]
    0xA9BE7BFD: (0x8_FFE0, 0x1_D000),        # stp x29, x30, [sp, #-32]!
    0xA8820C22: (0x1000, 0x2000),            # stp x2, x3, [x1], #32
    0x3D800420: (0x1010, 0),                 # str q0, [x1, #16]
    0xAD010420: (0x1020, 0),                 # stp q0, q1, [x1, #32]
}  # fmt: skip

NO_STORES = (
    0xF9400420,  # ldr x0, [x1, #8]
    0x39800C22,  # ldrsb x2, [x1, #3]
    0xA9420C22,  # ldp x2, x3, [x1, #32]
    0x3DC00420,  # ldr q0, [x1, #16]
    0xC8DFFC22,  # ldar x2, [x1]
    0xF8230022,  # ldadd x3, x2, [x1]
    0x8B010000,  # add x0, x0, x1
    0xD503201F,  # nop
)


@pytest.mark.parametrize(("word", "wanted"), STORES.items(), ids=lambda x: f"{x}")
def test_a_store_s_address_and_value(word: int, wanted: tuple[int, int]) -> None:
    assert stores(word, REGISTERS)[0] == Store(*wanted)


def test_a_pair_is_two_stores() -> None:
    assert stores(0xA9020C22, REGISTERS) == [Store(0x1020, 0x2000), Store(0x1028, 0x3000)]
    assert stores(0x29040C3F, REGISTERS) == [Store(0x1020, 0), Store(0x1024, 0x3000)]  # stp wzr, w3


def test_a_store_with_release_semantics_is_told() -> None:
    assert stores(0xC89FFC22, REGISTERS) == [Store(0x1000, 0x2000, release=True)]  # stlr x2, [x1]


@pytest.mark.parametrize("word", NO_STORES, ids=hex)
def test_what_is_no_store(word: int) -> None:
    assert not is_store(word)
