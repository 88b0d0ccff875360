# SPDX-License-Identifier: MIT
"""Descriptions of VMs: what options change, what the tools fill in, and what they refuse."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from grader.core.kit import GraderError
from grader.vms.description import (
    DESCRIPTIONS, VCPUS, Changes, Tree, Word, names, source_of,
)  # fmt: skip
from grader.vms.initrd import INIT, initrd
from grader.vms.run import unique_names

MIB = 1 << 20

pytestmark = pytest.mark.skipif(not shutil.which("fdtget"), reason="dtc is missing: run ./setup.sh")


def tree(folder: Path, text: str) -> Tree:
    word = Word.parse(text)
    made = Tree(folder, word.name, word.source())
    made.change(Changes.of(word.options))
    return made


@pytest.mark.parametrize("name", names())
def test_every_description_compiles_without_a_warning(name: str, tmp_path: Path) -> None:
    argv = ["dtc", "-I", "dts", "-O", "dtb", "-o", str(tmp_path / "vm.dtb"),
            str(DESCRIPTIONS / f"{name}.dts")]  # fmt: skip
    done = subprocess.run(argv, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_without_options_a_vm_is_as_described(tmp_path: Path) -> None:
    linux = tree(tmp_path, "linux")
    assert (linux.vcpus(), linux.memory()) == (2, [(0x40000000, 128 * MIB)])
    assert linux.text("/chosen", "schism,kernel") == "linux"
    assert linux.text("/chosen", "no,such") == ""


def test_options_change_what_they_name_and_no_more(tmp_path: Path) -> None:
    linux = tree(tmp_path, "linux:vcpus=8,memory=1G,work=hotplug,bootargs=debug,keep")
    assert (linux.vcpus(), linux.memory()) == (8, [(0x40000000, 1024 * MIB)])
    assert linux.text("/chosen", "bootargs").endswith(" panic=-1 debug work=hotplug")
    assert "keep" in subprocess.run(["fdtget", "-p", linux.dtb, "/chosen"], capture_output=True,
                                    text=True).stdout
    few = tree(tmp_path, "linux:vcpus=1")
    assert (few.vcpus(), few.memory()) == (1, [(0x40000000, 128 * MIB)])


def test_a_vm_may_have_two_ranges_of_memory(tmp_path: Path) -> None:
    assert tree(tmp_path, "memwalk_os").memory() == [(0x40e02000, 4096), (0x41404000, 4 * MIB)]


@pytest.mark.parametrize(
    ("cells", "reg", "memory"),
    [
        ((1, 1), "0x40000000 0x200000", [(0x40000000, 0x200000)]),
        ((2, 1), "1 0x40000000 0x200000", [(0x140000000, 0x200000)]),
        ((2, 2), "0 0x40000000 1 0", [(0x40000000, 1 << 32)]),
        ((2, 2), "0 0x40000000", []),
    ],
)
def test_memory_is_read_with_the_cells_of_the_tree(
    cells: tuple[int, int], reg: str, memory: list[tuple[int, int]], tmp_path: Path
) -> None:
    source = (f"/dts-v1/;\n/ {{ #address-cells = <{cells[0]}>; #size-cells = <{cells[1]}>;\n"
              f"memory@40000000 {{ reg = <{reg}>; }}; }};\n")
    assert Tree(tmp_path, "vm", source).memory() == memory


@pytest.mark.parametrize("memory", ["56M", "128M", "512M"])
def test_an_initrd_is_on_2_mib_and_below_the_last_2_mib(memory: str, tmp_path: Path) -> None:
    linux = tree(tmp_path, f"linux:memory={memory}")
    linux.name_members("kernel", "initrd", 3 * MIB + 5)
    start, end = (high << 32 | low for high, low in (
        linux.numbers("/chosen", f"linux,initrd-{word}", "0") for word in ("start", "end")))
    assert start % (2 * MIB) == 0 and end - start == 3 * MIB + 5
    assert end <= 0x40000000 + linux.memory_size() - 2 * MIB < end + 2 * MIB
    assert linux.text("/chosen", "schism,initrd") == "initrd"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nothing", "there is no VM 'nothing'; there are conformance, counter_os, linux, "),
        ("../vms/linux", "there is no VM"),
        ("linux:vcpus=0", "vcpus=0: give a number from 1 to 8"),
        (f"linux:vcpus={VCPUS + 1}", "vcpus=9: give a number from 1 to 8"),
        ("linux:memory=56", "memory=56: give a size such as 128M"),
        ("linux:memory=0M", "memory=0M: give a size such as 128M"),
        ("linux:memory=", "linux:memory=: 'memory=' is no option of a VM; there are vcpus=, "),
        ("linux:cpus=1", "'cpus=1' is no option of a VM"),
        ("linux:keep=1", "'keep=1' is no option of a VM"),
        ("linux:work=a;b", "work=a;b: give the name of a function of beyond/vms/init"),
        ('linux:bootargs="', "cannot be in a device tree"),
        ("counter_os:memory=8M", "counter_os: its memory is where its program needs it"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(GraderError) as refused:
        tree(tmp_path, text)
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_an_initrd_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GraderError, match="linux: its memory is too small for its initrd"):
        tree(tmp_path, "linux:memory=4M").name_members("kernel", "initrd", 3 * MIB)


def test_a_file_that_is_no_device_tree_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "vm.dtb").write_text("text")
    (tmp_path / "vm.dts").write_text("text")
    for name in ("vm.dtb", "vm.dts", "none.dtb"):
        with pytest.raises(GraderError, match=name):
            source_of(tmp_path / name)


def test_names_are_unique() -> None:
    words = [Word(name) for name in ("linux", "uboot", "linux", "linux")]
    assert unique_names(words) == ["linux", "uboot", "linux-2", "linux-3"]


def test_the_initrd_is_an_archive_that_cpio_reads(tmp_path: Path) -> None:
    if not shutil.which("cpio"):
        pytest.skip("cpio is missing: run ./setup.sh --dev")
    archive = initrd(b"\x7fELF")
    assert archive == initrd(b"\x7fELF")
    done = subprocess.run(["cpio", "-tv"], input=archive, capture_output=True, check=True)
    listed = [line.split() for line in done.stdout.decode().splitlines()]
    assert [(words[0][0], words[-1]) for words in listed] == [
        ("d", "bin"), ("d", "dev"), ("d", "proc"), ("d", "sys"), ("-", "bin/busybox"),
        ("c", "dev/console"), ("-", "init"),
    ]  # fmt: skip


def test_the_digest_in_init_is_that_of_its_text() -> None:
    digest = hashlib.sha256(b"0123456789abcde\n" * (4 * MIB // 16)).hexdigest()
    assert f"\ndigest={digest}\n" in INIT.read_text()
