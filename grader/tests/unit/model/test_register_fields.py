# SPDX-License-Identifier: MIT
"""Registers in words."""

from __future__ import annotations

import re

import pytest

from grader.core.kit import KIT
from grader.model.register_fields import LAYOUTS, decoded, fields

HEADER = (KIT / "common/include/sysreg.h").read_text()
BITS = re.compile(r"^#define\s+(\w+)\s+(?:BIT\((\d+)\)|GENMASK\((\d+), (\d+)\))", re.M)
# What sysreg.h calls the fields that several registers share.
PREFIXES = {
    "SCTLR_EL1": ("SCTLR_EL1_", "SCTLR_ELx_"),
    "SCTLR_EL2": ("SCTLR_ELx_",),
    "cpsr": ("SPSR_", "PSTATE_"),
    "SPSR_EL2": ("SPSR_", "PSTATE_"),
    "CNTHP_CTL_EL2": ("CNT_CTL_",),
    "CNTV_CTL_EL0": ("CNT_CTL_",),
    "TCR_EL2": ("TCR_EL2_", "TCR_T"),
    "VTCR_EL2": ("VTCR_EL2_", "TCR_EL2_PS"),
}


@pytest.mark.parametrize("register", LAYOUTS)
def test_a_field_is_where_the_kits_own_header_has_it(register: str) -> None:
    layout = {field.name.lower(): (field.high, field.low) for field in fields(register)}
    for name, bit, high, low in BITS.findall(HEADER):
        for prefix in PREFIXES.get(register, (f"{register}_",)):
            field = name[len(prefix) :].lower()
            if name.startswith(prefix) and field in layout:
                assert layout[field] == (int(bit or high), int(bit or low)), name


@pytest.mark.parametrize("register", LAYOUTS)
def test_no_two_fields_overlap(register: str) -> None:
    seen = 0
    for field in fields(register):
        assert not seen & field.mask, field
        seen |= field.mask


@pytest.mark.parametrize(
    ("register", "value", "words"),
    [
        ("HCR_EL2", 1 << 31 | 1, "RW, VM"),
        ("HCR_EL2", 1 << 60 | 1, "VM, others 0x1000000000000000"),
        ("HCR_EL2", 0, ""),
        ("cpsr", 0x600003C9, "Z, C, D, A, I, F, EL2h"),
        ("SPSR_EL2", 0x3C7, "D, A, I, F, M 7"),
        ("VTCR_EL2", 24 | 1 << 6 | 5 << 16, "PS 5, TG0 0, SH0 0, ORGN0 0, IRGN0 0, SL0 1, T0SZ 24"),
        ("VTTBR_EL2", 3 << 48 | 0x4002_6000, "VMID 3, BADDR 0x40026000"),
        ("ESR_EL2", 0x9600_0045, "EC 0x25, IL, ISS 0x45"),
        ("HPFAR_EL2", 0x90000, "FIPA 0x9000000"),
        ("MAIR_EL2", 0x4FF, "Attr1 0x04, Attr0 0xff"),
        ("VPIDR_EL2", 5, ""),
    ],
)
def test_a_value_in_words(register: str, value: int, words: str) -> None:
    assert decoded(register, value, {}) == words


def test_an_address_of_the_image_has_a_name() -> None:
    names = {"text_start": 0x1000, "main": 0x1100, "$x": 0x1108, "image_end": 0x2000}
    assert decoded("pc", 0x1100, names) == "main"
    assert decoded("pc", 0x1108, names) == "main + 0x8"
    assert decoded("ELR_EL2", 0x3000, names) == ""
    assert decoded("VBAR_EL2", 0, names) == decoded("VBAR_EL2", 0, {}) == ""


def test_the_name_of_an_object_goes_before_that_of_its_section() -> None:
    at = {"bss_start": 0x10, "boot_cpu": 0x10, "bss_end": 0x10}
    names = {"text_start": 0, **at, "image_end": 0x20}
    assert decoded("TPIDR_EL2", 0x10, names) == "boot_cpu"
