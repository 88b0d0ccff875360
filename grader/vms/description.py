# SPDX-License-Identifier: MIT
"""A VM: its device tree, and the files that the tree names.

A word such as linux:vcpus=4,memory=56M names a description, a file of beyond/vms/, and what to
change in it. The changes are appended to the description's source, where dtc merges nodes of the
same name, so the result can be read as well: build/beyond/vms/NAME.dts.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..core.environment import clean
from ..core.kit import KIT, GraderError

DESCRIPTIONS = KIT / "beyond/vms"
BLOCK = 2 << 20
MEMORY_NODE = "memory@40000000"
VCPUS = 8  # as many as EL2 gives to a VM at most
OPTIONS = ("vcpus", "memory", "work", "bootargs", "suite", "kernel", "initrd", "keep")
SUFFIXES = {"K": 10, "M": 20, "G": 30}


def size(name: str, text: str) -> int:
    """Return the bytes of a size such as 56M."""
    found = re.fullmatch(r"(\d+)([KMG])", text)
    if not found or not int(found.group(1)):
        raise GraderError(f"{name}={text}: give a size such as 128M")
    return int(found.group(1)) << SUFFIXES[found.group(2)]


def number(name: str, text: str, most: int) -> int:
    if not re.fullmatch(r"[1-9]\d?", text) or int(text) > most:
        raise GraderError(f"{name}={text}: give a number from 1 to {most}")
    return int(text)


@dataclass(frozen=True)
class Word:
    """NAME:OPTION=VALUE,..., as VMS= has it."""

    name: str
    options: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def parse(text: str) -> Word:
        name, _, rest = text.partition(":")
        options = {}
        for part in rest.split(",") if rest else []:
            key, equals, value = part.partition("=")
            if key not in OPTIONS or (key == "keep") == bool(equals) or (equals and not value):
                raise GraderError(f"{text}: '{part}' is no option of a VM; there are "
                                  f"{', '.join(f'{o}=' if o != 'keep' else o for o in OPTIONS)}")
            options[key] = value
        return Word(name, options)

    def source(self) -> str:
        """The description, as device-tree source."""
        path = DESCRIPTIONS / f"{self.name}.dts"
        if not re.fullmatch(r"\w[\w.-]*", self.name) or not path.exists():
            raise GraderError(f"there is no VM '{self.name}'; there are {', '.join(names())}")
        return path.read_text()


def names() -> list[str]:
    """The descriptions of beyond/vms/."""
    return sorted(path.stem for path in DESCRIPTIONS.glob("*.dts"))


@dataclass(frozen=True)
class Changes:
    """What a VM has that its description does not say. 0 and '' change nothing."""

    vcpus: int = 0
    memory: int = 0  # bytes
    bootargs: str = ""  # appended
    keep: bool = False

    @staticmethod
    def of(options: dict[str, str]) -> Changes:
        work = options.get("work", "")
        if work and not re.fullmatch(r"\w+", work):
            raise GraderError(f"work={work}: give the name of a function of beyond/vms/init")
        words = [options.get("bootargs", ""), f"work={work}" if work else ""]
        return Changes(
            number("vcpus", options["vcpus"], VCPUS) if "vcpus" in options else 0,
            size("memory", options["memory"]) if "memory" in options else 0,
            " ".join(word for word in words if word),
            "keep" in options,
        )


def cells(value: int) -> str:
    """A number of 64 bits, as two cells."""
    return f"<{value >> 32:#x} {value & 0xffffffff:#x}>"


def chosen(properties: Sequence[str]) -> str:
    body = "".join(f"\t\t{line};\n" for line in properties)
    return f"\n/ {{\n\tchosen {{\n{body}\t}};\n}};\n"


def _quoted(text: str) -> str:
    if re.search(r'["\\\n]', text):
        raise GraderError(f"'{text}' cannot be in a device tree")
    return f'"{text}"'


def cpu_nodes(count: int) -> str:
    """Nodes for `count` vCPUs; those of the description that are more go away."""
    cpus = [
        f'\t\tcpu@{n} {{\n\t\t\tdevice_type = "cpu";\n\t\t\tcompatible = "arm,armv8";\n'
        f'\t\t\treg = <{n}>;\n\t\t\tenable-method = "psci";\n\t\t}};\n'
        if n < count else f"\t\t/delete-node/ cpu@{n};\n" for n in range(VCPUS)
    ]  # fmt: skip
    return f"\n/ {{\n\tcpus {{\n{''.join(cpus)}\t}};\n}};\n"


def _joined(words: Sequence[int]) -> int:
    """The number that these cells are."""
    result = 0
    for word in words:
        result = result << 32 | word
    return result


class Tree:
    """A device tree in source and compiled. Both are files of `folder`, called `name`."""

    def __init__(self, folder: Path, name: str, source: str) -> None:
        self.name, self.source = name, source
        self.dts, self.dtb = folder / f"{name}.dts", folder / f"{name}.dtb"
        self.compile()

    def compile(self) -> None:
        self.dts.write_text(self.source)
        run("dtc", "-q", "-I", "dts", "-O", "dtb", "-i", str(DESCRIPTIONS), "-o", str(self.dtb),
            str(self.dts))  # fmt: skip

    def add(self, text: str) -> None:
        self.source += text
        self.compile()

    def text(self, node: str, name: str) -> str:
        """A property that is a string, or ''."""
        return run("fdtget", "-d", "", str(self.dtb), node, name).rstrip("\n")

    def memory(self) -> list[tuple[int, int]]:
        """Address and size of each range of memory."""
        address, length = (self.numbers("/", f"#{kind}-cells", "2")[0]
                           for kind in ("address", "size"))  # fmt: skip
        ranges = []
        for node in run("fdtget", "-l", str(self.dtb), "/").split():
            if node.partition("@")[0] == "memory":
                words = self.numbers(f"/{node}", "reg", "0")
                for at in range(0, len(words) - address - length + 1, address + length):
                    middle, end = at + address, at + address + length
                    ranges.append((_joined(words[at:middle]), _joined(words[middle:end])))
        return ranges

    def memory_size(self) -> int:
        return sum(length for _, length in self.memory())

    def numbers(self, node: str, name: str, default: str) -> list[int]:
        """The cells of a property."""
        words = run("fdtget", "-t", "u", "-d", default, str(self.dtb), node, name)
        return [int(word) for word in words.split()]

    def vcpus(self) -> int:
        nodes = run("fdtget", "-l", str(self.dtb), "/cpus").split()
        return sum(re.fullmatch(r"cpu@\d+", node) is not None for node in nodes)

    def change(self, changes: Changes) -> None:
        """Append what the description does not say."""
        text = ""
        if changes.vcpus:
            text += cpu_nodes(changes.vcpus)
        if changes.memory:
            if MEMORY_NODE not in self.source:
                raise GraderError(f"{self.name}: its memory is where its program needs it")
            reg = f"<0 0x40000000 {cells(changes.memory)[1:]}"
            text += f"\n/ {{\n\t{MEMORY_NODE} {{\n\t\treg = {reg};\n\t}};\n}};\n"
        if changes.bootargs:
            words = f"{self.text('/chosen', 'bootargs')} {changes.bootargs}".strip()
            text += chosen([f"bootargs = {_quoted(words)}"])
        self.add(text + (chosen(["schism,keep"]) if changes.keep else ""))

    def name_members(self, kernel: str, initrd: str, initrd_size: int) -> None:
        """Say which members of the bundle it boots. An initrd lies below the last 2 MiB."""
        lines = [f"schism,kernel = {_quoted(kernel)}"]
        if initrd:
            start, room = max(self.memory(), key=lambda memory: memory[1], default=(0, 0))
            place = (start + room - BLOCK - initrd_size) // BLOCK * BLOCK
            if place < start:
                raise GraderError(f"{self.name}: its memory is too small for its initrd")
            lines += [f"schism,initrd = {_quoted(initrd)}", f"linux,initrd-start = {cells(place)}",
                      f"linux,initrd-end = {cells(place + initrd_size)}"]  # fmt: skip
        self.add(chosen(lines))


def run(*argv: str) -> str:
    """Run a tool of device-tree-compiler and return what it prints."""
    try:
        done = subprocess.run(argv, env=clean(), capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise GraderError(f"{argv[0]} is missing: run ./setup.sh") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"{argv[0]} failed"]
        place = "" if argv[-1] in said[0] else f"{argv[-1]}: "
        raise GraderError(f"{place}{said[0]}".replace(f"{KIT}/", ""))
    return done.stdout


def source_of(path: Path) -> str:
    """A device tree as source without labels and includes, whichever form the file has."""
    if not path.is_file():
        raise GraderError(f"{path}: no such file")
    form = "dts" if path.suffix == ".dts" else "dtb"
    return run("dtc", "-q", "-I", form, "-O", "dts", "-i", str(DESCRIPTIONS), str(path))
