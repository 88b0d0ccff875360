# SPDX-License-Identifier: MIT
"""Jobs side by side, each in a place that no other one uses meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from queue import SimpleQueue
from typing import TypeVar

Job = TypeVar("Job")
Answer = TypeVar("Answer")
Place = TypeVar("Place")

# One more than cores: each waits now and then, for make or for a boot.
WORKERS = (os.cpu_count() or 1) + 1


def side_by_side(
    jobs: Sequence[Job],
    work: Callable[[Place, Job], Answer],
    places: Iterable[Place],
    done: Callable[[Job], None],
    end: Callable[[], None],
) -> list[Answer]:
    """An answer to each job, in their order. An error or Ctrl-C calls `end`, which ends all work."""
    free: SimpleQueue[Place] = SimpleQueue()
    for place in places:
        free.put(place)

    def one(job: Job) -> Answer:
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
        except BaseException:  # Ctrl-C too: nothing of ours stays alive
            end()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [future.result() for future in futures]
