# SPDX-License-Identifier: MIT
"""A lock on a folder, so that two gradings do not use it at once."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .kit import GraderError


@contextmanager
def alone_in(path: Path, what: str, name: str = "BUILD") -> Iterator[None]:
    """Lock `path`, a file. Raise GraderError if another grading uses `what`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = open(path, "a", encoding="utf-8")
    except OSError as error:
        raise GraderError(f"no place to build in: {error.strerror}: {path.parent}: give one with "
                          f"{name}=") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            remedy = f"wait until it ends, or use another {name}="
            raise GraderError(f"another grading uses {what}: {remedy}") from None
        except OSError:
            pass  # a file system without locks
        yield
