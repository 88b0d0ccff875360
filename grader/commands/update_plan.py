# SPDX-License-Identifier: MIT
"""What an update does to each file of a student's kit.

Only what is in holes is the student's. Every other file and line comes from the new release;
where the student has changed it, the student's file is saved. A file is left alone if its holes
cannot be found any more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from ..core.hole_texts import Starter, Unclear, given_lines, written
from ..core.released import MANIFEST, File, Files, sum_of, sums
from .new_release import read

SKELETONS = Path("grader/skeletons")


@dataclass
class Plan:
    """The contents of each file after the update (None: deleted), and what is said of it."""

    after: dict[Path, Optional[File]] = field(default_factory=dict)
    saved: dict[Path, bytes] = field(default_factory=dict)
    offered: dict[Path, bytes] = field(default_factory=dict)  # new ones of files left alone
    notes: dict[Path, str] = field(default_factory=dict)
    merged: list[Path] = field(default_factory=list)  # with the student's text in holes

    def save(self, path: Path, data: bytes, why: str) -> None:
        self.saved[path] = data
        self.notes[path] = why


def plan(kit: Path, new: Files) -> Plan:
    """Compare a student's kit with a new release."""
    old = sums(read(kit / MANIFEST)) if (kit / MANIFEST).is_file() else {}
    made = Plan()
    for path, file in new.items():
        place = kit / path
        mine = place.read_bytes() if place.is_file() else None
        made.after[path] = file
        if mine is None or mine == file.data or path == MANIFEST:
            continue
        if sum_of(mine) == old.get(path):
            continue
        if SKELETONS / path in new:
            _merge(made, kit, path, mine, new)
        elif path in old:
            made.save(path, mine, "your changes are outside of holes")
        else:
            made.save(path, mine, "your file has the name of a new one of the kit")
    for path in old.keys() - new.keys():
        place = kit / path
        if place.is_file() and sum_of(place.read_bytes()) == old[path]:
            made.after[path] = None
        elif place.is_file():
            made.after[path] = File(place.read_bytes())
            made.notes[path] = "left alone: you have changed it, and the kit no longer has it"
    return made


def _merge(made: Plan, kit: Path, path: Path, mine: bytes, new: Files) -> None:
    """Put the student's holes into the new starter."""
    theirs = Starter.of(new[SKELETONS / path].data.decode("utf-8", "surrogateescape"), path)
    try:
        if not (kit / SKELETONS / path).is_file():
            raise Unclear
        ours = Starter.of(read(kit / SKELETONS / path), path)
        yours = written(ours, mine.decode("utf-8", "surrogateescape"))
    except Unclear:
        # An earlier update that was interrupted may have been here already.
        try:
            yours = written(theirs, mine.decode("utf-8", "surrogateescape"))
            ours = theirs
        except Unclear:
            made.after[path] = File(mine)
            made.notes[path] = "left alone: the kit's lines around the holes are not to be found"
            made.offered[path] = new[path].data
            return
    texts = {name: text for name, text in yours.texts.items() if text != ours.text(name)}
    filled = theirs.filled(texts)
    made.after[path] = File(filled.encode("utf-8", "surrogateescape"))
    if texts:
        made.merged.append(path)
    lost = sorted({task for task, *rest in texts if (task, *rest) not in theirs.holes})
    if lost:
        made.save(path, mine, f"the new one has no place for what you wrote for {', '.join(lost)}")
    elif yours.given not in (given_lines(ours), given_lines(theirs)):
        made.save(path, mine, "your changes are outside of holes")
