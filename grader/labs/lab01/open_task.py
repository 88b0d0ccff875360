# SPDX-License-Identifier: MIT
"""The open task of lab 1: a log in memory, small, exact, and as fast when it is full.

Each case starts with .data and .bss as they were at the start of the script, so the log is
empty and its lines are numbered from 0.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from ...core.kit import KIT, LAB_DIRS
from ...model.elf import symbols
from ...model.layout import numbers
from ...model.link_map import ANY, map_of, pieces
from ...qemu.call_script import WORDS, Call, Record, Results, Script
from ..check import Check, Evidence
from ..contract import Case, Contract, Judge
from ..contract_checks import kept
from ..open_tasks import extra

LOG = numbers(KIT / LAB_DIRS[1] / "log.h")
BYTES, LINE_MAX, CAPACITY = LOG["LOG_BYTES"], LOG["LOG_LINE_MAX"], LOG["LOG_CAPACITY"]
LINE_COST = 8  # of the capacity, besides the characters
GONE = (1 << 64) - 1
SIZE = LINE_MAX + 1  # of a buffer for any line
SIZE_MAX = (1 << 64) - 1
# More than a line needs: 0 or 1 in 8 or 16 bits, and 5 or -1 as an int.
LARGE = (256, 257, 65536, (1 << 32) + 5, SIZE_MAX)
JUNK, MARGIN = 0xA5, 8  # as in grader/qemu/driver/lab01_open.c

# Instructions: of any call, of log_begin() and log_end(), and more for each character.
MOST, MOST_OF_BOUNDS, PER_CHARACTER = 300, 100, 30
READINGS = ("the oldest line", "a line in the middle", "the newest line", "a line that is gone")
TIMED = (
    ("log_write() of the last one", MOST),
    ("log_begin()", MOST_OF_BOUNDS),
    ("log_end()", MOST_OF_BOUNDS),
    *((f"log_read() of {reading}", MOST) for reading in READINGS),
)


def _save(script: Script) -> None:
    """Save .data and .bss, at the start of the scratch memory."""
    script.call("contract_log_setup")
    script.call("memcpy", script.alloc(_span(script)), "data_start", _span(script))


def _span(script: Script) -> int:
    return script.symbols["bss_end"] - script.symbols["data_start"]


def _start(script: Script) -> None:
    script.call("memcpy", "data_start", script.places["SCRATCH_BASE"], _span(script))


def must_begin(lines: Sequence[bytes]) -> int:
    """The number of the oldest line that is certainly kept."""
    left = CAPACITY
    for number in reversed(range(len(lines))):
        left -= len(lines[number][:LINE_MAX]) + LINE_COST
        if left < 0:
            return number + 1
    return 0


def after(lines: Sequence[bytes]) -> str:
    """How the log came to be as it is."""
    if not lines:
        return "before the first line"
    groups = [(length, len(list(group))) for length, group in groupby(map(len, lines))]
    words = [f"{count} of {length}" for length, count in groups[-8:]]
    length, count = groups[-8:][0]
    words[0] = f"{count} line{'s' * (count > 1)} of {length} characters"
    *first, last = words
    more = f"{sum(count for _, count in groups[:-8])} others, then " if groups[8:] else ""
    return f"after {more}{', '.join(first)} and {last}" if first else f"after {last}"


def fault_of_reading(record: Record, number: int, wanted: bytes | None, size: int = SIZE) -> str:
    """What is wrong with a reading of this line; None: it is not kept."""
    length, *words = record.words
    memory = b"".join(word.to_bytes(8, "little") for word in words)
    start = MARGIN + number % 8
    call = f"log_read({number}, buffer, {'SIZE_MAX' if size == SIZE_MAX else size})"
    if wanted is None:
        if length != GONE:
            return f"{call} returns {length}, not LOG_GONE"
        return "" if set(memory) == {JUNK} else f"{call} returns LOG_GONE and writes the buffer"
    copy = wanted[: size - 1] + b"\0" if size else b""
    end = start + len(copy)
    found = memory[start:end]
    at = next((at for at, pair in enumerate(zip(found, copy)) if pair[0] != pair[1]), None)
    other = "" if at is None else (
        f"character {at} of the copy is 0x{found[at]:02x}, not 0x{copy[at]:02x}")
    if length != len(wanted):
        said = "LOG_GONE" if length == GONE else str(length)
        return f"{call} returns {said}, not {len(wanted)}{other and ': '}{other}"
    if other:
        return f"{call}: {other}"
    if set(memory[:start] + memory[start + size :]) - {JUNK}:
        return f"{call} writes outside of the buffer"
    return f"{call} writes after the NUL" if set(memory[end:]) - {JUNK} else ""


@dataclass(frozen=True)
class Lines(Case):
    """Some lines are written to an empty log."""

    lines: tuple[bytes, ...]

    def text(self, script: Script) -> int:
        """The lines in memory, one after the other."""
        data = b"".join(line + b"\0" for line in self.lines)
        return script.alloc(len(data), data, align=1)

    def simpler(self) -> Iterable[Case]:
        """Without a half of the lines, without a quarter, and so on: the last ones first."""
        count = len(self.lines)
        found: dict[tuple[int, ...], tuple[bytes, ...]] = {}  # the same lengths only once
        for size in sorted({max(1, count // part) for part in (2, 4, 8, 16, count or 1)},
                           reverse=True):
            for end in range(count, 0, -size):
                lines = self.lines[: max(0, end - size)] + self.lines[end:]
                found.setdefault(tuple(map(len, lines)), lines)
        return [replace(self, lines=lines) for lines in found.values()]


@dataclass(frozen=True)
class Use(Lines):
    """At each step the bounds, the oldest and the newest line are right; at the end all lines.

    If it `moves`, .data and .bss are copied, other lines are written, and the copy is put back.
    """

    moves: bool = False

    def write(self, script: Script) -> Judge:
        script.about = about = after(self.lines)
        _start(script)
        written = script.call("contract_log_write", self.text(script), len(self.lines))
        if self.moves:
            span = _span(script)
            copy = script.alloc(span)
            script.call("memcpy", copy, "data_start", span)
            _start(script)
            others = replace(self, lines=tuple(bytes([0x7E]) * len(line) for line in self.lines))
            script.call("contract_log_write", others.text(script), len(others.lines))
            script.call("memcpy", "data_start", copy, span)
            about += ", a copy of .data and .bss, other lines, and the copy put back"
        count = len(self.lines)
        read = [script.call("contract_log_lines", 0, count + 2)]
        places = [(number, SIZE) for number in range(count + 2)]
        for number, size in self.more_places():
            read.append(script.call("contract_log_read", number, size))
            places.append((number, size))

        def judge(results: Results) -> str:
            steps = results[written].records
            begin = 0
            for at in range(count + 1):
                lines = self.lines[:at]
                if wrong := self.fault_of_step(lines, begin, steps[3 * at : 3 * at + 3]):
                    return f"{after(lines)}: {wrong}"
                begin = steps[3 * at].words[0]
            records = [record for call in read for record in results[call].records]
            faults = (fault_of_reading(record, number, self.line(number, begin, count), size)
                      for (number, size), record in zip(places, records))
            return next((f"{about}: {fault}" for fault in faults if fault), "")

        return judge

    def more_places(self) -> list[tuple[int, int]]:
        """Numbers without a line, and the newest line in buffers of other sizes."""
        last = len(self.lines) - 1
        far = [(last + (1 << 32), SIZE), (1 << 63, SIZE), (GONE, SIZE)]
        length = len(self.lines[-1][:LINE_MAX]) if self.lines else 0
        sizes = (0, 1, length, length + 1, *LARGE)
        return far + [(last, size) for size in sizes if self.lines]

    def fault_of_step(self, lines: Sequence[bytes], before: int, records: Sequence[Record]) -> str:
        begin, end = records[0].words
        must = must_begin(lines)
        if end != len(lines):
            return f"log_end() returns {end}, not {len(lines)}"
        if begin < before:
            return f"log_begin() returns {begin}, and before the last line {before}"
        if begin > must:
            cost = sum(len(line[:LINE_MAX]) + LINE_COST for line in lines[must:])
            return (f"log_begin() returns {begin}, but line {must} is always kept: from there"
                    f" on the sum of (characters + {LINE_COST}) is {cost}")
        readings = ((begin, records[1]), ((end - 1) & GONE, records[2]))
        faults = (fault_of_reading(record, number, self.line(number, begin, end))
                  for number, record in readings)
        return next(filter(None, faults), "")

    def line(self, number: int, begin: int, end: int) -> bytes | None:
        return self.lines[number][:LINE_MAX] if begin <= number < end else None


@dataclass(frozen=True)
class Many(Case):
    """The same line so often that a number of 16 bits is too short."""

    count: int

    def write(self, script: Script) -> Judge:
        line = b"the same line"
        script.about = about = f"after {self.count} lines of {len(line)} characters"
        _start(script)
        bounds = script.call("contract_log_fill", script.alloc(32, line), self.count)
        wanted = {self.count - 1: line, self.count - 65537: None, 0: None}
        reads = [script.call("contract_log_lines", number, 1) for number in wanted]

        def judge(results: Results) -> str:
            end = results[bounds].x1
            if end != self.count:
                return f"{about}: log_end() returns {end}"
            faults = (fault_of_reading(results[call].records[0], number, wanted[number])
                      for number, call in zip(wanted, reads))
            return next((f"{about}: {fault}" for fault in faults if fault), "")

        return judge


@dataclass(frozen=True)
class Cost(Lines):
    """The instructions of each call while the log fills, and when it is full."""

    def write(self, script: Script) -> Judge:
        script.about = after(self.lines)
        _start(script)
        timed = script.call("contract_log_timed", self.text(script), len(self.lines))
        return lambda results: self.fault(results, timed)

    def fault(self, results: Results, timed: Call) -> str:
        pairs = results[timed].of_kind(WORDS)
        worst, fault = 0, ""
        for at, line in enumerate(self.lines):
            for (call, most), (x0, count) in zip(TIMED, pairs[len(TIMED) * at :]):
                read = 0 if x0 == GONE else x0
                characters = {"log_write()": len(line), "log_read()": read}.get(call.split()[0], 0)
                limit = most + PER_CHARACTER * characters
                if count > limit + worst:
                    worst = count - limit
                    fault = (f"{after(self.lines[: at + 1])}: {call} executes {count}"
                             f" instructions, {limit} are the limit")
        return fault

    def simpler(self) -> Iterable[Case]:
        """None: the worst of a whole case says more than the first one over the limit."""
        return ()


def _lines(rng: random.Random, *lengths: int) -> tuple[bytes, ...]:
    letters = b"abcdefghijklmnopqrstuvwxyz "
    return tuple(bytes(rng.choice(letters) for _ in range(length)) for length in lengths)


def _draw_uses(rng: random.Random) -> list[Case]:
    cases: list[Case] = [Use(_lines(rng, *lengths)) for lengths in (
        (), (0,), (5,), (160,), (161,), (400,), (5, 0, 30), (160,) * 40, (0,) * 400, (1,) * 400,
        (40,) * 150, (161, 0) * 30)]
    every = bytes(byte for byte in range(1, 256) if byte != 10)
    cases.append(Use((every[:127], every[127:])))
    for least, most in ((0, 3), (0, 8), (5, 15), (0, 160), (0, 160), (20, 80), (100, 200)):
        count = 9000 // (least + most + 20)
        cases.append(Use(_lines(rng, *(rng.randint(least, most) for _ in range(count)))))
    cases.append(Use(_lines(rng, *(rng.choice((0, 0, 0, 160)) for _ in range(250)))))
    return [*cases, Many(70000)]


def _draw_costs(rng: random.Random) -> list[Case]:
    return [Cost(_lines(rng, *lengths)) for lengths in (
        (0,), (160,), (160,) * 50, (0,) * 800, (2,) * 800, (16,) * 300,
        # All empty lines become the oldest ones, and one write must not drop them all.
        (*(0,) * 200, *(160,) * 18, *(16,) * 80),
        tuple(rng.choice((0, 0, 0, 160)) for _ in range(200)))]


USES = Contract("lab01.7.lines", _draw_uses, setup=_save)
COSTS = Contract("lab01.7.cost", _draw_costs, setup=_save)
MEMORY = Contract("lab01.7.memory", lambda rng: [Use(_lines(rng, *(25,) * 90), moves=True)],
                  setup=_save)
CONTRACTS = (USES, COSTS, MEMORY)


def _static_bytes(image: Path) -> int:
    """What the sources in open/ have in .data and .bss, COMMON included."""
    places = symbols(image.read_bytes())
    return sum(piece.size for piece in pieces(map_of(image).read_text(), ANY)
               if "/open/" in piece.source
               and places["data_start"] <= piece.start < places["bss_end"])


def _within_memory(check: Check) -> Check:
    """Add the size to what the contract says."""

    def test(evidence: Evidence) -> str | None:
        size = _static_bytes(evidence.image)
        if size > BYTES:
            return (f"the sources in open/ have {size} bytes of .data and .bss, COMMON included,"
                    f" not at most {BYTES}")
        assert check.test
        return check.test(evidence)

    return replace(check, test=test)


CHECKS: list[Check] = [
    extra(kept(
        USES, 5, "The newest lines are kept, exact and by number",
        "What lab01-boot/log.h promises, for lines of any lengths.",
        "Each case starts with .data and .bss as after reset. A data abort is often an unaligned"
        " access. Every byte but 0x00 and 0x0a is a character, also 0x80 to 0xff, which are"
        " negative in a signed char. If short lines are lost too early, each needs too much in"
        " addition to its characters.",
    )),
    extra(kept(
        COSTS, 3, "No call takes longer because the log is full, or a line old",
        f"log_write() and log_read(): {MOST} instructions, and {PER_CHARACTER} for each character"
        f" of the caller's line or of the kept one; log_begin() and log_end(): {MOST_OF_BOUNDS}.",
        "Too slow: a walk over all lines to find one; moving all text to make room; one write that"
        " drops hundreds of empty lines.",
    ), needs=USES.name),
    _within_memory(extra(kept(
        MEMORY, 2, f"The log is all in its static memory, of {BYTES} bytes at most",
        f"{BYTES} bytes of .data and .bss together, and no other memory.",
        "Memory at a fixed address, in a const object or on the stack does not count as the"
        " log's own.",
    ), needs=USES.name)),
]
