# SPDX-License-Identifier: MIT
"""make timeline LAB=5|6: which vCPU ran when, why its turn ended, and its interrupts.

The stage is built with TRACE=1 and booted; its trace is read at the end. The pictures are next to
the image: timeline.html can be zoomed, timeline.svg is for a page.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from ..core.kit import GraderError
from ..model.elf import symbols
from ..model.schedule import GUEST_TIMER, SLICE, SLICE_TIMER, STOP, WAIT, YIELD
from ..model.schedule import Idle, Interrupt, Schedule, Turn, entries, ring_size, schedule
from .stage import Stage, aligned, command, render, unfinished

LANE = 30  # the height of a vCPU's lane in the picture
ZOOMS = (1, 4, 16, 64, 256)
TICKS = 12  # the most ticks of the time axis that are visible at once
STEPS = [step * 10**power for power in range(9) for step in (1, 2, 5)]  # microseconds
COLOURS = {SLICE: "#9db8d9", WAIT: "#9ccfa4", YIELD: "#f0cf7a", STOP: "#e59a92"}
WHYS = {
    SLICE: "its slice ended",
    WAIT: "it waits (WFI)",
    YIELD: "it yielded (yield, WFE)",
    STOP: "it stopped",
}
SOURCES = {SLICE_TIMER: "EL2's timer", GUEST_TIMER: "the guest's timer", 25: "GIC maintenance"}


@dataclass(frozen=True)
class Timeline:
    """A schedule and the part of it that is drawn; times are in microseconds."""

    lab: int
    schedule: Schedule
    guests: Mapping[int, str]
    start: float
    end: float
    note: str = ""  # what is missing, and why

    def x(self, time: float) -> str:
        """A position on the time axis, which is as wide as the window."""
        return f"{100 * (time - self.start) / (self.end - self.start):.4f}%"

    def width(self, it: Turn | Idle) -> str:
        part = min(it.end, self.end) - max(it.start, self.start)
        return f"{100 * part / (self.end - self.start):.4f}%"

    @property
    def turns(self) -> list[Turn]:
        return [turn for turn in self.schedule.turns if self.sees(turn)]

    @property
    def idles(self) -> list[Idle]:
        return [idle for idle in self.schedule.idles if self.sees(idle)]

    @property
    def interrupts(self) -> list[Interrupt]:
        return [irq for irq in self.schedule.interrupts if self.start <= irq.time <= self.end]

    @property
    def vcpus(self) -> list[int]:
        return sorted({turn.vcpu for turn in self.turns})

    def sees(self, it: Turn | Idle) -> bool:
        return it.start < self.end and self.start < it.end

    def ticks(self, zoom: int) -> list[float]:
        """Round times for the axis at a zoom."""
        span = (self.end - self.start) / zoom
        step = next((step for step in STEPS if span / step <= TICKS), STEPS[-1])
        first = int(-(-self.start // step))
        return [step * n for n in range(first, int(self.end // step) + 1)]


AnyTimeline = TypeVar("AnyTimeline", bound=Timeline)


def timeline_of(stage: Stage) -> Timeline:
    run = stage.run()
    state, stopped = run.state("last"), unfinished(run, stage.image)
    if not state:
        raise GraderError(f"the trace could not be read: {run}")
    found, lost = entries(state, symbols(stage.image.read_bytes()))
    seen = schedule(found, lost, state["CNTFRQ_EL0"])
    if not seen.turns:
        raise GraderError(f"no vCPU had a turn: {stopped or run}")
    notes = [stopped] if stopped else []
    if lost:
        notes.append(f"the ring holds {ring_size()} entries: {lost} older ones were overwritten")
    return Timeline(stage.lab, seen, stage.guests, seen.begin, seen.end, "; ".join(notes))


def part(run: AnyTimeline, start: float | None, end: float | None) -> AnyTimeline:
    """The part from `start` to `end`, in milliseconds."""
    first = run.start if start is None else 1000 * start
    last = run.end if end is None else min(1000 * end, run.end)
    seen = replace(run, start=first, end=last)
    if first >= last or not seen.turns:
        raise GraderError(f"no turn in FROM={first / 1000:g} TO={last / 1000:g}: the run has "
                          f"{run.end / 1000:.3f} ms")
    return seen


# Text

COLUMNS = ("vCPU", "turns", "run us", "mean us", "slice", "WFI", "yielded", "stopped",
           "IRQs", "to guest", "latency us", "worst us")  # fmt: skip


def _figures(seen: Timeline) -> list[Sequence[str]]:
    """A row for each vCPU for the whole run: see COLUMNS."""
    found: list[Sequence[str]] = []
    for vcpu in seen.schedule.vcpus:
        it = seen.schedule.of(vcpu)
        late = it.latencies
        ends = [str(it.ended_by(why)) for why in (SLICE, WAIT, YIELD, STOP)]
        mean, worst = (f"{sum(late) / len(late):.1f}", f"{max(late):.1f}") if late else ("-", "-")
        found.append([
            f"vm{vcpu} {seen.guests.get(vcpu, '')}", str(len(it.turns)), f"{it.ran:.0f}",
            f"{it.average:.1f}", *ends, str(it.arrived), str(len(it.handed)), mean, worst,
        ])  # fmt: skip
    return found


def _others(seen: Timeline) -> Iterator[str]:
    """Lines about the run as a whole."""
    idle = sum(idle.end - idle.start for idle in seen.schedule.idles)
    yield f"idle: {len(seen.schedule.idles)} times, {idle:.0f} us"
    late = [irq.latency for irq in seen.schedule.interrupts if irq.intid == SLICE_TIMER]
    if late:
        yield (f"the end of a slice reaches EL2 {sum(late) / len(late):.2f} us late on average, "
               f"{max(late):.2f} us at worst")
    yield "latency: from a guest's timer deadline until EL2 has made its interrupt pending"


def text(seen: Timeline) -> Iterator[str]:
    yield from aligned([COLUMNS, *_figures(seen)])
    yield from _others(seen)


# Picture


def draw(seen: Timeline, form: str) -> str:
    return render(
        f"timeline.{form}.j2",
        title=f"Stage {seen.lab}: which vCPU ran when",
        heading=f"Stage {seen.lab}",
        marks_of="lanes.svg.j2",
        names=[*(f"vm{vcpu} {seen.guests.get(vcpu, '')}" for vcpu in seen.vcpus), "EL2 idle",
               "IRQs at EL2"],
        key=[(COLOURS[why], words) for why, words in WHYS.items()],
        key_words="A turn's colour says why it ended:",
        seen=seen,
        lane={vcpu: LANE * at for at, vcpu in enumerate(seen.vcpus)},
        height=LANE,
        zooms=ZOOMS,
        whys=WHYS,
        sources=SOURCES,
        colours=COLOURS,
        columns=COLUMNS,
        figures=_figures(seen),
        others=list(_others(seen)),
    )


def milliseconds(words: str) -> float | None:
    return float(words) if words else None


def add_part(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--from", dest="start", default="", help="milliseconds")
    parser.add_argument("--to", dest="end", default="", help="milliseconds")
    return parser


def asked_part(options: argparse.Namespace) -> tuple[float | None, float | None]:
    try:
        return milliseconds(options.start), milliseconds(options.end)
    except ValueError:
        raise GraderError("give FROM= and TO= in milliseconds, as in FROM=2.5 TO=4") from None


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make timeline", description=__doc__)
    parser.add_argument("image", type=Path)
    options = add_part(parser).parse_args(arguments)
    stage = Stage(options.image)
    start, end = asked_part(options)
    seen = part(timeline_of(stage), start, end)
    pictures = [stage.write(f"timeline.{form}", draw(seen, form)) for form in ("html", "svg")]
    print(*text(seen), "", *pictures, sep="\n")
    if seen.note:
        print(f"timeline: {seen.note}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(command("timeline", main))
