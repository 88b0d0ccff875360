# SPDX-License-Identifier: MIT
"""The files of a kit for students, and of the finished tree.

Both come from the kit's own files, as they are in the tree. The files with holes come from
solutions/, so it does not matter what the instructor has tried out in the labs.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..core.git import Git
from ..core.kit import KIT, LAB_DIRS, GraderError
from ..core.released import MANIFEST, File, Files, manifest
from ..core.starters import SOLUTIONS, cut, marked, skeleton, solved
from ..core.starters import manifest as files_with_holes
from ..core.starters import places
from . import part

# What a kit for students has at the top, besides labs.
TOP = (
    ".editorconfig", ".gitattributes", ".gitignore", "CHANGELOG.md", "CITATION.cff", "LICENSE",
    "LICENSE-docs", "Makefile", "README.md", "VERSION", "beyond", "common", "course", "docs",
    "grader", "setup.sh",
)  # fmt: skip
LEFT_OUT = (
    "docs/class.md", "grader/classes", "grader/commands/drawings.py", "grader/commands/readme.py",
    "grader/mypy.ini", "grader/quality", "grader/release", "grader/skeletons", "grader/tests",
)  # fmt: skip
# They quote the solutions, or are about them.
FOR_READERS = ("docs/change-it.md", "docs/course.md", "docs/life-of-an-exit.md")
# beyond/ is built on labs 1 to 5 and on the guests of lab 6.
NEEDS_ALL_LABS = (
    "beyond", "common/make/beyond.mk", "common/make/beyond_commands.mk",
    "common/make/conformance.mk", "common/make/linux.mk", "grader/vms", "grader/qemu/beyond",
)  # fmt: skip
OF_LAB = re.compile(r"(?:|grader/labs/|grader/qemu/driver/)lab0([1-9])[-_./]")
NOT_OURS = {"__pycache__", ".pytest_cache", ".git", "build", "open"}
LEVELS = 3  # of hints

LEFT_OUT_MK = Path("common/make/left_out.mk")
UPDATE_MK = Path("common/make/update.mk")


@dataclass(frozen=True)
class Choice:
    """What a release has: labs 1 to `labs`, solutions of labs 1 to `solved`, levels of hints."""

    labs: int = max(LAB_DIRS)
    solved: int = 0
    hints: int = LEVELS


def for_students(choice: Choice) -> Files:
    """Return the files of a kit for students."""
    files = _given(choice.labs)
    sources = _marked(choice.labs)
    for path, text in sources.items():
        files[path] = _file(cut(text, path)[0])
        files["grader/skeletons" / path] = _file(skeleton(text))
        if _lab(path) <= choice.solved:
            files["solutions" / path] = _file(solved(text, path))
    files.update(_lists(sources))
    for path in [path for path in files if path.name == "hints.md"]:
        files[path] = _file(part.hints(_text(files[path]), choice.hints))
    return _finished(files)


def finished_tree(labs: int) -> Files:
    """Return labs 1 to `labs` with the solutions in place, as a tree of its own."""
    files = _given(labs)
    sources = _marked(labs)
    for path, text in sources.items():
        files[path] = _file(solved(text, path))
        files["grader/skeletons" / path] = _file(skeleton(text))
    files.update(_lists(sources))
    del files[UPDATE_MK]  # the holes are gone
    files = _finished(files)
    del files[MANIFEST]
    return files


def untracked() -> list[str]:
    """Return the files that would be in a release if git tracked them."""
    if not _is_clone():
        return []
    names = Git(KIT)("ls-files", "-z", "--others", "--exclude-standard").split("\0")
    return sorted(name for name in names if name and _belongs(Path(name), max(LAB_DIRS)))


def _file(text: str, executable: bool = False) -> File:
    return File(text.encode("utf-8", "surrogateescape"), executable)


def _text(file: File) -> str:
    return file.data.decode("utf-8", "surrogateescape")


def _lab(path: Path) -> int:
    return int(path.parts[0][3:5])


def _marked(labs: int) -> dict[Path, str]:
    if not SOLUTIONS.is_dir():
        raise GraderError("this kit has no solutions, so nothing can be released from it")
    return {path: text for path, text in marked().items() if _lab(path) <= labs}


def _given(labs: int) -> Files:
    """Return the files that do not come from solutions/."""
    files = {}
    for path in _paths():
        if _belongs(path, labs):
            place = KIT / path
            files[path] = File(place.read_bytes(), os.access(place, os.X_OK))
    return files


def _paths() -> Iterator[Path]:
    """Yield the kit's files: in a clone those that git tracks, else all."""
    if _is_clone():
        tracked = Git(KIT)("ls-files", "-z").split("\0")
        yield from (Path(name) for name in tracked if name and (KIT / name).is_file())
        return
    for folder, inner, names in os.walk(KIT):
        inner[:] = [name for name in inner if name not in NOT_OURS]
        yield from (Path(folder, name).relative_to(KIT) for name in names)


