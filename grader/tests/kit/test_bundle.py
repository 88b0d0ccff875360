# SPDX-License-Identifier: MIT
"""beyond/systems/bundle.py: what it writes, EL2's reader and cpio read, and each thing in place."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.quality.made_files import MACHINE, Node, fdt, image
from grader.quality.readers.build import (
    SYSTEMS, Readers, Request, build_server, cannot_sanitize, missing, readers,
)  # fmt: skip
from grader.tests.support.build import BUILD
from grader.tests.support.making import path_without
from grader.tests.support.readers import fdt_answer

PAGE, BLOCK = 4 << 10, 2 << 20
SOURCE = "/dts-v1/;\n/ { #address-cells = <2>; #size-cells = <2>; };\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Readers]:
    if problem := cannot_sanitize():
        pytest.skip(problem)
    with readers(build_server(BUILD / "readers-bundle")) as process:
        yield process


def bundle(folder: Path, *argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, str(SYSTEMS / "bundle.py"), "bundle.cpio", *argv]
    return subprocess.run(program, cwd=folder, capture_output=True, text=True, env=env or None)


@dataclass(frozen=True)
class Seen:
    """A member as EL2's reader sees it."""

    name: str
    start: int
    size: int

    @property
    def end(self) -> int:
        return self.start + self.size


def members(server: Readers, archive: bytes) -> list[Seen]:
    *lines, end, _ = server.ask(Request("cpio", archive))
    assert end == "end: ok"
    words = [line.split() for line in lines]
    return [Seen(bytes.fromhex(name).decode(), int(start), int(size))
            for _, start, size, name, *_ in words]  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    """What two VMs boot: a name of each member, and its bytes."""
    made = {
        "Image": image(after=b"kernel" * 1000),
        "old/Image": image(text_offset=0x8_0000, after=b"older"),
        "initrd": b"initrd!" * 400_000,
        "root.img": b"disk" * 3000,
        "empty": b"",
    }
    for name, data in made.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "vm.dts").write_text(SOURCE)
    return made


ARGS = ("Image", "old/Image=old/Image", "root.img", "empty", "vm.dts",
        "--frames", "initrd", "again=initrd")  # fmt: skip


def test_every_member_is_read_and_begins_where_it_must(
    server: Readers, files: dict[str, bytes], tmp_path: Path
) -> None:
    if problem := missing("dtc"):
        pytest.skip(problem)
    done = bundle(tmp_path, *ARGS)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    archive = (tmp_path / "bundle.cpio").read_bytes()
    seen = {member.name: member for member in members(server, archive)}
    real = {name: member for name, member in seen.items() if not name.startswith(".padding/")}
    framed = {"Image", "old/Image", "initrd", "again"}
    assert real.keys() == framed | {"root.img", "empty", "vm.dtb"}
    for name, member in real.items():
        assert member.start % (BLOCK if name in framed else PAGE) == 0
        if name != "vm.dtb":
            wanted = files["initrd" if name == "again" else name]
            assert archive[member.start : member.end] == wanted
    tree = archive[real["vm.dtb"].start : real["vm.dtb"].end]
    two = (2).to_bytes(4, "big")
    root = Node(properties=[("#address-cells", two), ("#size-cells", two)])
    assert server.ask(Request("fdt", tree)) == fdt_answer(root, [])
    # A VM that gets the blocks of its members gets nothing of another one.
    for name in framed:
        first, last = real[name].start // BLOCK, (real[name].end - 1) // BLOCK
        for other in real.values():
            inside = other.size and other.start // BLOCK <= last and other.end > first * BLOCK
            assert other.name == name or not inside
    for name in seen.keys() - real.keys():
        assert not any(archive[seen[name].start : seen[name].end])


def test_cpio_extracts_the_same_files(files: dict[str, bytes], tmp_path: Path) -> None:
    if problem := missing("cpio", "dtc"):
        pytest.skip(problem)
    assert bundle(tmp_path, *ARGS).returncode == 0
    out = tmp_path / "out"
    out.mkdir()
    with (tmp_path / "bundle.cpio").open("rb") as archive:
        argv = ["cpio", "--quiet", "-idm"]
        done = subprocess.run(argv, cwd=out, stdin=archive, capture_output=True, check=True)
    assert done.stderr == b""
    for name, data in files.items():
        assert (out / name).read_bytes() == data
    assert (out / "again").read_bytes() == files["initrd"]
    assert (out / "vm.dtb").read_bytes()[:4] == b"\xd0\x0d\xfe\xed"


def test_the_same_files_make_the_same_bundle(files: dict[str, bytes], tmp_path: Path) -> None:
    def written() -> bytes:
        assert bundle(tmp_path, "Image", "root.img", "--frames", "initrd").returncode == 0
        return (tmp_path / "bundle.cpio").read_bytes()

    first = written()
    (tmp_path / "Image").touch()
    (tmp_path / "root.img").chmod(0o600)
    assert written() == first
    assert len(first) < 4 * BLOCK


def test_an_empty_bundle_is_one(server: Readers, tmp_path: Path) -> None:
    assert bundle(tmp_path).returncode == 0
    assert members(server, (tmp_path / "bundle.cpio").read_bytes()) == []


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("Image", "old/Image"), "two files are called Image: give one another name, NAME=FILE"),
        (("nothing",), "nothing: No such file or directory"),
        (("old",), "old: Is a directory"),
        (("TRAILER!!!=Image",), "'TRAILER!!!' cannot be a name in a bundle"),
        (("=Image",), "'' cannot be a name in a bundle"),
    ],
)
def test_what_cannot_be_bundled_is_refused_in_one_line(
    files: dict[str, bytes], tmp_path: Path, argv: tuple[str, ...], said: str
) -> None:
    done = bundle(tmp_path, *argv)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"bundle.py: {said}\n")
    assert not (tmp_path / "bundle.cpio").exists()


def test_a_device_tree_source_with_a_mistake_is_refused(tmp_path: Path) -> None:
    if problem := missing("dtc"):
        pytest.skip(problem)
    (tmp_path / "vm.dts").write_text(SOURCE.replace("};", "}"))
    done = bundle(tmp_path, "vm.dts")
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("bundle.py: vm.dts is no device tree: ")
    assert "syntax error" in done.stderr


def test_without_dtc_it_says_what_to_install(files: dict[str, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    done = bundle(tmp_path, "vm.dts", PATH=path_without(folder, "dtc"))
    assert (done.returncode, done.stderr) == (
        1, "bundle.py: dtc is missing: install device-tree-compiler\n")  # fmt: skip


def test_the_tree_of_a_vm_survives_dtc(server: Readers, tmp_path: Path) -> None:
    """dtc writes it as source and the tool compiles that again: the reader sees no difference."""
    if problem := missing("dtc"):
        pytest.skip(problem)
    argv = ["dtc", "-q", "-I", "dtb", "-O", "dts", "-o", str(tmp_path / "vm.dts")]
    subprocess.run(argv, input=fdt(MACHINE), check=True)
    assert bundle(tmp_path, "vm.dts").returncode == 0
    archive = (tmp_path / "bundle.cpio").read_bytes()
    (tree,) = [m for m in members(server, archive) if m.name == "vm.dtb"]
    answer = server.ask(Request("fdt", archive[tree.start : tree.end]))
    assert answer == fdt_answer(MACHINE, [])
