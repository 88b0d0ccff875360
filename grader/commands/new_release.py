# SPDX-License-Identifier: MIT
"""Read a release from an archive, from a folder, or from what git has fetched."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from ..core.git import Git
from ..core.kit import GraderError
from ..core.released import MANIFEST, File, Files, sum_of, sums

# NotImplementedError and RuntimeError: a zip that is packed or locked in an unknown way.
BROKEN = (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, lzma.LZMAError,
          EOFError, NotImplementedError, RuntimeError)


def from_archive(path: Path) -> Files:
    """Return the files of a .tar.gz or .zip."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                found = [(item.filename, File(packed.read(item), _is_executable(item)))
                         for item in packed.infolist() if not item.is_dir()]
        else:
            with tarfile.open(path) as tar:
                found = list(_members(tar))
    except BROKEN:
        raise GraderError(f"{path}: not an archive, or damaged; get the release again") from None
    return _checked(found, str(path))


def from_git(git: Git, commit: str) -> Files:
    """Return the files of a commit."""
    data = git.run("-c", "core.autocrlf=false", "archive", "--format=tar", commit)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return _checked(_members(tar), f"commit {commit[:10]}")


def from_folder(folder: Path) -> Files:
    """Return the files of an unpacked release, or of one in the only folder there."""
    roots = [folder, *sorted(folder.iterdir())]
    root = next((root for root in roots if (root / MANIFEST).is_file()), folder)
    names = sums(read(root / MANIFEST)) if (root / MANIFEST).is_file() else {}
    paths = [path for path in (*names, MANIFEST) if (root / path).is_file()]
    return _checked([(str(path), File((root / path).read_bytes(), os.access(root / path, os.X_OK)))
                     for path in paths], str(folder))


def read(path: Path) -> str:
    return path.read_text("utf-8", "surrogateescape")


def _is_executable(item: zipfile.ZipInfo) -> bool:
    """A zip has a file's mode in the upper half."""
    return bool(item.external_attr >> 16 & 0o100)


def _members(tar: tarfile.TarFile) -> Iterable[tuple[str, File]]:
    for member in tar:
        if member.isfile():
            data = tar.extractfile(member)
            assert data  # it is a plain file
            yield member.name, File(data.read(), bool(member.mode & 0o100))


def _checked(found: Iterable[tuple[str, File]], what: str) -> Files:
    """Return the files of a release by their paths in the kit. Raise GraderError if one is missing.

    Files that the release does not list are left out: a student repository may have more.
    """
    by_name = {PurePosixPath(name): file for name, file in found}
    homes = [name for name in by_name if name.parts[-2:] == MANIFEST.parts]
    if not homes:
        raise GraderError(f"{what}: not a release of Schism Labs: it has no {MANIFEST}")
    top = min(homes, key=lambda name: len(name.parts)).parent.parent
    wanted = sums(by_name[top / MANIFEST].data.decode("utf-8", "surrogateescape"))
    files: Files = {MANIFEST: by_name[top / MANIFEST]}
    for path, value in wanted.items():
        file = by_name.get(top / path)
        if not file or sum_of(file.data) != value or path.is_absolute() or ".." in path.parts:
            raise GraderError(f"{what}: {path} is damaged or missing; get the release again")
        files[path] = file
    return files
