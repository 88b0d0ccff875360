# SPDX-License-Identifier: MIT
"""What the functions of lab 3 promise: stage2.h, with IPAs that differ from PAs, and vm.h."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Optional

from ...model.layout import header
from ...model.leaf_fields import (
    ACCESS_FLAG, DEVICE_nGnRE, INNER_SHAREABLE, NORMAL_WB, S2_XN_EVERYWHERE, S2_XN_NOWHERE,
    S2AP_READ, S2AP_WRITE,
)  # fmt: skip
from ...model.page_tables import PAGE
from ...qemu import call_script as log
from ...qemu.call_script import Argument, Call, Results, Script
from ..attributes import every_prot
from ..contract import Case, Contract, Judge
from ..lab02.contracts import Draw, draw_map, draw_refused, draw_unmap
from ..lab02.live_table import EL2
from ..lab02.live_table import SHAPE as EL2_SHAPE
from ..scripted_mmu import mmu_on
from ..table_model import BLOCK, E_NOT_FOUND, Dump, Model, Shape, dump_of, error_name
from ..table_steps import Map, Step, Table, TableCase, Target, mapped_in, short_of
from ..written_whole import written_whole

SHAPE = Shape(1, 2, 40)  # stage2.h
HCR_VM, HCR_RW = 1, 1 << 31
HCR_BEFORE = 1 << 19 | 1 << 13  # TSC, TWI: s2_activate() must keep them
VMID_SHIFT = 48
VM_MAX = header()["VM_MAX"]
JUNK = 0xA5A5_A5A5_A5A5_A5A5
ENOUGH = 16  # pages: more than any VM can need


def attributes(prot: int) -> int:
    """Stage 2: AF, S2AP[0], S2AP[1] if W, MemAttr and SH, XN[1] unless X."""
    writable, executable, device = (prot >> bit & 1 for bit in range(3))
    fields = ACCESS_FLAG | S2AP_READ | (DEVICE_nGnRE if device else NORMAL_WB | INNER_SHAREABLE)
    forbidden = S2_XN_NOWHERE if device or not executable else S2_XN_EVERYWHERE
    return fields | (S2AP_WRITE if writable else 0) | forbidden


STAGE2 = Target([attributes(prot) for prot in range(8)], "s2_map", "s2_unmap")


@dataclass(frozen=True)
class Find(Step):
    """s2_walk(): the PA of an IPA, also in the middle of a page or block."""

    ipa: int
    left: Optional[int] = None

    def in_words(self, target: Target) -> str:
        return f"s2_walk(0x{self.ipa:x})"

    def call(self, script: Script, target: Target, table: Argument) -> Call:
        pa = script.alloc(8)
        return script.call("contract_pair", script.call("s2_walk", table, self.ipa, pa),
                           script.load(pa))

    def fault(self, table: Table, free: int, result: log.Result) -> str:
        leaf = table.dump.leaf(self.ipa)
        if result.error != (0 if leaf else E_NOT_FOUND):
            return (
                f"returns {error_name(result.error)}, not {error_name(0 if leaf else E_NOT_FOUND)}")
        pa = leaf.pa + self.ipa - leaf.start if leaf else 0
        return "" if not leaf or result.x1 == pa else f"finds PA 0x{result.x1:x}, not 0x{pa:x}"


@dataclass(frozen=True)
class Activate(Step):
    vmid: int
    left: Optional[int] = None

    def in_words(self, target: Target) -> str:
        return f"s2_activate() of VMID {self.vmid}"

    def call(self, script: Script, target: Target, table: Argument) -> Call:
        script.call("contract_active", HCR_BEFORE)
        script.call("s2_activate", table)
        return script.call("contract_active", 0)

    def fault(self, table: Table, free: int, result: log.Result) -> str:
        vttbr, hcr = self.vmid << VMID_SHIFT | table.dump.root, HCR_BEFORE | HCR_VM | HCR_RW
        if result.x0 != vttbr:
            return f"VTTBR_EL2 is 0x{result.x0:x}, not 0x{vttbr:x}"
        return "" if result.x1 == hcr else f"HCR_EL2 is 0x{result.x1:x}, not 0x{hcr:x}"


@dataclass(frozen=True)
class Stage2(TableCase):
    """Steps on a stage-2 table with some VMID."""

    vmid: int = 1

    def create(self, script: Script) -> tuple[Argument, Call]:
        table = script.alloc(32)
        script.about = f"s2_create() with VMID {self.vmid}"
        return table, script.call("s2_create", table, self.vmid)

    def destroy(self, script: Script, table: Argument) -> None:
        script.call("pt_destroy", table)


def _draw_find(rng: random.Random, shape: Shape, anchor: int) -> Step:
    ipa = max(0, anchor + rng.randrange(-2 * BLOCK, 2 * BLOCK))
    return Find(rng.choice((ipa, ipa, ipa, shape.limit - 1, shape.limit + ipa, (1 << 64) - 1)))


def _draw_stage2(rng: random.Random) -> list[Case]:
    cases: list[Case] = []
    for _ in range(16):
        anchor = rng.choice((0, SHAPE.limit, rng.randrange(1, SHAPE.limit // BLOCK) * BLOCK))
        vmid = rng.randrange(1, 256)
        steps: list[Step] = [draw_map(rng, SHAPE, anchor)]
        for _ in range(rng.randrange(3, 6)):
            draws: tuple[Draw, ...] = (draw_map, draw_unmap, _draw_find, _draw_find, draw_refused)
            steps.append(rng.choice(draws)(rng, SHAPE, anchor))
        cases.append(Stage2(STAGE2, SHAPE, (*steps, _draw_find(rng, SHAPE, anchor)), vmid))
    return [*cases, _pages_elsewhere()]


def _pages_elsewhere() -> Case:
    """Pages whose PA differs from the IPA in bits 20 to 12."""
    steps = (Map(0x35_5000, 0x482A_A000, 2 * PAGE, 1), Find(0x35_5123), Find(0x35_6FFF))
    return Stage2(STAGE2, SHAPE, steps, 1)


def _draw_active(rng: random.Random) -> list[Case]:
    return [Stage2(STAGE2, SHAPE, (Activate(vmid),), vmid) for vmid in (1, rng.randrange(2, 255),
                                                                        255)]


def _stage2_on(script: Script) -> None:
    mmu_on(script)
    script.about = "s2_init()"
    script.call("s2_init")


# VMs


@dataclass(frozen=True)
class Create:
    left: Optional[int] = None

    def __str__(self) -> str:
        return short_of(self.left, "vm_create()")


@dataclass(frozen=True)
class Destroy:
    id: int

    def __str__(self) -> str:
        return f"vm_destroy() of VM {self.id}"


@dataclass(frozen=True)
class StepCalls:
    """The calls that show the effect of a step."""

    call: Call
    vms: Call
    el2: Call
    free: Call
    tables: Optional[Call] = None  # of a VM that was created
    memory: Optional[Call] = None


@dataclass(frozen=True)
class Machine(Case):
    """Create and destroy VMs, and destroy all at the end."""

    steps: tuple[Create | Destroy, ...]

    def write(self, script: Script) -> Judge:
        script.about = "el2_pgtable()"
        el2 = script.call("el2_pgtable")
        layout = [script.call("contract_layout", vm) for vm in range(VM_MAX)]
        first = self.look(script, script.call("contract_vms"), el2)
        name = script.alloc(8, b"someone")
        seen = []
        for number, step in enumerate(self.steps):
            script.about = self.in_words(number)
            seen.append(self.create(script, step, el2, name) if isinstance(step, Create) else
                        self.look(script, script.call("contract_end", step.id), el2))
        for vm in range(VM_MAX):
            script.call("contract_end", vm)
        last = self.look(script, script.call("contract_vms"), el2)

        def judge(results: Results) -> str:
            places = [results[call].of_kind(log.EVENT)[0] for call in layout]
            expected = ExpectedVms(
                places, name, Model(EL2_SHAPE, mapped_in(dump_of(EL2_SHAPE, results[first.el2]))))
            expected.dump = dump_of(EL2_SHAPE, results[first.el2])
            expected.pages = results[first.free].x0 + len(expected.dump.tables)
            for number, (step, calls) in enumerate(zip(self.steps, seen)):
                words = expected.fault(step, calls, results)
                if words:
                    return f"{self.in_words(number)}: {words}"
            lost = expected.pages - results[last.free].x0 - len(dump_of(EL2_SHAPE,
                                                                        results[last.el2]).tables)
            return (f"{self.in_words(len(self.steps))}, then vm_destroy() of all: {lost} pages are"
                    " lost" if lost else "")

        return judge

    def create(self, script: Script, step: Create, el2: Call, name: int) -> StepCalls:
        if step.left is not None:
            script.call("contract_drain", step.left)
        vm = script.call("vm_create", name)
        if step.left is not None:
            script.call("contract_refill")
        return replace(
            self.look(script, vm, el2),
            tables=script.call("contract_vm_tables", vm),
            memory=script.call("contract_memory", vm, JUNK),
        )

    def look(self, script: Script, call: Call, el2: Call) -> StepCalls:
        vms, tables = script.call("contract_vms"), script.call("contract_tables", el2)
        return StepCalls(call, vms, tables, script.call("page_count_free"))

    def in_words(self, last: int) -> str:
        steps = [(what, len(list(same))) for what, same in groupby(self.steps[: last + 1])]
        return ", then ".join(f"{what}{f' {count} times' * (count > 1)}" for what, count in steps)

    def simpler(self) -> Iterable[Case]:
        count = len(self.steps)
        for part in (count // 2, count // 4):
            if part > 1:
                for at in range(0, count, part):
                    yield Machine(self.steps[:at] + self.steps[at + part :])
        if count > 1:
            for at in reversed(range(count)):
                yield Machine(self.steps[:at] + self.steps[at + 1 :])


@dataclass
class ExpectedVms:
    """The VMs that should exist, and EL2's table with them."""

    places: list[tuple[int, ...]]  # by id: slot and its size, mailbox and its size
    name: int
    model: Model
    dump: Optional[Dump] = None
    pages: int = 0
    vms: tuple[int, ...] = ()

    def fault(self, step: Create | Destroy, calls: StepCalls, results: Results) -> str:
        if isinstance(step, Create):
            words = self.created(step, calls, results)
        else:
            words = self.destroyed(step.id)
        seen = [event[0] for event in results[calls.vms].of_kind(log.EVENT)]
        if not words and seen != sorted(self.vms):
            words = f"VMs are {seen}, not {sorted(self.vms)}"
        self.dump = dump_of(EL2_SHAPE, results[calls.el2])
        differs = "" if words else self.model.fault(self.dump)
        return words or (f"in EL2's table, {differs}" if differs else "")

    def created(self, step: Create, calls: StepCalls, results: Results) -> str:
        vm = results[calls.call].x0
        free = [id for id in range(VM_MAX) if id not in self.vms]
        if not vm:
            short = step.left is not None and step.left < ENOUGH
            return "" if short or not free else "returns NULL"
        if not free or (step.left is not None and step.left < SHAPE.root_pages):
            return "returns a VM, not NULL"
        wanted = (free[0], free[0], free[0] + 1, self.name)
        made = [event for event in results[calls.vms].of_kind(log.EVENT) if event[0] == free[0]]
        if made != [wanted]:
            return f"makes no VM {free[0]} with id {free[0]}, VMID {free[0] + 1} and its name"
        self.vms += (free[0],)
        slot, size, mailbox, mailbox_size = self.places[free[0]]
        s2 = Model(SHAPE)
        for model, target, start, length, prot in (
            (self.model, EL2, slot, size, 1),
            (self.model, EL2, mailbox, mailbox_size, 1),
            (s2, STAGE2, slot, size, 3),
            (s2, STAGE2, mailbox, mailbox_size, 1),
        ):
            tabled = self.dump.tabled if model is self.model and self.dump else ()
            model.map(start, start, length, target.attributes[prot], tabled)
        assert calls.tables and calls.memory
        dirty = [(at, word) for at, word in results[calls.memory].of_kind(log.EVENT) if word]
        if dirty:
            return f"its memory at 0x{dirty[0][0]:x} holds 0x{dirty[0][1]:x}, not 0"
        return s2.fault(dump_of(SHAPE, results[calls.tables]))

    def destroyed(self, id: int) -> str:
        if id in self.vms:
            self.vms = tuple(vm for vm in self.vms if vm != id)
            slot, size, mailbox, mailbox_size = self.places[id]
            self.model.unmap(slot, size, ENOUGH)
            self.model.unmap(mailbox, mailbox_size, ENOUGH)
        return ""


