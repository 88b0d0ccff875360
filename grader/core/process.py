# SPDX-License-Identifier: MIT
"""Run child processes with limits. None outlives the grader.

Each child leads its own process group. The whole group is killed when a limit is
reached or the grader is interrupted. If util-linux is installed, the kernel also kills
the child when the grader is killed. Processor time is limited
as well as wall-clock time: it does not depend on what else the host is doing.
"""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Optional

from .limits import Limits, Stop
from .process_activity import LOOK, Activity

POLL = 0.2  # seconds between two tests whether a child is still needed
GATHER = 0.002  # seconds: a log comes line by line, and each line would wake us
PIPE = 1 << 16  # bytes that a pipe holds


@dataclass
class Ended:
    """A child that has ended: its exit status (negative: a signal) and its output."""

    status: int
    stdout: bytes
    stderr: bytes
    stop: Optional[Stop] = None
    cpu_seconds: float = 0.0  # at the last look; 0 for a child that ended early


@dataclass
class Nursery:
    """The children that are alive, so that all can be killed at once."""

    alive: set[int] = field(default_factory=set)
    closed: bool = False
    confinement: tuple[str, ...] = ()  # bubblewrap's command for QEMU and gdb, without its end
    lock: threading.Lock = field(default_factory=threading.Lock)

    def close(self) -> None:
        """Kill every child, and start no more."""
        with self.lock:
            self.closed = True
            for pid in self.alive:
                _kill_group(pid)

    def confined(self, argv: Sequence[str], *folders: Path) -> list[str]:
        """Return the command that runs `argv` in the sandbox, if there is one.

        It can write to `folders`.
        """
        if not self.confinement:
            return list(argv)
        binds = [word for folder in folders for word in ("--bind", str(folder), str(folder))]
        return [*self.confinement, *binds, "--", *argv]

    def run(
        self,
        argv: Sequence[str],
        limits: Limits,
        cwd: Optional[Path] = None,
        env: Optional[Mapping[str, str]] = None,
        pass_fds: Sequence[int] = (),
        seconds_left: Callable[[], Optional[float]] | None = None,
        log_filter: Callable[[bytes], Optional[bytes]] | None = None,
        partners: set[int] | None = None,
    ) -> Ended:
        """Run a command to its end, or to its limits; stdin closed.

        It is not idle as long as another process of its `partners` is at work.

        `seconds_left` returns how many seconds the command still has; None as long as it is
        wanted. `log_filter` gets stderr piece by piece, the last piece empty, and returns what
        to keep; if it returns None, the command is stopped.
        """
        with self.lock:
            if self.closed:
                raise KeyboardInterrupt
            child = subprocess.Popen(
                ["sh", "-c", limits.script, "sh", *_end_with_parent(), *argv],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=cwd,
                env=env,
                pass_fds=pass_fds,
                start_new_session=True,
            )
            self.alive.add(child.pid)
        partners = set() if partners is None else partners
        partners.add(child.pid)
        try:
            ended = _attend(child, limits, seconds_left, log_filter,
                            Activity(child.pid, limits, partners))
            inside = self.confinement and list(argv[: len(self.confinement)])
            return _by_signal(ended) if inside == list(self.confinement) != [] else ended
        finally:
            partners.discard(child.pid)
            with self.lock:  # after wait() the pid may belong to another process
                if child.returncode is None:
                    _kill_group(child.pid)
                    child.wait()
                self.alive.discard(child.pid)
            for pipe in (child.stdout, child.stderr):
                if pipe:
                    pipe.close()


@lru_cache(maxsize=1)
def _end_with_parent() -> tuple[str, ...]:
    """The command that ends a child with its parent, the thread that waits for it (prctl(2))."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "KILL", "--") if setpriv else ()


def _by_signal(ended: Ended) -> Ended:
    """bubblewrap ends with status 128 + n if its child died by signal n."""
    if ended.stop or ended.status <= 128:
        return ended
    stop = Stop.CPU if ended.status == 128 + signal.SIGXCPU else None
    return replace(ended, status=128 - ended.status, stop=stop)


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS: EPERM for a zombie
        pass


def _attend(
    child: subprocess.Popen[bytes],
    limits: Limits,
    seconds_left: Callable[[], Optional[float]] | None = None,
    log_filter: Callable[[bytes], Optional[bytes]] | None = None,
    activity: Optional[Activity] = None,
) -> Ended:
    """Read the child's output until it ends or must be stopped."""
    assert child.stdout and child.stderr
    activity = activity or Activity(child.pid, limits, {child.pid})
    texts = {child.stdout.fileno(): bytearray(), child.stderr.fileno(): bytearray()}
    out, err = texts.values()
    deadline = time.monotonic() + limits.wall_seconds
    late, stop, full = Stop.WALL, None, False

    with selectors.DefaultSelector() as selector:
        for fd in texts:
            selector.register(fd, selectors.EVENT_READ)
        while selector.get_map() and not stop:
            left = max(0, deadline - time.monotonic())
            ready = selector.select(min(left, POLL if seconds_left else LOOK))
            if log_filter and not full:  # a full pipe blocks the child
                time.sleep(GATHER)
            if not ready and time.monotonic() >= deadline:
                stop = late
            elif not ready and seconds_left and (seconds := seconds_left()) is not None:
                late, seconds_left = Stop.UNWANTED, None
                deadline = min(deadline, time.monotonic() + seconds)
            for key, _ in ready:
                data = os.read(key.fd, PIPE)
                full = len(data) > PIPE // 2  # its pages are rarely full
                if not data:
                    selector.unregister(key.fd)
                kept = log_filter(data) if log_filter and texts[key.fd] is err else data
                if kept is None:
                    stop = Stop.LOG
                texts[key.fd] += kept or b""
            if max(len(out), len(err)) > limits.output_bytes:
                stop = Stop.BYTES
            stop = stop or activity.look()

    if not stop:  # both pipes are closed, so it is about to end
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            stop = late
    if stop:
        _kill_group(child.pid)
        child.wait()
    elif child.returncode == -signal.SIGXCPU:
        stop = Stop.CPU
    kept = bytes(out[: limits.output_bytes])
    return Ended(child.returncode, kept, bytes(err), stop, activity.cpu_seconds)
