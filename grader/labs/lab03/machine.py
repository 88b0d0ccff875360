# SPDX-License-Identifier: MIT
"""What the machine must show in lab 3: both VMs' stage 2, read by the grader's own walker."""

from __future__ import annotations

from ...model.layout import Layout, Range, layout_of
from ...model.page_tables import Leaf, WalkError, s2_leaves, stage2
from ...model.snapshot import State
from ...qemu.inspection import Watch
from ..check import Evidence
from ..register_checks import Bits, bit, field, first_wrong_register, not_reached

VMS = ("red", "blue")
WATCH = Watch(guests=("stage2-red",))


def checkpoint(name: str) -> str:
    return f"stage2-{name}"


def control_registers(evidence: Evidence) -> str:
    """VTCR, HCR and VTTBR of EL2 while each VM is the active one."""
    vmids = []
    for name in VMS:
        state = evidence.run.state(checkpoint(name))
        if not state:
            return not_reached(evidence, checkpoint(name))
        words = _vtcr_fault(state) or first_wrong_register(
            state, {"HCR_EL2": Bits({"VM": bit(0), "RW": bit(31)}, {"TGE": bit(27), "DC": bit(12)})}
        )
        if words:
            return words
        vmids.append(field(state["VTTBR_EL2"], 63, 48))
    if 0 in vmids:
        return f"VTTBR_EL2 has VMID 0 while {VMS[vmids.index(0)]} is active"
    return "" if vmids[0] != vmids[1] else f"VTTBR_EL2 has VMID {vmids[0]} for both VMs"


def _vtcr_fault(state: State) -> str:
    vtcr, pa_range = state["VTCR_EL2"], min(state["ID_AA64MMFR0_EL1"] & 0xF, 5)
    ipa_bits = min((32, 36, 40, 42, 44, 48)[pa_range], 40)
    shape = {
        "T0SZ": (field(vtcr, 5, 0), 64 - ipa_bits),
        "SL0": (field(vtcr, 7, 6), 1),
        "IRGN0": (field(vtcr, 9, 8), 1),
        "ORGN0": (field(vtcr, 11, 10), 1),
        "SH0": (field(vtcr, 13, 12), 3),
        "TG0": (field(vtcr, 15, 14), 0),
        "PS": (field(vtcr, 18, 16), pa_range),
        "bit 31, RES1,": (field(vtcr, 31, 31), 1),
    }
    for name, (seen, wanted) in shape.items():
        if seen != wanted:
            return f"VTCR_EL2 is 0x{vtcr:x}: {name} is {seen}, not {wanted}"
    return ""


def tables_are_exact(evidence: Evidence) -> str:
    """Each VM maps every page of its slot and mailbox, nothing else, and no PA of the other."""
    layout = layout_of(evidence.image)
    owner: dict[int, int] = {}
    for vm, name in enumerate(VMS):
        state = evidence.run.state(checkpoint(name))
        if not state:
            return not_reached(evidence, checkpoint(name))
        try:
            found = s2_leaves(state, state["VTTBR_EL2"])
        except WalkError as error:
            return f"{name}: {error}"
        words = _table_fault(layout, vm, found)
        if words:
            return f"{name}: {words}"
        for leaf in found:
            if owner.setdefault(leaf.pa, vm) != vm:
                return f"PA 0x{leaf.pa:x} is mapped by both VMs"
    return ""


def _table_fault(layout: Layout, vm: int, found: list[Leaf]) -> str:
    memory = layout.of_vm(vm)
    for leaf in found:
        region = next((r for r in memory if leaf.start in r and leaf.end - 1 in r), None)
        if not region:
            stray = next(a for a in (leaf.start, leaf.end - 1) if not any(a in r for r in memory))
            return f"IPA 0x{stray:x} is mapped: {layout.whose(stray)}"
        if leaf.pa != leaf.start:
            return f"IPA 0x{leaf.start:x} is mapped to PA 0x{leaf.pa:x}"
        words = _leaf_fault(leaf, "RWX" if region.name.startswith("the slot") else "RW-")
        if words:
            return f"IPA 0x{leaf.start:x} {words}"
    for region in memory:
        mapped = sum(leaf.end - leaf.start for leaf in found if leaf.start in region)
        if mapped != region.size:
            return f"{mapped // 4096} pages of {region.name} are mapped, not {region.pages}"
    return ""


def _leaf_fault(leaf: Leaf, permissions: str) -> str:
    meaning = stage2(leaf.bits)
    if meaning.permissions != permissions:
        return f"is {meaning.permissions}, not {permissions}"
    if meaning.memory != "normal":
        return f"has {meaning.memory}, not Normal write-back"
    if not meaning.accessed:
        return "has no access flag"
    return "" if meaning.inner_shareable else "is not inner shareable"


def memory_is_wiped(evidence: Evidence) -> str:
    """A VM's memory is zero when the VM is created."""
    state = evidence.run.state("stage2-red")
    if not state:
        return not_reached(evidence, "stage2-red")
    layout = layout_of(evidence.image)
    for region in (region for vm in range(len(VMS)) for region in layout.of_vm(vm)):
        words = first_byte(state, region)
        if words:
            return words
    return ""


def first_byte(state: State, region: Range) -> str:
    raw = state.memory.read(region.start, region.size) or b"?"
    if not raw.strip(b"\0"):
        return ""
    offset = len(raw) - len(raw.lstrip(b"\0"))
    return f"0x{region.start + offset:x}, in {region.name}, is 0x{raw[offset]:02x}"
