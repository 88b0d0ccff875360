# SPDX-License-Identifier: MIT
"""Compile the sources of beyond/systems/ for the host, and ask them about files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ...core.kit import KIT
from ..made_files import RAM, RAM_SIZE

SYSTEMS = KIT / "beyond/systems"
# What of it only reads files; the rest builds VMs of them.
READERS = ("cpio.c", "elf.c", "fdt.c", "fdt_check.c", "fdt_value.c", "image.c", "refusal.c")
HERE = Path(__file__).parent
# A sanitizer ends the process at its first complaint, with a report on standard error.
FLAGS = (
    *("-std=gnu11", "-g", "-O1", "-Wall", "-Wextra"),
    *("-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
)
CLANG = "clang"
# Leaks cannot be looked for where ptrace() is forbidden, and there is no allocation. A string
# without an end is an error even if a comparison stops before it.
OPTIONS = {"ASAN_OPTIONS": "detect_leaks=0:strict_string_checks=1"}


@dataclass(frozen=True)
class Request:
    """A file and what to ask: `name` is for cpio; the VM's memory for elf and image."""

    format: str
    file: bytes
    skew: int = 0
    start: int = RAM
    memory: int = RAM_SIZE
    name: str = "Image"

    def packed(self) -> bytes:
        line = f"{self.format} {self.skew} {len(self.file)} {self.start} {self.memory} {self.name}"
        return line.encode() + b"\n" + self.file


class ReaderDied(Exception):
    """A sanitizer complained, a promise was broken, or the readers crashed or hang."""


class Readers:
    """A process that answers requests."""

    def __init__(self, program: Path) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([program], stdin=pipe, stdout=pipe, stderr=pipe,
                                        env=os.environ | OPTIONS)  # fmt: skip

    def ask(self, request: Request) -> list[str]:
        stdin, stdout = self.pipes()
        try:
            stdin.write(request.packed())
            stdin.flush()
        except BrokenPipeError:
            raise self.death() from None
        lines = []
        while (line := stdout.readline()) != b".\n":
            if not line:
                raise self.death()
            lines.append(line.decode().rstrip("\n"))
        return lines

    def pipes(self) -> tuple[BinaryIO, BinaryIO]:
        assert self.process.stdin and self.process.stdout
        return self.process.stdin, self.process.stdout  # type: ignore[return-value]

    def death(self) -> ReaderDied:
        assert self.process.stderr
        report = self.process.stderr.read().decode(errors="replace")
        found = re.search(r"(ERROR: AddressSanitizer: \S+|runtime error: .*|broken promise: .*)",
                          report)  # fmt: skip
        return ReaderDied(found.group(1) if found else report or "it ended without a report")

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextmanager
def readers(program: Path) -> Iterator[Readers]:
    process = Readers(program)
    try:
        yield process
    finally:
        process.close()


def sources(systems: Path, main: str) -> tuple[Path, ...]:
    """The readers in `systems`, and a program that calls them."""
    return (*(systems / name for name in READERS), KIT / "common/lib/error.c", HERE / "exercise.c",
            HERE / main)  # fmt: skip


def compile_objects(
    folder: Path, files: tuple[Path, ...], *extra: str, systems: Path = SYSTEMS
) -> list[Path]:
    """Compile into `folder`. Raises CalledProcessError, with what the compiler said."""
    folder.mkdir(parents=True, exist_ok=True)
    objects = [folder / f"{source.stem}.o" for source in files]
    paths = [f"-iquote{path}" for path in (systems, HERE, KIT / "common/include")]
    for source, target in zip(files, objects):
        argv = [CLANG, *FLAGS, *extra, *paths, "-c", str(source), "-o", str(target)]
        subprocess.run(argv, check=True, capture_output=True, text=True)
    return objects


def link(objects: list[Path], program: Path, *extra: str) -> Path:
    argv = [CLANG, *FLAGS, *extra, *map(str, objects), "-o", str(program)]
    subprocess.run(argv, check=True, capture_output=True, text=True)
    return program


def build_server(folder: Path) -> Path:
    """Build the program that answers requests."""
    return link(compile_objects(folder, sources(SYSTEMS, "serve.c")), folder / "serve")


def build_fuzzer(folder: Path, systems: Path = SYSTEMS) -> Path:
    """Build the program that makes up files itself."""
    files = sources(systems, "fuzz.c")
    objects = compile_objects(folder, files, "-fsanitize=fuzzer-no-link", systems=systems)
    return link(objects, folder / "fuzz", "-fsanitize=fuzzer")


def missing(*tools: str) -> str:
    """A sentence that says which of these tools is missing, or nothing."""
    for tool in tools:
        if not shutil.which(tool):
            return f"{tool} is missing: run ./setup.sh --dev"
    return ""


def cannot_sanitize() -> str:
    """A sentence that says why nothing can be built here, or nothing."""
    if said := missing(CLANG):
        return said
    argv = [CLANG, "-fsanitize=address,fuzzer", "-x", "c", "-", "-o", os.devnull]
    source = b"int LLVMFuzzerTestOneInput(void) { return 0; }"
    if subprocess.run(argv, input=source, capture_output=True).returncode:
        return "the runtime of clang's sanitizers is missing: run ./setup.sh --dev"
    return ""
