# SPDX-License-Identifier: MIT
"""The order of changes to tables and of TLB maintenance, judged by the purpose of each barrier.

Arm ARM, "Using break-before-make when updating translation table entries", "Ordering and
completion of TLB maintenance instructions". The rules read stores to tables
(qemu/memory_effects.py):

- A new table's contents reach the walkers (DSB) before the entry that points to it is stored.
- A valid entry never directly becomes another valid one. Only the permission to write in stage 2
  may change, in a table that is entered; TLB maintenance follows as for an entry that becomes
  invalid.
- After an entry becomes invalid come DSB, a TLBI that covers its address, and DSB, before it is
  valid again, and an ISB before the function returns. In stage 2 the TLBI is one by IPA, then
  DSB, then one for all stage-1 entries; or one for the VMID; or one for all VMIDs.
- New entries reach the walkers (DSB) before the function returns.
- The pages of a stage-2 table are freed only when no TLB entry of its VMID is left.

Stronger instructions are right too, and so are those of given code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Optional

from ..model.leaf_fields import S2AP_WRITE
from ..model.page_tables import ADDRESS, IGNORED, PAGE, size_at
from ..qemu.call_script import Argument, Call, Results, Script
from ..qemu.memory_effects import STORE, Effect
from .table_model import Dump, Shape, dump_of, is_table

STORES = re.compile(r"dsb ((nsh|ish|osh)(st)?|st|sy)")  # waits for stores
LOCAL = re.compile(r"dsb (nsh|ish|osh|sy)")  # waits for a TLBI of this core
SHARED = re.compile(r"dsb (ish|osh|sy)")  # and for a broadcast TLBI
EL2_ALL, EL2_ONE = re.compile(r"tlbi alle2(is)?"), re.compile(r"tlbi va(l)?e2(is)?")
IPA = re.compile(r"tlbi ipas2(l)?e1(is)?")
STAGE_1 = re.compile(r"tlbi (vmalle1|vmalls12e1|alle1)(is)?")
BOTH_STAGES = re.compile(r"tlbi (vmalls12e1|alle1)(is)?")
EVERY_VMID = re.compile(r"tlbi alle1(is)?")
OPERAND = (1 << 44) - 1  # of a TLBI by VA
IPA_OPERAND = (1 << 36) - 1
RETURN = "record()"  # of the driver, with kind 0, after each call
VMID_SHIFT, VMID_MASK = 48, 0xFF


@dataclass(frozen=True)
class TableInTree:
    """A table in the tree of its regime: the address of its first entry, and its level."""

    start: int
    level: int
    vmid: Optional[int]  # of a stage-2 table


def _tables_in_trees(dumps: Iterable[tuple[Dump, Optional[int]]]) -> dict[int, TableInTree]:
    """Return every page of the tables in these dumps, with its VMID if it is of stage 2."""
    found: dict[int, TableInTree] = {}

    def add(dump: Dump, at: int, here: TableInTree) -> None:
        pages = dump.shape.root_pages if at == dump.root else 1
        for page in range(pages):
            found[at + page * PAGE] = TableInTree(here.start + page * 512 * size_at(here.level),
                                                  here.level, here.vmid)
        for index, entry in dump.tables[at].items():
            below = entry & ADDRESS
            if is_table(entry, here.level) and below in dump.tables:
                add(dump, below, TableInTree(here.start + index * size_at(here.level),
                                             here.level + 1, here.vmid))

    for dump, vmid in dumps:
        add(dump, dump.root, TableInTree(0, dump.shape.start_level, vmid))
    return found


@dataclass
class Broken:
    """An entry that became invalid, and how far its invalidation has come."""

    start: int
    end: int
    vmid: Optional[int]
    how: str = "is unmapped"  # or is valid with another permission
    stored: bool = False  # a DSB has waited for the store
    stage2: str = ""  # the TLBI by IPA
    stage2_done: bool = False
    tlbi: str = ""  # the TLBI that removes all its TLB entries
    done: bool = False
    fetched: bool = False  # an ISB followed
    stray: str = ""  # a TLBI that does not cover it

    @property
    def name(self) -> str:
        return f"{'IPA' if self.vmid is not None else 'VA'} 0x{self.start:x}"

    def missing(self) -> str:
        """The first step that is missing."""
        if self.tlbi:
            if not self.done:
                return f"no DSB waits for {self.tlbi.upper()}"
            return "" if self.fetched else f"no ISB follows {self.tlbi.upper()} and its DSB"
        if self.stage2:
            return f"no TLBI VMALLE1IS follows {self.stage2.upper()}"
        if self.stray:
            return self.stray
        return "no TLBI of it follows" if self.stored else "neither DSB nor TLBI follows"


def _access(entry: int) -> str:
    return "writable" if entry & S2AP_WRITE else "read-only"


def _is_complete(dsb: str, tlbi: str) -> bool:
    return bool((SHARED if tlbi.endswith("is") else LOCAL).fullmatch(dsb))


@dataclass
class TableRules:
    """The rules, applied to the effects of a script one by one."""

    tables: dict[int, TableInTree]
    entries: dict[int, int] = field(default_factory=dict)
    entered: set[int] = field(default_factory=set)  # pages of tables that an entry points to
    broken: dict[int, Broken] = field(default_factory=dict)
    # pages of tables with stores that no DSB has waited for
    unseen: set[int] = field(default_factory=set)
    fresh: bool = False  # page_alloc() has zeroed a page, and no DSB followed
    made: int = 0  # an entry that was made valid, and no DSB followed
    vmid: int = 0
    # VMIDs: the TLBI, or "" once it is complete
    forgotten: dict[int, str] = field(default_factory=dict)
    calls: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)

    def fault(self, words: str) -> None:
        self.faults.append((self.calls, words))

    def run(self, effects: Sequence[Effect]) -> list[tuple[int, str]]:
        """Return each fault with the number of the script's call in which it happened."""
        for effect in effects:
            name = effect.name
            if name == STORE:
                self.store(effect)
            elif name.startswith("dsb "):
                self.dsb(name)
            elif name == "isb":
                for one in self.broken.values():
                    one.fetched = one.done
            elif name.startswith("tlbi "):
                self.tlbi(name, effect.value)
            elif name == "msr vttbr_el2":
                self.vmid = effect.value >> VMID_SHIFT & VMID_MASK
            elif name == "page_alloc()":
                self.fresh = True
            elif name == "page_free()":
                self.page_free(effect.value)
            elif name == RETURN and effect.value == 0:
                self.returned()
        return self.faults

    def store(self, effect: Effect) -> None:
        page = self.tables.get(effect.address - effect.address % PAGE)
        if not page or effect.size != 8:
            return
        at, new = effect.address, effect.value
        start = page.start + at % PAGE // 8 * size_at(page.level)
        old = self.entries.get(at, 0)
        self.entries[at] = new
        if new & 1:
            self.check_new(at, start, old, new, page)
        elif old & 1:
            self.broken[at] = Broken(start, start + size_at(page.level), page.vmid)
        self.unseen.add(at - at % PAGE)
        if page.vmid is not None:
            self.forgotten.pop(page.vmid, None)

    def check_new(self, at: int, start: int, old: int, new: int, page: TableInTree) -> None:
        differs = (old ^ new) & ~IGNORED if old & 1 else 0
        if page.vmid is not None and differs == S2AP_WRITE:
            if at - at % PAGE in self.entered:
                self.broken[at] = Broken(start, start + size_at(page.level), page.vmid,
                                         f"is made {_access(new)}")
            return
        if differs:
            self.fault(f"the entry of 0x{start:x} goes from 0x{old:x} to 0x{new:x}, both valid,"
                       " without a break")
        below = new & ADDRESS
        if is_table(new,
                    page.level) and below in self.tables and (self.fresh or below in self.unseen):
            self.fault(f"the table for 0x{start:x} is entered with no DSB after the stores to it")
        if is_table(new, page.level):
            self.entered.add(below)
        broken = self.broken.pop(at, None)
        if broken and not broken.done:
            self.fault(f"{broken.name} is made valid again, but {broken.missing()}")
        self.made = self.made or start or 1

    def dsb(self, name: str) -> None:
        if STORES.fullmatch(name):
            self.unseen.clear()
            self.fresh, self.made = False, 0
        for one in self.broken.values():
            one.stored = one.stored or bool(STORES.fullmatch(name))
            one.stage2_done = one.stage2_done or bool(one.stage2 and _is_complete(name, one.stage2))
            one.done = one.done or bool(one.tlbi and _is_complete(name, one.tlbi))
        for vmid, tlbi in self.forgotten.items():
            if tlbi and _is_complete(name, tlbi):
                self.forgotten[vmid] = ""

    def tlbi(self, name: str, operand: int) -> None:
        if BOTH_STAGES.fullmatch(name):
            every = EVERY_VMID.fullmatch(name)
            vmids = {one.vmid for one in self.tables.values()} if every else {self.vmid}
            self.forgotten.update({vmid: name for vmid in vmids if vmid is not None})
        for one in self.broken.values():
            if one.tlbi:
                continue
            if one.vmid is None:
                self.tlbi_of_el2(one, name, operand)
            else:
                self.tlbi_of_stage2(one, name, operand)

    def tlbi_of_el2(self, one: Broken, name: str, operand: int) -> None:
        by_address = EL2_ONE.fullmatch(name)
        if by_address and not one.start <= (operand & OPERAND) << 12 < one.end:
            one.stray = f"{name.upper()} has operand 0x{operand:x}, not 0x{one.start >> 12:x}"
        elif by_address or EL2_ALL.fullmatch(name):
            self.take(one, name)

    def tlbi_of_stage2(self, one: Broken, name: str, operand: int) -> None:
        if not EVERY_VMID.fullmatch(name) and self.vmid != one.vmid:
            one.stray = (
                f"{name.upper()} is executed with VMID {self.vmid} in VTTBR_EL2, not {one.vmid}")
        elif BOTH_STAGES.fullmatch(name):
            self.take(one, name)
        elif IPA.fullmatch(name):
            if not one.start <= (operand & IPA_OPERAND) << 12 < one.end:
                one.stray = f"{name.upper()} has operand 0x{operand:x}, not 0x{one.start >> 12:x}"
                return
            self.must_be_stored(one, name)
            one.stage2 = name
        elif STAGE_1.fullmatch(name) and one.stage2:
            if not one.stage2_done:
                self.fault(f"{name.upper()} follows {one.stage2.upper()} of {one.name} with no DSB"
                           " between")
            self.take(one, name)
        elif STAGE_1.fullmatch(name):
            one.stray = one.stray or f"{name.upper()} comes with no TLBI IPAS2E1IS before it"

    def take(self, one: Broken, name: str) -> None:
        self.must_be_stored(one, name)
        one.tlbi = name

    def must_be_stored(self, one: Broken, name: str) -> None:
        if not one.stored:
            self.fault(f"{name.upper()} of {one.name} has no DSB before it that waits for the store"
                       " to its entry")

    def page_free(self, page: int) -> None:
        table = self.tables.get(page)
        if table and table.vmid is not None and self.forgotten.get(table.vmid) != "":
            what = "the DSB after TLBI" if table.vmid in self.forgotten else "a TLBI"
            self.fault(f"a table of VMID {table.vmid} is freed before {what} VMALLS12E1IS: walks"
                       " may still start from it")
        if table:
            self.entered.discard(page)
            for at in range(page, page + PAGE, 8):
                self.entries.pop(at, None)
                self.broken.pop(at, None)

    def returned(self) -> None:
        """A call of the script has returned."""
        for one in self.broken.values():
            if one.missing():
                self.fault(f"{one.name} {one.how}, but {one.missing()}")
        self.broken = {at: one for at, one in self.broken.items() if not one.missing()}
        if self.made:
            self.fault("with no DSB for the stores to the table on return")
            self.made = 0
        self.calls += 1


