# SPDX-License-Identifier: MIT
"""Inspect a boot with gdb: the plan of what to read, and the findings.

inside_gdb.py runs in gdb and reads the machine. gdb and QEMU meet at a socket in this
boot's own directory, so boots can run in parallel. A boot without inspection starts gdb
only if its budget is used up (gdbstub.py).
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Optional

from ..core.environment import clean
from ..core.kit import KIT, GraderError
from ..core.process import Ended, Limits, Nursery
from ..model.elf import symbols
from ..model.layout import header, layout_of
from ..model.snapshot import ALIASES, Memory, State
from ..model.vcpu import UP_TO_STATE
from . import time_budget
from .gdbstub import Gone, Stub

SCRIPT = Path(__file__).with_name("inside_gdb.py")
DEBUGGERS = ("gdb-multiarch", "aarch64-none-elf-gdb", "aarch64-elf-gdb", "aarch64-linux-gnu-gdb",
             "gdb")
LIMITS = Limits(cpu_seconds=60, wall_seconds=120, memory_bytes=3 << 30, file_bytes=256 << 20)
TROUBLE = "trouble: "  # the prefix of the line in which inside_gdb.py reports why it stopped
RAM = 0x4000_0000

# Two seconds of virtual time: many times what the slowest correct stage needs.
BUDGET_NS = 2_000_000_000
DUMPS = 128 << 20  # bytes of memory read in a boot: several times what the largest one needs
SYNC_SPX = 0x200  # Arm ARM, "Exception vectors": synchronous, from the current EL with SP_ELx
NS_PER_INSTRUCTION = 8  # -icount shift=3
MOST_PASSES = 4  # of a place: a loop there must not take forever

EL1_CONTEXT = (
    "SCTLR_EL1 CPACR_EL1 TTBR0_EL1 TTBR1_EL1 TCR_EL1 MAIR_EL1 AMAIR_EL1 CONTEXTIDR_EL1 VBAR_EL1"
    " PAR_EL1 ELR_EL1 SPSR_EL1 ESR_EL1 FAR_EL1 AFSR0_EL1 AFSR1_EL1 SP_EL0 SP_EL1 TPIDR_EL0"
    " TPIDRRO_EL0 TPIDR_EL1 CSSELR_EL1 CNTKCTL_EL1 VDISR_EL2"
).split()
KEYS = [f"AP{key}KEY{half}_EL1" for key in ("IA", "IB", "DA", "DB", "GA") for half in ("LO", "HI")]
FP = ["FPCR", "FPSR", *(f"v{n}" for n in range(32))]
AT_SWITCHES = "VTTBR_EL2 HCR_EL2 CPTR_EL2 CNTVOFF_EL2 CNTV_CVAL_EL0 ELR_EL2 SPSR_EL2".split()
EL2 = (
    "pc sp cpsr SCTLR_EL2 HCR_EL2 CPTR_EL2 MDCR_EL2 CNTHCTL_EL2 HSTR_EL2 VBAR_EL2 TPIDR_EL2"
    " TCR_EL2 MAIR_EL2 TTBR0_EL2 VTCR_EL2 VTTBR_EL2 ELR_EL2 SPSR_EL2 ESR_EL2 FAR_EL2 HPFAR_EL2"
    " VPIDR_EL2 VMPIDR_EL2 CNTVOFF_EL2 CNTHP_CTL_EL2 CNTHP_CVAL_EL2 CNTV_CTL_EL0 CNTV_CVAL_EL0"
    " HCRX_EL2 ID_AA64MMFR0_EL1 SCTLR_EL1"
).split()


@dataclass(frozen=True)
class Flip:
    """Invert the word at `address` once, while a program runs.

    This happens at the first read of one of the addresses `reads` after the place named
    `after`. The state "flipped" is noted then.
    """

    after: str
    reads: tuple[int, int]
    address: int


@dataclass(frozen=True)
class Watch:
    """What to read in the boots of a lab, besides registers and EL2's image at checkpoints.

    `guests`: checkpoints at which the memory of the first `vms` VMs is read as well.
    `words`: addresses of 32-bit device registers that can be read without side effects.
    `switches`: how many guest entries and exits to read from the first pass of the place
    named `after`.
    `places`: addresses in an image's guests at which to stop, with the name of the state to
    note. Only the first passes are noted.
    `skipped`: names of places whose instruction is skipped, except at the last noted pass:
    a WFI, which may end at once (Arm ARM, "Wait for Interrupt").
    `at_end`: note the state "last" after power-off or when the budget is used up.
    `registers`: more registers to read at checkpoints and places, besides those of EL2.
    `flip`: the word of an image to invert.
    `writes`: what to write into an image's memory after a checkpoint, by its name. The
    state "NAME, written" has the new contents.
    `drawn`: names of places, each with a register to load with a random number there.
    `junk`: addresses of device registers, and their values before the first instruction.
    `commands`: `hyp` commands to run at the end. Needs `at_end`.
    `fault`: the address of an instruction of EL2. Its first exception is the end.
    """

    guests: tuple[str, ...] = ()
    vms: int = 2
    words: tuple[int, ...] = ()
    switches: int = 0
    after: str = ""
    places: Callable[[Path], Mapping[int, str]] = lambda image: {}
    skipped: tuple[str, ...] = ()
    at_end: bool = False
    registers: tuple[str, ...] = ()
    flip: Optional[Callable[[Path], Flip]] = None
    writes: Callable[[Path], Mapping[str, Sequence[time_budget.Write]]] = lambda image: {}
    drawn: Mapping[str, str] = field(default_factory=dict)
    junk: Collection[tuple[int, int]] = ()
    commands: tuple[str, ...] = ()
    fault: int = 0


@dataclass(frozen=True)
class Findings:
    """What gdb noted: the states in order, and why the machine ended."""

    states: tuple[State, ...] = ()
    how: str = "gone"  # "gone": it ended; "budget", "asleep": it was stopped
    chain: tuple[str, ...] = ()  # functions, the innermost first
    pc: int = 0
    answers: tuple[str, ...] = ()  # of the commands that gdb could run


def debugger() -> str:
    found = os.environ.get("GDB") or next(filter(shutil.which, DEBUGGERS), "")
    if not found or not shutil.which(found):
        raise GraderError(
            f"gdb for AArch64 is missing (looked for {found or DEBUGGERS[0]}): run ./setup.sh")
    return found


@dataclass(frozen=True)
class Session:
    """The inspection of one boot of `image`. `folder` belongs to this boot."""

    image: Path
    folder: Path
    watch: Watch
    nonce: int = 0
    inspect: bool = False  # stop the machine at checkpoints and read it
    budget_ns: int = BUDGET_NS  # of virtual time

    @property
    def address(self) -> Path:
        return self.folder / "gdb"

    def listen(self) -> socket.socket:
        """Create the socket for gdb and QEMU, before either of them starts."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.address))
        listener.listen(1)
        return listener

    def qemu_options(self, listener: socket.socket) -> list[str]:
        options = [
            *("-S", "-chardev", f"socket,id=gdb,fd={listener.fileno()},server=on,wait=off"),
            *("-gdb", "chardev:gdb", *time_budget.OPTIONS, "-action", "watchdog=pause"),
        ]
        if self.watch.at_end:
            options[-1] += ",shutdown=pause"
        # A core stopped by a breakpoint counts as asleep for a moment. With sleep=off,
        # time then jumps to the next timer, or to the end of time if there is none.
        stops = self.inspect or self.watch.fault
        return [*options, "-icount", "shift=3,sleep=on"] if stops else options

    @cached_property
    def names(self) -> Mapping[str, int]:
        """The symbols of the image."""
        return symbols(self.image.read_bytes())

    def writes(self) -> Mapping[str, Sequence[time_budget.Write]]:
        return self.watch.writes(self.image) if self.inspect else {}

    def places(self) -> Mapping[int, str]:
        return self.watch.places(self.image) if self.inspect else {}

    def at_reset(self) -> list[time_budget.Write]:
        """What is written into the machine before its first instruction: nonce, junk and budget."""
        nonce_at = self.names.get("boot_nonce")
        nonce = [(nonce_at, self.nonce.to_bytes(8, "little"))] if nonce_at else []
        words = self.watch.junk if self.inspect else ()
        junk = [(address, word.to_bytes(4, "little")) for address, word in words]
        return [*nonce, *junk, *self.budget()]

    def budget(self) -> list[time_budget.Write]:
        return time_budget.budget(self.budget_ns * (2 if self.inspect else 1))

    def plan(self, stands_still: bool) -> dict:
        names = self.names
        image = [(RAM, names.get("image_end", RAM) - RAM)]
        with_guests = image
        if self.watch.guests:
            start = header()["MAILBOX_BASE"]
            end = layout_of(self.image).slot(self.watch.vms).start
            with_guests = [*image, (start, end - start)]
        return {
            "socket": str(self.address),
            "folder": str(self.folder),
            "findings": str(self.folder / "findings"),
            "begun": str(self.begun),
            "dumps": DUMPS,
            "image_file": str(self.folder / "image"),
            "stands_still": stands_still,
            "at_reset": _in_hex(self.at_reset()),
            "budget": _in_hex(self.budget()),
            "checkpoints": [names["checkpoint"]] if self.inspect and "checkpoint" in names else [],
            "passes": MOST_PASSES,
            "places": {str(at): name for at, name in self.places().items()},
            "skipped": self.watch.skipped,
            "drawn": {name: [register, _draws()] for name, register in self.watch.drawn.items()},
            "writes": {name: _in_hex(writes) for name, writes in self.writes().items()},
            "flip": asdict(self.watch.flip(self.image)) if self.watch.flip else None,
            "guest_enter": names.get("guest_enter", 0),
            "switches": self.watch.switches,
            "vcpu": UP_TO_STATE,
            "switches_after": self.watch.after,
            "registers": _in_gdb([*EL2, *self.watch.registers]),
            "words": list(self.watch.words),
            "context": _in_gdb([*AT_SWITCHES, *EL1_CONTEXT, *KEYS, *FP]),
            "image": image,
            "at_end": self.watch.at_end,
            "commands": self.watch.commands,
            "fault": [names.get("hyp_vectors", 0) + SYNC_SPX, self.watch.fault],
            "kit": str(KIT),
            "memory": {name: with_guests for name in self.watch.guests},
        }

    @property
    def has_begun(self) -> bool:
        """True if the machine has started to execute the image."""
        return self.begun.exists()

    @property
    def begun(self) -> Path:
        return self.folder / "begun"

    def run(self, nursery: Nursery, partners: set[int] | None = None) -> Optional[Ended]:
        """Watch the boot until it ends. Return how gdb ended, or None without gdb.

        gdb joins the `partners` of QEMU, which is about to start.
        """
        guarded = not self.inspect and not self.watch.at_end
        if guarded and not self.is_over_budget():
            return None
        path = self.folder / "plan.json"
        path.write_text(json.dumps(self.plan(stands_still=guarded)))
        (self.folder / "image").symlink_to(self.image.resolve())  # gdb needs a path without blanks
        # A student's image may contain scripts for gdb (.debug_gdb_scripts).
        argv = [debugger(), "-nx", "-q", "-batch", "-iex", "set auto-load off"]
        argv += ["-ex", "set confirm off", "-x", str(SCRIPT)]
        # gdb 16 decodes the script's path by the locale, and fails at an umlaut in "C".
        env = clean(SCHISM_PLAN=str(path), LC_ALL="C.UTF-8")
        return nursery.run(nursery.confined(argv, self.folder), LIMITS, env=env, partners=partners)

    def is_over_budget(self) -> bool:
        """Let the machine run. True if the watchdog paused it, False if it ended."""
        try:
            with Stub(self.address) as stub:
                stub.write(self.at_reset())
                self.begun.touch()
                return stub.is_paused_by_watchdog()
        except Gone:  # before it started
            return False

    def found(self, ended: Optional[Ended], cut: bool) -> Findings:
        """Return gdb's findings. Those of a `cut` boot have no end.

        Raise GraderError if gdb did not finish its work.
        """
        if not ended:
            return Findings()
        path = self.folder / "findings"
        why = _last_words(ended.stderr.decode("utf-8", "replace"))
        try:
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            states = tuple(_state_of(line) for line in lines if "name" in line)
        except (OSError, ValueError) as error:
            raise GraderError(f"gdb failed: {why or error}") from None
        died = ended.stop or ended.status < 0  # while it read the image's symbols
        ends = ("end", "stands") if died else ("end",)
        end = next((line[key] for key in ends for line in lines if key in line), None)
        if not end and not cut:
            raise GraderError(f"gdb failed: {why or 'without a message'}")
        end = end or {"how": "gone"}
        answers = tuple(line["answer"] for line in lines if "answer" in line)
        return Findings(states, end["how"], tuple(end.get("chain", ())), end.get("pc", 0), answers)


def _last_words(said: str) -> str:
    """Return why gdb failed: the report of inside_gdb.py, or else the last line."""
    lines = said.strip().splitlines()
    reports = (line for line in lines if line.startswith(TROUBLE))
    return next(reports, lines[-1] if lines else "").removeprefix(TROUBLE)


def _draws() -> list[int]:
    """Draw a number for each pass of a place. gdb reads them as signed."""
    return [secrets.randbits(63) for _ in range(MOST_PASSES)]


def _in_hex(writes: Sequence[time_budget.Write]) -> list[tuple[int, str]]:
    return [(address, data.hex()) for address, data in writes]


def _in_gdb(names: list[str]) -> list[str]:
    return [ALIASES.get(name, name) for name in names]


def _state_of(entry: Mapping) -> State:
    return State(
        entry["name"],
        entry["registers"],
        Memory({start: Path(file).read_bytes() for start, file in entry["memory"]}),
        {int(address): word for address, word in entry["words"].items()},
        entry.get("vcpu", 0),
        tuple(entry.get("x", ())),
        entry.get("slot", 0),
        entry.get("state", 0),
        entry.get("back", 0),
    )
