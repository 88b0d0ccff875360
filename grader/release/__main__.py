# SPDX-License-Identifier: MIT
"""make release: the kit for students, without solutions. make source: the finished tree.

A release is a .tar.gz and a .zip, with the answers of each lab next to them, for the
instructor to publish. With --out it is also a commit on a student repository.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..commands.answers import answers
from ..commands.stage import command
from ..core.atomic_write import write_bytes
from ..core.kit import KIT, LAB_DIRS, GraderError
from ..core.released import Files
from . import archive, repository
from .files import LEVELS, Choice, finished_tree, for_students, untracked
from .folder import write_tree

NAME = "schism-labs"


def labs_of(text: str) -> int:
    """Return the last lab of a list: each stage is built on all labs before it."""
    numbers = text.replace(",", " ").split()
    known = [str(lab) for lab in LAB_DIRS]
    if not numbers:
        return max(LAB_DIRS)
    for number in numbers:
        if number not in known:
            raise GraderError(f"LABS={text}: there are labs 1 to {known[-1]}")
    return max(map(int, numbers))


def number_of(name: str, text: str, most: int, default: int) -> int:
    if not text:
        return default
    if text not in map(str, range(most + 1)):
        raise GraderError(f"{name}={text}: give a number from 0 to {most}")
    return int(text)


def release(choice: Choice, folder: Path, out: str) -> Iterator[str]:
    """Write a release, and yield a line for each thing that was written."""
    version = (KIT / "VERSION").read_text().strip()
    files = for_students(choice)
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob(f"{NAME}-*"), *folder.glob("answers-lab*.md")):
        old.unlink()
    packed = {".tar.gz": archive.tar_gz, ".zip": archive.zip_archive}
    for suffix, pack in packed.items():
        path = folder / f"{NAME}-{version}{suffix}"
        write_bytes(path, pack(files, f"{NAME}-{version}"))
        yield f"{path}: {_said(choice, files)}"
    for lab in range(1, choice.labs + 1):
        path = folder / f"answers-lab{lab:02}.md"
        text = answers(lab)
        write_bytes(path, f"# Answers to the questions of lab {lab}\n\n{text}\n".encode())
        yield f"{path}: to publish when lab {lab} is due"
    if out:
        yield repository.commit(files, Path(out), f"Release {version} of Schism Labs\n\n"
                                f"{_said(choice, files).capitalize()}.")


def _said(choice: Choice, files: Files) -> str:
    solved = f"; solutions of {_labs(choice.solved)}" if choice.solved else ""
    hints = f"; hints up to level {choice.hints}" if choice.hints != LEVELS else ""
    return f"{_labs(choice.labs)}{solved}{hints}; {len(files)} files"


def _labs(last: int) -> str:
    return "lab 1" if last == 1 else f"labs 1 to {last}"


def source(labs: int, folder: Path) -> Iterator[str]:
    """Write the finished tree, and yield what it is."""
    files = finished_tree(labs)
    if folder.exists():
        shutil.rmtree(folder)
    write_tree(files, folder)
    yield f"{folder}: {_labs(labs)} with the solutions in place; make works in it"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make release", description=__doc__)
    parser.add_argument("--labs", default="", help="such as '1 2 3'")
    parser.add_argument("--solved", default="", help="labs whose solutions to add")
    parser.add_argument("--hints", default="", help="levels of hints to keep")
    parser.add_argument("--out", default="", help="a student repository to commit to")
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--source", type=int, help="write the finished tree of this stage instead")
    options = parser.parse_args(arguments)
    build = KIT / options.build
    if options.source:
        lines = source(options.source, build / f"source/lab{options.source:02}")
    else:
        labs = labs_of(options.labs)
        choice = Choice(labs, number_of("SOLVED", options.solved, labs, 0),
                        number_of("HINTS", options.hints, LEVELS, LEVELS))
        lines = release(choice, build / "release", options.out)
    for line in lines:
        print(line.replace(f"{KIT}/", ""))
    for name in untracked():
        print(f"not in it, because git does not track it: {name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(command("release", main))
