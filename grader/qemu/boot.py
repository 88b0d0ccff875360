# SPDX-License-Identifier: MIT
"""Boot a stage in QEMU with the kit's command line, and report how the boot ended.

The flags are those of common/make/qemu.args, so the grader's machine is the
student's. A boot has budgets of virtual time, which counts instructions (time_budget.py),
of printed bytes, and of exceptions (exception_budget.py). The result says which of them
ended the boot, and where the machine was. Generous limits of processor and wall-clock
time end a QEMU that hangs.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Optional

from ..core.environment import clean
from ..core.kit import KIT, GraderError
from ..core.process import Ended, Limits, Nursery, Stop
from ..core.scratch_folder import scratch
from ..model.elf import POWER_OFF, program
from ..model.snapshot import State
from . import exception_budget
from .call_witness import Turns
from .inspection import BUDGET_NS, NS_PER_INSTRUCTION, Findings, Session
from .nonce import genuine
from .witness import Witness

# With sleep=off a sleeping machine takes no time, so an idle QEMU hangs.
# A file is a dump of memory, at most as large as the machine's.
FILE = 256 << 20
LIMITS = Limits(cpu_seconds=10, wall_seconds=60, idle_seconds=4, file_bytes=FILE)
# gdb stops it often. States read before a limit are kept.
INSPECTION = Limits(cpu_seconds=10, wall_seconds=120, idle_seconds=12, file_bytes=FILE)
# Seconds until a machine that gdb has ended is gone, on a busy host.
GRACE = 10.0
MILLIONS = BUDGET_NS // NS_PER_INSTRUCTION // 1_000_000

SANDBOX = ("-sandbox", "on")

# QEMU prints the first line whenever no timer is left, also at each power-off, and the
# second when gdb ended it.
NOISE = (b"icount sleep disabled and no active timers", b"Terminated via GDBstub")


class Ending(Enum):
    """How a boot ended, as reports say it."""

    OFF = "powered itself off"
    ASLEEP = "was left with every core asleep and nothing to wake one"
    BUDGET = f"was still running after {MILLIONS} million instructions and was stopped"
    BYTES = "printed without end and was stopped"
    EXCEPTIONS = "took exceptions without end and was stopped"
    CPU = "took too much processor time and was stopped"
    WALL = "did not end in time and was stopped"
    IDLE = "hung, with QEMU waiting for nothing, and was stopped"
    DIED = "made QEMU itself fail"


STOPPED = {
    Stop.BYTES: Ending.BYTES,
    Stop.LOG: Ending.EXCEPTIONS,
    Stop.CPU: Ending.CPU,
    Stop.WALL: Ending.WALL,
    Stop.IDLE: Ending.IDLE,
    Stop.UNWANTED: Ending.OFF,  # gdb saw the end and ended before QEMU
}
# Endings that cost seconds.
HANGS = frozenset({Ending.BUDGET, Ending.BYTES, Ending.EXCEPTIONS, Ending.CPU, Ending.WALL,
                   Ending.IDLE})
USED_UP = {"budget": Ending.BUDGET, "asleep": Ending.ASLEEP}


@dataclass(frozen=True)
class Run:
    """A finished boot: the bytes from the UART, QEMU's messages, the ending.

    With a `nonce`, `text` marks lines that given code did not print (nonce.py). With
    `said`, only the lines in `said` count.
    """

    raw: bytes
    stderr: str
    ending: Ending
    states: tuple[State, ...] = ()
    where: str = ""  # the functions on the stack when it was stopped
    fault: int = 0  # the address of the code that took exceptions without end
    nonce: int = 0
    said: Optional[tuple[str, ...]] = None
    exceptions: bytes = b""  # QEMU's log of them, if it was kept
    answers: tuple[str, ...] = ()  # of the session's commands

    @cached_property
    def text(self) -> str:
        """The transcript with line feeds only."""
        text = self.raw.decode("utf-8", "replace").replace("\r\n", "\n")
        return genuine(text, self.nonce, self.said)

    @property
    def last_line(self) -> str:
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        return lines[-1] if lines else ""

    def state(self, name: str) -> Optional[State]:
        """Return the machine's state at the first pass of a checkpoint."""
        return next((state for state in self.states if state.name == name), None)

    def __str__(self) -> str:
        where = f" in {self.where}" if self.where else ""
        last = f"its last line: {self.last_line}" if self.last_line else "it printed nothing"
        return f"the machine {self.ending.value}{where}; {last}"


def qemu() -> str:
    return os.environ.get("QEMU") or "qemu-system-aarch64"


@lru_cache(maxsize=None)
def sandbox(qemu: str) -> tuple[str, ...]:
    """Return the option for QEMU's seccomp sandbox, if this QEMU has one."""
    asked = Nursery().run([qemu, *SANDBOX, "-version"], LIMITS, env=clean())
    return () if asked.status or asked.stop else SANDBOX


def machine_flags() -> list[str]:
    return (KIT / "common/make/qemu.args").read_text().split()


