# SPDX-License-Identifier: MIT
"""The open task of lab 3: a log of the pages that a VM wrote."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Optional

from ...model.page_tables import PAGE
from ...qemu.call_script import Argument, Call, Result, Results, Script
from ..check import Check
from ..contract import Case, Contract, Judge
from ..contract_checks import changed_in_order, kept, scripted
from ..lab02.ordered_script import small_el2_table
from ..open_tasks import extra
from ..scripted_mmu import mmu_on
from ..table_model import (
    E_EXISTS, E_NO_MEMORY, E_NOT_FOUND, dump_of, either, error_name,
)  # fmt: skip
from ..table_order import Parts, change
from .contracts import SHAPE
from .written_pages import (
    DONE, ENOUGH, GUARD, MAILBOX, MANY_PAGES, OUTSIDE, PAGES, SIZE_MAX, STRANGE, Mapping, Step, Vm,
    W, X, blocks_of, ipa_of, name_of,
)  # fmt: skip

MOST_FAULT, MOST_PAGE = 3500, 500  # instructions
SCRIPTED = scripted(f"SLOT_PAGES={PAGES}", f"GUARD_PAGES={GUARD}")
LARGE = scripted(f"SLOT_PAGES={MANY_PAGES}", f"GUARD_PAGES={GUARD}")
ORDERED = scripted("SLOT_PAGES=512", logged=True)  # one block


@dataclass(frozen=True)
class Seen:
    """The calls that show the effect of a step."""

    step: Step
    call: Call
    free: Call
    tables: Optional[Call] = None


@dataclass(frozen=True)
class Log(Case):
    """Steps on VMs of `pages`. `looks`: tables are compared too; `counts`: so are free pages."""

    vms: int
    steps: tuple[Step, ...]
    mappings: tuple[Mapping, ...] = ()
    looks: bool = False
    counts: bool = False
    pages: int = PAGES

    def write(self, script: Script) -> Judge:
        script.about = "vm_create()"
        before = script.call("page_count_free")
        vms = [script.call("contract_guest", script.alloc(8, b"guest")) for _ in range(self.vms)]
        for one in self.mappings:
            self.map(script, one, script.call("contract_s2_of", vms[one.vm]))
        seen = []
        for number, step in enumerate(self.steps):
            script.about = self.words(number)
            call = step.call(script, vms[step.vm])
            free = script.call("page_count_free")
            changes = self.looks and step.what not in ("write", "read")
            seen.append(Seen(step, call, free,
                             script.call("contract_vm_tables", vms[step.vm]) if changes else None))
        script.about = f"{self.words(len(self.steps) - 1)}, then stop of all and vm_destroy()"
        script.call("contract_refill")
        for vm in vms:
            script.call("dirty_log_stop", vm)
        after = script.call("contract_end_all")
        return lambda results: self.fault(results, seen) or self.lost(
            results[before].x0 - results[after].x0)

    def map(self, script: Script, one: Mapping, table: Call) -> None:
        ipa, size = ipa_of(one.vm, one.page), one.count * PAGE
        script.call("s2_unmap", table, ipa, size)
        if one.prot is not None:
            pa = ipa_of(one.vm, 1) if one.page == OUTSIDE else ipa
            script.call("s2_map", table, ipa, pa, size, one.prot)

    def lost(self, pages: int) -> str:
        words = self.words(len(self.steps) - 1)
        return (f"{words}, then stop of all and vm_destroy(): the pool has {pages} pages less than"
                " before" if self.counts and pages else "")

    def fault(self, results: Results, seen: Sequence[Seen]) -> str:
        vms = [Vm(id, self.pages) for id in range(self.vms)]
        for one in self.mappings:
            for page in range(one.page, one.page + one.count):
                vms[one.vm].prots.pop(page, None)
                if one.prot is not None:
                    vms[one.vm].prots[page] = one.prot
        for number, calls in enumerate(seen):
            vm, result = vms[calls.step.vm], results[calls.call]
            wrong = self.fault_of(calls.step, vm, result, results[calls.free].x0)
            if calls.tables and not wrong:
                wrong = vm.table_fault(dump_of(SHAPE, results[calls.tables]))
                wrong = f"in its table after that, {wrong}" if wrong else ""
            if wrong:
                return f"{self.words(number)}: {wrong}"
        return ""

    def fault_of(self, step: Step, vm: Vm, result: Result, free: int) -> str:
        if step.what == "start":
            return self.fault_of_start(step, vm, result.error, free)
        if step.what == "stop":
            wanted = 0 if vm.on else E_NOT_FOUND
            vm.on, vm.written = False, set()
            return "" if result.error == wanted else _returns(result.error, {wanted})
        if step.what == "collect":
            return vm.collect(step.number, result)
        if step.what == "read":
            return "" if result.x0 == DONE else f"faults, with ESR_EL2 0x{result.x1:x}"
        return vm.write(step.page, result) if step.what == "write" else vm.fault(step.page, result)

    def fault_of_start(self, step: Step, vm: Vm, error: int, free: int) -> str:
        allowed = {E_EXISTS} if vm.on else {0}
        if 0 <= step.number <= blocks_of(vm.id) and not vm.on:
            allowed.add(E_NO_MEMORY)
        if error not in allowed:
            return _returns(error, allowed)
        vm.on = True if error != E_NO_MEMORY else vm.on
        if error == E_NO_MEMORY and free != step.number:
            return f"returns E_NO_MEMORY, and {free} pages are left in the pool"
        return ""

    def words(self, last: int) -> str:
        """A step, after those before it."""
        *before, step = self.steps[: last + 1]
        special = [f"{name_of(one.vm, one.page)} {_prot(one)}" for one in self.mappings]
        where = f"with {', '.join(special)}: " if special else ""
        more = f"{len(before) - 8} steps and " if before[8:] else ""
        return where + (f"after {more}{', '.join(map(str, before[-8:]))}: {step}" if before
                        else str(step))

    def simpler(self) -> Iterable[Case]:
        count = len(self.steps)
        for size in sorted({max(1, count // part) for part in (2, 4, 8, count)}, reverse=True):
            for at in range(0, count if count > 1 else 0, size):
                yield replace(self, steps=self.steps[:at] + self.steps[at + size :])
        for at, one in enumerate(self.mappings):
            if not any(one.vm == step.vm and step.page in range(one.page, one.page + one.count)
                       for step in self.steps):
                yield replace(self, mappings=self.mappings[:at] + self.mappings[at + 1 :])


def _prot(one: Mapping) -> str:
    kind = "unmapped" if one.prot is None else ("R" + "-W"[one.prot & W] + "-X"[one.prot >> 1])
    return kind if one.count == 1 else f"and the next {one.count - 1} {kind}"


def _returns(error: int, wanted: set[int]) -> str:
    return f"returns {error_name(error)}, not {either(wanted)}"


def _draw_steps(rng: random.Random, vms: Sequence[int], length: int,
                pages: Sequence[int], mapped: Sequence[int]) -> tuple[Step, ...]:
    """`pages`: for faults; `mapped`: for accesses of EL1."""
    steps = [Step("start", vm) for vm in vms]
    for _ in range(length):
        vm = rng.choice(vms)
        steps.append(rng.choice((
            *[Step("write", vm, rng.choice(mapped))] * 5,
            *[Step("collect", vm, number=rng.choice((0, 1, 2, 3, ENOUGH, 1 << 32,
                                                               SIZE_MAX)))] * 2,
            Step("read", vm, rng.choice(mapped)),
            Step("fault", vm, rng.choice(pages)),
            Step("stop" if rng.random() < 0.3 else "write", vm, rng.choice(mapped)),
            Step("start" if rng.random() < 0.5 else "write", vm, rng.choice(mapped)),
        )))
    return (*steps, *(Step("collect", vm, number=SIZE_MAX) for vm in vms))


def _some_pages(rng: random.Random) -> list[int]:
    edges = (0, 1, 63, 64, 507, 508, 511, 512, 1019, 1020, PAGES - 1, MAILBOX)
    return [*rng.sample(edges, 5), *rng.sample(range(PAGES), 3)]


def _draw_pages(rng: random.Random) -> list[Case]:
    cases: list[Case] = [Log(1, (Step("start", 0), Step("write", 0, 700),
                                 Step("collect", 0, number=ENOUGH)))]
    for number in range(12):
        pages = _some_pages(rng)
        cases.append(Log(1 + number % 2, _draw_steps(rng, [number % 2], 8 + 4 * number, pages,
                                                     pages)))
    return cases


def _draw_kept(rng: random.Random) -> list[Case]:
    """Pages with other permissions, read-only blocks, and pages that are not the log's."""
    cases: list[Case] = []
    for number in range(10):
        pages = _some_pages(rng)
        odd = rng.sample([page for page in pages if page not in (0, MAILBOX)], 4)
        prots: list[Optional[int]] = [None, 0, X, W]
        mappings = [Mapping(0, page, 1, prot) for page, prot in zip(odd, prots)]
        if number % 5 < 3:  # a whole block
            mappings = [Mapping(0, 512, 512, (X, W, None)[number % 5]), Mapping(0, 5, 1, W)]
        elif number % 5 == 3:
            mappings.append(Mapping(0, MAILBOX, 1, 0))
        mappings.append(Mapping(0, OUTSIDE, 1, W))
        pages += [odd[0], OUTSIDE]
        unmapped = {page for one in mappings if one.prot is None
                    for page in range(one.page, one.page + one.count)}
        mapped = [page for page in pages if page not in unmapped]
        steps = _draw_steps(rng, [0], 10, pages, mapped)
        cases.append(Log(1, (*steps, Step("stop", 0)), tuple(mappings), looks=True))
    return cases


