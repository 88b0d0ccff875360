# SPDX-License-Identifier: MIT
"""How gdb prints EL2's structs: a summary first, then the fields.

A printer is called for each such struct, also for junk: it reads only the struct itself and follows
no pointers. `print/r` shows the struct without it.
"""

from __future__ import annotations

from collections.abc import Iterator

import gdb
import gdb.printing

from ..model.syndrome import Syndrome
from .el2_data import enum_name
from .mailboxes import MAGIC, entries, summary


class Printer:
    """A summary line, then the fields."""

    skip: tuple[str, ...] = ()

    def __init__(self, value: gdb.Value) -> None:
        self.value = value

    def line(self) -> str:
        raise NotImplementedError

    def to_string(self) -> str:
        try:
            return self.line()
        except (gdb.error, gdb.MemoryError, ValueError) as error:
            return f"unreadable: {error}"

    def children(self) -> Iterator[tuple[str, gdb.Value]]:
        for field in self.value.type.fields():
            if field.name not in self.skip:
                yield str(field.name), self.value[field.name]


class Vm(Printer):
    def line(self) -> str:
        used = "in use" if int(self.value["in_use"]) else "not in use"
        return f"VM {int(self.value['id'])}, {used}, VMID {int(self.value['s2']['vmid'])}"


class Vcpu(Printer):
    def line(self) -> str:
        exits = self.value["exits"]
        low, high = exits.type.range()
        total = sum(int(exits[n]) for n in range(low, high + 1))
        state = enum_name(self.value["state"], "VCPU_")
        return f"vCPU {int(self.value['id'])}, {state}, {total} exits"

    skip = ("exits",)  # hyp exits


class Pgtable(Printer):
    def line(self) -> str:
        root, vmid = int(self.value["root"]), int(self.value["vmid"])
        if not root:
            return "no table"
        stage = f", VMID {vmid}" if vmid else ""
        return f"table at 0x{root:x}, {int(self.value['input_bits'])} bits{stage}"


class Mailbox(Printer):
    """Show only the entries in use: all 127 would fill the screen."""

    def line(self) -> str:
        return "mailbox: " + summary(self.value)

    def children(self) -> Iterator[tuple[str, gdb.Value]]:
        if int(self.value["magic"]) == MAGIC:
            for line in entries(self.value):
                name, _, number = line.rpartition(" = ")
                yield name, gdb.Value(int(number, 0))


class ExceptionFrame(Printer):
    def line(self) -> str:
        syndrome = Syndrome(int(self.value["esr"]))
        return (
            f"slot {int(self.value['slot'])}, {syndrome.summary}, at 0x{int(self.value['elr']):x}")


def register() -> None:
    collection = gdb.printing.RegexpCollectionPrettyPrinter("schism")
    for name, printer in (("vm", Vm), ("vcpu", Vcpu), ("pgtable", Pgtable), ("mailbox", Mailbox),
                          ("exception_frame", ExceptionFrame)):
        collection.add_printer(name, f"^{name}$", printer)
    gdb.printing.register_pretty_printer(None, collection, replace=True)
