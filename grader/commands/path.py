# SPDX-License-Identifier: MIT
"""make path EXIT=e: the calls of one exit of a guest in order, with file, line and instructions.

QEMU executes a stage up to the first exit of that kind, and then one instruction at a time, until
a guest runs again. A function that the compiler has inlined is shown like any other.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..core.kit import KIT, GraderError
from ..core.process import Nursery
from ..core.scratch_folder import scratch
from ..model.elf import EXECUTE, functions, segments, symbols
from ..model.function_names import function_at
from ..model.syndrome import DABT_LOWER, HVC64, WFX
from ..qemu.boot import machine_flags, qemu
from ..qemu.gdbstub import Gone
from ..qemu.single_steps import Steps, stepping
from .components import Place, sources
from .costs import compiler_of
from .exceptions import Programs
from .stage import Stage, command

# Arm ARM, "Exception vectors": from a lower level that uses AArch64, synchronous and IRQ.
SYNC, IRQ = 0x400, 0x480
EXITS_AT_MOST = 3000  # until the one that is looked for
MOST = 40  # exits whose instructions are looked at
ESR = "ESR_EL2"
RET, BL, BLR = 0xD65F_0000, 0x9400_0000, 0xD63F_0000
MARGIN = 44  # columns of a function's name


@dataclass(frozen=True)
class Kind:
    """A kind of exit: its vector, its exception class, and a function that it must reach."""

    title: str
    vector: int
    ec: int = -1
    reaches: str = ""
    first_lab: int = 4


KINDS = {
    "hvc": Kind("a hypercall", SYNC, HVC64),
    "mmio": Kind("an access to the emulated UART", SYNC, DABT_LOWER),
    "irq": Kind("the guest's timer interrupt, which EL2 makes pending", IRQ,
                reaches="vgic_timer", first_lab=5),
    "wfi": Kind("a WFI, which puts the vCPU to sleep", SYNC, WFX, first_lab=5),
    "switch": Kind("the end of a time slice, and a switch to another vCPU", IRQ,
                   reaches="context_switch", first_lab=5),
}  # fmt: skip


@dataclass
class Call:
    """A function while it runs: where it began, and what it did in order."""

    function: str
    place: str
    is_inlined: bool = False
    own: int = 0
    calls: list[Call] = field(default_factory=list)

    @property
    def instructions(self) -> int:
        return self.own + sum(call.instructions for call in self.calls)

    def lines(self, depth: int = 0) -> Iterator[str]:
        name = f"{'  ' * depth}{self.function}"
        yield f"{self.instructions:6}  {name:{MARGIN}}  {self.place}".rstrip()
        for call in self.calls:
            yield from call.lines(depth + 1)


@dataclass(frozen=True)
class Recorded:
    """An exit: the guest's place before it and after it, and EL2's instructions."""

    before: int
    after: int
    pcs: Sequence[int]


def recorded(image: Path, kind: Kind, folder: Path) -> Recorded:
    """Execute a stage up to the first exit of a kind, and record it."""
    known = symbols(image.read_bytes())
    vectors = known["guest_vectors"]
    reaches = range_of(image, kind.reaches) if kind.reaches else None

    def look(steps: Steps) -> Recorded:
        try:
            return search(steps)
        except Gone:
            raise GraderError(f"the stage ended before {kind.title} came") from None

    def search(steps: Steps) -> Recorded:
        elr, esr = steps.number_of("ELR_EL2"), steps.number_of(ESR)
        looked_at = 0
        for _ in range(EXITS_AT_MOST):
            steps.run_to(vectors + kind.vector)
            if kind.ec >= 0 and steps.register(esr) >> 26 & 63 != kind.ec:
                continue
            before = steps.register(elr)
            pcs = steps.next_stay()
            if not reaches or any(pc in reaches for pc in pcs):
                return Recorded(before, steps.pc, pcs)
            looked_at += 1
            if looked_at == MOST:
                break
        raise GraderError(f"{kind.title} does not come in the first exits")

    argv = [qemu(), *(word if word != "stdio" else "null" for word in machine_flags()),
            "-icount", "shift=3,sleep=on", "-kernel", str(image)]  # fmt: skip
    return stepping(argv, folder, look)


def range_of(image: Path, name: str) -> range:
    found = next((range(at, at + size) for each, at, size in functions(image.read_bytes())
                  if each == name), None)
    if not found:
        raise GraderError(f"the stage has no function {name}()")
    return found


def tree_of(pcs: Sequence[int], words: Callable[[int], int], names: Callable[[int], str],
            places: Mapping[int, Sequence[Place]]) -> list[Call]:
    """Return the calls of an exit in order. A return to a caller that was not seen starts anew.

    `names` gives the linked function of an address, and `places` the functions that were inlined
    there, the innermost first.
    """
    top = Call("", "")
    linked: list[tuple[str, Call]] = []  # functions that are running
    inner: list[tuple[str, Call]] = []  # those inlined into the last of them
    last = 0
    for pc in pcs:
        name = names(pc)
        if not linked or name != linked[-1][0] or is_call(words(last)) and pc != last + 4:
            linked = entered(linked, name, words(last) if last else 0)
            if not linked or linked[-1][0] != name:
                parent = linked[-1][1] if linked else top
                linked.append((name, begun(parent, name, places[pc][-1:])))
            inner = []
        chain = [place for place in reversed(places[pc][:-1])]
        kept = 0
        while (kept < min(len(inner), len(chain)) and inner[kept][0] == chain[kept].function):
            kept += 1
        inner = inner[:kept]
        for place in chain[kept:]:
            parent = inner[-1][1] if inner else linked[-1][1]
            call = begun(parent, place.function, [place])
            call.is_inlined = True
            inner.append((place.function, call))
        (inner[-1][1] if inner else linked[-1][1]).own += 1
        last = pc
    return top.calls


def entered(linked: list[tuple[str, Call]], name: str, word: int) -> list[tuple[str, Call]]:
    """Return the running functions after an instruction that led to function `name`."""
    if is_call(word):
        return linked
    names = [each for each, _ in linked]
    if name in names:  # a return
        return linked[: len(names) - names[::-1].index(name)]
    if word & 0xFFFF_FC1F == RET:  # to a caller of before the exit
        return []
    return linked[:-1]  # a jump at the end of a function


def is_call(word: int) -> bool:
    return word & 0xFC00_0000 == BL or word & 0xFFFF_FC1F == BLR


def begun(parent: Call, name: str, places: Sequence[Place]) -> Call:
    where = ""
    if places and places[0].line:
        path = Path(places[0].path)
        inside = path.relative_to(KIT) if KIT in path.parents else path
        where = f"{inside}:{places[0].line}"
    parent.calls.append(Call(name, where))
    return parent.calls[-1]


def simplified(call: Call, helpers: bool) -> Call:
    """Count helpers of common/include for those who use them, unless they are wanted.

    The compiler mixes the instructions of inlined functions, so those of one name are added up.
    """
    kept: list[Call] = []
    for each in call.calls:
        each = simplified(each, helpers)
        if each.is_inlined and each.place.startswith("common/include/") and not helpers:
            call.own += each.own
            kept += each.calls
        elif same := next((one for one in kept if each.is_inlined and one.is_inlined
                           and one.function == each.function), None):
            same.own += each.own
            same.calls += each.calls
            simplified(same, helpers)
        else:
            kept.append(each)
    call.calls = kept
    return call


def text(kind: Kind, found: Recorded, calls: Sequence[Call], programs: Programs) -> Iterator[str]:
    total = sum(call.instructions for call in calls)
    yield f"{kind.title[0].upper()}{kind.title[1:]}: {total} instructions of EL2."
    at = found.before - 4 * (kind.ec == HVC64)  # an HVC's ELR is the next instruction
    yield f"From {programs.place(at)}, at 0x{at:x}."
    yield ""
    for call in calls:
        yield from call.lines()
    yield ""
    yield f"To {programs.place(found.after)}, at 0x{found.after:x}."


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make path", description=__doc__)
    parser.add_argument("image", type=Path)
    parser.add_argument("--exit", default="")
    parser.add_argument("--helpers", action="store_true", help="show helpers of common/include too")
    options = parser.parse_args(arguments)
    kind = KINDS.get(options.exit)
    if not kind:
        asked = f"EXIT={options.exit}" if options.exit else "which exit?"
        raise GraderError(f"{asked}: EXIT= is one of {', '.join(KINDS)}")
    image, stage = options.image, Stage(options.image)
    if stage.lab < kind.first_lab:
        raise GraderError(f"EXIT={options.exit}: there is none before stage {kind.first_lab}: "
                          f"LAB={kind.first_lab} or more")
    with scratch() as folder:
        found = recorded(image, kind, Path(folder))
    pcs = sorted(set(found.pcs))
    places = sources(image, pcs, compiler_of(image).startswith("clang"), Nursery())
    calls = tree_of(found.pcs, words_of(image),
                    lambda pc: function_at(image, pc).partition("+")[0], places)
    shown = [simplified(call, options.helpers) for call in calls]
    print("\n".join(text(kind, found, shown, Programs(stage))))
    return 0


def words_of(image: Path) -> Callable[[int], int]:
    """Return a function that gives the instruction at an address of EL2."""
    data = image.read_bytes()
    code = next(part for part in segments(data) if part.flags & EXECUTE)

    def word(pc: int) -> int:
        at = pc - code.address + code.offset
        return int.from_bytes(data[at : at + 4], "little") if pc else 0

    return word



if __name__ == "__main__":
    sys.exit(command("path", main))