def _is_clone() -> bool:
    return (KIT / ".git").exists()


def _belongs(path: Path, labs: int) -> bool:
    name = str(path)
    if path.parts[0] not in (*TOP, *LAB_DIRS.values()) or NOT_OURS & set(path.parts):
        return False
    if path == LEFT_OUT_MK or path == MANIFEST or _below(name, LEFT_OUT + FOR_READERS):
        return False
    if labs < max(LAB_DIRS) and _below(name, NEEDS_ALL_LABS):
        return False
    lab = OF_LAB.match(name)
    return not lab or int(lab[1]) <= labs


def _below(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(f"{place}/") for place in places)


def _lists(sources: Mapping[Path, str]) -> Files:
    return {
        Path("common/make/holes.mk"): _file(files_with_holes(sources)),
        Path("grader/labs/holes.txt"): _file(places(sources)),
    }


def _finished(files: Files) -> Files:
    """Cut the instructor's parts out, and add the list of all files."""
    for path in list(files):
        if path.suffix in (".md", ".mk") or path.name == "Makefile":
            text = part.for_students(_text(files[path]), path.suffix == ".md")
            if text.strip():
                files[path] = _file(text)
            else:
                del files[path]
    before, after = _commands(_given(max(LAB_DIRS))), _commands(files)
    gone = [name for name in before if name not in after]
    files[LEFT_OUT_MK] = _file(_left_out(gone))
    table = Path("docs/commands.md")
    if table in files:
        files[table] = _file(part.listed(_text(files[table]), after, gone))
    no_longer = _with_folders(_paths()) - _with_folders(files)
    for path in files:
        if path.suffix == ".md":
            page = part.without_rows(_text(files[path]), no_longer)
            files[path] = _file(_linked(page, path, files))
    files[MANIFEST] = _file(manifest(files))
    return dict(sorted(files.items()))


def _commands(files: Files) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in [Path("Makefile"), *sorted(files)]:
        if path in files and (path.suffix == ".mk" or path.name == "Makefile"):
            found.update(part.commands(_text(files[path])))
    return found


def _left_out(names: list[str]) -> str:
    return ("# SPDX-License-Identifier: MIT\n"
            "# Written by make release: the commands that only the instructor's kit has.\n"
            f"LEFT_OUT := {' '.join(names)}\n\n"
            ".PHONY: $(LEFT_OUT)\n"
            "$(LEFT_OUT):\n"
            "\t@echo \"$@: only the instructor's kit has that; make help lists what yours has\" "
            ">&2; exit 2\n")


def _with_folders(paths: Iterable[Path]) -> set[Path]:
    return {place for path in paths for place in (path, *path.parents)}


def _linked(text: str, path: Path, files: Files) -> str:
    """Return a page with words in place of links to files that are not there."""
    there = _with_folders(files)

    def is_there(target: str) -> bool:
        return Path(posixpath.normpath(path.parent / target)) in there

    def kept(match: re.Match[str]) -> str:
        if "://" in match[2] or match[2].startswith("mailto:"):
            return match[0]
        return match[0] if is_there(match[2]) else match[1]

    def line_kept(line: str) -> bool:
        """A line of a table of contents names a page."""
        return not re.fullmatch(r"[\w./-]+/README|docs/[\w-]+|CONTRIBUTING", line) or \
            Path(f"{line}.md") in files

    text = part.PICTURE.sub(lambda match: match[0] if is_there(match[1]) else "", text)
    text = part.LINK.sub(kept, text)
    if path.name == "contents.md":
        text = "".join(line for line in text.splitlines(True) if line_kept(line.strip()))
    return text
