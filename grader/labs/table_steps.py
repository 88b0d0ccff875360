# SPDX-License-Identifier: MIT
"""Steps on translation tables, for the contracts of labs 2 and 3: map, unmap, look up, walk.

A case takes a few steps on one table. After each step the grader's walker reads the table, which
must match the model (table_model.py). A `Target` names the functions that change the table.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Optional

from ..model.page_tables import PAGE, WalkError
from ..qemu import call_script as log
from ..qemu.call_script import Argument, Call, Results, Script
from .contract import Case, Judge
from .table_model import (
    BLOCK, E_EXISTS, E_INVALID, E_NO_MEMORY, GIB, PA_LIMIT, Dump, Mapped, Model, Shape, descriptor,
    dump_of, either, error_name, without_ignored,
)  # fmt: skip

WRAP = 1 << 64


def prot_name(prot: int) -> str:
    return "".join(letter for bit, letter in enumerate("WXD") if prot >> bit & 1) or "0"


@dataclass(frozen=True)
class Target:
    """Functions that change a table; their first argument points to it if `of_many` is true.

    `attributes`: the bits that its regime gives to each `prot`. `invalidates`: its invalidate() is
    contract_invalidate(), which records the calls.
    """

    attributes: Sequence[int]
    map: str = "pt_map"
    unmap: str = "pt_unmap"
    of_many: bool = True
    invalidates: bool = False

    def first(self, table: Argument) -> tuple[Argument, ...]:
        return (table,) if self.of_many else ()


@dataclass
class Table:
    """A table on the machine as last read, and what it should map."""

    target: Target
    shape: Shape
    model: Model
    dump: Dump


@dataclass(frozen=True)
class Handles:
    """The calls of one step: the number of free pages, the step itself, the tables after it."""

    free: Call
    call: Call
    tables: Call


class Step(ABC):
    """One operation on a table. `left`: pages left in the pool, or None for plenty."""

    left: Optional[int]

    @abstractmethod
    def in_words(self, target: Target) -> str:
        """Describe the operation."""

    @abstractmethod
    def call(self, script: Script, target: Target, table: Argument) -> Call: ...

    @abstractmethod
    def fault(self, table: Table, free: int, result: log.Result) -> str:
        """Return what is wrong with the result, and update the model."""

    def simpler(self) -> Iterator[Step]:
        return iter(())


@dataclass(frozen=True)
class Map(Step):
    start: int
    pa: int
    size: int
    prot: int
    left: Optional[int] = None

    def in_words(self, target: Target) -> str:
        return short_of(self.left, f"{target.map}(0x{self.start:x}, 0x{self.pa:x}, 0x{self.size:x},"
                                   f" {prot_name(self.prot)})")

    def call(self, script: Script, target: Target, table: Argument) -> Call:
        return script.call(target.map, *target.first(table), self.start, self.pa, self.size,
                           self.prot)

    def fault(self, table: Table, free: int, result: log.Result) -> str:
        wanted = self.results(table, free)
        if result.error not in wanted:
            return f"returns {error_name(result.error)}, not {either(wanted)}"
        if not result.error:
            table.model.map(self.start, self.pa, self.size, table.target.attributes[self.prot],
                            table.dump.tabled)
        return ""

    def results(self, table: Table, free: int) -> set[int]:
        if not table.shape.holds(self.start,
                                 self.size) or self.pa % PAGE or self.pa + self.size > PA_LIMIT:
            return {E_INVALID}
        if table.model.overlaps(self.start, self.size):
            return {E_EXISTS} if free else {E_EXISTS, E_NO_MEMORY}
        least, most = self.needed(table)
        return ({0} if least <= free else set()) | ({E_NO_MEMORY} if most > free else set())

    def needed(self, table: Table) -> tuple[int, int]:
        """The least and the most pages for tables."""
        regions = _touched(self.start, self.size, BLOCK)
        if (self.pa - self.start) % BLOCK == 0:
            blocks = range(-(-self.start // BLOCK) * BLOCK, self.start + self.size - BLOCK + 1,
                           BLOCK)
            regions = [at for at in {regions[0], regions[-1]} if at not in blocks]
        least = sum(at not in table.dump.tabled for at in regions)
        above = [len(_touched(self.start, self.size, GIB << 9 * n))
                 for n in range(2 - table.shape.start_level)]
        return least, least + sum(above)

    def simpler(self) -> Iterator[Step]:
        for size in (PAGE, BLOCK, self.size - PAGE):
            if 0 < size < self.size < WRAP // 2:
                yield replace(self, size=size)
        if self.prot:
            yield replace(self, prot=0)
        if self.pa > self.start < PA_LIMIT and self.pa != self.start:
            yield replace(self, pa=self.start)


@dataclass(frozen=True)
class Unmap(Step):
    start: int
    size: int
    left: Optional[int] = None

    def in_words(self, target: Target) -> str:
        return short_of(self.left, f"{target.unmap}(0x{self.start:x}, 0x{self.size:x})")

    def call(self, script: Script, target: Target, table: Argument) -> Call:
        return script.call(target.unmap, *target.first(table), self.start, self.size)

    def fault(self, table: Table, free: int, result: log.Result) -> str:
        wanted = E_INVALID
        gone: list[int] = []
        before = dict(table.model.mapped)
        if table.shape.holds(self.start, self.size):
            enough, gone = table.model.unmap(self.start, self.size, free)
            wanted = 0 if enough else E_NO_MEMORY
        if result.error != wanted:
            return f"returns {error_name(result.error)}, not {error_name(wanted)}"
        if not table.target.invalidates:
            return ""
        calls = [address for address, _, _ in result.of_kind(log.INVALIDATE)]
        pages, blocks = ({address - address % size for address in calls} for size in (PAGE, BLOCK))
        for at in gone:
            size = before[at].size
            if at not in (blocks if size == BLOCK else pages):
                what = "block" if size == BLOCK else "page"
                return f"invalidate() is not called for the {what} 0x{at:x}"
        return ""

    def simpler(self) -> Iterator[Step]:
        for size in (PAGE, BLOCK, self.size - PAGE):
            if 0 < size < self.size < WRAP // 2:
                yield replace(self, size=size)


@dataclass(frozen=True)
class Lookup(Step):
    address: int
    with_level: bool
    left: Optional[int] = None

    def in_words(self, target: Target) -> str:
        return f"pt_lookup(0x{self.address:x})"

    def call(self, script: Script, target: Target, table: Argument) -> Call:
        level = script.alloc(8, b"\xff" * 8) if self.with_level else 0
        looked = script.call("pt_lookup", table, self.address, level)
        return script.call("contract_pair", looked, script.load(level)) if level else looked

    def fault(self, table: Table, free: int, result: log.Result) -> str:
        leaf = table.dump.leaf(self.address)
        wanted = descriptor(leaf) if leaf else 0
        if without_ignored(result.x0) != wanted:
            return f"returns 0x{result.x0:x}, not 0x{wanted:x}"
        if leaf and self.with_level and result.x1 & 0xFFFF_FFFF != leaf.level:
            return f"returns level {result.x1 & 0xFFFF_FFFF}, not {leaf.level}"
        return ""


@dataclass(frozen=True)
class Walk(Step):
    """A walk whose callback enters `tables` tables and ends it at stop `ends`, or never if 0."""

    start: int
    size: int
    ends: int
    tables: int
    left: Optional[int] = None

    def in_words(self, target: Target) -> str:
        does = f", the callback returns 7 at stop {self.ends}" if self.ends else ""
        does += ", the callback enters a table" if self.tables else ""
        return f"pt_walk(0x{self.start:x}, 0x{self.size:x}){does}"

    def call(self, script: Script, target: Target, table: Argument) -> Call:
        plan = script.words(self.ends, self.tables, 7)
        return script.call("pt_walk", table, self.start, self.size, "contract_visit", plan)

    def fault(self, table: Table, free: int, result: log.Result) -> str:
        wanted, returned = self.stops(table.dump)
        seen = result.of_kind(log.VISIT)
        for number, (one, other) in enumerate(zip(seen, wanted), 1):
            if one != other:
                return f"stop {number} is {stop(one)}, not {stop(other)}"
        if len(seen) != len(wanted):
            return f"there are {len(seen)} stops, not {len(wanted)}"
        return "" if result.error == returned else f"returns {result.error}, not {returned}"

    def stops(self, dump: Dump) -> tuple[list[tuple[int, int, int, int]], int]:
        """All stops and the result of the walk. A new table is empty and walked at once."""
        stops, tables = [], self.tables
        waiting = list(dump.stops(self.start, self.start + self.size))[::-1]
        while waiting:
            start, end, level, entry = waiting.pop()
            stops.append((start, end, level, entry))
            if self.ends and len(stops) == self.ends:
                return stops, 7
            if tables and level < 3 and not entry & 1:
                tables -= 1
                size = PAGE << 9 * (2 - level)
                parts = [(max(at, start), min(at + size, end), level + 1, 0)
                         for at in _touched(start, end - start, size)]
                waiting += parts[::-1]
        return stops, 0

    def simpler(self) -> Iterator[Step]:
        if self.tables:
            yield replace(self, tables=0)
        if self.ends > 1:
            yield replace(self, ends=0)
        if self.size > PAGE:
            yield replace(self, size=PAGE)
            yield replace(self, size=self.size - PAGE)


def stop(words: Sequence[int]) -> str:
    start, end, level, entry = words
    return f"[0x{start:x}, 0x{end:x}) at level {level} with entry 0x{entry:x}"


def short_of(left: Optional[int], what: str) -> str:
    if left is None:
        return what
    return f"{what} with {left or 'no'} page{'' if left == 1 else 's'} left in the pool"


def _touched(start: int, size: int, step: int) -> list[int]:
    """The starts of the regions of `step` bytes that overlap a range."""
    return list(range(start - start % step, start + size, step))


@dataclass(frozen=True)
class TableCase(Case):
    """Steps on one table."""

    target: Target
    shape: Shape
    steps: tuple[Step, ...]

    @abstractmethod
    def create(self, script: Script) -> tuple[Argument, Call]:
        """Return a pointer to the table, and the call that created it (0 or an error)."""

    @abstractmethod
    def destroy(self, script: Script, table: Argument) -> None:
        """Restore the machine."""

    def write(self, script: Script) -> Judge:
        before = self.pages(script)
        table, created = self.create(script)
        first = script.call("contract_tables", table)
        handles = []
        for number, step in enumerate(self.steps):
            script.about = self.in_words(number)
            handles.append(_write_step(script, self.target, table, step))
        script.about = _script_end(script.about)
        self.destroy(script, table)
        after = self.pages(script)

        def judge(results: Results) -> str:
            if results[created].error:
                return f"no table of this shape: {error_name(results[created].error)}"
            dump = dump_of(self.shape, results[first])
            state = Table(self.target, self.shape, Model(self.shape, mapped_in(dump)), dump)
            for number, (step, calls) in enumerate(zip(self.steps, handles)):
                words = _step_fault(state, step, calls, results)
                if words:
                    return f"{self.in_words(number)}: {words}"
            lost = counted(results, before) - counted(results, after)
            return (f"{_script_end(self.in_words(len(self.steps)))}: {lost} pages are lost" if lost
                    else "")

        return judge

    def pages(self, script: Script) -> list[Call]:
        """Calls that count all free pages, and pages of tables that exist after the case."""
        return [script.call("page_count_free")]

    def in_words(self, last: int) -> str:
        """Describe the steps up to a step."""
        return ", then ".join(step.in_words(self.target) for step in self.steps[: last + 1])

    def simpler(self) -> Iterable[Case]:
        count = len(self.steps)
        for part in (count // 2, count // 4):
            if part > 1:
                for at in range(0, count, part):
                    yield replace(self, steps=self.steps[:at] + self.steps[at + part :])
        if count > 1:
            for at in reversed(range(count)):
                yield replace(self, steps=self.steps[:at] + self.steps[at + 1 :])
        for at, step in enumerate(self.steps):
            for other in step.simpler():
                yield replace(self, steps=(*self.steps[:at], other, *self.steps[at + 1 :]))


class OwnTable(TableCase):
    """A table of a regime that no hardware uses."""

    def create(self, script: Script) -> tuple[Argument, Call]:
        shape = self.shape
        functions = (script.value("contract_attributes"), script.value("contract_invalidate"))
        regime = script.alloc(32, struct.pack("<QIIQQ", 0, shape.start_level, shape.root_pages,
                                              *functions))
        table = script.alloc(32)
        script.about = f"pt_create() for {shape}"
        return table, script.call("pt_create", table, regime, shape.input_bits)

    def destroy(self, script: Script, table: Argument) -> None:
        script.call("pt_destroy", table)


def _script_end(steps: str) -> str:
    return f"{steps}, then the end of the table"


def counted(results: Results, calls: Sequence[Call]) -> int:
    """Count pages: free ones in x0, or recorded tables."""
    return sum(len(results[call].of_kind(log.TABLE)) or results[call].x0 for call in calls)


def mapped_in(dump: Dump) -> dict[int, Mapped]:
    return {leaf.start: Mapped(leaf.end - leaf.start, leaf.pa, leaf.bits) for leaf in dump.leaves}


def _write_step(script: Script, target: Target, table: Argument, step: Step) -> Handles:
    if step.left is not None:
        script.call("contract_drain", step.left)
    free = script.call("page_count_free")
    call = step.call(script, target, table)
    if step.left is not None:
        script.call("contract_refill")
    return Handles(free, call, script.call("contract_tables", table))


def _step_fault(state: Table, step: Step, calls: Handles, results: Results) -> str:
    result = results[calls.call]
    try:
        words = step.fault(state, results[calls.free].x0, result) or _unbroken(result)
        state.dump = dump_of(state.shape, results[calls.tables])
        return words or state.model.fault(state.dump)
    except WalkError as error:
        return str(error)


def _unbroken(result: log.Result) -> str:
    """Break before make: an entry must be invalid when invalidate() is called for it."""
    for address, level, entry in result.of_kind(log.INVALIDATE):
        if entry & 1:
            return (f"invalidate(0x{address:x}) is called while its entry at level {level} is"
                    f" valid, 0x{entry:x}")
    return ""
