# SPDX-License-Identifier: MIT
"""A submission: a student's folder or archive, graded without trusting it.

A fresh copy of the kit, with every hole open, gets the submission's files with holes and
the student's new sources next to them, and the designs for open tasks in open/. main.c,
headers, self-tests, probe guests, build files and the grader come from the kit.
untrusted_folder.py reads it, and the copy is built in the sandbox of sandbox.py.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Optional

from ..core.kit import KIT, LAB_DIRS, GraderError
from ..core.process import Nursery
from ..core.released import MANIFEST, sum_of, sums
from ..core.sanitize import escaped
from ..core.starters import starters
from . import sandbox
from .archive import KINDS, is_archive, unpack
from .build import Place
from .home import flat_files, homes, unused
from .untrusted_folder import HandedIn, Refused

MAX_FILES = 64  # new files of the student; each is compiled
SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*\.[chS]")  # compilers have headers like __stddef.h
GUEST = re.compile(r"[a-z][a-z0-9_]*")
INCLUDE = re.compile(rb'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
GIVEN = ("Makefile", "common", "grader", *LAB_DIRS.values())
UNUSED = "not used"
FOR_THE_MACHINE = ("grader/guests", "grader/qemu/driver")


@dataclass(frozen=True)
class HandIn:
    """What is graded of a submission: files by their place in the kit; and notes for the report."""

    files: Mapping[Path, bytes]
    notes: tuple[str, ...]


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

    `folder` may be an archive. The sandbox allows the tools that these make variables name. Raise
    GraderError if there is no sandbox or if `folder` contains no lab.
    """
    nursery = nursery or Nursery()
    texts = starter_texts()
    with tempfile.TemporaryDirectory(dir=tree.parent, prefix="handed-in-") as scratch:
        handed = read([folder], texts, solved, Path(scratch), nursery)
    tree.mkdir(parents=True)
    wrapper = sandbox.wrapper(tree, folder, variables, nursery)
    lay_out(handed, texts, tree, solved)
    return Submission(Place(tree, wrapper, sandbox.for_machine(tree)), handed.notes)


def starter_texts() -> dict[Path, str]:
    texts = starters()
    if not texts:
        raise GraderError("there are no solutions or skeletons here to cut starters from: "
                          "unpack the kit again")
    return texts


def lay_out(handed: HandIn, texts: Mapping[Path, str], tree: Path, solved: int) -> None:
    """Copy the kit to `tree`, with the student's files in the labs after `solved`."""
    _copy_given(tree, solved)
    holes = {path: text.encode("utf-8", "surrogateescape") for path, text in texts.items()}
    for path, data in {**holes, **handed.files}.items():
        if _lab_of(path) > solved:
            write(tree / path, data)


def read(paths: Sequence[Path], texts: Mapping[Path, str], solved: int, scratch: Path,
         nursery: Nursery, safe: bool = True) -> HandIn:
    """Read a submission: a folder, an archive, or several files of one student.

    `scratch` is an empty folder for what is unpacked; `safe` runs git in a sandbox. `texts` are
    the starters. Raise GraderError if nothing in it can be graded.
    """
    unpacked: list[str] = []
    folder = paths[0]
    if len(paths) > 1 or is_archive(folder.name) and not folder.is_dir():
        folder = scratch / "files"
        for path in paths:
            if is_archive(path.name):
                unpacked += _unpacked(path, folder, scratch, nursery, safe)
            else:
                _copy_file(path, folder)
    elif inner := _lone_archive(folder):
        folder = scratch / "files"
        unpacked += _unpacked(inner, folder, scratch, nursery, safe)
    with _opened(folder, paths[0]) as root:
        return _read(root, paths[0], texts, solved, scratch, unpacked)


def _unpacked(archive: Path, folder: Path, scratch: Path, nursery: Nursery,
              safe: bool) -> list[str]:
    if archive.is_symlink():
        raise GraderError(f"submission {archive}: it is a link, and links are not followed")
    inside = sandbox.for_files(scratch) if safe and archive.suffix == ".bundle" else ()
    try:
        return unpack(archive, folder, scratch, nursery, inside)
    except GraderError as error:
        raise GraderError(f"submission {escaped(str(archive.parent))}/{error}") from None


