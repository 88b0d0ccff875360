# SPDX-License-Identifier: MIT
"""Unpack an archive that a student handed in: .zip, .tar, .tar.gz or a git bundle.

Only plain files are written, below a folder that is new. We make each of its
directories ourselves and follow no link, so no name can lead out of it. The sizes that an
archive states are not believed: what is read of it is counted.
"""

from __future__ import annotations

import gzip
import io
import os
import shlex
import stat
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Optional, cast

from ..core.environment import clean
from ..core.kit import GraderError
from ..core.limits import Limits
from ..core.process import Nursery
from ..core.sanitize import short
from .untrusted_folder import MAX_BYTES

KINDS = (".zip", ".tar", ".tar.gz", ".tgz", ".bundle")
MOST_BYTES = 64 << 20  # of the archive, and of everything in it
MOST_MEMBERS = 10_000
LONGEST, DEEPEST = 200, 16  # bytes of a name, and folders in folders

OUTSIDE = "leads out of the archive"
LINK = "a link, and links are not followed"
ODD = "not a plain file"
ENCRYPTED = "encrypted"
PACKED = "packed in a way that only some programs can read"
NAME = "its name is too long or has odd characters"
TAKEN = "a file and a folder have the same name"

GIT = Limits(cpu_seconds=10, wall_seconds=30, memory_bytes=1 << 30, file_bytes=MOST_BYTES)
# Without a HEAD, a bundle has a branch.
FROM_BUNDLE = """
set -e
git clone -q --bare -- {bundle} {folder}/repository
cd {folder}/repository
commit=$(git rev-parse -q --verify HEAD || git for-each-ref --count=1 --format='%(objectname)')
git archive --format=tar -o {folder}/files.tar "$commit"
"""


@dataclass(frozen=True)
class Member:
    """An entry of an archive: a file to read, or why it is not one."""

    name: str
    file: Optional[IO[bytes]] = None
    refused: str = ""


class Expands(Exception):
    """More comes out of the archive than we want to read."""


def is_archive(name: str) -> bool:
    return name.lower().endswith(KINDS)


def without_kind(name: str) -> str:
    """Return the name without the ending that makes it an archive's."""
    found = max((kind for kind in KINDS if name.lower().endswith(kind)), key=len, default="")
    return name[: len(name) - len(found)]


def unpack(archive: Path, folder: Path, scratch: Path, nursery: Nursery,
           sandbox: Sequence[str] = ()) -> list[str]:
    """Write the files of an archive to `folder`. Return a line for each that was refused.

    git runs in the `sandbox`, a command that can write to `scratch`. Raise GraderError if
    nothing can be read.
    """
    try:
        if archive.stat().st_size > MOST_BYTES:
            raise GraderError(f"{archive.name}: larger than {MOST_BYTES >> 20} MiB")
        folder.mkdir(parents=True, exist_ok=True)
        if archive.name.lower().endswith(".bundle"):
            archive = _from_bundle(archive, scratch, nursery, sandbox)
        with _members(archive) as members:
            return _written(members, folder)
    except OSError as error:
        if error.filename is None and not error.errno:  # of gzip: not what its name says
            raise GraderError(_unreadable(archive, error)) from None
        raise GraderError(f"{short(archive.name)}: {error.strerror or error}") from None
    except Expands:
        raise GraderError(f"{short(archive.name)}: it expands to more than "
                          f"{MOST_BYTES >> 20} MiB or {MOST_MEMBERS} files") from None
    except GraderError:
        raise
    except Exception as error:  # the modules for archives raise many kinds for damaged ones
        raise GraderError(_unreadable(archive, error)) from None


def _unreadable(archive: Path, error: Exception) -> str:
    why = short(" ".join(str(error).split())[:120]) or type(error).__name__
    return f"{short(archive.name)}: it cannot be unpacked ({why}): pack it as .zip or .tar.gz"


