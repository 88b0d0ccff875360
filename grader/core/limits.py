# SPDX-License-Identifier: MIT
"""What a child process may use, and why it was stopped if it used more."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Optional


class Stop(Enum):
    """Why a child was stopped, if it did not end by itself."""

    BYTES = "bytes"
    CPU = "processor time"
    WALL = "time"
    IDLE = "sleep"  # it waited for something that does not come
    LOG = "trouble"  # by what it said on stderr
    UNWANTED = "company"  # it ran on when the one who had wanted it was gone


@dataclass(frozen=True)
class Limits:
    """What a child may use, and its own children; None: as much as there is."""

    output_bytes: int = 1 << 20
    cpu_seconds: int = 10  # each process by itself
    wall_seconds: float = 60
    idle_seconds: Optional[int] = None  # without a moment of work
    all_cpu_seconds: Optional[float] = None  # all of them together
    memory_bytes: Optional[int] = None  # of data, each process by itself
    file_bytes: Optional[int] = None  # of each file that is written

    @property
    def script(self) -> str:
        """For sh: set the limits, and become the command."""
        # Of processor time a soft one, so that the child gets SIGXCPU, which says why.
        words = ["ulimit -c 0", f"ulimit -S -t {self.cpu_seconds}"]
        if self.memory_bytes:
            words.append(f"ulimit -d {self.memory_bytes >> 10}")
        if self.file_bytes:
            words.append(f"ulimit -f {self.file_bytes >> 9}")
        return f'{{ {"; ".join(words)}; }} 2>/dev/null; exec "$@"'
