# SPDX-License-Identifier: MIT
"""What the readers of beyond/systems/ must say about a file, worked out here in Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from grader.quality.made_files import (
    BEGIN_NODE, DIRECTORY, END, END_NODE, NOP, PROP, PT_INTERP, R, RAM, RAM_SIZE, SEEDS,
    W, Load, Node, Strings, cells, cpio, cpio_member, elf, fdt, image, strings,
)  # fmt: skip
from grader.quality.readers.build import SYSTEMS, Request

NAMES = ("#address-cells", "#size-cells", "phandle", "reg", "compatible", "interrupts", "status")
OK, NOT_FOUND = "ok", "not found"


def sentences() -> dict[str, str]:
    """The codes of refusal.h that readers return, and what they say. TREE_ is for describe.c."""
    found = re.findall(r'\tX\((\w+), "(.*)"\)', (SYSTEMS / "refusal.h").read_text())
    return {code: sentence for code, sentence in found if not code.startswith("TREE_")}


SAID = sentences()


def hexed(data: bytes) -> str:
    return data.hex() + (" zeros" if data and not any(data) else "")


# CPIO


def cpio_answer(members: list[tuple[str, bytes]], archive: bytes, name: str) -> list[str]:
    """The answer for an archive of these regular files."""
    lines, at, found = [], 0, ""
    for member, data in members:
        # The header comes before the name, and the data after it, on four bytes.
        header = archive.index(member.encode() + b"\0", at)
        start = header + len(member.encode()) + 1
        start += -start % 4
        assert archive[start : start + len(data)] == data
        lines.append(f"member {start} {len(data)} {hexed(member.encode())}")
        at = start + len(data)
        if member == name and not found:
            found = f"found {start}"
    return [*lines, f"end: {OK}", found or f"find: {NOT_FOUND}"]


# Device trees


@dataclass
class Place:
    """A node with what is above it."""

    node: Node
    path: str
    parent: Place | None

    def property(self, name: str) -> bytes | None:
        return dict(reversed(self.node.properties)).get(name)


def places(node: Node, path: str = "", parent: Place | None = None) -> Iterator[Place]:
    here = Place(node, f"{path}/{node.name}" if parent else "", parent)
    yield here
    for child in node.children:
        yield from places(child, here.path, here)


def string_list(value: bytes | None) -> list[str]:
    return value[:-1].decode("latin-1").split("\0") if value and value[-1] == 0 else []


def number(value: bytes | None) -> int | None:
    return int.from_bytes(value, "big") if value is not None and len(value) in (4, 8) else None


def property_lines(name: str, value: bytes) -> list[str]:
    lines = [f"{name} {hexed(value)}"]
    if (one := number(value)) is not None:
        lines.append(f"number {one:x}")
    lines += [f"string {text.encode('latin-1').hex()}" for text in string_list(value)]
    whole = len(value) // 8 * 8
    lines += [f"cells {int.from_bytes(value[at : at + 8], 'big'):x}" for at in range(0, whole, 8)]
    return [*lines, f"left {len(value) - whole}"]


def reg_lines(place: Place) -> list[str]:
    reg = place.property("reg")
    if reg is None:
        return [f"reg: {NOT_FOUND}"]
    above = place.parent
    counts = [
        fallback if not above or (value := number(above.property(name))) is None else value
        for name, fallback in (("#address-cells", 2), ("#size-cells", 1))
    ]
    stride = 4 * sum(counts)
    if not 1 <= counts[0] <= 2 or counts[1] > 2 or len(reg) % stride:
        return [f"reg: {SAID['FDT_VALUE']}"]
    lines: list[str] = []
    for at in range(0, len(reg), stride):
        middle = at + 4 * counts[0]
        address, size = (int.from_bytes(part, "big")
                         for part in (reg[at:middle], reg[middle : at + stride]))  # fmt: skip
        if address + size >= 1 << 64:
            return [*lines, f"reg: {SAID['FDT_REG']}"]
        lines.append(f"reg {address:x} {size:x}")
    return [*lines, f"reg: {NOT_FOUND}"]


def is_named(name: str, wanted: str) -> bool:
    return name == wanted or name.startswith(f"{wanted}@")


def find(root: Node, path: str) -> Node:
    node = root
    for part in filter(None, path.split("/")):
        named = [child for child in node.children if is_named(child.name, part)]
        node = next((child for child in named if child.name == part), named[0])
    return node


def node_lines(place: Place, all_places: list[Place]) -> list[str]:
    node, root = place.node, all_places[0].node
    lines = [f"node {node.name.encode().hex()}"]
    for name in NAMES:
        if (value := place.property(name)) is not None:
            lines += property_lines(name, value)
    lines += reg_lines(place)
    for one in string_list(place.property("compatible")):
        found = [other.node.name.encode().hex() for other in all_places[1:]
                 if one in string_list(other.property("compatible"))]  # fmt: skip
        lines.append(" ".join(["compatible", *found]))
    if (phandle := number(place.property("phandle"))) is not None:
        first = next(p for p in all_places if number(p.property("phandle")) == phandle)
        lines.append(f"phandle of {first.node.name.encode().hex()}")
    path, found_name = place.path or "/", find(root, place.path).name
    lines.append(f"path {path.encode().hex()} finds {found_name.encode().hex()}")
    for below in all_places:
        if below.parent is place:
            lines += node_lines(below, all_places)
    return [*lines, "up"]


def fdt_answer(root: Node, reserved: list[tuple[int, int]]) -> list[str]:
    lines = [f"open: {OK}", *(f"reserved {start:x} {size:x}" for start, size in reserved)]
    all_places = list(places(root))
    return lines + node_lines(all_places[0], all_places)


# Well-formed, but some values have no use.
AWKWARD = Node(properties=[("#address-cells", cells(3))], nops=2, children=[
    Node("a@1", [("reg", cells(1, 2, 3, 4)), ("compatible", b"no end"), ("reg", b"later")]),
    Node("ab", [("#address-cells", cells(0)), ("#size-cells", cells(0))],
         [Node("a", [("reg", b"")]), Node("b", [("reg", cells(1))]), Node("b@2")]),
    Node("a", [("#size-cells", cells(3)), ("phandle", cells(5)), ("compatible", b"\0\0x\0")],
         [Node("c", [("reg", cells(1, 2, 3, 4, 5))])]),
    Node("top", [("#address-cells", cells(2)), ("#size-cells", cells(2))], [
        Node("r", [("reg", cells(*[0xFFFF_FFFF] * 2, 0, 0, 0, 1, 2, 3))]),
        Node("s", [("reg", cells(0xFFFF_FFFF, 0xFFFF_F000, 0, 0x1000))]),
        Node("t", [("reg", cells(1, 2, 3)), ("phandle", cells(5))]),
        Node("u", [("compatible", strings("x", "y"))]),
    ]),
    Node("no-cells", [("phandle", cells(0xFFFF_FFFF))], [Node("d", [("reg", cells(0, 7, 8))])]),
])  # fmt: skip


# Malformed files


def field(data: bytes, offset: int, value: bytes) -> bytes:
    return data[:offset] + value + data[offset + len(value) :]


def deep(levels: int) -> Node:
    node = Node("n" if levels > 1 else "")
    for level in range(levels - 1, 0, -1):
        node = Node("n" if level > 1 else "", children=[node])
    return node


def opened(name: str, *more: str) -> tuple[str, ...]:
    return (f"open: {SAID[name]}", *more)


def at_end(name: str) -> tuple[str, ...]:
    return (f"end: {SAID[name]}", f"find: {SAID[name]}")


def cases(*rows: tuple[Any, ...]) -> tuple[tuple[Any, ...], ...]:
    """Return rows of a table with columns of several types."""
    return rows


B, E = BEGIN_NODE, END_NODE
ROOT = B + bytes(4)
ONE = cpio(("Image", b"code"))
IMAGE_NAME = ONE[110:116]
A_NAME = cells(4) + cells(0)  # of a property: length, offset
PLAIN = fdt(Node())
TINY = fdt(Node(properties=[("reg", cells(1))]))
TOP = (1 << 64) - 0x1000

# A request, and the answer that is wanted.
MALFORMED: list[tuple[Request, tuple[str, ...]]] = [
    *((Request("cpio", file), at_end(code)) for file, code in [
        (b"", "CPIO_TRUNCATED"),
        (ONE[:109], "CPIO_TRUNCATED"),
        (ONE[:115], "CPIO_TRUNCATED"),
        (ONE[:119], "CPIO_TRUNCATED"),
        (field(ONE, 54, b"ffffffff"), "CPIO_TRUNCATED"),
        (field(ONE, 94, b"ffffffff"), "CPIO_TRUNCATED"),
        (field(ONE, 5, b"2"), "CPIO_MAGIC"),
        (field(ONE, 5, b"7"), "CPIO_MAGIC"),
        (field(ONE, 54, b"0x000004"), "CPIO_NUMBER"),
        (field(ONE, 54, b"0000000G"), "CPIO_NUMBER"),
        (field(ONE, 54, b"0000000`"), "CPIO_NUMBER"),
        (field(ONE, 54, b"0000000:"), "CPIO_NUMBER"),
        (field(ONE, 54, b"       4"), "CPIO_NUMBER"),
        (field(ONE, 14, b"0000-1a4"), "CPIO_NUMBER"),
        (field(ONE, 94, b"0000000\0"), "CPIO_NUMBER"),
        (field(ONE, 94, b"00000000"), "CPIO_NAME"),
        (field(ONE, 94, b"00000001"), "CPIO_NAME"),
        (field(ONE, 94, b"00000005"), "CPIO_NAME"),
        (field(ONE, 115, b"!"), "CPIO_NAME"),
        (field(ONE, 110, b"\0"), "CPIO_NAME"),
    ]),
    # No trailer: zeros, as in RAM after a file that was cut off, or nothing at all.
    (Request("cpio", cpio_member("Image", b"code")),
     ("member 116 4 496d616765", f"end: {SAID['CPIO_TRUNCATED']}", "found 116")),
    (Request("cpio", cpio_member("Image", b"cod") + bytes(512)),
     ("member 116 3 496d616765", f"end: {SAID['CPIO_MAGIC']}", "found 116")),
    # The padding after the data of the last member is missing.
    (Request("cpio", cpio_member("Image", b"c")[:-3]),
     ("member 116 1 496d616765", f"end: {SAID['CPIO_TRUNCATED']}", "found 116")),
    (Request("cpio", ONE + b"junk after the trailer"),
     ("member 116 4 496d616765", f"end: {OK}", "found 116")),
    (Request("cpio", cpio(("Images", b""), ("Imag", b""))),
     ("member 120 0 496d61676573", "member 236 0 496d6167", f"end: {OK}", f"find: {NOT_FOUND}")),
    (Request("cpio", cpio_member("Image", mode=DIRECTORY) + ONE),
     ("member 232 4 496d616765", f"end: {OK}", "found 232")),
    (Request("cpio", cpio_member("Image", b"data", 0o120777) + cpio()),
     (f"end: {OK}", f"find: {NOT_FOUND}")),

    *((Request("fdt", file), opened(code)) for file, code in [
        (b"", "FDT_TRUNCATED"),
        (PLAIN[:39], "FDT_TRUNCATED"),
        (PLAIN[:-1], "FDT_TRUNCATED"),
        (fdt(Node(), magic=0xEDFE0DD0), "FDT_MAGIC"),
        (fdt(Node(), version=16), "FDT_VERSION"),
        (fdt(Node(), version=18, last_comp_version=18), "FDT_VERSION"),
        (fdt(Node(), totalsize=0x20_0004), "FDT_SIZE"),
        (fdt(Node(), totalsize=0xFFFF_FFFF), "FDT_SIZE"),
        (fdt(Node(), off_dt_struct=57, totalsize=73)[:56] + b"x" + PLAIN[56:], "FDT_BLOCK"),
        (fdt(Node(), off_mem_rsvmap=44, off_dt_struct=60, totalsize=76)[:40] + bytes(4)
         + PLAIN[40:], "FDT_BLOCK"),
        (fdt(Node(), off_dt_struct=0xFFFF_FFFC), "FDT_BLOCK"),
        (fdt(Node(), size_dt_struct=20), "FDT_BLOCK"),
        (fdt(Node(), size_dt_struct=0xFFFF_FFFF), "FDT_BLOCK"),
        (fdt(Node(), off_dt_strings=0xFFFF_FFFF), "FDT_BLOCK"),
        (fdt(Node(), size_dt_strings=1), "FDT_BLOCK"),
        (fdt(Node(), off_mem_rsvmap=0xFFFF_FFF8), "FDT_BLOCK"),
        (fdt(Node(), off_mem_rsvmap=64), "FDT_BLOCK"),  # no entry of zeros up to the end
        (fdt(ROOT + E + END + NOP), "FDT_BLOCK"),
        (fdt(Node(), [(TOP, 0x1000)]), "FDT_RESERVATION"),
        (fdt(Node(), [(1, (1 << 64) - 1)]), "FDT_RESERVATION"),
        (fdt(ROOT + PROP + cells(4, 4) + bytes(4) + E + END, (), Strings(b"reg\0")),
         "FDT_STRINGS"),
        (fdt(ROOT + PROP + cells(4, 0xFFFF_FFFF) + bytes(4) + E + END, (), Strings(b"reg\0")),
         "FDT_STRINGS"),
        (fdt(ROOT + PROP + A_NAME + bytes(4) + E + END, (), Strings(b"reg")), "FDT_STRINGS"),
        (fdt(ROOT + PROP + A_NAME + bytes(4) + E + END), "FDT_STRINGS"),
        (fdt(b""), "FDT_TOKEN"),
        (fdt(ROOT + E), "FDT_TOKEN"),
        (fdt(ROOT + cells(5) + E + END), "FDT_TOKEN"),
        (fdt(ROOT + cells(0) + E + END), "FDT_TOKEN"),
        (fdt(B + b"name"), "FDT_TOKEN"),
        (fdt(B), "FDT_TOKEN"),
        (fdt(ROOT + PROP), "FDT_TOKEN"),
        (fdt(ROOT + PROP + cells(4), (), Strings(b"reg\0")), "FDT_TOKEN"),
        (fdt(ROOT + PROP + cells(5, 0) + bytes(4), (), Strings(b"reg\0")), "FDT_TOKEN"),
        (fdt(ROOT + PROP + cells(0xFFFF_FFFF, 0) + E + END, (), Strings(b"reg\0")), "FDT_TOKEN"),
        (fdt(ROOT + PROP + cells(0xFFFF_FFF4, 0) + E + END, (), Strings(b"reg\0")), "FDT_TOKEN"),
        (fdt(ROOT + END), "FDT_NESTING"),
        (fdt(END), "FDT_NESTING"),
        (fdt(NOP + END), "FDT_NESTING"),
        (fdt(E + END), "FDT_NESTING"),
        (fdt(ROOT + E + E + END), "FDT_NESTING"),
        (fdt(ROOT + E + E + B + b"a\0\0\0" + END), "FDT_NESTING"),
        (fdt(ROOT + E + ROOT + E + END), "FDT_NESTING"),
        (fdt(PROP + A_NAME + bytes(4) + END, (), Strings(b"reg\0")), "FDT_NESTING"),
        (fdt(ROOT + E + PROP + A_NAME + bytes(4) + END, (), Strings(b"reg\0")), "FDT_NESTING"),
        (fdt(deep(17)), "FDT_DEPTH"),
        (fdt((B + b"n\0\0\0") * 70000 + END), "FDT_DEPTH"),
        (fdt(ROOT + B + b"a\0\0\0" + E + PROP + A_NAME + bytes(4) + E + END, (),
             Strings(b"reg\0")), "FDT_ORDER"),
        (fdt(Node(children=[Node()])), "FDT_NAME"),
        (fdt(Node(children=[Node("a", children=[Node("b/c")])])), "FDT_NAME"),
        (fdt(Node(children=[Node("a/")])), "FDT_NAME"),
        (fdt(Node(properties=[("#address-cells", b"")])), "FDT_VALUE"),
        (fdt(Node(properties=[("#size-cells", bytes(8))])), "FDT_VALUE"),
        (fdt(Node(properties=[("phandle", bytes(3))])), "FDT_VALUE"),
    ]),

    *((Request("elf", file, **where), opened(code)) for file, code, where in cases(
        (b"", "ELF_MAGIC", {}),
        (b"\x7fEL", "ELF_MAGIC", {}),
        (b"\x7fELG" + bytes(60), "ELF_MAGIC", {}),
        (elf(Load())[:63], "ELF_TRUNCATED", {}),
        (elf(Load())[:119], "ELF_TRUNCATED", {}),
        (elf(Load())[:56], "ELF_TRUNCATED", {}),
        (elf(Load())[:4], "ELF_TRUNCATED", {}),
        (elf(Load())[:-1], "ELF_TRUNCATED", {}),
        (elf(Load(), phoff=65) + bytes(8), "ELF_ENTRY", {}),
        (elf(Load(), phoff=(1 << 64) - 56), "ELF_TRUNCATED", {}),
        (elf(Load(fields={"offset": (1 << 64) - 8})), "ELF_TRUNCATED", {}),
        (elf(Load(size=64, fields={"filesz": 9})), "ELF_TRUNCATED", {}),
        (elf(Load(), ident=b"\x7fELF\1\1\1"), "ELF_KIND", {}),
        (elf(Load(), ident=b"\x7fELF\2\2\1"), "ELF_KIND", {}),
        (elf(Load(), machine=62), "ELF_KIND", {}),
        (elf(Load(), kind=1), "ELF_KIND", {}),
        (elf(Load(), kind=3), "ELF_DYNAMIC", {}),
        (elf(Load(), Load(kind=PT_INTERP)), "ELF_DYNAMIC", {}),
        (elf(Load(), phentsize=32), "ELF_HEADERS", {}),
        (elf(*[Load()] * 65), "ELF_HEADERS", {}),
        (elf(Load(), phnum=0xFFFF), "ELF_HEADERS", {}),
        (elf(Load(size=7)), "ELF_SEGMENT", {}),
        (elf(Load(size=0)), "ELF_SEGMENT", {}),
        (elf(Load(RAM - 8)), "ELF_OUTSIDE", {}),
        (elf(Load(RAM + RAM_SIZE - 4)), "ELF_OUTSIDE", {}),
        (elf(Load(size=RAM_SIZE + 1)), "ELF_OUTSIDE", {}),
        (elf(Load(size=(1 << 64) - 1)), "ELF_OUTSIDE", {}),
        (elf(Load((1 << 64) - 8)), "ELF_OUTSIDE", {}),
        (elf(Load(TOP, size=0x2000), entry=TOP), "ELF_OUTSIDE", {"start": TOP, "memory": 0xFFF}),
        (elf(Load(), Load()), "ELF_OVERLAP", {}),
        (elf(Load(), Load(RAM + 7)), "ELF_OVERLAP", {}),
        (elf(Load(RAM + 7), Load(RAM)), "ELF_OVERLAP", {}),
        (elf(Load(RAM, size=0x1000), Load(RAM + 0x800, size=0x10)), "ELF_OVERLAP", {}),
        (elf(Load(RAM + 0x800, size=0x10), Load(RAM, size=0x1000)), "ELF_OVERLAP", {}),
        (elf(), "ELF_ENTRY", {}),
        (elf(Load(), entry=RAM - 4), "ELF_ENTRY", {}),
        (elf(Load(), entry=RAM + 8), "ELF_ENTRY", {}),
        (elf(Load(), entry=RAM + 5), "ELF_ENTRY", {}),
        (elf(Load(), entry=RAM + 2), "ELF_ENTRY", {}),
        (elf(Load(size=0x1000), entry=RAM + 0x10), "ELF_ENTRY", {}),
        (elf(Load(flags=R | W)), "ELF_ENTRY", {}),
        (elf(Load(), entry=(1 << 64) - 4), "ELF_ENTRY", {}),
    )),

    *((Request("image", file), opened(code)) for file, code in [
        (b"", "IMAGE_TRUNCATED"),
        (image()[:63], "IMAGE_TRUNCATED"),
        (b"\x1f\x8b" + bytes(62), "IMAGE_COMPRESSED"),
        (image(code=b"MZ\0\0zimg"), "IMAGE_COMPRESSED"),
        (image(magic=b"ARMd"[::-1]), "IMAGE_MAGIC"),
        (image(image_size=0), "IMAGE_SIZE"),
        (image(flags=0b1011), "IMAGE_ENDIAN"),
    ]),
    *((Request("image", image(text_offset=offset, image_size=size), **where), (
        f"open: {OK}", f"offset {offset:x} size {size:x} pages 1000 anywhere", answer))
      for offset, size, where, answer in cases(
        (0, RAM_SIZE, {}, f"address {RAM:x}"),
        (0, 64, {"start": RAM + 1}, f"address {RAM + 0x20_0000:x}"),
        (0x8_0000, 64, {"start": RAM}, f"address {RAM + 0x8_0000:x}"),
        (0x60_0000, RAM_SIZE - 0x60_0000, {}, f"address {RAM + 0x60_0000:x}"),
        (0, 64, {"start": 0}, "address 0"),
        *((offset, size, where, f"place: {SAID['IMAGE_OUTSIDE']}") for offset, size, where in [
            (0, RAM_SIZE + 1, {}),
            (4, RAM_SIZE, {}),
            (0, (1 << 64) - 1, {}),
            (0, RAM_SIZE, {"start": RAM + 0x1000}),
            ((1 << 64) - RAM, RAM_SIZE, {"start": RAM}),
            ((1 << 64) - 4, 64, {"start": RAM}),
            (0, 64, {"start": TOP, "memory": 0xFFF}),
            (TOP, 64, {"start": TOP, "memory": 0xFFF}),
            (TOP, 64, {"start": RAM + 0x1000}),
            (0, 64, {"start": RAM, "memory": 63}),
        ]),
    )),
]  # fmt: skip


def prefixes() -> Iterator[tuple[Request, str]]:
    """Every beginning of a whole file, and how its answer must begin."""
    for format_, code in (("cpio", "CPIO_TRUNCATED"), ("fdt", "FDT_TRUNCATED")):
        for seed in SEEDS[format_]:
            for size in range(len(seed) - (3 if format_ == "cpio" else 0)):
                yield Request(format_, seed[:size], skew=size % 8), SAID[code]


def known() -> list[Request]:
    """Files whose answers the tests know, to compare the readers with changed ones."""
    requests = [request for request, _ in MALFORMED] + [request for request, _ in prefixes()]
    requests += [
        Request(format_, seed, skew)
        for format_, seeds in SEEDS.items() for seed in seeds for skew in (0, 1, 2)
    ]  # fmt: skip
    return [*requests, Request("fdt", fdt(AWKWARD)), Request("fdt", fdt(deep(16)))]
