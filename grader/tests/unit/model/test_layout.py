# SPDX-License-Identifier: MIT
"""The grader's memory map: what guest_layout.h says, worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.model.layout import Layout, Range, header, layout_of, numbers

USUAL = Layout(1024, 4)


def test_the_header_is_where_the_numbers_come_from() -> None:
    names = {"MAILBOX_BASE", "GUEST_WINDOW_BASE", "WORK_SIZE", "VM_MAX", "HYP_IMAGE_LIMIT"}
    assert names <= set(header())
    assert header()["VM_MAX"] == 16


def test_numbers_are_read_in_every_form_that_headers_have(tmp_path: Path) -> None:
    path = tmp_path / "x.h"
    path.write_text("#define A 7\n#define B\tU64(0x10)\t/* b */\n#define C(x) 1\n#define D A\n")
    assert numbers(path) == {"A": 7, "B": 16}


@pytest.mark.parametrize(
    ("region", "start", "end"),
    [
        (USUAL.slot(0), 0x4100_0000, 0x4140_0000),
        (USUAL.guard(0), 0x4140_0000, 0x4140_4000),
        (USUAL.slot(1), 0x4140_4000, 0x4180_4000),
        (USUAL.mailbox(0), 0x40E0_0000, 0x40E0_1000),
        (USUAL.mailbox(1), 0x40E0_2000, 0x40E0_3000),
        (USUAL.heap(0), 0x413F_0000, 0x4140_0000),
        (Layout(300, 16).slot(1), 0x4113_C000, 0x4126_8000),
    ],
)
def test_memory_is_where_the_header_puts_it(region: Range, start: int, end: int) -> None:
    assert (region.start, region.end) == (start, end)


@pytest.mark.parametrize(
    ("region", "blocks"),
    [
        (USUAL.slot(0), 2),
        (USUAL.slot(1), 1),
        (USUAL.mailbox(0), 0),
        (Layout(512, 1).slot(0), 1),
        (Layout(512, 1).slot(1), 0),
        (Layout(300, 16).slot(0), 0),
    ],
)
def test_blocks_fit_where_they_are_aligned(region: Range, blocks: int) -> None:
    assert region.blocks == blocks


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (0x4100_0000, "the slot of VM 0"),
        (0x413F_FFFF, "the slot of VM 0"),
        (0x4140_0000, "the guard behind the slot of VM 0"),
        (0x40E0_2FFF, "the mailbox of VM 1"),
        (0x40E0_1000, "memory that is no VM's"),
        (0x4000_0000, "EL2's own memory"),
        (0x0900_0000, "a device"),
    ],
)
def test_an_address_is_named_by_its_owner(address: int, words: str) -> None:
    assert USUAL.whose(address) == words


def test_the_sizes_are_those_of_the_image_that_was_booted(tmp_path: Path) -> None:
    text = "CONFIG_SLOT_PAGES=300 CONFIG_GUARD_PAGES=16 obj/SLOT_PAGES-1/a.c.o\n"
    (tmp_path / "parts").write_text(text)
    assert layout_of(tmp_path / "hyp.elf") == Layout(300, 16)
