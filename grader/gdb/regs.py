# SPDX-License-Identifier: MIT
"""`hyp regs` and `hyp esr`: control registers and syndromes, with their fields in words."""

from __future__ import annotations

import gdb

from ..model import control_registers, syndrome
from ..model.bit_fields import named, wrapped
from . import el2_data, stopped_machine
from .command import Command, address, say
from .complaint import Complaint

CODE = ("VBAR_EL2", "ELR_EL2")  # in EL2's image, or in a guest


class Regs(Command):
    """Show control registers, their fields decoded: hyp regs [el1|el2|NAME...]
EL2's own; then EL1's, which are the loaded guest's. With names only those:
hyp regs TCR_EL2 MAIR_EL2."""

    name, arguments, optional = "regs", ("el1|el2|NAME...",), 1

    def run(self, *argument: str) -> None:
        if argument and argument[0] not in ("el1", "el2"):
            table({name: _decoder(name) for name in argument[0].upper().split()})
            return
        say(f"the core is at EL{stopped_machine.current_el()}, PC "
            f"0x{stopped_machine.need('pc'):x}{symbol('pc')}")
        if argument != ("el1",):
            table(control_registers.EL2)
        if argument != ("el2",):
            say(f"EL1: {_whose()}")
            table(control_registers.EL1)

    def complete(self, text: str, word: str) -> object:
        names = ["el1", "el2", *control_registers.EL2, *control_registers.EL1]
        return [name for name in names if name.lower().startswith(word.lower())]


def _decoder(name: str) -> control_registers.Decoder:
    found = {**control_registers.EL2, **control_registers.EL1}.get(name)
    if not found and stopped_machine.register(name) is None:
        raise Complaint(f"{name}: give el1, el2, nothing for both, or names of registers")
    return found or control_registers.nothing


def _whose() -> str:
    with stopped_machine.physical():
        try:
            for vcpu in el2_data.vcpus():
                if int(vcpu.address) == el2_data.loaded():
                    return f"the registers of {el2_data.owner(vcpu)}, which is loaded"
        except Complaint:
            return "the current values"
    return "no vCPU is loaded; these are the values of the last one"


def table(names: dict[str, control_registers.Decoder]) -> None:
    for name, decode in names.items():
        value = stopped_machine.register(name)
        say(f"{name:<14} {named(value)}{symbol(name) if name in CODE else ''}")
        for line in wrapped(decode(value) if value is not None else [], 15):
            say(line)


def symbol(register: str) -> str:
    """The function of EL2 that the value is in. gdb knows EL2's symbols."""
    text = gdb.execute(f"info symbol {stopped_machine.need(register)}", to_string=True) or ""
    return "" if text.startswith("No symbol") else f"  {text.split(' in section')[0]}"


class Esr(Command):
    """Decode a syndrome: hyp esr [VALUE]
Exception class, IL and every field of the ISS in words. Default: $ESR_EL2."""

    name, arguments, optional, needs_machine = "esr", ("VALUE",), 1, False

    def run(self, *argument: str) -> None:
        if not argument:
            stopped_machine.require()
        value = address(argument[0]) if argument else stopped_machine.need("ESR_EL2")
        for line in syndrome.Syndrome(value).lines():
            say(line)
