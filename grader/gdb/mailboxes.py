# SPDX-License-Identifier: MIT
"""`hyp mailboxes`: the guests' mailboxes as they are now."""

from __future__ import annotations

import gdb

from ..core.kit import KIT
from ..model.layout import numbers

from . import guest, stopped_machine, el2_data
from .command import Command, say
from .complaint import Complaint

MAGIC = numbers(KIT / "common/include/mailbox.h")["MAILBOX_MAGIC"]


class Mailboxes(Command):
    """Show the mailbox of every VM: hyp mailboxes
Their named values, as guest_shared_dump() would print them now. A guest may write anything:
a bad magic number, count or key is reported."""

    name = "mailboxes"

    def run(self) -> None:
        with stopped_machine.physical():
            found = el2_data.vms()
            for vm in found:
                one(vm)
            if not found:
                say("no VM has been created yet, or all have been destroyed")


def one(vm: gdb.Value) -> None:
    """EL2 has the struct from task 5 of lab 6 on, the guests from task 3 on."""
    try:
        show(vm, el2_data.struct("mailbox"))
        return
    except Complaint:
        pass
    try:
        with guest.borrowed(vm):
            show(vm, el2_data.struct("mailbox"))
    except Complaint:
        say(f"vm{int(vm['id'])} {el2_data.text(vm['name'])}: neither EL2 nor this guest has "
            "code for "
            "mailboxes yet: they come in lab 6")


def show(vm: gdb.Value, kind: gdb.Type) -> None:
    number = int(vm["id"])
    at = el2_data.layout().mailbox(number).start
    box = gdb.Value(at).cast(kind.pointer()).dereference()
    say(f"vm{number} {el2_data.text(vm['name'])}, at 0x{at:x}: {summary(box)}")
    for line in entries(box):
        say(f"  {line}")


def room(box: gdb.Value) -> int:
    low, high = box["entry"].type.range()
    return high + 1 - low


def summary(box: gdb.Value) -> str:
    magic, count = int(box["magic"]), int(box["count"])
    if magic != MAGIC:
        return f"not a mailbox: its magic number is 0x{magic:x}"
    if count > room(box):
        return f"not a mailbox: count is {count}, but there is room for {room(box)}"
    return f"{count} value{'' if count == 1 else 's'}"


def entries(box: gdb.Value) -> list[str]:
    if int(box["magic"]) != MAGIC or int(box["count"]) > room(box):
        return []
    return [f"{key(box['entry'][n]['key'])} = 0x{int(box['entry'][n]['value']):x}"
            for n in range(int(box["count"]))]


def key(characters: gdb.Value) -> str:
    low, high = characters.type.range()
    raw = bytes(int(characters[n]) & 0xFF for n in range(low, high + 1))
    name = raw.split(b"\0")[0]
    good = 0 < len(name) < len(raw) and all(0x20 <= byte < 0x7F and byte != 0x3D for byte in name)
    return name.decode("ascii") if good else "(bad key)"