def _filtered(stderr: bytes) -> str:
    """Return QEMU's messages without meaningless lines."""
    for noise in NOISE:
        while noise in stderr:
            before, _, after = stderr.partition(noise)
            stderr = before[: before.rfind(b"\n") + 1] + after.partition(b"\n")[2]
    return stderr.decode("utf-8", "replace").rstrip("\n")


def _where(found: Findings) -> str:
    """Return the functions on the stack, the outermost first."""
    all_of_them = [name for name in reversed(found.chain) if name != "?"]
    names = [name for name in all_of_them if name not in ("_start", "hyp_main")] or all_of_them
    if not names:
        return f"code at 0x{found.pc:x}" if found.pc else ""
    return " > ".join(f"{name}()" for name in names[:3])


def boot(
    image: Path,
    options: Sequence[str] = (),
    nursery: Nursery | None = None,
    limits: Limits = LIMITS,
    session: Session | None = None,
    exceptions: Optional[int] = exception_budget.BUDGET,
    witness: Witness | Turns | None = None,
    keep_log: bool = False,
) -> Run:
    """Boot an image until it ends. A session watches it with gdb. `options` come last.

    `exceptions` is the budget of them; None: they are neither counted nor logged. `keep_log`
    keeps QEMU's log of them in the Run.
    """
    if not shutil.which(qemu()):
        raise GraderError(f"QEMU is missing (looked for {qemu()}): run ./setup.sh")
    nursery = nursery or Nursery()
    log = witness.options() if witness else exception_budget.OPTIONS if exceptions else ()
    argv = [qemu(), *machine_flags(), *sandbox(qemu()), *log]
    argv += ["-kernel", str(image), *options]
    log_filter = exception_budget.ExceptionCounter(exceptions or 0, witness, keep=keep_log)
    if not session:
        ended = nursery.run(nursery.confined(argv), limits, env=clean(), log_filter=log_filter)
        return _ended_run(ended, log_filter)

    partners: set[int] = set()
    with session.listen() as listener, ThreadPoolExecutor(1) as pool:
        argv += session.qemu_options(listener)
        watching = pool.submit(session.run, nursery, partners)
        try:
            ended = nursery.run(
                nursery.confined(argv, session.folder),
                limits,
                env=clean(),
                pass_fds=[listener.fileno()],
                seconds_left=lambda: _seconds_left(watching),
                log_filter=log_filter,
                partners=partners,
            )
        finally:
            listener.close()  # else a gdb without a QEMU would wait forever
    died = ended.status != 0 and not ended.stop
    cut = died or ended.stop not in (None, Stop.UNWANTED)
    by_stage = died and session.has_begun and _is_of_the_stage(ended, nursery)
    found = session.found(watching.result(), cut) if by_stage or not died else Findings()
    if ended.stop is Stop.UNWANTED and found.how not in USED_UP:
        raise GraderError("gdb ended before the machine did")
    run = replace(_ended_run(ended, log_filter, by_stage), answers=found.answers)
    if run.ending is Ending.OFF and found.how in USED_UP:
        run = replace(run, ending=USED_UP[found.how], where=_where(found))
    if not witness:
        return replace(run, states=found.states, nonce=session.nonce)
    states = tuple(witness.genuine(found.states))
    return replace(run, states=states, nonce=session.nonce, said=witness.said)


def _seconds_left(watching: Future[Optional[Ended]]) -> Optional[float]:
    """Return None while gdb runs, then the seconds that the machine may still run."""
    if not watching.done():
        return None
    if watching.exception() or ((gdb := watching.result()) and gdb.status):
        return 0
    return GRACE


def _is_of_the_stage(ended: Ended, nursery: Nursery) -> bool:
    """True if the stage made QEMU die: then QEMU can still boot another program.

    These signals come from the host, for example if it has no memory left or no disk space
    for a file that is the machine's memory.
    """
    if ended.status in (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGBUS):
        return False
    with scratch() as folder:
        image = Path(folder) / "canary.elf"
        image.write_bytes(program(POWER_OFF))
        argv = [qemu(), *machine_flags(), *sandbox(qemu()), "-kernel", str(image)]
        again = nursery.run(nursery.confined(argv, Path(folder)), LIMITS, env=clean())
    return again.status == 0 and not again.stop


def _ended_run(ended: Ended, log_filter: exception_budget.ExceptionCounter,
               by_stage: bool = False) -> Run:
    """Return the finished boot. Raise GraderError if QEMU died for another reason."""
    stderr = _filtered(ended.stderr)
    if by_stage:
        return Run(ended.stdout, stderr, Ending.DIED)
    if not ended.stop and ended.status:
        how = f"status {ended.status}" if ended.status > 0 else f"signal {-ended.status}"
        words = stderr.strip().splitlines()
        raise GraderError(f"QEMU died ({how}): {words[-1] if words else 'without a message'}")
    ending = STOPPED[ended.stop] if ended.stop else Ending.OFF
    fault = log_filter.place if ending is Ending.EXCEPTIONS else 0
    where = f"code at 0x{fault:x}" if ending is Ending.EXCEPTIONS else ""
    return Run(ended.stdout, stderr, ending, where=where, fault=fault,
               exceptions=bytes(log_filter.log))
