# SPDX-License-Identifier: MIT
"""Limits of a child process, and the reasons for stopping it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Optional


class Stop(Enum):
    """Why a child was stopped before it ended."""

    BYTES = "output"
    CPU = "processor time"
    WALL = "time"
    IDLE = "sleep"  # it waited for an event that never comes
    LOG = "trouble"  # because of its output on stderr
    UNWANTED = "partner"  # its partner had ended


@dataclass(frozen=True)
class Limits:
    """Limits of a child and its own children. None is no limit."""

    output_bytes: int = 1 << 20
    cpu_seconds: int = 10  # of each process
    wall_seconds: float = 60
    idle_seconds: Optional[int] = None  # without any work
    all_cpu_seconds: Optional[float] = None  # all of them together
    memory_bytes: Optional[int] = None  # of data, of each process
    file_bytes: Optional[int] = None  # of each file that is written

    @property
    def script(self) -> str:
        """A script for sh that sets the limits and executes its arguments."""
        # A soft limit of processor time: SIGXCPU then shows the reason.
        words = ["ulimit -c 0", f"ulimit -S -t {self.cpu_seconds}"]
        if self.memory_bytes:
            words.append(f"ulimit -d {self.memory_bytes >> 10}")
        if self.file_bytes:
            words.append(f"ulimit -f {self.file_bytes >> 9}")
        return f'{{ {"; ".join(words)}; }} 2>/dev/null; exec "$@"'
