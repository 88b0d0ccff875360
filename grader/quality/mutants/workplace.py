# SPDX-License-Identifier: MIT
"""A copy of the kit in which mutants are applied, graded and reverted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from ...core.kit import GraderError, copy_of_the_kit
from ...core.parallel import WORKERS, Result, Job, run_parallel
from ...core.process import Nursery
from ...grading.build import Place
from ...grading.run import Grading, Options, Workshop, grade
from . import Edit, Mutant
from .first_failure import up_to_first_failure
from .verdict import Kind, Verdict, judge

# Many mutants loop without end; a boot of the solutions takes a fraction of a second.
CPU_SECONDS = 2


def edited(text: str, edit: Edit) -> str:
    """Apply an edit; GraderError if `old` does not occur exactly once."""
    count = text.count(edit.old)
    if count != 1:
        line = edit.old.strip().splitlines()[0]
        raise GraderError(f"solutions/{edit.file} has this {count} times, not once: {line}")
    return text.replace(edit.old, edit.new)


@dataclass
class Gradings:
    """The running gradings, so that all of them can be ended at once."""

    alive: list[Nursery] = field(default_factory=list)
    graded: set[int] = field(default_factory=set)  # the labs whose solutions have full marks
    closed: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def nursery(self) -> Iterator[Nursery]:
        """A nursery for one grading: after an error it cannot be used again."""
        nursery = Nursery()
        with self.lock:
            if self.closed:
                raise KeyboardInterrupt
            self.alive.append(nursery)
        try:
            yield nursery
        finally:
            with self.lock:
                self.alive.remove(nursery)

    def close(self) -> None:
        """End every grading, and start no other."""
        with self.lock:
            self.closed = True
            for nursery in self.alive:
                nursery.close()

    def is_first(self, lab: int) -> bool:
        """True for the first call with this lab."""
        with self.lock:
            first = lab not in self.graded
            self.graded.add(lab)
        return first


@dataclass
class Workplace:
    """A copy of the kit for one mutant at a time."""

    kit: Path
    gradings: Gradings

    def verdict(self, mutant: Mutant) -> Verdict:
        options = self.options(mutant.lab)
        try:
            with self.changed(mutant.edits), self.gradings.nursery() as nursery:
                workshop = Workshop(options, nursery)
                return judge(mutant, *up_to_first_failure(mutant.lab, mutant.expect, workshop))
        except GraderError as error:
            return Verdict(mutant, Kind.ERROR, str(error))

    def full_marks(self, lab: int) -> None:
        """GraderError unless the solutions get full marks. Only the first call grades them."""
        if self.gradings.is_first(lab) and not self.grade(lab).all_right:
            raise GraderError(f"lab {lab} loses points without a mutant: make grade SOLVED={lab}")

    @contextmanager
    def changed(
        self, edits: Iterable[Edit], files: Iterable[tuple[str, str]] = ()
    ) -> Iterator[None]:
        """Apply edits and add files to the solutions until the end of the block."""
        before: dict[Path, Optional[str]] = {}
        try:
            for edit in edits:
                path = self.kit / "solutions" / edit.file
                text = path.read_text()
                path.write_text(edited(text, edit))
                before.setdefault(path, text)
            for name, text in files:
                before[self.kit / name] = None
                (self.kit / name).write_text(text)
            yield
        finally:
            for path, old in before.items():
                if old is None:
                    path.unlink(missing_ok=True)
                else:
                    path.write_text(old)

    def options(self, lab: int) -> Options:
        place = Place(self.kit)
        return Options((lab,), lab, self.kit / "build", place, cpu_seconds=CPU_SECONDS)

    def grade(self, lab: int) -> Grading:
        with self.gradings.nursery() as nursery:
            return grade(self.options(lab), nursery)


def in_workplaces(
    jobs: Sequence[Job],
    work: Callable[[Workplace, Job], Result],
    folder: Path,
    done: Callable[[Job], None],
) -> list[Result]:
    """Return the result of each job, in order. Each worker has a copy of the kit."""
    gradings = Gradings()
    copies = [copy_of_the_kit(folder / str(n)) for n in range(min(WORKERS, len(jobs)))]
    workplaces = [Workplace(copy, gradings) for copy in copies]
    return run_parallel(jobs, work, workplaces, done, gradings.close)
