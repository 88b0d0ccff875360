# SPDX-License-Identifier: MIT
"""make distros: run the README's commands on fresh systems of its distributions.

For maintainers. Each system is a folder made by debootstrap, entered with its own mounts and
processes and an empty environment (enter.sh). Root has a clone of the kit, and an ordinary user has
another one in a path with a space and an umlaut. Needs root.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ..core.kit import KIT, GraderError

ENTER = Path(__file__).with_name("enter.sh")
FAMILY = {"bookworm": "debian", "trixie": "debian", "noble": "ubuntu"}
COMPONENTS = {"debian": "main", "ubuntu": "main,universe"}
KEYRING = Path("usr/share/keyrings/ubuntu-archive-keyring.gpg")
APT = Path("/etc/apt")
USER = "reader"
TREES = {"root": "/root/kit", USER: f"/home/{USER}/Bücher und Kram/kit"}

TWICE = "make demo >one && make demo >two && cmp one two && rm one two"
PICTURES = (
    "make map SOLVED=6 && make timeline SOLVED=6 && make trace SOLVED=6 && make bench SOLVED=6"
    " && echo 'hyp vcpus' | make gdb SOLVED=6 AT=guest_enter | grep memwalk_os"
)
OPTIONS = " && ".join(
    f"make demo {option} BUILD=build/option{n} | grep -F '[boot] every VM has stopped'"
    for n, option in enumerate(("LLVM=1", "OPT=-O0", "UBSAN=1"))
)


@dataclass(frozen=True)
class Step:
    """A command of one of the two users in their tree, and the step that must precede it."""

    name: str
    user: str
    command: str
    after: str = ""


STEPS = (
    Step("setup", "root", "./setup.sh"),
    Step("demo", "root", TWICE, "setup"),
    Step("user-demo", USER, TWICE, "setup"),
    Step("pictures", "root", PICTURES, "setup"),
    Step("user-pictures", USER, PICTURES, "setup"),
    Step("dev", "root", "./setup.sh --dev", "setup"),
    Step("options", "root", OPTIONS, "dev"),
    Step("user-options", USER, OPTIONS, "dev"),
    Step("test", "root", "make test", "dev"),
    Step("user-test", USER, "make test", "dev"),
)


def chosen(names: list[str]) -> list[Step]:
    """The steps with these names and those that must precede them; all if none is named."""
    known = {step.name: step for step in STEPS}
    for name in names:
        if name not in known:
            raise GraderError(f"STEPS={name}: the steps are {', '.join(known)}")
    wanted = set(names or known)
    for step in reversed(STEPS):
        if step.name in wanted and step.after:
            wanted.add(step.after)
    return [step for step in STEPS if step.name in wanted]


def mirrors(given: str, apt: Path = APT) -> dict[str, str]:
    """The package mirrors: MIRROR/debian and MIRROR/ubuntu, or those of apt on this system."""
    if given:
        return {family: f"{given.rstrip('/')}/{family}" for family in COMPONENTS}
    found: dict[str, str] = {}
    for file in sorted([apt / "sources.list", *apt.glob("sources.list.d/*")]):
        text = file.read_text(errors="replace") if file.is_file() else ""
        for url in re.findall(r"^(?:URIs:|deb\b).*?(https?://\S+)", text, re.MULTILINE):
            base, _, family = url.rstrip("/").rpartition("/")
            if family in COMPONENTS:
                found.setdefault(family, url.rstrip("/"))
    for family in COMPONENTS:
        base = next(iter(found.values()), "").rpartition("/")[0]
        if not base:
            raise GraderError("apt has no mirror on this system:"
                              " give MIRROR=http://host, with /debian and /ubuntu")
        found.setdefault(family, f"{base}/{family}")
    return found


def sources(suite: str, mirror: str) -> str:
    """A sources.list with updates."""
    family = FAMILY[suite]
    components = COMPONENTS[family].replace(",", " ")
    security = (f"{mirror}-security", f"{suite}-security")
    if family == "ubuntu":
        security = (mirror, f"{suite}-security")
    places = [(mirror, suite), (mirror, f"{suite}-updates"), security]
    return "".join(f"deb {url} {name} {components}\n" for url, name in places)


def _remove(folder: Path) -> None:
    """Remove a folder, unless something is mounted in it."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        place = line.split()[1]
        if place.startswith(f"{folder}/"):
            raise GraderError(f"{place} is mounted: umount it first")
    shutil.rmtree(folder, ignore_errors=True)


