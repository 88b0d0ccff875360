# SPDX-License-Identifier: MIT
"""The sandboxes in which a submission is built and booted: bubblewrap with tools and nothing else.

The tools can be read and the tree can be written. There is no network, no other process
and no device except /dev/null. The kit, its solutions and other submissions are hidden,
even if they are in the same directory as a tool.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..core.environment import clean
from ..core.kit import KIT, GraderError
from ..core.process import Limits, Nursery
from ..qemu.boot import qemu
from ..qemu.inspection import debugger

# The system's programs and what they load; also a Nix or Guix store.
SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/ld.so.cache",
          "/nix/store", "/gnu/store")  # fmt: skip
PARTS = ("bin", "sbin", "lib", "lib32", "lib64", "libexec")  # of a prefix such as /usr
CROSS = ("aarch64-none-elf-", "aarch64-elf-", "aarch64-linux-gnu-")
TOOLS = ("make", "sh", "clang", "ld.lld", "llvm-objcopy")
NO_NAMESPACES = (
    "allow it to make user namespaces (Ubuntu 24.04: sudo sysctl -w"
    " kernel.apparmor_restrict_unprivileged_userns=0; Docker: --cap-add SYS_ADMIN"
    " --security-opt seccomp=unconfined --security-opt apparmor=unconfined)"
)


def wrapper(
    tree: Path, folder: Path, variables: Sequence[str], nursery: Nursery
) -> tuple[str, ...]:
    """Return the command that runs make in the sandbox of `tree`.

    `folder` is the submission. Raise GraderError if the sandbox does not start.
    """
    bwrap = _bwrap()
    scratch = tree.with_name(f"{tree.name}-tmp")
    scratch.mkdir()
    words = [bwrap, "--unshare-all", "--die-with-parent", "--new-session"]
    words += ["--bind", str(scratch), "/tmp", *view(folder, variables)]
    words += ["--dev-bind", "/dev/null", "/dev/null"]
    words += ["--bind", str(tree), str(tree), "--chdir", str(tree), "--"]
    tried = nursery.run([*words, "true"], Limits(wall_seconds=30), env=clean())
    if tried.status or tried.stop:
        lines = tried.stderr.decode("utf-8", "replace").strip().splitlines()
        why = lines[-1] if lines else f"status {tried.status}"
        raise GraderError(f"the sandbox for submissions does not start ({why}): {NO_NAMESPACES}")
    return tuple(words)


def for_files(scratch: Path) -> tuple[str, ...]:
    """Return the command for a tool that reads a student's files in `scratch`, its /tmp."""
    words = [_bwrap(), "--unshare-all", "--die-with-parent", "--new-session"]
    words += ["--bind", str(scratch), "/tmp", "--chdir", "/tmp", "--dev", "/dev"]
    words += [word for path in ("/usr", *SYSTEM) for word in ("--ro-bind-try", path, path)]
    return (*words, "--")


def for_machine(tree: Path) -> tuple[str, ...]:
    """Return the command for QEMU and gdb (Nursery.confined). A stage may attack both.

    They can read the tree and the grader's part that runs inside gdb, but no solution.
    """
    words = [_bwrap(), "--unshare-all", "--die-with-parent", "--new-session"]
    shown = {Path(path) for path in SYSTEM}
    for program in (qemu(), debugger()):
        found = shutil.which(program)
        for path in (Path(found), Path(found).resolve()) if found else ():
            shown |= {*parts(path.parent.parent, ""), path.parent.parent / "share"}
    shown |= {*parts(Path("/usr"), ""), Path("/usr/share")}
    words += [word for path in sorted(shown) for word in ("--ro-bind-try", str(path), str(path))]
    words += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]  # a log goes to /dev/stderr
    for path in (KIT / "grader", KIT / "common", tree):
        words += ["--ro-bind", str(path), str(path)]
    return tuple(words)


def _bwrap() -> str:
    bwrap = shutil.which("bwrap")
    if not bwrap:
        raise GraderError(
            "a submission is built in a sandbox, and bubblewrap is missing: run ./setup.sh --dev")
    return bwrap


def view(folder: Path, variables: Sequence[str]) -> Iterator[str]:
    """Yield bubblewrap's options for what can be read, outer directories first."""
    shown = {Path(path) for path in SYSTEM} | {
        part for prefix, target in _prefixes(variables) for part in parts(prefix, target)
    }
    hidden = {KIT.resolve(), folder.resolve()}
    siblings = folder.resolve().parent  # other submissions
    if not any(path == siblings or siblings in path.parents for path in shown):
        hidden.add(siblings)
    # Hide a secret under each name of its directory, such as /lib and /usr/lib.
    masks = {
        path / secret.relative_to(path.resolve())
        for path in shown
        for secret in hidden
        if path.resolve() in (secret, *secret.parents)
    }
    for path in sorted(shown | masks):
        yield from ("--tmpfs", str(path)) if path in masks else ("--ro-bind-try", str(path),
                                                                 str(path))


def parts(prefix: Path, target: str) -> Iterator[Path]:
    """Yield the directories in which a tool installed in `prefix` keeps its files."""
    for name in (*PARTS, target):
        if name and prefix != Path("/"):
            yield prefix / name


def _prefixes(variables: Sequence[str]) -> Iterator[tuple[Path, str]]:
    """Yield where the tools are installed, with the target of a cross compiler.

    For a link in PATH, yield its own place and that of its target.
    """
    chosen = dict(variable.split("=", 1) for variable in variables)
    crosses = [chosen.get("CROSS") or os.environ.get("CROSS") or "", *CROSS]
    programs = [(name, "") for name in TOOLS]
    for cross in crosses:
        target = Path(cross).name.rstrip("-")
        programs += [(cross + tool, target) for tool in ("gcc", "ld", "objcopy")]
    yield Path("/usr"), ""
    for program, target in programs:
        found = shutil.which(program)
        for path in (Path(found), Path(found).resolve()) if found else ():
            yield path.parent.parent, target
