# SPDX-License-Identifier: MIT
"""`hyp walk`, `hyp walk-s2`, `hyp at`: one address through the tables, level by level."""

from __future__ import annotations

from typing import Optional

import gdb

from ..model import address_names
from ..model.descriptor import Kind
from ..model.platform_map import SECTIONS
from ..model.table_walk import Regime, Step, steps
from . import beyond, el2_data, regimes, stopped_machine
from .command import Command, address, say
from .complaint import Complaint
from .el1 import El1


def symbols() -> dict[str, int]:
    """Start and end of EL2's sections, as far as the image has their symbols."""
    names = {name for section in SECTIONS for name in (section.start, section.end)} | {"image_end"}
    found = {name: el2_data.address_of(name) for name in names}
    return {name: at for name, at in found.items() if at is not None}


def places() -> address_names.Places:
    if el2_data.is_beyond():
        return beyond.MachinePlaces(None, symbols())
    return address_names.Places(el2_data.layout(), symbols())


def show(regime: Regime, remarks: list[str], va: int, kind: str) -> Optional[Step]:
    """Show remarks and every level; return the leaf if there is one."""
    say(f"{regime.name}, {regime.input_bits} bits, root table at 0x{regime.root:x}")
    for remark in remarks:
        say(f"  {remark}")
    if not regime.fits(va):
        say(f"  0x{va:x} has bits above the {regime.input_bits} that are translated: "
            "translation fault, level 0")
        return None
    found = steps(regime, va, stopped_machine.read)
    for step in found:
        say("  " + step.text(regime))
    last = found[-1]
    if last.is_leaf:
        fault = "" if last.accessed else f", but AF is 0: access flag fault, level {last.level}"
        say(f"=> {kind} 0x{va:x} is {_output_kind(kind)} 0x{last.output(va):x}{fault}")
        return last
    if last.entry is None:
        say("=> the walk cannot continue: external abort")
    else:
        say(f"=> {kind} 0x{va:x}: {_entry_words(last)}: translation fault, level {last.level}")
    return None


def _output_kind(kind: str) -> str:
    return "IPA" if kind == "guest VA" else "PA"


def _entry_words(step: Step) -> str:
    if step.kind is Kind.RESERVED:
        return f"the level-{step.level} entry is a reserved encoding"
    return f"level-{step.level} entry is " + ("0" if step.entry == 0 else "invalid")


class Walk(Command):
    """Walk EL2's stage 1 for a VA: hyp walk VA [in TABLE]
Every level with its decoded descriptor, by TTBR0_EL2, TCR_EL2 and MAIR_EL2. While the MMU
is off, the table that EL2 has built so far. VA is any expression: 0x40000000, $sp,
&el2_pt, selftest_live. TABLE is any struct pgtable: el2_pt, vms[0].s2, *pt."""

    name, arguments = "walk", ("VA",)

    def run(self, *argument: str) -> None:
        text, _, table = argument[0].partition(" in ")
        va = address(text)
        with stopped_machine.physical():
            if table:
                show(regimes.of_table(table), [], va, "address")
                return
            regime, remarks = regimes.el2()
            show(regime, remarks, va, "VA")
            say(f"   0x{va:x}: {places().at(va)}")


class WalkS2(Command):
    """Walk stage 2 of a VM for an IPA: hyp walk-s2 VM IPA
Every level with its decoded descriptor, and what is at the PA. VM is a number or a name,
IPA any expression: 0x41400000, $HPFAR_EL2 << 8."""

    name, arguments = "walk-s2", ("VM", "IPA")

    def run(self, *argument: str) -> None:
        ipa = address(argument[1])
        with stopped_machine.physical():
            _stage2_walk(el2_data.vm(argument[0]), ipa)


def _stage2_walk(vm: gdb.Value, ipa: int) -> None:
    regime, remarks = regimes.stage2(vm)
    leaf = show(regime, remarks, ipa, "IPA")
    if el2_data.is_beyond():
        say("   " + (beyond.why_not(vm, ipa) if leaf is None
                     else f"that is {places().at(leaf.output(ipa))}"))
        return
    number, layout = int(vm["id"]), el2_data.layout()
    if leaf is None:
        say("   " + address_names.why_not(ipa, layout, number))
        return
    pa = leaf.output(ipa)
    mine = any(pa in region for region in layout.of_vm(number))
    say(f"   that is {places().at(pa)}" + ("" if mine else f", WHICH VM {number} MUST NOT SEE"))


class At(Command):
    """Translate a guest's VA as its MMU would: hyp at VM VA
Stage 1 by TTBR0_EL1, TCR_EL1 and SCTLR_EL1 of that VM's vCPU, from the registers if it is
loaded and else from its context; then stage 2."""

    name, arguments = "at", ("VM", "VA")

    def run(self, *argument: str) -> None:
        va = address(argument[1])
        with stopped_machine.physical():
            vm = el2_data.vm(argument[0])
            _both_stages(vm, _state_of(vm), va)


def _state_of(vm: gdb.Value) -> El1:
    """EL1 of a VM. Lab 3 has no vCPUs: the registers belong to the active VM."""
    vcpu = el2_data.vcpu_of(vm)
    if vcpu is None:
        active = stopped_machine.need("VTTBR_EL2") & regimes.TABLE == int(vm["s2"]["root"])
        if not active:
            raise Complaint(f"VM {int(vm['id'])} has no vCPU yet, and is not the active VM")
    return El1(vcpu)


def _both_stages(vm: gdb.Value, state: El1, va: int) -> None:
    number = int(vm["id"])
    regime = regimes.el1(vm, state, va)
    if regime is None:
        say(f"stage 1 of VM {number}: SCTLR_EL1.M is 0 ({state.where}): "
            "its MMU is off, and every VA is its own IPA")
        _stage2_walk(vm, va)
        return
    low = va & (1 << regime.input_bits) - 1
    # The upper bits are ones for TTBR1 and zeros for TTBR0.
    sign = va >> regime.input_bits
    if sign not in (0, (1 << 64 - regime.input_bits) - 1):
        raise Complaint(f"0x{va:x} is not a VA of {regime.name}:"
                        f" its bits above {regime.input_bits} are not all equal")
    leaf = show(regime, [f"EL1's registers {state.where}"], low, "guest VA")
    if leaf is not None:
        _stage2_walk(vm, leaf.output(low))
        return
    failed = steps(regime, low, stopped_machine.read)[-1]
    if failed.entry is None:
        say(f"   the guest's own table walk faults at stage 2, at IPA 0x{failed.table:x}: "
            "ESR_EL2 would have S1PTW = 1")
        _stage2_walk(vm, failed.table)
