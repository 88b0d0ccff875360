# SPDX-License-Identifier: MIT
"""Temporary directories whose names both QEMU and gdb accept."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from .kit import GraderError

# A socket's address has 108 bytes, 104 on macOS. gdb, the monitor and QEMU's options
# each have their own rules for blanks, quotes and commas.
LONGEST = 60
PLAIN = re.compile(r"[A-Za-z0-9/._+-]+")


def scratch() -> tempfile.TemporaryDirectory[str]:
    """Create a directory in TMPDIR, or in /tmp if TMPDIR is too long or has odd characters."""
    usual = tempfile.gettempdir()
    place = usual if len(os.fsencode(usual)) <= LONGEST and PLAIN.fullmatch(usual) else "/tmp"
    if not Path(place).is_dir() or not os.access(place, os.W_OK):
        raise GraderError(
            f"TMPDIR={usual} is over {LONGEST} bytes long, or has other characters than"
            f" letters, digits and /._+-, and {place} cannot be written to"
        )
    return tempfile.TemporaryDirectory(prefix="schism-", dir=place)
