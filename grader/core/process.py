# SPDX-License-Identifier: MIT
"""Child processes with limits, none of which outlives the grader.

Each child leads a process group of its own, and that group is killed as a whole
when a limit is reached or the grader is interrupted; where util-linux is at hand,
the kernel kills it too when the grader itself is killed. Processor time is limited
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
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Optional

from .limits import Limits, Stop
from .process_activity import LOOK, Vigil

POLL = 0.2  # seconds between two looks whether a child is still wanted
GATHER = 0.002  # seconds: what is to be sieved comes line by line, and each would wake us
PIPE = 1 << 16  # bytes that one holds


@dataclass
class Ended:
    """A child that is gone: its exit status (negative: the signal) and its output."""

    status: int
    stdout: bytes
    stderr: bytes
    stop: Optional[Stop] = None
    cpu_seconds: float = 0.0  # as it was seen last: nothing of one that ended soon


@dataclass
class Nursery:
    """The children that are alive, so that all of them can be ended at once."""

    alive: set[int] = field(default_factory=set)
    closed: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def close(self) -> None:
        """Kill every child; no other one is born."""
        with self.lock:
            self.closed = True
            for pid in self.alive:
                kill_group(pid)

    def run(
        self,
        argv: Sequence[str],
        limits: Limits,
        cwd: Optional[Path] = None,
        env: Optional[Mapping[str, str]] = None,
        pass_fds: Sequence[int] = (),
        patience: Callable[[], Optional[float]] | None = None,
        sieve: Callable[[bytes], Optional[bytes]] | None = None,
        company: set[int] | None = None,
    ) -> Ended:
        """Run a command to its end, or to its limits; stdin closed.

        It is not idle as long as another process of its `company` is at work.

        `patience` answers how many seconds it still has; None as long as it is wanted.
        Of stderr is kept what the sieve leaves of it, piece by piece, the last one empty;
        if that is None, the command is stopped.
        """
        with self.lock:
            if self.closed:
                raise KeyboardInterrupt
            child = subprocess.Popen(
                ["sh", "-c", limits.script, "sh", *leash(), *argv],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=cwd,
                env=env,
                pass_fds=pass_fds,
                start_new_session=True,
            )
            self.alive.add(child.pid)
        company = set() if company is None else company
        company.add(child.pid)
        try:
            return attend(child, limits, patience, sieve, Vigil(child.pid, limits, company))
        finally:
            company.discard(child.pid)
            with self.lock:  # a pid is no longer ours once it was waited for
                if child.returncode is None:
                    kill_group(child.pid)
                    child.wait()
                self.alive.discard(child.pid)
            for pipe in (child.stdout, child.stderr):
                if pipe:
                    pipe.close()


@lru_cache(maxsize=1)
def leash() -> tuple[str, ...]:
    """prctl(2), PR_SET_PDEATHSIG: the parent is the thread that waits for this child."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "KILL", "--") if setpriv else ()


def kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS: EPERM for a zombie
        pass


def attend(
    child: subprocess.Popen[bytes],
    limits: Limits,
    patience: Callable[[], Optional[float]] | None = None,
    sieve: Callable[[bytes], Optional[bytes]] | None = None,
    vigil: Optional[Vigil] = None,
) -> Ended:
    """Read what the child prints until it ends or has to be stopped."""
    assert child.stdout and child.stderr
    vigil = vigil or Vigil(child.pid, limits, {child.pid})
    texts = {child.stdout.fileno(): bytearray(), child.stderr.fileno(): bytearray()}
    out, err = texts.values()
    deadline = time.monotonic() + limits.wall_seconds
    late, stop, full = Stop.WALL, None, False

    with selectors.DefaultSelector() as selector:
        for fd in texts:
            selector.register(fd, selectors.EVENT_READ)
        while selector.get_map() and not stop:
            left = max(0, deadline - time.monotonic())
            ready = selector.select(min(left, POLL if patience else LOOK))
            if sieve and not full:  # a full pipe keeps the child waiting
                time.sleep(GATHER)
            if not ready and time.monotonic() >= deadline:
                stop = late
            elif not ready and patience and (seconds := patience()) is not None:
                late, patience = Stop.UNWANTED, None
                deadline = min(deadline, time.monotonic() + seconds)
            for key, _ in ready:
                data = os.read(key.fd, PIPE)
                full = len(data) > PIPE // 2  # its pages are seldom filled to the last byte
                if not data:
                    selector.unregister(key.fd)
                kept = sieve(data) if sieve and texts[key.fd] is err else data
                if kept is None:
                    stop = Stop.LOG
                texts[key.fd] += kept or b""
            if max(len(out), len(err)) > limits.output_bytes:
                stop = Stop.BYTES
            stop = stop or vigil.look()

    if not stop:  # both pipes are closed: it is about to end
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            stop = late
    if stop:
        kill_group(child.pid)
        child.wait()
    elif child.returncode == -signal.SIGXCPU:
        stop = Stop.CPU
    kept = bytes(out[: limits.output_bytes])
    return Ended(child.returncode, kept, bytes(err), stop, vigil.cpu_seconds)
