# SPDX-License-Identifier: MIT
"""A released kit: its files, and the list of them that it has, which `sha256sum -c` reads."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

MANIFEST = Path("grader/released.sha256")
LINE = re.compile(r"^([0-9a-f]{64})  (.+)$", re.M)
MODES = {False: 0o644, True: 0o755}


@dataclass(frozen=True)
class File:
    """A file of a release."""

    data: bytes
    executable: bool = False


Files = dict[Path, File]


def sum_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def manifest(files: Files) -> str:
    """Return the list of these files."""
    return "".join(f"{sum_of(files[path].data)}  {path}\n" for path in sorted(files))


def sums(text: str) -> dict[Path, str]:
    """Return the sum of each file in such a list."""
    return {Path(name): value for value, name in LINE.findall(text)}
