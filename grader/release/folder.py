# SPDX-License-Identifier: MIT
"""Write the files of a release below a folder."""

from __future__ import annotations

from pathlib import Path

from ..core.released import MODES, Files


def write_tree(files: Files, folder: Path) -> None:
    for path, file in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.data)
        target.chmod(MODES[file.executable])
