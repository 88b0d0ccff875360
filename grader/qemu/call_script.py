# SPDX-License-Identifier: MIT
"""A script: calls of a stage's functions on the machine, with arguments of the grader.

A stage built with DRIVER=1 runs a script instead of its hyp_main(), after uart_init()
and exception_init() of lab 1 (grader/qemu/driver/main.c). The machine's RAM is a file that the
grader maps: it writes the script there before the boot, and reads the results from there
afterwards. One boot runs thousands of calls.

    script = Script(symbols(image.read_bytes()))
    table = script.alloc(32)                        # zeroed memory of the machine
    made = script.call("pt_create", table, regime, 39)
    root = script.load(table + 8)                   # the word at that point of the script
    script.call("page_free", root, 1)               # an argument may be an earlier result,
    script.call("s2_walk", vm + 24, 0x1000, pa)     # or one plus a constant
    results = script.run(image)
    results[made].error                             # x0 as a C int; .x0, .x1, .records
    results.stopped                                 # why the script did not end

A call that did not return has no result: `results[call]` raises Unfinished, and `stopped`
says what the machine printed or did last; `script.about` names the next calls for that
case. A result counts only if QEMU saw the driver make that call and record that result
(call_witness.py). grader/qemu/driver/labNN.c has helpers in C for the scripts of lab NN
and lists the functions that the linker must keep. What a helper passes to record() is in
the `records` of its call.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional, Union

from ..core.kit import KIT
from ..core.process import Limits, Nursery
from ..core.scratch_folder import scratch
from ..model.layout import numbers
from .boot import LIMITS, Ending, Run, boot
from .call_witness import Turn, digest, turns_of
from .inspection import BUDGET_NS, NS_PER_INSTRUCTION, Session, Watch
from .nonce import draw

RAM, RAM_SIZE = 0x4000_0000, 256 << 20
HEADER = KIT / "grader/qemu/driver/driver.h"
ARGUMENTS = 8
CALL = struct.Struct(f"<Q{ARGUMENTS}Q{ARGUMENTS}I")
RETURN, WORDS, INVALIDATE, TABLE, VISIT, EVENT = range(6)  # enum record of driver.h
MASK = (1 << 64) - 1

# Virtual time for a call, on average. With -O0 and UBSAN=1 the longest script uses half of its
# budget.
CALL_NS = 500_000 * NS_PER_INSTRUCTION


@dataclass(frozen=True)
class Call:
    """A call in a script. As an argument of a later call it is its x0 plus `added`."""

    number: int
    added: int = 0

    def __add__(self, more: int) -> Call:
        return Call(self.number, self.added + more)


# A number, the name of a symbol, or an earlier call.
Argument = Union[int, str, Call]


@dataclass(frozen=True)
class Record:
    """What given code recorded during a call."""

    kind: int
    words: tuple[int, ...]


@dataclass(frozen=True)
class Result:
    """What a call returned in x0 and x1, and its records."""

    x0: int
    x1: int
    records: tuple[Record, ...] = ()

    @property
    def error(self) -> int:
        """x0 as a C int."""
        return ((self.x0 & 0xFFFF_FFFF) ^ 0x8000_0000) - 0x8000_0000

    def of_kind(self, kind: int) -> list[tuple[int, ...]]:
        return [record.words for record in self.records if record.kind == kind]


class Unfinished(Exception):
    """The script ended before this call returned."""


@dataclass(frozen=True)
class Results:
    """The results of a script that has run."""

    run: Run
    returned: Sequence[Result]
    wanted: int
    overwritten: bool = False  # a called function changed the script or the records

    def __getitem__(self, call: Call) -> Result:
        """Raise Unfinished if the call did not return."""
        if call.number >= len(self.returned):
            raise Unfinished
        return self.returned[call.number]

    @property
    def stopped(self) -> str:
        """Why the script did not end: what the machine printed or did."""
        if len(self.returned) >= self.wanted:
            return ""
        if self.overwritten:
            return "it overwrites the memory of the script, or of its results"
        if self.run.ending is Ending.OFF and self.run.last_line:
            return _last_words(self.run.text)
        return str(self.run)


def _last_words(text: str) -> str:
    """Why a stage stopped: its exception report if there is one, else its last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    first = next((at for at, line in enumerate(lines) if line.startswith("[exception]")),
                 len(lines) - 1)
    return "; ".join(lines[first:][:3])


