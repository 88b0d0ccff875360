# SPDX-License-Identifier: MIT
"""The translation regimes of the stopped machine, for model/table_walk.py.

The registers decide, because the hardware uses them. Where they are not set up yet, the tables that
EL2 has built so far are shown.
"""

from __future__ import annotations

from typing import Optional

import gdb

from ..model import descriptor
from ..model.table_walk import Regime, steps
from . import el2_data, stopped_machine
from .complaint import Complaint
from .el1 import El1

TABLE = (1 << 48) - 2  # TTBRn_ELx.BADDR


def start_level(bits: int) -> int:
    """The start level of a stage-1 walk: each level translates 9 bits, above 12 bits of offset."""
    return max(0, 4 - -(-(bits - 12) // 9))


def el2() -> tuple[Regime, list[str]]:
    """EL2's stage 1, and remarks about it."""
    sctlr, tcr, ttbr = (stopped_machine.need(f"{name}_EL2") for name in ("SCTLR", "TCR", "TTBR0"))
    mair = stopped_machine.need("MAIR_EL2")
    remarks, root, bits = [], ttbr & TABLE, 64 - (tcr & 0x3F)
    built = _built_table("el2_pt")
    if not sctlr & 1:
        remarks.append("SCTLR_EL2.M is 0: EL2's MMU is off, and every VA is its own PA")
    if ttbr == 0:
        if built is None:
            raise Complaint("TTBR0_EL2 is 0" + (": the MMU is off, and there is no table yet"
                                                 if not sctlr & 1 else ", with the MMU on"))
        remarks.append("TTBR0_EL2 is 0: this is the table that el2_pt has so far")
        root, bits = built
    elif built is not None and built[0] != root:
        remarks.append(f"TTBR0_EL2 is 0x{root:x}, but el2_pt.root is 0x{built[0]:x}: another table")
    if tcr == 0 and built is not None:
        remarks.append("TCR_EL2 is 0: the number of bits is from el2_pt")
        bits = built[1]
    check(bits, tcr, "TCR_EL2")
    wxn = bool(sctlr >> 19 & 1)
    return Regime("EL2 stage 1", root, start_level(bits), bits,
                  lambda entry: descriptor.stage1_el2(entry, mair, wxn)), remarks


def _built_table(name: str) -> Optional[tuple[int, int]]:
    """Root and bits of a struct pgtable that EL2 has initialised."""
    table = el2_data.variable(name)
    if table is None or not int(table["root"]) or not 12 < int(table["input_bits"]) <= 48:
        return None
    return int(table["root"]), int(table["input_bits"])


def of_table(expression: str) -> Regime:
    """The tables of any struct pgtable, whether or not the hardware uses them."""
    try:
        table = gdb.parse_and_eval(expression)
        if table.type.strip_typedefs().code == gdb.TYPE_CODE_PTR:
            table = table.dereference()
        root, bits = int(table["root"]), int(table["input_bits"])
        regime = el2_data.target(table["regime"])
    except (gdb.error, gdb.MemoryError) as error:
        raise Complaint(f"'{expression}' is not a struct pgtable: {error}") from None
    if not root or regime is None or int(regime["start_level"]) > 3 or not 12 < bits <= 48:
        raise Complaint(f"'{expression}' has no tables yet: root is 0x{root:x}, input_bits {bits}")
    name = el2_data.text(regime["name"])
    mair = stopped_machine.need("MAIR_EL2")
    wxn = bool(stopped_machine.need("SCTLR_EL2") >> 19 & 1)
    decode = descriptor.stage2 if name == "stage2" else (
        lambda entry: descriptor.stage1_el2(entry, mair, wxn))
    return Regime(f"{expression} ({name})", root, int(regime["start_level"]), bits, decode)


def check(bits: int, tcr: int, name: str) -> None:
    if tcr >> 14 & 3:
        raise Complaint(
            f"{name}.TG0 is {tcr >> 14 & 3}: not the 4 KiB granule, the only one used here")
    if not 16 <= bits <= 48:
        raise Complaint(
            f"{name}.T0SZ is {tcr & 0x3F}: {bits} bits of input address cannot be walked")


def stage2(vm: gdb.Value) -> tuple[Regime, list[str]]:
    """A VM's stage 2, from its struct pgtable; and remarks where the registers differ."""
    number, s2 = int(vm["id"]), vm["s2"]
    root, bits = int(s2["root"]), int(s2["input_bits"])
    regime = el2_data.target(s2["regime"])
    if not root or regime is None:
        raise Complaint(f"VM {number} has no stage-2 table: s2.root is 0x{root:x}, "
                        f"s2.regime 0x{int(s2['regime']):x}; s2_create() has not run, or has"
                        " failed")
    level = int(regime["start_level"])
    if level > 3 or not 12 < bits <= 48:
        raise Complaint(
            f"VM {number}: start level {level} and {bits} bits of IPA do not fit a table")
    remarks = _use_of(number, root, int(s2["vmid"])) + _by_vtcr(level, bits)
    return Regime(f"stage 2 of VM {number}", root, level, bits, descriptor.stage2), remarks


def _use_of(number: int, root: int, vmid: int) -> list[str]:
    """Remarks on whether VTTBR_EL2 and HCR_EL2 use the table now."""
    vttbr, hcr = stopped_machine.need("VTTBR_EL2"), stopped_machine.need("HCR_EL2")
    if vttbr & TABLE != root:
        whose = "0, no table" if vttbr == 0 else f"0x{vttbr:x}, another table"
        core = f" of core {gdb.selected_thread().num - 1}" if el2_data.is_beyond() else ""
        return [f"not in use now: VTTBR_EL2{core} is {whose}"]
    remarks = []
    if vttbr >> 48 & 0xFF != vmid:
        remarks.append(f"VTTBR_EL2 has VMID {vttbr >> 48 & 0xFF}, but VM {number} has {vmid}")
    if not hcr & 1:
        remarks.append("HCR_EL2.VM is 0: stage 2 is off, and every IPA is its own PA")
    return remarks or ["in use now: VTTBR_EL2 has this table"]


def _by_vtcr(level: int, bits: int) -> list[str]:
    vtcr = stopped_machine.need("VTCR_EL2")
    if vtcr & ~(1 << 31) == 0:
        return ["VTCR_EL2 is not set up yet: bits and start level are from the table"]
    starts, has = 2 - (vtcr >> 6 & 3), 64 - (vtcr & 0x3F)
    if (starts, has) == (level, bits):
        return []
    return [f"VTCR_EL2 has {has} bits and starts at level {starts},"
            f" the table has {bits} and level {level}:"
            " the hardware walks it differently from this walk"]


def el1(vm: gdb.Value, state: El1, va: int) -> Optional[Regime]:
    """Stage 1 of a guest for a VA, by TTBR0_EL1 or TTBR1_EL1; None if its MMU is off."""
    if not state.need("SCTLR_EL1") & 1:
        return None
    tcr, mair, high = state.need("TCR_EL1"), state.need("MAIR_EL1"), bool(va >> 55 & 1)
    bits = 64 - (tcr >> (16 if high else 0) & 0x3F)
    which = "TTBR1_EL1" if high else "TTBR0_EL1"
    if tcr >> (23 if high else 7) & 1:
        raise Complaint(
            f"TCR_EL1.EPD{int(high)} is 1: a VA of {which} always faults, without a walk")
    if (tcr >> 30 & 3) != 2 if high else tcr >> 14 & 3:
        raise Complaint(f"{which}'s granule is not 4 KiB, the only one used here")
    if not 16 <= bits <= 48:
        raise Complaint(f"TCR_EL1 gives {which} {bits} bits of VA: that cannot be walked")
    return Regime(f"stage 1 of VM {int(vm['id'])} ({which})", state.need(which) & TABLE,
                  start_level(bits), bits, lambda entry: descriptor.stage1_el1(entry, mair),
                  to_pa=lambda ipa: _ipa_to_pa(vm, ipa))


def _ipa_to_pa(vm: gdb.Value, ipa: int) -> Optional[int]:
    """Translate through stage 2 of a VM; None if it maps nothing there."""
    regime, _ = stage2(vm)
    last = steps(regime, ipa, stopped_machine.read)[-1] if regime.fits(ipa) else None
    return last.output(ipa) if last and last.is_leaf else None


def va_to_pa(vm: gdb.Value, state: El1, va: int) -> Optional[int]:
    """Translate through both stages; None if one of them faults."""
    regime = el1(vm, state, va)
    if regime is None:
        return _ipa_to_pa(vm, va)
    low = va & (1 << regime.input_bits) - 1
    if va not in (low, low | -1 << regime.input_bits & stopped_machine.WORD):
        return None
    last = steps(regime, low, stopped_machine.read)[-1]
    return _ipa_to_pa(vm, last.output(low)) if last.is_leaf else None
