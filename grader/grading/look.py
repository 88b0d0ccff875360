# SPDX-License-Identifier: MIT
"""What a student would see with `make gdb` at the end of a stage that fails: a `hyp` command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ..core.kit import GraderError
from ..core.process import Limits, Nursery
from ..core.scratch_folder import scratch
from ..labs.check import Evidence
from ..labs.looks import look_at
from ..qemu.boot import boot
from ..qemu.inspection import Session, Watch
from ..qemu.nonce import draw
from .cause import Cause

LINES = 6  # of an answer: the last ones, which have the verdict


@dataclass(frozen=True)
class Look:
    """A command of gdb and its answer at the end of the usual boot."""

    command: str
    answer: str


def look(cause: Cause, usual: Evidence, flags: Sequence[str], limits: Limits,
         nursery: Nursery) -> Optional[Look]:
    """Boot a failed stage once more, and ask at its end. None if there is nothing to see.

    If it took exceptions without end, the end is the first of them. An image may make gdb fail.
    That costs the answer, never the grading.
    """
    command = look_at(cause.task, [cause.result.seen, cause.likely])
    if not command:
        return None
    watch = Watch(at_end=True, commands=(command,), fault=usual.run.fault)
    with scratch() as folder:
        session = Session(usual.image, Path(folder), watch, draw())
        try:
            run = boot(usual.image, flags, nursery, limits, session)
        except GraderError:
            return None
    lines = "".join(run.answers).rstrip().split("\n")
    shown = "\n".join(["..." if lines[LINES:] else "", *lines[-LINES:]]).lstrip("\n")
    return Look(command, shown) if shown else None
