# SPDX-License-Identifier: MIT
"""Code that runs before a program: encoded as an assembler would, and found by QEMU."""

from __future__ import annotations

import struct

import pytest

from grader.model.elf import file_header, segments, symbols, with_start
from grader.qemu.preamble import (
    REGISTERS,
    START,
    code,
    cores_code,
    junk_code,
    move,
    msr_x0,
    with_junk,
)
from grader.tests.support.images import BSS, TEXT, contents, elf


def words(data: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(data) // 4}I", data))


def test_a_value_is_moved_in_four_halves() -> None:
    assert move(1, 0x1122_3344_5566_7788) == [0xD28EF101, 0xF2AAACC1, 0xF2C66881, 0xF2E22441]


@pytest.mark.parametrize(
    ("name", "word"),
    [("HCR_EL2", 0xD51C1100), ("SCTLR_EL1", 0xD5181000), ("CNTV_CTL_EL0", 0xD51BE320)],
)
def test_a_register_is_written_by_its_encoding(name: str, word: int) -> None:
    assert msr_x0(REGISTERS[name]) == word


def test_the_code_ends_in_the_program() -> None:
    assert words(code([0xD503201F], 0x1000)) == [0xD503201F, *move(0, 0x1000), 0xD61F0000]


def test_every_register_gets_its_junk() -> None:
    found = words(junk_code(0x1000))
    for register in REGISTERS.values():
        at = found.index(msr_x0(register))
        assert found[at - 4 : at] == move(0, register.junk)


def test_every_core_but_the_first_is_let_in_at_the_entry() -> None:
    found = words(cores_code(4, 0x1000))
    assert found.count(0xD4000003) == 3
    for core in (1, 2, 3):
        at = found.index(move(1, core)[0])
        assert found[at : at + 8] == [*move(1, core), *move(2, 0x1000)]


def test_an_image_with_a_start_enters_there_and_is_else_the_same() -> None:
    names = {"bss_start": 0x6000}
    before = elf([TEXT, BSS], names)
    after = with_start(before, 0x9000, lambda entry: struct.pack("<Q", entry))
    assert file_header(after)[4] == 0x9000
    assert [(s.address, s.size) for s in segments(after)] == [
        (0x1000, 0x1000), (0x6000, 0x1000), (0x9000, 8),
    ]
    assert contents(after)[0] == TEXT.contents
    assert contents(after)[2] == struct.pack("<Q", file_header(before)[4])
    assert symbols(after) == names


def test_junk_is_in_memory_and_in_front() -> None:
    after = with_junk(elf([TEXT, BSS]))
    assert contents(after)[1] == b"\xa5" * 0x1000
    assert segments(after)[-1].address == file_header(after)[4] == START
