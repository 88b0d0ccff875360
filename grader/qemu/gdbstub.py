# SPDX-License-Identifier: MIT
"""Use QEMU's gdb stub without gdb, whose start takes as long as most boots.

To write a few words and let the machine run, this part of the GDB Remote Serial Protocol
is enough: packets "$text#checksum", each acknowledged by "+".
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from pathlib import Path

from ..core.kit import GraderError
from .time_budget import Write

SIGALRM = 14  # gdb's number: the watchdog has paused the machine


class Gone(Exception):
    """The machine has powered itself off, or QEMU was stopped."""


class Stub:
    """A connection to a stopped machine. Raise Gone if there is no machine."""

    def __init__(self, path: Path) -> None:
        self.connection = socket.socket(socket.AF_UNIX)
        self.replies = self.connection.makefile("rb")
        try:
            self.connection.connect(str(path))
        except OSError:
            self.__exit__()
            raise Gone from None

    def __enter__(self) -> Stub:
        return self

    def __exit__(self, *_: object) -> None:
        self.replies.close()
        self.connection.close()

    def ask(self, text: str) -> str:
        """Send a packet and return the reply."""
        data = text.encode("ascii")
        try:
            self.connection.sendall(b"$%b#%02x" % (data, sum(data) & 0xFF))
            return self.reply()
        except OSError:
            raise Gone from None

    def reply(self) -> str:
        while (byte := self.replies.read(1)) != b"$":
            if not byte:
                raise Gone
        text = bytearray()
        while (end := (data := self.replies.peek()).find(b"#")) < 0:
            if not data:
                raise Gone
            text += self.replies.read(len(data))
        text += self.replies.read(end)
        self.replies.read(3)  # the checksum is not needed: a socket changes no bytes
        self.connection.sendall(b"+")
        return text.decode("ascii", "replace")

    def must(self, text: str) -> None:
        said = self.ask(text)
        if said != "OK":
            raise GraderError(f"QEMU's gdb stub replies {said or 'nothing'} to {text}")

    def write(self, writes: Iterable[Write]) -> None:
        """Write to physical memory, including devices."""
        self.must("Qqemu.PhyMemMode:1")
        for address, data in writes:
            self.must(f"M{address:x},{len(data):x}:{data.hex()}")
        self.must("Qqemu.PhyMemMode:0")

    def is_paused_by_watchdog(self) -> bool:
        """Let the machine run. True if the watchdog pauses it, False if it ends."""
        try:
            said = self.ask("c")
        except Gone:
            return False
        if said[:1] in ("W", "X"):  # exited
            return False
        if said[:3] != f"T{SIGALRM:02x}":
            raise GraderError(f"QEMU's gdb stub replies {said} when it should let the machine run")
        return True
