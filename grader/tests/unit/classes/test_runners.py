# SPDX-License-Identifier: MIT
"""Jobs that die, hang or fail do not affect others."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import cast

import pytest

from grader.classes import runners
from grader.classes.job import Job
from grader.classes.runners import Outcome, Usage, local
from grader.classes.store import Store
from grader.core.kit import GraderError


def jobs(*keys: str) -> list[Job]:
    return [Job(key, {}, (), (1,)) for key in keys]


def results(monkeypatch: pytest.MonkeyPatch, work: Path, grade: Callable[[Job], Outcome],
            *keys: str) -> dict[str, Outcome]:
    monkeypatch.setattr(runners, "graded", lambda job, *_: grade(job))
    return {job.key: outcome for job, outcome in local(jobs(*keys), 2, work, None, Usage())}


def test_every_job_has_its_outcome(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def grade(job: Job) -> Outcome:
        if job.key == "host":
            raise GraderError("no QEMU")
        if job.key == "bug":
            raise ValueError("five")
        return {"key": job.key, "long": "x" * 1_000_000}

    found = results(monkeypatch, tmp_path, grade, "a", "host", "b", "bug", "c")
    assert found["host"] == "no QEMU"
    assert str(found["bug"]).startswith("an error of the grader, please report it: ValueError")
    assert [key for key, each in found.items() if isinstance(each, dict)].sort() is None
    assert all(isinstance(found[key], dict) for key in "abc")


def test_a_job_whose_process_dies_runs_again_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def grade(job: Job) -> Outcome:
        tries = tmp_path / job.key
        first = not tries.exists()
        with open(tries, "a", encoding="ascii") as file:
            file.write("x")
        if job.key == "always" or job.key == "once" and first:
            os.kill(os.getpid(), signal.SIGKILL)
        return {"key": job.key}

    found = results(monkeypatch, tmp_path, grade, "always", "once", "well")
    assert found["once"] == {"key": "once"} and found["well"] == {"key": "well"}
    assert "its process died twice (status -9)" in str(found["always"])
    assert (tmp_path / "always").read_text() == "xx"


def test_a_job_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(runners, "MOST_SECONDS", 1)

    def grade(job: Job) -> Outcome:
        while job.key == "endless":
            time.sleep(1)
        return {"key": job.key}

    found = results(monkeypatch, tmp_path, grade, "endless", "well")
    assert "it took more than 1 s" in str(found["endless"]) and found["well"] == {"key": "well"}


def test_children_end_with_the_class(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def grade(job: Job) -> Outcome:
        (tmp_path / f"{job.key}.pid").write_text(str(os.getpid()))
        time.sleep(1000 if job.key == "long" else 0)
        return {"key": job.key}

    monkeypatch.setattr(runners, "graded", lambda job, *_: grade(job))
    running = local(jobs("short", "long"), 2, tmp_path, None, Usage())
    assert next(running)[0].key == "short"
    while not (tmp_path / "long.pid").exists() or not (tmp_path / "long.pid").read_text():
        time.sleep(0.05)
    cast(Generator[object, None, None], running).close()  # as an error or Ctrl-C does
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "long.pid").read_text()), 0)


def test_a_damaged_result_is_none(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put({"schema": 1, "key": "k"})
    assert store.get("k") == {"schema": 1, "key": "k"} and store.get("other") is None
    for text in ("{", "[]", '{"schema": 0}'):
        store.path("k").write_text(text)
        assert store.get("k") is None
