# SPDX-License-Identifier: MIT
"""The machine: QEMU with the one command line of the kit, and what became of a boot.

The flags are those of common/make/qemu.args, so the grader's machine is the
student's. A boot never outlasts its budgets; which of them ended it, and what
the last line was, is part of the result. There is no budget of guest
instructions: QEMU offers none. Processor time of QEMU is what comes closest.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from .kit import KIT, GraderError
from .process import Limits, Nursery, Stop

# QEMU's way to say that every core waits and nothing can wake one. It says so at
# each power-off too, hence the grace: a machine that was switched off ends in it.
ASLEEP = b"icount sleep disabled and no active timers"
LIMITS = Limits(last_words=ASLEEP)


class Ending(Enum):
    """How a boot ended, as it is told to people."""

    OFF = "powered itself off"
    ASLEEP = "was left with every core asleep and nothing to wake one"
    BYTES = "printed without end and was stopped"
    CPU = "ran without end and was stopped"
    WALL = "did not end in time and was stopped"


STOPPED = {
    Stop.WORDS: Ending.ASLEEP,
    Stop.BYTES: Ending.BYTES,
    Stop.CPU: Ending.CPU,
    Stop.WALL: Ending.WALL,
}


@dataclass(frozen=True)
class Run:
    """A boot that is over: the bytes from the UART, QEMU's own words, the ending."""

    raw: bytes
    stderr: str
    ending: Ending

    @property
    def text(self) -> str:
        """The transcript with plain line ends."""
        return self.raw.decode("utf-8", "replace").replace("\r\n", "\n")

    @property
    def last_line(self) -> str:
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        return lines[-1] if lines else ""

    def __str__(self) -> str:
        last = f"its last line: {self.last_line}" if self.last_line else "it printed nothing"
        return f"the machine {self.ending.value}; {last}"


def qemu() -> str:
    return os.environ.get("QEMU") or "qemu-system-aarch64"


def machine_flags() -> list[str]:
    return (KIT / "common/make/qemu.args").read_text().split()


def filtered(stderr: bytes) -> str:
    """What QEMU said, without the one line that a machine at rest always causes."""
    lines = stderr.splitlines()
    return b"\n".join(line for line in lines if ASLEEP not in line).decode("utf-8", "replace")


def boot(
    image: Path,
    options: Sequence[str] = (),
    nursery: Nursery | None = None,
    limits: Limits = LIMITS,
) -> Run:
    """Boot an image to its end. `options` come last, so they win."""
    if not shutil.which(qemu()):
        raise GraderError(f"QEMU is missing (looked for {qemu()}): run ./setup.sh")
    argv = [qemu(), *machine_flags(), "-kernel", str(image), *options]
    ended = (nursery or Nursery()).run(argv, limits)
    stderr = filtered(ended.stderr)
    if not ended.stop and ended.status:
        how = f"status {ended.status}" if ended.status > 0 else f"signal {-ended.status}"
        words = stderr.strip().splitlines()
        raise GraderError(f"QEMU died ({how}): {words[-1] if words else 'it did not say why'}")
    return Run(ended.stdout, stderr, STOPPED[ended.stop] if ended.stop else Ending.OFF)