@dataclass
class Script:
    """Calls in order, and the initial memory for them."""

    symbols: Mapping[str, int]
    about: str = ""
    calls: list[bytes] = field(default_factory=list)
    abouts: list[str] = field(default_factory=list)
    scratch: bytearray = field(default_factory=bytearray)
    places: Mapping[str, int] = field(default_factory=lambda: numbers(HEADER))

    def alloc(self, size: int, data: bytes = b"", align: int = 16) -> int:
        """Allocate `size` bytes: `data`, then zeros. Return the address."""
        self.scratch += bytes(-len(self.scratch) % align)
        address = self.places["SCRATCH_BASE"] + len(self.scratch)
        self.scratch += data.ljust(size, b"\0")
        return address

    def words(self, *values: Argument) -> int:
        """Allocate 64-bit words with these values. Return the address."""
        numbers = [self.value(value) & MASK for value in values]
        return self.alloc(8 * len(numbers), struct.pack(f"<{len(numbers)}Q", *numbers))

    def value(self, argument: Argument) -> int:
        """Return a number that is known now."""
        if isinstance(argument, Call):
            raise TypeError("a result is known only when the script runs")
        return self.symbols[argument] if isinstance(argument, str) else argument

    def call(self, function: Argument, *arguments: Argument) -> Call:
        values, origins = [], []
        for argument in arguments:
            if isinstance(argument, Call):
                values.append(argument.added & MASK)
                origins.append(argument.number + 1)
            else:
                values.append(self.value(argument) & MASK)
                origins.append(0)
        rest = [0] * (ARGUMENTS - len(arguments))
        self.calls.append(CALL.pack(self.value(function), *values, *rest, *origins, *rest))
        self.abouts.append(self.about)
        return Call(len(self.calls) - 1)

    def load(self, address: Argument) -> Call:
        """Read the word at an address at that point of the script. It is the call's x0."""
        return self.call("contract_load", address)

    def store(self, address: Argument, value: Argument) -> Call:
        return self.call("contract_store", address, value)

    def read(self, address: Argument, count: int) -> Call:
        """Read `count` words at that point of the script, as a record of kind WORDS."""
        return self.call("contract_read", address, count)

    @property
    def budget_ns(self) -> int:
        """Virtual time for the whole script."""
        return BUDGET_NS + CALL_NS * len(self.calls)

    def run(
        self,
        image: Path,
        options: Sequence[str] = (),
        nursery: Optional[Nursery] = None,
        limits: Limits = LIMITS,
        logged: bool = False,
    ) -> Results:
        """Boot the image with this script.

        If it is logged, the options have a log of their own, and the results are
        those in memory.
        """
        with scratch() as folder:
            path = Path(folder) / "ram"
            self.write(path)
            where = str(path).replace(",", ",,")
            backend = f"memory-backend-file,id=ram,size={RAM_SIZE},mem-path={where},share=on"
            flags = ["-object", backend, "-machine", "memory-backend=ram", *options]
            session = Session(image, Path(folder), Watch(), draw(), budget_ns=self.budget_ns)
            turns = None if logged else turns_of(image)
            run = boot(image, flags, nursery, limits, session, witness=turns)
            words = self.log(path)
            if turns is None:
                return Results(run, list(returned(words)), len(self.calls))
            seen = list(turns)
            found = list(self.returned(words, seen))
            return Results(run, found, len(self.calls), overwritten=len(found) < len(seen) - 1)

    def returned(self, words: Sequence[int], turns: Sequence[Turn]) -> Iterator[Result]:
        """Return the results of the calls that QEMU saw as they are in this script."""
        known: list[int] = []
        for call, turn, after in zip(self.calls, turns, turns[1:]):
            function, *rest = CALL.unpack(call)
            values, origins = rest[:ARGUMENTS], rest[ARGUMENTS:]
            arguments = [value + (known[at - 1] if at else 0) & MASK
                         for value, at in zip(values, origins)]
            recorded = words[turn.used : after.used]
            if (turn.function, turn.arguments) != (function, digest(arguments)) or digest(
                recorded) != after.digest:
                return
            result = next(returned(recorded), None)
            if not result or (result.x0, result.x1) != (after.x0, after.x1):
                return
            yield result
            known.append(after.x0)

    def write(self, path: Path) -> None:
        """Create the machine's RAM: a sparse file that contains the script."""
        with path.open("wb") as file:
            file.truncate(RAM_SIZE)
            file.seek(self.places["SCRIPT_BASE"] - RAM)
            file.write(struct.pack("<Q", len(self.calls)) + b"".join(self.calls))
            file.seek(self.places["SCRATCH_BASE"] - RAM)
            file.write(self.scratch)

    def log(self, path: Path) -> Sequence[int]:
        """Return the words of all records."""
        at, end = (self.places[name] - RAM for name in ("LOG_BASE", "LOG_END"))
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as ram:
            used = int.from_bytes(ram[at : at + 8], "little")
            log = ram[at + 8 : min(at + 8 + 8 * used, end)]
        return struct.unpack(f"<{len(log) // 8}Q", log)


def returned(words: Sequence[int]) -> Iterator[Result]:
    """Yield a result for each call that returned."""
    at = 0
    records: list[Record] = []
    while at < len(words):
        kind, count = words[at] >> 32, words[at] & 0xFFFF_FFFF
        found = tuple(words[at + 1 : at + 1 + count])
        at += 1 + count
        if kind == RETURN and count == 2:
            yield Result(found[0], found[1], tuple(records))
            records = []
        else:
            records.append(Record(kind, found))
