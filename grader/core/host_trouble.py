# SPDX-License-Identifier: MIT
"""Detect trouble of the host, such as a full disk or too little memory.

The host itself is asked. The output of a compiler or a stage proves nothing, because a
student can make both print anything.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .limits import Limits

# The kernel counts processes that it killed for lack of memory: in a container, on the host.
COUNTERS = (Path("/sys/fs/cgroup/memory.events"), Path("/proc/vmstat"))


def killed_for_memory() -> int:
    """Return how many processes were killed for lack of memory; 0 if there is no counter."""
    count = 0
    for path in COUNTERS:
        try:
            words = path.read_text("ascii", "replace").split()
        except OSError:
            continue
        count += sum(int(number) for name, number in zip(words, words[1:]) if name == "oom_kill")
    return count


def out_of_memory(before: int) -> str:
    """Return a sentence if that count has grown since `before`."""
    return "the host has run out of memory" if killed_for_memory() > before else ""


def no_room(folder: Path, limits: Limits) -> str:
    """Return a sentence if `folder` or TMPDIR has no room for a child's largest file."""
    for place in (folder, Path(tempfile.gettempdir())):
        try:
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place) as file:
                _allocate(file.fileno(), limits.file_bytes or 0)
        except OSError as error:
            return f"{error.strerror}: {place}"
    return ""


def _allocate(fd: int, size: int) -> None:
    """Raise OSError if the file cannot have that size. statvfs(3) would ignore quotas."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(fd, 0, size)
        return
    left = size
    while left:
        left -= os.write(fd, bytes(min(left, 1 << 20)))
