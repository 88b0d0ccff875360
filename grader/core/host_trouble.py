# SPDX-License-Identifier: MIT
"""Trouble of the host, known from the host alone.

No word of a compiler or of a stage is looked at here, since both say what a student
likes them to.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .limits import Limits

# Where the kernel counts processes that it has killed for want of memory: in a container, in all.
COUNTERS = (Path("/sys/fs/cgroup/memory.events"), Path("/proc/vmstat"))


def killed_for_memory() -> int:
    """A number that grows with each such process; 0 where nothing counts them."""
    count = 0
    for path in COUNTERS:
        try:
            words = path.read_text("ascii", "replace").split()
        except OSError:
            continue
        count += sum(int(number) for name, number in zip(words, words[1:]) if name == "oom_kill")
    return count


def out_of_memory(before: int) -> str:
    """A sentence if it has grown since `before`."""
    return "the host has run out of memory" if killed_for_memory() > before else ""


def no_room(folder: Path, limits: Limits) -> str:
    """A sentence if the largest file that a child may write has no room, here or in TMPDIR."""
    for place in (folder, Path(tempfile.gettempdir())):
        try:
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place) as file:
                allocate(file.fileno(), limits.file_bytes or 0)
        except OSError as error:
            return f"{error.strerror}: {place}"
    return ""


def allocate(fd: int, size: int) -> None:
    """OSError if the file cannot have that size. A quota counts, which statvfs(3) knows nothing of."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(fd, 0, size)
        return
    left = size
    while left:
        left -= os.write(fd, bytes(min(left, 1 << 20)))
