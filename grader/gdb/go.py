# SPDX-License-Identifier: MIT
"""`hyp go`: run to a check of the grader, or to any location."""

from __future__ import annotations

import re
from pathlib import Path

import gdb

from ..labs.breakpoints import PLACES

from .command import Command, one_line, say
from .complaint import Complaint

CHECK = re.compile(r"(lab\d+\.\d+)(\.\w+)?$")


def _location(place: str) -> str:
    """The place of a task for a check's id, with or without its name; else `place` itself."""
    match = CHECK.match(place)
    if not match:
        return place
    if match[1] not in PLACES:
        raise Complaint(f"there is no task {match[1]} (lab01.1 to {max(PLACES)})")
    return PLACES[match[1]].strip("'")


class Go(Command):
    """Run to a place: hyp go PLACE
PLACE is a check of the grader (lab04.7 or lab04.7.two_pages), a function, file.c:line or
*address, optionally with a condition: trap_stop if vcpu->id == 1. The breakpoint stays."""

    name, arguments = "go", ("PLACE",)

    def run(self, *argument: str) -> None:
        place = _location(argument[0])
        try:
            rest, lines = gdb.decode_line(place)
        except gdb.error as error:
            raise Complaint(f"{one_line(error)}: the machine has not moved") from None
        gdb.execute(f"break {place}")
        if not rest and _at_entry() and any(line.pc == pc() for line in lines or ()):
            return  # a stage enters once, and `continue` steps over the breakpoint at the PC
        try:
            gdb.execute("continue")
        except gdb.error:
            pass  # QEMU has ended: reported below
        if gdb.selected_thread() is None:
            say(f"The stage has ended without reaching {place}.{_last_line()}")

    def complete(self, text: str, word: str) -> object:
        checks = [task for task in PLACES if task.startswith(text)]
        return checks or gdb.COMPLETE_LOCATION


def pc() -> int:
    return gdb.selected_frame().pc()


def _at_entry() -> bool:
    """Has the machine executed nothing yet?"""
    return pc() == int(gdb.parse_and_eval("(unsigned long)&_start"))


def _last_line() -> str:
    """The last line of the UART. `make gdb` lets QEMU write it to a file next to the image."""
    path = Path(gdb.current_progspace().filename or "").parent / "uart.txt"
    try:
        lines = path.read_text(errors="replace").split("\n")
    except OSError:
        return ""
    printed = [line.strip() for line in lines if line.strip()]
    return f" Its last line: {printed[-1]}" if printed else " It printed nothing."
