# SPDX-License-Identifier: MIT
"""Archives that depend only on the names and contents of the files in them.

No time, owner or file mode of the host gets in, so two releases of one kit are the same bytes.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import PurePosixPath

from ..core.released import MODES, File, Files

# Zip cannot store an earlier one.
DATE = (1980, 1, 1, 0, 0, 0)
DATE_IN_SECONDS = 315532800


def tar_gz(files: Files, top: str) -> bytes:
    """Return the files below the folder `top` as a .tar.gz."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, file in files.items():
            tar.addfile(_member(str(PurePosixPath(top, path)), file), io.BytesIO(file.data))
    packed = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, packed, mtime=DATE_IN_SECONDS) as out:
        out.write(plain.getvalue())
    return packed.getvalue()


def _member(name: str, file: File) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(file.data), MODES[file.executable]
    member.mtime = DATE_IN_SECONDS
    return member


def zip_archive(files: Files, top: str) -> bytes:
    """Return the same as a .zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        for path, file in files.items():
            member = zipfile.ZipInfo(str(PurePosixPath(top, path)), DATE)
            member.create_system = 3  # Unix, so that the mode counts
            member.external_attr = (0o100000 | MODES[file.executable]) << 16
            out.writestr(member, file.data, zipfile.ZIP_DEFLATED, 9)
    return packed.getvalue()
