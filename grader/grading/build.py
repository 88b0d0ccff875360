# SPDX-License-Identifier: MIT
"""Building a stage, by the kit's own `make build`, within limits.

What the tools say is the student's, for a source can make a compiler say anything.
Whether the host is in trouble is therefore asked of the host: core/host_trouble.py.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core import host_trouble
from ..core.environment import clean
from ..core.kit import KIT, GraderError
from ..core.limits import Limits, Stop
from ..core.process import Ended, Nursery
from ..model.elf import image_fault

# The largest of our sources takes a second and 100 MiB, and an image 2 MiB.
MEMORY, FILE = 1 << 30, 16 << 20
LIMITS = Limits(
    cpu_seconds=10,
    wall_seconds=600,
    idle_seconds=8,
    all_cpu_seconds=120,
    memory_bytes=MEMORY,  # with room for the stacks of a linker that has a thread a core
    file_bytes=FILE,
)
# Variables of `make grade` that hold for its builds too: they choose tools. Those that
# make another stage of it, such as GUESTS and ROUNDS, would make another grading of it.
HANDED_ON = ("CROSS", "LLVM", "OPT", "UBSAN", "V", "WERROR")
# What became of a process that came to a limit of ours, in the words of its parent.
BEYOND = {
    f"needs more than {LIMITS.cpu_seconds} s of processor time": "CPU time limit exceeded",
    f"needs more than {MEMORY >> 20} MiB of memory": (
        "out of memory|memory exhausted|bad_alloc"
    ),
    f"makes a file of more than {FILE >> 20} MiB": "File size limit exceeded|File too large",
}
ERROR = re.compile(
    r"(?i)\berror:|undefined reference|multiple definition|no such file|no rule to make|"
    + "|".join(BEYOND.values())
)
# Where make says which object it could not make: common/make/objects.mk names it by its source.
UNMADE = re.compile(r"^make: \*\*\* \[[^]]*/obj/[^]/]+/([^]]+)\.o\]", re.MULTILINE)


@dataclass(frozen=True)
class Place:
    """The tree that make builds in, and the command that it runs under, if any."""

    tree: Path = KIT
    wrapper: tuple[str, ...] = ()


@dataclass(frozen=True)
class Built:
    """An image, or the first thing that the tool chain found wrong."""

    image: Path
    error: str = ""
    endless: bool = False  # it was stopped, and would be again
    cpu_seconds: float = 0.0


def image_of(lab: int, solved: int, build: Path, variant: str = "") -> Path:
    """Where stage.mk puts the image."""
    name = f"lab{lab:02}{f'-solved{solved}' if solved else ''}"
    return build / (f"{name}-{variant}" if variant else name) / "hyp.elf"


def outer_variables() -> list[str]:
    """The variables given to the `make grade` that we run under, as far as they are handed on."""
    words = split(os.environ.get("MAKEFLAGS", "").partition("-- ")[2])
    return [word for word in words if word.partition("=")[0] in HANDED_ON and "=" in word]


def split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quote in a value, which make does not escape
        return text.split()


def first_error(output: str) -> str:
    """The line to read first in what make printed."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith("make")] or lines
    errors = [line for line in said if ERROR.search(line)]
    line = (errors or said or ["make failed and said nothing"])[0]
    for what, words in BEYOND.items():
        if re.search(words, line):
            file = UNMADE.search(output)
            return f"{file[1] if file else 'the image'}: error: to build it {what}"
    return line


def make(
    target: str,
    variables: Sequence[str],
    nursery: Nursery,
    place: Place = Place(),
    limits: Limits = LIMITS,
) -> Ended:
    """Runs make. In a sandbox only that one's /tmp is there."""
    program = os.environ.get("MAKE") or "make"
    argv = [*place.wrapper, program, "--no-print-directory", target, *variables]
    env = clean(HOME="/tmp", TMPDIR="/tmp") if place.wrapper else clean()
    return nursery.run(argv, limits, cwd=place.tree, env=env)


def text_of(ended: Ended) -> str:
    return (ended.stderr + ended.stdout).decode("utf-8", "replace")


def build_stage(
    lab: int,
    solved: int,
    build: Path,
    variables: Sequence[str],
    nursery: Nursery,
    variant: str = "",
    place: Place = Place(),
    limits: Limits = LIMITS,
) -> Built:
    """Build stage `lab`. Trouble of the host is no fault of the student's: GraderError.

    One at a time in a build directory: all stages share its objects.
    """
    where = build.relative_to(place.tree) if place.tree in build.parents else build
    which = [f"LAB={lab}", f"SOLVED={solved}", f"BUILD={where}", f"VARIANT={variant}"]
    killed = host_trouble.killed_for_memory()
    ended = make("build", [*which, *variables], nursery, place, limits)
    image = image_of(lab, solved, build, variant)
    if ended.stop is Stop.WALL:
        raise GraderError(
            f"make did not end in {limits.wall_seconds:.0f} s: is the host overloaded?")
    if ended.stop:
        error = f"make was stopped: too much {ended.stop.value}"
    elif ended.status:
        error = first_error(text_of(ended))
    else:
        return Built(image, image_fault(image), cpu_seconds=ended.cpu_seconds)
    check_tools(variables, nursery)
    for trouble in (
        host_trouble.out_of_memory(killed),
        host_trouble.no_room(build, limits),
        canary_fault(build, variables, nursery, place),
    ):
        if trouble:
            raise GraderError(f"the stage does not build, and not for what is in it: {trouble}")
    endless = ended.stop is not None or error.endswith(next(iter(BEYOND)))
    return Built(image, error, endless, ended.cpu_seconds)


def canary_fault(build: Path, variables: Sequence[str], nursery: Nursery, place: Place) -> str:
    """What is wrong with tools that cannot build a file in which there is nothing wrong."""
    folder = build / "canary"
    folder.mkdir(parents=True, exist_ok=True)
    where = build.relative_to(place.tree) if place.tree in build.parents else build
    (folder / "canary.c").write_text("int canary;\n")
    (folder / "canary.mk").write_text(CANARY)
    which = ["-f", f"{where}/canary/canary.mk", f"FOLDER={where}/canary"]
    ended = make("canary", [*which, *variables], nursery, place)
    return first_error(text_of(ended)) if ended.status or ended.stop else ""


CANARY = """\
include common/make/tools.mk
canary:
\t$(CC) -ffreestanding -fno-pie -c '$(FOLDER)/canary.c' -o '$(FOLDER)/canary.o'
\t$(LD) -r '$(FOLDER)/canary.o' -o '$(FOLDER)/canary.elf'
"""


def check_tools(variables: Sequence[str], nursery: Nursery) -> None:
    """GraderError if there is no usable compiler or QEMU: the doctor knows."""
    chosen = dict(variable.split("=", 1) for variable in variables)
    names = ("CROSS", "LLVM", "PYTHON", "QEMU")
    env = clean(**{name: chosen[name] for name in names if name in chosen})
    ended = nursery.run(["sh", str(KIT / "common/make/doctor.sh"), "run"], Limits(), env=env)
    if ended.status or ended.stop:
        lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GraderError(lines[0] if lines else "doctor.sh fails and does not say why")
