# SPDX-License-Identifier: MIT
"""Build a stage with the kit's own `make build`, within limits.

A student's source can make a compiler print anything, so the output of the tools never
proves that the host is in trouble. core/host_trouble.py asks the host.
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

# Our largest source takes one second and 100 MiB to compile; an image has 2 MiB. All images of six
# labs take half a minute, and four times as long on a host that has much else to do.
MEMORY, FILE = 1 << 30, 16 << 20
LIMITS = Limits(
    cpu_seconds=10,
    wall_seconds=600,
    idle_seconds=8,
    all_cpu_seconds=600,
    memory_bytes=MEMORY,  # includes the stacks of a linker with one thread per core
    file_bytes=FILE,
)
# Variables of `make grade` that its builds get too, because they choose tools. Variables
# that change the stage, such as GUESTS and ROUNDS, would change the grading.
HANDED_ON = ("CROSS", "LLVM", "OPT", "UBSAN", "V", "WERROR")
# Which limit a process reached, and what its parent prints then.
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
# The object that make could not build: common/make/objects.mk names it after its source.
UNMADE = re.compile(r"^make: \*\*\* \[[^]]*/obj/[^]/]+/([^]]+)\.o\]", re.MULTILINE)


@dataclass(frozen=True)
class Place:
    """The tree in which make builds, and the commands that start make, and QEMU and gdb, if any."""

    tree: Path = KIT
    wrapper: tuple[str, ...] = ()
    confinement: tuple[str, ...] = ()


@dataclass(frozen=True)
class Built:
    """An image, or the first error of the tool chain."""

    image: Path
    error: str = ""
    endless: bool = False  # it was stopped, and the next build would be too
    cpu_seconds: float = 0.0


def image_of(lab: int, solved: int, build: Path, variant: str = "") -> Path:
    """Where stage.mk puts the image."""
    name = f"lab{lab:02}{f'-solved{solved}' if solved else ''}"
    return build / (f"{name}-{variant}" if variant else name) / "hyp.elf"


def outer_variables() -> list[str]:
    """Return the variables of the calling `make grade` that builds get too."""
    words = split(os.environ.get("MAKEFLAGS", "").partition("-- ")[2])
    return [word for word in words if word.partition("=")[0] in HANDED_ON and "=" in word]


def split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quote in a value, which make does not escape
        return text.split()


def first_error(output: str) -> str:
    """Return the line of make's output to read first."""
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
    """Run make. A sandbox has its own /tmp."""
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
    """Build stage `lab`. Raise GraderError if the host is in trouble.

    A student's code is blamed only if it fails twice: on a busy host a tool may fail by itself.
    Run one build at a time in a build directory: all stages share its objects.
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
        _canary_fault(build, variables, nursery, place),
    ):
        if trouble:
            raise GraderError(f"the stage does not build, but not because of its code: {trouble}")
    endless = ended.stop is not None or error.endswith(next(iter(BEYOND)))
    if not endless:  # a busy host takes no processor time from a compiler
        again = make("build", [*which, *variables], nursery, place, limits)
        if not again.status and not again.stop:
            raise GraderError(
                f"a stage did not build at first, but then it did, so its code is not why: {error}")
    return Built(image, error, endless, ended.cpu_seconds)


def _canary_fault(build: Path, variables: Sequence[str], nursery: Nursery, place: Place) -> str:
    """Return the error if the tools cannot build a correct file."""
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
    """Raise GraderError if doctor.sh finds no usable compiler or QEMU."""
    chosen = dict(variable.split("=", 1) for variable in variables)
    names = ("CROSS", "LLVM", "PYTHON", "QEMU")
    env = clean(**{name: chosen[name] for name in names if name in chosen})
    ended = nursery.run(["sh", str(KIT / "common/make/doctor.sh"), "run"], Limits(), env=env)
    if ended.status or ended.stop:
        lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GraderError(lines[0] if lines else "doctor.sh fails and does not say why")