def _draw_large(rng: random.Random) -> list[Case]:
    pages = (0, 1023, 1024, 1025, 1500, 2047, 2048, MANY_PAGES - 1, MAILBOX)
    return [Log(1, (*_draw_steps(rng, [0], 20, (*pages, MANY_PAGES), pages), Step("stop", 0)),
                looks=True, pages=MANY_PAGES) for _ in range(3)]


def _draw_several(rng: random.Random) -> list[Case]:
    cases: list[Case] = [
        Log(vm + 1, (Step("start", vm, number=left), Step("write", vm, 700), Step("write", vm, 3),
                     Step("start", vm), Step("write", vm, 3), Step("collect", vm, number=ENOUGH)),
            looks=True, counts=True)
        for vm in range(2) for left in range(4)]
    cases.append(Log(1, (Step("stop", 0), Step("collect", 0, number=ENOUGH), Step("fault", 0, 3),
                         Step("start", 0), Step("start", 0)), counts=True))
    cases.append(Log(2, (Step("start", 0), Step("start", 1), *(Step("fault", 0, page)
                                                               for page in STRANGE))))
    for number in range(5):
        vms = range(2 + number % 2)
        pages = _some_pages(rng)
        cases.append(Log(len(vms), _draw_steps(rng, vms, 40, (*pages, *STRANGE), pages),
                         counts=True))
    return cases


