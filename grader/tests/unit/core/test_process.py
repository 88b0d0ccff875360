# SPDX-License-Identifier: MIT
"""Child processes: their limits, and that none of them is left over."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from grader.core.kit import KIT
from grader.core.process import Limits, Nursery, Stop
from grader.tests.support.processes import gone, wait_for, wait_until_gone

SPIN = "while :; do :; done"


def shell(script: str, limits: Limits = Limits(), nursery: Nursery | None = None, **more):
    return (nursery or Nursery()).run(["sh", "-c", script], limits, **more)


def test_output_and_status_are_kept_apart() -> None:
    ended = shell("echo out; echo err >&2; exit 3")
    assert (ended.status, ended.stdout, ended.stderr, ended.stop) == (3, b"out\n", b"err\n", None)


def test_bytes_come_through_as_they_are() -> None:
    assert shell(r"printf 'a\r\n\000\377'").stdout == b"a\r\n\x00\xff"


def test_much_output_on_both_pipes_does_not_block() -> None:
    ended = shell("head -c 500000 /dev/zero; head -c 500000 /dev/zero >&2; echo end")
    assert (len(ended.stdout), len(ended.stderr), ended.stop) == (500004, 500000, None)


def test_stdin_is_empty() -> None:
    assert shell("cat; echo end").stdout == b"end\n"


def test_a_signal_is_a_negative_status() -> None:
    assert shell("kill -SEGV $$").status == -11


def test_the_environment_and_the_directory_are_what_is_asked_for(tmp_path: Path) -> None:
    ended = shell("echo $NAME; pwd -P", env={**os.environ, "NAME": "x"}, cwd=tmp_path)
    assert ended.stdout.decode() == f"x\n{tmp_path.resolve()}\n"


def test_endless_output_ends_at_the_byte_budget() -> None:
    ended = shell("yes", Limits(output_bytes=100_000))
    assert ended.stop is Stop.BYTES
    assert ended.stdout == (b"y\n" * 50_000)


def test_endless_errors_end_at_the_byte_budget_too() -> None:
    assert shell("yes >&2", Limits(output_bytes=100_000)).stop is Stop.BYTES


def test_endless_work_ends_at_the_limit_of_processor_time() -> None:
    ended = shell(f"echo working; {SPIN}", Limits(cpu_seconds=1))
    assert (ended.stop, ended.stdout) == (Stop.CPU, b"working\n")


def test_endless_sleep_ends_at_the_time_limit() -> None:
    assert shell("exec sleep 1000", Limits(wall_seconds=0.3)).stop is Stop.WALL


def test_a_child_that_closes_its_pipes_and_stays_is_stopped_too() -> None:
    ended = shell("exec >&- 2>&-; exec sleep 1000", Limits(wall_seconds=0.3))
    assert ended.stop is Stop.WALL


def test_the_whole_group_dies_with_the_child(tmp_path: Path) -> None:
    script = f"sleep 1000 & echo $! >{tmp_path}/pid; yes"
    assert shell(script, Limits(output_bytes=10_000)).stop is Stop.BYTES
    wait_until_gone(int(wait_for(tmp_path / "pid")))


def test_a_nursery_that_closes_ends_all_children_and_takes_no_more(tmp_path: Path) -> None:
    nursery, statuses = Nursery(), []

    def child(number: int) -> None:
        script = f"echo $$ >{tmp_path}/{number}; exec sleep 1000"
        statuses.append(shell(script, nursery=nursery).status)

    threads = [threading.Thread(target=child, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    pids = [int(wait_for(tmp_path / str(number))) for number in range(3)]
    nursery.close()
    for thread in threads:
        thread.join()
    assert statuses == [-9, -9, -9]
    assert all(gone(pid) for pid in pids)
    assert not nursery.alive
    with pytest.raises(KeyboardInterrupt):
        shell("true", nursery=nursery)


def test_nothing_is_left_alive_after_a_normal_end() -> None:
    nursery = Nursery()
    shell("true", nursery=nursery)
    assert not nursery.alive


@pytest.mark.skipif(not shutil.which("setpriv"), reason="util-linux is not here")
def test_a_child_does_not_outlive_a_grader_that_was_killed(tmp_path: Path) -> None:
    script = f"""
from grader.core.process import Limits, Nursery
Nursery().run(["sh", "-c", "echo $$ > {tmp_path}/pid; exec sleep 600"], Limits())
"""
    grader = subprocess.Popen([sys.executable, "-c", script], cwd=KIT)
    pid = int(wait_for(tmp_path / "pid"))
    assert not gone(pid)
    grader.kill()
    grader.wait()
    wait_until_gone(pid)


def test_an_unwanted_child_has_time_to_end_by_itself() -> None:
    """gdb is gone, and QEMU, which it has ended, has yet to be given a core."""
    ended = shell("sleep 1; echo end", seconds_left=lambda: 10)
    assert (ended.stdout, ended.stop) == (b"end\n", None)


def test_an_unwanted_child_does_not_run_on() -> None:
    ended = shell("echo on; sleep 60", seconds_left=lambda: 0.5)
    assert (ended.stdout, ended.stop) == (b"on\n", Stop.UNWANTED)
