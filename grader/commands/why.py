# SPDX-License-Identifier: MIT
"""make why CHECK=c [SUBMISSION=dir]: everything about one check's points, to answer a complaint.

The check's lab is graded as `make grade LAB=n` does. Then follow wanted and seen, the transcript
around the place, and the code of the task next to its starter.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path

from ..core.kit import KIT, GraderError
from ..core.sanitize import short
from ..core.starters import starters
from ..grading.build import outer_variables
from ..grading.run import Grading, Options, grade
from ..grading.submission import receive
from ..labs import tables
from ..labs.check import Check, Evidence, Outcome, Result
from ..labs.mistake import Hole, holes
from ..model.source_part import Part, around, function
from ..report.json_report import facts
from ..report.transcript_lines import genuine
from .stage import command

AROUND = 6  # lines of the transcript before and after the place
FEW = 12  # lines of a transcript without a place


def checks_named(name: str, open_tasks: bool) -> list[Check]:
    """Return the check with this id, or the checks of this task. All are of one lab."""
    every = [check for table in tables(open_tasks).values() for check in table]
    if not name:
        raise GraderError("which check? CHECK=lab04.7.value, or a task: CHECK=lab04.7")
    found = [check for check in every if name in (check.id, check.task)]
    if not found:
        near = get_close_matches(name, [check.id for check in every], n=3, cutoff=0.4)
        raise GraderError(f"there is no check {short(name)}"
                          + (f"; there are {', '.join(near)}" if near else ""))
    return found


@contextmanager
def graded(
    checks: Sequence[Check], options: Options, folder: str
) -> Iterator[tuple[Grading, Path]]:
    """Grade the lab of these checks. Yield the grading, and the tree with the sources."""
    options = replace(options, labs=(checks[0].lab,))
    if not folder:
        yield grade(options), KIT
        return
    options.build.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.build, prefix="submission-") as scratch:
        tree = Path(scratch) / "kit"
        received = receive(Path(folder), tree, options.solved, [*outer_variables(), *options.make])
        options = replace(options, build=tree / "build", place=received.place)
        yield replace(grade(options), notes=received.notes), tree


def report(result: Result, grading: Grading) -> Iterator[str]:
    """Yield the lines about one check, without the code."""
    check = result.check
    points = f"{result.points} of {check.points} points"
    yield f"{check.id}: {check.title}: {result.outcome.value}, {points}"
    if result.outcome is Outcome.PASSED:
        return
    for name, fact in facts(result).items():
        yield from _labelled(name, fact)
    if (cause := grading.cause) and cause.result.check.id == check.id:
        yield from _labelled("likely", short(cause.likely))
    yield from _transcript(result, grading)


def _labelled(name: str, fact: str) -> Iterator[str]:
    first, *more = fact.split("\n")
    yield f"  {name:<8}{first}".rstrip()
    yield from (f"{'':10}{line}" for line in more)


def _transcript(result: Result, grading: Grading) -> Iterator[str]:
    """Yield the lines around the place of a result, the place marked; else the last lines."""
    evidence = grading.labs[0].evidence.get(result.check.boot)
    if not isinstance(evidence, Evidence):
        return
    looked_at = (evidence.inspected or evidence.run) if result.check.machine else evidence.run
    lines = looked_at.text.split("\n")
    marked: range
    if result.place:
        start, end = result.place
        first = looked_at.text.count("\n", 0, start)
        marked = range(first, first + 1 + looked_at.text.count("\n", start, max(start, end - 1)))
        shown = range(max(0, first - AROUND), min(len(lines), marked.stop + AROUND))
        what = ("a line is missing before the marked one" if start == end
                else "around the marked line")
    else:
        marked = range(0)
        shown = range(max(0, len(lines) - FEW), len(lines))
        what = "its end"
    yield ""
    yield f"Transcript, {what}:"
    for at in shown:
        text, note = genuine(lines[at])
        words = f"{text}   ({note})" if note else text
        yield f"{'>' if at in marked else ' '} {at + 1:5}  {words}".rstrip()
    yield f"{'':9}({short(str(looked_at))})"


def code(task: str, tree: Path, solved: int) -> Iterator[str]:
    """Yield the code of a task, each hole with its starter."""
    given = starters()
    for hole in [hole for hole in holes() if hole.task == task]:
        yield ""
        if int(task[3:5]) <= solved:
            yield f"{hole.file}: from solutions/ (SOLVED={solved})"
            continue
        path = tree / hole.file
        starter = given.get(Path(hole.file), "")
        if not path.exists():
            yield f"{hole.file} is missing"
            continue
        own = path.read_text("utf-8", "replace")
        here, there = part_of(hole, own, starter), part_of(hole, starter, starter)
        name = f"{hole.file}{f', {hole.function}()' if hole.function else ''}"
        if here is None:
            yield f"{name}: not found in this file"
            continue
        if there and there.lines == here.lines:
            yield f"{name}: still the starter, from line {here.first}:"
            yield from map(short, here.numbered)
            continue
        yield f"{name}, from line {here.first}:"
        yield from map(short, here.numbered)
        if there:
            yield "the starter:"
            yield from map(short, there.numbered)


def part_of(hole: Hole, text: str, starter: str) -> Part | None:
    """Return a hole's function in a source; outside of functions, what is in the hole's place."""
    if hole.function:
        return function(text, hole.function, hole.file.endswith(".S"))
    name = re.escape(hole.task)
    todo = around(starter, rf'TODO\({name}\)|todo\w*[ \t(]*"{name}"', 0)
    if not todo:
        return None
    before, lines = starter.splitlines(), text.splitlines()
    start, end = todo.first - 1, todo.first - 1 + len(todo.lines)
    blocks = SequenceMatcher(None, before, lines, autojunk=False).get_matching_blocks()
    first = max((b + min(n, start - a) for a, b, n in blocks if n and a < start), default=0)
    last = min((b + max(0, end - a) for a, b, n in blocks if n and a + n > end), default=len(lines))
    return Part(first + 1, tuple(lines[first:max(first, last)]))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make why", description=__doc__)
    parser.add_argument("--check", default="")
    parser.add_argument("--solved", type=int, default=0)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--open", action="store_true")
    options = parser.parse_args(arguments)
    checks = checks_named(options.check, options.open)
    how = Options(labs=(), solved=options.solved, build=options.build.resolve(),
                  make=("OPEN=1",) if options.open else (), open_tasks=options.open)
    with graded(checks, how, os.environ.get("SUBMISSION", "")) as (grading, tree):
        for note in grading.notes:
            print(f"submission: {short(note)}")
        results = [grading.result(check.id) for check in checks]
        lost = [result for result in results if result.outcome is not Outcome.PASSED]
        for result in lost or results:
            print("\n".join(report(result, grading)))
        for task in dict.fromkeys(result.check.handout_task for result in lost):
            print("\n".join(code(task, tree, options.solved)))
    return 0


if __name__ == "__main__":
    sys.exit(command("why", main))