def _draw_vms(rng: random.Random) -> list[Case]:
    """As many VMs as possible and one more; then some that are created and destroyed."""
    cases: list[Case] = [Machine((*[Create()] * (VM_MAX + 1), Destroy(5), Destroy(VM_MAX - 1),
                                  Create(), Create()))]
    for _ in range(3):
        steps: list[Create | Destroy] = [Create(), Create()]
        for _ in range(4):
            both: tuple[Create | Destroy, ...] = (Create(), Destroy(rng.randrange(3)))
            steps.append(rng.choice(both))
        cases.append(Machine(tuple(steps)))
    return cases


def _draw_few(rng: random.Random) -> list[Case]:
    return [Machine((Create(left), Create())) for left in (*range(8), ENOUGH)]


STAGE_2 = Contract("lab03.4.ranges", _draw_stage2, _stage2_on)
ACTIVE = Contract("lab03.5.active", _draw_active, _stage2_on)
VMS = Contract("lab03.5.vms", _draw_vms, _stage2_on)
FEW_PAGES = Contract("lab03.5.few_pages", _draw_few, _stage2_on)
EVERY_PROT = every_prot("lab03.2.every_prot", "contract_s2_attributes", STAGE2.attributes)
CONTROLS = written_whole("lab03.1.written", "contract_vtcr", "VTCR_EL2")
CONTRACTS = (CONTROLS, EVERY_PROT, STAGE_2, ACTIVE, VMS, FEW_PAGES)
