# SPDX-License-Identifier: MIT
"""make linux, make beyond: boot VMs of beyond/vms/ under the hypervisor of beyond/."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..core.kit import KIT, GraderError
from ..qemu.boot import machine_flags
from ..vms.description import Word, names, number, size
from ..vms.run import Files, Vm, bare_options, described, given, options_for, unique_names

MOST_CORES = 8  # CORES_MAX of beyond/cores/core.h
PATIENCE = "60"  # seconds of processor time without a line: Linux boots in silence
LEAVE, LEAVE_NAME = b"\x1d", "Ctrl-]"


def all_vms(options: argparse.Namespace, folder: Path) -> list[Vm]:
    files = Files(options.downloads, options.lab_guests, options.kernel, options.initrd,
                  options.suite, options.mirror)
    words = [Word.parse(text) for text in options.vms.split()]
    vms = [described(word, name, files, folder) for word, name in zip(words, unique_names(words))]
    if options.dtb and not options.kernel:
        raise GraderError("DTB=: give KERNEL= too, the program of this VM")
    if options.dtb:
        return [*vms, given(options.dtb, options.kernel, options.initrd, folder)]
    if options.kernel and not any(word.name == "linux" for word in words):
        raise GraderError("KERNEL=: give DTB= too, the device tree of its VM")
    if not vms:
        raise GraderError(f'give VMS="a b"; there are {", ".join(names())}')
    return vms


def without_icount(flags: list[str]) -> list[str]:
    at = flags.index("-icount")
    return flags[:at] + flags[at + 2 :]


@contextmanager
def terminal(interactive: bool) -> Iterator[None]:
    """Let Ctrl-C through to the guest: another key ends the machine."""
    if not interactive or not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    changed = termios.tcgetattr(sys.stdin)
    changed[6][termios.VINTR] = LEAVE
    termios.tcsetattr(sys.stdin, termios.TCSANOW, changed)
    print(f"{LEAVE_NAME} ends the machine; Ctrl-A and a digit shows another VM.", flush=True)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, before)


def machine(options: argparse.Namespace) -> tuple[list[str], list[str]]:
    """Write what is booted; the options of QEMU for the machine, and those for the VMs."""
    folder = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    cores = number("CORES", options.cores, MOST_CORES)
    memory = size("MEMORY", options.memory) if options.memory else 0
    vms = all_vms(options, folder)
    flags = without_icount(machine_flags()) if options.no_icount else machine_flags()
    more = shlex.split(options.qemu_options)
    if options.bare:
        return flags, bare_options(vms[0], memory, more)
    return flags, options_for(vms, cores, memory, folder, more, flags)


def boot(options: argparse.Namespace) -> int:
    """Write what is booted, and boot it."""
    flags, argv = machine(options)
    arguments = options.folder / "qemu.args"
    arguments.write_text("\n".join(flags) + "\n")
    environment = {"PATIENCE": "0" if options.interactive else PATIENCE, **os.environ,
                   "QEMU_ARGS": str(arguments)}  # fmt: skip
    # run.sh gives QEMU the first word as -kernel, and the last -kernel counts.
    run = ["bash", str(KIT / "common/make/run.sh"), str(options.image), *argv]
    if options.dry_run:
        print(shlex.join(run))
        return 0
    with terminal(options.interactive):
        return subprocess.run(run, env=environment, check=False).returncode


def parser(prog: str) -> argparse.ArgumentParser:
    """The options that linux.mk gives to each command that boots VMs."""
    parser = argparse.ArgumentParser(prog=prog)
    for name in ("image", "folder", "downloads", "lab-guests"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("kernel", "initrd", "dtb"):
        parser.add_argument(f"--{name}", type=Path)
    for name in ("vms", "memory", "suite", "mirror", "qemu-options"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--cores", default="2")
    for name in ("interactive", "no-icount", "bare", "dry-run"):
        parser.add_argument(f"--{name}", action="store_true")
    return parser


def main() -> int:
    return boot(parser("make beyond").parse_args())


if __name__ == "__main__":
    try:
        sys.exit(main())
    except GraderError as error:
        sys.exit(f"{os.environ.get('COMMAND', 'beyond')}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
