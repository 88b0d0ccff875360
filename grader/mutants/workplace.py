# SPDX-License-Identifier: MIT
"""Where mutants are made and graded: a copy of the kit, which is broken and mended again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Optional, TypeVar

from ..build import environment, outer_variables
from ..kit import GraderError, copy_of_the_kit
from . import Edit, Mutant
from .verdict import Kind, Report, Verdict, judge

# Many mutants loop without end; a boot of the solutions takes a fraction of a second.
CPU_SECONDS = 2
SECONDS = 180

Job = TypeVar("Job")
Answer = TypeVar("Answer")


def edited(text: str, edit: Edit) -> str:
    """The file with the edit; GraderError if the place of the edit is not clear."""
    count = text.count(edit.old)
    if count != 1:
        line = edit.old.strip().splitlines()[0]
        raise GraderError(f"solutions/{edit.file} has this {count} times, not once: {line}")
    return text.replace(edit.old, edit.new)


@dataclass
class Gradings:
    """The gradings that are running, so that all of them can be ended at once."""

    alive: set[subprocess.Popen[str]] = field(default_factory=set)
    closed: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, argv: list[str], cwd: Path, env: dict[str, str]) -> str:
        """The last line that a grading said; it left a report, or it has not."""
        with self.lock:
            if self.closed:
                raise KeyboardInterrupt
            child = subprocess.Popen(
                argv,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            self.alive.add(child)
        try:
            words = child.communicate(timeout=SECONDS)[1].strip().splitlines()
            return words[-1] if words else "the grading left no report"
        except subprocess.TimeoutExpired:
            return f"the grading did not end in {SECONDS} seconds"
        finally:
            end(child)
            with self.lock:
                self.alive.discard(child)

    def close(self) -> None:
        """End every grading; no other one starts."""
        with self.lock:
            self.closed = True
            for child in self.alive:
                child.terminate()


def end(child: subprocess.Popen[str]) -> None:
    """SIGTERM: a grading ends its own children before it ends itself."""
    child.terminate()
    try:
        child.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    if child.stderr:
        child.stderr.close()


@dataclass
class Workplace:
    """A copy of the kit, for one mutant at a time."""

    kit: Path
    gradings: Gradings
    warm: set[int] = field(default_factory=set)

    def verdict(self, mutant: Mutant) -> Verdict:
        try:
            with self.changed(mutant.edits):
                return judge(mutant, self.grade(mutant.lab))
        except GraderError as error:
            return Verdict(mutant, Kind.ERROR, str(error))

    def warm_up(self, lab: int) -> None:
        """Build a lab, so that a mutant rebuilds one file; its solutions get full marks."""
        if lab in self.warm:
            return
        report = self.grade(lab)
        if report["total"] != report["maximum"]:
            raise GraderError(f"lab {lab} loses points without any mutant: make grade SOLVED={lab}")
        self.warm.add(lab)

    @contextmanager
    def changed(
        self, edits: Iterable[Edit], files: Iterable[tuple[str, str]] = ()
    ) -> Iterator[None]:
        """The solutions with the edits, and with further files, until the end of the block."""
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
            for path, text in before.items():
                if text is None:
                    path.unlink(missing_ok=True)
                else:
                    path.write_text(text)

    def grade(self, lab: int) -> Report:
        path = self.kit / "report.json"
        path.unlink(missing_ok=True)
        argv = [sys.executable, "-m", "grader", "--lab", str(lab), "--solved", str(lab)]
        argv += ["--report", str(path), "--cpu-seconds", str(CPU_SECONDS)]
        argv += [word for variable in outer_variables() for word in ("--make", variable)]
        env = environment(()) | {"PYTHONPYCACHEPREFIX": str(self.kit / "pycache")}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        words = self.gradings.run(argv, self.kit, env)
        if not path.exists():
            raise GraderError(words)
        return json.loads(path.read_text())


def side_by_side(
    jobs: Sequence[Job],
    work: Callable[[Workplace, Job], Answer],
    folder: Path,
    done: Callable[[Job], None],
) -> list[Answer]:
    """An answer to each job, in their order. Each worker has a copy of the kit."""
    gradings = Gradings()
    workplaces: SimpleQueue[Workplace] = SimpleQueue()
    workers = min(os.cpu_count() or 1, len(jobs))
    for number in range(workers):
        workplaces.put(Workplace(copy_of_the_kit(folder / str(number)), gradings))

    def one(job: Job) -> Answer:
        workplace = workplaces.get()
        try:
            return work(workplace, job)
        finally:
            workplaces.put(workplace)

    with ThreadPoolExecutor(workers) as pool:
        try:
            futures = {pool.submit(one, job): job for job in jobs}
            for future in as_completed(futures):
                future.result()
                done(futures[future])
        except BaseException:  # Ctrl-C too: nothing of ours stays alive
            gradings.close()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [future.result() for future in futures]
