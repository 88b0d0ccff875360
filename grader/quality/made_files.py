# SPDX-License-Identifier: MIT
"""Write small CPIO archives, device trees, ELF files and Images, whole or with one thing wrong."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

REGULAR = 0o100644
DIRECTORY = 0o040755
TRAILER = "TRAILER!!!"

FDT_HEADER = struct.Struct(">10I")
FDT_FIELDS = (
    "magic", "totalsize", "off_dt_struct", "off_dt_strings", "off_mem_rsvmap", "version",
    "last_comp_version", "boot_cpuid_phys", "size_dt_strings", "size_dt_struct",
)  # fmt: skip
BEGIN_NODE, END_NODE, PROP, NOP, END = (struct.pack(">I", kind) for kind in (1, 2, 3, 4, 9))

RAM, RAM_SIZE = 0x4000_0000, 0x1000_0000
PT_LOAD, PT_INTERP, PT_NOTE = 1, 3, 4
X, W, R = 1, 2, 4


def padded(data: bytes, to: int = 4) -> bytes:
    return data + bytes(-len(data) % to)


def cpio_member(name: str, data: bytes = b"", mode: int = REGULAR) -> bytes:
    numbers = [1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name.encode()) + 1, 0]
    header = b"070701" + b"".join(b"%08X" % number for number in numbers)
    return padded(header + name.encode() + b"\0") + padded(data)


def cpio(*members: tuple[str, bytes]) -> bytes:
    parts = [*(cpio_member(name, data) for name, data in members), cpio_member(TRAILER, mode=0)]
    return b"".join(parts)


@dataclass
class Node:
    """A node of a device tree. `nops` of NOP tokens come before each of its tokens."""

    name: str = ""
    properties: Sequence[tuple[str, bytes]] = ()
    children: Sequence[Node] = ()
    nops: int = 0


def cells(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


def strings(*values: str) -> bytes:
    return b"".join(value.encode() + b"\0" for value in values)


@dataclass
class Strings:
    """A strings block, which grows."""

    block: bytes = b""

    def offset(self, name: str) -> int:
        at = (b"\0" + self.block).find(b"\0" + name.encode() + b"\0")
        if at < 0:
            at = len(self.block)
            self.block += name.encode() + b"\0"
        return at


def fdt_node(node: Node, names: Strings) -> bytes:
    nops = NOP * node.nops
    out = nops + BEGIN_NODE + padded(node.name.encode() + b"\0")
    for name, value in node.properties:
        out += nops + PROP + cells(len(value), names.offset(name)) + padded(value)
    out += b"".join(fdt_node(child, names) for child in node.children)
    return out + nops + END_NODE


def fdt(
    root: Node | bytes,
    reserved: Sequence[tuple[int, int]] = (),
    names: Strings | None = None,
    **header: int,
) -> bytes:
    """Write a tree, or a structure block as it is. Fields of the header may be replaced."""
    names = names or Strings()
    structure = root if isinstance(root, bytes) else fdt_node(root, names) + END
    reservations = b"".join(struct.pack(">QQ", *range_) for range_ in [*reserved, (0, 0)])
    at = FDT_HEADER.size
    fields = {
        "magic": 0xD00DFEED,
        "totalsize": at + len(reservations) + len(structure) + len(names.block),
        "off_dt_struct": at + len(reservations),
        "off_dt_strings": at + len(reservations) + len(structure),
        "off_mem_rsvmap": at,
        "version": 17,
        "last_comp_version": 16,
        "boot_cpuid_phys": 0,
        "size_dt_strings": len(names.block),
        "size_dt_struct": len(structure),
    } | header
    packed = FDT_HEADER.pack(*(fields[name] for name in FDT_FIELDS))
    return packed + reservations + structure + names.block


@dataclass
class Load:
    """A program header and the bytes that it names."""

    address: int = RAM
    data: bytes = bytes(8)
    size: int = -1  # in memory; as the data if negative
    flags: int = R | X
    kind: int = PT_LOAD
    virtual: int = -1  # as the address if negative
    fields: dict[str, int] = field(default_factory=dict)  # offset, filesz


def elf(
    *loads: Load,
    entry: int = RAM,
    kind: int = 2,
    machine: int = 183,
    ident: bytes = b"\x7fELF\2\1\1",
    phentsize: int = 56,
    phnum: int = -1,
    phoff: int = 64,
) -> bytes:
    phnum = len(loads) if phnum < 0 else phnum
    out = struct.pack("<16sHHIQQQIHHHHHH", ident, kind, machine, 1, entry, phoff, 0, 0, 64,
                      phentsize, phnum, 64, 0, 0)  # fmt: skip
    at = 64 + 56 * len(loads)
    for load in loads:
        virtual = load.address if load.virtual < 0 else load.virtual
        size = len(load.data) if load.size < 0 else load.size
        out += struct.pack(
            "<IIQQQQQQ", load.kind, load.flags, load.fields.get("offset", at), virtual,
            load.address, load.fields.get("filesz", len(load.data)), size, 8,
        )  # fmt: skip
        at += len(load.data)
    return out + b"".join(load.data for load in loads)


def image(
    *,
    text_offset: int = 0,
    image_size: int = 0x20_0000,
    flags: int = 0b1010,
    magic: bytes = b"ARM\x64",
    code: bytes = bytes(8),
    after: bytes = b"",
) -> bytes:
    return struct.pack("<8sQQQQQQ4sI", code, text_offset, image_size, flags, 0, 0, 0, magic, 0
                       ) + after  # fmt: skip


# What a device tree of a VM looks like.
MACHINE = Node(
    properties=[
        ("#address-cells", cells(2)), ("#size-cells", cells(2)),
        ("compatible", strings("schism,vm")),
    ],
    children=[
        Node("memory@40000000", [("reg", cells(0, RAM, 0, 0x400_0000))]),
        Node("cpus", [("#address-cells", cells(1)), ("#size-cells", cells(0))], [
            Node("cpu@0", [("compatible", strings("arm,armv8")), ("reg", cells(0))]),
            Node("cpu@1", [("compatible", strings("arm,armv8")), ("reg", cells(1))]),
        ], nops=1),
        Node("intc@8000000", [
            ("compatible", strings("arm,gic-v3")), ("phandle", cells(1)),
            ("reg", cells(0, 0x800_0000, 0, 0x1_0000, 0, 0x80A_0000, 0, 0x4_0000)),
        ]),
        Node("pl011@9000000", [
            ("compatible", strings("arm,pl011", "arm,primecell")), ("status", b""),
            ("reg", cells(0, 0x900_0000, 0, 0x1000)), ("interrupts", cells(0, 1, 4)),
        ]),
        Node("last", [("phandle", cells(7))]),
    ],
)  # fmt: skip

# Whole files of each format, to start from: for fuzzing, and to be truncated.
SEEDS: dict[str, list[bytes]] = {
    "cpio": [
        cpio(),
        cpio(("Image", b"code"), ("vm.dtb", b"12345"), ("empty", b"")),
        cpio_member(".", mode=DIRECTORY) + cpio_member("a/link", b"Image", 0o120777)
        + cpio(("Image", b"x" * 13)),
    ],
    "fdt": [
        fdt(Node()),
        fdt(MACHINE, [(RAM, 0x1000), (RAM + 0x10_0000, 0x20_0000)]),
        fdt(Node(children=[Node("a", [("reg", cells(1, 2, 3))], [Node("b@1", nops=2)]),
                           Node("a@2", [("reg", cells(0, 1, 1))])])),
    ],
    "elf": [
        elf(Load()),
        elf(
            Load(RAM + 0x1000, b"text" * 4),
            Load(RAM, b"data", 0x1000, R | W),
            Load(0, b"note", kind=PT_NOTE),
            Load(RAM + 0x1000, b"", 0),
            Load(RAM + 0x20_0000, b"", 0x4000, R | W),
            entry=RAM + 0x1008,
        ),
        elf(Load(RAM, b"far away", virtual=0xFFFF_0000_4000_0000), entry=0xFFFF_0000_4000_0004),
    ],
    "image": [
        image(),
        image(text_offset=0x8_0000, image_size=0x1234, flags=0b110, after=b"signature"),
        image(code=b"MZ\0\0\0\0\0\0", image_size=32, flags=0b0100),
    ],
}  # fmt: skip
