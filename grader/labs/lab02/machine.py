# SPDX-License-Identifier: MIT
"""What the machine must show in lab 2: EL2's translation, read by the grader's own walker."""

from __future__ import annotations

from ...model.elf import symbols
from ...model.layout import PAGE
from ...model.page_tables import Leaf, WalkError, at, el2_leaves, stage1_el2
from ...model.platform_map import DEVICES, SECTIONS
from ..check import Evidence
from ..register_checks import Bits, bit, field, first_wrong_register, not_reached


def control_registers(evidence: Evidence) -> str:
    """SCTLR, TCR and TTBR0 of EL2 while the MMU is on."""
    state = evidence.run.state("mmu")
    if not state:
        return not_reached(evidence, "mmu")
    tcr, pa_range = state["TCR_EL2"], min(state["ID_AA64MMFR0_EL1"] & 0xF, 5)
    shape = {
        "T0SZ": (field(tcr, 5, 0), 64 - 39),
        "IRGN0": (field(tcr, 9, 8), 1),
        "ORGN0": (field(tcr, 11, 10), 1),
        "SH0": (field(tcr, 13, 12), 3),
        "TG0": (field(tcr, 15, 14), 0),
        "PS": (field(tcr, 18, 16), pa_range),
    }
    for name, (seen, wanted) in shape.items():
        if seen != wanted:
            return f"TCR_EL2 is 0x{tcr:x}: {name} is {seen}, not {wanted}"
    return first_wrong_register(
        state,
        {
            "SCTLR_EL2": Bits(
                {"M": bit(0), "C": bit(2), "SA": bit(3), "I": bit(12), "WXN": bit(19)},
                {"A": bit(1), "EE": bit(25)},
            ),
            "TCR_EL2": Bits({"bit 31, RES1,": bit(31), "bit 23, RES1,": bit(23)}, {}),
            "VBAR_EL2": symbols(evidence.image.read_bytes()).get("hyp_vectors", 0),
        },
    )


def every_page_is_right(evidence: Evidence) -> str:
    """Each page of the image and of the devices is mapped right, and nothing else is mapped."""
    state = evidence.run.state("mmu")
    if not state:
        return not_reached(evidence, "mmu")
    try:
        found = el2_leaves(state)
    except WalkError as error:
        return f"at mmu: {error}"
    wanted = expected(symbols(evidence.image.read_bytes()))
    for leaf in found:
        stray = next((a for a in range(leaf.start, leaf.end, PAGE) if a not in wanted), None)
        if stray is not None:
            return (f"0x{stray:x} is mapped, by {leaf} at level {leaf.level}, but EL2 has nothing"
                    " there")
    for address, (name, permissions, memory) in wanted.items():
        words = _page_fault(at(found, address), address, permissions, memory, state["MAIR_EL2"])
        if words:
            return f"0x{address:x} ({name}) {words}"
    return ""


def expected(names: dict[str, int]) -> dict[int, tuple[str, str, str]]:
    """Name, permissions and memory type, by page address."""
    pages = {}
    for section in SECTIONS:
        for address in range(names[section.start], names[section.end], PAGE):
            pages[address] = (section.name, section.permissions, "normal")
    for device in DEVICES:
        for address in range(device.start, device.end, PAGE):
            pages[address] = (device.name, "RW-", "device")
    return pages


def _page_fault(leaf: Leaf | None, address: int, permissions: str, memory: str, mair: int) -> str:
    if not leaf:
        return "is not mapped"
    meaning = stage1_el2(leaf.bits, mair)
    if leaf.pa + address - leaf.start != address:
        return f"is mapped to 0x{leaf.pa + address - leaf.start:x}"
    if meaning.permissions != permissions:
        return f"is {meaning.permissions}, not {permissions}"
    if meaning.memory != memory:
        return f"is {meaning.memory} memory, not {memory}"
    if not meaning.accessed:
        return "has no access flag"
    if memory == "normal" and not meaning.inner_shareable:
        return "is not inner shareable"
    return ""
