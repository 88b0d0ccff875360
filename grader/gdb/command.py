# SPDX-License-Identifier: MIT
"""The base of all `hyp` commands: help, arguments, and one line for each failure."""

from __future__ import annotations

from collections.abc import Callable

import gdb

from . import el2_data, stopped_machine
from .complaint import Complaint


class Command(gdb.Command):
    """A subcommand of `hyp`. The docstring of the class is its help text."""

    name = ""
    arguments: tuple[str, ...] = ()  # the last is an expression, which may contain spaces
    optional = 0  # how many of the last ones may be left out
    needs_machine = True

    run: Callable[..., None]  # one word for each argument

    def __init__(self) -> None:
        super().__init__(f"hyp {self.name}", gdb.COMMAND_DATA)

    def invoke(self, argument: str, from_tty: bool) -> None:
        try:
            words = self.split(argument)
            if not self.needs_machine:
                self.run(*words)
                return
            stopped_machine.require()
            self.run(*words)
        except Complaint as complaint:
            raise gdb.GdbError(f"hyp {self.name}: {complaint}") from None
        except (gdb.error, gdb.MemoryError) as error:
            raise gdb.GdbError(f"hyp {self.name}: {one_line(error)}") from None
        except Exception as error:
            # Bad data in memory must not end in a traceback.
            why = f"{type(error).__name__}: {one_line(error)}"
            message = f"hyp {self.name}: the data in memory makes no sense ({why})"
            raise gdb.GdbError(message) from None

    def split(self, argument: str) -> list[str]:
        """Return the arguments of run(); the last one takes the rest of the line."""
        words = argument.split(None, max(0, len(self.arguments) - 1))
        fewest = len(self.arguments) - self.optional
        if not fewest <= len(words) <= len(self.arguments):
            optional = self.arguments[fewest:]
            usage = " ".join([*self.arguments[:fewest], *(f"[{word}]" for word in optional)])
            raise Complaint(f"usage: hyp {self.name} {usage}".rstrip())
        return [word.strip() for word in words]

    def complete(self, text: str, word: str) -> object:
        """Complete VM numbers, or else expressions."""
        if not self.arguments:
            return gdb.COMPLETE_NONE
        position = len(text.split()) - (1 if word else 0)
        if position < len(self.arguments) and self.arguments[position] in ("VM", "N"):
            return [choice for choice in choices() if choice.startswith(word)]
        return gdb.COMPLETE_EXPRESSION


def one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")


def choices() -> list[str]:
    """Return the numbers of the VMs; none if they cannot be read now."""
    try:
        stopped_machine.require()
        with stopped_machine.physical():
            return [str(int(vm["id"])) for vm in el2_data.vms()]
    except (Complaint, gdb.error, ValueError):
        return []


def address(text: str) -> int:
    """Return the value of an expression in 64 bits, or the address of an array or function."""
    try:
        value = gdb.parse_and_eval(text)
        if value.type.strip_typedefs().code in (gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_FUNC):
            value = value.address
        return int(value) & (1 << 64) - 1
    except gdb.error as error:
        raise Complaint(f"'{text}' has no value: {one_line(error)}") from None
    except (TypeError, ValueError, OverflowError):
        raise Complaint(f"'{text}' is not a number") from None


def say(line: str = "") -> None:
    gdb.write(line + "\n")
