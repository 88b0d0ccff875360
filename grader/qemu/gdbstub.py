# SPDX-License-Identifier: MIT
"""QEMU's gdb stub without gdb, whose start alone takes as long as most boots.

What writes a few words into a machine and lets it run does not need more of the GDB
Remote Serial Protocol than this: packets "$text#checksum", each acknowledged by "+".
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from pathlib import Path

from ..core.kit import GraderError
from .time_budget import Write

SIGALRM = 14  # gdb's number: the watchdog has paused the machine


class Gone(Exception):
    """The machine is: it has powered itself off, or was stopped."""


class Stub:
    """A connection to a machine that stands still. Gone if there is none, or no more."""

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
        """A packet, and the reply to it."""
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
        self.replies.read(3)  # with the checksum: a socket changes no bytes
        self.connection.sendall(b"+")
        return text.decode("ascii", "replace")

    def must(self, text: str) -> None:
        said = self.ask(text)
        if said != "OK":
            raise GraderError(f"QEMU's gdb stub answers {said or 'nothing'} to {text}")

    def write(self, writes: Iterable[Write]) -> None:
        """To physical memory, devices included."""
        self.must("Qqemu.PhyMemMode:1")
        for address, data in writes:
            self.must(f"M{address:x},{len(data):x}:{data.hex()}")
        self.must("Qqemu.PhyMemMode:0")

    def is_paused_by_watchdog(self) -> bool:
        """Let the machine run. False if it came to its end by itself."""
        try:
            said = self.ask("c")
        except Gone:
            return False
        if said[:1] in ("W", "X"):  # exited
            return False
        if said[:3] != f"T{SIGALRM:02x}":
            raise GraderError(f"QEMU's gdb stub answers {said} to a machine that was to run")
        return True
