# SPDX-License-Identifier: MIT
"""Exits of the guest beyond/guests/costs/, instruction by instruction, and whose instructions.

An instruction belongs to the function that it was inlined from, and to the chapter of beyond/ or
the lab that has its file. Helpers of common/ belong to those who use them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..core.kit import KIT, GraderError
from ..core.process import Nursery
from ..model.elf import symbols
from ..qemu.boot import qemu
from ..qemu.gdbstub import Gone
from ..qemu.single_steps import Steps, stepping
from .components import Place, sources
from .costs import compiler_of

VECTOR_IRQ = 0x480  # Arm ARM, "Exception vectors": IRQ from a lower EL that uses AArch64
IRQS_AT_MOST = 20  # before the guest's timer
# The exit after the mark to count: in a loop the third, when all is warm; else the only one.
ONLY_ONE = ("cpu on", "sgi to another")
CHAPTERS = ("calls", "cores", "devices", "interrupts", "memory", "systems")


@dataclass(frozen=True)
class Exit:
    """EL2's instructions of an exit, each with its chapter and function."""

    pcs: Sequence[int]
    owners: Mapping[int, tuple[str, str]]

    def of_chapters(self) -> Counter[str]:
        return Counter(self.owners[pc][0] for pc in self.pcs)

    def of_functions(self) -> Counter[tuple[str, str]]:
        return Counter(self.owners[pc] for pc in self.pcs)


def exits(argv: Sequence[str], image: Path, guest: Path, folder: Path,
          names: Collection[str]) -> dict[str, Exit]:
    """The exits of these names that the guest marks; of several with one name the last."""
    mark = symbols(guest.read_bytes())["cost_begins"]
    el2 = symbols(image.read_bytes())

    def look(steps: Steps) -> dict[str, list[int]]:
        found = {}
        try:
            while True:
                steps.run_to(mark)
                name = steps.text(steps.register(0))
                if name not in names:
                    continue
                found[name] = _timer(steps, el2) if name == "timer" else _exit(steps, name)
        except Gone:
            return found

    stays = stepping([qemu(), *argv], folder, look)
    pcs = sorted({pc for stay in stays.values() for pc in stay})
    places = sources(image, pcs, compiler_of(image).startswith("clang"), Nursery())
    owners = {pc: owner(places[pc]) for pc in pcs}
    return {name: Exit(stay, owners) for name, stay in stays.items()}


def _exit(steps: Steps, name: str) -> list[int]:
    for _ in range(0 if name in ONLY_ONE else 2):
        steps.next_stay()
    return steps.next_stay()


def _timer(steps: Steps, el2: Mapping[str, int]) -> list[int]:
    """The first interrupt that EL2 makes the guest's timer interrupt of."""
    for _ in range(IRQS_AT_MOST):
        steps.run_to(el2["guest_vectors"] + VECTOR_IRQ)
        stay = steps.next_stay()
        if el2["vgic_timer"] in stay:
            return stay
    raise GraderError("the guest's timer interrupt does not come")


@lru_cache(maxsize=1)
def chapters() -> dict[str, str]:
    """The chapter of each source file, or "labs"."""
    found = {path.name: "labs" for path in KIT.glob("lab0*/*.[chS]")}
    found |= {path.name: chapter for chapter in CHAPTERS
              for path in (KIT / "beyond" / chapter).glob("*.[chS]")}  # fmt: skip
    return found


def owner(places: Sequence[Place]) -> tuple[str, str]:
    """Chapter and function of an instruction: the innermost that is in a chapter or a lab."""
    for place in places:
        if chapter := chapters().get(place.file):
            return chapter, place.function
    return "other", places[-1].function if places else "?"


def by_chapter(found: Mapping[str, Exit], titles: Mapping[str, str]) -> list[list[str]]:
    """A row for each exit, with EL2's instructions by chapter."""
    counts = {name: it.of_chapters() for name, it in found.items()}
    used = [name for name in ("labs", *CHAPTERS, "other") if any(c[name] for c in counts.values())]
    rows = [["one exit, in EL2", *used, "total"]]
    for name, count in counts.items():
        cells = [str(count[chapter] or "") for chapter in used]
        rows.append([titles[name], *cells, str(sum(count.values()))])
    return rows


def by_function(found: Mapping[str, Exit], titles: Mapping[str, str]) -> list[list[str]]:
    rows = [["one exit, by function", ""]]
    for name, it in found.items():
        rows.append([titles[name], str(len(it.pcs))])
        rows += [[f"  {function}, {chapter}", str(count)]
                 for (chapter, function), count in it.of_functions().most_common()]  # fmt: skip
    return rows
