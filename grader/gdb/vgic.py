# SPDX-License-Identifier: MIT
"""`hyp vgic`: the interrupts of each vCPU, and their three physical PPIs.

QEMU's gdb stub does not show ICH_ registers. So for the loaded vCPU only the values from its load
are known; `break context_switch` and `finish` show the values of the vCPU that has left.
"""

from __future__ import annotations

from typing import Optional

import gdb

from ..model.platform_map import PLATFORM
from ..model.timer_verdict import timer_verdict
from . import stopped_machine, el2_data
from .command import Command, say
from .complaint import Complaint
from .el1 import El1

PPIS = {PLATFORM["PPI_MAINTENANCE"]: "maintenance", PLATFORM["PPI_HYP_TIMER"]: "CNTHP, EL2's slice",
        PLATFORM["PPI_VTIMER"]: "CNTV, the guests' timer"}
STATES = {0: "free", 1: "pending", 2: "active", 3: "pending and active"}
# IHI 0069, the redistributor's SGI_base frame, 64 KiB above RD_base.
SGI_BASE, ENABLED, PENDING, ACTIVE = 0x10000, 0x100, 0x200, 0x300


def list_register(value: int) -> str:
    """ICH_LR<n>_EL2 in words. IHI 0069, "ICH_LR<n>_EL2"."""
    state = value >> 62
    if state == 0:
        return "free" if value == 0 else f"free (0x{value:x})"
    intid, group = value & 0xFFFFFFFF, value >> 60 & 1
    hardware = f", HW: its EOI deactivates PPI {value >> 32 & 0x1FFF}" if value >> 61 & 1 else ""
    return (f"INTID {intid} {STATES[state]}, group {group}, priority "
            f"0x{value >> 48 & 0xFF:02x}{hardware}")


def _intids(mask: int) -> str:
    return ", ".join(str(n) for n in range(64) if mask >> n & 1) or "none"


def pending(state: El1) -> str:
    """INTIDs that are pending in list registers or wait for one, in a few words."""
    context = state.context()
    if context is None:
        return ""  # before lab 5
    lrs, (low, high) = context["vgic"]["lr"], context["vgic"]["lr"].type.range()
    values = [int(lrs[n]) for n in range(low, high + 1)]
    found = int(context["vgic"]["waiting"])
    if not state.live:
        found |= sum(1 << (v & 31) for v in values if v >> 62 & 1 and not found >> (v & 31) & 1)
    note = " waiting (the list registers are in the core)" if state.live else ""
    return f", pending: {_intids(found)}{note}"


class Vgic(Command):
    """Show the interrupts of every vCPU, or of one: hyp vgic [N]
Saved list registers, active priorities and masks, INTIDs that wait for a list register,
then the physical state of the three PPIs, and what that means for the timer. (QEMU's
gdb stub does not show ICH_ registers: for the loaded vCPU these are the values from its
load.)"""

    name, arguments, optional = "vgic", ("N",), 1

    def run(self, *argument: str) -> None:
        with stopped_machine.physical():
            found = [el2_data.vcpu(argument[0])] if argument else el2_data.vcpus()
            if el2_data.variable("contexts") is None:
                raise Complaint("this stage has no virtual interrupts: they come in lab 5")
            for vcpu in found:
                one(El1(vcpu), el2_data.owner(vcpu))
            ppis = _ppis()
            if ppis is None:
                say("the GIC: gic_init() has not found the redistributor yet")
                return
            _physical_interrupts(*ppis)
            _verdict(*ppis)


def one(state: El1, owner: str) -> None:
    context = state.context()
    if context is None:
        say(f"{owner}: no context yet: context_create() has not run")
        return
    vgic = context["vgic"]
    say(f"{owner}: " + ("loaded; values from its load, because QEMU's gdb stub cannot read "
                        "ICH_ registers" if state.live else "saved"))
    low, high = vgic["lr"].type.range()
    for n in range(low, high + 1):
        role = ", the timer's" if n == 0 else ""
        value = list_register(int(vgic["lr"][n]))
        say(f"  LR{n}{role}: " + (f"cannot be read here; at its load {value}" if state.live
                                 else value))
    vmcr = int(vgic["vmcr"])
    say(f"  VMCR 0x{vmcr:x}: group 1 {'on' if vmcr & 2 else 'off'}, priority mask "
        f"0x{vmcr >> 24 & 0xFF:02x};"
        f" active priorities 0x{int(vgic['ap1r0']):x}, group 0 0x{int(vgic['ap0r0']):x}")
    say(f"  waiting for a list register: {_intids(int(vgic['waiting']))}")


def _ppis() -> Optional[tuple[int, int, int]]:
    """The registers with enabled, pending and active PPIs; None before gic_init()."""
    try:
        base = gdb.parse_and_eval("((struct cpu *)&boot_cpu)->redistributor")
    except gdb.error:  # no debug information
        return None
    if not 0 <= int(base) - PLATFORM["GICR_BASE"] < PLATFORM["GICR_SIZE"]:
        return None
    frame = int(base) + SGI_BASE
    return (stopped_machine.device(frame + ENABLED), stopped_machine.device(frame + PENDING),
            stopped_machine.device(frame + ACTIVE))


def _physical_interrupts(enabled: int, waiting: int, active: int) -> None:
    for intid, name in PPIS.items():
        states = [word if register >> intid & 1 else f"not {word}" for word, register in
                  (("enabled", enabled), ("pending", waiting), ("active", active))]
        say(f"PPI {intid} ({name}): {', '.join(states)}")


def _verdict(enabled: int, _: int, active: int) -> None:
    """Say whether the loaded vCPU's timer can interrupt again."""
    on, busy = (bool(register >> PLATFORM["PPI_VTIMER"] & 1) for register in (enabled, active))
    owner, lr0 = "", None
    for vcpu in el2_data.vcpus():
        state = El1(vcpu)
        context = state.context() if state.live else None
        if context is not None:
            owner, lr0 = el2_data.owner(vcpu), int(context["vgic"]["lr"][0])
    say("=> " + timer_verdict(on, busy, owner, lr0))
