# SPDX-License-Identifier: MIT
"""What the functions of lab 2 promise: pgtable.h and el2_mmu.h, tried with many ranges.

A case makes a table of its own kind, does a few things to it, and destroys it. After each
step the grader's walker reads the table and the model (table_model.py) says what it should hold.
"""

from __future__ import annotations

import random
import struct
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Optional

from .. import script as log
from ..contract import Case, Contract, Judge
from ..script import Call, Results, Script
from ..walker import PAGE, WalkError
from .table_model import (
    BLOCK,
    E_EXISTS,
    E_INVALID,
    E_NO_MEMORY,
    GIB,
    PA_LIMIT,
    Dump,
    Model,
    Shape,
    descriptor,
    dump_of,
    either,
    error_name,
    without_ignored,
)

WRAP = 1 << 64
# Attributes by `prot` (W, X, DEVICE are bits 0 to 2): arbitrary, in every bit that a leaf has for them.
ATTRIBUTES = (0x0070_0000_0000_0AB4, 0x0040_0000_0000_0408, 0x0028_0000_0000_07C4, 0x0010_0000_0000_0F40,
              0x0058_0000_0000_05F8, 0x0060_0000_0000_0C04, 0x0040_0000_0000_0BF0, 0x0008_0000_0000_0660)  # fmt: skip


def prot_name(prot: int) -> str:
    return "".join(letter for bit, letter in enumerate("WXD") if prot >> bit & 1) or "0"


@dataclass
class Table:
    """A struct pgtable on the machine, what was recorded of it, and what it should hold."""

    address: int
    shape: Shape
    model: Model
    dump: Dump


@dataclass(frozen=True)
class Handles:
    """The calls of one step: the pages that were free, the step, and the tables after it."""

    free: Call
    call: Call
    tables: Call
    level: int = 0


class Step(ABC):
    """One thing done to a table. `left`: pages that the pool still has, if it is short of them."""

    left: Optional[int]

    @abstractmethod
    def call(self, script: Script, table: int) -> Call: ...

    @abstractmethod
    def fault(self, table: Table, free: int, result: log.Result) -> str:
        """What is wrong with the result; the model is then as it should be."""

    def simpler(self) -> Iterator[Step]:
        return iter(())


