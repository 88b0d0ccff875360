# SPDX-License-Identifier: MIT
"""make timeline LAB=beyond: which vCPU each core ran, when the core was idle, and its interrupts.

EL2 is built with TRACE=1 and boots the VMs; its trace is read at the end. The pictures are next to
the traced image: timeline.html can be zoomed, timeline.svg is for a page.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..core.kit import GraderError
from ..model.schedule import NO_VCPU, SLICE, STOP, WAIT, YIELD, in_ring, ring_size, schedule
from ..model.schedule import Schedule
from .beyond import parser
from .look import look
from .stage import aligned, command, render
from .timeline import LANE, SOURCES, WHYS, ZOOMS, Timeline, add_part, asked_part, part

UART = 33
NAMES = {**SOURCES, 0: "word from another core", UART: "the terminal"}
# Of a vCPU's turns, by its number.
COLOURS = ("#9db8d9", "#f0cf7a", "#9ccfa4", "#d5b3dd", "#e9a98c", "#a8d8d4", "#c9c18f", "#c0c0e8")
VCPU_COLUMNS = ("vCPU", "core", "turns", "run us", "mean us", "slice", "WFI", "else", "IRQs")
CORE_COLUMNS = ("core", "run us", "idle us", "idle", "IRQs", "while idle", "from other cores")


@dataclass(frozen=True)
class Cores(Timeline):
    """A lane for each core; `guests` has the vCPUs' names, such as vm1.0 linux."""

    cores: int = 0

    def lanes(self) -> list[str]:
        return [f"core {core}" for core in range(self.cores)]

    def colour(self, vcpu: int) -> str:
        return COLOURS[vcpu % len(COLOURS)]

    def owner(self, vcpu: int) -> str:
        return "no vCPU" if vcpu == NO_VCPU else self.guests.get(vcpu, f"vCPU {vcpu}")

    @property
    def key(self) -> list[tuple[str, str]]:
        return [(self.colour(vcpu), self.owner(vcpu)) for vcpu in self.vcpus] + [
            ("#d9d9d9", "EL2 is idle")]  # fmt: skip


def timeline_of(seen: Mapping[str, object]) -> Cores:
    """The timeline of what was read from EL2's memory."""
    raw = base64.b64decode(str(seen["ring"]))
    found, lost = in_ring(raw, int(str(seen["count"])))
    registers, vcpus = seen["registers"], seen["vcpus"]
    assert isinstance(registers, dict) and isinstance(vcpus, dict)
    whole = schedule(found, lost, registers["CNTFRQ_EL0"])
    if not whole.turns:
        raise GraderError("no vCPU had a turn")
    notes = ["the machine did not end and was stopped"] if seen["late"] else []
    if lost:
        notes.append(f"the ring holds {ring_size()} entries: {lost} older ones were overwritten")
    names = {int(vcpu): name for vcpu, name in vcpus.items()}
    return Cores(0, whole, names, whole.begin, whole.end, "; ".join(notes),
                 int(str(seen["cores"])))  # fmt: skip


# Text


def _by_vcpu(seen: Cores) -> Iterator[Sequence[str]]:
    for vcpu in seen.schedule.vcpus:
        it = seen.schedule.of(vcpu)
        other = it.ended_by(YIELD) + it.ended_by(STOP)
        yield [seen.owner(vcpu), str(it.turns[0].core), str(len(it.turns)), f"{it.ran:.0f}",
               f"{it.average:.1f}", str(it.ended_by(SLICE)), str(it.ended_by(WAIT)), str(other),
               str(it.arrived)]  # fmt: skip


def _by_core(found: Schedule, cores: int) -> Iterator[Sequence[str]]:
    for core in range(cores):
        idles = [idle for idle in found.idles if idle.core == core]
        irqs = [irq for irq in found.interrupts if irq.core == core]
        ran = sum(turn.length for turn in found.turns if turn.core == core)
        yield [str(core), f"{ran:.0f}", f"{sum(i.end - i.start for i in idles):.0f}",
               str(len(idles)), str(len(irqs)), str(sum(irq.vcpu == NO_VCPU for irq in irqs)),
               str(sum(irq.intid == 0 for irq in irqs))]  # fmt: skip


def text(seen: Cores) -> Iterator[str]:
    yield from aligned([VCPU_COLUMNS, *_by_vcpu(seen)])
    yield ""
    yield from aligned([CORE_COLUMNS, *_by_core(seen.schedule, seen.cores)])


# Picture


def draw(seen: Cores, form: str) -> str:
    return render(
        f"timeline.{form}.j2",
        title="beyond: which vCPU each core ran when",
        heading="beyond",
        seen=seen,
        marks_of="cores.svg.j2",
        names=seen.lanes(),
        lane={core: LANE * core for core in range(seen.cores)},
        height=LANE,
        zooms=ZOOMS,
        whys=WHYS,
        sources=NAMES,
        colours=COLOURS,
        key=seen.key,
        key_words="A turn's colour says which vCPU ran:",
        columns=VCPU_COLUMNS,
        figures=list(_by_vcpu(seen)),
        others=[],
    )


def main(arguments: list[str]) -> int:
    options = add_part(parser("make timeline LAB=beyond")).parse_args(arguments)
    start, end = asked_part(options)
    seen = part(timeline_of(look(options, "trace")), start, end)
    print(*text(seen), "", sep="\n")
    for form in ("html", "svg"):
        picture = options.image.with_name(f"timeline.{form}")
        picture.write_text(draw(seen, form), "utf-8")
        print(picture)
    if seen.note:
        print(f"timeline: {seen.note}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(command("timeline", main))