@dataclass(frozen=True)
class Cost(Case):
    """The instructions of each call, with few and with all pages written."""

    def write(self, script: Script) -> Judge:
        script.about = "the calls of dirty_log.h"
        vm = script.call("contract_guest", script.alloc(8, b"guest"))
        ipas = script.call("contract_ipas")
        timed: list[tuple[str, int, Call]] = []
        pages = MOST_PAGE * (PAGES + 1)

        def time(name: str, most: int, when: str, *arguments: Argument) -> None:
            timed.append((f"dirty_log_{name}() {when}", most, script.call(
                "contract_timed", f"dirty_log_{name}", vm, *arguments)))

        time("start", pages, "of a VM with blocks")
        for page in (PAGES - 1, 0, MAILBOX):
            time("fault", MOST_FAULT, "with few pages written", ipa_of(0, page))
        time("fault", MOST_FAULT, "of a page that is writable", ipa_of(0, 0))
        time("collect", pages, "with few pages written", ipas, ENOUGH)
        script.call("contract_fault_all", vm)
        time("fault", MOST_FAULT, "with all others written", ipa_of(0, MAILBOX))
        time("collect", pages, "with all pages written, max 1", ipas, 1)
        time("fault", MOST_FAULT, "with all others written", ipa_of(0, MAILBOX))
        time("collect", pages, "with all pages written", ipas, ENOUGH)
        time("collect", pages, "with no page written", ipas, ENOUGH)
        script.call("contract_fault_all", vm)
        time("stop", pages, "with all pages written")
        script.call("contract_end_all")

        def judge(results: Results) -> str:
            for what, most, call in timed:
                count = results[call].x1
                if count > most:
                    return f"{what} executes {count} instructions, {most} are the limit"
            return ""

        return judge