@dataclass(frozen=True)
class Map(Step):
    start: int
    pa: int
    size: int
    prot: int
    left: Optional[int] = None

    def __str__(self) -> str:
        return short_of(self.left, f"pt_map(0x{self.start:x}, 0x{self.pa:x}, 0x{self.size:x}, {prot_name(self.prot)})")

    def call(self, script: Script, table: int) -> Call:
        return script.call("pt_map", table, self.start, self.pa, self.size, self.prot)

    def fault(self, table: Table, free: int, result: log.Result) -> str:
        wanted = self.results(table, free)
        if result.error not in wanted:
            return f"returns {error_name(result.error)}, not {either(wanted)}"
        if not result.error:
            table.model.map(self.start, self.pa, self.size, ATTRIBUTES[self.prot], table.dump.tabled)
        return ""

    def results(self, table: Table, free: int) -> set[int]:
        if not table.shape.holds(self.start, self.size) or self.pa % PAGE or self.pa + self.size > PA_LIMIT:
            return {E_INVALID}
        if table.model.overlaps(self.start, self.size):
            return {E_EXISTS} if free else {E_EXISTS, E_NO_MEMORY}
        least, most = self.needed(table)
        return ({0} if least <= free else set()) | ({E_NO_MEMORY} if most > free else set())

    def needed(self, table: Table) -> tuple[int, int]:
        """Pages for tables, at the least and at the most."""
        regions = touched(self.start, self.size, BLOCK)
        if (self.pa - self.start) % BLOCK == 0:
            whole = range(-(-self.start // BLOCK) * BLOCK, self.start + self.size - BLOCK + 1, BLOCK)
            regions = [at for at in {regions[0], regions[-1]} if at not in whole]
        least = sum(at not in table.dump.tabled for at in regions)
        above = [len(touched(self.start, self.size, GIB << 9 * n)) for n in range(2 - table.shape.start_level)]
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

    def __str__(self) -> str:
        return short_of(self.left, f"pt_unmap(0x{self.start:x}, 0x{self.size:x})")

    def call(self, script: Script, table: int) -> Call:
        return script.call("pt_unmap", table, self.start, self.size)

    def fault(self, table: Table, free: int, result: log.Result) -> str:
        wanted, gone = E_INVALID, []
        before = dict(table.model.mapped)
        if table.shape.holds(self.start, self.size):
            enough, gone = table.model.unmap(self.start, self.size, free)
            wanted = 0 if enough else E_NO_MEMORY
        if result.error != wanted:
            return f"returns {error_name(result.error)}, not {error_name(wanted)}"
        told = [address for address, _, _ in result.of_kind(log.INVALIDATE)]
        pages, blocks = ({address - address % size for address in told} for size in (PAGE, BLOCK))
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

    def __str__(self) -> str:
        return f"pt_lookup(0x{self.address:x})"

    def call(self, script: Script, table: int) -> Call:
        level = script.alloc(8, b"\xff" * 8) if self.with_level else 0
        looked = script.call("pt_lookup", table, self.address, level)
        return script.call("contract_pair", looked, script.load(level)) if level else looked

    def fault(self, table: Table, free: int, result: log.Result) -> str:
        leaf = table.dump.leaf(self.address)
        wanted = descriptor(leaf) if leaf else 0
        if without_ignored(result.x0) != wanted:
            return f"returns 0x{result.x0:x}, not 0x{wanted:x}"
        if leaf and self.with_level and result.x1 & 0xFFFF_FFFF != leaf.level:
            return f"says level {result.x1 & 0xFFFF_FFFF}, not {leaf.level}"
        return ""


@dataclass(frozen=True)
class Walk(Step):
    """A walk whose callback ends it at stop `ends`, unless that is 0, and makes `tables` tables."""

    start: int
    size: int
    ends: int
    tables: int
    left: Optional[int] = None

    def __str__(self) -> str:
        does = f", the callback returns 7 at stop {self.ends}" if self.ends else ""
        does += ", the callback puts a table in" if self.tables else ""
        return f"pt_walk(0x{self.start:x}, 0x{self.size:x}){does}"

    def call(self, script: Script, table: int) -> Call:
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
        """All stops, and the result of the walk. A new table is empty, and walked at once."""
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
                parts = [(max(at, start), min(at + size, end), level + 1, 0) for at in touched(start, end - start, size)]
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


def touched(start: int, size: int, step: int) -> list[int]:
    """Where the regions of `step` bytes begin that a range touches."""
    return list(range(start - start % step, start + size, step))


@dataclass(frozen=True)
class TableCase(Case):
    """A table, and what is done to it."""

    shape: Shape
    steps: tuple[Step, ...]

    def write(self, script: Script) -> Judge:
        shape = self.shape
        attributes, invalidate = script.value("contract_attributes"), script.value("contract_invalidate")
        fields = (0, shape.start_level, shape.root_pages, attributes, invalidate)
        regime, table = script.alloc(32, struct.pack("<QIIQQ", *fields)), script.alloc(32)
        made = f"a table with {shape.root_pages} page{'s' * (shape.root_pages > 1)} at level {shape.start_level}"
        script.about = f"{made} for {shape.input_bits} bits of address: pt_create()"
        before = script.call("page_count_free")
        created = script.call("pt_create", table, regime, shape.input_bits)
        empty = script.call("contract_tables", table)
        handles = []
        for number, step in enumerate(self.steps):
            script.about = self.told(number)
            handles.append(write_step(script, table, step))
        script.about = f"{script.about}, then pt_destroy()"
        script.call("pt_destroy", table)
        after = script.call("page_count_free")

        def judge(results: Results) -> str:
            if results[created].error:
                return f"{made}: pt_create() returns {error_name(results[created].error)}"
            state = Table(table, shape, Model(shape), dump_of(shape, results[empty]))
            for number, (step, calls) in enumerate(zip(self.steps, handles)):
                words = step_fault(state, step, calls, results)
                if words:
                    return f"{self.told(number)}: {words}"
            lost = results[before].x0 - results[after].x0
            last = self.told(len(self.steps) - 1)
            return f"{last}, then pt_destroy(): {lost} pages are lost" if lost else ""

        return judge

    def told(self, last: int) -> str:
        """What was done up to a step."""
        return ", then ".join(map(str, self.steps[: last + 1]))

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


def write_step(script: Script, table: int, step: Step) -> Handles:
    if step.left is not None:
        script.call("contract_drain", step.left)
    free = script.call("page_count_free")
    call = step.call(script, table)
    if step.left is not None:
        script.call("contract_refill")
    return Handles(free, call, script.call("contract_tables", table))


def step_fault(state: Table, step: Step, calls: Handles, results: Results) -> str:
    result = results[calls.call]
    try:
        words = step.fault(state, results[calls.free].x0, result) or unbroken(result)
        state.dump = dump_of(state.shape, results[calls.tables])
        return words or state.model.fault(state.dump)
    except WalkError as error:
        return str(error)


def unbroken(result: log.Result) -> str:
    """Break before make: whatever invalidate() is called for must be invalid by then."""
    for address, level, entry in result.of_kind(log.INVALIDATE):
        if entry & 1:
            return f"invalidate(0x{address:x}) is called while its entry at level {level} is valid, 0x{entry:x}"
    return ""


# --- what is drawn --------------------------------------------------------------


def draw_shape(rng: random.Random) -> Shape:
    level = rng.choice((0, 1, 1, 1, 2, 2))
    pages = 1 if level == 0 else rng.choice((1, 1, 2, 4, 8, 16))
    bits = 12 + 9 * (4 - level) + pages.bit_length() - 1
    # Fewer bits than the root could translate: the rest of it stays empty.
    return Shape(level, pages, bits - (rng.choice((0, 0, 1, 3)) if pages == 1 else 0))


def draw_anchor(rng: random.Random, shape: Shape) -> int:
    """A multiple of 2 MiB that ranges lie about."""
    top = shape.limit
    inside = rng.randrange(1, top // BLOCK) * BLOCK
    return rng.choice((0, top, inside, inside, min(top, inside - inside % GIB or GIB)))


def draw_range(rng: random.Random, shape: Shape, anchor: int) -> tuple[int, int]:
    """A range that can be mapped."""
    sizes = [rng.randrange(1, 5), rng.randrange(1, 40), rng.randrange(510, 516), 512, 1024]
    start = anchor + rng.choice((0, 0, 0, BLOCK, -BLOCK, PAGE, -PAGE, rng.randrange(-5, 6) * PAGE))
    start = max(0, min(start, shape.limit - PAGE))
    return start, min(rng.choice(sizes) * PAGE, shape.limit - start)


def draw_pa(rng: random.Random, start: int, size: int) -> int:
    """A PA that fits: to blocks or not, also at the very end of 48 bits."""
    aligned = rng.randrange(0, PA_LIMIT // BLOCK - 1024) * BLOCK + start % BLOCK
    last = PA_LIMIT - size
    by_pages = min(aligned + PAGE * rng.randrange(512), last)
    return rng.choice((aligned, aligned, by_pages, last) if size < BLOCK else (aligned, aligned, aligned, last))


def draw_map(rng: random.Random, shape: Shape, anchor: int, left: Optional[int] = None) -> Map:
    start, size = draw_range(rng, shape, anchor)
    return Map(start, draw_pa(rng, start, size), size, rng.randrange(8), left)


def draw_unmap(rng: random.Random, shape: Shape, anchor: int, left: Optional[int] = None) -> Unmap:
    return Unmap(*draw_range(rng, shape, anchor), left)


def draw_lookup(rng: random.Random, shape: Shape, anchor: int) -> Lookup:
    address = max(0, anchor + rng.randrange(-3 * BLOCK, 3 * BLOCK))
    return Lookup(rng.choice((address, address, shape.limit, shape.limit - 1, WRAP - 1)), rng.random() < 0.8)


def draw_walk(rng: random.Random, shape: Shape, anchor: int) -> Walk:
    start, size = draw_range(rng, shape, anchor)
    size = min(size, rng.choice((PAGE, 20 * PAGE, BLOCK + PAGE)))
    return Walk(start, size, rng.choice((0, 0, 1, 3)), rng.choice((0, 0, 1, 2)))


def draw_refused(rng: random.Random, shape: Shape, anchor: int) -> Step:
    """A range that must be refused, for one reason."""
    start, size = draw_range(rng, shape, anchor)
    pa, odd = draw_pa(rng, start, size), rng.choice((1, 8, 0x800, PAGE - 1))
    good = Map(start, pa, size, rng.randrange(8))
    top = shape.limit
    mapped = [
        replace(good, pa=pa | odd),
        replace(good, pa=PA_LIMIT),
        replace(good, pa=PA_LIMIT - size + PAGE),
        replace(good, pa=WRAP - PAGE),
        replace(good, pa=WRAP - PAGE, start=0, size=2 * PAGE),
    ]
    ranges = [
        (start | odd, size),
        (start, size | odd),
        (start, 0),
        (top, PAGE),
        (top - PAGE, 2 * PAGE),
        (top - BLOCK, 2 * BLOCK),
        (start, WRAP - PAGE),
        (WRAP - PAGE, PAGE),
        (WRAP - PAGE, 2 * PAGE),
        (WRAP - BLOCK, BLOCK + start % BLOCK + PAGE),
        (top + start, size),
    ]
    start, size = rng.choice(ranges)
    refused: list[Step] = [replace(good, start=start, size=size), Unmap(start, size)]
    return rng.choice([rng.choice(mapped), *refused])


def draw_ranges(rng: random.Random) -> list[Case]:
    """Map, unmap and refuse, where a block fits and where it does not."""
    cases: list[Case] = []
    for _ in range(24):
        shape = draw_shape(rng)
        anchor = draw_anchor(rng, shape)
        steps: list[Step] = [draw_map(rng, shape, anchor)]
        for _ in range(rng.randrange(2, 5)):
            draw = rng.choice((draw_map, draw_map, draw_unmap, draw_unmap, draw_refused))
            steps.append(draw(rng, shape, anchor))
        cases.append(TableCase(shape, tuple(steps)))
    return [*cases, *gigabytes()]


def gigabytes() -> Iterator[Case]:
    """Ranges of 1 GiB: by blocks, and with a page more at each end. And one of more pages than there is memory for."""
    for extra in (0, PAGE):
        start = 2 * GIB - extra
        large = Map(start, 5 * GIB - extra, GIB + 2 * extra, 1)
        yield TableCase(Shape(1, 1, 39), (large, Unmap(start + BLOCK, GIB - 2 * BLOCK)))
    yield TableCase(Shape(1, 2, 40), (Map(2 * GIB, PAGE, 8 * BLOCK, 0, 6), Map(2 * GIB, 0, BLOCK, 0)))


def draw_walks(rng: random.Random) -> list[Case]:
    cases: list[Case] = []
    for _ in range(12):
        shape = draw_shape(rng)
        anchor = draw_anchor(rng, shape)
        steps: list[Step] = [draw_map(rng, shape, anchor), draw_unmap(rng, shape, anchor)]
        steps += [draw_lookup(rng, shape, anchor) for _ in range(4)]
        steps += [draw_walk(rng, shape, anchor) for _ in range(2)]
        cases.append(TableCase(shape, tuple(steps)))
    return cases


def draw_splits(rng: random.Random) -> list[Case]:
    """A block, and parts of it that go: at its start, its end, in the middle, and beyond."""
    cases: list[Case] = []
    for _ in range(12):
        shape = draw_shape(rng)
        blocks = min(3, shape.limit // BLOCK)
        start = rng.randrange(0, shape.limit // BLOCK - blocks + 1) * BLOCK
        size = blocks * BLOCK
        whole = Map(start, rng.randrange(0, PA_LIMIT // BLOCK - blocks) * BLOCK, size, rng.randrange(8))
        first, count = rng.randrange(0, 512), rng.randrange(1, 514)
        part = rng.choice(((0, 1), (511, 1), (first, 1), (first, count), (1, 511), (0, 511)))
        at = start + part[0] * PAGE
        hole = Unmap(at, min(part[1] * PAGE, start + size - at))
        cases.append(TableCase(shape, (whole, hole, draw_map(rng, shape, start), draw_unmap(rng, shape, start))))
    return cases


def draw_shortages(rng: random.Random) -> list[Case]:
    """With 0 to 3 pages left: all or nothing, and what is not split stays."""
    cases: list[Case] = []
    for left in (0, 1, 2, 3) * 4:
        shape = draw_shape(rng)
        anchor = draw_anchor(rng, shape)
        steps: list[Step] = [draw_map(rng, shape, anchor)]
        for _ in range(3):
            draw = rng.choice((draw_map, draw_unmap))
            steps.append(draw(rng, shape, anchor, left))
        steps.append(draw_map(rng, shape, anchor))
        cases.append(TableCase(shape, tuple(steps)))
    return cases


def own_regime(script: Script) -> None:
    script.call("contract_set_attributes", script.words(*ATTRIBUTES))


RANGES = Contract("lab02.3.ranges", draw_ranges, own_regime)
WALKS = Contract("lab02.3.walks", draw_walks, own_regime)
SPLITS = Contract("lab02.3.splits", draw_splits, own_regime)
SHORTAGES = Contract("lab02.3.shortages", draw_shortages, own_regime)
CONTRACTS = (WALKS, RANGES, SPLITS, SHORTAGES)
