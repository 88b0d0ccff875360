# SPDX-License-Identifier: MIT
"""The open task of lab 2: a page pool that keeps large runs whole, at a bounded cost."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Union

from ...core.kit import KIT, LAB_DIRS
from ...model.layout import numbers
from ...model.page_tables import PAGE
from ...qemu.call_script import WORDS, Argument, Call, Results, Script, Unfinished
from ..check import Boot, Check
from ..contract import Case, Contract, Judge
from ..contract_checks import kept
from ..open_tasks import extra

POOL_PAGES = numbers(KIT / LAB_DIRS[2] / "page_pool.h")["POOL_PAGES"]
SIZES = (1, 2, 4, 8, 16)
MOST = {"page_alloc": 1000, "page_free": 1000, "page_count_free": 100}  # instructions
MOST_MORE = 200  # of page_free() if other pages are free


@dataclass(frozen=True)
class Alloc:
    count: int


@dataclass(frozen=True)
class Free:
    """Free what the nth Alloc of the sequence returned."""

    nth: int


Step = Union[Alloc, Free]


class Pool:
    """Which pages are free. Pages are numbered from the first of the pool."""

    def __init__(self, addresses: Sequence[int]) -> None:
        self.base = min(addresses)
        self.free = {self.page(address) for address in addresses}

    def page(self, address: int) -> int:
        return (address - self.base) // PAGE

    def is_free(self, first: int, count: int) -> bool:
        return self.free >= set(range(first, first + count))

    def run_at(self, page: int) -> int:
        """The size of the largest aligned free run that holds this free page."""
        return max(size for size in SIZES if self.is_free(page - page % size, size))

    def take(self, address: int, count: int) -> str:
        """Take what page_alloc(count) returned. Return what is wrong with it."""
        best = min((run for run in map(self.run_at, self.free) if run >= count), default=0)
        if not address:
            return f"returns NULL, but {_run(best)} is free" if best else ""
        first = self.page(address)
        if address % (count * PAGE):
            return f"returns 0x{address:x}, which is not aligned to {count * PAGE} bytes"
        if not self.is_free(first, count):
            return f"returns {_pages(first, count)}, which is not free"
        run = self.run_at(first)
        self.free -= set(range(first, first + count))
        wrong = f"takes {_pages(first, count)} from {_run(run)}, but {_run(best)} was free"
        return wrong if run > best else ""

    def give_back(self, address: int, count: int) -> None:
        first = self.page(address)
        self.free |= set(range(first, first + count))


def _pages(first: int, count: int) -> str:
    return f"page {first}" if count == 1 else f"pages {first} to {first + count - 1}"


def _run(size: int) -> str:
    return f"an aligned run of {size}"


@dataclass(frozen=True)
class Use(Case):
    """Allocations, and frees of some of them. At the end all pages are free again."""

    steps: tuple[Step, ...]

    @property
    def counts(self) -> list[int]:
        """The number of pages of each allocation."""
        return [step.count for step in self.steps if isinstance(step, Alloc)]

    @property
    def all_steps(self) -> list[Step]:
        """With a free for each allocation."""
        freed = {step.nth for step in self.steps if isinstance(step, Free)}
        return [*self.steps, *(Free(nth) for nth in range(len(self.counts)) if nth not in freed)]

    def write(self, script: Script) -> Judge:
        script.about = self.words(len(self.steps))
        pool = script.call("contract_pool")
        pages: list[Call] = []
        calls = []
        for step in self.all_steps:
            if isinstance(step, Alloc):
                pages.append(script.call("contract_page_alloc", step.count))
                calls.append(pages[-1])
            else:
                count = self.counts[step.nth]
                calls.append(script.call("contract_page_free", pages[step.nth], count))
        whole = script.call("contract_look_at_pages")
        return lambda results: self.fault(results, pool, calls, whole)

    def fault(self, results: Results, pool: Call, calls: Sequence[Call], whole: Call) -> str:
        (addresses,) = results[pool].of_kind(WORDS)
        if len(set(addresses)) != POOL_PAGES or len(addresses) != POOL_PAGES:
            return (f"page_alloc(1) returns {len(set(addresses))} different pages before NULL, not"
                    f" {POOL_PAGES}")
        state = Pool(addresses)
        taken: list[int] = []
        for at, (step, call) in enumerate(zip(self.all_steps, calls), 1):
            x0, x1 = results[call].x0, results[call].x1
            if isinstance(step, Alloc):
                taken.append(x0)
                wrong = state.take(x0, step.count)
                if x0 and x1 and not wrong:
                    wrong = "returns pages that are not zeroed"
            else:
                wrong = _fault_of_free(state, taken[step.nth], self.counts[step.nth], x0, x1)
            if wrong := wrong or _fault_of_look(state, results, call):
                return f"{self.words(at)} {wrong}"
        wrong = _fault_of_look(state, results, whole)
        return f"{self.words(len(calls))} {wrong}" if wrong else ""

    def words(self, count: int) -> str:
        """The last of `count` steps as a call, after those before it."""
        calls = []
        allocs = 0
        for step in self.all_steps[:count]:
            if isinstance(step, Alloc):
                allocs += 1
                calls.append(f"p{allocs} = page_alloc({step.count})")
            else:
                calls.append(f"page_free(p{step.nth + 1}, {self.counts[step.nth]})")
        *before, last = calls
        more = f"{len(before) - 8} calls and " if before[8:] else ""
        return f"after {more}{', '.join(before[-8:])}: {last}" if before else last

    def simpler(self) -> Iterable[Case]:
        """Without half of the allocations, without a quarter, without one."""
        count = len(self.counts)
        for size in sorted({max(1, count // part) for part in (2, 4, count)}, reverse=True):
            for first in range(0, count if count > 1 else 0, size):
                yield self.without(range(first, min(first + size, count)))

    def without(self, dropped: range) -> Use:
        """Leave out allocations, and what frees them."""
        numbers: dict[int, int] = {}
        steps: list[Step] = []
        for step in self.steps:
            if isinstance(step, Alloc):
                nth = len(numbers)
                numbers[nth] = nth - sum(each < nth for each in dropped)
                if nth not in dropped:
                    steps.append(step)
            elif step.nth not in dropped:
                steps.append(replace(step, nth=numbers[step.nth]))
        return Use(tuple(steps))


def _fault_of_free(state: Pool, address: int, count: int, kept_bits: int, bits: int) -> str:
    if not address:
        return ""
    state.give_back(address, count)
    if kept_bits != (1 << 64) - 1:
        return "is called, and what the user wrote to these pages has changed before"
    return "leaves a valid descriptor in a page: bit 0 of a word is set" if bits & 1 else ""


def _fault_of_look(state: Pool, results: Results, call: Call) -> str:
    """What is wrong with the pool after a call."""
    free, spoiled, stale = results[call].of_kind(WORDS)[0]
    if spoiled:
        return f"changes the contents of page {state.page(spoiled)}, which is in use"
    if stale:
        return f"leaves bit 0 set in a word of page {state.page(stale)}, which is free"
    if free != len(state.free):
        return f"is over, {len(state.free)} pages are free, and page_count_free() returns {free}"
    return ""


@dataclass(frozen=True)
class First(Case):
    """The first call after reset."""

    def write(self, script: Script) -> Judge:
        script.about = about = "page_count_free(), called first after reset,"
        free = script.call("page_count_free")
        return lambda results: ("" if results[free].x0 == POOL_PAGES else
                                f"{about} returns {results[free].x0}, not {POOL_PAGES}")


@dataclass(frozen=True)
class LooksFree(Case):
    """A page in use has the contents that page_free() has left there. It can be freed."""

    def write(self, script: Script) -> Judge:
        script.about = about = ("page_free() of a page in use, with the contents that an earlier"
                                " page_free() has left there")
        page, copy = script.call("page_alloc", 1), script.alloc(PAGE)
        script.call("page_free", page, 1)
        script.call("memcpy", copy, page, PAGE)
        script.call("contract_drain", 0)
        script.call("memcpy", page, copy, PAGE)
        script.call("contract_refill")
        free = script.call("page_count_free")
        return lambda results: "" if results[free].x0 == POOL_PAGES else f"{about} frees nothing"


def _draw_uses(rng: random.Random) -> list[Case]:
    cases: list[Case] = [First()]
    cases += [Use((Alloc(count), Free(0), Alloc(16))) for count in SIZES]
    for length in (6, 6, 12, 12, 24, 24, 60, 60, 150, 150):
        steps: list[Step] = []
        live: list[int] = []
        sizes = rng.choice((SIZES, (1, 1, 2, 16), (1, 8)))
        allocs = 0
        for _ in range(length):
            if live and rng.random() < 0.4:
                steps.append(Free(live.pop(rng.randrange(len(live)))))
            else:
                live.append(allocs)
                allocs += 1
                steps.append(Alloc(rng.choice(sizes)))
        cases.append(Use(tuple(steps)))
    return [*cases, LooksFree()]


@dataclass(frozen=True)
class Twice(Case):
    """A run is freed of which these pages are free already. The machine stops there."""

    count: int
    free: tuple[int, ...]

    def write(self, script: Script) -> Judge:
        of = ", ".join(map(str, self.free))
        script.about = about = f"page_free(p, {self.count}) of free pages" if not of else (
            f"page_free(p, {self.count}) while page{'s' * (len(self.free) > 1)} {of} from p on"
            f" {'are' if self.free[1:] else 'is'} free already and the rest is in use")
        pages = script.call("page_alloc", self.count)
        script.call("page_free", pages, self.count)
        if self.free:
            script.call("contract_drain", 0)
        for page in self.free:
            script.call("page_free", pages + page * PAGE, 1)
        again = script.call("page_free", pages, self.count)

        def judge(results: Results) -> str:
            try:
                results[again]
            except Unfinished:
                said = results.stopped
                if said.startswith("[boot]"):
                    said = "the machine stops without a line of assert()"
                return "" if said.startswith("[panic]") else f"{about}: {said}"
            return f"{about} returns"

        return judge


@dataclass(frozen=True)
class Cost(Case):
    """The instructions of a call with few pages free: those that clear or fill pages are free."""

    count: int
    left: int

    def write(self, script: Script) -> Judge:
        script.about = about = f"page_alloc({self.count}) with {self.left} pages free"
        clear = _clear(script)
        script.call("contract_drain", self.left)
        timed = [("page_count_free", 0, script.call("contract_timed", "page_count_free"))]
        taken = script.call("contract_timed", "page_alloc", self.count)
        count = self.count if self.count <= self.left else 0
        timed.append(("page_alloc", count, taken))
        if count:
            timed.append(("page_free", count, script.call("contract_timed", "page_free", taken,
                                                          count)))
        script.call("contract_refill")

        def judge(results: Results) -> str:
            if count and not results[taken].x0:
                return f"{about} returns NULL"
            faults = (_too_slow(results, name, call, pages, clear) for name, pages, call in timed)
            return next((f"{about}: {fault}" for fault in faults if fault), "")

        return judge


@dataclass(frozen=True)
class Merge(Case):
    """page_free() of a page that becomes half of a run, with few and with many pages free."""

    page: int

    def write(self, script: Script) -> Judge:
        script.about = "page_free() with every other page free"
        costs: list[Call] = []
        page: Argument = 0
        for _ in range(2):
            page = script.call("contract_every_other", page) + (0 if costs else self.page * PAGE)
            costs.append(script.call("contract_timed", "page_free", page, 1))
            script.call("contract_free_rest", page)

        def judge(results: Results) -> str:
            many, few = (results[call].x1 for call in costs)
            return "" if many <= few + MOST_MORE else (
                f"page_free() of page {self.page} executes {few} instructions if only the page next"
                f" to it is free, and {many} if all odd pages are")

        return judge


def _clear(script: Script) -> Call:
    """A memset() of a page."""
    page = script.call("page_alloc", 1)
    clear = script.call("contract_timed", "memset", page, 0, PAGE)
    script.call("page_free", page, 1)
    return clear


def _too_slow(results: Results, name: str, call: Call, pages: int, clear: Call) -> str:
    count = results[call].x1 - pages * results[clear].x1
    what = " more than memset() of its pages" if pages else ""
    return "" if count <= MOST[name] else (
        f"{name}() executes {count} instructions{what}, {MOST[name]} are the limit")


def _stops_each_time(check: Check) -> Check:
    """The first fault of all of `TWICE`, each of which ends a boot."""
    return replace(check, test=lambda evidence: next(filter(None, (
        evidence.contracts.get(one.name, f"not reached: {evidence.run}") for one in TWICE)), ""))


USES = Contract("lab02.7.runs", _draw_uses)
COSTS = Contract("lab02.7.cost", lambda rng: [
    *(Cost(count, left) for count in (1, 16) for left in (16, 64, POOL_PAGES)),
    Cost(1, 1), Cost(1, 0), Cost(16, 1), Cost(16, 15),
    *(Merge(page) for page in (0, POOL_PAGES // 2, POOL_PAGES - 2))])
TWICE = [
    Contract("lab02.7.twice", lambda rng: [Twice(4, ())]),
    Contract("lab02.7.twice.first", lambda rng: [Twice(4, (1, 2, 3))]),
    Contract("lab02.7.twice.last", lambda rng: [Twice(4, (0, 1, 2))]),
    Contract("lab02.7.twice.one", lambda rng: [Twice(16, (9,))]),
]
CONTRACTS = (USES, COSTS, *TWICE)

CHECKS: list[Check] = [
    extra(kept(
        USES, 5, "Pages come from the smallest aligned free run, zeroed, and go back to it",
        "What page_pool.h promises, for any sequence of calls; and a run of 16 pages is broken up"
        " only if no smaller free run is large enough.",
        "Read again what counts as a run: 2^n free pages, aligned to their size, that are not half"
        " of a larger free run.",
    )),
    extra(kept(
        COSTS, 3, "The cost of a call does not grow with the number of used pages",
        f"page_alloc() and page_free(): {MOST['page_alloc']} instructions, not counting one"
        f" memset() of the pages; page_count_free(): {MOST['page_count_free']}. And page_free():"
        f" {MOST_MORE} more at most because other pages are free.",
        "A loop over all pages, or over a list of free ones, is too slow: keep the answer, or look"
        " at many pages at once. A loop of your own that clears pages may cost more than memset().",
    ), needs=USES.name),
    extra(_stops_each_time(kept(
        TWICE[0], 1, "Freeing free pages stops the machine",
        "A line that begins with `[panic]`, if any of the pages is free: assert() prints one.",
        "Check all pages of the range, not only the first.",
    )), needs=USES.name),
    extra(Check(
        "lab02.7.stage", 1, "Stage 2 runs to its end with this pool",
        "Run it: make run LAB=2 OPEN=1.", line="[boot] stage 2 is complete: power off",
        boot=Boot(),
    ), needs=USES.name),
]
