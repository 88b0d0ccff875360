# SPDX-License-Identifier: MIT
"""A submission: a folder that a student handed in, graded without trusting it.

It is laid over a fresh copy of the kit, in which every hole is open again. Taken
from it are the files with holes and the student's own new sources beside them;
main.c, headers, self-tests, probe guests, build files and grader are the kit's.
The copy is built in a sandbox (bubblewrap) that shows the compiler nothing else:
no solution, no other submission, no file of the host's can be included.
"""

from __future__ import annotations

import re
import shutil
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from .build import Place
from .kit import KIT, LAB_DIRS, GraderError
from .starters import starters

MAX_BYTES = 1 << 20  # of one source file
MAX_FILES = 200  # of the student's own, so that no heap of them is compiled
SOURCE = re.compile(r"[A-Za-z0-9_]+\.[chS]")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
GIVEN = ("Makefile", "common", "grader", *LAB_DIRS.values())
FOR_THE_MACHINE = ("grader/guests", "grader/driver")
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/opt", "/etc/alternatives")


@dataclass(frozen=True)
class Submission:
    """A submission laid out for grading: where it is built, and what is to be said of it."""

    place: Place
    notes: tuple[str, ...]


def receive(folder: Path, tree: Path, solved: int) -> Submission:
    """Lay out `tree`, which is not there yet. Labs 1 to `solved` are from solutions/.

    GraderError if `folder` holds no lab, or there is no sandbox.
    """
    root = root_of(folder)
    sandbox = shutil.which("bwrap")
    if not sandbox:
        raise GraderError("a submission is built in a sandbox, and bubblewrap is missing: run ./setup.sh --dev")
    texts = starters()
    if not texts:
        raise GraderError("there are no solutions here to cut starters from: grade in a whole kit")
    copy_given(tree, solved)
    holes = [path for path in texts if lab_of(path) > solved]
    absent, odd = [], []
    for path in holes:
        data = read(root, path)
        if data is None:
            (odd if is_there(root / path) else absent).append(path)
        write(tree / path, texts[path].encode() if data is None else data)
    taken, refused = own_files(root, {path.parent for path in holes}, set(texts))
    for path, data in taken.items():
        write(tree / path, data)
    notes = [
        note("not in the submission, so its holes are open", absent),
        note("not a plain file of less than 1 MiB, so its holes are open", odd),
        note("the student's own", taken),
        note("not taken, for its name or kind", refused),
        note("not as the kit gave it; the kit's own was graded", altered(root, set(texts))),
    ]
    return Submission(Place(tree, tuple(wrapper(sandbox, tree))), tuple(filter(None, notes)))


def root_of(folder: Path) -> Path:
    """The folder that holds the labs: the one given, or the only such one in it."""
    if not folder.is_dir():
        raise GraderError(f"submission {folder}: there is no such folder")
    inside = [path for path in sorted(folder.iterdir()) if path.is_dir()]
    homes = [path for path in (folder, *inside) if any((path / name).is_dir() for name in LAB_DIRS.values())]
    if not homes:
        raise GraderError(f"submission {folder}: it has no lab directory, such as {LAB_DIRS[1]}/")
    if homes[0] != folder and len(homes) > 1:
        raise GraderError(f"submission {folder}: {homes[0].name}/ and {homes[1].name}/ both hold labs; name one")
    return homes[0]


def lab_of(path: Path) -> int:
    return int(path.parts[0][3:5])


def copy_given(tree: Path, solved: int) -> None:
    """The kit without grader, and without the solutions that are the student's to find."""
    unwanted = [name for lab, name in LAB_DIRS.items() if lab > solved]
    for name in ("common", *LAB_DIRS.values()):
        shutil.copytree(KIT / name, tree / name, ignore=shutil.ignore_patterns("build"))
    shutil.copytree(KIT / "solutions", tree / "solutions", ignore=shutil.ignore_patterns(*unwanted, "*.md"))
    for name in FOR_THE_MACHINE:
        shutil.copytree(KIT / name, tree / name)
    shutil.copy(KIT / "Makefile", tree)


def is_there(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def read(root: Path, path: Path) -> Optional[bytes]:
    """A plain file of the submission, reached through no link."""
    file = root / path
    try:
        plain = stat.S_ISREG(file.lstat().st_mode) and file.resolve() == root.resolve() / path
        return file.read_bytes() if plain and file.lstat().st_size < MAX_BYTES else None
    except OSError:
        return None


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def own_files(root: Path, folders: set[Path], holes: set[Path]) -> tuple[dict[Path, bytes], list[Path]]:
    """New sources beside files with holes, and those that cannot be taken.

    A header with the name of one that given code includes would stand in for it.
    """
    given = {name.rpartition("/")[2] for name in included()}
    taken: dict[Path, bytes] = {}
    refused = []
    for folder in sorted(folders):
        for file in sorted((root / folder).glob("*.[chS]")):
            path = folder / file.name
            if path in holes or (KIT / path).exists():
                continue
            data = read(root, path)
            good = SOURCE.fullmatch(file.name) and file.name not in given and len(taken) < MAX_FILES
            if data is None or not good:
                refused.append(path)
            else:
                taken[path] = data
    return taken, refused


def included() -> Iterator[str]:
    """Every header that there is in the kit, or that its sources include."""
    for name in ("common", *FOR_THE_MACHINE, "solutions", *LAB_DIRS.values()):
        for path in (KIT / name).rglob("*.[chS]"):
            yield path.name
            yield from INCLUDE.findall(path.read_text())


def altered(root: Path, holes: set[Path]) -> list[Path]:
    """Given files that are there and differ."""
    differing = []
    for name in GIVEN:
        place = KIT / name
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            inside = path.relative_to(KIT)
            if inside in holes or "__pycache__" in inside.parts or not path.is_file():
                continue
            if is_there(root / inside) and read(root, inside) != path.read_bytes():
                differing.append(inside)
    return differing


def note(what: str, paths: Iterable[Path]) -> str:
    """One line, or nothing if there are no such files."""
    names = [printable(str(path)) for path in paths]
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return f"{what}: {', '.join(names[:6])}{more}" if names else ""


def printable(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name)


def wrapper(sandbox: str, tree: Path) -> list[str]:
    """The command in front of make: the tree to write in, the system to read, no network."""
    words = [sandbox, "--unshare-all", "--die-with-parent", "--new-session", "--proc", "/proc"]
    words += ["--dev", "/dev", "--tmpfs", "/tmp"]
    for name in SYSTEM:
        words += ["--ro-bind-try", name, name]
    return [*words, "--bind", str(tree), str(tree), "--chdir", str(tree), "--"]