def _vms_ready(script: Script) -> None:
    """With EL2's own tables for three VMs, so that later ones take pages for their own only."""
    mmu_on(script)
    script.about = "s2_init()"
    script.call("s2_init")
    for _ in range(3):
        script.call("contract_guest", script.alloc(8, b"guest"))
    script.call("contract_end_all")


def ordered(script: Script) -> Parts:
    """The log of one VM, with a block, while stores, barriers and TLBIs are logged."""
    parts = Parts(script)
    small_el2_table(script)
    script.call("contract_mmu_on")
    script.about = "vm_create()"
    vm = script.call("vm_create", script.alloc(8, b"guest"))
    first, ipas = ipa_of(0, 0), script.alloc(8 * 4)
    change(script, [("dirty_log_start",), *(("dirty_log_fault", first + page * PAGE)
                                            for page in (3, 4, 511)),
                    ("dirty_log_collect", ipas, 2), ("dirty_log_fault", first + 3 * PAGE),
                    ("dirty_log_stop",)], vm)
    parts.table(script.call("contract_s2_of", vm), SHAPE, 1)
    parts.end("lab03.6.barriers")
    return parts


FOUND = Contract("lab03.6.pages", _draw_pages, _vms_ready)
KEPT = Contract("lab03.6.kept", _draw_kept, _vms_ready)
SEVERAL = Contract("lab03.6.several", _draw_several, _vms_ready)
COSTS = Contract("lab03.6.cost", lambda rng: [Cost()], _vms_ready)
IN_LARGE = Contract("lab03.6.size", _draw_large, _vms_ready, make=LARGE.make)
CONTRACTS = (FOUND, KEPT, SEVERAL, COSTS, IN_LARGE)

CHECKS: list[Check] = [
    extra(kept(
        FOUND, 3, "The log finds the pages that EL1 wrote, and no others",
        "A write of a clean page faults once; collect returns the written pages, ascending, and"
        " after that the next write to each faults again.",
        "If a write does not fault, the page's descriptor has S2AP[1], or a TLB entry has.",
        boot=SCRIPTED,
    )),
    extra(kept(
        IN_LARGE, 1, f"So it does with slots of {MANY_PAGES} pages",
        f"The same, built with SLOT_PAGES={MANY_PAGES}, which is no multiple of a block.",
        "Derive each number of pages from SLOT_SIZE.", boot=LARGE,
    ), needs=FOUND.name),
    extra(kept(
        KEPT, 2, "Only writable pages are logged, and nothing else of a mapping changes",
        "The tables: each page as it was before the start, but clean pages without S2AP[1].",
        "Change one bit of a descriptor and keep the others; give it back only where the log took"
        " it.",
        boot=SCRIPTED,
    ), needs=FOUND.name),
    extra(kept(
        SEVERAL, 1, "Logs of several VMs are independent, and errors change nothing",
        "What dirty_log.h says for each VM alone, and no page of the pool is lost.",
        "Read again what dirty_log.h says about errors.",
        boot=SCRIPTED,
    ), needs=FOUND.name),
    extra(kept(
        COSTS, 2, "A fault has a fixed cost, the other calls one for each page of the VM",
        f"dirty_log_fault(): {MOST_FAULT} instructions at most; the others: {MOST_PAGE} for each"
        " page of the slot and the mailbox.",
        "dirty_log_fault() needs a walk to one page, not a search.", boot=SCRIPTED,
    ), needs=FOUND.name),
    extra(changed_in_order(
        "lab03.6.barriers", 1, "TLB maintenance follows each change of a permission",
        "DSB, TLBI of both stages, DSB and ISB, before the call returns; and break-before-make"
        " where a block becomes pages.",
        "s2_regime.invalidate() invalidates one page or block, s2_forget_vmid() all of a VM. Also"
        " a page that becomes writable needs it: a TLB may hold the read-only entry.",
        ORDERED,
    ), needs=FOUND.name),
]
