# SPDX-License-Identifier: MIT
"""The readers of beyond/systems/ (CPIO, device tree, ELF, Image) on the host, under sanitizers."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.core.kit import KIT
from grader.model.elf import segments
from grader.quality.made_files import MACHINE, RAM, SEEDS, Node, cells, cpio, fdt
from grader.quality.readers.build import (
    CLANG, HERE, READERS, SYSTEMS, ReaderDied, Readers, Request, build_server, cannot_sanitize,
    missing, readers,
)  # fmt: skip
from grader.tests.support.build import BUILD
from grader.tests.support.making import make
from grader.tests.support.readers import (
    AWKWARD, MALFORMED, OK, cpio_answer, fdt_answer, hexed, prefixes, sentences,
)  # fmt: skip

CROSS = "aarch64-linux-gnu-"


def need(*tools: str) -> None:
    if problem := missing(*tools):
        pytest.skip(problem)


@pytest.fixture(scope="module")
def server() -> Iterator[Readers]:
    if problem := cannot_sanitize():
        pytest.skip(problem)
    with readers(build_server(BUILD / "readers")) as process:
        yield process


# Malformed files


@pytest.mark.parametrize(("request_", "wanted"), MALFORMED,
                         ids=lambda value: value.format if isinstance(value, Request) else "")
def test_a_malformed_file_is_refused_for_its_reason(
    server: Readers, request_: Request, wanted: tuple[str, ...]
) -> None:
    assert server.ask(request_) == list(wanted)


def test_every_refusal_has_a_file_that_causes_it_and_one_sentence_of_its_own() -> None:
    said = {line.partition(": ")[2] for _, wanted in MALFORMED for line in wanted}
    # This one comes later than the others: test_awkward_nodes_and_values_are_read.
    assert set(sentences().values()) - said == {sentences()["FDT_REG"]}
    assert len(set(sentences().values())) == len(sentences()) == 33
    assert not [text for text in sentences().values() if text.endswith(".") or len(text) > 75]


def test_every_beginning_of_a_file_is_refused(server: Readers) -> None:
    for request, said in prefixes():
        answer = [line for line in server.ask(request) if line.startswith(("end: ", "open: "))]
        assert answer == [f"{answer[0].partition(':')[0]}: {said}"], request


@pytest.mark.parametrize("format_", ["elf", "image"])
def test_no_beginning_of_a_file_is_read_beyond_its_end(server: Readers, format_: str) -> None:
    for seed in SEEDS[format_]:
        for size in range(len(seed)):
            assert server.ask(Request(format_, seed[:size], skew=size % 8))[0].startswith("open: ")


@pytest.mark.parametrize("format_", SEEDS)
def test_an_unaligned_file_gets_the_same_answer(server: Readers, format_: str) -> None:
    """The sanitizer reports a read of a word at an address that is not a multiple of its size."""
    for seed in SEEDS[format_]:
        answers = [server.ask(Request(format_, seed, skew=skew)) for skew in range(8)]
        assert answers == [answers[0]] * 8
        assert f"open: {OK}" in answers[0] or f"end: {OK}" in answers[0]


def test_the_sanitizers_are_in_the_program(server: Readers, tmp_path: Path) -> None:
    """A reader that reads one byte too many does not survive here."""
    source = tmp_path / "bad.c"
    source.write_text("#include \"exercise.h\"\nvoid exercise(const char *f, struct blob b, "
                      "uint64_t s, uint64_t z, const char *n, FILE *o)\n"
                      "{ fputc(f[0] + s + z + n[0] + b.data[b.size], o); }\n")
    for path in (SYSTEMS, HERE):
        for header in path.glob("*.h"):
            shutil.copy(header, tmp_path)
    shutil.copy(HERE / "serve.c", tmp_path)
    argv = [CLANG, "-fsanitize=address,undefined", "serve.c", "bad.c", "-o", "bad"]
    subprocess.run(argv, cwd=tmp_path, check=True)
    with readers(tmp_path / "bad") as bad, pytest.raises(ReaderDied, match="heap-buffer-overflow"):
        bad.ask(Request("cpio", b"1234"))


# Files that other programs made


def test_an_archive_of_cpio_is_read_as_cpio_reads_it(server: Readers, tmp_path: Path) -> None:
    need("cpio")
    files = {"Image": b"code" * 99, "empty": b"", "sub/vm.dtb": b"12345", "x" * 99: b"y"}
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "link").symlink_to("Image")
    listed = "\n".join([".", "sub", *files, "link"])
    run = lambda *argv, data: subprocess.run(  # noqa: E731
        ["cpio", "--quiet", "-H", "newc", *argv], cwd=tmp_path, input=data, capture_output=True,
        check=True,
    ).stdout  # fmt: skip
    archive = run("-o", data=listed.encode())
    assert run("-it", data=archive).decode().split() == listed.split()
    assert server.ask(Request("cpio", archive)) == cpio_answer([*files.items()], archive, "Image")


SOURCE = """/dts-v1/;
/memreserve/ 0x40000000 0x1000;
/ {
    #address-cells = <2>; #size-cells = <2>; compatible = "schism,vm";
    chosen { bootargs = "quiet"; stdout-path = &uart; linux,initrd-start = <0x0 0x48000000>; };
    memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x4000000>; };
    cpus { #address-cells = <1>; #size-cells = <0>;
           cpu@0 { compatible = "arm,armv8"; reg = <0>; enable-method = "psci"; }; };
    gic: intc@8000000 { compatible = "arm,gic-v3"; interrupt-controller; #interrupt-cells = <3>;
           reg = <0 0x8000000 0 0x10000>, <0 0x80a0000 0 0x40000>; };
    uart: pl011@9000000 { compatible = "arm,pl011", "arm,primecell"; reg = <0 0x9000000 0 0x1000>;
           interrupt-parent = <&gic>; interrupts = <0 1 4>; status = "okay"; };
    bus { #address-cells = <1>; #size-cells = <1>; dev@10 { reg = <0x10 0x20>; }; };
};
"""


def dtc_tree(folder: Path) -> Path:
    need("dtc", "fdtget")
    tree = folder / "vm.dtb"
    argv = ["dtc", "-q", "-p", "64", "-O", "dtb", "-o", str(tree)]
    subprocess.run(argv, input=SOURCE, text=True, check=True)
    return tree


def qemu_tree(folder: Path) -> Path:
    """The one that QEMU gives to a bare machine: 1 MiB, most of it free space."""
    need("qemu-system-aarch64", "fdtget")
    tree = folder / "qemu.dtb"
    argv = ["qemu-system-aarch64", "-nodefaults", "-display", "none", "-cpu", "max", "-M",
            f"virt,gic-version=3,virtualization=on,dumpdtb={tree}"]  # fmt: skip
    subprocess.run(argv, check=True, capture_output=True)
    return tree


def fdtget(tree: Path, *argv: str) -> list[str]:
    argv = ("fdtget", *argv[:-2], str(tree), *argv[-2:])
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.splitlines()


def as_libfdt_sees_it(tree: Path, path: str = "/") -> Node:
    """The node at `path` with the properties that the readers are asked for."""
    names = fdtget(tree, "-p", path)
    wanted = [name for name in names if f'"{name}"' in (HERE / "exercise.c").read_text()]
    properties = [
        (name, bytes.fromhex("".join(f"{byte:>02}" for line in fdtget(tree, "-t", "bx", path, name)
                                     for byte in line.split())))
        for name in wanted
    ]  # fmt: skip
    below = [as_libfdt_sees_it(tree, f"{path.rstrip('/')}/{name}")
             for name in fdtget(tree, "-l", path)]  # fmt: skip
    return Node(path.rpartition("/")[2], properties, below)


@pytest.mark.parametrize(
    ("made_by", "reserved"), [(dtc_tree, [(RAM, 0x1000)]), (qemu_tree, [])],
    ids=["dtc", "qemu"],
)  # fmt: skip
def test_a_tree_is_read_as_libfdt_reads_it(
    server: Readers, tmp_path: Path, made_by, reserved: list[tuple[int, int]]
) -> None:
    tree = made_by(tmp_path)
    root = as_libfdt_sees_it(tree)
    assert len(root.children) >= 5
    assert server.ask(Request("fdt", tree.read_bytes())) == fdt_answer(root, reserved)


def test_an_elf_file_of_the_linker_is_read_as_the_grader_reads_it(
    server: Readers, tmp_path: Path
) -> None:
    need(f"{CROSS}gcc")
    program = tmp_path / "program.elf"
    source = ".globl _start\n.skip 8\n_start: b .\n.data\n.quad 1, 2\n.bss\n.skip 5000\n"
    argv = [f"{CROSS}gcc", "-nostdlib", "-static", f"-Wl,-Ttext={RAM:#x},--build-id=none",
            "-x", "assembler", "-", "-o", str(program)]  # fmt: skip
    subprocess.run(argv, input=source, text=True, check=True)
    data = program.read_bytes()
    wanted = [
        f"segment {s.address:x} {s.size:x} {hexed(data[s.offset : s.offset + s.file_size])}"
        for s in segments(data) if s.size
    ]  # fmt: skip
    # The first one may hold the headers, below the text.
    answer = server.ask(Request("elf", data, start=RAM - (1 << 20)))
    assert sorted(answer[1:-1]) == sorted(wanted) and len(wanted) >= 2
    assert (answer[0], answer[-1]) == (f"open: {OK}", f"entry {RAM + 8:x}")


# Trees and archives written here


def test_the_tree_of_a_vm_is_read(server: Readers) -> None:
    reserved = [(RAM, 0x1000), (0, 5), (5, 0)]
    assert server.ask(Request("fdt", fdt(MACHINE, reserved))) == fdt_answer(MACHINE, reserved)


def test_awkward_nodes_and_values_are_read(server: Readers) -> None:
    assert server.ask(Request("fdt", fdt(AWKWARD))) == fdt_answer(AWKWARD, [])


def test_the_deepest_tree_that_is_allowed_is_read(server: Readers) -> None:
    node = Node("n")
    for level in range(14, -1, -1):
        node = Node("n" if level else "", [("reg", cells(level, 0, 1))], [node])
    assert server.ask(Request("fdt", fdt(node))) == fdt_answer(node, [])


def test_the_largest_tree_that_is_allowed_is_read(server: Readers) -> None:
    tree = fdt(Node(), totalsize=0x20_0000).ljust(0x20_0000, b"\xff")
    assert server.ask(Request("fdt", tree)) == fdt_answer(Node(), [])


def test_blocks_may_be_in_any_order_with_free_space(server: Readers) -> None:
    tree = fdt(MACHINE)
    fields = list(struct.unpack_from(">10I", tree))
    structure = tree[fields[2] : fields[2] + fields[9]]
    names = tree[fields[3] : fields[3] + fields[8]]
    body = b"?" + names + bytes(7 - len(names) % 4 + 4)
    body += bytes(-(40 + len(body)) % 8) + bytes(16)
    fields[3], fields[4], fields[2] = 41, 40 + len(body) - 16, 40 + len(body)
    body += structure + b"free space"
    fields[1] = 40 + len(body)
    moved = struct.pack(">10I", *fields) + body
    assert server.ask(Request("fdt", moved + b"after it")) == fdt_answer(MACHINE, [])


def test_the_first_of_two_members_of_one_name_is_found(server: Readers) -> None:
    members = [("a", b"1"), ("Image", b"22"), ("Image", b"333")]
    archive = cpio(*members)
    assert server.ask(Request("cpio", archive)) == cpio_answer(members, archive, "Image")


# What EL2 needs


@pytest.mark.parametrize("compiler", [(f"{CROSS}gcc",), ("clang", "--target=aarch64-none-elf")],
                         ids=["gcc", "clang"])
@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_el2_can_link_them(compiler: tuple[str, ...], level: str, tmp_path: Path) -> None:
    """No warning, no data of their own, and nothing of a library but what the kit has."""
    need(compiler[0])
    flags = ["-std=gnu11", "-ffreestanding", "-march=armv8-a", "-mgeneral-regs-only",
             "-mstrict-align", "-fno-stack-protector", "-Wall", "-Wextra", "-Wmissing-prototypes",
             "-Wstrict-prototypes", "-Wshadow", "-Wundef", "-Werror"]  # fmt: skip
    for source in (SYSTEMS / name for name in READERS):
        target = tmp_path / f"{source.stem}.o"
        subprocess.run([*compiler, *flags, level, "-I", KIT / "common/include", "-I", SYSTEMS,
                        "-c", source, "-o", target], check=True)  # fmt: skip
    need(f"{CROSS}nm")
    listed = subprocess.run([f"{CROSS}nm", *tmp_path.glob("*.o")], capture_output=True, text=True,
                            check=True).stdout  # fmt: skip
    symbols = re.findall(r"^(?:[0-9a-f]+|) *([A-Za-z]) (\w+)$", listed, re.M)
    defined = {name for kind, name in symbols if kind in "TtRrDdBb"}
    needed = {name for kind, name in symbols if kind == "U"} - defined
    assert needed <= {"memcmp", "strcmp", "strlen", "memset", "memcpy", "error_name"}
    assert not [name for kind, name in symbols if kind in "BbC"]


def test_each_file_is_short() -> None:
    for source in (SYSTEMS / name for name in (*READERS, "blob.h", "fdt.h", "refusal.h")):
        lines = source.read_text().splitlines()
        assert len(lines) < 150, source
        wide = [line for line in lines if len(line.expandtabs(8)) > 100]
        assert wide == [], source


def test_an_unknown_format_is_refused_before_anything_is_built() -> None:
    status, lines = make("fuzz", "FORMAT=tar")
    assert status and "invalid choice: 'tar'" in "\n".join(lines)
