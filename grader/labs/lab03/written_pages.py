# SPDX-License-Identifier: MIT
"""A log of the pages that VMs wrote, as dirty_log.h promises it, and steps on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Optional

from ...model.layout import header
from ...model.leaf_fields import S2AP_WRITE
from ...model.page_tables import ADDRESS, IGNORED, PAGE, WalkError
from ...qemu.call_script import WORDS, Call, Result, Script
from ..table_model import BLOCK, Dump
from .contracts import attributes

PAGES, GUARD = 1024, 4  # of the build: open_task.py
MANY_PAGES = 2100  # of VM 0 in the other build: no multiple of a block
MAILBOX, OUTSIDE = -1, -2  # as numbers of pages, next to those of the slot
SOFTWARE = 0xF << 55  # bits of a leaf
OUTSIDE_AT = 1 << 39
# What is not the VM's, as numbers of pages from page 0: the guard, the next VM, what no table maps.
STRANGE = (PAGES + 2, PAGES + GUARD + 3, (1 << 28) + 3, (1 << 36) + 3)
W, X = 1, 2  # PROT_W, PROT_X
OFFSET = 0x888  # in a page, of what EL1 accesses
ENOUGH = 3000  # more than a VM has pages
SIZE_MAX = (1 << 64) - 1
DONE, REPEATED, REFUSED, FAULTS_AGAIN = range(4)  # enum access of the driver
ACCESSES = {DONE: "is done without a fault", REPEATED: "faults, dirty_log_fault() returns true",
            REFUSED: "faults, dirty_log_fault() returns false",
            FAULTS_AGAIN: "faults again after dirty_log_fault() has returned true"}  # fmt: skip


def ipa_of(vm: int, page: int) -> int:
    if page == MAILBOX:
        return header()["MAILBOX_BASE"] + vm * 2 * PAGE
    if page == OUTSIDE:
        return OUTSIDE_AT
    return header()["GUEST_WINDOW_BASE"] + (vm * (PAGES + GUARD) + page) * PAGE


def name_of(vm: int, page: int) -> str:
    if page in STRANGE:
        return f"0x{ipa_of(vm, page):x}"
    if page in (MAILBOX, OUTSIDE):
        return f"VM {vm}'s mailbox" if page == MAILBOX else f"a page outside of VM {vm}'s slot"
    return f"page {page} of VM {vm}"


def blocks_of(vm: int) -> int:
    start, end = ipa_of(vm, 0), ipa_of(vm, 0) + PAGES * PAGE
    return end // BLOCK - -(-start // BLOCK)


@dataclass(frozen=True)
class Step:
    """A call of the log, or an access of EL1: "write" or "read"."""

    what: str
    vm: int
    page: int = 0
    number: int = -1  # the most pages to collect, or pages left in the pool at a start

    def __str__(self) -> str:
        if self.what in ("write", "read"):
            return f"a {self.what} of {name_of(self.vm, self.page)}"
        left = f" with {self.number} pages left in the pool" if self.number >= 0 else ""
        return {
            "start": f"start(VM {self.vm}){left}",
            "stop": f"stop(VM {self.vm})",
            "collect": f"collect(VM {self.vm}, max"
                       f" {'SIZE_MAX' if self.number == SIZE_MAX else self.number})",
            "fault": f"fault(VM {self.vm}, {name_of(self.vm, self.page)})",
        }[self.what]

    def call(self, script: Script, vm: Call) -> Call:
        ipa = ipa_of(self.vm, self.page) + OFFSET
        if self.what == "start":
            script.call("contract_refill")
            if self.number >= 0:
                script.call("contract_drain", self.number)
            return script.call("dirty_log_start", vm)
        if self.what == "collect":
            return script.call("contract_collect", vm, self.number)
        if self.what == "stop":
            return script.call("dirty_log_stop", vm)
        return script.call({"write": "contract_write", "read": "contract_reads",
                            "fault": "dirty_log_fault"}[self.what], vm, ipa)


@dataclass(frozen=True)
class Mapping:
    """Pages of a VM that are mapped in another way before the log starts. None: unmapped."""

    vm: int
    page: int
    count: int
    prot: Optional[int]


@dataclass
class Vm:
    """A VM as it should be: the permissions of its pages, and its log."""

    id: int
    pages: int = PAGES
    on: bool = False
    written: set[int] = field(default_factory=set)
    prots: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self.prots = {**dict.fromkeys(range(self.pages), W | X), MAILBOX: W}

    def is_logged(self, page: int) -> bool:
        """True if a write to the page is a fault that the log causes."""
        return (self.on and page not in self.written and page != OUTSIDE
                and bool(self.prots.get(page, 0) & W))

    def write(self, page: int, result: Result) -> str:
        wanted = REPEATED if self.is_logged(page) else DONE
        if not self.prots[page] & W:
            wanted = REFUSED
        if wanted == REPEATED:
            self.written.add(page)
        seen = ACCESSES.get(result.x0, f"is an exception with ESR_EL2 0x{result.x1:x}")
        return "" if result.x0 == wanted else f"{seen}; expected: it {ACCESSES[wanted]}"

    def fault(self, page: int, result: Result) -> str:
        wanted, seen = self.is_logged(page), bool(result.x0 & 0xFF)
        if wanted:
            self.written.add(page)
        return "" if seen == wanted else f"returns {seen}, not {wanted}".lower()

    def collect(self, most: int, result: Result) -> str:
        count, stored = result.x0, result.of_kind(WORDS)[0]
        names = {ipa_of(self.id, page): page for page in (MAILBOX, *range(self.pages))}
        wanted = sorted(self.written, key=lambda page: ipa_of(self.id, page))[:most]
        if count != len(wanted):
            return f"returns {count}, not {len(wanted)}: {self.listed(wanted)}"
        for at, page in enumerate(wanted):
            if names.get(stored[at]) != page:
                return (f"stores 0x{stored[at]:x} as number {at + 1}, not"
                        f" 0x{ipa_of(self.id, page):x}, {name_of(self.id, page)}")
        if stored[count:] != ((1 << 64) - 1,):
            return f"stores more than the {count} IPAs that it returns"
        self.written -= set(wanted)
        return ""

    def listed(self, pages: Sequence[int]) -> str:
        names = [name_of(self.id, page) for page in pages[:4]] + ["more"] * (len(pages) > 4)
        return f"written: {', '.join(names) or 'none'}"

    def table_fault(self, dump: Dump) -> str:
        """Where the machine's table differs."""
        try:
            found = {at: (leaf.pa + at - leaf.start, leaf.bits) for leaf in dump.leaves
                     for at in range(leaf.start, leaf.end, PAGE)}
        except WalkError as error:
            return str(error)
        for page, prot in self.prots.items():
            bits = attributes(prot) & ~(S2AP_WRITE if self.is_logged(page) else 0)
            at = ipa_of(self.id, page)
            pa, seen = found.pop(at, (0, 0))
            if seen != bits or pa != (ipa_of(self.id, 1) if page == OUTSIDE else at):
                what = f"maps 0x{pa:x} with attributes 0x{seen:x}" if seen else "is not mapped"
                return f"{name_of(self.id, page)} {what}; expected: attributes 0x{bits:x}"
        if found:
            return f"0x{min(found):x} is mapped, but was not"
        # Of the bits above the fields of a leaf.
        odd = next((entry for entries in dump.tables.values() for entry in entries.values()
                    if entry & 1 and entry & IGNORED & ~SOFTWARE), None)
        return "" if odd is None else (f"0x{odd & ADDRESS:x} is mapped by 0x{odd:x}; expected: bits"
                                       " 62 to 59 as before, only 58 to 55 are for software")
