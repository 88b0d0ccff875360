# SPDX-License-Identifier: MIT
"""make path EXIT=e: the calls of one exit of a guest in order, with file, line and instructions.

QEMU logs what EL2 executes until the first exit of that kind has ended. A function that the
compiler has inlined is shown like any other.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from ..core.kit import KIT, GraderError
from ..core.process import Limits, Nursery
from ..model.elf import EXECUTE, functions, segments, symbols
from ..model.function_names import function_at
from ..model.syndrome import DABT_LOWER, HVC64, WFX, Syndrome
from ..qemu.boot import machine_flags, qemu
from ..qemu.exception_log import Return, Taken, events
from ..qemu.instruction_log import executed, one_insn_per_block
from .components import Place, sources
from .costs import compiler_of
from .exceptions import Programs
from .stage import Stage, command

# Arm ARM, "Exception vectors": from a lower level that uses AArch64, synchronous and IRQ.
SYNC, IRQ = 0x400, 0x480
VECTOR = 0x780  # bits of a vector's address
ANY = -1
ENTERED_GUEST = b"Exception return from AArch64 EL2 to AArch64 EL1"
FEW = 100  # bytes: more than such a line has
LIMITS = Limits(cpu_seconds=60, wall_seconds=120)
RET, BL, BLR = 0xD65F_0000, 0x9400_0000, 0xD63F_0000
MARGIN = 34  # columns of a function's name


@dataclass(frozen=True)
class Kind:
    """A kind of exit: its vector, its exception class, and a function that it must reach."""

    title: str
    vector: int
    ec: int = ANY
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
class Stay:
    """An exit: its vector and class, the guest's place before and after it, EL2's instructions."""

    vector: int
    ec: int
    before: int
    after: int
    pcs: Sequence[int]


def recorded(image: Path, kind: Kind) -> Stay:
    """Return the first exit of a kind in a run of a stage.

    No gdb stops the machine, so this run has the times of `make run`, and is the same each time.
    """
    known = symbols(image.read_bytes())
    start, end = known["text_start"], known["text_end"]
    search = Search(kind, range_of(image, kind.reaches) if kind.reaches else None)
    argv = [qemu(), *machine_flags(), "-kernel", str(image), *one_insn_per_block(qemu()),
            "-d", "exec,nochain,int", "-dfilter", f"0x{start:x}+0x{end - start:x}"]
    Nursery().run(argv, LIMITS, log_filter=search)
    if not search.found:
        raise GraderError(f"the stage ended before {kind.title} came")
    return search.found


@dataclass
class Search:
    """Reads QEMU's log as it comes, and ends QEMU when the exit is found."""

    kind: Kind
    reaches: Optional[range]
    found: Optional[Stay] = None
    raw: bytes = b""
    began: bool = False  # a guest has run

    def __call__(self, data: bytes) -> Optional[bytes]:
        self.raw += data
        if not self.began:
            at = self.raw.find(ENTERED_GUEST)
            self.began = at >= 0
            self.raw = self.raw[at:] if self.began else self.raw[-len(ENTERED_GUEST):]
        while self.began and (end := self.raw.find(ENTERED_GUEST, 1)) >= 0:
            if end + FEW > len(self.raw):
                break
            end = self.raw.index(b"\n", end) + 1
            stay = stay_of(self.raw[:end].decode("ascii", "replace"))
            self.raw = self.raw[end - 1:]
            if stay and self.is_wanted(stay):
                self.found = stay
                return None
        return b""

    def is_wanted(self, stay: Stay) -> bool:
        return (stay.vector == self.kind.vector and self.kind.ec in (ANY, stay.ec)
                and (not self.reaches or any(pc in self.reaches for pc in stay.pcs)))


def stay_of(log: str) -> Optional[Stay]:
    """Return EL2's stay at the end of a log; None if there is no exception from a guest."""
    at = log.rfind("...to EL2 PC")
    begin = log.rfind("Taking exception", 0, at)
    *_, taken, entered = events(log[max(begin, 0):])
    if begin < 0 or not isinstance(taken, Taken) or not isinstance(entered, Return):
        return None
    ec = Syndrome(taken.registers.get("ESR", 0)).ec if taken.kind != "IRQ" else ANY
    return Stay(taken.vector & VECTOR, ec, taken.registers["ELR"], entered.pc,
                executed(log[begin:]))


def range_of(image: Path, name: str) -> range:
    found = next((range(at, at + size) for each, at, size in functions(image.read_bytes())
                  if each == name), None)
    if not found:
        raise GraderError(f"the stage has no function {name}()")
    return found


def _in_kit(path: Path) -> Path:
    """Return the file's path in the kit. Its object may be one that ccache has of another copy."""
    tails = (path.relative_to(parent) for parent in reversed(path.parents))
    return next((tail for tail in tails if (KIT / tail).is_file()), path)


def tree_of(pcs: Sequence[int], words: Callable[[int], int], names: Callable[[int], str],
            places: Mapping[int, Sequence[Place]]) -> list[Call]:
    """Return the calls of an exit in order.

    A return to a caller that was not seen begins a new tree. `names` gives the linked function of
    an address, and `places` the functions that were inlined there, the innermost first.
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
        inside = _in_kit(path)
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
        is_helper = each.place.startswith("common/include/") and not helpers
        if each.is_inlined and (is_helper or each.function == call.function):
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


def text(kind: Kind, found: Stay, calls: Sequence[Call], programs: Programs) -> Iterator[str]:
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
    found = recorded(image, kind)
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