def _copy_file(path: Path, folder: Path) -> None:
    """Copy one of several files. One that is refused is not taken."""
    with HandedIn(path.parent) as root:
        data = root.read(Path(path.name))
    if not isinstance(data, Refused):
        write(folder / path.name, data)


def _lone_archive(folder: Path) -> Optional[Path]:
    """Return the only archive in a folder, if there are no labs: as Moodle has it."""
    try:
        with HandedIn(folder.absolute()) as root:
            if homes(root):
                return None
            found = [name for name in root.names()
                     if is_archive(name) and not root.is_directory(Path(name))]
    except OSError:
        return None
    return folder / found[0] if len(found) == 1 else None


def _read(root: HandedIn, path: Path, texts: Mapping[Path, str], solved: int, scratch: Path,
          unpacked: Sequence[str]) -> HandIn:
    found = homes(root)
    if len(found) > 1:
        first, second = (escaped(str(home)) for home in found[:2])
        raise GraderError(f"submission {path}: {first}/ and {second}/ both hold labs; name one")
    if found:
        home = found[0]
        with root.below(home) as labs:
            handed, seen = _read_labs(labs, texts, solved)
        left = unused(root, home, {home / name for name in seen})
        notes = [_note(UNUSED, left)]
    else:
        flat = flat_files(root, texts)
        links = [escaped(name) for name in root.names() if root.is_link(Path(name))]
        if not flat and links:
            raise GraderError(
                f"submission {path}: {links[0]} is a link, and links are not followed")
        if not flat:
            raise GraderError(
                f"submission {path}: it has no lab directory, such as {LAB_DIRS[1]}/, and no file "
                "with holes")
        copy = scratch / "flat"
        copy.mkdir()
        refused = []
        for name, place in flat.items():
            data = root.read(name)
            if isinstance(data, Refused):
                refused.append(f"{name}: {data.value}")
            else:
                write(copy / place, data)
        with HandedIn(copy) as labs:
            handed, _ = _read_labs(labs, texts, solved)
        notes = [_note("handed in without folders, and put into its lab", flat),
                 _note("not read", refused), _note(UNUSED, unused(root, Path(), set(flat)))]
    notes.append(_note("not unpacked", unpacked))
    return replace(handed, notes=(*handed.notes, *filter(None, notes)))


def _read_labs(root: HandedIn, texts: Mapping[Path, str],
               solved: int) -> tuple[HandIn, set[Path]]:
    """Return what is graded below the folder with the labs, and every path that was looked at."""
    refused: dict[Refused, list[Path]] = {why: [] for why in Refused}
    files: dict[Path, bytes] = {}
    holes = [path for path in texts if _lab_of(path) > solved]
    for path in holes:
        data = root.read(path)
        if isinstance(data, Refused):
            refused[data].append(path)
        else:
            files[path] = data
    folders = {path.parent for path in holes} | set(_open_folders(root, solved))
    taken, unwanted = _own_files(root, folders, set(texts))
    differing = altered(root, set(texts))
    notes = [
        *(_note(f"{why.value}, so its holes are open", paths) for why, paths in refused.items()),
        _note("the student's own", taken),
        _note("not taken, for its name or kind", unwanted),
        _note("not as the kit gave it; the kit's own was graded", differing),
    ]
    seen = {*texts, *taken, *unwanted, *differing}
    return HandIn({**files, **taken}, tuple(filter(None, notes))), seen


def _opened(folder: Path, path: Path) -> HandedIn:
    try:
        return HandedIn(folder.absolute())
    except OSError:
        what = ("it is a link, and links are not followed" if folder.is_symlink()
                else "there is no such folder" if not folder.exists()
                else f"not a folder, and not an archive ({', '.join(KINDS)})")
        raise GraderError(f"submission {path}: {what}") from None


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


def _note(what: str, paths: Iterable[Path | str]) -> str:
    """Return one line, or nothing without files."""
    names = [escaped(str(path).replace("\n", "\\n")) for path in paths]
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return f"{what}: {', '.join(names[:6])}{more}" if names else ""
