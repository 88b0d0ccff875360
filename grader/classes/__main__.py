# SPDX-License-Identifier: MIT
"""make grade SUBMISSIONS=dir: grade a class, and write its scores and pages.

Each submission is graded once: its result is kept under a name that depends on its files, the kit
and the options. A run that was stopped or killed continues where it was. Exit status: 0 if every
submission has a score, 3 if some have none, 2 if nothing could be graded.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..core.kit import GraderError
from ..core.lock import alone_in
from ..core.process import Nursery
from ..core.sanitize import short
from ..grading import sandbox
from ..grading.build import check_tools, outer_variables
from ..grading.submission import HandIn, read, starter_texts
from . import keys
from .adjust import adjustments
from .collection import collect
from .given_objects import given_objects
from .job import Job
from .pages import page_name
from .roster import Entry, entries
from .runners import Outcome, Usage, distributed, local
from .scores import Score, known_names
from .similar import similar, written
from .store import Store

ALIKE = 3  # errors in a row that are the machine's and not the submissions'


@dataclass
class Class:
    """A class that is being graded."""

    options: argparse.Namespace
    out: Path
    store: Store
    nursery: Nursery = field(default_factory=Nursery)
    usage: Usage = field(default_factory=Usage)
    errors: dict[str, str] = field(default_factory=dict)  # of the grading, by student

    @property
    def labs(self) -> tuple[int, ...]:
        return tuple(sorted(set(self.options.lab))) or tuple(range(1, 7))


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make grade SUBMISSIONS=", description=__doc__)
    parser.add_argument("submissions", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="where results and pages go")
    parser.add_argument("--lab", type=int, action="append", default=[], choices=range(1, 7))
    parser.add_argument("--policy", choices=("better", "own"), default="better")
    parser.add_argument("--jobs", type=int, default=0, help="how many at a time")
    parser.add_argument("--scheduler", default="", help="of Dask: tcp://host:8786")
    parser.add_argument("--adjust", type=Path, help="default: adjust.csv among the submissions")
    parser.add_argument("--unsafe", action="store_true", help="without sandboxes")
    options = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does
    out = options.out.resolve()
    try:
        with alone_in(out / "lock", str(out), "RESULTS"):
            return _graded(Class(options, out, Store(out / "results")))
    except GraderError as error:
        print(f"grade: {short(str(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("grade: interrupted: what was graded is kept; the same command continues",
              file=sys.stderr)
        return 2
    except OSError as error:
        print(f"grade: {error.strerror}: {error.filename}", file=sys.stderr)
        return 2


def _graded(one: Class) -> int:
    found, others = entries(one.options.submissions)
    texts = starter_texts()
    path = one.options.adjust or one.options.submissions / "adjust.csv"
    known = known_names(one.labs)
    adjusted = adjustments(path, {entry.student for entry in found}, known)
    variables = tuple(outer_variables())
    check_tools(variables, one.nursery)
    work = _work_folder(one)
    handed, refused = _read_all(found, texts, work, one)
    jobs = {student: _job(one, each, variables) for student, each in handed.items()}
    before = {student for student, job in jobs.items() if one.store.get(job.key)}
    todo = list({job.key: job for student, job in jobs.items() if student not in before}.values())
    began = time.monotonic()
    try:
        _run(one, todo, jobs, work, variables)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    took = time.monotonic() - began
    scores = []
    for entry in found:
        job = jobs.get(entry.student)
        error = refused.get(entry.student) or one.errors.get(job.key if job else "") or ""
        own = tuple(each for each in adjusted if each.student == entry.student)
        scores.append(Score(entry.student, one.store.get(job.key) if job else None, error, own,
                            ", ".join(short(path.name) for path in entry.paths),
                            page_name(entry.student)))
    pairs = similar({student: written(each.files, texts) for student, each in handed.items()},
                    one.nursery, not one.options.unsafe)
    changes = collect(scores, one.labs, others, pairs, one.out)
    return _summary(one, scores, changes, len(before), len(todo), took)


def _work_folder(one: Class) -> Path:
    """Return a new folder for trees; what a killed run has left is removed."""
    work = one.out / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    return work


def _read_all(found: Sequence[Entry], texts: Mapping[Path, str], work: Path,
              one: Class) -> tuple[dict[str, HandIn], dict[str, str]]:
    """Read every submission. Return what is graded, and why others are not."""
    handed: dict[str, HandIn] = {}
    refused: dict[str, str] = {}
    if not one.options.unsafe:
        tree = work / "try"
        tree.mkdir()
        sandbox.wrapper(tree, one.options.submissions, (), one.nursery)  # or an error, before all
    for entry in found:
        if entry.problem:
            refused[entry.student] = entry.problem
            continue
        with tempfile.TemporaryDirectory(dir=work) as scratch:
            try:
                handed[entry.student] = read(entry.paths, texts, 0, Path(scratch), one.nursery,
                                             not one.options.unsafe)
            except GraderError as error:
                prefix = f"submission {entry.paths[0]}: "
                refused[entry.student] = short(str(error).removeprefix(prefix))
    return handed, refused


def _job(one: Class, handed: HandIn, variables: tuple[str, ...]) -> Job:
    own_only = one.options.policy == "own"
    key = keys.of_submission(handed.files, *map(str, one.labs), one.options.policy,
                             str(one.options.unsafe), *variables, *handed.notes)
    return Job(key, handed.files, handed.notes, one.labs, own_only, one.options.unsafe, variables,
               keys.of_kit())


def _run(one: Class, todo: Sequence[Job], jobs: Mapping[str, Job], work: Path,
         variables: tuple[str, ...]) -> None:
    """Run the jobs and keep each result at once."""
    names = {job.key: student for student, job in jobs.items()}
    last: list[str] = []
    if not todo:
        return
    with _progress() as progress:
        bar = progress.add_task("compiling given code", total=len(todo))
        progress.refresh()
        for job, outcome in _outcomes(one, todo, work, variables):
            progress.update(bar, advance=1, description=short(names[job.key])[:24])
            progress.refresh()
            if isinstance(outcome, str):
                one.errors[job.key] = outcome
                last.append(outcome)
                if len(last) >= ALIKE and len(set(last[-ALIKE:])) == 1:
                    raise GraderError(f"stopped after {ALIKE} equal errors: {outcome}: what was "
                                      "graded is kept; the same command continues")
            else:
                last = []
                one.store.put(outcome)


def _outcomes(one: Class, todo: Sequence[Job], work: Path,
              variables: tuple[str, ...]) -> Iterator[tuple[Job, Outcome]]:
    if one.options.scheduler:
        return distributed(todo, one.options.scheduler)
    objects = given_objects(one.out, keys.digest([
        ("kit", keys.of_kit().encode()), ("tools", keys.of_tools().encode()),
        ("variables", " ".join(variables).encode())]), variables, one.nursery)
    count = one.options.jobs or os.cpu_count() or 1
    return local(todo, count, work, objects, one.usage)


def _progress() -> Progress:
    """A bar on a terminal. It has no thread, because the runner forks."""
    console = Console(stderr=True, quiet=not sys.stderr.isatty())
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                    TimeRemainingColumn(), console=console, transient=True, auto_refresh=False)


def _summary(one: Class, scores: Sequence[Score], changes: Sequence[str], before: int, new: int,
             took: float) -> int:
    without = [score for score in scores if not score.record]
    incomplete = [score for score in scores if score.record and score.not_judged]
    for score in without:
        print(f"grade: {score.student}: {score.error}", file=sys.stderr)
    for score in incomplete:
        print(f"grade: {score.student}: {score.status}", file=sys.stderr)
    for line in changes:
        print(f"changed: {line}")
    rate = f", {3600 * new / took:.0f} an hour" if new and took > 1 else ""
    print(f"{len(scores)} submissions: {new} graded now{rate}, {before} before, "
          f"{len(without)} without a score")
    if one.usage.seconds:
        slowest = max(one.usage.seconds.values())
        print(f"slowest: {slowest:.0f} s; most memory of a process: "
              f"{one.usage.peak_kib / 1024:.0f} MiB")
    print(f"Scores: {one.out}/scores.csv")
    print(f"Page: {one.out}/class.html")
    return 3 if without or incomplete else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