def _written(members: Iterator[Member], folder: Path) -> list[str]:
    refused, left = [], MOST_BYTES
    for number, member in enumerate(members):
        if number >= MOST_MEMBERS:
            raise Expands
        parts = _parts(member.name)
        why = member.refused or (parts if isinstance(parts, str) else "")
        if not why and not isinstance(parts, str) and member.file:
            data = member.file.read(MAX_BYTES + 1)  # a longer one is refused for its length
            left -= len(data)
            if left < 0:
                raise Expands
            why = _write(folder.joinpath(*parts), data)
        if why:
            refused.append(f"{member.name}: {why}")
    return refused


def _parts(name: str) -> list[str] | str:
    """Return the parts of a name, or why it is refused."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or name[1:3] in (":/", ":"):
        return OUTSIDE
    try:
        longest = max((len(os.fsencode(part)) for part in parts), default=0)
    except UnicodeEncodeError:
        return NAME
    if "\0" in name or not parts or longest > LONGEST or len(parts) > DEEPEST:
        return NAME
    return parts


def _write(path: Path, data: bytes) -> str:
    """Write a file. Return why not if another member is in its way."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        return TAKEN
    return ""


@contextmanager
def _members(archive: Path) -> Iterator[Iterator[Member]]:
    name = archive.name.lower()
    with open(archive, "rb") as file:
        if name.endswith(".zip"):
            with zipfile.ZipFile(file) as packed:
                yield _zipped(packed)
        else:
            plain = file if name.endswith(".tar") else gzip.GzipFile(fileobj=file)
            with tarfile.open(fileobj=cast(IO[bytes], Counted(plain)), mode="r|") as tar:
                yield _tarred(tar)


def _zipped(packed: zipfile.ZipFile) -> Iterator[Member]:
    for entry in packed.infolist():
        name = entry.filename.replace("\\", "/")  # of Windows
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind == stat.S_IFLNK:
            yield Member(name, refused=LINK)
        elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            yield Member(name, refused=ODD)
        elif name.endswith("/"):
            continue
        elif entry.flag_bits & 1:
            yield Member(name, refused=ENCRYPTED)
        elif entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            yield Member(name, refused=PACKED)
        else:
            with packed.open(entry) as file:
                yield Member(name, file)


def _tarred(tar: tarfile.TarFile) -> Iterator[Member]:
    for entry in tar:
        tar.members = []  # type: ignore[attr-defined]  # else all of them are kept
        if entry.isdir():
            continue
        if entry.issym() or entry.islnk():
            yield Member(entry.name, refused=LINK)
        elif not entry.isreg() or entry.issparse():
            yield Member(entry.name, refused=ODD)
        else:
            yield Member(entry.name, tar.extractfile(entry))


class Counted(io.RawIOBase):
    """A stream that ends with Expands when too much was read."""

    def __init__(self, file: IO[bytes] | io.BufferedIOBase) -> None:
        self.file, self.left = file, 2 * MOST_BYTES

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(min(size, self.left + 1) if size >= 0 else self.left + 1)
        self.left -= len(data)
        if self.left < 0:
            raise Expands
        return data


def _from_bundle(bundle: Path, scratch: Path, nursery: Nursery, sandbox: Sequence[str]) -> Path:
    """Return the files of a git bundle as a tar archive."""
    copy = scratch / "handed-in.bundle"
    copy.write_bytes(bundle.read_bytes())
    inside = Path("/tmp") if sandbox else scratch  # where the sandbox has `scratch`
    script = FROM_BUNDLE.format(bundle=shlex.quote(str(inside / copy.name)),
                                folder=shlex.quote(str(inside)))
    env = clean(HOME=str(inside), GIT_CONFIG_NOSYSTEM="1", GIT_TERMINAL_PROMPT="0")
    ended = nursery.run([*sandbox, "sh", "-c", script], GIT, env=env)
    if ended.status or ended.stop:
        words = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        said = next((word for word in words if word.startswith("fatal: ")), "git fails")
        why = f"too much {ended.stop.value}" if ended.stop else said.removeprefix("fatal: ")
        raise GraderError(f"{short(bundle.name)}: git cannot read the bundle ({short(why)})")
    return scratch / "files.tar"
