# SPDX-License-Identifier: MIT
"""Where the labs are in what a student handed in.

At the top, some folders deep, or as files without folders: each file with holes has its place
in the kit, and most have a name of their own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from ..core.kit import KIT, LAB_DIRS
from .untrusted_folder import HandedIn

DEEPEST = 6  # folders in folders
MOST = 2_000  # folders to look into
MOST_FILES = 2_000  # files to name
# What tools leave in a folder. It is neither looked into nor named.
LEFTOVERS = frozenset({".git", ".github", ".DS_Store", "__MACOSX", "__pycache__", "build",
                       ".pytest_cache", ".vscode"})
# Canvas: doejane_LATE_1234_567890_uart.c, and uart-1.c when it was handed in again.
UPLOADED = re.compile(r"(?:[^_/]+_(?:LATE_)?\d+_\d+_)?(.+?)(?:-\d+)?(\.[chS])")


def has_labs(root: HandedIn, path: Path) -> bool:
    return any(root.is_directory(path / name) for name in LAB_DIRS.values())


def levels(root: HandedIn) -> Iterator[list[Path]]:
    """Yield the folders of a submission, level by level."""
    level, seen = [Path()], 0
    for _ in range(DEEPEST):
        yield level
        level = [path / name for path in level for name in root.names(path)
                 if name not in LEFTOVERS and root.is_directory(path / name)]
        level, seen = level[: MOST - seen], seen + len(level)


def homes(root: HandedIn) -> list[Path]:
    """Return the folders nearest to the top that have labs. There should be one."""
    found = ([path for path in level if has_labs(root, path)] for level in levels(root))
    return next(filter(None, found), [])


def flat_files(root: HandedIn, holes: Collection[Path]) -> Mapping[Path, Path]:
    """Return the place in the kit of files that were handed in without folders, by their path.

    Two files with holes may have the same name. Of these no file is taken.
    """
    names = Counter(path.name for path in holes)
    places = {path.name: path for path in holes if names[path.name] == 1}
    for level in levels(root):
        found = {}
        for folder in level:
            for name in root.names(folder):
                uploaded = UPLOADED.fullmatch(name)
                plain = "".join(uploaded.groups()) if uploaded else name
                if place := places.get(name) or places.get(plain):
                    found[place] = folder / name  # the last of several uploads
        if found:
            return {path: place for place, path in found.items()}
    return {}


def unused(root: HandedIn, home: Path, used: Collection[Path]) -> list[str]:
    """Return what is neither used nor the kit's own; a folder without a used file ends in /."""
    inside = {folder for path in used for folder in path.parents}
    names: list[str] = []

    def look(folder: Path) -> None:
        for name in root.names(folder):
            path = folder / name
            if name in LEFTOVERS or len(names) >= MOST_FILES or path in used:
                continue
            if root.is_directory(path):
                if path in inside or path in (home, *home.parents) or _kit_has(path, home):
                    look(path)
                else:
                    names.append(f"{path}/")
            elif not _kit_has(path, home):
                names.append(str(path))

    look(Path())
    return names


def _kit_has(path: Path, home: Path) -> bool:
    """True for a file of the kit. What is in open/ here is the instructor's own."""
    if home not in (path, *path.parents) or "open" in path.parts:
        return home == Path() == path
    return (KIT / path.relative_to(home)).exists()
