# SPDX-License-Identifier: MIT
"""Make a class of synthetic submissions, with the score that each may get, and compare.

    python3 -m grader.quality.class_of make FOLDER [--count 200]
    make grade SUBMISSIONS=FOLDER
    python3 -m grader.quality.class_of check FOLDER build/class/scores.csv

Starters, solutions, mutants, variants, half-done labs, and attacks on the grader (attacks.py). The
draw is the same each time. `check` compares the scores with what is right, and looks for traces of
the attacks outside of their sandboxes.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core.kit import KIT, LAB_DIRS, GraderError
from ..core.starters import starters
from .attacks import CANARY, attacks
from .mutants import mutants
from .mutants.workplace import edited
from .variants import variants

Files = dict[str, str]
Range = tuple[int, int]  # of points
LABS = range(1, 7)
NONE, FULL, SOME = (0, 0), (100, 100), (0, 100)


@dataclass(frozen=True)
class Student:
    """A submission and the points that each of its labs may get."""

    name: str
    files: Mapping[str, str]
    labs: tuple[Range, ...]


def solutions(upto: int = 6) -> Files:
    """The files with holes: labs 1 to `upto` from solutions/, the others as starters."""
    return {
        str(path): (KIT / "solutions" / path).read_text("utf-8") if int(path.parts[0][3:5]) <= upto
        else text for path, text in starters().items()
    }


def students(count: int) -> Iterator[Student]:
    """Yield students without attacks: starters, solutions, variants, half-done labs, mutants."""
    draw = random.Random(15)
    shares = {"starter": 1, "solution": 3, "variant": 4, "half": 4, "mutant": 6}
    kinds = [kind for kind, share in shares.items() for _ in range(share)]
    some_mutants = draw.sample([m for m in mutants() if not m.unseen], count)
    some_variants = draw.sample(list(variants()), len(variants()))
    for number in range(count):
        kind = kinds[number % len(kinds)]
        if kind == "starter":
            files, points = solutions(0), [NONE] * 6
        elif kind == "solution":
            files, points = solutions(), [FULL] * 6
        elif kind == "half":
            done = number % 5 + 1
            files, points = solutions(done), [FULL] * done + [NONE] * (6 - done)
        elif kind == "variant":
            variant = some_variants[number % len(some_variants)]
            files, points = solutions(), [FULL] * 6
            for edit in variant.edits:
                files[edit.file] = edited(files[edit.file], edit)
            files |= {name.removeprefix("solutions/"): text for name, text in variant.files}
        else:
            mutant = some_mutants[number]
            # A mistake costs points in its own lab only: later ones are graded on the reference.
            files, points = solutions(), [FULL] * 6
            for edit in mutant.edits:
                lab = int(edit.file[3:5])
                points[lab - 1] = (0, 99) if lab == mutant.lab else SOME
                files[edit.file] = edited(files[edit.file], edit)
        # No two students hand in the same bytes, so that each is graded.
        files["lab01-boot/uart.c"] += f"/* {kind} {number} */\n"
        yield Student(f"{kind}{number:03}", files, tuple(points))


def put(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", "surrogateescape")


def hand_in(student: Student, number: int, home: Path) -> None:
    """Write a submission, in one of the forms that students use."""
    if number % 3 == 0:
        put(home / student.name, student.files)
        return
    with tempfile.TemporaryDirectory() as folder:
        put(Path(folder), student.files)
        if number % 3 == 1:
            with zipfile.ZipFile(home / f"{student.name}.zip", "w", zipfile.ZIP_DEFLATED) as packed:
                for name in sorted(student.files):
                    packed.write(Path(folder) / name, f"work/{name}")
        else:
            with tarfile.open(home / f"{student.name}.tar.gz", "w:gz") as tar:
                tar.add(folder, "work")


def make(home: Path, count: int) -> None:
    if home.exists():
        raise GraderError(f"{home}: it exists")
    home.mkdir(parents=True)
    expected: dict[str, tuple[Range, ...]] = {}
    hostile = attacks(solutions(0), solutions(1), home)
    for number, student in enumerate(students(max(0, count - len(hostile)))):
        hand_in(student, number, home)
        expected[student.name] = student.labs
    for attack in hostile:
        attack.make(home, attack.name)
        expected[attack.name] = ((0, attack.most), *[NONE] * 5)
    (home / ".expected.json").write_text(json.dumps(expected, indent=1))
    print(f"{len(expected)} submissions, {len(hostile)} of them attacks: {home}")


def check(home: Path, table: Path) -> list[str]:
    """Return every score that is wrong, and every trace of an attack."""
    expected = json.loads((home / ".expected.json").read_text())
    with open(table, newline="", encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    wrong = [f"{name}: no row" for name in sorted(set(expected) - set(rows))]
    for name, labs in sorted(expected.items()):
        row = rows.get(name, {})
        if row.get("status", "").startswith("not graded") and not name.startswith("attack"):
            wrong.append(f"{name}: {row['status']}")
        for lab, (least, most) in zip(LABS, labs):
            points = row.get(f"lab{lab:02}")
            if points and not least <= int(points) <= most:
                wrong.append(f"{name}: lab {lab}: {points} points, not {least} to {most}")
    traces = [Path("/tmp") / CANARY, home / CANARY, home.parent / CANARY, KIT / CANARY,
              *(KIT / name / CANARY for name in LAB_DIRS.values()), Path.home() / CANARY]
    return wrong + [f"a trace of an attack: {path}" for path in traces if os.path.lexists(path)]


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m grader.quality.class_of",
                                     description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("make", "check"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("table", type=Path, nargs="?")
    parser.add_argument("--count", type=int, default=200)
    options = parser.parse_args(argv)
    try:
        if options.what == "make":
            make(options.folder.absolute(), options.count)
            return 0
        if not options.table:
            parser.error("check needs the table: scores.csv")
        wrong = check(options.folder.absolute(), options.table)
    except GraderError as error:
        print(f"class_of: {error}", file=sys.stderr)
        return 2
    print("\n".join(wrong) or "every score is right, and no attack left a trace")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
