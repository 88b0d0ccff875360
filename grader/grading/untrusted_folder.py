# SPDX-License-Identifier: MIT
"""Read an untrusted folder: only below its root, and through no link.

Every name is opened in its directory with openat(2), so no link can lead out of the
folder, even if it appears while we read. Only plain files are opened for reading: a pipe
would block us, and a device may do something.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Union

MAX_BYTES = 1 << 20  # of one file
MAX_NAMES = 10_000  # of a directory

NOTHING = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
DIRECTORY = NOTHING | os.O_DIRECTORY


class Refused(Enum):
    """Why a file was not read."""

    ABSENT = "not in the submission"
    LINK = "a link, and links are not followed"
    SHARED = "a hard link, and links are not followed"
    ODD = "not a plain file"
    LARGE = f"larger than {MAX_BYTES >> 20} MiB"
    UNREADABLE = "not readable"


Contents = Union[bytes, Refused]


class HandedIn:
    """A folder by its descriptor. Raise OSError for a link or anything but a folder."""

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, DIRECTORY)

    @contextmanager
    def below(self, path: Path) -> Iterator[HandedIn]:
        """Yield a directory below the root as a folder of its own."""
        with self.directory(path) as fd:
            inner = object.__new__(HandedIn)
            inner.fd = fd
            yield inner

    def __enter__(self) -> HandedIn:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)

    def read(self, path: Path) -> Contents:
        """Return the contents of a file, or why it is refused."""
        try:
            with self.directory(path.parent) as folder:
                return contents(folder, path.name)
        except OSError as error:
            return reason(error)

    def names(self, path: Path = Path()) -> list[str]:
        """Return the names in a directory; none if it cannot be listed."""
        try:
            with self.directory(path) as folder, os.scandir(folder) as entries:
                return sorted(entry.name for _, entry in zip(range(MAX_NAMES), entries))
        except OSError:
            return []

    def is_directory(self, path: Path) -> bool:
        try:
            with self.directory(path):
                return True
        except PermissionError:
            return True  # it exists, and reports will name its files as not readable
        except OSError:
            return False

    def is_link(self, path: Path) -> bool:
        return self.read(path) is Refused.LINK

    @contextmanager
    def directory(self, path: Path) -> Iterator[int]:
        """Open a directory below the root."""
        fd = os.dup(self.fd)
        try:
            for name in path.parts:
                inner = _opened(fd, name, DIRECTORY)
                os.close(fd)
                fd = inner
            yield fd
        finally:
            os.close(fd)


def _opened(folder: int, name: str, flags: int) -> int:
    """Open like openat(2). Raise IsALink for a link, where Linux says "not a directory"."""
    if name == "..":
        raise FileNotFoundError(name)
    if stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        raise IsALink(name)
    return os.open(name, flags, dir_fd=folder)


class IsALink(OSError):
    """A symbolic link."""


def reason(error: OSError) -> Refused:
    if isinstance(error, IsALink):
        return Refused.LINK
    if isinstance(error, PermissionError):
        return Refused.UNREADABLE
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return Refused.ABSENT
    return Refused.ODD


def contents(folder: int, name: str) -> Contents:
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if not stat.S_ISREG(found.st_mode):
        return Refused.LINK if stat.S_ISLNK(found.st_mode) else Refused.ODD
    with os.fdopen(_opened(folder, name, NOTHING), "rb") as file:
        now = os.fstat(file.fileno())
        if not stat.S_ISREG(now.st_mode):
            return Refused.ODD
        if now.st_nlink > 1:
            return Refused.SHARED
        data = file.read(MAX_BYTES + 1)
    return data if len(data) <= MAX_BYTES else Refused.LARGE
