# SPDX-License-Identifier: MIT
"""make trace LAB=beyond: the exits of all VMs, a line each, with the core that took it.

QEMU's log has the exceptions with their levels and cores, but not the VM. Accesses to one page of
a device are folded, such as the two for a character of the UART, unless each is wanted. What a
guest takes at EL1 itself, such as system calls, is shown if it is asked for.
"""

from __future__ import annotations

import sys
from collections import deque
from itertools import islice
from pathlib import Path

from ..core.process import Limits, Nursery
from ..model.elf import symbols
from ..model.function_names import function_at
from ..model.syndrome import DABT_LOWER, HVC64, SVC64, Syndrome
from ..qemu.boot import qemu
from ..qemu.exception_log import Taken, exceptions
from .beyond import machine, parser
from .exceptions import ASYNCHRONOUS, COUNT, Log, asked_lines, words
from .folding import numbered
from .stage import command

LIMITS = Limits(output_bytes=256 << 20, cpu_seconds=120, wall_seconds=240)
PAGE = 4096


class Names:
    """EL2's functions by address. The guests may be any programs, at any address."""

    def __init__(self, image: Path) -> None:
        found = symbols(image.read_bytes())
        self.image, self.text = image, range(found["text_start"], found["text_end"])

    def place(self, taken: Taken) -> str:
        address = taken.registers["ELR"]
        if taken.source == 2 and address in self.text:
            return function_at(self.image, address) or f"0x{address:x}"
        return f"0x{address:x}"


def line(taken: Taken, names: Names, fold: bool) -> str:
    """Core and levels, the exception, and its preferred return address."""
    levels = f"EL{taken.source}" if taken.psci else f"EL{taken.source} > EL{taken.target}"
    text = f"core {taken.core}  {levels:9}  {words(taken)}"
    syndrome = Syndrome(taken.registers.get("ESR", 0))
    synchronous = taken.kind not in ASYNCHRONOUS
    if fold and synchronous and syndrome.ec == DABT_LOWER and "FAR" in taken.registers:
        page = taken.registers["FAR"] & -PAGE
        return (f"core {taken.core}  {levels:9}  data abort from a lower EL: "
                f"the page of VA 0x{page:x}")
    if "ELR" in taken.registers:
        is_next = synchronous and syndrome.ec in (SVC64, HVC64)
        text += f", {'before' if is_next else 'at'} {names.place(taken)}"
    if "FAR" in taken.registers:
        text += f", FAR 0x{taken.registers['FAR']:x}"
    return text


def main(arguments: list[str]) -> int:
    options_parser = parser("make trace LAB=beyond")
    options_parser.add_argument("--count", default="", help=f"lines to print, {COUNT} by default")
    options_parser.add_argument("--tail", default="", help="lines to print from the end instead")
    options_parser.add_argument("--uart", action="store_true", help="each access to a device")
    options_parser.add_argument("--el1", action="store_true", help="those that guests take as well")
    options = options_parser.parse_args(arguments)
    count, tail = asked_lines(options)
    flags, argv = machine(options)
    log = Log()
    ended = Nursery().run([qemu(), *flags, "-kernel", str(options.image), *argv, "-d", "int"],
                          LIMITS, log_filter=log)
    found = [taken for taken in exceptions(log.text) if options.el1 or taken.target != 1]
    names = Names(options.image)
    shown = numbered(line(taken, names, not options.uart) for taken in found)
    for text in deque(shown, maxlen=tail) if tail else islice(shown, count or None):
        print(text)
    if not tail and any(shown):
        print(f"trace: {len(found)} in all; TAIL={count} shows the end, COUNT=0 every one",
              file=sys.stderr)
    if log.is_storm:
        print("trace: the same exception came again and again, and the machine was stopped",
              file=sys.stderr)
    elif ended.stop:
        print(f"trace: the machine did not end and was stopped: too much {ended.stop.value}",
              file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(command("trace", main))
