# SPDX-License-Identifier: MIT
"""Translation tables for people: EL2's stage 1 and each VM's stage 2, range by range.

Each range names who else has its memory mapped. While EL2's MMU is off, EL2's table is the one
that it has built so far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Optional

from ..model.page_tables import (
    BADDR, LAST_LEVEL, Leaf, Meaning, WalkError, el2_leaves, leaves, s2_leaves, size_at, stage1_el2,
    stage1_start_level, stage2,
)  # fmt: skip
from ..model.snapshot import Memory, State
from ..model.vms import Vm, vms

MMU_ON = 1  # SCTLR_EL2.M
STAGE_2_ON = 1  # HCR_EL2.VM
ROOT, INPUT_BITS = 8, 16  # offsets in struct pgtable
MANY = 200  # ranges of one table that are shown
Walk = Callable[[], list[Leaf]]
Decoder = Callable[[int], Meaning]
UNITS = ((30, "GiB"), (20, "MiB"), (10, "KiB"))


@dataclass(frozen=True)
class Stretch:
    """Consecutive leaves of one level and one kind."""

    start: int
    end: int  # after the last byte
    pa: int
    level: int
    meaning: Meaning

    @property
    def entries(self) -> str:
        """For example `2 blocks of 2 MiB`."""
        count = (self.end - self.start) // size_at(self.level)
        kind = "page" if self.level == LAST_LEVEL else "block"
        return f"{count} {kind}{'s' if count > 1 else ''} of {size(size_at(self.level))}"

    @property
    def memory(self) -> str:
        words = [self.meaning.memory]
        if self.meaning.memory == "normal" and not self.meaning.inner_shareable:
            words.append("not inner shareable")
        return ", ".join(words if self.meaning.accessed else [*words, "no access flag"])

    def overlaps(self, other: Stretch) -> bool:
        """True if both map some of the same physical memory."""
        return (
            self.pa < other.pa + other.end - other.start
            and other.pa < self.pa + self.end - self.start
        )


@dataclass(frozen=True)
class Table:
    """What one root table maps. `owner` is "EL2", "vm0", ..., or the register."""

    owner: str
    title: str
    root: int
    stretches: Sequence[Stretch] = ()
    left_out: int = 0  # stretches that are not shown
    error: str = ""  # why the walk ended

    def shared_with(self, stretch: Stretch, others: Iterable[Table]) -> list[str]:
        """Return who else has this memory mapped."""
        return [
            other.owner
            for other in others
            if other is not self and any(stretch.overlaps(s) for s in other.stretches)
        ]


def size(count: int) -> str:
    shift, unit = next(((s, u) for s, u in UNITS if count >> s), (0, "bytes"))
    return f"{count >> shift} {unit}"


def _stretches(found: Iterable[Leaf], meaning: Decoder) -> list[Stretch]:
    joined: list[tuple[Leaf, int]] = []  # the first leaf, and the end of the last
    last = None
    for leaf in found:
        if last and leaf.follows(last) and leaf.level == last.level:
            joined[-1] = (joined[-1][0], leaf.end)
        else:
            joined.append((leaf, leaf.end))
        last = leaf
    return [
        Stretch(first.start, end, first.pa, first.level, meaning(first.bits))
        for first, end in joined
    ]


def table(owner: str, title: str, root: int, walk: Walk, meaning: Decoder) -> Table:
    try:
        found = _stretches(walk(), meaning)
    except WalkError as error:
        return Table(owner, title, root, error=str(error))
    return Table(owner, title, root, found[:MANY], max(0, len(found) - MANY))


def tables(
    state: State, names: Mapping[str, int], known: Optional[Sequence[Vm]] = None
) -> list[Table]:
    """Return all tables at one checkpoint. `names` are the symbols of the image.

    `known` are the VMs, if not those of the labs' array.
    """
    found = vms(state.memory, names) if known is None else known
    return [*_el2_table(state, names), *_vm_tables(state, found)]


def _el2_table(state: State, names: Mapping[str, int]) -> Iterator[Table]:
    meaning = partial(stage1_el2, mair=state["MAIR_EL2"])
    if state["SCTLR_EL2"] & MMU_ON:
        walk = partial(el2_leaves, state)
        yield table("EL2", "EL2, stage 1", state["TTBR0_EL2"] & BADDR, walk, meaning)
    elif built := _built(state.memory, names):
        root, bits = built

        def built_leaves() -> list[Leaf]:
            return list(leaves(state.memory, root, stage1_start_level(bits), bits))

        yield table("EL2", "EL2, stage 1 as built so far: its MMU is off", root, built_leaves,
                    meaning)


def _built(memory: Memory, names: Mapping[str, int]) -> Optional[tuple[int, int]]:
    """Return root and input bits of EL2's struct pgtable, if pt_create() has filled it in."""
    if "el2_pt" not in names:
        return None
    root = memory.word(names["el2_pt"] + ROOT)
    bits = int.from_bytes(memory.read(names["el2_pt"] + INPUT_BITS, 4) or b"", "little")
    return (root, bits) if root and 12 < bits <= 48 else None


def _vm_tables(state: State, known: Sequence[Vm]) -> Iterator[Table]:
    """Stage 2 of each VM, and the table in VTTBR_EL2 if it belongs to no VM."""
    loaded = state["VTTBR_EL2"] if state["HCR_EL2"] & STAGE_2_ON else 0
    wanted = {vm.vttbr: (f"vm{vm.number}", f"vm{vm.number} {vm.name}") for vm in known}
    if loaded:
        wanted.setdefault(loaded, ("VTTBR_EL2", "the table in VTTBR_EL2, of no VM"))
    for vttbr, (owner, title) in wanted.items():
        vmid = f"VMID {vttbr >> 48}" if vttbr >> 48 else "no VMID yet"
        title += f", stage 2, {vmid}{', loaded' if vttbr == loaded else ''}"
        yield table(owner, title, vttbr & BADDR, partial(s2_leaves, state, vttbr), stage2)


def most_complete(states: Sequence[State], names: Mapping[str, int]) -> Optional[State]:
    """Return the last of the states with the most VMs; before there is one, with a table."""
    drawn = [state for state in states if state.memory.pieces
             and (state["SCTLR_EL2"] & MMU_ON or _built(state.memory, names))]
    return max(reversed(drawn), key=lambda s: (s["SCTLR_EL2"] & MMU_ON,
               len(vms(s.memory, names)))) if drawn else None
