# SPDX-License-Identifier: MIT
"""`hyp vcpus`, `hyp vcpu`, `hyp exits`: the vCPUs, their state, and their exits."""

from __future__ import annotations

from typing import Optional

import gdb

from ..model.bit_fields import describe, named, wrapped
from ..model.control_registers import PSTATE
from ..model.syndrome import SHORT
from . import beyond, stopped_machine, el2_data
from .command import Command, say
from .el1 import El1
from .vgic import pending
from .walks import places


class Vcpus(Command):
    """List the vCPUs, a line each: hyp vcpus
State, whether it is loaded, its PC, and its pending interrupts."""

    name = "vcpus"

    def run(self) -> None:
        with stopped_machine.physical():
            found = el2_data.vcpus()
            for vcpu in found:
                say(line(vcpu))
            if not found:
                say("no vCPU has been created yet")


def line(vcpu: gdb.Value) -> str:
    state = El1(vcpu)
    pc = stopped_machine.register("pc", state.core) if state.runs else state.get("ELR_EL2")
    beyond_the_labs = el2_data.is_beyond()
    return (f"vCPU {int(vcpu['id'])}, {el2_data.owner(vcpu)}: "
            f"{el2_data.enum_name(vcpu['state'], 'VCPU_')}, "
            f"{'loaded' if state.live else 'not loaded'}, "
            f"PC {'not saved' if pc is None else f'0x{pc:x}'}"
            f"{beyond.of_the_vcpu(vcpu) if beyond_the_labs else pending(state)}")


class Vcpu(Command):
    """Show one vCPU: hyp vcpu N
Its registers, from the core if it is loaded and runs, else from memory; its state, pending
interrupts, and the timer of its context."""

    name, arguments = "vcpu", ("N",)

    def run(self, *argument: str) -> None:
        with stopped_machine.physical():
            vcpu = el2_data.vcpu(argument[0])
            say(line(vcpu))
            state = El1(vcpu)
            say("x0 to x30 " + ("in the core: the guest runs" if state.runs
                                else "saved at its last exit"))
            _general(vcpu, state)
            _special(state)
            timer(state)


def _general(vcpu: gdb.Value, state: El1) -> None:
    runs = state.runs
    values = [stopped_machine.register(f"x{n}", state.core) if runs else int(vcpu["x"][n])
              for n in range(31)]
    for first in range(0, 31, 4):
        numbers = range(first, min(first + 4, 31))
        say("  " + "  ".join(f"x{n:<2} {named(values[n])}" for n in numbers))
    foreign = [f"x{n} ({where})" for n, value in enumerate(values) if (where := _in_el2(value))]
    if foreign:
        say(f"  addresses of EL2: {', '.join(foreign)}")
    if runs:
        say(f"  EL2's own SP is in hyp_sp: 0x{int(vcpu['hyp_sp']):x}")


def _in_el2(value: Optional[int]) -> str:
    """Name the section of EL2 that a value is an address in."""
    where = "" if value is None else places().at(value)
    return where if where.startswith("EL2's") else ""


def _special(state: El1) -> None:
    """PC, PSTATE and stacks. In EL2 a guest's PC and PSTATE are ELR_EL2 and SPSR_EL2."""
    names = ("pc", "cpsr") if state.runs else ("ELR_EL2", "SPSR_EL2")
    pc, pstate = (stopped_machine.register(name, state.core) if state.runs else state.get(name)
                  for name in names)
    say(f"EL1's registers {state.where}")
    sp0, sp1 = (named(state.get(name), "not saved") for name in ("SP_EL0", "SP_EL1"))
    say(f"  PC {named(pc, 'not saved')}  SP_EL0 {sp0}  SP_EL1 {sp1}")
    if pstate is not None:
        for text in wrapped([f"PSTATE 0x{pstate:x}", *describe(pstate, PSTATE)], 2):
            say(text)
    for name in ("SCTLR_EL1", "TTBR0_EL1", "TCR_EL1", "VBAR_EL1", "ESR_EL1", "FAR_EL1", "ELR_EL1"):
        say(f"  {name:<10} {named(state.get(name), 'not saved')}")


def timer(state: El1) -> None:
    context: Optional[gdb.Value] = state.context()
    if context is None:
        return
    saved = context["vtimer"]
    cval, ctl = ((stopped_machine.register(f"CNTV_{name}_EL0", state.core) if state.live
                  else int(saved[name.lower()]))
                 for name in ("CVAL", "CTL"))
    say(f"virtual timer: CNTV_CTL {named(ctl)}, CNTV_CVAL {named(cval)}, "
        f"offset 0x{int(saved['offset']):x}")


class Exits(Command):
    """Show the exits of each vCPU, or of one: hyp exits [N]
By exception class, as counted by trap_handle() so far."""

    name, arguments, optional = "exits", ("N",), 1

    def run(self, *argument: str) -> None:
        with stopped_machine.physical():
            vcpus = [el2_data.vcpu(argument[0])] if argument else el2_data.vcpus()
            if not vcpus:
                say("no vCPU has been created yet")
            for vcpu in vcpus:
                counts = vcpu["exits"]
                low, high = counts.type.range()
                some = [f"{SHORT.get(n, f'class 0x{n:02x}')} {int(counts[n])}"
                        for n in range(low, high + 1) if int(counts[n])]
                say(f"{el2_data.owner(vcpu)}: {', '.join(some) or 'no exit counted'}")
