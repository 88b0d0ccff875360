# SPDX-License-Identifier: MIT
"""What el2_map(), el2_unmap() and el2_remap_page() promise for EL2's own table in use."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Optional

from ...model.leaf_fields import ACCESS_FLAG, AP_1, AP_2, DEVICE, INNER_SHAREABLE, NORMAL, XN
from ...model.page_tables import LAST_LEVEL, PAGE
from ...qemu import call_script as log
from ...qemu.call_script import Argument, Call, Script
from ..contract import Case, Contract
from ..scripted_mmu import mmu_on
from ..table_model import BLOCK, E_INVALID, E_NOT_FOUND, Mapped, Shape, error_name
from ..table_steps import Map, Step, Table, TableCase, Target, Unmap, prot_name, short_of

REGION = 0x30_0000_0000  # nothing is mapped below and above it
REGION_SIZE = 8 * BLOCK
PAGES = 8  # of RAM, for windows on them
PAGES_AT = 0x4D00_0000  # the end of the log, which no script reaches
SHAPE = Shape(1, 1, 39)


def attributes(prot: int) -> int:
    """EL2's stage 1: AF, AP[1], AttrIndx 0 or 1, SH for memory, AP[2] unless W, XN unless X."""
    writable, executable, device = (prot >> bit & 1 for bit in range(3))
    fields = ACCESS_FLAG | AP_1 | (DEVICE if device else NORMAL | INNER_SHAREABLE)
    return fields | (0 if writable else AP_2) | (XN if device or not executable else 0)


EL2 = Target([attributes(prot) for prot in range(8)], "el2_map", "el2_unmap", of_many=False)


@dataclass(frozen=True)
class Remap(Step):
    va: int
    pa: int
    prot: int
    left: Optional[int] = None

    def in_words(self, target: Target) -> str:
        return short_of(self.left,
                        f"el2_remap_page(0x{self.va:x}, 0x{self.pa:x}, {prot_name(self.prot)})")

    def call(self, script: Script, target: Target, table: Argument) -> Call:
        return script.call("el2_remap_page", self.va, self.pa, self.prot)

    def fault(self, table: Table, free: int, result: log.Result) -> str:
        wanted = 0
        leaf = table.dump.leaf(self.va)
        if (self.va | self.pa) % PAGE or self.pa >> 48:
            wanted = E_INVALID
        elif not leaf or leaf.level != LAST_LEVEL:
            wanted = E_NOT_FOUND
        else:
            table.model.mapped[self.va] = Mapped(PAGE, self.pa, table.target.attributes[self.prot])
        return ("" if result.error == wanted
                else f"returns {error_name(result.error)}, not {error_name(wanted)}")

    def simpler(self) -> Iterator[Step]:
        if self.prot:
            yield replace(self, prot=0)


@dataclass(frozen=True)
class Look(Step):
    """EL2 reads an address, mapped to one of the pages or not mapped, through the MMU."""

    va: int
    left: Optional[int] = None

    def in_words(self, target: Target) -> str:
        return f"a read of 0x{self.va:x}"

    def call(self, script: Script, target: Target, table: Argument) -> Call:
        return script.call("contract_look", self.va)

    def fault(self, table: Table, free: int, result: log.Result) -> str:
        leaf = table.dump.leaf(self.va)
        pa = leaf.pa + self.va - leaf.start if leaf else None
        if pa is None:
            return "" if result.x1 else "still reaches the earlier mapping"
        if not PAGES_AT <= pa < PAGES_AT + PAGES * PAGE:
            return ""
        if result.x1:
            return f"faults, with ESR_EL2 0x{result.x0:x}, but it is mapped to 0x{pa:x}"
        return ("" if result.x0 == pa
                else f"shows page 0x{result.x0 - result.x0 % PAGE:x}, not 0x{pa - pa % PAGE:x}")


class Live(TableCase):
    """Windows in a region of EL2's table that nothing else uses."""

    def create(self, script: Script) -> tuple[Argument, Call]:
        script.about = "el2_pgtable()"
        table = script.call("el2_pgtable")
        return table, script.call("contract_pair", 0)

    def destroy(self, script: Script, table: Argument) -> None:
        script.call("el2_unmap", REGION, REGION_SIZE)

    def pages(self, script: Script) -> list[Call]:
        table = script.call("el2_pgtable")
        return [*super().pages(script), script.call("contract_tables", table)]


def _draw_live(rng: random.Random) -> list[Case]:
    return [Live(EL2, SHAPE, tuple(_draw_steps(rng))) for _ in range(14)]


def _draw_steps(rng: random.Random) -> Iterator[Step]:
    block = REGION + rng.randrange(1, 6) * BLOCK
    windows = [block + rng.choice((0, 511, 512, rng.randrange(1, 600))) * PAGE for _ in range(2)]
    pages = [PAGES_AT + page * PAGE for page in range(PAGES)]
    for va in windows:
        yield Map(va, rng.choice(pages), PAGE, rng.randrange(2))
        yield Look(va)
    if rng.random() < 0.4:
        yield Map(block + 2 * BLOCK, PAGES_AT - PAGES_AT % BLOCK, BLOCK, 1)
        windows.append(block + 2 * BLOCK + rng.randrange(8) * PAGE)
        yield Look(windows[-1])
    for _ in range(rng.randrange(2, 5)):
        va, pa = rng.choice(windows), rng.choice(pages)
        odd = rng.choice((1, 8, 0x800, PAGE - 1))
        yield rng.choice(
            (
                Remap(va, pa, rng.randrange(2)),
                Remap(va, pa, rng.randrange(2), rng.choice((0, 1))),
                Remap(va, pa | odd, rng.randrange(8)),
                Remap(va, pa | 1 << 48, rng.randrange(8)),
                Remap(va | odd, pa, rng.randrange(8)),
                Remap(rng.choice((va ^ 1 << 38, va + BLOCK, 1 << 39, (1 << 64) - PAGE)), pa, 0),
                Unmap(va, rng.choice((1, 2, 512)) * PAGE),
                Unmap(va, PAGE),
            )
        )
        yield Look(va)


def _windows_ready(script: Script) -> None:
    """Switch the MMU on, and store the address of each page at its start."""
    mmu_on(script)
    for page in range(PAGES):
        script.store(PAGES_AT + page * PAGE, PAGES_AT + page * PAGE)


LIVE = Contract("lab02.6.live", _draw_live, _windows_ready)
