# SPDX-License-Identifier: MIT
"""Run jobs in parallel, each in a place that no other job uses at that time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from queue import SimpleQueue
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")
Place = TypeVar("Place")

# One more than cores, because each worker sometimes waits for make or a boot.
WORKERS = (os.cpu_count() or 1) + 1


def run_parallel(
    jobs: Sequence[Job],
    work: Callable[[Place, Job], Result],
    places: Iterable[Place],
    done: Callable[[Job], None],
    end: Callable[[], None],
) -> list[Result]:
    """Return the results in the order of the jobs. An error or Ctrl-C calls `end`."""
    free: SimpleQueue[Place] = SimpleQueue()
    for place in places:
        free.put(place)

    def one(job: Job) -> Result:
        place = free.get()
        try:
            return work(place, job)
        finally:
            free.put(place)

    with ThreadPoolExecutor(free.qsize()) as pool:
        try:
            futures = {pool.submit(one, job): job for job in jobs}
            for future in as_completed(futures):
                future.result()
                done(futures[future])
        except BaseException:  # also Ctrl-C: leave no child alive
            end()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [future.result() for future in futures]
