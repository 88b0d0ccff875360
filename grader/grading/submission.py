# SPDX-License-Identifier: MIT
"""A submission: a student's folder, graded without trusting it.

A fresh copy of the kit, with every hole open, gets the submission's files with holes and
the student's new sources next to them, and the designs for open tasks in open/. main.c,
headers, self-tests, probe guests, build files and the grader come from the kit.
untrusted_folder.py reads it, and the copy is built in the sandbox of sandbox.py.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core.kit import KIT, LAB_DIRS, GraderError
from ..core.process import Nursery
from ..core.released import MANIFEST, sum_of, sums
from ..core.sanitize import escaped
from ..core.starters import starters
from . import sandbox
from .build import Place
from .untrusted_folder import HandedIn, Refused

MAX_FILES = 64  # new files of the student; each is compiled
SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*\.[chS]")  # compilers have headers like __stddef.h
GUEST = re.compile(r"[a-z][a-z0-9_]*")
INCLUDE = re.compile(rb'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
GIVEN = ("Makefile", "common", "grader", *LAB_DIRS.values())
FOR_THE_MACHINE = ("grader/guests", "grader/qemu/driver")


@dataclass(frozen=True)
class Submission:
    """A submission ready for grading: where it is built, and notes for the report."""

    place: Place
    notes: tuple[str, ...]


def receive(
    folder: Path, tree: Path, solved: int, variables: Sequence[str] = (),
    nursery: Nursery | None = None
) -> Submission:
    """Create `tree` for grading. Labs 1 to `solved` come from solutions/.

    The sandbox allows the tools that these make variables name. Raise GraderError if there
    is no sandbox or if `folder` contains no lab.
    """
    texts = starters()
    if not texts:
        raise GraderError("there are no solutions or skeletons here to cut starters from: "
                          "unpack the kit again")
    refused: dict[Refused, list[Path]] = {why: [] for why in Refused}
    with _opened(folder) as root:
        tree.mkdir(parents=True)
        wrapper = sandbox.wrapper(tree, folder, variables, nursery or Nursery())
        _copy_given(tree, solved)
        holes = [path for path in texts if _lab_of(path) > solved]
        for path in holes:
            data = root.read(path)
            if isinstance(data, Refused):
                refused[data].append(path)
                data = texts[path].encode("utf-8", "surrogateescape")
            write(tree / path, data)
        folders = {path.parent for path in holes} | set(_open_folders(root, solved))
        taken, unwanted = _own_files(root, folders, set(texts))
        differing = altered(root, set(texts))
    for path, data in taken.items():
        write(tree / path, data)
    notes = [
        *(_note(f"{why.value}, so its holes are open", paths) for why, paths in refused.items()),
        _note("the student's own", taken),
        _note("not taken, for its name or kind", unwanted),
        _note("not as the kit gave it; the kit's own was graded", differing),
    ]
    return Submission(Place(tree, wrapper), tuple(filter(None, notes)))


def _opened(folder: Path) -> HandedIn:
    """Open the folder with the labs: `folder`, or the only folder in it that has labs."""
    try:
        root = HandedIn(folder.absolute())
    except OSError:
        what = ("it is a link, and links are not followed" if folder.is_symlink()
                else "there is no such folder")
        raise GraderError(f"submission {folder}: {what}") from None
    names = root.names()
    homes = [path for path in (Path(), *map(Path, names)) if _has_labs(root, path)]
    links = [escaped(name) for name in names if root.is_link(Path(name))]
    if not homes and links:
        raise GraderError(f"submission {folder}: {links[0]} is a link, and links are not followed")
    if not homes:
        raise GraderError(f"submission {folder}: it has no lab directory, such as {LAB_DIRS[1]}/")
    if homes[0] != Path() and len(homes) > 1:
        raise GraderError(
            f"submission {folder}: {homes[0].name}/ and {homes[1].name}/ both hold labs; name one")
    root.enter(homes[0])
    return root


def _has_labs(root: HandedIn, path: Path) -> bool:
    return any(root.is_directory(path / name) for name in LAB_DIRS.values())


def _lab_of(path: Path) -> int:
    return int(path.parts[0][3:5])


def _copy_given(tree: Path, solved: int) -> None:
    """Copy the kit without the grader and without the solutions of the graded labs."""
    unwanted = [name for lab, name in LAB_DIRS.items() if lab > solved]
    for name in ("common", *LAB_DIRS.values()):
        shutil.copytree(KIT / name, tree / name, ignore=shutil.ignore_patterns("build", "open"))
    if (KIT / "solutions").is_dir():
        shutil.copytree(KIT / "solutions", tree / "solutions",
                        ignore=shutil.ignore_patterns(*unwanted, "*.md"))
    for name in FOR_THE_MACHINE:
        shutil.copytree(KIT / name, tree / name)
    shutil.copy(KIT / "Makefile", tree)


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _open_folders(root: HandedIn, solved: int) -> Iterator[Path]:
    """Yield the folders for open tasks, also those of guests."""
    for lab, name in LAB_DIRS.items():
        if lab > solved:
            guests = Path(name) / "open/guests"
            yield from (guests.parent, guests)
            yield from (guests / guest for guest in root.names(guests)
                        if GUEST.fullmatch(guest) and root.is_directory(guests / guest))


def _own_files(
    root: HandedIn, folders: set[Path], holes: set[Path]
) -> tuple[dict[Path, bytes], list[Path]]:
    """Return the new sources in these folders, and those that are refused.

    A header named like one that given code includes would replace it.
    """
    given = {name.rpartition("/")[2].lower() for name in _included()}
    taken: dict[Path, bytes] = {}
    refused = []
    for folder in sorted(folders):
        for name in root.names(folder):
            path = folder / name
            if not name.endswith((".c", ".h", ".S")) or path in holes or _is_given(path):
                continue
            data = root.read(path)
            good = SOURCE.fullmatch(name) and name.lower() not in given and len(taken) < MAX_FILES
            if isinstance(data, Refused) or not good:
                refused.append(path)
            else:
                taken[path] = data
    return taken, refused


def _is_given(path: Path) -> bool:
    """True for a file of the kit. What is in open/ here is the instructor's own."""
    return "open" not in path.parts and (KIT / path).exists()