class Systems:
    """Folders with fresh systems, made once; the steps run in copies."""

    def __init__(self, folder: Path, given_mirror: str) -> None:
        self.folder = folder
        self.mirrors = mirrors(given_mirror)

    def fresh(self, suite: str) -> Path:
        root = self.folder / suite
        if not (root / "etc/os-release").exists():
            self.make(suite, root)
        return root

    def make(self, suite: str, root: Path) -> None:
        unfinished = root.with_name(f"{suite}.unfinished")
        _remove(root)
        _remove(unfinished)
        family = FAMILY[suite]
        # A separate mount namespace: mounts that a killed debootstrap leaves vanish with it.
        argv = ["unshare", "--mount", "--propagation", "private"]
        argv += ["debootstrap", "--variant=minbase", f"--components={COMPONENTS[family]}"]
        script = []
        if family == "ubuntu":
            argv.append(f"--keyring={self.keyring()}")
            # All later releases use this script, but an older debootstrap does not know them.
            script = ["gutsy"]
        print(f"distros: {suite}: debootstrap", flush=True)
        _run_logged([*argv, suite, str(unfinished), self.mirrors[family], *script],
                    self.folder / f"{suite}.debootstrap.log")  # fmt: skip
        (unfinished / "etc/apt/sources.list").write_text(sources(suite, self.mirrors[family]))
        for name in ("resolv.conf", "hosts"):
            shutil.copy(f"/etc/{name}", unfinished / "etc")
        for file in (APT / "apt.conf.d").glob("*proxy*"):
            shutil.copy(file, unfinished / "etc/apt/apt.conf.d")
        unfinished.rename(root)

    def keyring(self) -> Path:
        """Ubuntu's keys: this system's, or those of a Debian 13 package."""
        here = Path("/") / KEYRING
        if here.exists():
            return here
        kept = self.folder / KEYRING.name
        if not kept.exists():
            root = self.copy("trixie")
            get = "apt-get -qq update && apt-get -qq install --no-install-recommends ubuntu-keyring"
            _run_logged(_entering(root, "root", "/", get), self.folder / "keyring.log")
            shutil.copy(root / KEYRING, kept)
        return kept

    def copy(self, suite: str) -> Path:
        fresh, copy = self.fresh(suite), self.folder / f"{suite}.copy"
        _remove(copy)
        _run_logged(["cp", "-a", str(fresh), str(copy)], self.folder / "copy.log")
        return copy


def _entering(root: Path, user: str, folder: str, command: str) -> list[str]:
    return ["bash", str(ENTER), str(root), user, folder, command]


def _run_logged(argv: list[str], log: Path) -> None:
    what = "debootstrap" if "debootstrap" in argv else argv[0]
    with log.open("wb") as file:
        if subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=file, stderr=file).returncode:
            raise GraderError(f"{what} failed: {_last_line(log)} ({log})")


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "no message")


def _with_kits(root: Path) -> None:
    """Give each of the two users a clone."""
    subprocess.run(["chroot", root, "useradd", "-m", "-s", "/bin/bash", USER], check=True)
    for tree in TREES.values():
        folder = root / tree.lstrip("/")
        folder.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "clone", "-q", "--no-hardlinks", KIT, folder], check=True)
    subprocess.run(["chroot", root, "chown", "-R", f"{USER}:{USER}", f"/home/{USER}"], check=True)


def _results(suite: str, steps: list[Step], systems: Systems) -> Iterator[tuple[str, str]]:
    """The result of each step: its time, FAILED, or not tried."""
    root = systems.copy(suite)
    _with_kits(root)
    failed: set[str] = set()
    for step in steps:
        if step.after in failed:
            failed.add(step.name)
            yield step.name, "not tried"
            continue
        log = systems.folder / f"{suite}-{step.name}.log"
        began = time.monotonic()
        with log.open("wb") as file:
            argv = _entering(root, step.user, TREES[step.user], step.command)
            done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        seconds = f"{time.monotonic() - began:.0f} s"
        if done.returncode:
            failed.add(step.name)
        print(f"distros: {suite} {step.name}: "
              + (f"FAILED after {seconds}: {log}" if done.returncode else seconds), flush=True)
        yield step.name, "FAILED" if done.returncode else seconds
    _remove(root)


def table(steps: list[Step], columns: dict[str, dict[str, str]]) -> str:
    rows = [["", *columns]]
    rows += [[step.name, *(column[step.name] for column in columns.values())] for step in steps]
    return "\n".join("".join(f"{cell:<15}" for cell in row).rstrip() for row in rows)


def missing() -> Optional[str]:
    """Return in a line why this system cannot do it; None if it can."""
    if os.geteuid() != 0:
        return "needs root, to make and enter folders with systems"
    for program in ("debootstrap", "unshare", "git"):
        if not shutil.which(program):
            return f"{program} is missing: install the package of that name (unshare: util-linux)"
    return None


def main(argv: Optional[list[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="distros")
    parser.add_argument("--distros", default="", help="names; default: all")
    parser.add_argument("--steps", default="", help="names; default: all")
    parser.add_argument("--mirror", default="", help="http://host, with /debian and /ubuntu")
    parser.add_argument("--folder", type=Path, required=True, help="where the systems are kept")
    options = parser.parse_args(argv)
    try:
        steps, suites = chosen(options.steps.split()), options.distros.split() or list(FAMILY)
        for suite in suites:
            if suite not in FAMILY:
                raise GraderError(f"DISTROS={suite}: the distributions are {', '.join(FAMILY)}")
        if reason := missing():
            raise GraderError(reason)
        folder = options.folder.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        systems = Systems(folder, options.mirror)
        columns = {suite: dict(_results(suite, steps, systems)) for suite in suites}
    except GraderError as error:
        print(f"distros: {error}", file=sys.stderr)
        return 2
    print(table(steps, columns))
    cells = [cell for column in columns.values() for cell in column.values()]
    return int("FAILED" in cells or "not tried" in cells)


if __name__ == "__main__":
    sys.exit(main())
