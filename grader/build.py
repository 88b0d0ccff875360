# SPDX-License-Identifier: MIT
"""Building a stage, by the kit's own `make build`."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .kit import KIT, GraderError
from .process import Limits, Nursery

LIMITS = Limits(cpu_seconds=300, wall_seconds=600)
NEEDS_SETUP = re.compile(r": run \./setup\.sh(?: --dev)?$", re.MULTILINE)
NO_SPACE = re.compile(r"No space left on device|Disk quota exceeded")
ERROR = re.compile(
    r"(?i)\berror:|undefined reference|multiple definition|no such file|no rule to make"
)


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


def image_of(lab: int, solved: int, build: Path, variant: str = "") -> Path:
    """Where stage.mk puts the image."""
    name = f"lab{lab:02}{f'-solved{solved}' if solved else ''}"
    return build / (f"{name}-{variant}" if variant else name) / "hyp.elf"


def environment(variables: Sequence[str]) -> dict[str, str]:
    """For make and doctor.sh: ours, with the variables, without an outer make's job server."""
    env = dict(os.environ)
    flags = env.pop("MAKEFLAGS", "")
    for name in ("MAKELEVEL", "MFLAGS", "MAKEOVERRIDES"):
        env.pop(name, None)
    outer = [word for word in split(flags.partition("-- ")[2]) if "=" in word]
    env.update(variable.split("=", 1) for variable in [*outer, *variables])
    return env


def outer_variables() -> list[str]:
    """The variables given to the `make grade` that we run under: they hold for our builds."""
    words = split(os.environ.get("MAKEFLAGS", "").partition("-- ")[2])
    ours = ("LAB=", "SOLVED=", "BUILD=", "CHECK=", "SUBMISSION=", "K=", "N=")
    return [word for word in words if "=" in word and not word.startswith(ours)]


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
    return (errors or said or ["make failed and said nothing"])[0]


def make(
    target: str,
    variables: Sequence[str],
    nursery: Nursery,
    place: Place = Place(),
    limits: Limits = LIMITS,
) -> tuple[int, str]:
    """Runs make: exit status, and all that it printed."""
    program = os.environ.get("MAKE") or "make"
    argv = [*place.wrapper, program, "--no-print-directory", target, *variables]
    ended = nursery.run(argv, limits, cwd=place.tree, env=environment(()))
    text = (ended.stderr + ended.stdout).decode("utf-8", "replace")
    if ended.stop:
        return 1, f"make was stopped: too much {ended.stop.value}"
    return ended.status, text


def build_stage(
    lab: int,
    solved: int,
    build: Path,
    variables: Sequence[str],
    nursery: Nursery,
    variant: str = "",
    place: Place = Place(),
) -> Built:
    """Build stage `lab`. A missing tool is no fault of the student's: GraderError.

    One at a time in a build directory: all stages share its objects.
    """
    where = build.relative_to(place.tree) if place.tree in build.parents else build
    which = [f"LAB={lab}", f"SOLVED={solved}", f"BUILD={where}", f"VARIANT={variant}"]
    status, text = make("build", [*which, *variables], nursery, place)
    image = image_of(lab, solved, build, variant)
    if status == 0:
        return Built(image)
    for not_the_students in (NEEDS_SETUP, NO_SPACE):
        if not_the_students.search(text):
            raise GraderError(first_matching(text, not_the_students))
    return Built(image, first_error(text))


def check_tools(variables: Sequence[str], nursery: Nursery) -> None:
    """GraderError if there is no usable compiler or QEMU: the doctor knows."""
    argv = ["sh", str(KIT / "common/make/doctor.sh"), "run"]
    ended = nursery.run(argv, Limits(), env=environment(variables))
    if ended.status:
        lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GraderError(lines[0] if lines else "doctor.sh fails and does not say why")


def first_matching(text: str, expression: re.Pattern[str]) -> str:
    return next(line.strip() for line in text.splitlines() if expression.search(line))