def _included() -> Iterator[str]:
    """Yield the name of every header in the kit and of every file that it includes."""
    for name in ("common", *FOR_THE_MACHINE, "solutions", *LAB_DIRS.values()):
        for path in (KIT / name).rglob("*.[chS]"):
            if path.suffix == ".h":
                yield path.name
            yield from (name.decode("utf-8", "replace")
                        for name in INCLUDE.findall(path.read_bytes()))


def altered(root: HandedIn, holes: set[Path]) -> list[Path]:
    """Return the given files that the submission has changed.

    A kit for students has a list of its files: some differ from ours, or are of an older
    release. A forged list gains nothing, because our files are graded.
    """
    differing = []
    data = root.read(MANIFEST)
    released = {} if isinstance(data, Refused) else sums(data.decode("utf-8", "replace"))
    for name in GIVEN:
        place = KIT / name
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            inside = path.relative_to(KIT)
            own = {"__pycache__", "open"} & set(inside.parts)
            if inside in holes or own or not path.is_file():
                continue
            data = root.read(inside)
            if data in (Refused.ABSENT, path.read_bytes()):
                continue
            if isinstance(data, Refused) or sum_of(data) != released.get(inside):
                differing.append(inside)
    return differing


def _note(what: str, paths: Iterable[Path]) -> str:
    """Return one line, or nothing without files."""
    names = [escaped(str(path).replace("\n", "\\n")) for path in paths]
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return f"{what}: {', '.join(names[:6])}{more}" if names else ""
