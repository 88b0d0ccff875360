# SPDX-License-Identifier: MIT
"""Get files out of Debian's arm64 packages, without root's rights and without a trace.

A private apt has its own configuration, lists and cache in the build folder. It downloads and
unpacks; it installs nothing, so the machine's own apt never notices. A file that is there is never
downloaded again.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ..core.environment import clean
from ..core.kit import GraderError
from ..core.scratch_folder import scratch
from .sources import FALLBACK_SUITE, Source, codename, debian_sources

KERNEL, BUSYBOX, UBOOT = "vmlinuz", "busybox", "u-boot.bin"
# The package of each file, and where the file is in it. The kernel's name has its version, so
# a package that depends on the newest one names it.
KERNEL_OF_NOW = "linux-image-cloud-arm64"
PACKAGES = {
    KERNEL: ("", "boot/vmlinuz-*"),
    BUSYBOX: ("busybox-static", "**/bin/busybox"),
    UBOOT: ("u-boot-qemu", "usr/lib/u-boot/qemu_arm64/u-boot.bin"),
}
IMAGE_MAGIC = (56, b"ARM\x64")

# apt's own post-invoke scripts belong to the machine. As root, apt would download as user
# _apt, who may not enter the build folder.
CONFIG = """\
APT::Architecture "arm64";
#clear APT::Architectures;
APT::Architectures {{ "arm64"; }};
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Sandbox::User "root";
APT::Get::List-Cleanup "true";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::State "{root}/state";
Dir::State::status "/dev/null";
Dir::Cache "{root}/cache";
Dir::Etc::sourcelist "{root}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
"""


class Packages:
    """The files of one Debian suite, kept in folder/SUITE."""

    def __init__(self, folder: Path, suite: str = "", mirror: str = "") -> None:
        if suite and not re.fullmatch(r"[a-z][a-z0-9.-]*", suite):
            raise GraderError(f"SUITE={suite}: give the name of a Debian suite, such as trixie")
        self.suite, self.mirror = suite, mirror
        self.folder = folder / (suite or codename() or FALLBACK_SUITE)

    def get(self, names: Sequence[str]) -> list[Path]:
        """Return where these files are, after a download of those that are missing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if missing := [name for name in names if not (self.folder / name).exists()]:
                self._download(missing)
        return [self.folder / name for name in names]

    def _download(self, names: Sequence[str]) -> None:
        for tool in ("apt-get", "dpkg-deb"):
            if not shutil.which(tool):
                raise GraderError(f"{tool} is missing, which unpacks Debian's packages: give "
                                  "KERNEL= and INITRD=, an arm64 Image and its initrd")
        sources = debian_sources(self.suite, self.mirror)
        apt = Apt((self.folder / "apt").absolute(), sources)
        packages = {name: PACKAGES[name][0] or apt.dependency(KERNEL_OF_NOW) for name in names}
        self._announce(apt, list(packages.values()), sources)
        for name, package in packages.items():
            with scratch() as place:
                tree = apt.unpacked(package, Path(place))
                found = sorted(tree.glob(PACKAGES[name][1]))
                if not found:
                    raise GraderError(f"package {package} has no {PACKAGES[name][1]}")
                if name == KERNEL:
                    check_image(found[0])
                draft = self.folder / f"{name}.new"
                shutil.copyfile(found[0], draft)
                draft.replace(self.folder / name)

    def _announce(self, apt: Apt, packages: Sequence[str], sources: Sequence[Source]) -> None:
        sizes = ", ".join(f"{name} ({apt.size(name) / 1e6:.1f} MB)" for name in packages)
        print(f"download {sizes} for arm64 from {sources[0].uri}; kept in {self.folder}",
              flush=True)


class Apt:
    """apt-get with a root of its own."""

    def __init__(self, root: Path, sources: Sequence[Source]) -> None:
        self.root = root
        for name in ("state/lists/partial", "cache/archives/partial"):
            (root / name).mkdir(parents=True, exist_ok=True)
        (root / "sources.list").write_text("".join(source.line() for source in sources))
        (root / "apt.conf").write_text(CONFIG.format(root=root))
        self.run("apt-get", "-qq", "--error-on=any", "update")

    def run(self, *argv: str, cwd: Path | None = None) -> str:
        tool, *arguments = argv
        done = subprocess.run([tool, "-c", str(self.root / "apt.conf"), *arguments], cwd=cwd,
                              env={**clean(), **proxies()}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)  # fmt: skip
        if done.returncode:
            words = [line for line in done.stderr.splitlines() if line.startswith("E:")]
            what = next(word for word in arguments if not word.startswith("-"))
            raise GraderError(f"{tool} {what}: {(words or ['failed'])[0]}; without it, give "
                              "KERNEL= and INITRD=")
        return done.stdout

    def dependency(self, package: str) -> str:
        """The kernel that a package without contents depends on."""
        text = self.run("apt-cache", "depends", package)
        found = re.search(r"^ *Depends: (linux-image-\S+)", text, re.MULTILINE)
        if not found:
            raise GraderError(f"package {package} names no kernel")
        return found.group(1)

    def size(self, package: str) -> int:
        """Bytes to download."""
        text = self.run("apt-cache", "--no-all-versions", "show", package)
        found = re.search(r"^Size: (\d+)$", text, re.MULTILINE)
        return int(found.group(1)) if found else 0

    def unpacked(self, package: str, place: Path) -> Path:
        self.run("apt-get", "-qq", "download", package, cwd=place)
        tree = place / "tree"
        (archive,) = place.glob("*.deb")
        done = subprocess.run(["dpkg-deb", "-x", archive, tree], env=clean(), capture_output=True,
                              text=True, check=False)  # fmt: skip
        if done.returncode:
            raise GraderError(f"dpkg-deb: {done.stderr.strip()}")
        return tree


def proxies() -> dict[str, str]:
    """The variables of the user that say how to reach the network."""
    names = ("http_proxy", "https_proxy", "no_proxy")
    return {name: os.environ[name] for name in names if name in os.environ}


def check_image(path: Path) -> None:
    """Refuse a kernel that is no plain arm64 Image: EL2 decompresses nothing."""
    at, magic = IMAGE_MAGIC
    with path.open("rb") as file:
        head = file.read(at + len(magic))
    if head[at:] != magic and not head.startswith(b"\x7fELF"):
        raise GraderError(f"{path} is no arm64 Image and no ELF file; decompress it first")