class Parts:
    """Parts of a script, one for each check, and the tables that they change."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.also = ("contract_invalidate",)  # given functions whose effects count like a student's
        self.entries = ("page_alloc", "page_free", RETURN.removesuffix("()"))
        self.parts: list[tuple[str, int]] = []  # each with the number of calls up to its end
        self.tables: list[tuple[Call, Shape, Optional[int]]] = []

    def table(self, pointer: Argument, shape: Shape, vmid: Optional[int] = None) -> None:
        """Record a table when it has all tables that the script creates."""
        self.tables.append((self.script.call("contract_tables", pointer), shape, vmid))

    def end(self, name: str) -> None:
        self.parts.append((name, len(self.script.calls)))

    def judge(self, results: Results, effects: Sequence[Effect]) -> dict[str, str]:
        """Return the first fault of each part that ended or stopped, without later parts."""
        count = len(results.returned)
        dumps = [(dump_of(shape, results[call]), vmid) for call, shape,
                 vmid in self.tables if call.number < count]
        found = TableRules(_tables_in_trees(dumps)).run(effects)
        verdicts, start = {}, 0
        for name, end in self.parts:
            words = [f"{self.script.abouts[call]}: {text}"
                     for call, text in found if start <= call < end]
            if count < end:
                if "[todo] " not in results.run.text:
                    verdicts[name] = f"{self.script.abouts[count]}: {results.stopped}"
                break
            verdicts[name] = words[0] if words else ""
            start = end
        return verdicts


def change(script: Script, changes: Sequence[tuple], *first: Argument) -> None:
    """Write calls, each with its own description."""
    for name, *arguments in changes:
        words = ", ".join(f"0x{argument:x}" for argument in arguments)
        script.about = f"{name}({words})"
        script.call(name, *first, *arguments)
