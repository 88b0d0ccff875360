# SPDX-License-Identifier: MIT
"""The machine that runs EL2 of beyond/: the labs' machine with more cores, and the bundle."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core.environment import clean
from ..core.kit import KIT, GraderError
from ..qemu.boot import qemu

BUNDLE = KIT / "beyond/systems/bundle.py"
# As beyond/systems/bundle.h: EL2 and the size of the bundle are below it.
RAM_BASE, BUNDLE_BASE, SIZE_AT = 0x40000000, 0x42000000, 0x41fffff8
MIB = 1 << 20
SPARE = 24 * MIB  # for page tables, and for what is lost between blocks
TREE = 2 * MIB  # more than the tree of the machine, which the bundle gets last
STEP = 128 * MIB


@dataclass(frozen=True)
class Member:
    """A file of the bundle, and its name there. `frames`: it becomes a VM's memory."""

    name: str
    path: Path
    frames: bool = False


@dataclass(frozen=True)
class Machine:
    """Cores and bytes of memory, and other options for QEMU."""

    cores: int
    memory: int
    more: tuple[str, ...] = ()

    def flags(self) -> list[str]:
        """Options for QEMU after those of qemu.args. The clock begins at the same time always."""
        return ["-smp", str(self.cores), "-m", f"{self.memory >> 20}M", "-rtc",
                "base=2030-01-01,clock=vm", "-seed", "1", *self.more]  # fmt: skip

    def write_tree(self, base: Sequence[str], path: Path) -> None:
        """Let QEMU write the device tree of this machine."""
        argv = [qemu(), *base, *self.flags(), "-M", f"dumpdtb={path}"]
        try:
            done = subprocess.run(argv, env=clean(), stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, check=False)  # fmt: skip
        except OSError:
            raise GraderError(f"QEMU is missing (looked for {qemu()}): run ./setup.sh") from None
        if done.returncode or not path.exists():
            words = done.stderr.strip().splitlines() or ["QEMU writes no device tree"]
            raise GraderError(f"QEMU: {words[-1]}")


def write_bundle(path: Path, members: Sequence[Member]) -> int:
    """Write the bundle and return its size."""
    plain = [f"{m.name}={m.path}" for m in members if not m.frames]
    frames = [f"{m.name}={m.path}" for m in members if m.frames]
    argv = [sys.executable, str(BUNDLE), str(path), *plain]
    if frames:
        argv += ["--frames", *frames]
    done = subprocess.run(argv, env=clean(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise GraderError(done.stderr.strip().removeprefix("bundle.py: "))
    return path.stat().st_size


def loader(bundle: Path) -> list[str]:
    """Options that put the bundle into memory, and its size in front of it."""
    place = str(bundle).replace(",", ",,")
    size = bundle.stat().st_size
    return ["-device", f"loader,file={place},addr={BUNDLE_BASE:#x},force-raw=on",
            "-device", f"loader,addr={SIZE_AT:#x},data={size},data-len=8"]  # fmt: skip


def least_memory(bundle: int) -> int:
    """Bytes of RAM for a bundle of that size. EL2 says which VMs have no room."""
    return BUNDLE_BASE - RAM_BASE + -(-bundle // MIB) * MIB + TREE


def enough_memory(vms: int, bundle: int) -> int:
    """Bytes of RAM for VMs of that much memory in sum, and a bundle of that size."""
    return -(-(least_memory(bundle) + vms + SPARE) // STEP) * STEP
