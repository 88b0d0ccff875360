#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write a bundle: the CPIO archive (newc) with all that EL2 boots.

    bundle.py OUTPUT [NAME=]FILE... [--frames [NAME=]FILE...]

A file without a name is called as it is, without its folder. A FILE that ends in .dts is compiled
by dtc and ends in .dtb then. Kernels (arm64 Images) and what follows --frames, such as an initrd,
begin on 2 MiB and become a VM's own memory. They come last, so the rest of such a member's last 2
MiB holds no other member: only padding, and the header of the next one. All others begin on 4 KiB.
EL2 needs the archive itself on 2 MiB. The same files make the same archive.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PAGE, BLOCK = 4 << 10, 2 << 20
ALIGN = 4  # of headers and data, from the archive's beginning
LIMIT = (1 << 32) - 1  # of a size, which has eight hexadecimal digits
REGULAR = 0o100644
IMAGE_MAGIC = (56, b"ARM\x64")
TRAILER = "TRAILER!!!"


class Refused(Exception):
    """No bundle can be made of these files. One sentence says why."""


@dataclass(frozen=True)
class Member:
    """A file of the bundle."""

    name: str
    data: bytes
    alignment: int


class Archive:
    """A newc archive (Linux, "initramfs buffer format"), written from front to back."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0
        self.count = 0

    def append(self, data: bytes) -> None:
        self.parts += [data, bytes(-len(data) % ALIGN)]
        self.size += len(data) + -len(data) % ALIGN

    def add(self, name: str, data: bytes, mode: int = REGULAR) -> None:
        self.count += 1
        fields = (self.count, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name.encode()) + 1, 0)
        self.append(b"070701" + b"".join(b"%08x" % field for field in fields)
                    + name.encode() + b"\0")  # fmt: skip
        self.append(data)

    def pad_for(self, member: Member) -> None:
        """Add a member of zeros, if the data of `member` would not begin where it must."""
        if (self.size + header_size(member.name)) % member.alignment:
            name = f".padding/{self.count}"
            used = self.size + header_size(name) + header_size(member.name)
            self.add(name, bytes(-used % member.alignment))


def header_size(name: str) -> int:
    size = 6 + 13 * 8 + len(name.encode()) + 1
    return size + -size % ALIGN


def is_image(data: bytes) -> bool:
    at, magic = IMAGE_MAGIC
    return data[at : at + len(magic)] == magic


def compiled(source: Path) -> bytes:
    try:
        done = subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", source], capture_output=True)
    except FileNotFoundError:
        raise Refused("dtc is missing: install device-tree-compiler") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["dtc failed"]
        raise Refused(f"{source} is no device tree: {said[0]}")
    return done.stdout


def read_member(word: str, frames: bool) -> Member:
    name, equals, path = word.partition("=")
    file = Path(path if equals else name)
    name = name if equals else file.name
    try:
        data = compiled(file) if file.suffix == ".dts" else file.read_bytes()
    except OSError as error:
        raise Refused(f"{file}: {error.strerror}") from None
    if file.suffix == ".dts":
        name = f"{name.removesuffix('.dts')}.dtb" if not equals else name
    if not name or "\0" in name or name == TRAILER:
        raise Refused(f"'{name}' cannot be a name in a bundle")
    if len(data) > LIMIT:
        raise Refused(f"{file} has 4 GiB or more, which is too large for a bundle")
    return Member(name, data, BLOCK if frames or is_image(data) else PAGE)


def bundle(members: list[Member]) -> bytes:
    names = [member.name for member in members]
    for name in names:
        if names.count(name) > 1:
            raise Refused(f"two files are called {name}: give one another name, NAME=FILE")
    archive = Archive()
    for member in sorted(members, key=lambda member: member.alignment):
        archive.pad_for(member)
        archive.add(member.name, member.data)
    archive.add(TRAILER, b"", mode=0)
    return b"".join(archive.parts)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="bundle.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("output", type=Path)
    parser.add_argument("files", nargs="*", metavar="[NAME=]FILE", default=[])
    parser.add_argument("--frames", nargs="+", metavar="[NAME=]FILE", default=[])
    options = parser.parse_args(argv)
    try:
        members = [read_member(word, False) for word in options.files]
        members += [read_member(word, True) for word in options.frames]
        options.output.write_bytes(bundle(members))
    except Refused as refused:
        print(f"bundle.py: {refused}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"bundle.py: {options.output}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
