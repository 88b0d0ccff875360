# SPDX-License-Identifier: MIT
"""The ELF reader, on images made here byte by byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.model.elf import (
    EXECUTE, READ, WRITE, instructions, layout_fault, segments, symbols, with_contents, with_patch,
)  # fmt: skip
from grader.model.instruction_words import NOP, WFI
from grader.tests.support.images import BSS, TEXT, Load, contents, elf

DATA = Load(0x3000, READ | WRITE, 0x2000, b"\x22" * 0x800)
EMPTY = Load(0, READ | WRITE, 0)


def test_segments_come_by_address_and_without_the_empty_ones() -> None:
    found = segments(elf([BSS, EMPTY, TEXT]))
    assert [(s.address, s.end, s.permissions) for s in found] == [
        (0x1000, 0x2000, "R-X"),
        (0x6000, 0x7000, "RW-"),
    ]


def test_symbols_are_read_by_name() -> None:
    names = {"text_start": 0x40000000, "stack_top": 0x40014000}
    assert symbols(elf([TEXT], names)) == names


@pytest.mark.parametrize("data", [b"", b"\x7fELF", b"\x7fELF\x01\x01" + bytes(100), b"#!/bin/sh\n"])
def test_what_is_no_elf_of_ours_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        segments(data)


def test_an_image_gets_contents_where_it_had_none() -> None:
    """Between its segments too: what a wipe of .bss must leave alone."""
    after = with_contents(elf([TEXT, DATA, BSS]))
    loads = segments(after)
    assert [(s.address, s.end) for s in loads] == [
        (TEXT.address, DATA.address),
        (DATA.address, BSS.address),
        (BSS.address, BSS.address + BSS.size),
    ]
    for load, own in zip(contents(after), (TEXT, DATA, BSS)):
        assert load.rstrip(b"\xa5") == own.contents.rstrip(b"\xa5")
    assert [load.size for load in loads] == [len(load) for load in contents(after)]


def test_junk_leaves_the_rest_of_the_image_alone() -> None:
    names = {"bss_start": 0x6000}
    before = elf([TEXT, BSS], names)
    after = with_contents(before)
    assert symbols(after) == names
    assert after[len(before) - 64 : len(before)] == before[-64:]
    assert with_contents(elf([TEXT])) == elf([TEXT])


@pytest.mark.parametrize(
    ("loads", "fault"),
    [
        ([TEXT, DATA, BSS, EMPTY], ""),
        ([TEXT, Load(0x3000, READ | WRITE | EXECUTE, 0x1000)], "writable and executable"),
        ([TEXT, Load(0x3010, READ, 0x1000)], "does not start and end at a page"),
        ([TEXT, Load(0x3000, READ, 0x10)], "does not start and end at a page"),
        ([TEXT, Load(0x2000, READ, 0x1000)], "no guard page between 0x1fff and 0x2000"),
        ([EMPTY], "without segments"),
    ],
)
def test_a_fault_of_the_layout_is_told(tmp_path: Path, loads: list[Load], fault: str) -> None:
    path = tmp_path / "image"
    path.write_bytes(elf(loads))
    found = layout_fault(path)
    assert fault in found and bool(fault) == bool(found)


def test_an_instruction_is_found_where_code_is_and_nowhere_else() -> None:
    wfi, nop = b"\x7f\x20\x03\xd5", b"\x1f\x20\x03\xd5"
    code = Load(0x1000, READ | EXECUTE, 16, nop + wfi + nop[:2] + wfi + nop[:2])
    data = Load(0x3000, READ | WRITE, 4, wfi)
    assert instructions(elf([code, data]), wfi) == [0x1004], "at whole words of code"


def test_a_patch_replaces_the_first_instruction_of_a_guest_s_function() -> None:
    binary = bytes(range(64))
    guest = elf([Load(0x41000000, READ | EXECUTE, 64, binary)], {"f": 0x41000010})
    image = b"before" + binary + b"after"
    patched = with_patch(image, guest, binary, "f", 0xD420_0000)
    assert patched == image[:22] + bytes.fromhex("000020d4") + image[26:]
    assert with_patch(image, guest, binary, "g", 0xD420_0000) == image


def test_a_patch_replaces_every_instruction_of_an_encoding() -> None:
    wfi, nop = b"\x7f\x20\x03\xd5", b"\x1f\x20\x03\xd5"
    binary = nop + wfi + nop + wfi
    guest = elf([Load(0x41000000, READ | EXECUTE, 16, binary)])
    assert with_patch(b"wfi" + binary + wfi, guest, binary, WFI, NOP) == b"wfi" + 4 * nop + wfi
    assert with_patch(binary, guest, binary, 0xD420_0000, NOP) == binary
