# SPDX-License-Identifier: MIT
"""Digests: what a result depends on, so that nothing is graded twice and nothing stale is kept."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from ..core.environment import clean
from ..core.kit import KIT, LAB_DIRS
from ..grading.sandbox import CROSS
from ..qemu.boot import qemu

# What a grading uses of the kit. Pages are made of results, so their templates are not here.
USED = ("Makefile", "common", "solutions", *LAB_DIRS.values(),
        *(f"grader/{name}" for name in ("core", "model", "qemu", "labs", "grading", "guests",
                                        "classes/job.py")))


def digest(parts: Iterable[tuple[str, bytes]]) -> str:
    found = hashlib.sha256()
    for name, data in parts:
        found.update(f"{len(name)} {name} {len(data)} ".encode("utf-8", "surrogateescape"))
        found.update(data)
    return found.hexdigest()[:32]


@lru_cache(maxsize=1)
def of_kit() -> str:
    """Return the digest of everything in the kit that a result depends on."""
    paths = [path for name in USED for path in ([KIT / name], (KIT / name).rglob("*"))[
        (KIT / name).is_dir()]]
    files = sorted(path for path in paths
                   if path.is_file() and not {"__pycache__", "build"} & set(path.parts[-3:]))
    return digest((str(path.relative_to(KIT)), path.read_bytes()) for path in files)


@lru_cache(maxsize=1)
def of_tools() -> str:
    """Return the versions of QEMU and the compiler: another one may build another image."""
    compilers = (f"{cross}gcc" for cross in CROSS)
    compiler = next(filter(shutil.which, compilers), "")
    return " ".join(_version(program) for program in (qemu(), compiler) if program)


def _version(program: str) -> str:
    try:
        ran = subprocess.run([program, "--version"], env=clean(), stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return ran.stdout.partition("\n")[0]


def of_submission(files: Mapping[Path, bytes], *options: str) -> str:
    """Return the name of a result: of the files, the kit, the tools and the options."""
    own = sorted((str(path), data) for path, data in files.items())
    rest = [("kit", of_kit()), ("tools", of_tools()), *(("option", each) for each in options)]
    return digest([*own, *((name, text.encode()) for name, text in rest)])
