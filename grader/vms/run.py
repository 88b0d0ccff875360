# SPDX-License-Identifier: MIT
"""From words such as linux:vcpus=4 to a bundle, and to the options of QEMU that boot it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core.kit import KIT, GraderError
from ..qemu.boot import machine_flags
from .description import Changes, Tree, Word, source_of
from .initrd import initrd
from .machine import Machine, Member, enough_memory, least_memory, loader, write_bundle
from .packages import BUSYBOX, KERNEL, UBOOT, Packages, check_image

MACHINE_TREE = "machine"
MOST_VMS = 16  # VM_MAX of common/include/guest_layout.h
# The guests of lab 6: the file of each that make links, named after its slot.
LAB_GUESTS = {"counter_os": "0-counter_os.elf", "memwalk_os": "1-memwalk_os.elf"}


@dataclass(frozen=True)
class Files:
    """Where the files are that descriptions name, and what the user gave in their place."""

    downloads: Path
    lab_guests: Path
    kernel: Path | None = None
    initrd: Path | None = None
    suite: str = ""
    mirror: str = ""

    def packages(self, word: Word) -> Packages:
        return Packages(self.downloads, word.options.get("suite", self.suite), self.mirror)

    def kernel_of(self, word: Word, named: str) -> Path:
        """The file for schism,kernel: a program that the kit can get, or a path in the kit."""
        if given := word.options.get("kernel"):
            return _present(Path(given))
        if named == "linux":
            if self.kernel:
                check_image(_present(self.kernel))
                return self.kernel
            # One download for both, if both will be needed.
            both = [KERNEL] if self.initrd or "initrd" in word.options else [KERNEL, BUSYBOX]
            return self.packages(word).get(both)[0]
        if named == "uboot":
            return self.packages(word).get([UBOOT])[0]
        if named in LAB_GUESTS:
            return _present(self.lab_guests / LAB_GUESTS[named])
        if not named:
            raise GraderError(f"{word.name}: its device tree names no schism,kernel")
        return _present(KIT / named)

    def initrd_of(self, word: Word, named: str, folder: Path) -> Path | None:
        """The file for schism,initrd, if there is one."""
        if given := word.options.get("initrd"):
            return _present(Path(given))
        if not named:
            return None
        if named != "initrd":
            return _present(KIT / named)
        if self.initrd:
            return _present(self.initrd)
        packages = self.packages(word)
        (busybox,) = packages.get([BUSYBOX])
        path = folder / f"initrd-{packages.folder.name}"
        path.write_bytes(initrd(busybox.read_bytes()))
        return path


def _present(path: Path) -> Path:
    if not path.is_file():
        raise GraderError(f"{path}: no such file")
    return path


@dataclass(frozen=True)
class Vm:
    """A VM that is ready to boot: what the bundle has of it. Its tree and kernel come first."""

    members: tuple[Member, ...]
    tree: Tree


def described(word: Word, name: str, files: Files, folder: Path) -> Vm:
    """A VM from a description of beyond/vms/."""
    tree = Tree(folder, name, word.source())
    tree.change(Changes.of(word.options))
    kernel = files.kernel_of(word, tree.text("/chosen", "schism,kernel"))
    return _with_members(tree, kernel,
                         files.initrd_of(word, tree.text("/chosen", "schism,initrd"), folder))


def given(dtb: Path, kernel: Path, initrd_file: Path | None, folder: Path) -> Vm:
    """A VM from the user's own device tree and files."""
    tree = Tree(folder, dtb.stem, source_of(dtb))
    return _with_members(tree, _present(kernel), _present(initrd_file) if initrd_file else None)


def _with_members(tree: Tree, kernel: Path, initrd_file: Path | None) -> Vm:
    members = [Member(f"{tree.name}.dtb", tree.dtb), Member(f"{tree.name}.kernel", kernel)]
    if initrd_file:
        members.append(Member(f"{tree.name}.initrd", initrd_file, frames=True))
    tree.name_members(f"{tree.name}.kernel", f"{tree.name}.initrd" if initrd_file else "",
                      initrd_file.stat().st_size if initrd_file else 0)
    return Vm(tuple(members), tree)


def unique_names(words: Sequence[Word]) -> list[str]:
    """linux, linux-2, linux-3: no two VMs have the same name."""
    counts: dict[str, int] = {}
    result = []
    for word in words:
        counts[word.name] = counts.get(word.name, 0) + 1
        result.append(word.name + (f"-{counts[word.name]}" if counts[word.name] > 1 else ""))
    return result


def options_for(vms: Sequence[Vm], cores: int, memory: int, folder: Path, more: Sequence[str] = (),
                base: Sequence[str] | None = None) -> list[str]:
    """Write the bundle and return QEMU's options for it. `memory` 0 is as much as it takes."""
    if len(vms) > MOST_VMS:
        raise GraderError(f"{len(vms)} VMs: EL2 has room for {MOST_VMS}")
    tree, bundle = folder / f"{MACHINE_TREE}.dtb", folder / "bundle.cpio"
    members = [member for vm in vms for member in vm.members]
    tree.unlink(missing_ok=True)
    # The machine's tree comes later, because it depends on how much memory there is.
    size = write_bundle(bundle, members)
    least = least_memory(size)
    if memory and memory < least:
        raise GraderError(f"MEMORY={memory >> 20}M: the bundle alone needs {least >> 20}M")
    memory = memory or enough_memory(sum(vm.tree.memory_size() for vm in vms), size)
    machine = Machine(cores, memory, tuple(more))
    machine.write_tree(machine_flags() if base is None else base, tree)
    write_bundle(bundle, [Member(tree.name, tree), *members])
    return [*machine.flags(), *loader(bundle)]


def bare_options(vm: Vm, memory: int, more: Sequence[str] = ()) -> list[str]:
    """QEMU's options to boot a Linux VM's files on the bare machine, with the same device tree.

    QEMU changes the tree where it knows better: the memory, and where it puts the initrd.
    """
    tree, kernel, *rest = (str(member.path) for member in vm.members)
    machine = Machine(vm.tree.vcpus(), memory or vm.tree.memory_size(), tuple(more))
    return ["-M", "virtualization=off", *machine.flags(), "-dtb", tree, "-kernel", kernel,
            *(["-initrd", rest[0]] if rest else [])]  # fmt: skip
