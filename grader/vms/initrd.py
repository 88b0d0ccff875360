# SPDX-License-Identifier: MIT
"""The initrd of a Linux VM: busybox and beyond/vms/init, as a CPIO archive (newc).

The same busybox makes the same bytes: no times, owners or inode numbers of this machine.
"""

from __future__ import annotations

from ..core.kit import KIT

INIT = KIT / "beyond/vms/init"
DIRECTORY, PROGRAM, CHARACTERS = 0o040755, 0o100755, 0o020600
CONSOLE = (5, 1)  # Linux opens it for the first program, before /dev is mounted


def entry(number: int, name: str, mode: int, data: bytes = b"",
          device: tuple[int, int] = (0, 0)) -> bytes:
    """A file of the archive (Linux, "initramfs buffer format"); header and data end on 4 bytes."""
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def initrd(busybox: bytes) -> bytes:
    """Return the archive."""
    folders = [entry(n, name, DIRECTORY) for n, name in enumerate(("bin", "dev", "proc", "sys"), 1)]
    return b"".join([
        *folders,
        entry(5, "bin/busybox", PROGRAM, busybox),
        entry(6, "dev/console", CHARACTERS, device=CONSOLE),
        entry(7, "init", PROGRAM, INIT.read_bytes()),
        entry(0, "TRAILER!!!", 0),
    ])  # fmt: skip
