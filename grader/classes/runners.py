# SPDX-License-Identifier: MIT
"""Run jobs: in processes of this machine, or on a Dask scheduler.

A runner yields each key with its record or with why there is none. A job whose process or worker
dies is run again once: an attack that kills its grader must not cost the others anything.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import resource
import signal
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Optional, Union

from ..core.kit import GraderError
from ..grading.crash import crash_of
from .job import Job, Record, graded

# The record, or one line that says why there is none.
Outcome = Union[Record, str]

MOST_SECONDS = 900  # of a job, on a host that has much else to do
TRIES = 2
PR_SET_PDEATHSIG = 1


@dataclass
class Usage:
    """What the jobs took: figures for the summary."""

    seconds: dict[str, float] = field(default_factory=dict)
    peak_kib: int = 0


@dataclass(frozen=True)
class Running:
    job: Job
    process: multiprocessing.process.BaseProcess
    answer: Connection
    since: float


def safely(job: Job, work: Path, objects: Optional[Path]) -> Outcome:
    try:
        return graded(job, work, objects)
    except GraderError as error:
        return str(error)
    except OSError as error:
        return f"{error.strerror or error}: {error.filename or work}"
    except Exception as error:
        return crash_of(error).line


def local(jobs: Sequence[Job], count: int, work: Path, objects: Optional[Path],
          usage: Usage) -> Iterator[tuple[Job, Outcome]]:
    """Run `count` jobs at a time, each in a process that ends with this one."""
    context = multiprocessing.get_context("fork")
    waiting = deque((job, TRIES) for job in jobs)
    running: dict[int, tuple[Running, int]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < count:
                job, tries = waiting.popleft()
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(target=_child, args=(job, work, objects, theirs,
                                                               os.getpid()))
                process.start()
                theirs.close()
                running[process.sentinel] = (Running(job, process, ours, time.monotonic()), tries)
            yield from _ended(running, waiting, usage)
    finally:
        for each, _ in running.values():
            each.process.kill()
        for each, _ in running.values():
            each.process.join()


def _ended(running: dict[int, tuple[Running, int]], waiting: deque[tuple[Job, int]],
           usage: Usage) -> Iterator[tuple[Job, Outcome]]:
    """Wait for some job. Yield those that ended; put one that died back into the queue."""
    answers = {each.answer.fileno(): sentinel for sentinel, (each, _) in running.items()}
    ready = {answers.get(which, which) for which in wait([*answers, *running], timeout=0.5)
             if isinstance(which, int)}
    for sentinel in list(running):
        each, tries = running[sentinel]
        late = time.monotonic() - each.since > MOST_SECONDS
        if sentinel not in ready and not late:
            continue
        del running[sentinel]
        outcome: Optional[Outcome] = None
        try:
            if each.answer.poll():
                outcome, peak = each.answer.recv()
                usage.peak_kib = max(usage.peak_kib, peak)
        except (EOFError, OSError):
            pass
        if outcome is None:
            each.process.kill()
        each.process.join()
        each.answer.close()
        usage.seconds[each.job.key] = time.monotonic() - each.since
        if outcome is None and not late and tries > 1:
            waiting.append((each.job, tries - 1))
            continue
        if outcome is None:
            how = (f"it took more than {MOST_SECONDS} s" if late
                   else f"its process died twice (status {each.process.exitcode}): is there too"
                        " little memory?")
            outcome = f"not graded: {how}"
        yield each.job, outcome


def _child(job: Job, work: Path, objects: Optional[Path], answer: Connection,
           parent: int) -> None:
    """Grade, and send the outcome. The kernel ends this process with its parent."""
    end_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    outcome = safely(job, work, objects)
    peak = max(resource.getrusage(who).ru_maxrss
               for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    answer.send((outcome, peak))
    answer.close()
    os._exit(0)  # the parent's buffers are not ours to write


def end_with_parent(parent: int) -> None:
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except (OSError, AttributeError):  # not Linux
        return
    if os.getppid() != parent:
        os._exit(1)


def distributed(jobs: Sequence[Job], scheduler: str) -> Iterator[tuple[Job, Outcome]]:
    """Run the jobs on the workers of a Dask scheduler. Jobs of a worker that dies run again."""
    try:
        import dask.distributed as dask
    except ImportError:
        raise GraderError("SCHEDULER= needs Dask: install python3-distributed") from None
    try:
        client = dask.Client(scheduler, timeout=10, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        why = " ".join(str(error).split())[:160]
        raise GraderError(f"SCHEDULER={scheduler}: no Dask scheduler ({why})") from None
    by_key = {job.key: job for job in jobs}
    try:
        # Not `pure`: Dask would keep results under a name of its own choice.
        futures = [client.submit(on_worker, job, key=f"grade-{job.key}", pure=False)
                   for job in jobs]
        for future in dask.as_completed(futures, loop=client.loop):
            job = by_key[future.key.removeprefix("grade-")]
            trouble = future.exception()
            why = f"{type(trouble).__name__}: {' '.join(str(trouble).split())[:160]}"
            yield job, f"not graded: {why}" if trouble else future.result()
            future.release()
    finally:
        client.close()


def on_worker(job: Job) -> Outcome:
    """Grade on this worker, with objects that its first job has made."""
    from .given_objects import given_objects_of_worker

    with tempfile.TemporaryDirectory(prefix="schism-") as work:
        try:
            objects = given_objects_of_worker(job.variables)
        except GraderError as error:
            return str(error)
        return safely(job, Path(work), objects)
